"""NOTIFY has its limits, and says so where they are met."""

from __future__ import annotations

import pytest

from gateway.core.model import CollectionName, Section
from gateway.edits import Edits
from protocols.imap import watching
from storage.database import Unit
from storage.opened import Opened
from tests.crm import principal
from tests.imap.player import LIMITS
from tests.imap.test_connection import Talk


async def test_more_mailboxes_than_can_be_watched_are_refused(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MAX_WATCHED", 2)
    talk = await Talk(LIMITS, opened.store, opened.authenticator).begin()
    talk.say(b"in LOGIN anna anna\r\n")
    assert (await talk.hear()).startswith("in OK")
    talk.say(b"a1 NOTIFY SET (personal (MessageNew MessageExpunge))\r\n")
    assert (await talk.hear()).startswith("a1 NO [NOTIFICATIONOVERFLOW] ")
    talk.say(b"a2 NOTIFY SET (inboxes (MessageNew MessageExpunge))\r\n")
    assert (await talk.hear()).startswith("a2 OK")
    await talk.end()


async def test_where_more_moves_than_can_be_told_that_is_told_once(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MAX_TOLD", 1)
    talk = await Talk(LIMITS, opened.store, opened.authenticator).begin()
    talk.say(b"in LOGIN anna anna\r\na1 NOTIFY SET (personal (MailboxName))\r\n")
    assert (await talk.hear()).startswith("in OK")
    assert (await talk.hear()).startswith("a1 OK")
    anna, edits = principal(opened, "anna"), Edits(opened.store)

    def make_two(unit: Unit) -> None:
        for name in ("A", "B"):
            opened.store._mailboxes.create(unit, anna, CollectionName(Section.MAILBOXES, name))

    await opened.database.write(make_two)
    assert (await talk.hear()).startswith("* OK [NOTIFICATIONOVERFLOW] ")
    await edits.create_mailbox(anna, CollectionName(Section.MAILBOXES, "C"))
    talk.say(b"a2 NOOP\r\n")
    assert (await talk.hear()).startswith("a2 OK")
    await talk.end()
