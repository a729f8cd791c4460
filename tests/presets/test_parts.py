"""Entities of several tables, counted keys, columns made of others, statements beside a write: on every database."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.core.ids import Href
from gateway.core.model import UNCONDITIONAL, CollectionName, Condition, Section
from gateway.edits import Edits
from storage.opened import Opened
from tests.crm import principal
from tests.mapping.mappings import problems, write
from tests.mapping.served import card

ALL = CollectionName(Section.ADDRESS_BOOKS, "people")
TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(50), name VARCHAR(50), mail VARCHAR(50), hash VARCHAR(100));
CREATE TABLE teams (staff INTEGER, team INTEGER);
CREATE TABLE header (id INTEGER PRIMARY KEY, kind VARCHAR(20), owner INTEGER, label VARCHAR(12), gone INTEGER,
                     changed INTEGER);
CREATE TABLE person (personid INTEGER PRIMARY KEY, no VARCHAR(20), first VARCHAR(50), last VARCHAR(50) NOT NULL,
                     mail VARCHAR(50), city VARCHAR(50));
CREATE TABLE person_more (personid INTEGER PRIMARY KEY, city VARCHAR(50), shoe INTEGER);
CREATE TABLE counter (id INTEGER);
CREATE TABLE numbers (kind VARCHAR(20), prefix VARCHAR(9), next VARCHAR(9));
CREATE TABLE fields (id INTEGER PRIMARY KEY, name VARCHAR(20));
CREATE TABLE lookup (person INTEGER, field INTEGER, value VARCHAR(50));
CREATE TABLE shares (person INTEGER, team INTEGER);
INSERT INTO staff VALUES (1, 'anna', 'Anna', 'anna@crm.example', '');
INSERT INTO teams VALUES (1, 7);
INSERT INTO teams VALUES (1, 8);
INSERT INTO teams VALUES (2, 9);
INSERT INTO fields VALUES (80, 'mail');
INSERT INTO header VALUES (4, 'person', 1, 'old', 0, 0);
INSERT INTO person VALUES (4, 'P8', 'Ada', 'Alt', 'ada@x.example', 'Bonn');
INSERT INTO header VALUES (5, 'deal', 1, 'a deal', 0, 0);
INSERT INTO header VALUES (6, 'person', 1, 'hollow', 0, 0);
INSERT INTO counter VALUES (6);
INSERT INTO numbers VALUES ('person', 'P', '009');
INSERT INTO numbers VALUES ('deal', 'D', '1')
"""
MAPPING = """
[crm]
name = "parts"
[crm.users]
table = "staff"
login = "login"
name = "name"
address = "mail"
password = "hash"
[entity.person]
tables = [
  { table = "header", set = { kind = "person" } },
  { table = "person", key = "personid" },
  { table = "person_more", key = "personid" },
]
new_key = { counter = "counter.id" }
number = { column = "no", table = "numbers", next = "next", prefix = "prefix", where = { kind = "person" } }
alive = "gone = 0 and kind = 'person' and personid is not null"
delete = DELETE
owner = "owner"
insert = { gone = 0, changed = 0 }
update = { changed = { add = 1 } }
derived = { label = { join = ["{last_name}", "{first_name}"], with = ", " } }
also = [
  { keep = "lookup", parent = "person", where = { field = { find = "fields.id", where = { name = "mail" } } }, when = "{column:mail}", set = { value = { text = "{column:mail}", as = "lower" } } },
  { insert = "shares", set = { person = { key = true }, team = { each = true } }, each = { table = "teams", column = "team", where = { staff = { user = "key" } } }, on = ["insert"] },
  { update = "shares", set = { team = 0 }, where = { person = { key = true }, team = 8 }, on = ["update"], if = "city = 'Berlin' and (person_more.city is null or person_more.city != 'Rome')" },
  { delete = "shares", where = { person = { key = true } }, on = ["delete"] },
  { delete = "lookup", where = { person = { key = true } }, on = ["delete"] },
]
[entity.person.fields]
first_name = "first"
last_name = { column = "last", required = true }
emails = { slots = ["mail"] }
addresses = { address = { city = "city" }, types = ["work"] }
[entity.person.custom]
X-SHOE = { column = "shoe", type = "int" }
X-TOWN = "person_more.city"
[view.people]
entity = "person"
shape = "card"
filter = "owner = user.id"
"""
DELETES = {"mark": "{ gone = 1 }", "row": '"row"'}


def statements(text: str) -> list[str]:
    return [statement for statement in text.split(";") if statement.strip()]


@pytest.fixture
def opened(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        for statement in statements(TABLES):
            connection.exec_driver_sql(statement)
    engine.dispose()
    (tmp_path / "m.toml").write_text(MAPPING.replace("DELETE", getattr(request, "param", DELETES["mark"])), "utf-8")
    url = sa.make_url(database_url)
    own = f"{url.database}_gw" if url.get_backend_name() == "mariadb" else None
    made = Opened(database_url, "m.toml", schema=own, folder=tmp_path)
    made.setup.install()
    yield made
    made.close()


def rows(opened: Opened, query: str) -> list[tuple[object, ...]]:
    with opened.database.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


async def shown(opened: Opened) -> dict[str, str]:
    """Href → card."""
    opened.bus.attach(asyncio.get_running_loop())
    who = principal(opened, "anna")
    _, entries = await opened.store.entries(who, ALL)
    _, found = await opened.store.resources(who, ALL, [entry.href for entry in entries])
    return {str(one.entry.href): one.content.decode() for one in found}


async def put(opened: Opened, href: str, content: bytes) -> None:
    who = principal(opened, "anna")
    _, standing = await opened.store.entries(who, ALL, [Href(href)])
    when = Condition(any_of=frozenset({standing[0].etag})) if standing else UNCONDITIONAL
    await Edits(opened.store).put(who, ALL, Href(href), "text/vcard", content, when)


NEW = ("FN:Bo Neu", "N:Neu;Bo;;;", "EMAIL:Bo@X.example", "ADR;TYPE=WORK:;;;Köln;;;", "X-SHOE:43", "X-TOWN:Ulm")


async def test_tables_with_a_row_each_are_read_as_one_record(opened: Opened) -> None:
    (only,) = (await shown(opened)).values()  # the deal is no person, and the hollow one has no row that says who it is
    assert "N:Alt;Ada" in only
    assert "Bonn" in only
    assert "X-SHOE" not in only


async def test_a_new_record_has_a_row_in_every_table_and_what_the_product_writes_beside(opened: Opened) -> None:
    await shown(opened)
    await put(opened, "n.vcf", card("n", *NEW))
    assert rows(opened, "SELECT * FROM counter") == [(7,)]
    assert rows(opened, "SELECT * FROM numbers ORDER BY kind") == [("deal", "D", "1"), ("person", "P", "010")]
    assert rows(opened, "SELECT * FROM header WHERE id = 7") == [(7, "person", 1, "Neu, Bo", 0, 0)]
    assert rows(opened, "SELECT * FROM person WHERE personid = 7") == [(7, "P009", "Bo", "Neu", "Bo@X.example", "Köln")]
    assert rows(opened, "SELECT * FROM person_more") == [(7, "Ulm", 43)]
    assert rows(opened, "SELECT * FROM lookup") == [(7, 80, "bo@x.example")]
    assert rows(opened, "SELECT * FROM shares ORDER BY team") == [(7, 7), (7, 8)]
    assert rows(opened, "SELECT count(*) FROM header") == [(4,)]


async def test_a_record_without_a_name_still_has_all_its_rows(opened: Opened) -> None:
    await shown(opened)
    await put(opened, "n.vcf", card("n", "FN:Solo", "N:Solo;;;;"))
    assert rows(opened, "SELECT * FROM person_more") == [(7, None, None)]
    assert rows(opened, "SELECT label FROM header WHERE id = 7") == [("Solo",)]
    assert rows(opened, "SELECT * FROM lookup") == []


async def test_a_change_writes_only_its_columns_and_brings_the_rest_up_to_date(opened: Opened) -> None:
    ((href, text),) = (await shown(opened)).items()
    changed = (
        text.replace("Bonn", "Berlin").replace("N:Alt;Ada", "N:Altenburg;Ada").replace("END:", "X-SHOE:38\r\nEND:")
    )
    await put(opened, href, changed.encode())
    # A row that was missing is made; the label is cut to its column, for it is made of others.
    assert rows(opened, "SELECT * FROM person_more") == [(4, None, 38)]
    assert rows(opened, "SELECT label, changed FROM header WHERE id = 4") == [("Altenburg, A", 1)]
    assert rows(opened, "SELECT * FROM person") == [(4, "P8", "Ada", "Altenburg", "ada@x.example", "Berlin")]
    assert rows(opened, "SELECT * FROM lookup") == [(4, 80, "ada@x.example")]
    await put(opened, href, re.sub(r"EMAIL.*\r\n", "", (await shown(opened))[href]).encode())
    assert rows(opened, "SELECT * FROM lookup") == []


async def test_a_guarded_statement_runs_where_its_condition_holds(opened: Opened) -> None:
    await shown(opened)
    await put(opened, "n.vcf", card("n", *NEW))
    await put(opened, "n.vcf", (await shown(opened))["n.vcf"].replace("Köln", "Berlin").encode())
    assert rows(opened, "SELECT * FROM shares ORDER BY team") == [(7, 0), (7, 7)]


@pytest.mark.parametrize("opened", [DELETES["mark"]], indirect=True)
async def test_a_marked_record_keeps_its_rows(opened: Opened) -> None:
    await shown(opened)
    await put(opened, "n.vcf", card("n", *NEW))
    await Edits(opened.store).delete(principal(opened, "anna"), ALL, Href("n.vcf"), UNCONDITIONAL)
    assert rows(opened, "SELECT gone, changed FROM header WHERE id = 7") == [(1, 1)]
    assert rows(opened, "SELECT count(*) FROM person_more") == [(1,)]
    assert rows(opened, "SELECT * FROM shares") == rows(opened, "SELECT * FROM lookup") == []


@pytest.mark.parametrize("opened", [DELETES["row"]], indirect=True)
async def test_a_removed_record_is_gone_from_every_table(opened: Opened) -> None:
    await shown(opened)
    await put(opened, "n.vcf", card("n", *NEW))
    await Edits(opened.store).delete(principal(opened, "anna"), ALL, Href("n.vcf"), UNCONDITIONAL)
    assert rows(opened, "SELECT id FROM header ORDER BY id") == [(4,), (5,), (6,)]
    assert rows(opened, "SELECT personid FROM person") == [(4,)]
    assert rows(opened, "SELECT * FROM person_more") == rows(opened, "SELECT * FROM shares") == []
    assert list(await shown(opened)) != ["n.vcf"]


@pytest.mark.parametrize(
    ("statement", "noted"),
    [
        ("UPDATE person SET city = 'Jena' WHERE personid = 4", [("person", "4")]),
        ("INSERT INTO person_more VALUES (4, 'Jena', 1)", [("person", "4")]),
        ("UPDATE header SET label = 'x' WHERE id = 4", [("person", "4")]),
        ("UPDATE header SET label = 'x' WHERE id = 5", []),
        ("UPDATE lookup SET value = 'x'", []),
    ],
)
async def test_a_change_by_sql_concerns_the_record_and_no_other(
    opened: Opened, statement: str, noted: list[tuple[str, str]]
) -> None:
    await shown(opened)
    with opened.database.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    found = opened.database.read_now(lambda connection: opened.follower.outbox.take(connection, 10))
    assert [(one.entity, one.key) for one in found] == noted


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('table = "person", key', 'table = "persons", key', "no table 'persons'"),
        ('key = "personid" },\n  { table = "person_more"', 'key = "pid" },\n  { table = "person_more"', "no column 'pid'"),
        ("set = { kind =", "sets = { kind =", "unknown word 'sets'; did you mean 'set'?"),
        ('"counter.id"', '"counter.no"', "table 'counter' has no column 'no'"),
        ('next = "next"', 'next = "nxt"', "table 'numbers' has no column 'nxt'"),
        ('"{last_name}", "{first', '"{lastname}", "{first', "there is no field 'lastname'; did you mean 'last_name'?"),
        ('parent = "person", where', 'parent = "persn", where', "table 'lookup' has no column 'persn'"),
        ('"fields.id"', '"fieldz.id"', "no table 'fieldz'"),
        ('where = { person = { key = true } }, on', "on", "delete needs where"),
        ('on = ["update"]', 'on = ["updated"]', "on is a list of insert, update, delete"),
        ("if = \"city", "if = \"town", "no column 'town'"),
        ("team = { each", "teem = { each", "table 'shares' has no column 'teem'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
    with engine.begin() as connection:
        for statement in statements(TABLES):
            connection.exec_driver_sql(statement)
    engine.dispose()
    text = MAPPING.replace("DELETE", DELETES["mark"])
    assert old in text
    said = problems(f"sqlite:///{tmp_path / 'crm.db'}", write(tmp_path, text.replace(old, new, 1)))
    assert any(told in line and re.match(r"mapping\.toml:\d+: \[entity\.person\]", line) for line in said), said
