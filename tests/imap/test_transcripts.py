"""Every conversation in `transcripts/` goes as it is written there."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.opened import Opened
from tests.imap.player import play

TRANSCRIPTS = {
    path.stem: path.read_text(encoding="utf-8").split("\n")
    for path in sorted((Path(__file__).parent / "transcripts").glob("*.imap"))
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
async def test_a_conversation_goes_as_written(name: str, opened: Opened) -> None:
    await play(name, TRANSCRIPTS[name], opened)
