"""`crmgate user` where passwords are not the CRM's business, or not in a way the gateway writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.serving import run, serving
from tests.flows.shells import configure
from tests.flows.test_user_commands import logins, refused
from tests.mapping.mappings import crm_with, write
from tests.passwords.crms import MANY_ROWS

pytestmark = pytest.mark.timeout(180)

VIEW = """
[entity.contact]
table = "contacts"
[entity.contact.fields]
last_name = "last_name"
[view.contacts]
entity = "contact"
shape = "card"
filter = "owner_id = user.id"
delete = "refuse"
"""


def crm(folder: Path, users: str, *statements: str) -> None:
    crm_with(folder, *statements)
    write(folder, f'[crm]\nname = "here"\n\n{users}{VIEW}')
    path = configure(folder, "sqlite:///crm.db")
    path.write_text(path.read_text("utf-8").replace("\n\n", '\nmapping = "mapping.toml"\n\n', 1), "utf-8")


def test_a_crm_without_passwords_gets_some_that_the_gateway_keeps(tmp_path: Path) -> None:
    crm(tmp_path, MANY_ROWS)
    early = run("user", "password", "anna", "--stdin", folder=tmp_path, stdin="x\n", expected=2).stderr
    assert (
        early == "crmgate: The gateway's own tables are not there yet, or of an older version; run `crmgate install`.\n"
    )
    run("install", folder=tmp_path)
    assert "note     passwords: 2 users have none (anna …)" in run("check", folder=tmp_path).stdout
    with serving("serve", folder=tmp_path) as served:
        refused(served, "anna", "anna")
        said = run("user", "password", "anna", "--stdin", folder=tmp_path, stdin="first\n").stdout
        assert said == "anna: password changed, the gateway keeps it\n"
        assert logins(served, "anna", "first") == {True}
        run("user", "password", "anna", "--stdin", folder=tmp_path, stdin="second\n")
        refused(served, "anna", "first")
        assert logins(served, "anna", "second") == {True}
        assert "note     passwords: 1 users have none (ben)" in run("check", folder=tmp_path).stdout
        run("user", "remove", "anna", folder=tmp_path)
        refused(served, "anna", "second")
    said = run("user", "add", "zoe", "--stdin", folder=tmp_path, stdin="x\n", expected=2).stderr
    assert "looked after in the CRM" in said


def test_a_password_of_the_crm_is_left_alone_and_counts_again_when_ours_is_forgotten(tmp_path: Path) -> None:
    stored = "$2b$10$abcdefghijklmnopqrstuu3qWavo/JrKRRVDF/68ERj4rQOXSVCG2"
    crm(tmp_path, MANY_ROWS + 'password = "password_hash"\n', f"UPDATE users SET password_hash = '{stored}'")
    with serving("serve", folder=tmp_path) as served:
        assert logins(served, "anna", "geheim") == {True}
        said = run("user", "password", "anna", "--stdin", folder=tmp_path, stdin="ours\n").stdout
        assert said == "anna: password changed, the gateway keeps it; the CRM's is not asked any more\n"
        refused(served, "anna", "geheim")
        assert logins(served, "anna", "ours") == {True}
        said = run("user", "password", "anna", "--forget", folder=tmp_path).stdout
        assert said == "anna: the gateway keeps no password of his; the CRM's counts again\n"
        refused(served, "anna", "ours")
        assert logins(served, "anna", "geheim") == {True}
        assert served.rows("SELECT DISTINCT password_hash FROM users") == [(stored,)]
    assert run("user", "remove", "anna", folder=tmp_path, expected=2).stderr.startswith(
        "crmgate: The users of this CRM"
    )
    assert run("user", "password", "anna", "--forget", folder=tmp_path, expected=2).stderr == (
        "crmgate: The gateway keeps no password of 'anna'.\n"
    )
