"""A long command says how far it has come (RFC 9585)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from protocols.imap.commands import search
from storage.opened import Opened
from tests.imap.player import LIMITS, World


async def heard(world: World, number: str, tag: str) -> list[str]:
    lines = []
    client = world.clients[number]
    while True:
        lines.append(await asyncio.wait_for(client.heard.get(), 10))
        if lines[-1].startswith(tag):
            return lines


@pytest.mark.parametrize("kept", [0, 20])
async def test_a_search_that_takes_longer_than_is_patient_tells_of_itself(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(search, "READ_AT_ONCE", kept)
    world = World(opened)
    world.service = replace(world.service, limits=replace(LIMITS, progress=0))
    for subject in ("Offer", "Invoice"):
        await world.happens(f'the CRM gets a mail for anna: "{subject}"')
    await world.happens("1 is anna")
    await world.says("1", "a1 EXAMINE INBOX", b"")
    await heard(world, "1", "a1")
    await world.says("1", "a2 SEARCH BODY about", b"")
    lines = await heard(world, "1", "a2")
    told = [line for line in lines if line.startswith("* OK [INPROGRESS")]
    assert told[-2:] == [
        '* OK [INPROGRESS ("a2" 1 2)] Still at it.',
        # What is done stays below the goal.
        '* OK [INPROGRESS ("a2" 1 2)] Still at it.',
    ]
    assert (told[0] == '* OK [INPROGRESS ("a2" NIL NIL)] Still at it.') is (kept == 0)
    assert lines[-2:] == ["* SEARCH 1 2", "a2 OK Done."]
    await world.end()
