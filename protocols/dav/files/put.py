"""PUT of a file: its bytes on to the store as they arrive (RFC 4918 §9.7, RFC 9110 §9.3.4).

The ETag goes back, for what is served is what came. What is refused, is refused before the body is read as far as that
can be known; a client that waits for `100 Continue` never sends it.
"""

from __future__ import annotations

import mimetypes
import re
from typing import Final

from gateway.core.errors import AlreadyExists
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.preconditions import condition_of
from protocols.dav.types import DavResponse

UNKNOWN: Final = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}/[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}(?:\s*;[\x20-\x7e]{1,90})?")
_BY_NAME: Final = mimetypes.MimeTypes()
"""Only what Python itself knows: the same on every machine."""


async def put(exchange: Exchange) -> DavResponse:
    """201 for a new file, 204 for one replaced. Raises what `KeepsFiles.write_file` raises; 405 where a folder is."""
    request, place = exchange.request, exchange.place
    if "content-range" in request.headers:
        # RFC 9110 §14.4: taking a part for the whole would destroy the rest.
        raise DavError(400, "A part of a file cannot be written.")
    if place.is_directory:
        raise DavError(405, "A folder is made with MKCOL.")
    when = await condition_of(exchange)
    size = request.header("content-length")
    try:
        written = await exchange.edits.write_file(
            exchange.who,
            place.path,
            media_type(request.header("content-type"), place.path[-1]),
            request.chunks(),
            int(size) if size.isascii() and size.isdecimal() else None,
            when,
        )
    except AlreadyExists as folder:
        raise DavError(405, str(folder)) from folder
    return DavResponse(201 if written.is_new else 204, {"ETag": f'"{written.etag}"'})


def media_type(stated: str, name: str) -> str:
    """What a file is: what the client says, else what its name says, else bytes."""
    stated = stated.strip()
    if _MEDIA_TYPE.fullmatch(stated) and stated.lower() != UNKNOWN:
        return stated
    guessed, coding = _BY_NAME.guess_type(name, strict=False)
    return guessed if guessed is not None and coding is None else UNKNOWN
