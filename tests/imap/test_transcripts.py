"""Every conversation in `transcripts/` goes as it is written there, and what is announced is shown in one.

A line `# Shows WORD …` names the capabilities a conversation is the proof of.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from protocols.imap import capabilities
from protocols.imap.states import State
from protocols.imap.types import Limits
from storage.opened import Opened
from tests.imap.player import play

TRANSCRIPTS = {
    path.stem: path.read_text(encoding="utf-8").split("\n")
    for path in sorted((Path(__file__).parent / "transcripts").glob("*.imap"))
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
async def test_a_conversation_goes_as_written(name: str, opened: Opened) -> None:
    await play(name, TRANSCRIPTS[name], opened)


def test_what_is_announced_is_shown_in_a_conversation_and_nothing_else_is() -> None:
    shown = {
        word
        for steps in TRANSCRIPTS.values()
        for step in steps
        if step.startswith("# Shows ")
        for word in step.removeprefix("# Shows ").split()
    }
    announced = {
        word.partition("=")[0] if word.startswith("APPENDLIMIT=") else word
        for state in (State.NOT_AUTHENTICATED, State.AUTHENTICATED)
        for may_login in (True, False)
        for word in capabilities.announced(
            state, Limits(), may_login=may_login, may_start_tls=True, with_tokens=True
        ).split()
    }
    assert shown == announced
