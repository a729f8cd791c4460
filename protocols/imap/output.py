"""What goes to the client: small pieces gathered into chunks, and given on only when the client takes them.

`add` never waits and is for a few short lines; `send` waits whenever a chunk is full, so whoever writes much holds
no more than one chunk of it. The transport's `write` returns when it will take more: that is the whole of
back-pressure.
"""

from __future__ import annotations

from typing import Final, Protocol

from protocols.imap.deflate import Deflater

CHUNK: Final = 32 * 1024


class Transport(Protocol):
    """What a connection needs of its socket."""

    async def write(self, chunk: bytes) -> None:
        """Hand over a chunk; returns when more will be taken. Raises ConnectionError when nobody is there."""
        ...

    def pause(self) -> None:
        """Read no more for now."""
        ...

    def resume(self) -> None:
        """Read again."""
        ...

    def start_tls(self) -> None:
        """Begin a TLS handshake; what is written from now on is encrypted."""
        ...

    def close(self) -> None:
        """End when what was written has gone."""
        ...


class Output:
    """One connection's output."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._pieces: list[bytes] = []
        self._size = 0
        self._deflater: Deflater | None = None

    def deflate(self) -> None:
        """Compress what is said from now on; what has gathered must have gone."""
        self._deflater = Deflater()

    def add(self, *pieces: bytes) -> None:
        """One line made of `pieces`; its end is put to it."""
        self._pieces += pieces
        self._pieces.append(b"\r\n")
        self._size += sum(map(len, pieces)) + 2

    async def send(self, piece: bytes) -> None:
        """Bytes as they are; waits when a chunk is full."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size >= CHUNK:
            await self.flush()

    async def flush(self) -> None:
        """Give on what has gathered."""
        if not self._pieces:
            return
        gathered = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if self._deflater is not None:
            gathered = self._deflater(gathered)
        for start in range(0, len(gathered), CHUNK):
            await self._transport.write(gathered[start : start + CHUNK])
