"""The server in a process of its own, spoken to over sockets."""

from __future__ import annotations

import contextlib
import datetime as dt
import imaplib
import ipaddress
import json
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from twisted.internet.address import IPv4Address, IPv6Address

from protocols.imap.caps import Caps
from protocols.imap.server import IMAPFactory

PATIENCE = 20
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    """A running server."""

    pid: int
    ports: dict[str, int]
    database: Path
    certificate: Path

    def connect(self, kind: str = "plain") -> Raw:
        return Raw(socket.create_connection(("127.0.0.1", self.ports[kind]), PATIENCE))

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    def resident(self) -> int:
        """Bytes of memory."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * 4096


class Raw:
    """A socket and its lines."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.file = connected.makefile("rb")

    def send(self, *lines: bytes) -> None:
        self.socket.sendall(b"".join(line + b"\r\n" for line in lines))

    def line(self) -> bytes:
        """The next line; empty at the end, too."""
        return self.file.readline().removesuffix(b"\r\n")

    def until(self, tag: bytes) -> bytes:
        """The tagged line, whatever comes before it."""
        while not (line := self.file.readline()).startswith(tag + b" "):
            assert line
        return line

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate that vouches for itself at 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    at, key_at = folder / "certificate.pem", folder / "key.pem"
    at.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_at.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return at, key_at


@contextlib.contextmanager
def serving(template: Path, folder: Path) -> Iterator[Server]:
    database = folder / "crm.db"
    shutil.copy(template, database)
    certificate, key = make_certificate(folder)
    command = [sys.executable, "-m", "tests.imap.serving", str(database), str(certificate), str(key)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield Server(process.pid, json.loads(process.stdout.readline()), database, certificate)
        finally:
            process.stdin.close()
            assert process.wait(PATIENCE) == 0


@pytest.fixture(scope="module")
def server(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(template, tmp_path_factory.mktemp("imap")) as running:
        yield running


MESSAGE = b"From: erika@nordwind.example\r\nSubject: %s\r\nMessage-ID: <%s@nordwind.example>\r\n\r\n"


def test_python_s_own_client_is_served_over_tls(server: Server) -> None:
    with imaplib.IMAP4_SSL("127.0.0.1", server.ports["implicit"], ssl_context=server.trusting()) as client:
        client.login("anna", "anna")
        assert client.append("Archive", "(\\Seen)", "", MESSAGE % (b"tls", b"tls"))[0] == "OK"
        assert client.select("Archive")[0] == "OK"
        _, found = client.uid("SEARCH", "SUBJECT", "tls")
        _, fetched = client.uid("FETCH", found[0].decode().split()[-1], "(BODY.PEEK[])")
        assert fetched[0] is not None
        assert fetched[0][1] == MESSAGE % (b"tls", b"tls")


def test_starttls_leads_to_a_login_and_forgets_what_was_sent_before_it(server: Server) -> None:
    raw = server.connect("starttls")
    assert b"STARTTLS" in raw.line()
    raw.send(b"a1 STARTTLS", b"a2 CAPABILITY", b"a3 LOGIN anna anna")
    assert raw.line().startswith(b"a1 OK")
    secured = Raw(server.trusting().wrap_socket(raw.socket, server_hostname="127.0.0.1"))
    secured.send(b"a4 NOOP")
    assert secured.line().startswith(b"a4 OK")
    secured.send(b"a5 FETCH 1 FLAGS", b"a6 LOGIN anna anna")
    assert secured.line().startswith(b"a5 BAD")
    assert secured.line().startswith(b"a6 OK")
    secured.close()


def test_an_idle_client_hears_of_a_row_that_sql_made(server: Server) -> None:
    raw = server.connect()
    raw.line()
    raw.send(b"a1 LOGIN ben ben", b"a2 SELECT INBOX", b"a3 IDLE")
    raw.until(b"a2")
    assert raw.line() == b"+ idling"
    with contextlib.closing(sqlite3.connect(server.database)) as crm, crm:
        crm.execute(
            "INSERT INTO emails (subject, direction, status, owner_id, created_at, modified_at, deleted, message_id)"
            " SELECT 'By SQL', 'in', 'received', id, datetime('now'), datetime('now'), 0, '<sql@nordwind.example>'"
            " FROM users WHERE login = 'ben'"
        )
    raw.socket.settimeout(2)
    assert raw.line() == b"* 1 EXISTS"
    raw.close()


def test_a_client_that_does_not_read_costs_no_memory(server: Server) -> None:
    size, times = 1_000_000, 100
    raw = server.connect()
    raw.line()
    body = MESSAGE % (b"large", b"large") + b"x" * 70 + b"\r\n"
    body += (b"x" * 78 + b"\r\n") * ((size - len(body)) // 80)
    raw.send(b"a1 LOGIN anna anna", b"a2 APPEND Drafts {%d+}" % len(body), body, b"a3 SELECT Drafts")
    raw.until(b"a3")
    raw.send(b"b0 FETCH * BODY.PEEK[]")
    raw.until(b"b0")
    before = server.resident()
    raw.send(*(b"c%d FETCH * BODY.PEEK[]" % number for number in range(times)))
    # Another client is served meanwhile; when it has been, the server has had every chance to run ahead.
    other = server.connect()
    other.line()
    other.send(b"d1 LOGIN ben ben", b"d2 SELECT INBOX", *(b"d%d NOOP" % number for number in range(3, 200)))
    assert other.until(b"d199").startswith(b"d199 OK")
    assert server.resident() - before < 20 * 1_000_000
    for number in range(times):
        assert raw.line().endswith(b"BODY[] {%d}" % len(body))
        assert raw.file.read(len(body)) == body
        assert raw.line() == b")"
        assert raw.line().startswith(b"c%d OK" % number)
    raw.close()
    other.close()


HEADER = b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 993\r\n"


def test_a_proxy_says_whom_it_speaks_for_before_anything_is_said(server: Server) -> None:
    raw = server.connect("proxied")
    raw.socket.sendall(HEADER[:20])
    raw.socket.sendall(HEADER[20:] + b"a1 CAPABILITY\r\n")
    assert raw.line().startswith(b"* OK")
    # From elsewhere and in the clear: no passwords, although the proxy itself is on this machine.
    assert raw.line().endswith(b"LOGINDISABLED")
    raw.close()
    raw = server.connect("proxied")
    raw.socket.sendall(b"PROXY UNKNOWN\r\n")
    raw.send(b"a1 LOGIN anna anna")
    assert raw.until(b"a1").startswith(b"a1 OK")
    raw.close()
    raw = server.connect("proxied")
    raw.send(b"a1 LOGIN anna anna")
    with contextlib.suppress(ConnectionResetError):
        assert raw.line() == b""
    raw.close()


def test_tls_begins_behind_the_proxy_s_header(server: Server) -> None:
    connected = socket.create_connection(("127.0.0.1", server.ports["proxied implicit"]), PATIENCE)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = server.trusting().wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    # The header and the beginning of the handshake in one packet.
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    connected.sendall(HEADER + outgoing.read())
    while True:
        incoming.write(connected.recv(65_536))
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            connected.sendall(outgoing.read())
    tls.write(b"a1 LOGIN anna anna\r\n")
    connected.sendall(outgoing.read())
    heard = b""
    while b"a1 OK" not in heard:
        try:
            heard += tls.read()
        except ssl.SSLWantReadError:
            incoming.write(connected.recv(65_536))
    connected.close()


def test_strangers_beyond_the_cap_push_out_the_one_that_came_first(server: Server) -> None:
    waiting = []
    for _ in range(6):
        waiting.append(server.connect())
        assert waiting[-1].line().startswith(b"* OK")
    with contextlib.suppress(ConnectionResetError):
        # An end of file does as well.
        assert waiting[0].line() == b""
    waiting[-1].send(b"a LOGIN anna anna")
    assert waiting[-1].line().startswith(b"a OK")
    for raw in waiting:
        raw.close()


def test_everyone_hears_that_the_server_stops(template: Path, tmp_path: Path) -> None:
    with serving(template, tmp_path) as stopping:
        raw = stopping.connect()
        raw.line()
        raw.send(b"a1 LOGIN anna anna", b"a2 IDLE")
        raw.until(b"+")
    assert raw.line().startswith(b"* BYE")
    assert raw.line() == b""
    raw.close()


@pytest.mark.parametrize(
    ("hosts", "accepted"),
    [
        (["192.0.2.1"] * 4, 2),
        (["192.0.2.1", "192.0.2.2", "192.0.2.3"], 3),
        (["2001:db8::1", "2001:db8::2", "2001:db8::3"], 2),
        (["2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:3::1"], 3),
        (["::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"], 2),
        (["127.0.0.1"] * 4, 4),
        (["::1"] * 4, 4),
    ],
)
def test_one_address_has_only_so_many_connections(hosts: list[str], accepted: int) -> None:
    factory = IMAPFactory(None, Caps(per_address=2), None, starts_with_tls=False)  # type: ignore[arg-type]
    made = [factory.buildProtocol((IPv6Address if ":" in host else IPv4Address)("TCP", host, 1)) for host in hosts]
    kept = [wire for wire in made if wire is not None]
    assert len(kept) == accepted
    for wire in kept:
        factory.gone(wire)
    assert factory.buildProtocol(IPv4Address("TCP", "192.0.2.1", 1)) is not None
