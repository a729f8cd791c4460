"""Compression never inflates more than there is room for, and says so where there is nothing to inflate."""

from __future__ import annotations

import asyncio
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.imap.deflate import Broken, Deflater, Inflater
from storage.opened import Opened
from tests.imap.player import LIMITS
from tests.imap.test_connection import Talk


@given(st.lists(st.binary(max_size=2_000), max_size=8), st.integers(1, 700))
def test_what_was_deflated_comes_out_in_pieces_no_larger_than_asked_for(chunks: list[bytes], most: int) -> None:
    deflate, inflater = Deflater(), Inflater()
    out = b""
    for chunk in chunks:
        inflater.feed(deflate(chunk))
        while piece := inflater.take(most):
            assert len(piece) <= most
            out += piece
    assert out == b"".join(chunks)


def test_a_bomb_waits_compressed() -> None:
    inflater = Inflater()
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    inflater.feed(bomb.compress(b"\x00" * 50_000_000) + bomb.flush(zlib.Z_SYNC_FLUSH))
    assert len(inflater.take(1_000)) == 1_000
    assert 0 < len(inflater) < 60_000


@pytest.mark.parametrize("wrong", [b"\xff\xff\xff\xff", zlib.compressobj(9, zlib.DEFLATED, -15).flush(zlib.Z_FINISH)])
def test_what_is_no_stream_without_an_end_is_refused(wrong: bytes) -> None:
    inflater = Inflater()
    inflater.feed(wrong)
    with pytest.raises(Broken):
        inflater.take(100)


async def test_what_was_sent_ahead_is_compressed_and_a_bomb_is_passed_over(opened: Opened) -> None:
    talk = await Talk(LIMITS, opened.store, opened.authenticator).begin()
    talk.say(b"in LOGIN anna anna\r\n")
    assert (await talk.hear()).startswith("in OK")
    while not talk.client.chunks.empty():
        talk.client.chunks.get_nowait()
    client = zlib.compressobj(9, zlib.DEFLATED, -15)
    line = b"a2 NOOP\r\n" + b"x" * 40_000_000 + b"\r\na3 NOOP\r\n"
    talk.say(b"a1 COMPRESS DEFLATE\r\n" + client.compress(line) + client.flush(zlib.Z_SYNC_FLUSH))
    heard = zlib.decompressobj(-15)
    told = b""
    while b"a3 " not in told:
        chunk = await asyncio.wait_for(talk.client.chunks.get(), 10)
        told += chunk if chunk.startswith(b"a1 OK") else heard.decompress(chunk)
    assert [text.split(b" ")[:2] for text in told.split(b"\r\n")[:-1]] == [
        [b"a1", b"OK"], [b"a2", b"OK"], [b"*", b"BAD"], [b"a3", b"OK"],
    ]  # fmt: skip
    talk.say(b"\xff\xff\xff")
    await asyncio.wait_for(talk.ended(), 10)
