"""What other rows hold of a row is made anew with it, where it differs, and nowhere else: on every database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.core.ids import Href
from gateway.core.model import CollectionName, Condition, Section
from gateway.edits import Edits
from storage.opened import Opened
from tests.crm import principal
from tests.mapping.mappings import problems, write

COMPANIES = CollectionName(Section.ADDRESS_BOOKS, "companies")
TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(50), name VARCHAR(50), mail VARCHAR(50), hash VARCHAR(100));
CREATE TABLE partners (id INTEGER PRIMARY KEY, name VARCHAR(50), parent INTEGER, company BOOLEAN, kind VARCHAR(20),
                       shown VARCHAR(99), mobile VARCHAR(50), phone VARCHAR(50), plain VARCHAR(50));
INSERT INTO staff VALUES (1, 'anna', 'Anna', 'anna@crm.example', '');
INSERT INTO partners VALUES (1, 'Nord', NULL, TRUE, 'contact', 'Nord', '040 1', '+49 40 2', '+49402');
INSERT INTO partners VALUES (2, 'Erika', 1, FALSE, 'contact', 'Nord, Erika', NULL, NULL, NULL);
INSERT INTO partners VALUES (3, NULL, 1, FALSE, 'delivery', 'Nord, to', NULL, NULL, NULL);
INSERT INTO partners VALUES (4, 'Jo', NULL, FALSE, 'contact', 'Jo', NULL, NULL, NULL)
"""
MAPPING = """
[crm]
name = "partners"
[crm.users]
table = "staff"
login = "login"
name = "name"
address = "mail"
password = "hash"
[entity.company]
table = "partners"
alive = "company = true"
derived = { shown = "{column:name}", plain = { first = ["{column:mobile}", "{column:phone}"], as = "e164" } }
also = [
  { update = "partners", each = { table = "partners", column = "id", where = { parent = { key = true } } },
    where = { id = { each = true } }, set = { shown = { join = ["{column:name}", "{each:name}"], with = ", " } } },
  { update = "partners", where = { parent = { key = true }, kind = "delivery", name = { text = "" } },
    set = { shown = "{column:name}, to" } },
]
[entity.company.fields]
organisation = { column = "name", required = true }
phones = { slots = { work = "phone", cell = "mobile" } }
[entity.person]
table = "partners"
alive = "company = false"
[entity.person.fields]
last_name = "name"
[view.companies]
entity = "company"
shape = "card"
filter = "id > 0"
delete = "refuse"
[view.persons]
entity = "person"
shape = "card"
filter = "id > 0"
delete = "refuse"
"""


def mapping() -> str:
    # TOML 1.0 keeps a table between braces on one line.
    return MAPPING.replace("},\n    ", "}, ").replace('set = { shown = "{column:name}, to" }', 'set = { shown = { text = "{column:name}, to" } }')  # fmt: skip


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    (tmp_path / "m.toml").write_text(mapping(), "utf-8")
    url = sa.make_url(database_url)
    own = f"{url.database}_gw" if url.get_backend_name() == "mariadb" else None
    made = Opened(database_url, "m.toml", schema=own, folder=tmp_path)
    made.setup.install()
    yield made
    made.close()


def shown(opened: Opened) -> list[object]:
    with opened.database.engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT shown FROM partners ORDER BY id")]


async def change(opened: Opened, old: str, new: str) -> list[tuple[str, str]]:
    """A client changes the company's card; who else was touched."""
    opened.bus.attach(asyncio.get_running_loop())
    who = principal(opened, "anna")
    _, (entry,) = await opened.store.entries(who, COMPANIES)
    _, (held,) = await opened.store.resources(who, COMPANIES, [entry.href])
    assert old.encode() in held.content
    content = held.content.replace(old.encode(), new.encode())
    when = Condition(any_of=frozenset({entry.etag}))
    await Edits(opened.store).put(who, COMPANIES, Href(str(entry.href)), "text/vcard", content, when)
    noted = opened.database.read_now(lambda connection: opened.follower.outbox.take(connection, 10))
    opened.follower.step()
    return sorted({(one.entity, one.key) for one in noted} - {("company", "1"), ("person", "1")})


async def test_a_new_name_reaches_every_row_that_holds_it(opened: Opened) -> None:
    touched = await change(opened, "ORG:Nord", "ORG:Süd")
    assert shown(opened) == ["Süd", "Süd, Erika", "Süd, to", "Jo"]
    assert touched == [("company", "2"), ("company", "3"), ("person", "2"), ("person", "3")]


async def test_what_holds_the_name_already_is_not_touched(opened: Opened) -> None:
    with opened.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM partners WHERE id = 3")
    opened.follower.step()
    assert await change(opened, "TEL;TYPE=WORK:+49 40 2", "TEL;TYPE=WORK:+49 40 3") == []
    assert shown(opened) == ["Nord", "Nord, Erika", "Jo"]


async def test_the_first_that_is_anything_in_its_form_is_taken(opened: Opened) -> None:
    async def plain(old: str, new: str) -> object:
        await change(opened, old, new)
        with opened.database.engine.connect() as connection:
            return connection.exec_driver_sql("SELECT plain FROM partners WHERE id = 1").scalar()

    assert await plain("CELL:040 1", "CELL:0049 171 (0) 5") == "+491715"
    assert await plain("CELL:0049 171 (0) 5", "CELL:0171 5") == "+49402"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{each:name}", "{each:nam}", "there is no column 'nam'; did you mean 'name'?"),
        ('{ shown = { text = "{column:name}, to" } }', '{ shown = { text = "{each:name}" } }', "each stands in a statement"),
        ("name = { text = \"\" }", "name = { each = true }", "each stands in a statement"),
        ("{ first = [", '{ text = "x", first = [', "one of text, join and first"),
    ],
)  # fmt: skip
def test_a_mistake_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    assert old in mapping()
    said = problems(f"sqlite:///{tmp_path / 'crm.db'}", write(tmp_path, mapping().replace(old, new, 1)))
    assert any(told in line for line in said), said
