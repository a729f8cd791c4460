"""Modified UTF-7, the encoding of mailbox names (RFC 3501 §5.1.3). Pure, and total: every text has one encoding.

Names that are not well formed are read as they stand, bytes above 127 as UTF-8 where they are that: some clients
send them so, and a name that nobody has is answered by its absence soon enough.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

_SHIFTED: Final = re.compile(r"&([A-Za-z0-9+,]*)-")
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e]+")


def encode_name(name: str) -> bytes:
    """A name as it stands on the wire."""
    if name.isascii() and name.isprintable() and "&" not in name:
        return name.encode("ascii")
    return _UNPRINTABLE.sub(lambda found: _encoded(found[0]), name.replace("&", "&-")).encode("ascii")


def decode_name(wire: bytes) -> str:
    """A name from the wire."""
    if wire.isascii():
        text = wire.decode("ascii")
        return _SHIFTED.sub(lambda found: _decoded(found[1]), text) if "&" in text else text
    try:
        return wire.decode("utf-8")
    except UnicodeDecodeError:
        return wire.decode("latin-1")


def _encoded(text: str) -> str:
    raw = binascii.b2a_base64(text.encode("utf-16-be", "surrogatepass"), newline=False).decode("ascii")
    return "&" + raw.rstrip("=").replace("/", ",") + "-"


def _decoded(shifted: str) -> str:
    if not shifted:
        return "&"
    standard = shifted.replace(",", "/")
    try:
        raw = binascii.a2b_base64(standard + "=" * (-len(standard) % 4))
        return raw.decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return f"&{shifted}-"
