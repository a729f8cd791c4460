"""A CRM of a few tables made for these tests: people with phones, addresses and remarks in rows of their own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.core.ids import Href
from gateway.core.model import UNCONDITIONAL, CollectionName, Condition, Section
from gateway.edits import Edits
from storage.opened import Opened
from tests.crm import principal

PEOPLE = CollectionName(Section.ADDRESS_BOOKS, "people")
TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(50), name VARCHAR(50), mail VARCHAR(80), hash VARCHAR(100));
CREATE TABLE people (id {serial}, last VARCHAR(50), title_id INTEGER, met {moment}, gone INTEGER DEFAULT 0);
CREATE TABLE phone (id {serial}, person INTEGER, number VARCHAR(32), digits VARCHAR(32), place INTEGER, kind INTEGER,
                    main INTEGER NOT NULL, billing INTEGER NOT NULL);
CREATE TABLE mail (id {serial}, person INTEGER, address VARCHAR(80), main INTEGER NOT NULL, gone INTEGER DEFAULT 0);
CREATE TABLE country (id INTEGER PRIMARY KEY, name VARCHAR(40), code CHAR(2));
CREATE TABLE region (id INTEGER PRIMARY KEY, short VARCHAR(4), name VARCHAR(40), country_id INTEGER);
CREATE TABLE place (id {serial}, person INTEGER, line1 VARCHAR(60), line2 VARCHAR(60), code VARCHAR(10), town VARCHAR(40),
                    region_id INTEGER, country_id INTEGER, sort INTEGER, main INTEGER NOT NULL);
CREATE TABLE remark (id {serial}, about VARCHAR(20), about_id INTEGER, body TEXT, author INTEGER);
CREATE TABLE words (id INTEGER PRIMARY KEY, list INTEGER, held VARCHAR(20), label VARCHAR(200));
CREATE TABLE owners (id {serial}, person INTEGER, staff INTEGER, role INTEGER);
INSERT INTO staff VALUES (1, 'anna', 'Anna Schmidt', 'anna@crm.example', '');
INSERT INTO staff VALUES (2, 'bob', 'Bob Miller', 'bob@crm.example', '');
INSERT INTO country VALUES (49, 'Germany', 'DE');
INSERT INTO country VALUES (1, 'United States', 'US');
INSERT INTO region VALUES (10, 'HH', 'Hamburg', 49);
INSERT INTO region VALUES (11, NULL, 'Saxony', 49);
INSERT INTO region VALUES (20, 'HH', 'Happy Hills', 1);
INSERT INTO words VALUES (1, 6, '3', 'Mr.');
INSERT INTO words VALUES (2, 6, '4', 'Dr.');
INSERT INTO words VALUES (3, 7, '4', 'Female');
INSERT INTO words VALUES (4, 8, '5', '{"en_US": "Professor", "de_DE": "Professorin"}')
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
alive = "gone = 0"
delete = { gone = 1 }
owner = { table = "owners", parent = "person", user = "staff", where = { role = 2 } }
insert = { gone = 0 }
[entity.person.fields]
last_name = "last"
prefix = { column = "title_id", lookup = { table = "words", key = "held", shows = "label", where = { list = 6 } } }
notes = { children = "remark", parent = "about_id", where = { about = "person" }, value = "body", one = true, insert = { author = { user = "key" } } }
emails = { children = "mail", parent = "person", value = "address", primary = "main", alive = { gone = 0 }, delete = { gone = 1 } }
[entity.person.fields.phones]
children = "phone"
parent = "person"
value = "number"
primary = "main"
insert = { billing = 0 }
also = { digits = "digits" }
types = [
  { set = { place = 1 }, types = ["home"] }, { set = { place = 2 }, types = ["work"] }, { set = { place = 4 }, types = [] },
  { set = { kind = 1 }, types = [] }, { set = { kind = 2 }, types = ["cell"] }, { set = { kind = 3 }, types = ["fax"] },
]
[entity.person.fields.addresses]
children = "place"
parent = "person"
primary = "main"
types = [ { set = { sort = 1 }, types = ["home"] }, { set = { sort = 2 }, types = ["work"] }, { set = { sort = 3 }, types = [] } ]
[entity.person.fields.addresses.address]
street = ["line1", "line2"]
postal_code = "code"
city = "town"
region = { column = "region_id", lookup = { table = "region", shows = "short", also = ["name"], within = { country_id = "country" } } }
country = { column = "country_id", lookup = { table = "country", shows = "name", also = ["code"] }, missing = "refuse" }
[view.people]
entity = "person"
shape = "card"
filter = "gone = 0"
"""
_SERIAL = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "SERIAL PRIMARY KEY",
    "mariadb": "INTEGER PRIMARY KEY AUTO_INCREMENT",
}


def _tables(kind: str) -> str:
    return TABLES.replace("{serial}", _SERIAL[kind]).replace(
        "{moment}", "TIMESTAMP" if kind == "postgresql" else "DATETIME"
    )


class Small:
    """The CRM with the gateway beside it, and anna at work."""

    def __init__(self, url: str, folder: Path, mapping: str = MAPPING) -> None:
        made = sa.make_url(url)
        kind = made.get_backend_name()
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            for statement in _tables(kind).split(";"):
                connection.exec_driver_sql(statement)
        engine.dispose()
        (folder / "small.toml").write_text(mapping, "utf-8")
        own = f"{made.database}_gw" if kind == "mariadb" else None
        self.opened = Opened(url, "small.toml", schema=own, folder=folder)
        self.opened.setup.install()
        self.anna = principal(self.opened, "anna")
        self.edits = Edits(self.opened.store)

    async def put(self, *lines: str, href: str = "p.vcf") -> str:
        """What a client writes, over what it was served last; returns what it is served now."""
        self.opened.bus.attach(asyncio.get_running_loop())
        head: tuple[str, ...] = ("BEGIN:VCARD", "VERSION:3.0", f"UID:{href}", "FN:x")
        head += () if any(line.startswith("N:") for line in lines) else ("N:Neu;;;;",)
        content = "".join(f"{line}\r\n" for line in (*head, *lines, "END:VCARD")).encode()
        _, standing = await self.opened.store.entries(self.anna, PEOPLE, [Href(href)])
        when = Condition(any_of=frozenset({standing[0].etag})) if standing else UNCONDITIONAL
        await self.edits.put(self.anna, PEOPLE, Href(href), "text/vcard", content, when)
        return await self.get(href)

    async def get(self, href: str = "p.vcf") -> str:
        """What is served under a name, unfolded."""
        self.opened.bus.attach(asyncio.get_running_loop())
        _, found = await self.opened.store.resources(self.anna, PEOPLE, [Href(href)])
        return found[0].content.decode().replace("\r\n ", "")

    async def delete(self, href: str = "p.vcf") -> None:
        """A client's delete."""
        self.opened.bus.attach(asyncio.get_running_loop())
        await self.edits.delete(self.anna, PEOPLE, Href(href), UNCONDITIONAL)

    def rows(self, columns: str, table: str, where: str = "1 = 1") -> list[tuple[Any, ...]]:
        """Rows as the CRM has them, in the order of their keys."""
        with self.opened.database.engine.connect() as connection:
            found = connection.exec_driver_sql(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY id")
            return [tuple(row) for row in found]

    def sql(self, statement: str) -> None:
        """What the CRM does by itself."""
        with self.opened.database.engine.begin() as connection:
            connection.exec_driver_sql(statement)
        while self.opened.follower.step():
            pass
