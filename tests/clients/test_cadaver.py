"""cadaver (the neon library): a calendar by the script that drives it, and a user's files as a person would type it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.clients import scripted
from tests.clients.serving import Served, completed, needs


@pytest.mark.timeout(120)
def test_every_step_passes_on_a_calendar(demo: Served) -> None:
    script = scripted.folder("cadaver") / "cad.py"
    needs("cadaver", "python3")
    login = "user01"
    command: list[str | Path] = [
        "env",
        f"DAV_URL={demo.http}/",
        f"DAV_USER={login}",
        f"DAV_PASSWORD={login}",
        "python3",
        script,
    ]
    steps = scripted.steps_of(command, 100)
    assert steps.failed == {}


def test_files_are_put_listed_locked_moved_and_taken_back(demo: Served, tmp_path: Path) -> None:
    needs("cadaver")
    large = os.urandom(3_000_000)
    (tmp_path / "plan ü.bin").write_bytes(large)
    host, port = demo.http.removeprefix("http://").split(":")
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine {host}\nlogin bob\npassword bob\n")
    netrc.chmod(0o600)
    typed = [
        "mkcol Plans",
        "cd Plans",
        'put "plan ü.bin" plan.bin',
        "propset plan.bin colour blue",
        "propget plan.bin colour",
        "lock plan.bin",
        "showlocks",
        "put .netrc plan.bin",
        "unlock plan.bin",
        'put "plan ü.bin" plan.bin',
        "copy plan.bin copy.bin",
        "cd ..",
        "move Plans Older",
        "ls",
        "ls Older",
        "get Older/copy.bin back.bin",
        "rmcol Older",
        "ls",
        "quit",
    ]
    done = completed(
        ["env", f"HOME={tmp_path}", "sh", "-c", f'cd "{tmp_path}" && exec cadaver http://{host}:{port}/dav/files/bob/'],
        stdin="\n".join(typed) + "\n",
        timeout=60.0,
        LC_ALL="C.UTF-8",
    )
    said = done.stdout
    assert "failed" not in said.lower(), said
    assert "colour = blue" in said or "blue" in said, said
    assert re.search(r"Coll:\s+Older", said), said
    assert len(re.findall(r"\s(?:copy|plan)\.bin\s+3000000", said)) == 2, said
    assert (tmp_path / "back.bin").read_bytes() == large
    assert demo.ask("GET", f"{demo.http}/dav/files/bob/Older/plan.bin", "bob").status == 404
