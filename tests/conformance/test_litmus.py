"""litmus, the WebDAV suite of the neon library: every test of every part, against a user's files on a served demo."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.clients.serving import Served, environment, needs

KNOWN: dict[str, str] = {}
"""Tests that fail, and why that is right: none."""
TESTS = {"basic": 16, "copymove": 13, "props": 30, "locks": 41, "http": 4}
"""How many tests a part has in litmus 0.13; newer ones have no fewer."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", TESTS)
def test_every_test_passes(demo: Served, part: str, tmp_path: Path) -> None:
    needs("litmus")
    done = subprocess.run(
        ["litmus", "-k", f"{demo.http}/dav/files/anna/", "anna", "anna"],
        env=environment(TESTS=part),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    said = done.stdout + done.stderr
    failed = {name for name in re.findall(r"([a-z_0-9]+)\.+ (?:FAIL|SKIPPED)", said) if name not in KNOWN}
    assert not failed, said
    assert "WARNING" not in said, said
    summary = re.search(r"of (\d+) tests run: (\d+) passed, (\d+) failed", said)
    assert summary is not None, said
    run, passed, bad = map(int, summary.groups())
    assert run >= TESTS[part]
    assert (passed, bad) == (run, 0), said
