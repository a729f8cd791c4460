"""A message on its way in is read once, and a large one before anybody waits for its transaction."""

from __future__ import annotations

import threading
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.mail import Need, Summary
from gateway.core.model import Principal
from gateway.edits import Edits
from gateway.formats.mime import summarise
from storage import letter
from storage.letter import LARGE, Letter
from storage.opened import Opened
from tests.storage.builders import INBOX, message


@given(st.binary(max_size=5_000), st.integers(1, 300))
def test_what_is_packed_a_piece_at_a_time_is_the_whole(raw: bytes, times: int) -> None:
    assert zlib.decompress(Letter(raw * times).packed) == raw * times


@pytest.mark.parametrize("size", [100, LARGE * 2])
async def test_a_message_is_read_once_and_a_large_one_outside_its_transaction(
    opened: Opened, anna_principal: Principal, edits: Edits, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    threads: list[str] = []

    def noted(raw: bytes) -> Summary:
        threads.append(threading.current_thread().name)
        return summarise(raw)

    monkeypatch.setattr(letter, "summarise", noted)
    raw = message("m@x", "Large", body="x" * size)
    appended = await edits.append(anna_principal, INBOX, raw, frozenset(), None)
    (content,) = await opened.store.contents(anna_principal, INBOX, [appended.uid], Need.RAW)
    assert content.raw == raw
    assert len(threads) == 1
    assert threads[0].startswith("write") is (size < LARGE)
