"""207 as a stream: pieces of text in, a DavResponse out.

The first pieces are gathered before anything is promised, so what goes wrong early still gets its own status, and a
short answer is plain bytes. What is longer streams in pieces of about `CHUNK` characters; an error then breaks the
connection off (the server sees to it), for a multistatus that ends well says that it is complete.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from itertools import islice
from typing import Final

from protocols.dav import xml
from protocols.dav.selection import Selection
from protocols.dav.tree import Node
from protocols.dav.types import Body, DavResponse

CHUNK: Final = 1 << 16
BATCH: Final = 200
"""Resources read from the store at a time, and responses written at a time."""

OPEN: Final = f"{xml.HEAD}<D:multistatus {xml.NAMESPACES}>\n"
CLOSE: Final = "</D:multistatus>\n"


async def multistatus(pieces: AsyncGenerator[str], headers: Mapping[str, str] | None = None) -> DavResponse:
    """A 207 whose DAV:multistatus holds the pieces: whole DAV:response elements, DAV:sync-token."""
    return DavResponse(
        207, {"Content-Type": "application/xml; charset=utf-8", **(headers or {})}, await _gathered(pieces)
    )


async def _gathered(pieces: AsyncGenerator[str]) -> Body:
    held, size = [OPEN], 0
    async for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= CHUNK:
            return _streamed("".join(held), pieces)
    return ("".join(held) + CLOSE).encode()


async def _streamed(first: str, pieces: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
    try:
        yield first.encode()
        held, size = [], 0
        async for piece in pieces:
            held.append(piece)
            size += len(piece)
            if size >= CHUNK:
                yield "".join(held).encode()
                held, size = [], 0
        yield ("".join(held) + CLOSE).encode()
    finally:
        await pieces.aclose()


async def listed(nodes: Iterable[Node], selection: Selection) -> AsyncGenerator[str]:
    """The responses of nodes, some hundred at a time."""
    rest = iter(nodes)
    while batch := "".join(map(selection.response, islice(rest, BATCH))):
        yield batch
