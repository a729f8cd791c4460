"""GET and HEAD of files (RFC 9110 §9.3, §13, §14): whole, in one part or in several, streamed; a line of text for folders.

What is served was written by clients. So a browser is told to save it, not to guess what it is, and to run nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from typing import Final

from gateway.core.errors import PreconditionFailed, Unavailable
from gateway.core.files import FileNode
from gateway.core.model import Condition
from protocols.dav.dates import http_date, read_http_date
from protocols.dav.exchange import Exchange
from protocols.dav.files.ranges import ByteRange, closing, part_head, ranges
from protocols.dav.methods.get import GUARDS
from protocols.dav.preconditions import condition_of
from protocols.dav.tree import Kind, encode, resolve
from protocols.dav.types import DavRequest, DavResponse

_GREETING: Final = "These are files. Give this address to a WebDAV program to see and change them.\n"
COMPRESS_FROM: Final = 4_096
"""Bytes of text from which compressing is worth the time."""
ATTEMPTS: Final = 3
_TEXTS: Final = ("text/", "application/json", "application/xml", "application/javascript", "image/svg+xml")


class _Replaced(Exception):
    """Somebody has written the file between two looks at it."""


async def get(exchange: Exchange) -> DavResponse:
    """The file, or the ranges of it that are asked for; 304, 412 and 416 where that is the answer. Raises NotFound."""
    for _ in range(ATTEMPTS):
        try:
            return await _get(exchange)
        except _Replaced:
            continue
    raise Unavailable("The file is being written all the time. Please try again.")


async def _get(exchange: Exchange) -> DavResponse:
    node = await resolve(exchange.place, exchange.store, exchange.who)
    if node.file is None or node.kind is not Kind.FILE:
        return DavResponse(200, {"Content-Type": "text/plain; charset=utf-8"}, _GREETING.encode())
    file, request = node.file, exchange.request
    when = await condition_of(exchange)
    _hold_to(request, file, when)
    headers = {
        "Content-Type": file.content_type,
        "ETag": f'"{file.etag}"',
        "Last-Modified": http_date(file.modified),
        "Accept-Ranges": "bytes",
        **GUARDS,
        "Content-Disposition": f"attachment; filename*=UTF-8''{encode(file.name)}",
    }
    if _is_unchanged(request, file, when):
        return DavResponse(304, {name: headers[name] for name in ("ETag", "Last-Modified", "Cache-Control")})
    wanted = _ranges(request, file)
    if wanted is not None and not wanted:
        return DavResponse(416, {"Content-Range": f"bytes */{file.size}", "Accept-Ranges": "bytes"})
    if wanted is not None and len(wanted) == 1:
        headers |= {"Content-Range": wanted[0].stated(file.size), "Content-Length": str(wanted[0].length)}
        return DavResponse(206, headers, await _bytes(exchange, file, wanted[0]))
    if wanted is not None:
        return _several(exchange, file, wanted, headers)
    may_compress = file.size >= COMPRESS_FROM and file.content_type.lower().startswith(_TEXTS)
    headers["Content-Length"] = str(file.size)
    if may_compress:
        headers["Vary"] = "Accept-Encoding"
    if request.method == "HEAD":
        return DavResponse(200, headers, may_compress=may_compress)
    body = await _bytes(exchange, file, ByteRange(0, file.size))
    return DavResponse(200, headers, body, may_compress=may_compress)


def _hold_to(request: DavRequest, file: FileNode, when: Condition) -> None:
    if when.any_of is not None and file.etag not in when.any_of:
        raise PreconditionFailed("The file has changed since you read it.")
    since = read_http_date(request.header("if-unmodified-since"))
    if when.any_of is None and not when.must_exist and since is not None and file.modified > since:
        raise PreconditionFailed("The file has changed since then.")


def _is_unchanged(request: DavRequest, file: FileNode, when: Condition) -> bool:
    if when.must_be_new or when.none_of is not None:
        return when.must_be_new or file.etag in (when.none_of or ())
    since = read_http_date(request.header("if-modified-since"))
    return since is not None and file.modified <= since


def _ranges(request: DavRequest, file: FileNode) -> list[ByteRange] | None:
    stated = request.header("range")
    # RFC 9110 §14.2: of GET alone.
    if not stated or request.method != "GET":
        return None
    only_if = request.header("if-range").strip()
    # RFC 9110 §13.1.5: the very same tag, or the very same date; else the whole.
    if only_if and only_if != f'"{file.etag}"' and read_http_date(only_if) != file.modified:
        return None
    return ranges(stated, file.size)


async def _bytes(exchange: Exchange, file: FileNode, wanted: ByteRange) -> AsyncGenerator[bytes]:
    found, chunks = await exchange.store.read_file(exchange.who, file.path, wanted.start, wanted.length)
    if found.etag != file.etag:
        raise _Replaced
    return chunks


def _several(exchange: Exchange, file: FileNode, wanted: list[ByteRange], headers: dict[str, str]) -> DavResponse:
    boundary = secrets.token_hex(16)
    heads = [part_head(boundary, file.content_type, one, file.size) for one in wanted]
    size = sum(map(len, heads)) + sum(one.length for one in wanted) + len(closing(boundary))

    async def parts() -> AsyncGenerator[bytes]:
        for head, one in zip(heads, wanted, strict=True):
            yield head
            chunks = await _bytes(exchange, file, one)
            async for chunk in chunks:
                yield chunk
        yield closing(boundary)

    multipart = {"Content-Type": f"multipart/byteranges; boundary={boundary}", "Content-Length": str(size)}
    return DavResponse(206, headers | multipart, parts())
