"""What went past the triggers is found again, on every product."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.crm.reference import schema
from storage.opened import Opened
from tests.crm import make_crm
from tests.feed.conftest import contact, drop_triggers, last_names, settle, sql


@pytest.fixture
async def store(opened_everywhere: Opened) -> Opened:
    """Three contacts, indexed."""
    sql(opened_everywhere, contact("One"), contact("Two"), contact("Three"))
    assert await last_names(opened_everywhere) == {"One", "Two", "Three"}
    settle(opened_everywhere)
    return opened_everywhere


def lacking(store: Opened) -> tuple[int, int]:
    found = store.database.read_now(store.setup.triggers.lacking)
    return len(found.missing), len(found.altered)


async def test_what_changed_while_triggers_were_gone_is_found_and_they_are_put_back(store: Opened) -> None:
    names = schema.contacts.c.last_name
    drop_triggers(store)
    sql(
        store,
        sa.update(schema.contacts).where(names == "One").values(last_name="Eins"),
        sa.delete(schema.contacts).where(names == "Two"),
        contact("Four"),
    )
    assert settle(store) == 0
    assert await last_names(store) == {"One", "Two", "Three"}
    store.health.look()
    assert lacking(store) == (0, 0)
    settle(store)
    assert await last_names(store) == {"Eins", "Three", "Four"}
    sql(store, contact("Five"))
    settle(store)
    assert await last_names(store) == {"Eins", "Three", "Four", "Five"}


async def test_a_look_at_a_sound_feed_asks_for_nothing(store: Opened) -> None:
    assert lacking(store) == (0, 0)
    store.health.look()
    assert settle(store) == 0


async def test_a_trigger_in_other_words_counts_as_gone(store: Opened) -> None:
    (trigger,) = [
        one
        for one in store.setup.triggers.wanted
        if one.entity == "contact" and one.name.startswith("crmgate_contacts_") and one.name.endswith("_update")
    ]
    gutted = [text.replace("CAST(NEW.id ", "CAST(-1 ") for text in trigger.create]
    assert gutted != list(trigger.create)
    sql(store, trigger.drop[0], *gutted)
    assert lacking(store) == (0, 1)
    sql(store, sa.update(schema.contacts).where(schema.contacts.c.last_name == "One").values(last_name="Eins"))
    settle(store)
    assert await last_names(store) == {"One", "Two", "Three"}
    store.health.look()
    assert lacking(store) == (0, 0)
    settle(store)
    assert await last_names(store) == {"Eins", "Two", "Three"}


async def test_a_table_emptied_and_filled_again_is_found(store: Opened) -> None:
    sql(store, *_emptied(store), contact("Four"), contact("Five"))
    settle(store)
    store.health.look()
    settle(store)
    assert await last_names(store) == {"Four", "Five"}


def _emptied(store: Opened) -> list[str]:
    if store.database.dialect == "sqlite":
        return ["DELETE FROM contacts"]
    if store.database.dialect == "postgresql":
        return ["TRUNCATE contacts CASCADE"]
    return ["SET FOREIGN_KEY_CHECKS = 0", "TRUNCATE contacts", "SET FOREIGN_KEY_CHECKS = 1"]


async def test_a_change_of_what_others_show_is_found_where_it_shows(store: Opened) -> None:
    sql(store, sa.insert(schema.companies).values(id=7, name="Nordwind"))
    sql(store, sa.update(schema.contacts).values(company_id=7))
    settle(store)
    drop_triggers(store)
    sql(store, sa.update(schema.companies).values(name="Suedwind"))
    # Only the companies' triggers are missed by the next look.
    others = [one for one in store.setup.triggers.wanted if one.entity != "company"]
    sql(store, *(statement for one in others for statement in store.setup.triggers.put_back(one)))
    store.health.look()
    settle(store)
    assert "ORG:Suedwind" in await _cards(store)


async def _cards(store: Opened) -> str:
    resource = store.state.resource
    found = sa.select(resource.c.content).where(resource.c.entity == "contact")
    return store.database.read_now(
        lambda connection: "\n".join(bytes(row[0]).decode() for row in connection.execute(found))
    )


async def test_changes_flow_while_everything_is_compared(store: Opened) -> None:
    drop_triggers(store)
    store.health.look()
    assert store.follower.turn()
    sql(store, contact("Four"))
    store.follower.turn()
    assert "Four" in await last_names(store)
    owed = store.database.read_now(lambda connection: store.health.outbox.owed(connection, ["contact"]))
    assert owed, "the comparison went on meanwhile"
    settle(store)


async def test_a_comparison_that_was_broken_off_is_begun_again(store: Opened) -> None:
    drop_triggers(store)
    sql(store, contact("Four"))
    store.health.look()
    next(store.health.comparison())  # and the process is gone
    settle(store)
    assert await last_names(store) == {"One", "Two", "Three", "Four"}
    assert settle(store) == 0


async def test_a_second_install_also_asks_for_what_went_unheard(store: Opened) -> None:
    drop_triggers(store)
    sql(store, contact("Four"))
    store.setup.install()
    settle(store)
    assert await last_names(store) == {"One", "Two", "Three", "Four"}


async def test_a_running_follower_heals_by_itself(template: Path, sqlite_url: str) -> None:
    make_crm(sqlite_url)
    opened = Opened(sqlite_url, looked_after=0.05)
    opened.setup.install()
    opened.bus.attach(asyncio.get_running_loop())
    assert await last_names(opened) == set()
    following = asyncio.create_task(opened.follower.run())
    collections = [row.id for row in _collections(opened)]
    with opened.store.watch(collections) as watch:
        sql(opened, *(one.drop[0] for one in opened.setup.triggers.wanted), contact("Unheard"))
        await asyncio.wait_for(watch.wait(), 20)
    assert await last_names(opened) == {"Unheard"}
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    opened.close()


def _collections(opened: Opened) -> list[sa.Row[tuple[int]]]:
    return opened.database.read_now(
        lambda connection: list(connection.execute(sa.select(opened.state.collection.c.id)).all())
    )
