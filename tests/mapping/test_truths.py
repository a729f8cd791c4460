"""Real booleans and numbers that stand for them: a mapping may say either of either, on every database product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.edits import Edits
from protocols.dav.service import Service
from storage.crm.conditions import Scope, condition
from storage.opened import Opened
from tests.crm import principal
from tests.dav.client import Client
from tests.mapping.served import card

TABLES = """
CREATE TABLE persons (id INTEGER PRIMARY KEY, name VARCHAR(50), mail VARCHAR(50), zone VARCHAR(50));
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(50), person_id INTEGER, hash VARCHAR(100), live BOOLEAN);
CREATE TABLE notes (id VARCHAR(36) PRIMARY KEY, name VARCHAR(50), number SMALLINT, live BOOLEAN, secret BOOLEAN, starred SMALLINT,
                    owner INTEGER);
INSERT INTO persons VALUES (11, 'Anna Schmidt', 'anna@crm.example', 'Europe/Berlin');
INSERT INTO persons VALUES (12, 'Gone', 'gone@crm.example', NULL);
INSERT INTO staff VALUES (1, 'anna', 11, '', TRUE);
INSERT INTO staff VALUES (2, 'gone', 12, '', FALSE);
INSERT INTO notes VALUES ('a', 'Alive', 0, TRUE, FALSE, 0, 1);
INSERT INTO notes VALUES ('b', 'Dead', 0, FALSE, FALSE, 0, 1);
INSERT INTO notes VALUES ('c', 'Numbered', 1, TRUE, TRUE, 1, 1);
INSERT INTO notes VALUES ('d', 'Nothing', 0, NULL, NULL, NULL, 1)
"""
MAPPING = """
[crm]
name = "truths"
[crm.users]
table = "staff"
login = "login"
name = { table = "persons", by = "person_id", column = "name" }
address = { table = "persons", by = "person_id", key = "id", column = "mail" }
timezone = { table = "persons", by = "person_id", column = "zone", default = "Europe/Paris" }
password = "hash"
alive = "live = true"
[entity.note]
table = "notes"
new_key = "{uuid}"
alive = "live = TRUE and number = false"
delete = { live = false }
owner = "owner"
insert = { number = false, live = 1, starred = true }
[entity.note.fields]
last_name = "name"
private = { column = "secret", values = { true = true, false = false }, default = false }
[entity.note.custom]
X-STAR = { column = "starred", values = { true = "yes", false = "no" }, default = true }
[view.all]
entity = "note"
shape = "card"
filter = "owner = user.id and (secret is null or secret = false or starred = 1)"
"""
BOOK = "/dav/addressbooks/anna/all/"


@pytest.fixture
def notes(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    url = sa.make_url(database_url)
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    (tmp_path / "notes.toml").write_text(MAPPING, "utf-8")
    own = f"{url.database}_gw" if url.get_backend_name() == "mariadb" else None
    opened = Opened(database_url, "notes.toml", schema=own, folder=tmp_path)
    opened.setup.install()
    yield opened
    opened.close()


def table(notes: Opened) -> dict[str, tuple[object, ...]]:
    """Rows by name, truths as numbers."""
    with notes.database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT name, number, live, secret, starred FROM notes")
        return {row[0]: tuple(None if value is None else int(value) for value in row[1:]) for row in found}


async def served(client: Client) -> list[str]:
    listed = await client.propfind(BOOK, "D:getetag", depth="1")
    hrefs = [href for href in listed.hrefs if not href.endswith("/")]
    return [(await client.ask("GET", href)).body.decode() for href in hrefs]


async def test_rows_are_read_made_and_marked_by_truths(notes: Opened) -> None:
    client = Client(Service(notes.store, Edits(notes.store)), principal(notes, "anna"))
    (alive,) = await served(client)
    assert "Alive" in alive
    assert "X-STAR:no" in alive
    lines = ("FN:New", "N:New;;;;", "CLASS:PRIVATE")
    assert (await client.ask("PUT", f"{BOOK}n.vcf", card("n", *lines), content_type="text/vcard")).status == 201
    assert table(notes)["New"] == (0, 1, 1, 1)
    held = await client.ask("GET", f"{BOOK}n.vcf")
    changed = held.body.decode().replace("CLASS:PRIVATE\r\n", "")
    answer = await client.ask("PUT", f"{BOOK}n.vcf", changed, content_type="text/vcard", if_match=held.etag)
    assert answer.status == 204
    assert table(notes)["New"] == (0, 1, 0, 1)
    assert (await client.ask("DELETE", f"{BOOK}n.vcf")).status == 204
    assert table(notes)["New"] == (0, 0, 0, 1)


def test_a_user_has_his_parts_from_another_table(notes: Opened) -> None:
    anna = principal(notes, "anna")
    assert (anna.name, anna.address, anna.timezone) == ("Anna Schmidt", "anna@crm.example", "Europe/Berlin")
    assert [user.login for user in notes.database.read_now(notes.users.all)] == ["anna"]
    assert principal(notes, "ANNA@crm.example").login == "anna"


def test_a_change_there_is_a_change_of_the_user_and_of_no_other(notes: Opened) -> None:
    def run(statement: str) -> list[tuple[str, str]]:
        with notes.database.engine.begin() as connection:
            connection.exec_driver_sql(statement)
        noted = notes.database.read_now(lambda connection: notes.follower.outbox.take(connection, 10))
        notes.follower.step()
        return sorted((one.entity, one.key) for one in noted)

    assert run("UPDATE persons SET name = 'Anna Neu', zone = NULL WHERE id = 11") == [("user", "1")]
    assert principal(notes, "anna").name == "Anna Neu"
    assert principal(notes, "anna").timezone == "Europe/Paris"
    assert run("INSERT INTO persons VALUES (13, 'Somebody', NULL, NULL)") == []
    assert run("UPDATE staff SET person_id = 13 WHERE id = 1") == [("user", "1")]
    assert principal(notes, "anna").name == "Somebody"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("flag = true", "t.flag = true"),
        ("flag = 0", "t.flag = false"),
        ("number = true", "t.number = 1"),
        ("false = number", "0 = t.number"),
        ("number in (true, 2)", "t.number IN (1, 2)"),
        ("not flag != FALSE", "t.flag = false"),
    ],
)
def test_a_constant_is_what_its_column_is(text: str, wanted: str) -> None:
    made = sa.Table("t", sa.MetaData(), sa.Column("flag", sa.Boolean), sa.Column("number", sa.Integer))
    scope = Scope(made, None, lambda name: made)
    assert str(condition(text, scope).compile(compile_kwargs={"literal_binds": True})) == wanted
