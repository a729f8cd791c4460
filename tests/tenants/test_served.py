"""Several CRMs behind one pair of ports: real HTTP and IMAP, and the commands."""

from __future__ import annotations

import contextlib
import imaplib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.serving import Served, run, serving
from tests.crm import make_crm
from tests.flows.shells import ROWS

pytestmark = pytest.mark.timeout(180)

LISTEN = '[http]\nhost = "127.0.0.1"\nport = 0\n[imap]\nhost = "127.0.0.1"\nport = 0\n'
TENANTS = '[tenant.nord]\ndatabase = "sqlite:///nord.db"\n[tenant.sued]\ndatabase = "sqlite:///sued.db"\n'
GONE = '[tenant.west]\ndatabase = "postgresql+psycopg://nobody@127.0.0.1:1/crm"\n'


def sql(file: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(file, timeout=30)) as connection, connection:
        for statement in statements:
            connection.executescript(statement)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both have anna and ben; nord's has a company's rows and sued's one e-mail of another subject."""
    made = tmp_path_factory.mktemp("tenants")
    for realm in ("nord", "sued"):
        make_crm(f"sqlite:///{made / realm}.db")
        sql(made / f"{realm}.db", ROWS)
    sql(made / "sued.db", "UPDATE emails SET subject = 'Of sued'", "UPDATE contacts SET last_name = 'Sued'")
    (made / "gateway.toml").write_text(TENANTS + GONE + LISTEN, "utf-8")
    return made


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with serving("serve", folder=folder) as gateway:
        yield gateway


def subjects(served: Served, login: str, password: str) -> set[str]:
    with served.imap(login, password) as session:
        session.select("INBOX")
        _, found = session.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        return {part[1].decode().strip().removeprefix("Subject: ") for part in found if isinstance(part, tuple)}


def test_each_login_opens_the_mailboxes_of_its_own_crm(served: Served) -> None:
    assert subjects(served, "anna@nord", "anna") == {"Offer", "Thanks"}
    assert subjects(served, "anna@sued", "anna") == {"Of sued"}
    for login in ("anna", "anna@crm.example", "anna@elsewhere"):
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"), served.imap(login, "anna"):
            pass


def test_each_login_is_led_to_the_homes_of_its_own_crm(served: Served) -> None:
    body = '<D:propfind xmlns:D="DAV:"><D:prop><D:current-user-principal/></D:prop></D:propfind>'
    for realm, name in (("nord", "Quist"), ("sued", "Sued")):
        login = f"anna@{realm}"
        moved = served.ask("PROPFIND", f"{served.http}/dav/", login, body, password="anna", Depth="0")
        assert f"/dav/principals/anna%40{realm}/" in moved.text
        book = f"{served.http}/dav/addressbooks/anna%40{realm}/my-contacts/"
        query = '<C:addressbook-query xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:D="DAV:"><D:prop><C:address-data/></D:prop></C:addressbook-query>'
        assert f"N:{name}" in served.ask("REPORT", book, login, query, password="anna", Depth="1").text
        assert (
            served.ask("PROPFIND", book, "anna@sued" if realm == "nord" else "anna@nord", password="anna").status == 404
        )
    assert served.ask("PROPFIND", f"{served.http}/dav/", "anna", password="anna").status == 401


def test_who_is_of_a_crm_that_is_gone_is_told_to_try_again(served: Served) -> None:
    assert served.ask("PROPFIND", f"{served.http}/dav/", "anna@west", password="anna").status == 503
    with pytest.raises(imaplib.IMAP4.error, match="UNAVAILABLE"), served.imap("anna@west", "anna"):
        pass


def test_everybody_is_named_with_his_realm_for_programs(served: Served) -> None:
    assert [one["login"] for one in served.ready["users"]] == ["anna@nord", "ben@nord", "anna@sued", "ben@sued"]


def test_commands_take_the_tenant(folder: Path, served: Served) -> None:
    several = run("user", "list", folder=folder, expected=2).stderr
    assert several == "crmgate: gateway.toml: there are several CRMs; say --tenant nord or sued or west\n"
    unknown = run("user", "list", "--tenant", "nrod", folder=folder, expected=2).stderr
    assert unknown == "crmgate: gateway.toml: there is no [tenant.nrod]; did you mean 'nord'?\n"
    run("user", "password", "anna", "--stdin", "--keep", "-t", "sued", folder=folder, stdin="other\n")
    assert subjects(served, "anna@sued", "other") == {"Of sued"}
    assert subjects(served, "anna@nord", "anna") == {"Offer", "Thanks"}
    with pytest.raises(imaplib.IMAP4.error), served.imap("anna@nord", "other"):
        pass
    run("user", "password", "anna", "--forget", "-t", "sued", folder=folder)
    assert run("user", "list", "-t", "sued", folder=folder).stdout.startswith("anna\tAnna Schmidt")


def test_check_looks_at_all_of_them_or_one(folder: Path, served: Served) -> None:
    said = run("check", folder=folder, expected=1).stdout.splitlines()
    assert "ok       [tenant.nord]: opened" in said
    assert "ok       [tenant.sued]: opened" in said
    (gone,) = [line for line in said if line.startswith("problem")]
    assert gone.startswith(
        "problem  [tenant.west]: gateway.toml: database postgresql+psycopg://nobody@127.0.0.1:1/crm: "
    )
    assert "tenant.west" not in run("check", "--tenant", "sued", folder=folder).stdout
    run("check", "--tenant", "west", folder=folder, expected=2)


def test_install_and_index_are_for_all_and_uninstall_for_one(tmp_path: Path) -> None:
    for realm in ("nord", "sued"):
        make_crm(f"sqlite:///{tmp_path / realm}.db")
    (tmp_path / "gateway.toml").write_text(TENANTS + LISTEN, "utf-8")
    done = run("install", folder=tmp_path).stdout.splitlines()
    assert [line.partition(" installed")[0] for line in done] == ["[tenant.nord]", "[tenant.sued]"]
    indexed = run("index", folder=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in indexed] == ["[tenant.nord]", "[tenant.sued]"]
    assert "--tenant" in run("install", "--dry-run", folder=tmp_path, expected=2).stderr
    assert run("install", "--dry-run", "-t", "nord", folder=tmp_path).returncode == 0
    assert "--tenant" in run("uninstall", folder=tmp_path, expected=2).stderr
    run("uninstall", "-t", "sued", folder=tmp_path)
    said = run("check", "--no-rows", folder=tmp_path, expected=1).stdout
    assert said.count("tables: not installed") == 1


def test_where_no_crm_can_be_served_all_reasons_are_told_and_nothing_is_served(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(GONE + LISTEN, "utf-8")
    (tmp_path / "bare.db").touch()
    text = GONE + '[tenant.bare]\ndatabase = "sqlite:///bare.db"\n' + LISTEN
    (tmp_path / "gateway.toml").write_text(text, "utf-8")
    said = run("serve", folder=tmp_path, expected=2).stderr
    assert "postgresql+psycopg://nobody@127.0.0.1:1/crm" in said
    assert "the database has no table 'users'" in said
