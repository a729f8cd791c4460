"""Uninstalling leaves the CRM's schema byte for byte as it was, seen with the database's own means."""

from __future__ import annotations

import os
import sqlite3
import subprocess

import pytest
import sqlalchemy as sa

from storage.crm.reference import schema
from storage.opened import Opened
from tests.crm import make_crm, open_crm
from tests.feed.conftest import contact, last_names, sql


def dumped(url: sa.URL) -> str:
    """The schema in SQL, everything in it."""
    kind = url.get_backend_name()
    if kind == "sqlite":
        with sqlite3.connect(str(url.database)) as connection:
            rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid").fetchall()
        connection.close()
        return "\n".join(map(str, rows))
    return "".join(
        line
        for line in run([*_dumper(url), str(url.database)], url).splitlines(keepends=True)
        if not line.startswith(("\\restrict", "\\unrestrict", "-- Dump completed", "-- Host:"))
    )


def _dumper(url: sa.URL) -> list[str]:
    if url.get_backend_name() == "postgresql":
        return ["pg_dump", "--schema-only"]
    return ["mariadb-dump", "--no-data", "--triggers", "--routines", "--skip-comments"]


def run(command: list[str], url: sa.URL, text: str = "") -> str:
    """One of the product's own programs, told where the server is."""
    environment = dict(os.environ)
    if url.get_backend_name() == "postgresql":
        environment |= {"PGUSER": str(url.username), "PGPASSWORD": str(url.password or "")}
        environment["PGHOST"] = str(url.query.get("host", url.host))
        environment["PGPORT"] = str(url.port or 5432)
    else:
        socket = url.query.get("unix_socket")
        where = [f"--socket={socket}"] if socket else [f"--host={url.host}", f"--port={url.port or 3306}"]
        command = [command[0], "--no-defaults", *where, f"--user={url.username}", *command[1:]]
        environment["MYSQL_PWD"] = str(url.password or "")
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_the_schema_is_as_it_was_before(database_url: str) -> None:
    url = sa.make_url(database_url)
    make_crm(database_url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(contact("One"))
    engine.dispose()
    before = dumped(url)
    assert "contacts" in before
    opened = open_crm(database_url)
    assert await last_names(opened) == {"One"}
    assert dumped(url) != before
    opened.setup.uninstall()
    assert dumped(url) == before
    opened.setup.uninstall()
    opened.close()
    assert dumped(url) == before, "a second time does no harm"


def test_triggers_of_an_older_mapping_go_as_well(opened_everywhere: Opened) -> None:
    opened = opened_everywhere
    setup = opened.setup
    left = [one for one in setup.triggers.wanted if one.entity == "contact"]
    setup.triggers.wanted = [one for one in setup.triggers.wanted if one.entity != "contact"]
    setup.triggers.watched = [one for one in setup.triggers.watched if one.entity != "contact"]
    strays = opened.database.read_now(setup.triggers.strays)
    assert {one.name for one in strays} == {one.name for one in left}
    setup.uninstall()
    # A trigger that leads to a table that is gone would refuse this.
    sql(opened, contact("One"), sa.update(schema.contacts).values(last_name="Two"))


def test_the_sql_that_is_shown_does_the_same(sqlite_url: str) -> None:
    make_crm(sqlite_url)
    before = dumped(sa.make_url(sqlite_url))
    opened = Opened(sqlite_url)
    file = str(opened.database.url.database)
    _executed(file, opened.setup.script())
    assert opened.setup.is_current()
    assert not opened.database.read_now(opened.setup.triggers.lacking).all
    _executed(file, opened.setup.uninstall_script())
    opened.close()
    assert dumped(sa.make_url(sqlite_url)) == before


def _executed(file: str, text: str) -> None:
    connection = sqlite3.connect(file)
    connection.executescript(text)
    connection.close()


@pytest.mark.parametrize("url_fixture", ["postgresql_url", "mariadb_url"])
def test_a_schema_that_others_use_is_left_standing(url_fixture: str, request: pytest.FixtureRequest) -> None:
    url = str(request.getfixturevalue(url_fixture))
    make_crm(url)
    opened = open_crm(url)
    sql(opened, f"CREATE TABLE {opened.state.schema}.elsewhere (id INTEGER)")
    opened.setup.uninstall()
    with opened.database.engine.connect() as connection:
        assert sa.inspect(connection).get_table_names(schema=opened.state.schema) == ["elsewhere"]
    opened.close()
