"""Headers of the PROXY protocol: whole, cut anywhere, and none at all."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.imap.proxied import BadHeader, Origin, read

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def second(command: int, family: int, body: bytes) -> bytes:
    return SIGNATURE + bytes((command, family)) + len(body).to_bytes(2, "big") + body


def ends(source: str, target: str) -> bytes:
    return b"".join(ipaddress.ip_address(host).packed for host in (source, target)) + b"\x00\x01\x03\xe1"


TLS = b"\x20\x00\x05\x01\x00\x00\x00\x00"
NO_TLS = b"\x20\x00\x05\x00\x00\x00\x00\x00"
ALPN = b"\x01\x00\x04imap"

GOOD = [
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 993\r\n", Origin("192.0.2.7")),
    (b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 993\r\n", Origin("2001:db8::7")),
    (b"PROXY UNKNOWN\r\n", Origin("")),
    (b"PROXY UNKNOWN ffff:f 9 9 9 whatever\r\n", Origin("")),
    (second(0x20, 0x00, b""), Origin("")),
    (second(0x20, 0x11, ends("192.0.2.7", "198.51.100.1")), Origin("")),
    (second(0x21, 0x11, ends("192.0.2.7", "198.51.100.1")), Origin("192.0.2.7")),
    (second(0x21, 0x21, ends("2001:db8::7", "2001:db8::1")), Origin("2001:db8::7")),
    (second(0x21, 0x11, ends("192.0.2.7", "198.51.100.1") + ALPN + TLS), Origin("192.0.2.7", was_tls=True)),
    (second(0x21, 0x11, ends("192.0.2.7", "198.51.100.1") + NO_TLS), Origin("192.0.2.7")),
]


@pytest.mark.parametrize(("header", "origin"), GOOD)
def test_a_header_is_read_whole_and_nothing_before_it_is_whole(header: bytes, origin: Origin) -> None:
    assert read(header + b"a1 NOOP\r\n") == (origin, len(header))
    assert all(read(header[:cut]) is None for cut in range(len(header)))


@pytest.mark.parametrize(
    "start",
    [
        b"a1 NOOP\r\n",
        b"\x16\x03\x01",
        b"PROXY",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 4711\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 4711 993\r\n",
        b"PROXY TCP4 somewhere elsewhere 1 2\r\n",
        b"PROXY UDP4 192.0.2.7 198.51.100.1 4711 993\r\n",
        b"PROXY \r\n",
        b"PROXY TCP4 " + b"1" * 200,
        second(0x22, 0x11, ends("192.0.2.7", "198.51.100.1")),
        second(0x11, 0x11, ends("192.0.2.7", "198.51.100.1")),
        second(0x21, 0x12, ends("192.0.2.7", "198.51.100.1")),
        second(0x21, 0x31, b"x" * 216),
        second(0x21, 0x11, b"short"),
        second(0x21, 0x11, ends("192.0.2.7", "198.51.100.1") + b"\x20\x00\x99\x01"),
        SIGNATURE + b"\x21\x11\xff\xff",
    ],
)
def test_what_is_no_header_is_refused(start: bytes) -> None:
    if start == b"PROXY":
        start += b"-like"
    with pytest.raises(BadHeader):
        read(start)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_header_the_beginning_of_one_or_none(start: bytes) -> None:
    for before in (b"", b"PROXY ", SIGNATURE):
        try:
            found = read(before + start)
        except BadHeader:
            continue
        assert found is None or 0 < found[1] <= len(before + start)
