"""The one file that knows aiohttp: sockets, authentication, bodies with their limits, streams and compression.

Nothing is answered to nobody: every path but `/health` wants Basic credentials, the well-known addresses too, and a
body is read only after they were good (`100 Continue` waits for them as well). What a client may keep us waiting for is
limited: header and idle connection (`KEEPALIVE`), each part of a body (`READ_TIMEOUT`), each part of an answer it does
not take (`WRITE_TIMEOUT`). An answer that fails half-way ends with the connection, never as well-formed XML.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
import zlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Final

from aiohttp import web
from aiohttp.web_log import AccessLogger

from gateway.core.auth import Authenticator
from gateway.core.errors import NotAuthenticated, TooLarge
from gateway.core.keeping import FullStore
from gateway.core.model import Principal
from gateway.edits import Edits
from protocols.dav.basic import credentials
from protocols.dav.errors import DavError, Scene, answer
from protocols.dav.service import Service, body_limit, is_streamed, scene
from protocols.dav.types import DavRequest, DavResponse

_log = logging.getLogger(__name__)

KEEPALIVE: Final = 75.0
"""Seconds an idle connection is kept, and a request's header may take."""
READ_TIMEOUT: Final = 30.0
BODY_TIMEOUT: Final = 300.0
UPLOAD_TIMEOUT: Final = 7_200.0
"""Seconds that a body which is stored as it arrives may take in all."""
WRITE_TIMEOUT: Final = 60.0
SHUTDOWN_TIMEOUT: Final = 10.0
COMPRESS_FROM: Final = 4_096
"""Bytes of XML from which compressing them is worth the time."""


class Listening:
    """An open port."""

    def __init__(self, runner: web.ServerRunner, port: int) -> None:
        self._runner = runner
        self.port = port

    async def stop(self) -> None:
        """Take no more requests, finish those that run, close."""
        await self._runner.cleanup()


async def listen(
    store: FullStore,
    edits: Edits,
    authenticator: Authenticator,
    host: str,
    port: int,
    ssl_context: ssl.SSLContext | None = None,
    *,
    redirect: Callable[[str], str | None],
    reuse_port: bool = False,
) -> Listening:
    """Serve on a port (0: a free one). `redirect` gives the target of the paths that are answered with 301."""
    front = _Front(Service(store, edits), authenticator, redirect)
    server = web.Server(
        front.handle,
        keepalive_timeout=KEEPALIVE,
        lingering_time=5.0,
        max_line_size=8_190,
        max_field_size=8_190,
        # A compressed body is refused, so nothing may be unpacked before that.
        auto_decompress=False,
        access_log=None,
        access_log_class=AccessLogger,
    )
    runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_TIMEOUT)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=ssl_context, backlog=512, reuse_port=reuse_port)
        await site.start()
    except BaseException:
        await runner.cleanup()
        raise
    return Listening(runner, int(runner.addresses[0][1]))


class _Front:
    def __init__(self, service: Service, authenticator: Authenticator, redirect: Callable[[str], str | None]) -> None:
        self._service = service
        self._authenticator = authenticator
        self._redirect = redirect

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.rel_url.raw_path
        if path == "/health":
            return await _send(request, DavResponse(200, {"Content-Type": "text/plain"}, b"ok\n"))
        return await _send(request, await self._answer(request, path))

    async def _answer(self, request: web.BaseRequest, path: str) -> DavResponse:
        where = Scene(path, is_cards=False, creates=False, sibling=lambda _href: "")
        try:
            who = await self._principal(request)
            target = self._redirect(path)
            if target is not None:
                return DavResponse(301, {"Location": target})
            asked = DavRequest(request.method, path, who, _headers(request), query=request.rel_url.raw_query_string)
            where = scene(asked)
            if "#" in request.raw_path:
                # RFC 9112 §3.2: a target has no fragment. What is before it was not meant.
                raise DavError(400, "A request's address ends before the #.")
            _refuse_coded(request)
            if is_streamed(asked):
                asked = replace(asked, stream=_chunks(request))
            else:
                asked = replace(asked, body=await _body(request))
        except Exception as error:
            return answer(error, where)
        return await self._service.answer(asked)

    async def _principal(self, request: web.BaseRequest) -> Principal:
        presented = credentials(request.headers.get("Authorization", ""))
        if presented is None:
            raise NotAuthenticated
        return await self._authenticator.authenticate(presented)


def _headers(request: web.BaseRequest) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    headers.setdefault("x-forwarded-proto", request.scheme)
    return headers


async def _body(request: web.BaseRequest) -> bytes:
    """The request's body. Raises DavError 413, 408; TooLarge for what would be stored."""
    limit = body_limit(request.method)
    if request.content_length is not None and request.content_length > limit:
        raise _too_large(request.method, limit)
    await _go_on(request)
    if not request.can_read_body:
        return b""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            while True:
                async with asyncio.timeout(READ_TIMEOUT):
                    piece = await request.content.readany()
                if not piece:
                    return b"".join(pieces)
                size += len(piece)
                if size > limit:
                    raise _too_large(request.method, limit)
                pieces.append(piece)
    except TimeoutError:
        raise _too_slow() from None


def _refuse_coded(request: web.BaseRequest) -> None:
    """Raises DavError 415 for a body that is not as it is."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise DavError(415, "Send the body as it is, not compressed.")


async def _chunks(request: web.BaseRequest) -> AsyncGenerator[bytes]:
    """The request's body as it arrives; a client that waits to be told so sends it only once somebody reads."""
    await _go_on(request)
    if not request.can_read_body:
        return
    until = time.monotonic() + UPLOAD_TIMEOUT
    while True:
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                piece = await request.content.readany()
        except TimeoutError:
            raise _too_slow() from None
        if not piece:
            return
        if time.monotonic() > until:
            raise _too_slow()
        yield piece


async def _go_on(request: web.BaseRequest) -> None:
    if request.version >= (1, 1) and request.headers.get("Expect", "").strip().lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


def _too_slow() -> DavError:
    return DavError(408, "The body took too long to arrive.", headers={"Connection": "close"})


def _too_large(method: str, limit: int) -> Exception:
    text = f"At most {limit} bytes are taken at once."
    return TooLarge(text, limit) if method in {"PUT", "POST"} else DavError(413, text)


async def _send(request: web.BaseRequest, answered: DavResponse) -> web.StreamResponse:
    headers = {**answered.headers, "Server": "crmgate"}
    is_xml = headers.get("Content-Type", "").startswith("application/xml") and "ETag" not in headers
    is_compressed = (is_xml or answered.may_compress) and _takes_gzip(request)
    body = answered.body
    if isinstance(body, bytes):
        if is_compressed and len(body) >= COMPRESS_FROM:
            packer = zlib.compressobj(1, wbits=31)
            body = packer.compress(body) + packer.flush()
            headers |= _compressed(headers)
        return web.Response(status=answered.status, headers=headers, body=body)
    if is_compressed:
        headers |= _compressed(headers)
        headers.pop("Content-Length", None)
    response = web.StreamResponse(status=answered.status, headers=headers)
    try:
        await response.prepare(request)
        await _stream(response, body, zlib.compressobj(1, wbits=31) if is_compressed else None)
    except ConnectionError:
        # The client went; there is nobody to tell.
        pass
    except Exception:
        _log.exception("an answer failed half-way; the connection is broken off")
        if request.transport is not None:
            request.transport.abort()
    finally:
        await body.aclose()
    return response


async def _stream(response: web.StreamResponse, body: AsyncGenerator[bytes], packer: zlib._Compress | None) -> None:
    async for piece in body:
        packed = piece if packer is None else packer.compress(piece)
        if packed:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await response.write(packed)
        # Long answers leave the loop to others between two pieces.
        await asyncio.sleep(0)
    if packer is not None:
        await response.write(packer.flush())
    await response.write_eof()


def _takes_gzip(request: web.BaseRequest) -> bool:
    for coding in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, parameters = coding.partition(";")
        if name.strip() in {"gzip", "*"}:
            return parameters.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _compressed(headers: dict[str, str]) -> dict[str, str]:
    """What says that a body is compressed; the tag of what is compressed is no strong one (RFC 9110 §8.8.3.3)."""
    vary = headers.get("Vary", "")
    said = {
        "Content-Encoding": "gzip",
        "Vary": vary if "Accept-Encoding" in vary else ", ".join(filter(None, (vary, "Accept-Encoding"))),
    }
    return said | ({"ETag": f"W/{headers['ETag']}"} if "ETag" in headers else {})
