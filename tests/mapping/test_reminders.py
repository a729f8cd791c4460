"""The form `reminder`: one CRM that keeps its visits' reminders in every way there is, on every database product."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.edits import Edits
from protocols.dav.service import Service
from storage.opened import Opened
from tests.crm import principal
from tests.dav.client import Client
from tests.mapping.served import component

TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(40), mail VARCHAR(80), pw VARCHAR(80));
CREATE TABLE visits (id INTEGER PRIMARY KEY, what VARCHAR(80), starts TIMESTAMP NULL, ends TIMESTAMP NULL,
  owner INTEGER, gone INTEGER NOT NULL DEFAULT 0, alarm INTEGER NOT NULL DEFAULT -1);
CREATE TABLE guests (visit INTEGER, person INTEGER, gone INTEGER, PRIMARY KEY (visit, person));
CREATE TABLE in_minutes (visit INTEGER PRIMARY KEY, minutes INTEGER, sent INTEGER NOT NULL);
CREATE TABLE in_seconds (id VARCHAR(36) PRIMARY KEY, module VARCHAR(20), visit INTEGER, secs VARCHAR(32),
  at INTEGER, gone INTEGER);
CREATE TABLE invited (id VARCHAR(36) PRIMARY KEY, reminder VARCHAR(36), kind VARCHAR(20), person INTEGER, gone INTEGER);
CREATE TABLE of_users (id VARCHAR(17) PRIMARY KEY, visit INTEGER, kind VARCHAR(20), at TIMESTAMP NULL,
  visit_at TIMESTAMP NULL, secs INTEGER, person INTEGER);
CREATE TABLE in_units (id INTEGER PRIMARY KEY, visit INTEGER NOT NULL, person INTEGER NOT NULL, at TIMESTAMP NULL,
  amount INTEGER NOT NULL, unit VARCHAR(1) NOT NULL);
CREATE TABLE moments (id INTEGER PRIMARY KEY, visit INTEGER, at TIMESTAMP NULL);
CREATE TABLE alarms (id INTEGER PRIMARY KEY, kind VARCHAR(20), minutes INTEGER, amount INTEGER, unit VARCHAR(10),
  name VARCHAR(80));
CREATE TABLE visit_alarms (visit INTEGER, alarm INTEGER, PRIMARY KEY (visit, alarm));
INSERT INTO staff VALUES (1, 'anna', 'anna@crm.example', ''), (2, 'ben', 'ben@crm.example', '');
INSERT INTO alarms VALUES (1, 'show', 15, 15, 'minutes', 'Show - 15 minutes');
INSERT INTO alarms VALUES (2, 'mail', 30, 30, 'minutes', 'Mail - 30 minutes')
"""
FOR_GUESTS = '[{ table = "guests", parent = "visit", user = "person", where = { gone = 0 } }]'
WAYS = {
    "own": '{ reminder = "visits", seconds = "alarm", none = -1 }',
    "minutes": '{ reminder = "in_minutes", parent = "visit", minutes = "minutes", insert = { sent = 0 } }',
    "seconds": '{ reminder = "in_seconds", parent = "visit", where = { module = "Visits" }, seconds = "secs", at = "at", '
    'anchor = "starts", alive = { gone = 0 }, delete = { gone = 1 }, new_key = "{uuid}", invitees = [{ '
    'table = "invited", parent = "reminder", ref = "person", insert = { id = { new = "{uuid}" }, kind = "Users", '
    'gone = 0 }, from = "guests", of = "visit", column = "person", where = { gone = 0 } }] }',
    "users": '{ reminder = "of_users", parent = "visit", where = { kind = "Popup" }, seconds = "secs", at = "at", '
    'anchor = "starts", anchor_at = "visit_at", user = "person", whose = "owner", future = true, '
    f'new_key = "{{clock}}{{hex4}}", for = {FOR_GUESTS} }}',
    "units": '{ reminder = "in_units", parent = "visit", amount = "amount", unit = "unit", units = { i = 1, h = 60, '
    'd = 1440 }, at = "at", anchor = "starts", user = "person" }',
    "moment": '{ reminder = "moments", parent = "visit", at = "at", anchor = "starts" }',
    "catalogue": '{ reminder = "visit_alarms", parent = "visit", catalogue = { table = "alarms", ref = "alarm", '
    'where = { kind = "show" }, minutes = "minutes", amount = "amount", unit = "unit", units = { minutes = 1, '
    'hours = 60 }, insert = { name = "Show - {amount} {unit}" } } }',
}  # fmt: skip
HEAD = """
[crm]
name = "visits"
[crm.users]
table = "staff"
login = "login"
name = "login"
address = "mail"
password = "pw"
"""
ENTITY = """
[entity.WAY]
table = "visits"
alive = "gone = 0"
delete = { gone = 1 }
owner = "owner"
[entity.WAY.fields]
summary = "what"
period = { start = "starts", end = "ends" }
reminder = REMINDER
[view.WAY]
entity = "WAY"
shape = "event"
filter = "owner = user.id"
"""
Rows = list[tuple[Any, ...]]


class Crm:
    """The CRM and anna's calendar program."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.anna = Client(Service(opened.store, Edits(opened.store)), principal(opened, "anna"))

    def sql(self, statement: str) -> Rows:
        with self.opened.database.engine.begin() as connection:
            done = connection.exec_driver_sql(statement)
            found = [tuple(_plain(value) for value in row) for row in done] if done.returns_rows else []
        while self.opened.follower.step():
            pass
        return found

    async def put(self, way: str, start: str = "20360310T090000Z", alarm: str = "") -> None:
        end = start[:9] + "1" + start[10:]
        lines = ["SUMMARY:Kick-off", f"DTSTART:{start}", f"DTEND:{end}"]
        if alarm:
            lines += ["BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", f"TRIGGER:{alarm}", "END:VALARM"]
        path = f"{self.anna.home}{way}/v.ics"
        standing = await self.anna.ask("HEAD", path)
        when = {"if_match": standing.etag} if standing.status == 200 else {"if_none_match": "*"}
        content = component("VEVENT", "v", *lines)
        answer = await self.anna.ask("PUT", path, content, content_type="text/calendar", **when)
        assert answer.status in (201, 204), answer.body

    async def triggers(self, way: str) -> list[str]:
        answer = await self.anna.ask("GET", f"{self.anna.home}{way}/v.ics")
        assert answer.status == 200
        return [line for line in answer.body.decode().split("\r\n") if line.startswith("TRIGGER")]


def _plain(value: object) -> object:
    return value if isinstance(value, int | None) else str(value)[:19]


@pytest.fixture
def crm(database_url: str, tmp_path: Path) -> Iterator[Crm]:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            text = statement
            if engine.dialect.name != "sqlite":
                text = text.replace(
                    "TIMESTAMP NULL", "TIMESTAMP(0) NULL" if "postgresql" in database_url else "DATETIME"
                )
                serial = "SERIAL" if engine.dialect.name == "postgresql" else "INTEGER AUTO_INCREMENT"
                for table in ("visits", "in_units", "moments"):
                    text = text.replace(f"TABLE {table} (id INTEGER", f"TABLE {table} (id {serial}")
                text = text.replace("TABLE alarms (id INTEGER", f"TABLE alarms (id {serial}")
            connection.exec_driver_sql(text)
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT setval('alarms_id_seq', 2)")
    engine.dispose()
    words = [ENTITY.replace("WAY", way).replace("REMINDER", said) for way, said in WAYS.items()]
    (tmp_path / "visits.toml").write_text("".join([HEAD, *words]), "utf-8")
    url = sa.make_url(database_url)
    own = f"{url.database}_gw" if url.get_backend_name() == "mariadb" else None
    opened = Opened(database_url, "visits.toml", schema=own, folder=tmp_path)
    opened.setup.install()
    yield Crm(opened)
    opened.close()


ROWS = {
    "own": "SELECT alarm FROM visits",
    "minutes": "SELECT minutes, sent FROM in_minutes",
    "seconds": "SELECT module, secs, at, gone FROM in_seconds ORDER BY gone",
    "users": "SELECT kind, at, visit_at, secs, person FROM of_users ORDER BY person",
    "units": "SELECT at, amount, unit, person FROM in_units",
    "moment": "SELECT at FROM moments",
    "catalogue": "SELECT a.id, minutes, amount, unit, name FROM visit_alarms JOIN alarms a ON a.id = alarm",
}
EPOCH = 2088752400  # 2036-03-10 09:00 UTC
MADE: dict[str, Rows] = {
    "own": [(900,)],
    "minutes": [(15, 0)],
    "seconds": [("Visits", "900", EPOCH - 900, 0)],
    "users": [("Popup", "2036-03-10 08:45:00", "2036-03-10 09:00:00", 900, 1)],
    "units": [("2036-03-10 08:45:00", 15, "i", 1)],
    "moment": [("2036-03-10 08:45:00",)],
    "catalogue": [(1, 15, 15, "minutes", "Show - 15 minutes")],
}
CHANGED: dict[str, Rows] = {
    "own": [(7200,)],
    "minutes": [(120, 0)],
    "seconds": [("Visits", "7200", EPOCH - 7200, 0)],
    "users": [("Popup", "2036-03-10 07:00:00", "2036-03-10 09:00:00", 7200, 1)],
    "units": [("2036-03-10 07:00:00", 2, "h", 1)],
    "moment": [("2036-03-10 07:00:00",)],
    "catalogue": [(3, 120, 2, "hours", "Show - 2 hours")],
}
MOVED: dict[str, Rows] = CHANGED | {
    "seconds": [("Visits", "7200", EPOCH + 86400 - 7200, 0)],
    "users": [("Popup", "2036-03-11 07:00:00", "2036-03-11 09:00:00", 7200, 1)],
    "units": [("2036-03-11 07:00:00", 2, "h", 1)],
    "moment": [("2036-03-11 07:00:00",)],
}
GONE: dict[str, Rows] = {way: [] for way in WAYS}
GONE |= {"own": [(-1,)], "seconds": [("Visits", "7200", EPOCH + 86400 - 7200, 1)]}


@pytest.mark.parametrize("way", WAYS)
async def test_an_alarm_is_made_changed_moved_with_its_event_and_taken_away(crm: Crm, way: str) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    others = [other for other in WAYS if other != way]
    await crm.put(way, alarm="-PT15M")
    assert crm.sql(ROWS[way]) == MADE[way]
    assert await crm.triggers(way) == ["TRIGGER:-PT15M"]
    await crm.put(way, alarm="-PT2H")
    assert crm.sql(ROWS[way]) == CHANGED[way]
    await crm.put(way, "20360311T090000Z", alarm="-PT2H")
    assert crm.sql(ROWS[way]) == MOVED[way]
    assert await crm.triggers(way) == ["TRIGGER:-PT2H"]
    await crm.put(way, "20360311T090000Z")
    assert crm.sql(ROWS[way]) == GONE[way]
    assert await crm.triggers(way) == []
    for other in others:
        assert crm.sql(ROWS[other]) == ([(-1,)] if other == "own" else [])


SQL = {
    "own": "UPDATE visits SET alarm = 600",
    "minutes": "UPDATE in_minutes SET minutes = 10",
    "seconds": "UPDATE in_seconds SET secs = '600'",
    "users": "UPDATE of_users SET secs = 600",
    "units": "UPDATE in_units SET amount = 10",
    "moment": "UPDATE moments SET at = '2036-03-10 08:50:00'",
    "catalogue": "UPDATE alarms SET minutes = 10, amount = 10 WHERE id = 1",
}


@pytest.mark.parametrize("way", WAYS)
async def test_what_the_crm_changes_is_served(crm: Crm, way: str) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    await crm.put(way, alarm="-PT15M")
    crm.sql(SQL[way])
    assert await crm.triggers(way) == ["TRIGGER:-PT10M"]


async def test_every_user_who_is_to_come_gets_a_row_and_the_owners_is_shown(crm: Crm) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    await crm.put("users")
    crm.sql("INSERT INTO guests SELECT id, 2, 0 FROM visits")
    await crm.put("users", alarm="-PT15M")
    assert [row[3:] for row in crm.sql(ROWS["users"])] == [(900, 1), (900, 2)]
    crm.sql("UPDATE of_users SET secs = 300 WHERE person = 2")
    assert await crm.triggers("users") == ["TRIGGER:-PT15M"]
    await crm.put("users", alarm="-PT20M")
    # Ben has chosen for himself.
    assert [row[3:] for row in crm.sql(ROWS["users"])] == [(1200, 1), (300, 2)]
    await crm.put("users")
    assert crm.sql(ROWS["users"]) == []


async def test_who_is_invited_stands_beside_the_reminder_and_goes_with_it(crm: Crm) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    await crm.put("seconds")
    crm.sql("INSERT INTO guests SELECT id, 2, 0 FROM visits")
    await crm.put("seconds", alarm="-PT15M")
    invited = "SELECT kind, person, i.gone FROM invited i JOIN in_seconds r ON r.id = i.reminder"
    assert crm.sql(invited) == [("Users", 2, 0)]
    await crm.put("seconds")
    assert crm.sql(invited) == [("Users", 2, 1)]


async def test_a_reminder_in_the_past_is_the_documents_where_the_crm_keeps_what_is_to_come(crm: Crm) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    await crm.put("users", "20200310T090000Z", alarm="-PT15M")
    assert crm.sql(ROWS["users"]) == []
    assert await crm.triggers("users") == ["TRIGGER:-PT15M"]


async def test_a_length_the_catalogue_lacks_stays_in_the_document_where_none_may_be_made(crm: Crm) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    form = crm.opened.crm.entities["catalogue"].forms["reminder"]
    form.kept.insert = None  # type: ignore[attr-defined]
    await crm.put("catalogue", alarm="-PT25M")
    assert crm.sql(ROWS["catalogue"]) == []
    assert await crm.triggers("catalogue") == ["TRIGGER:-PT25M"]
