"""What a conversation does with time, with floods, and with failures nobody foresaw."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import pytest_asyncio

from gateway.core.errors import NotFound
from protocols.imap import capabilities
from protocols.imap.commands import COMMANDS
from protocols.imap.connection import Connection
from protocols.imap.service import Peer, Service
from protocols.imap.states import STATES, State
from protocols.imap.types import Limits
from storage.opened import Opened
from tests.imap.player import LIMITS, Client, Outage

PATIENCE = 10.0


@dataclass
class Talk:
    """One conversation in memory, without the store where it is not needed."""

    limits: Limits
    store: Any = None
    authenticator: Any = None
    client: Client = field(default_factory=Client)

    async def begin(self) -> Talk:
        service = Service(self.store, self.store, self.authenticator, self.limits)
        self.client.connection = Connection(service, self.client, Peer(is_private=True))
        self.client.task = asyncio.ensure_future(self.client.connection.run())
        assert (await self.hear()).startswith("* OK")
        return self

    def say(self, chunk: bytes) -> None:
        assert self.client.connection is not None
        self.client.connection.received(chunk)

    async def hear(self) -> str:
        return await asyncio.wait_for(self.client.heard.get(), PATIENCE)

    async def ended(self) -> None:
        """The server has hung up."""
        assert self.client.task is not None
        await self.client.task

    async def end(self) -> None:
        assert self.client.connection is not None
        assert self.client.task is not None
        self.client.connection.lost()
        await asyncio.wait_for(self.client.task, PATIENCE)


@pytest_asyncio.fixture
async def known(opened: Opened) -> AsyncIterator[Talk]:
    """Anna, logged in."""
    talk = await Talk(replace(LIMITS, idle=0.2, keepalive=0.05), opened.store, opened.authenticator).begin()
    talk.say(b"in LOGIN anna anna\r\n")
    assert (await talk.hear()).startswith("in OK")
    yield talk
    await talk.end()


async def test_a_stranger_who_says_nothing_is_sent_away() -> None:
    talk = await Talk(replace(LIMITS, idle_before_login=0.05)).begin()
    assert (await talk.hear()).startswith("* BYE")
    assert await talk.hear() == "(closed)"


async def test_a_stranger_who_only_talks_is_sent_away() -> None:
    talk = await Talk(replace(LIMITS, login=0.2, idle_before_login=60)).begin()
    heard = ""
    while not heard.startswith("* BYE"):
        talk.say(b"a NOOP\r\n")
        heard = await talk.hear()
    assert heard == "* BYE You have been quiet for too long."


async def test_whoever_is_known_and_quiet_is_logged_out(known: Talk) -> None:
    assert (await known.hear()).startswith("* BYE")


async def test_an_idle_client_is_told_that_the_line_is_alive_and_at_last_sent_away(known: Talk) -> None:
    known.say(b"a IDLE\r\n")
    assert await known.hear() == "+ idling"
    assert await known.hear() == "* OK Still here."
    heard = await known.hear()
    while heard == "* OK Still here.":
        heard = await known.hear()
    assert heard == "* BYE Idle for too long."


async def test_a_flood_stops_the_reading_until_it_has_been_worked_off() -> None:
    @dataclass
    class Watching(Client):
        marks: list[str] = field(default_factory=list)

        def pause(self) -> None:
            self.marks.append("pause")

        def resume(self) -> None:
            self.marks.append("resume")

    client = Watching()
    talk = await Talk(LIMITS, client=client).begin()
    talk.say(b"a NOOP\r\n" * 50_000)
    for _ in range(50_000):
        assert await talk.hear() == "a OK Done."
    assert client.marks == ["pause", "resume"]
    await talk.end()


async def test_a_client_that_goes_in_the_middle_of_a_literal_leaves_nothing() -> None:
    talk = await Talk(LIMITS).begin()
    talk.say(b"a LOGIN {50}\r\n")
    assert (await talk.hear()).startswith("+")
    talk.say(b"half")
    await talk.end()


async def test_a_failure_nobody_foresaw_is_the_servers_and_says_nothing_of_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        async def authenticate(self, _: object) -> None:
            raise ZeroDivisionError("a secret")

    talk = await Talk(LIMITS, authenticator=Broken()).begin()
    talk.say(b"a LOGIN anna hunter2\r\n")
    heard = await talk.hear()
    assert heard.startswith("a NO [SERVERBUG] ")
    assert "secret" not in heard
    assert "hunter2" not in caplog.text
    talk.say(b"b NOOP\r\n")
    assert (await talk.hear()).startswith("b OK")
    await talk.end()


async def test_a_mailbox_that_is_taken_away_ends_the_conversation(opened: Opened) -> None:
    class Vanishing(Outage):
        async def mailbox(self, who: Any, name: Any, since: Any) -> Any:
            if since is not None:
                raise NotFound("gone")
            return await self._store.mailbox(who, name, since)

    talk = await Talk(LIMITS, Vanishing(opened.store), opened.authenticator).begin()
    talk.say(b"a LOGIN anna anna\r\nb SELECT Trash\r\nc NOOP\r\n")
    while not (heard := await talk.hear()).startswith("b OK"):
        pass
    assert heard.startswith("b OK")
    assert (await talk.hear()).startswith("* BYE")


def test_every_command_has_its_states_and_every_state_its_commands() -> None:
    assert set(COMMANDS) == set(STATES)


def test_what_cannot_be_done_cannot_be_announced() -> None:
    with pytest.raises(AssertionError, match="is announced without MOVE"):
        capabilities.check({name for name in COMMANDS if name != b"MOVE"})


def test_imap4rev1_comes_first_and_uidonly_never() -> None:
    for state in (State.NOT_AUTHENTICATED, State.AUTHENTICATED):
        words = capabilities.announced(state, LIMITS, may_login=True, may_start_tls=True).split()
        assert words[0] == "IMAP4rev1"
        assert "UIDONLY" not in words
        assert len(words) == len(set(words))
