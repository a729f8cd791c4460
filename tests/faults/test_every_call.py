"""A fault at every call of the database's driver, and afterwards nothing is missing, doubled or half there.

Every commit loses its answer and fails in one more way, on SQLite in every way. Of the other calls every few fail,
from step to step different ones and in another way. CRMGATE_FAULTS=each has each call fail once, CRMGATE_FAULTS=all
each in every way; both take their time.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from tests.faults import picture
from tests.faults.driver import Way
from tests.faults.script import STEPS
from tests.faults.world import World, quiet

STRIDE = {"sqlite": 7, "postgresql": 37, "mariadb": 37}
EFFORT = os.environ.get("CRMGATE_FAULTS", "")
WAYS = tuple(Way)
NAMES = [name for name, _ in STEPS]


def faults(kind: str, step: int, calls: list[str]) -> Iterator[tuple[int, Way]]:
    """Which calls of a step fail, and how."""
    stride = 1 if EFFORT == "each" else STRIDE[kind]
    for number, call in enumerate(calls, 1):
        if EFFORT == "all" or (call == "commit" and (kind == "sqlite" or EFFORT == "each")):
            yield from ((number, way) for way in WAYS)
        elif call == "commit":
            yield from ((number, way) for way in {Way.UNANSWERED, WAYS[(number + step) % len(WAYS)]})
        elif (number + step) % stride == 0:
            yield number, WAYS[(number // stride + step) % len(WAYS)]


@pytest.fixture(scope="module")
def world(module_url: str) -> Iterator[World]:
    """The stage on each product in turn."""
    made = World(module_url)
    yield made
    made.close()


@pytest.mark.parametrize("name", NAMES)
def test_whatever_call_fails_nothing_is_lost_doubled_or_half_done(world: World, name: str) -> None:
    step = NAMES.index(name)
    calls = world.befores[name].calls
    kind = world.opened.database.dialect
    with quiet():
        ran = asyncio.run(_all(world, name, list(faults(kind, step, calls))))
    assert ran > 0


async def _all(world: World, name: str, chosen: list[tuple[int, Way]]) -> int:
    for number, way in chosen:
        try:
            await _one(world, name, number, way)
        except Exception as fault:
            raise AssertionError(f"{name}: call {number} {way.value}: {world.schedule.fired!r}") from fault
    return len(chosen)


async def _one(world: World, name: str, number: int, way: Way) -> None:
    before = world.begin_again(name)
    unanswered = world.anna.unanswered + world.ben.unanswered
    world.schedule.arm(number, way)
    await dict(STEPS)[name](world)
    fired = world.schedule.disarm()
    await world.follow()

    if way is Way.BUSY:
        assert world.anna.unanswered + world.ben.unanswered == unanswered, "a deadlock is nothing clients hear of"
    now, wrong = world.judge()
    assert not wrong
    assert not picture.differences(before.after, picture.told(now))
    collections = now.collections()
    for id_, was in before.picture.collections().items():
        one = collections[id_]
        assert one["epoch"] == was["epoch"]
        assert one["modseq"] >= was["modseq"]
        assert one["uid_next"] >= was["uid_next"]
        assert one["modseq"] == was["modseq"] or id_ in world.woken, "nobody was woken"
    if fired == "commit":
        await world.sync()
        for client in (world.anna, world.ben):
            assert not await world.devices[client.who.login].is_true(world.opened, client.who)
