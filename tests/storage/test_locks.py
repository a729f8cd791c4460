"""Locks on every database: who wins a race, what they cost where there are none, and what is left of them."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from gateway.core.errors import Locked, NoSpace, PreconditionFailed
from gateway.core.ids import Href, PrincipalId
from gateway.core.locks import MOST_LOCKS, Lock, Lockable, LockMade, LockWish, Touch, blocking, conflicting
from gateway.core.model import UNCONDITIONAL, Condition, Principal
from gateway.edits import Edits
from storage.opened import Opened
from storage.state.prune import prune
from tests.crm import principal
from tests.storage.builders import ALL, CALENDAR, event

EXCLUSIVE = LockWish(is_exclusive=True, is_deep=False, owner="", timeout=100)
AT = Lockable.of(CALENDAR, Href("a.ics"))


@pytest.fixture
def store(opened_everywhere: Opened) -> Opened:
    return opened_everywhere


@pytest.fixture
def anna(store: Opened) -> Principal:
    return principal(store, "anna")


async def test_of_two_locks_at_once_one_is_granted(store: Opened, anna: Principal) -> None:
    writes = Edits(store.store)
    for at in (AT, Lockable(("a.txt",))):
        outcomes = await asyncio.gather(
            *(writes.lock(anna, at, EXCLUSIVE, UNCONDITIONAL) for _ in range(4)), return_exceptions=True
        )
        assert sum(isinstance(one, LockMade) for one in outcomes) == 1
        assert sum(isinstance(one, Locked) and one.is_wish for one in outcomes) == 3


async def test_a_write_is_either_before_the_lock_or_refused(store: Opened, anna: Principal) -> None:
    writes = Edits(store.store)
    for number in range(6):
        href = Href(f"{number}.ics")

        async def put(href: Href = href) -> str:
            try:
                await writes.put(anna, CALENDAR, href, "text/calendar", event(href, "One"), UNCONDITIONAL)
            except Locked:
                return "refused"
            return "written"

        made, outcome = await asyncio.gather(
            writes.lock(anna, Lockable.of(CALENDAR, href), EXCLUSIVE, UNCONDITIONAL), put()
        )
        _, entries = await store.store.entries(anna, CALENDAR, [href])
        assert len(entries) == (1 if outcome == "written" else 0)
        with pytest.raises(Locked):
            await writes.put(anna, CALENDAR, href, "text/calendar", event(href, "Two"), UNCONDITIONAL)
        held = Condition(tokens=frozenset({made.lock.token}))
        await writes.put(anna, CALENDAR, href, "text/calendar", event(href, "Two"), held)


async def test_what_is_not_locked_costs_one_question(store: Opened, anna: Principal) -> None:
    writes = Edits(store.store)
    await writes.put(anna, CALENDAR, Href("a.ics"), "text/calendar", event("a", "One"), UNCONDITIONAL)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if store.state.write_lock.name in statement:
            asked.append(statement)

    sa.event.listen(store.database.engine, "before_cursor_execute", note)
    await writes.put(anna, CALENDAR, Href("a.ics"), "text/calendar", event("a", "Two"), UNCONDITIONAL)
    # Where others may write at the same time, once more before the end.
    assert len(asked) == (1 if store.database.is_sqlite else 2)
    assert all(statement.lstrip().startswith("SELECT") for statement in asked)


async def test_locks_end_by_themselves_and_are_not_without_number(store: Opened, anna: Principal) -> None:
    writes = Edits(store.store)
    shared = LockWish(is_exclusive=False, is_deep=False, owner="", timeout=100)
    table = store.state.write_lock
    made = await writes.lock(anna, AT, shared, UNCONDITIONAL)
    row = store.database.read_now(lambda connection: connection.execute(sa.select(table)).mappings().one())
    copies = [{**row, "token": f"urn:uuid:{number}"} for number in range(MOST_LOCKS - 1)]
    store.database.write_now(lambda unit: unit.connection.execute(sa.insert(table), copies).close())
    with pytest.raises(NoSpace):
        await writes.lock(anna, AT, shared, UNCONDITIONAL)
    await writes.lock(anna, Lockable.of(ALL), shared, UNCONDITIONAL)
    held = Condition(tokens=frozenset({made.lock.token}))
    assert (await writes.refresh_lock(anna, AT, 50, held)).left == 50
    ending = sa.update(table).values(expires=0)
    store.database.write_now(lambda unit: unit.connection.execute(ending).close())
    assert await store.store.locks(anna, AT) == []
    with pytest.raises(PreconditionFailed):
        await writes.refresh_lock(anna, AT, 50, held)
    store.database.write_now(lambda unit: prune(unit, store.state))
    assert store.database.read_now(lambda connection: connection.execute(sa.select(table)).all()) == []


def lock(path: str, *, deep: bool = False, shared: bool = False, who: str = "1", token: str = "") -> Lock:
    names = tuple(filter(None, path.split("/")))
    return Lock(token or path, names, PrincipalId(who), not shared, deep, "", 1, 1)


@pytest.mark.parametrize(
    ("locks", "touch", "tokens", "blocked"),
    [
        ([lock("a")], Touch(("a",)), (), ["a"]),
        ([lock("a")], Touch(("a",)), ("a",), []),
        ([lock("a", who="2")], Touch(("a",)), ("a",), ["a"]),
        ([lock("a")], Touch(("b",)), (), []),
        ([lock("a")], Touch(("a", "b")), (), []),
        ([lock("a", deep=True)], Touch(("a", "b")), (), ["a"]),
        ([lock("a")], Touch(("a", "b"), is_member=True), (), ["a"]),
        ([lock("a")], Touch(("a", "b", "c"), is_member=True), (), []),
        ([lock("")], Touch(("a",), is_member=True), (), [""]),
        ([lock("a/b")], Touch(("a",)), (), []),
        ([lock("a/b")], Touch(("a",), is_deep=True), (), ["a/b"]),
        ([lock("ab")], Touch(("a",), is_deep=True), (), []),
        ([lock("a", shared=True, token="x"), lock("a", shared=True, token="y")], Touch(("a",)), ("y",), []),
        ([lock("a", shared=True, token="x"), lock("a", shared=True, token="y")], Touch(("a",)), (), ["a", "a"]),
        ([lock("a"), lock("a/b")], Touch(("a",), is_deep=True), ("a",), ["a/b"]),
    ],
)
def test_which_locks_block_a_write(
    locks: list[Lock], touch: Touch, tokens: tuple[str, ...], blocked: list[str]
) -> None:
    found = blocking(locks, touch, PrincipalId("1"), frozenset(tokens))
    assert ["/".join(one.path) for one in found] == blocked


@pytest.mark.parametrize(
    ("held", "path", "deep", "shared", "stands_against"),
    [
        (lock("a"), "a", False, True, True),
        (lock("a", shared=True), "a", False, False, True),
        (lock("a", shared=True), "a", False, True, False),
        (lock("a"), "a/b", False, False, False),
        (lock("a", deep=True), "a/b", False, True, True),
        (lock("a/b"), "a", False, False, False),
        (lock("a/b"), "a", True, False, True),
    ],
)
def test_which_locks_stand_beside_each_other(
    held: Lock, path: str, deep: bool, shared: bool, stands_against: bool
) -> None:
    wish = LockWish(not shared, deep, "", 1)
    assert bool(conflicting([held], tuple(path.split("/")), wish)) is stands_against
