"""The PROXY protocol, versions 1 and 2: who it is that a proxy in front speaks for. Pure.

The header stands before everything else, TLS too. It is believed because of who sent it (the proxies a configuration
names), never because of what it says. https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_FIRST: Final = b"PROXY "
_FIRST_LONGEST: Final = 107
_SECOND: Final = b"\r\n\r\n\x00\r\nQUIT\n"
_SECOND_FIXED: Final = 16
_SECOND_LONGEST: Final = 4_096
_ADDRESSES: Final = {0x11: 4, 0x21: 16}
"""Family and transport (TCP over IPv4, over IPv6): bytes of an address."""
_TLS: Final = 0x20
_WAS_TLS: Final = 0x01


class BadHeader(Exception):
    """What came is no header of the PROXY protocol, or not one for TCP."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection began. `host` is empty where the proxy speaks for itself, as its health checks do."""

    host: str
    was_tls: bool = False
    """Whether the client speaks TLS with the proxy; only version 2 says so."""


def read(start: bytes) -> tuple[Origin, int] | None:
    """The origin, and how many bytes the header has; None where more has to come. Raises BadHeader."""
    if start.startswith(_FIRST):
        return _first(start)
    if start.startswith(_SECOND):
        return _second(start)
    if _FIRST.startswith(start[: len(_FIRST)]) or _SECOND.startswith(start[: len(_SECOND)]):
        return None
    raise BadHeader


def _first(start: bytes) -> tuple[Origin, int] | None:
    end = start.find(b"\r\n", 0, _FIRST_LONGEST)
    if end < 0:
        if len(start) >= _FIRST_LONGEST:
            raise BadHeader
        return None
    words = start[:end].split(b" ")
    if words[1] == b"UNKNOWN":
        return Origin(""), end + 2
    if len(words) != 6 or words[1] not in {b"TCP4", b"TCP6"}:
        raise BadHeader
    try:
        source = ipaddress.ip_address(words[2].decode("ascii"))
    except ValueError:
        raise BadHeader from None
    if source.version != (4 if words[1] == b"TCP4" else 6):
        raise BadHeader
    return Origin(str(source)), end + 2


def _second(start: bytes) -> tuple[Origin, int] | None:
    if len(start) < _SECOND_FIXED:
        return None
    command, family = start[12], start[13]
    size = int.from_bytes(start[14:16], "big")
    if command not in {0x20, 0x21} or size > _SECOND_LONGEST:
        raise BadHeader
    whole = _SECOND_FIXED + size
    if len(start) < whole:
        return None
    if command == 0x20:
        return Origin(""), whole
    length = _ADDRESSES.get(family)
    body = start[_SECOND_FIXED:whole]
    if length is None or len(body) < 2 * length + 4:
        raise BadHeader
    source = ipaddress.ip_address(body[:length])
    was_tls = any(kind == _TLS and value[:1] and value[0] & _WAS_TLS for kind, value in _values(body[2 * length + 4 :]))
    return Origin(str(source), was_tls), whole


def _values(rest: bytes) -> Iterator[tuple[int, bytes]]:
    """What version 2 says beside the addresses: kinds and values."""
    while rest:
        if len(rest) < 3 or len(rest) < (end := 3 + int.from_bytes(rest[1:3], "big")):
            raise BadHeader
        yield rest[0], rest[3:end]
        rest = rest[end:]
