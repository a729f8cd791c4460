"""Whether what a client registers can be used: the form of its address, its key and its secret (RFC 8291 §2.1, §2.2)."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.core.pushing import PushTarget

LONGEST: Final = 2_000
"""Characters of a URL."""
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+=*")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody in the world means the same by."""
    if "%" in address:
        return False
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        held = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            held = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if held is not None:
            return held.is_global and not held.is_multicast
    return ip.is_global and not ip.is_multicast


def is_sound(url: str, *, is_private: bool = False) -> bool:
    """Whether a URL may be written to as far as it tells by itself: https, a host, no user, no private IP address.

    `is_private`: networks of one's own are allowed, and plain http there.
    """
    if len(url) > LONGEST or any(character <= " " or character == "\x7f" for character in url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme not in (("https", "http") if is_private else ("https",)) or not host or "@" in parts.netloc:
        return False
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return True
    return is_private or is_public(host)


def has_sound_keys(target: PushTarget) -> bool:
    """Whether its key is an uncompressed point of P-256, and its secret 16 octets."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets(target.key))
        return len(octets(target.key)) == 65 and len(octets(target.secret)) == 16
    except ValueError:
        return False


def octets(text: str) -> bytes:
    """Octets of a base64url text. Raises ValueError."""
    if len(text) > LONGEST or _BASE64URL.fullmatch(text) is None:
        raise ValueError("no base64url")
    bare = text.rstrip("=")
    try:
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error as wrong:
        raise ValueError("no base64url") from wrong
