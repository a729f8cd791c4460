"""The words for shared rows, on a CRM of five tables made for it, on every database product."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.core.ids import Href
from gateway.core.model import UNCONDITIONAL, CollectionName, Section
from gateway.edits import Edits
from storage.crm import keys, stated
from storage.crm.shared import FOLDS
from storage.opened import Opened
from tests.crm import principal

ALL = CollectionName(Section.ADDRESS_BOOKS, "all")
TABLES = """
CREATE TABLE staff (id VARCHAR(36) PRIMARY KEY, login VARCHAR(50), first VARCHAR(50), last VARCHAR(50),
                    hash VARCHAR(100), live INTEGER);
CREATE TABLE people (id VARCHAR(36) PRIMARY KEY, last VARCHAR(50), owner VARCHAR(36), gone INTEGER, version INTEGER);
CREATE TABLE addresses (id VARCHAR(36) PRIMARY KEY, address VARCHAR(50), caps VARCHAR(50), gone INTEGER);
CREATE TABLE address_links (id VARCHAR(36) PRIMARY KEY, bean VARCHAR(36), module VARCHAR(20), address_id VARCHAR(36),
                            main INTEGER, gone INTEGER);
INSERT INTO staff VALUES ('u1', 'anna', 'Anna', 'Schmidt', '', 1);
INSERT INTO addresses VALUES ('a1', 'Anna@crm.example', 'ANNA@CRM.EXAMPLE', 0);
INSERT INTO addresses VALUES ('a2', 'Old@x.example', 'OLD@X.EXAMPLE', 1);
INSERT INTO address_links VALUES ('l1', 'u1', 'staff', 'a1', 1, 0);
INSERT INTO address_links VALUES ('l2', 'p1', 'people', 'a1', 1, 0);
INSERT INTO address_links VALUES ('l3', 'p2', 'other', 'a1', 1, 0);
INSERT INTO people VALUES ('p1', 'One', 'u1', 0, 1);
INSERT INTO people VALUES ('p2', 'Two', 'u1', 0, 1)
"""
MAPPING = """
[crm]
name = "small"
[crm.users]
table = "staff"
login = "login"
name = ["first", "last"]
address = { shared = "mail", where = { module = "staff" } }
password = "hash"
alive = "live = 1"
[crm.shared.mail]
table = "addresses"
value = "address"
found_by = { column = "caps", as = "upper" }
alive = { gone = 0 }
new_key = "{uuid}"
[crm.shared.mail.link]
table = "address_links"
parent = "bean"
ref = "address_id"
primary = "main"
alive = { gone = 0 }
delete = { gone = 1 }
insert = { id = { new = "{uuid}" } }
[entity.person]
table = "people"
new_key = "{uuid}"
alive = "gone = 0"
delete = { gone = 1 }
owner = "owner"
insert = { gone = 0, version = 1 }
update = { version = { add = 1 } }
[entity.person.fields]
last_name = "last"
emails = { shared = "mail", where = { module = "people" } }
[view.all]
entity = "person"
shape = "card"
filter = "gone = 0"
"""


@pytest.fixture
def small(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    (tmp_path / "small.toml").write_text(MAPPING, "utf-8")
    url = sa.make_url(database_url)
    own = f"{url.database}_gw" if url.get_backend_name() == "mariadb" else None
    opened = Opened(database_url, "small.toml", schema=own, folder=tmp_path)
    opened.setup.install()
    yield opened
    opened.close()


def table(small: Opened, name: str) -> list[tuple[object, ...]]:
    with small.database.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY id")]


async def cards(small: Opened) -> dict[str, str]:
    small.bus.attach(asyncio.get_running_loop())
    who = principal(small, "anna")
    _, entries = await small.store.entries(who, ALL)
    _, found = await small.store.resources(who, ALL, [entry.href for entry in entries])
    shown = [one.content.decode() for one in found]
    return {re.findall(r"\r\nN:(\w+)", card)[0]: " ".join(re.findall(r"EMAIL:(\S+)", card)) for card in shown}


async def test_a_shared_row_changed_by_sql_shows_in_every_entity_that_has_it(small: Opened) -> None:
    assert await cards(small) == {"One": "Anna@crm.example", "Two": ""}
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE addresses SET address = 'new@crm.example' WHERE id = 'a1'")
    noted = small.database.read_now(lambda connection: small.follower.outbox.take(connection, 10))
    assert sorted((one.entity, one.key) for one in noted) == [("person", "p1"), ("user", "u1")]
    small.follower.step()
    assert await cards(small) == {"One": "new@crm.example", "Two": ""}
    assert principal(small, "anna").address == "new@crm.example"


async def test_a_link_of_another_kind_of_thing_concerns_nobody_here(small: Opened) -> None:
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE address_links SET main = 0 WHERE id = 'l3'")
        assert connection.exec_driver_sql("SELECT count(*) FROM people").scalar() == 2
    assert small.database.read_now(small.follower.outbox.is_empty)
    with small.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE address_links SET module = 'people' WHERE id = 'l3'")
    small.follower.step()
    assert await cards(small) == {"One": "Anna@crm.example", "Two": "Anna@crm.example"}


async def test_a_written_address_is_found_brought_back_or_made(small: Opened) -> None:
    await cards(small)
    lines = ["BEGIN:VCARD", "VERSION:3.0", "UID:n", "FN:Neu", "N:Neu;;;;", "EMAIL:ANNA@crm.example",
             "EMAIL:old@x.example", "EMAIL:New@x.example", "END:VCARD"]  # fmt: skip
    content = "".join(f"{line}\r\n" for line in lines).encode()
    who = principal(small, "anna")
    await Edits(small.store).put(who, ALL, Href("n.vcf"), "text/vcard", content, UNCONDITIONAL)
    # A client that spells an address its own way is served its own spelling; the CRM keeps what it has.
    assert (await cards(small))["Neu"].lower().split() == ["anna@crm.example", "old@x.example", "new@x.example"]
    held = {row[1:] for row in table(small, "addresses")}
    assert held == {
        ("Anna@crm.example", "ANNA@CRM.EXAMPLE", 0),
        ("Old@x.example", "OLD@X.EXAMPLE", 0),
        ("New@x.example", "NEW@X.EXAMPLE", 0),
    }
    (person,) = [row for row in table(small, "people") if row[1] == "Neu"]
    assert person[2:] == ("u1", 0, 1)
    links = [row for row in table(small, "address_links") if row[1] == person[0]]
    assert sorted(str(row[4]) + str(row[5]) for row in links) == ["00", "00", "10"]
    assert all(re.fullmatch(r"[0-9a-f-]{36}", str(row[0])) for row in links)


def test_a_template_makes_keys_that_differ() -> None:
    made = [str(keys.new_key("{clock}{hex4}")) for _ in range(100)]
    assert all(re.fullmatch(r"[0-9a-f]{17}", key) for key in made)
    assert len(set(made)) == 100
    assert [key[:13] for key in made] == sorted(key[:13] for key in made)
    assert keys.new_key(keys.AUTOINCREMENT) is None


@pytest.mark.parametrize("template", ["", "abc", "{what}", "{hex0}", "{uuid}{"])
def test_a_template_that_makes_no_key_is_refused(template: str) -> None:
    with pytest.raises(ConfigError):
        keys.check(template)


@pytest.mark.parametrize("word", [{"user": "password"}, {"add": "1"}, {"new": "x"}, {}, {"what": 1}])
def test_a_statement_nobody_understands_is_refused(word: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        stated.check({"column": word})


def test_texts_are_folded_as_the_crm_folds_them() -> None:
    assert FOLDS["phone"](" +49 (171) 555-01 ") == "+4917155501"
    assert FOLDS["digits"]("+49 171/55") == "4917155"
    assert FOLDS["upper"](" a@B.c ") == "A@B.C"
