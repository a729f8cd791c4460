"""Words that mean several things, dictionaries in tables with meanings, fields that are only read: on every database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.edits import Edits
from protocols.dav.service import Service
from storage.opened import Opened
from tests.crm import principal
from tests.dav.client import Answer, Client
from tests.mapping.mappings import problems, write

TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(50), name VARCHAR(50), mail VARCHAR(50), hash VARCHAR(100));
CREATE TABLE stages (id INTEGER PRIMARY KEY, name VARCHAR(100));
CREATE TABLE jobs (id INTEGER PRIMARY KEY, name VARCHAR(50), state VARCHAR(20), stage INTEGER, chance INTEGER);
CREATE TABLE dates (id INTEGER PRIMARY KEY, name VARCHAR(50), starts TIMESTAMP NULL, ends TIMESTAMP NULL, lasts DOUBLE PRECISION);
INSERT INTO staff VALUES (1, 'anna', 'Anna', 'anna@crm.example', '');
INSERT INTO stages VALUES (1, '{"en_US": "New", "de_DE": "Neu"}');
INSERT INTO stages VALUES (2, '{"en_US": "Proposal"}');
INSERT INTO stages VALUES (3, '{"en_US": "Sleeping"}');
INSERT INTO stages VALUES (4, '{"en_US": "Won"}');
INSERT INTO jobs VALUES (1, 'Offer', 'open', 1, 60);
INSERT INTO dates VALUES (1, 'Lunch', '2026-05-11 10:00:00', NULL, 1.5)
"""
MAPPING = """
[crm]
name = "meanings"
[crm.users]
table = "staff"
login = "login"
name = "name"
address = "mail"
password = "hash"
[entity.job]
table = "jobs"
[entity.job.fields]
summary = "name"
status = { column = "state", values = { open = ["NEEDS-ACTION", "IN-PROCESS"], "" = "CANCELLED", done = "COMPLETED" }, default = "open" }
percent = { column = "chance", type = "int", read_only = true }
[entity.deal]
table = "jobs"
[entity.deal.fields]
summary = "name"
status = { column = "stage", lookup = { table = "stages", shows = "name", json = "en_US" }, values = { New = "NEEDS-ACTION", Missing = "IN-PROCESS", Proposal = "IN-PROCESS", Won = "COMPLETED" } }
[entity.date]
table = "dates"
[entity.date.fields]
summary = "name"
period = { start = "starts", end = "ends", hours = "lasts" }
[view.jobs]
entity = "job"
shape = "task"
filter = "id > 0"
delete = "refuse"
[view.deals]
entity = "deal"
shape = "task"
filter = "id > 0"
delete = "refuse"
[view.dates]
entity = "date"
shape = "event"
filter = "id > 0"
delete = "refuse"
"""
HOME = "/dav/calendars/anna/"


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    (tmp_path / "m.toml").write_text(MAPPING, "utf-8")
    url = sa.make_url(database_url)
    own = f"{url.database}_gw" if url.get_backend_name() == "mariadb" else None
    made = Opened(database_url, "m.toml", schema=own, folder=tmp_path)
    made.setup.install()
    yield made
    made.close()


@pytest.fixture
def client(opened: Opened) -> Client:
    return Client(Service(opened.store, Edits(opened.store)), principal(opened, "anna"))


def sql(opened: Opened, statement: str) -> tuple[object, ...] | None:
    with opened.database.engine.begin() as connection:
        done = connection.exec_driver_sql(statement)
        found = tuple(done.one()) if done.returns_rows else None
    while opened.follower.step():
        pass
    return found


async def served(client: Client, view: str) -> tuple[str, str]:
    listed = await client.propfind(f"{HOME}{view}/", "D:getetag", depth="1")
    (href,) = [href for href in listed.hrefs if not href.endswith("/")]
    return href, (await client.ask("GET", href)).body.decode()


async def change(client: Client, view: str, old: str, new: str) -> Answer:
    href, text = await served(client, view)
    assert old in text
    held = await client.ask("GET", href)
    return await client.ask("PUT", href, text.replace(old, new), content_type="text/calendar", if_match=held.etag)


async def test_what_means_the_same_is_not_written_and_stays_as_the_client_says_it(
    opened: Opened, client: Client
) -> None:
    assert (await change(client, "jobs", "END:VTODO", "STATUS:IN-PROCESS\r\nEND:VTODO")).status == 204
    assert sql(opened, "SELECT state FROM jobs") == ("open",)
    assert "STATUS:IN-PROCESS" in (await served(client, "jobs"))[1]
    sql(opened, "UPDATE jobs SET name = 'Better offer'")
    assert "STATUS:IN-PROCESS" in (await served(client, "jobs"))[1]
    sql(opened, "UPDATE jobs SET state = 'done'")
    assert "STATUS:COMPLETED" in (await served(client, "jobs"))[1]
    assert (await change(client, "jobs", "STATUS:COMPLETED", "STATUS:IN-PROCESS")).status == 204
    assert sql(opened, "SELECT state FROM jobs") == ("open",)


async def test_an_empty_column_may_mean_something(opened: Opened, client: Client) -> None:
    assert (await change(client, "jobs", "END:VTODO", "STATUS:CANCELLED\r\nEND:VTODO")).status == 204
    assert sql(opened, "SELECT state FROM jobs") == (None,)
    assert "STATUS:CANCELLED" in (await served(client, "jobs"))[1]
    assert (await change(client, "jobs", "SUMMARY:Offer", "SUMMARY:Dream")).status == 204
    assert sql(opened, "SELECT state FROM jobs") == (None,)


async def test_what_is_only_read_is_shown_and_nothing_a_client_says_is_written(opened: Opened, client: Client) -> None:
    assert (await change(client, "jobs", "PERCENT-COMPLETE:60", "PERCENT-COMPLETE:10")).status == 204
    assert sql(opened, "SELECT chance FROM jobs") == (60,)
    assert "PERCENT-COMPLETE:60" in (await served(client, "jobs"))[1]


async def test_the_words_of_a_table_have_meanings(opened: Opened, client: Client) -> None:
    assert (await change(client, "deals", "END:VTODO", "STATUS:IN-PROCESS\r\nEND:VTODO")).status == 204
    assert sql(opened, "SELECT stage FROM jobs") == (2,)
    assert (await change(client, "deals", "STATUS:IN-PROCESS", "STATUS:COMPLETED")).status == 204
    assert sql(opened, "SELECT stage FROM jobs") == (4,)
    # A stage that the dictionary lacks means nothing, and stays until somebody says something.
    sql(opened, "UPDATE jobs SET stage = 3")
    assert "STATUS" not in (await served(client, "deals"))[1]
    assert (await change(client, "deals", "SUMMARY:Offer", "SUMMARY:Dream")).status == 204
    assert sql(opened, "SELECT stage FROM jobs") == (3,)
    assert (await change(client, "deals", "END:VTODO", "STATUS:CANCELLED\r\nEND:VTODO")).status == 403


async def test_a_length_has_fractions_where_its_column_does(opened: Opened, client: Client) -> None:
    assert "DTEND:20260511T113000Z" in (await served(client, "dates"))[1]
    assert (await change(client, "dates", "DTEND:20260511T113000Z", "DTEND:20260511T102000Z")).status == 204
    assert sql(opened, "SELECT lasts * 60 > 19.9 AND lasts * 60 < 20.1 FROM dates") in [(1,), (True,)]


def test_a_word_that_means_nothing_is_a_mistake(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    text = MAPPING.replace('open = ["NEEDS-ACTION", "IN-PROCESS"]', "open = []")
    (said,) = problems(f"sqlite:///{tmp_path / 'crm.db'}", write(tmp_path, text))
    assert "a word means something" in said
