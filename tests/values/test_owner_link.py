"""Owners that stand in a table of links."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.core.model import CollectionName, Section
from tests.crm import principal
from tests.values.small import MAPPING, Small

VISITS = """
[entity.visit]
table = "people"
alive = "gone = 0"
delete = { gone = 1 }
[entity.visit.fields]
summary = "last"
period = { start = "met", end = "met" }
organizer = { owner = { table = "owners", parent = "person", user = "staff", where = { role = 2 } } }
[view.visits]
entity = "visit"
shape = "event"
filter = "gone = 0"
"""
MINE = 'filter = "gone = 0 and exists (owners where person = row.id and staff = user.id and role = 2)"'


async def test_who_makes_a_row_owns_it(small: Small) -> None:
    await small.put()
    (person,) = small.rows("id", "people")
    assert small.rows("person, staff, role", "owners") == [(person[0], 1, 2)]
    await small.put("TEL:1")
    assert len(small.rows("id", "owners")) == 1


async def test_a_link_changed_by_sql_moves_the_row_to_another_user(sqlite_url: str, tmp_path: Path) -> None:
    small = Small(sqlite_url, tmp_path, MAPPING.replace('filter = "gone = 0"', MINE))
    await small.put()
    bob = principal(small.opened, "bob")
    people = CollectionName(Section.ADDRESS_BOOKS, "people")
    small.opened.bus.attach(asyncio.get_running_loop())
    _, before = await small.opened.store.entries(bob, people)
    small.sql("INSERT INTO owners (person, staff, role) SELECT id, 2, 1 FROM people")
    _, same = await small.opened.store.entries(bob, people)
    small.sql("UPDATE owners SET staff = 2 WHERE role = 2")
    _, after = await small.opened.store.entries(bob, people)
    assert (len(before), len(same), len(after)) == (0, 0, 1)
    assert (await small.opened.store.entries(small.anna, people))[1] == []
    small.opened.close()


async def test_the_organizer_is_who_the_link_names(sqlite_url: str, tmp_path: Path) -> None:
    small = Small(sqlite_url, tmp_path, MAPPING + VISITS)
    small.sql("INSERT INTO people (last, gone) VALUES ('Review', 0)")
    small.sql("INSERT INTO owners (person, staff, role) VALUES (1, 2, 2), (1, 1, 1)")
    small.opened.bus.attach(asyncio.get_running_loop())
    visits = CollectionName(Section.CALENDARS, "visits")

    async def organizer() -> str:
        _, entries = await small.opened.store.entries(small.anna, visits)
        _, found = await small.opened.store.resources(small.anna, visits, [entry.href for entry in entries])
        return next(line for line in found[0].content.decode().split("\r\n") if line.startswith("ORGANIZER"))

    assert await organizer() == "ORGANIZER;CN=Bob Miller:mailto:bob@crm.example"
    small.sql("UPDATE owners SET staff = 1 WHERE role = 2")
    assert await organizer() == "ORGANIZER;CN=Anna Schmidt:mailto:anna@crm.example"
    small.sql("UPDATE staff SET mail = 'a@crm.example' WHERE id = 1")
    assert await organizer() == "ORGANIZER;CN=Anna Schmidt:mailto:a@crm.example"
    small.opened.close()
