"""A company that only a table of links knows, and a title that stands in the link: on every database product."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.ids import Href
from gateway.core.model import UNCONDITIONAL, CollectionName, Condition, Section
from gateway.edits import Edits
from storage.opened import Opened
from tests.crm import principal
from tests.mapping.mappings import problems
from tests.presets.small_crm import documents, made, rows, sql

ALL = CollectionName(Section.ADDRESS_BOOKS, "all")
TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(50), name VARCHAR(50), mail VARCHAR(100), hash VARCHAR(100));
CREATE TABLE people (id VARCHAR(36) PRIMARY KEY, last VARCHAR(50), owner INTEGER, gone INTEGER);
CREATE TABLE firms (id VARCHAR(36) PRIMARY KEY, name VARCHAR(50), owner INTEGER, gone INTEGER);
CREATE TABLE links (id VARCHAR(36) PRIMARY KEY, person VARCHAR(36), firm VARCHAR(36), kind VARCHAR(10), role VARCHAR(20),
                    gone INTEGER);
INSERT INTO staff VALUES (1, 'anna', 'Anna', 'anna@crm.example', '');
INSERT INTO firms VALUES ('f1', 'Nord', 1, 0);
INSERT INTO firms VALUES ('f2', 'Süd', 1, 0);
INSERT INTO firms VALUES ('f3', 'Süd', 1, 0);
INSERT INTO people VALUES ('p1', 'One', 1, 0);
INSERT INTO people VALUES ('p2', 'Two', 1, 0);
INSERT INTO people VALUES ('p3', 'Three', 1, 0);
INSERT INTO links VALUES ('l1', 'p1', 'f1', 'works', 'CEO', 0);
INSERT INTO links VALUES ('l2', 'p1', 'f2', 'works', 'CTO', 1);
INSERT INTO links VALUES ('l3', 'p2', 'f2', 'owns', 'all', 0);
INSERT INTO links VALUES ('l4', 'p3', 'f3', 'works', 'CFO', 0)
"""
MAPPING = """
[crm]
name = "small"
[crm.users]
table = "staff"
login = "login"
name = "name"
address = "mail"
password = "hash"
[entity.person]
table = "people"
new_key = "{uuid}"
alive = "gone = 0"
delete = { gone = 1 }
owner = "owner"
insert = { gone = 0 }
[entity.person.fields]
last_name = "last"
[entity.person.fields.organisation]
entity = "firm"
table = "firms"
shows = "name"
missing = "create"
unlink = true
link = { table = "links", parent = "person", ref = "firm", where = { kind = "works" }, alive = { gone = 0 }, delete = { gone = 1 }, insert = { id = { new = "{uuid}" } } }
[entity.person.fields.title]
of_link = "links"
parent = "person"
ref = "firm"
column = "role"
alive = { gone = 0, kind = "works" }
[entity.firm]
table = "firms"
new_key = "{uuid}"
alive = "gone = 0"
delete = { gone = 1 }
owner = "owner"
insert = { gone = 0 }
[entity.firm.fields]
organisation = "name"
[view.all]
entity = "person"
shape = "card"
filter = "gone = 0"
"""


@pytest.fixture
def small(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    with made(database_url, tmp_path, TABLES, MAPPING) as one:
        yield one


async def shown(small: Opened) -> dict[str, tuple[str, str]]:
    """(company, title) by name."""
    small.bus.attach(asyncio.get_running_loop())
    found = {}
    for card in await documents(small, principal(small, "anna"), Section.ADDRESS_BOOKS, "all"):
        name, *said = ("".join(re.findall(rf"\r\n{word}:(.*?)\r\n", card)) for word in ("FN", "ORG", "TITLE"))
        found[name] = (said[0], said[1])
    return found


async def put(small: Opened, *lines: str) -> None:
    small.bus.attach(asyncio.get_running_loop())
    who = principal(small, "anna")
    content = "".join(f"{line}\r\n" for line in ("BEGIN:VCARD", "VERSION:3.0", "UID:n", *lines, "END:VCARD")).encode()
    _, standing = await small.store.entries(who, ALL, [Href("n.vcf")])
    when = Condition(any_of=frozenset({standing[0].etag})) if standing else UNCONDITIONAL
    await Edits(small.store).put(who, ALL, Href("n.vcf"), "text/vcard", content, when)


async def test_a_company_is_found_by_the_link_that_counts(small: Opened) -> None:
    assert await shown(small) == {"One": ("Nord", "CEO"), "Two": ("", ""), "Three": ("Süd", "CFO")}
    sql(small, "UPDATE links SET gone = 1 - gone WHERE person = 'p1'")
    assert (await shown(small))["One"] == ("Süd", "CTO")
    sql(small, "UPDATE firms SET name = 'Süden' WHERE id = 'f2'")
    assert (await shown(small))["One"] == ("Süden", "CTO")
    sql(small, "UPDATE links SET kind = 'works' WHERE id = 'l3'")
    assert (await shown(small))["Two"] == ("Süden", "all")


async def test_a_written_company_is_one_link_and_a_new_name_a_new_company(small: Opened) -> None:
    before = rows(small, "links")
    await put(small, "FN:Neu", "N:Neu;;;;", "ORG:nord", "TITLE:Boss")
    (key,) = (row["id"] for row in rows(small, "people") if row["last"] == "Neu")

    def links() -> list[tuple[object, object, object, object]]:
        own = [row for row in rows(small, "links") if row["person"] == key]
        return sorted((row["firm"], row["kind"], row["role"], row["gone"]) for row in own)

    assert links() == [("f1", "works", "Boss", 0)]
    await put(small, "FN:Neu", "N:Neu;;;;", "ORG:West", "TITLE:Boss")
    (west,) = (row for row in rows(small, "firms") if row["name"] == "West")
    assert (west["owner"], west["gone"]) == (1, 0)
    assert [(firm, gone) for firm, _, _, gone in links()] == sorted([("f1", 1), (west["id"], 0)])
    await put(small, "FN:Neu", "N:Neu;;;;", "ORG:Nord", "TITLE:Boss")
    assert [(firm, gone) for firm, _, _, gone in links()] == sorted([("f1", 0), (west["id"], 1)])
    await put(small, "FN:Neu", "N:Neu;;;;", "NOTE:alone")
    assert {gone for _, _, _, gone in links()} == {1}
    assert [row for row in rows(small, "links") if row["person"] != key] == before


async def test_of_two_companies_of_a_name_the_linked_one_stays(small: Opened) -> None:
    small.bus.attach(asyncio.get_running_loop())
    who = principal(small, "anna")
    _, entries = await small.store.entries(who, ALL)
    for entry in entries:
        _, (card,) = await small.store.resources(who, ALL, [entry.href])
        content = card.content.replace(b"ORG:", b"ORG:  ")
        await Edits(small.store).put(who, ALL, entry.href, "text/vcard", content, UNCONDITIONAL)
    assert [row["gone"] for row in rows(small, "links") if row["firm"] == "f3"] == [0]
    assert len(rows(small, "links")) == 4


def test_a_reference_needs_a_column_or_a_link(small: Opened, tmp_path: Path) -> None:
    url = small.database.engine.url.render_as_string(hide_password=False)
    (line,) = (line for line in MAPPING.splitlines() if line.startswith("link ="))
    for wanted, what in (
        ("", "a column's name is missing"),
        ('link = { table = "links" }', "column's name is missing"),
    ):
        (tmp_path / "wrong.toml").write_text(MAPPING.replace(line, wanted), "utf-8")
        assert any(what in told for told in problems(url, str(tmp_path / "wrong.toml")))
