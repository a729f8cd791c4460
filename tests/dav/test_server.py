"""What only the socket shows: credentials, limits, streams. Raw HTTP over loopback."""

import asyncio
import base64
import contextlib
import gzip
from collections.abc import AsyncIterator, Sequence

import pytest

from gateway.core.auth import Credentials
from gateway.core.errors import NotAuthenticated, Unavailable
from gateway.core.ids import Href
from gateway.core.keeping import FullStore
from gateway.core.model import Collection, CollectionName, Principal, Resource
from gateway.edits import Edits
from protocols.dav.server import Listening, listen
from protocols.dav.xml import MAX_BODY
from protocols.discovery.dav import location
from tests.dav.client import Client
from tests.dav.documents import a_card

BOOK = "/dav/addressbooks/anna/my-contacts/"
BOTH = {"anna": "secret", "bob": "hidden"}


class Passwords:
    """Knows two principals by their clients."""

    def __init__(self, *clients: Client) -> None:
        self._clients = {client.who.login: client.who for client in clients}

    async def authenticate(self, credentials: Credentials) -> Principal:
        if credentials.login == "broken":
            raise Unavailable("The database does not answer.")
        if BOTH.get(credentials.login) != credentials.password:
            raise NotAuthenticated
        return self._clients[credentials.login]


@pytest.fixture
async def server(store: FullStore, anna: Client, bob: Client) -> AsyncIterator[Listening]:
    listening = await listen(store, Edits(store), Passwords(anna, bob), "127.0.0.1", 0, redirect=location)
    yield listening
    await listening.stop()


def _request(method: str, path: str, body: bytes = b"", login: str = "anna", **headers: str) -> bytes:
    token = base64.b64encode(f"{login}:{BOTH.get(login, '')}".encode()).decode()
    stated = {"Host": "crm.example", "Content-Length": str(len(body))}
    if login:
        stated["Authorization"] = f"Basic {token}"
    stated |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in stated.items() if value)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


class Reply:
    def __init__(self, raw: bytes) -> None:
        self.head, _, self.body = raw.partition(b"\r\n\r\n")
        self.status = int(self.head.split()[1])

    def header(self, name: str) -> str:
        for line in self.head.decode().split("\r\n")[1:]:
            key, _, value = line.partition(": ")
            if key.lower() == name:
                return value
        return ""


async def _talk(server: Listening, *sent: bytes) -> list[Reply]:
    """Replies to requests on one connection, which the last of them closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    replies = []
    for raw in sent:
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        reply = Reply(head)
        length = reply.header("content-length")
        if length and not raw.startswith(b"HEAD"):
            reply.body = await reader.readexactly(int(length))
        elif reply.header("transfer-encoding") == "chunked":
            reply.body = await _chunks(reader)
        replies.append(reply)
    writer.close()
    await writer.wait_closed()
    return replies


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


async def _one(server: Listening, raw: bytes) -> Reply:
    (reply,) = await _talk(server, raw)
    return reply


@pytest.mark.parametrize("path", ["/", "/dav/", "/.well-known/caldav", BOOK, "/nothing", "/dav/principals/bob/"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PROPFIND", "PUT", "REPORT", "LOCK"])
async def test_nobody_is_asked_for_credentials_everywhere_alike(server: Listening, method: str, path: str) -> None:
    reply = await _one(server, _request(method, path, login=""))
    elsewhere = await _one(server, _request(method, "/elsewhere", login=""))
    assert reply.status == 401
    assert reply.header("www-authenticate").startswith("Basic realm=")
    assert reply.body == elsewhere.body


@pytest.mark.parametrize("credentials", ["Basic !!", "Bearer x", "Basic " + base64.b64encode(b"anna:wrong").decode()])
async def test_wrong_credentials_are_refused(server: Listening, credentials: str) -> None:
    assert (await _one(server, _request("GET", "/dav/", Authorization=credentials))).status == 401


async def test_credentials_that_cannot_be_judged_are_no_reason_to_ask_again(server: Listening) -> None:
    reply = await _one(server, _request("PROPFIND", "/dav/", login="broken"))
    assert reply.status == 503
    assert reply.header("retry-after")


async def test_a_connection_keeps_no_identity(server: Listening) -> None:
    question = b'<propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>'
    as_anna, as_nobody, as_ben = await _talk(
        server,
        _request("PROPFIND", "/dav/", question, Depth="0"),
        _request("PROPFIND", "/dav/", question, login="", Depth="0"),
        _request("PROPFIND", "/dav/", question, login="bob", Depth="0"),
    )
    assert (as_anna.status, as_nobody.status, as_ben.status) == (207, 401, 207)
    assert b"/principals/anna/" in as_anna.body
    assert b"/principals/bob/" in as_ben.body


@pytest.mark.parametrize("method", ["GET", "PROPFIND", "OPTIONS", "REPORT", "PUT"])
async def test_well_known_addresses_redirect_relatively(server: Listening, method: str) -> None:
    reply = await _one(server, _request(method, "/.well-known/carddav", Host="evil.example"))
    assert (reply.status, reply.header("location")) == (301, "/dav/")


async def test_health_needs_no_credentials(server: Listening) -> None:
    reply = await _one(server, _request("GET", "/health", login=""))
    assert (reply.status, reply.body) == (200, b"ok\n")


async def test_paths_arrive_as_they_were_sent(server: Listening) -> None:
    for path in ("a%40b.vcf", "a@c.vcf", "a%2Fb.vcf", "%C3%A4.vcf", "a%252Fb.vcf", "a+b.vcf?query=1"):
        created = await _one(server, _request("PUT", BOOK + path, a_card("u-" + path), Content_Type="text/vcard"))
        assert created.status == 201
    listing = await _one(server, _request("PROPFIND", BOOK, Depth="1"))
    for href in ("a%40b.vcf", "a%40c.vcf", "a%2Fb.vcf", "%C3%A4.vcf", "a%252Fb.vcf", "a%2Bb.vcf"):
        assert f"<D:href>{BOOK}{href}</D:href>".encode() in listing.body


async def test_head_is_get_without_its_body(server: Listening) -> None:
    await _one(server, _request("PUT", BOOK + "x.vcf", a_card("x"), Content_Type="text/vcard"))
    got, headed = await _talk(server, _request("GET", BOOK + "x.vcf"), _request("HEAD", BOOK + "x.vcf"))
    assert headed.status == 200
    assert headed.header("content-length") == str(len(got.body)) == got.header("content-length")
    assert headed.header("etag") == got.header("etag")


async def test_a_large_listing_streams_and_is_compressed_where_that_is_accepted(
    server: Listening, anna: Client
) -> None:
    for n in range(300):
        await anna.ask("PUT", BOOK + f"{n}.vcf", a_card(str(n), "First", "Last", "NOTE:" + "x" * 100))
    plain = await _one(server, _request("PROPFIND", BOOK, Depth="1"))
    packed = await _one(server, _request("PROPFIND", BOOK, Depth="1", Accept_Encoding="deflate, gzip;q=0.5"))
    assert plain.header("transfer-encoding") == "chunked"
    assert packed.header("content-encoding") == "gzip"
    assert "Accept-Encoding" in packed.header("vary")
    assert gzip.decompress(packed.body) == plain.body
    refused = await _one(server, _request("PROPFIND", BOOK, Depth="1", Accept_Encoding="gzip;q=0"))
    assert refused.header("content-encoding") == ""


async def test_bodies_over_the_limit_are_refused_unread(server: Listening) -> None:
    too_long = _request("PROPFIND", "/dav/", Content_Length=str(MAX_BODY + 1), Depth="0")
    assert (await _one(server, too_long)).status == 413
    put = _request("PUT", BOOK + "x.vcf", Content_Length=str((10 << 20) + 1))
    reply = await _one(server, put)
    assert reply.status == 403
    assert b"max-resource-size" in reply.body


async def test_a_chunked_body_over_the_limit_is_refused(server: Listening) -> None:
    piece = b"%x\r\n" % (1 << 16) + b" " * (1 << 16) + b"\r\n"
    raw = _request("PROPFIND", "/dav/", Transfer_Encoding="chunked", Content_Length="", Depth="0")
    assert (await _one(server, raw + piece * 17 + b"0\r\n\r\n")).status == 413


async def test_a_body_waits_for_good_credentials(server: Listening) -> None:
    for login, status in (("", 401), ("anna", 100)):
        raw = _request("PUT", BOOK + "x.vcf", login=login, Expect="100-continue", Content_Length="5")
        assert (await _one(server, raw)).status == status


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x"])
async def test_compressed_bodies_are_refused(server: Listening, coding: str) -> None:
    raw = _request("PROPFIND", "/dav/", gzip.compress(b" " * 100), Content_Encoding=coding, Depth="0")
    assert (await _one(server, raw)).status == 415


async def test_an_answer_that_fails_half_way_is_broken_off(
    store: FullStore,
    anna: Client,
    bob: Client,
    many_contacts: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hrefs = (await anna.propfind(BOOK, "D:getetag", depth="1")).hrefs[1:]
    calls = 0
    whole = store.resources

    async def failing(
        who: Principal, name: CollectionName, hrefs: Sequence[Href]
    ) -> tuple[Collection, Sequence[Resource]]:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise Unavailable("The database does not answer.")
        return await whole(who, name, hrefs)

    monkeypatch.setattr(store, "resources", failing)
    listening = await listen(store, Edits(store), Passwords(anna, bob), "127.0.0.1", 0, redirect=location)
    asked = "".join(f"<href>{href}</href>" for href in hrefs)
    body = (
        '<C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop><C:address-data/></prop>'
        f"{asked}</C:addressbook-multiget>"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    writer.write(_request("REPORT", BOOK, body.encode()))
    received = b""
    with contextlib.suppress(ConnectionResetError):
        received = await reader.read()
    writer.close()
    await listening.stop()
    assert b"</D:multistatus>" not in received
    assert not received.endswith(b"0\r\n\r\n")
    assert "half-way" in caplog.text


async def test_an_answer_that_fails_at_once_has_its_status(
    server: Listening, store: FullStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(
        who: Principal, name: CollectionName, hrefs: Sequence[Href]
    ) -> tuple[Collection, Sequence[Resource]]:
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(store, "resources", failing)
    body = (
        '<C:addressbook-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop><C:address-data/></prop>'
        f"<href>{BOOK}1.vcf</href></C:addressbook-multiget>"
    )
    reply = await _one(server, _request("REPORT", BOOK, body.encode()))
    assert reply.status == 503
    assert int(reply.header("retry-after")) > 0


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nabcde",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
async def test_ambiguous_or_oversized_requests_are_bad_and_end_the_connection(server: Listening, raw: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(raw + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
    received = await reader.read()
    writer.close()
    assert received.startswith(b"HTTP/1.")
    assert received.split()[1] == b"400"
    assert received.count(b"HTTP/1.") == 1


async def test_a_large_file_goes_in_and_out_in_pieces(server: Listening) -> None:
    content = bytes(range(256)) * 12_000
    put = await _one(server, _request("PUT", "/dav/files/anna/big.bin", content))
    assert put.status == 201
    got = await _one(server, _request("GET", "/dav/files/anna/big.bin"))
    assert (got.body, got.header("content-length")) == (content, str(len(content)))
    head, after = await _talk(
        server,
        _request("HEAD", "/dav/files/anna/big.bin"),
        _request("GET", "/dav/files/anna/big.bin", Range="bytes=-3"),
    )
    assert (head.header("content-length"), after.status, after.body) == (str(len(content)), 206, content[-3:])


async def test_a_file_that_is_refused_is_not_even_sent(server: Listening) -> None:

    def expecting(path: str, size: int) -> bytes:
        return _request("PUT", path, Expect="100-continue", Content_Length=str(size))

    assert (await _one(server, expecting("/dav/files/anna/big.bin", 10**12))).status == 413
    assert (await _one(server, expecting("/dav/files/anna/no/a", 5))).status == 409
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(expecting("/dav/files/anna/a", 5))
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
    writer.write(b"hello")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 201")
    writer.close()
    await writer.wait_closed()
    assert (await _one(server, _request("GET", "/dav/files/anna/a"))).body == b"hello"


async def test_an_upload_that_breaks_off_leaves_no_file(server: Listening) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(_request("PUT", "/dav/files/anna/a", b"half", Content_Length="8"))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await _one(server, _request("GET", "/dav/files/anna/a"))).status == 404


async def test_text_is_compressed_for_who_takes_it_under_a_weak_tag(server: Listening) -> None:
    text = b"all the same line\n" * 2_000
    await _one(server, _request("PUT", "/dav/files/anna/t.txt", text))
    plain = await _one(server, _request("GET", "/dav/files/anna/t.txt"))
    packed = await _one(server, _request("GET", "/dav/files/anna/t.txt", Accept_Encoding="gzip"))
    assert (plain.body, gzip.decompress(packed.body)) == (text, text)
    assert packed.header("etag") == "W/" + plain.header("etag")
    assert (plain.header("vary"), packed.header("vary")) == ("Accept-Encoding", "Accept-Encoding")
    part = await _one(server, _request("GET", "/dav/files/anna/t.txt", Accept_Encoding="gzip", Range="bytes=0-9"))
    assert (part.status, part.body, part.header("content-encoding")) == (206, text[:10], "")


async def test_an_address_with_a_fragment_is_refused(server: Listening) -> None:
    await _one(server, _request("PUT", "/dav/files/anna/a", b"x"))
    assert (await _one(server, _request("DELETE", "/dav/files/anna/a#b"))).status == 400
    assert (await _one(server, _request("GET", "/dav/files/anna/a"))).status == 200
