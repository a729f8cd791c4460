"""`crmgate user …` while the gateway serves: a login works or is refused as soon as the command has ended."""

from __future__ import annotations

import imaplib
import time
from pathlib import Path

import pytest

from tests.clients.serving import Served, run, serving
from tests.crm import make_crm
from tests.flows.looking import PROMPT
from tests.flows.shells import configure

pytestmark = pytest.mark.timeout(180)


def logins(served: Served, login: str, password: str) -> set[bool]:
    """Whether it works by IMAP and whether it works by DAV: one answer where they agree."""
    home = f"{served.ready['dav']}principals/anna/"
    status = served.ask("PROPFIND", home, login, password=password, Depth="0").status
    assert status in (207, 401, 404)
    try:
        with served.imap(login, password):
            by_imap = True
    except imaplib.IMAP4.error:
        by_imap = False
    return {status != 401, by_imap}


def refused(served: Served, login: str, password: str) -> None:
    """Within seconds nobody gets in with this."""
    until = time.monotonic() + PROMPT
    while logins(served, login, password) != {False}:
        assert time.monotonic() < until, f"{login} still gets in"


def test_a_user_is_added_gets_another_password_and_is_removed(database_url: str, tmp_path: Path) -> None:
    make_crm(database_url)
    configure(tmp_path, database_url)
    with serving("serve", folder=tmp_path) as served:
        refused(served, "zoe", "first pass")

        words = ("--stdin", "--name", "Zoë Quist", "--email", "zoe@crm.example", "--timezone", "Europe/Paris")
        assert run("user", "add", "zoe", *words, folder=tmp_path, stdin="first pass\n").stdout == "zoe: added\n"
        assert logins(served, "zoe", "first pass") == {True}
        assert logins(served, "zoe", "other") == {False}
        assert logins(served, "zoe@crm.example", "first pass") == {True}
        listed = run("user", "list", folder=tmp_path).stdout.splitlines()
        assert "zoe\tZoë Quist\tzoe@crm.example\tEurope/Paris" in listed
        assert len(listed) == 3

        run("user", "password", "zoe", "--stdin", folder=tmp_path, stdin="second pass\n")
        refused(served, "zoe", "first pass")
        assert logins(served, "zoe", "second pass") == {True}

        assert run("user", "remove", "zoe", folder=tmp_path).stdout == "zoe: removed\n"
        refused(served, "zoe", "second pass")
        assert "zoe" not in run("user", "list", folder=tmp_path).stdout
        assert logins(served, "anna", "anna") == {True}


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("add", "anna", "--stdin"), "x\n", "anna"),
        (("add", "zoe", "--stdin", "--timezone", "Mars/Base"), "x\n", "Mars/Base"),
        (("add", "zoe", "--stdin"), "\n", "empty"),
        (("password", "zoe", "--stdin"), "x\n", "zoe"),
        (("remove", "zoe"), "", "zoe"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path, words: tuple[str, ...], stdin: str, said: str) -> None:
    make_crm(f"sqlite:///{tmp_path / 'crm.db'}")
    configure(tmp_path, "sqlite:///crm.db")
    before = run("user", "list", folder=tmp_path).stdout
    done = run("user", *words, folder=tmp_path, stdin=stdin, expected=2)
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("crmgate: ")
    assert said in line
    assert run("user", "list", folder=tmp_path).stdout == before
