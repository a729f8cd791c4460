"""The commands as an administrator types them: what they say, what they exit with, and what they leave behind."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.clients.serving import QUICK, run, serving, serving_demo
from tests.crm import make_crm

pytestmark = pytest.mark.timeout(180)

PROMPTLY = 20.0
"""Seconds a second start may take on a machine that runs other tests; alone it takes two or three."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a CRM and a configuration."""
    make_crm(f"sqlite:///{tmp_path / 'crm.db'}")
    configure(tmp_path)
    return tmp_path


def configure(folder: Path, crm: str = 'database = "sqlite:///crm.db"', more: str = "") -> None:
    ports = "[http]\nport = 0\n[imap]\nport = 0\n"
    (folder / "gateway.toml").write_text(f"[crm]\n{crm}\n{more or ports}", "utf-8")


def test_a_second_demo_finds_what_the_first_made_and_starts_in_seconds(tmp_path: Path) -> None:
    with serving_demo(tmp_path, "--users", "2") as first:
        first.change("UPDATE contacts SET phone = '+1 555 0100' WHERE id = 1")
        rows = {table: first.rows(f"SELECT * FROM {table}") for table in ("users", "contacts", "meetings", "emails")}
        before = first.ready
    begun = time.monotonic()
    with serving_demo(tmp_path, "--users", "9") as second:
        assert time.monotonic() - begun < PROMPTLY
        assert {table: second.rows(f"SELECT * FROM {table}") for table in rows} == rows
        assert [one["login"] for one in second.ready["users"]] == [one["login"] for one in before["users"]]
        assert second.database == first.database


def test_the_ready_file_says_where_everything_is(tmp_path: Path) -> None:
    with serving_demo(tmp_path, "--users", "2") as served:
        ready = served.ready
        assert ready["pid"] == served.process.pid
        assert ready["dav"] == f"{ready['http']}/dav/"
        assert Path(served.database).parent == tmp_path
        assert [one["login"] for one in ready["users"]] == ["anna", "bob", "admin", "user01", "user02"]
        for one in ready["users"]:
            assert one["calendar_home"] == f"{ready['dav']}calendars/{one['login']}/"
            assert one["addressbook_home"] == f"{ready['dav']}addressbooks/{one['login']}/"
            assert served.ask("PROPFIND", one["calendar_home"], one["login"], password=one["password"]).status == 207
            with served.imap(one["login"], one["password"]) as session:
                assert session.select("INBOX", readonly=True)[0] == "OK"
        said = (tmp_path / "said.txt").read_text()
        assert ready["dav"] in said
        assert "anna / anna" in said
        # An address that is a user's e-mail logs in as well.
        (address,) = served.row("SELECT email FROM users WHERE login = 'anna'")
        assert served.ask("PROPFIND", ready["users"][0]["calendar_home"], address, password="anna").status == 207


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_cleanly_while_clients_are_connected(folder: Path, number: signal.Signals) -> None:
    path = folder / "gateway.toml"
    with serving("serve", "--config", path, folder=folder) as served, served.imap("anna") as session:
        session.select("INBOX")
        served.process.send_signal(number)
        assert served.process.wait(QUICK) == 0
    assert "Traceback" not in (folder / "said.txt").read_text()


WRONG = {
    "an unknown key": ('databse = "sqlite:///crm.db"', "", ["gateway.toml", "databse"]),
    "a key of the wrong type": ('database = "sqlite:///crm.db"', '[http]\nport = "x"\n', ["gateway.toml", "http.port"]),
    "a port that is none": (
        'database = "sqlite:///crm.db"',
        "[imap]\nport = 70000\n",
        ["gateway.toml", "imap.port", "70000"],
    ),
    "no TOML": ("database = ", "", ["gateway.toml", "line 2"]),
    "an address open to all": (
        'database = "sqlite:///crm.db"',
        '[http]\nhost = "0.0.0.0"\n',
        ["gateway.toml", "http.certificate", "plaintext = true"],
    ),
    "a mapping that is not there": (
        'database = "sqlite:///crm.db"\nmapping = "other.toml"',
        "",
        ["gateway.toml", "other.toml"],
    ),
    "no such database product": ('database = "oracool:///crm.db"', "", ["gateway.toml", "oracool"]),
    "a database in no folder": ('database = "sqlite:////nowhere/crm.db"', "", ["gateway.toml", "database"]),
    "a server that does not answer": (
        'database = "postgresql+psycopg://crm:s3cr3t@127.0.0.1:9/crm"',
        "",
        ["gateway.toml", "database"],
    ),
    "a MariaDB that does not answer": (
        'database = "mysql+pymysql://crm:s3cr3t@127.0.0.1:9/crm"',
        "",
        ["gateway.toml", "database"],
    ),
}


@pytest.mark.parametrize("command", ["check", "serve"])
@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_in_the_configuration_is_said(folder: Path, command: str, case: str) -> None:
    crm, more, words = WRONG[case]
    configure(folder, crm, more)
    refused(folder, command, *words)


def test_a_missing_table_and_a_missing_column_are_named(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "crm.db")) as connection:
        connection.execute("ALTER TABLE contacts RENAME COLUMN home_phone TO phone_at_home")
    refused(folder, "check", "reference.toml:", "contacts", "home_phone")
    with closing(sqlite3.connect(folder / "crm.db")) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DROP TABLE tasks")
        connection.execute("ALTER TABLE contacts RENAME COLUMN phone_at_home TO home_phone")
    for command in ("check", "serve", "install", "index"):
        refused(folder, command, "reference.toml:", "tasks")


def test_a_missing_file_and_an_unknown_command(tmp_path: Path) -> None:
    refused(tmp_path, "check", "gateway.toml", "no such file", "crmgate demo")
    assert "No such command" in run("chekc", folder=tmp_path, expected=2).stderr


@pytest.mark.parametrize("section", ["http", "imap"])
def test_a_taken_port_is_named(folder: Path, section: str) -> None:
    other = {"http": "imap", "imap": "http"}[section]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        configure(folder, more=f"[{section}]\nport = {port}\n[{other}]\nport = 0\n")
        refused(folder, "serve", "gateway.toml", "cannot listen", str(port))
        words: list[str | Path] = [
            "demo",
            "--dir",
            folder / "demo",
            "--contacts",
            "1",
            "--meetings",
            "0",
            "--messages",
            "0",
        ]
        done = run(*words, f"--{section}-port", str(port), f"--{other}-port", "0", folder=folder, expected=2)
        assert str(port) in done.stderr
        assert "--http-port 0" in done.stderr


def refused(folder: Path, command: str, *words: str) -> None:
    """The command ends with 2 and lines on standard error that hold these words and no secret."""
    done = run(command, "--config", folder / "gateway.toml", folder=folder, expected=2)
    lines = done.stderr.strip().splitlines()
    assert lines
    assert all(line.startswith("crmgate: ") for line in lines)
    for word in words:
        assert word in done.stderr
    assert "s3cr3t" not in done.stderr + done.stdout


def test_check_says_what_to_do_until_all_is_in_order(folder: Path) -> None:
    done = run("check", folder=folder, expected=1)
    assert "crmgate install" in done.stdout
    run("install", folder=folder)
    assert "problem" not in run("check", folder=folder).stdout
    with closing(sqlite3.connect(folder / "crm.db")) as connection:
        (name,) = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'tasks'"
        ).fetchone()
        connection.execute(f'DROP TRIGGER "{name}"')
    done = run("check", folder=folder, expected=1)
    assert name in done.stdout
    run("install", folder=folder)
    run("check", folder=folder)


def test_index_counts_every_row_and_a_second_time_changes_nothing(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "crm.db")) as connection, connection:
        connection.executemany(
            "INSERT INTO contacts (last_name, owner_id) VALUES (?, 1)", [(f"P{n}",) for n in range(25)]
        )
    assert run("index", folder=folder).stdout.startswith("25 rows indexed in ")
    first = dump(folder)
    assert "P24" in "".join(first)
    run("index", folder=folder)
    assert dump(folder) == first


def dump(folder: Path) -> list[str]:
    """Everything in the file, as SQL, but for who holds the lease."""
    with closing(sqlite3.connect(folder / "crm.db")) as connection:
        return [line for line in connection.iterdump() if "gw_lease" not in line]


def test_ready_is_written_whole_and_only_once_served(folder: Path) -> None:
    with serving("serve", folder=folder) as served:
        assert json.loads((folder / "ready.json").read_text()) == served.ready
        assert served.ask("PROPFIND", served.ready["dav"], "anna").status == 207
        assert "anna" in [one["login"] for one in served.ready["users"]]
        assert {one["password"] for one in served.ready["users"]} == {None}
