"""Names that stand whole in one column: parted, put together, and written as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from gateway.edits import Edits
from protocols.dav.service import Service
from storage.crm.names import PARTS, Name, joined, split
from storage.opened import Opened
from tests.crm import principal
from tests.dav.client import Client
from tests.mapping.served import card

SPLIT = [
    ("Erika Mustermann", {"first": "Erika", "last": "Mustermann"}),
    ("Dr. Erika Mustermann", {"prefix": "Dr.", "first": "Erika", "last": "Mustermann"}),
    ("Prof. Dr. med. Vincent Willem van Gogh", {"prefix": "Prof. Dr. med.", "first": "Vincent", "middle": "Willem", "last": "van Gogh"}),
    ("Jean-Luc O'Brien", {"first": "Jean-Luc", "last": "O'Brien"}),
    ("Ludwig van Beethoven", {"first": "Ludwig", "last": "van Beethoven"}),
    ("Maria de los Santos", {"first": "Maria", "last": "de los Santos"}),
    ("Madonna", {"last": "Madonna"}),
    ("Dr. Who", {"prefix": "Dr.", "last": "Who"}),
    ("Dr.", {"last": "Dr."}),
    ("John Miller, Jr.", {"first": "John", "last": "Miller", "suffix": "Jr."}),
    ("John Miller III", {"first": "John", "last": "Miller", "suffix": "III"}),
    ("Mustermann, Erika", {"first": "Erika", "last": "Mustermann"}),
    ("van Gogh, Dr. Vincent Willem", {"prefix": "Dr.", "first": "Vincent", "middle": "Willem", "last": "van Gogh"}),
    ("Yo-Yo Ma", {"first": "Yo-Yo", "last": "Ma"}),
    ("Van Morrison", {"first": "Van", "last": "Morrison"}),
    ("  Erika \t Mustermann ", {"first": "Erika", "last": "Mustermann"}),
    ("", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), SPLIT)
def test_a_name_has_parts(text: str, parts: dict[str, str]) -> None:
    assert split(text).parts == parts


@pytest.mark.parametrize(
    ("wanted", "parts"),
    [
        ({"first", "last"}, {"first": "Dr. Vincent Willem", "last": "van Gogh, Jr."}),
        ({"last"}, {"last": "Dr. Vincent Willem van Gogh, Jr."}),
        ({"first"}, {"first": "Dr. Vincent Willem van Gogh, Jr."}),
        ({"prefix", "last"}, {"prefix": "Dr.", "last": "Vincent Willem van Gogh, Jr."}),
    ],
)
def test_parts_that_nobody_asks_for_stay_with_others(wanted: set[str], parts: dict[str, str]) -> None:
    # A comma that is not all of the name's does not put the last name first.
    assert joined(split("Dr. Vincent Willem van Gogh, Jr.", wanted)) == "Dr. Vincent Willem van Gogh, Jr."
    if wanted != {"first", "last"}:
        assert split("Dr. Vincent Willem van Gogh, Jr.", wanted).parts == parts


WORDS = st.lists(
    st.sampled_from(["Dr.", "Prof", "van", "de", "Jr.", "PhD", ",", "Erika", "Erika,", "O'Brien", "Ma", "-", "李", "II,", ", ,"])
    | st.text(max_size=5),
    max_size=7,
).map(" ".join)  # fmt: skip
WANTED = st.sets(st.sampled_from(PARTS), min_size=1)


@given(WORDS, WANTED)
def test_split_and_joined_loses_nothing(text: str, wanted: set[str]) -> None:
    name = split(text, wanted)
    kept = wanted | {"first", "last"} if not wanted & {"first", "middle", "last"} else wanted
    if kept == wanted and wanted & {"first", "last"}:
        assert joined(name).split() == text.split()
        assert set(name.parts) <= wanted


@given(WORDS, st.dictionaries(st.sampled_from(PARTS), WORDS))
def test_changed_parts_are_there_and_the_others_stay(text: str, parts: dict[str, str]) -> None:
    name = split(text)
    after = name.with_parts(parts)
    for part in PARTS:
        assert after.parts.get(part, "") == (
            " ".join(parts[part].split()) if part in parts else name.parts.get(part, "")
        )
    assert sorted(joined(after).replace(",", " ").split()) == sorted(
        " ".join(after.parts.values()).replace(",", " ").split()
    )


def test_a_changed_part_leaves_the_way_the_name_is_written() -> None:
    assert joined(split("Mustermann, Erika").with_parts({"first": "Eva"})) == "Mustermann, Eva"
    assert joined(split("John Miller, Jr.").with_parts({"last": "Smith"})) == "John Smith, Jr."
    assert joined(Name({"first": "Erika", "suffix": "PhD"})) == "Erika PhD"


TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(50), name VARCHAR(50), mail VARCHAR(50), hash VARCHAR(100));
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(30) NOT NULL, note VARCHAR(300), title VARCHAR(20));
INSERT INTO staff VALUES (1, 'anna', 'Anna', 'anna@crm.example', '');
INSERT INTO people VALUES (1, 'Erika  von Mustermann', '<p>Old <b>friend</b>.<br>Tea.</p>', 'CEO')
"""
MAPPING = """
[crm]
name = "whole-names"
[crm.users]
table = "staff"
login = "login"
name = "name"
address = "mail"
password = "hash"
[entity.person]
table = "people"
[entity.person.fields]
full_name = { template = "{name}" }
first_name = { part = "first", of = "name" }
last_name = { part = "last", of = "name", required = true }
notes = { column = "note", html = true }
title = "title"
[view.all]
entity = "person"
shape = "card"
filter = "id > 0"
delete = "refuse"
"""
BOOK = "/dav/addressbooks/anna/all/"


@pytest.fixture
def people(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    url = sa.make_url(database_url)
    serial = {"postgresql": "SERIAL", "mariadb": "INTEGER AUTO_INCREMENT"}.get(url.get_backend_name(), "INTEGER")
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        for statement in TABLES.replace("people (id INTEGER", f"people (id {serial}").split(";"):
            connection.exec_driver_sql(statement)
        if url.get_backend_name() == "postgresql":
            connection.exec_driver_sql("ALTER SEQUENCE people_id_seq RESTART WITH 2")
    engine.dispose()
    (tmp_path / "people.toml").write_text(MAPPING, "utf-8")
    own = f"{url.database}_gw" if url.get_backend_name() == "mariadb" else None
    opened = Opened(database_url, "people.toml", schema=own, folder=tmp_path)
    opened.setup.install()
    yield opened
    opened.close()


@pytest.fixture
def client(people: Opened) -> Client:
    return Client(Service(people.store, Edits(people.store)), principal(people, "anna"))


def rows(people: Opened) -> list[tuple[object, ...]]:
    with people.database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT name, note, title FROM people ORDER BY id")
        return [tuple(row) for row in found]


async def the_card(client: Client) -> tuple[str, str]:
    listed = await client.propfind(BOOK, "D:getetag", depth="1")
    (href,) = [href for href in listed.hrefs if not href.endswith("/")]
    return href, (await client.ask("GET", href)).body.decode()


async def change(client: Client, href: str, content: str) -> None:
    held = await client.ask("GET", href)
    answer = await client.ask("PUT", href, content, content_type="text/vcard", if_match=held.etag)
    assert answer.status in (200, 204), answer.body


async def test_the_column_is_served_in_parts_and_its_html_as_text(people: Opened, client: Client) -> None:
    _, served = await the_card(client)
    for line in ("FN:Erika von Mustermann", "N:von Mustermann;Erika;;;", "NOTE:Old friend.\\nTea."):
        assert line in served.split("\r\n")


async def test_one_changed_part_writes_the_whole_and_nothing_else(people: Opened, client: Client) -> None:
    href, served = await the_card(client)
    await change(client, href, served.replace("N:von Mustermann;Erika", "N:von Mustermann;Eva"))
    assert rows(people) == [("Eva von Mustermann", "<p>Old <b>friend</b>.<br>Tea.</p>", "CEO")]
    assert "N:von Mustermann;Eva;;;" in (await the_card(client))[1]


async def test_what_means_the_same_is_not_written(people: Opened, client: Client) -> None:
    href, served = await the_card(client)
    await change(client, href, served.replace("TITLE:CEO", "TITLE:CFO"))
    assert rows(people) == [("Erika  von Mustermann", "<p>Old <b>friend</b>.<br>Tea.</p>", "CFO")]
    await change(client, href, (await the_card(client))[1].replace("NOTE:Old friend.", "NOTE:Old  friend. "))
    assert rows(people)[0][1] == "<p>Old <b>friend</b>.<br>Tea.</p>"


async def test_changed_text_becomes_paragraphs(people: Opened, client: Client) -> None:
    href, served = await the_card(client)
    await change(client, href, served.replace("NOTE:Old friend.\\nTea.", "NOTE:New & old.\\n\\nTea."))
    assert rows(people)[0][1] == "<p>New &amp; old.</p><p>Tea.</p>"
    await change(client, href, (await the_card(client))[1].replace("NOTE:New & old.\\n\\nTea.\r\n", ""))
    assert rows(people)[0][1] is None


async def test_a_client_keeps_its_own_parting_of_the_same_name(people: Opened, client: Client) -> None:
    href, served = await the_card(client)
    # Neither the particle with the first name, nor a name with two words, would be parted so here.
    await change(client, href, served.replace("N:von Mustermann;Erika;;;", "N:Mustermann;Erika von;;;"))
    assert rows(people)[0][0] == "Erika  von Mustermann"
    assert "N:Mustermann;Erika von;;;" in (await the_card(client))[1]
    await change(
        client, href, (await the_card(client))[1].replace("N:Mustermann;Erika von;;;", "N:Muster;Erika von;;;")
    )
    assert rows(people)[0][0] == "Erika von Muster"
    assert "N:Muster;Erika von;;;" in (await the_card(client))[1]
    with people.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE people SET name = 'Eva Maria Muster'")
    people.follower.step()
    assert "N:Muster;Eva Maria;;;" in (await the_card(client))[1]


async def test_a_new_name_is_put_together_and_an_empty_or_too_long_one_refused(people: Opened, client: Client) -> None:
    await the_card(client)

    async def put(name: str, *lines: str) -> int:
        answer = await client.ask("PUT", f"{BOOK}{name}.vcf", card(name, *lines), content_type="text/vcard")
        return answer.status

    assert await put("a", "FN:Jo Smith", "N:Smith;Jo;;;") == 201
    assert await put("b", "FN:Li Wang") == 201
    assert await put("c", "FN:x", f"N:{'y' * 20};{'z' * 20};;;") == 403
    assert [row[0] for row in rows(people)[1:]] == ["Jo Smith", "Li Wang"]
