"""Bytes of mail to text: charsets, transfer encodings, and what may not survive in a header.

Mail lies about its charset, so decoding never fails: the declared charset is tried, then UTF-8, then Windows-1252
with replacements. Only charsets from a fixed table are looked up: Python keeps every unknown name for ever and some
of its codecs (`punycode`, `idna`) are slower than linear. Everything here is linear in its input.
"""

from __future__ import annotations

import binascii
import re
from encodings.aliases import aliases
from typing import Final

_NOT_FOR_TEXT: Final = frozenset(
    [
        "base64_codec",
        "bz2_codec",
        "hex_codec",
        "quopri_codec",
        "rot_13",
        "uu_codec",
        "zlib_codec",
        "mbcs",
        "oem",
        "punycode",
        "idna",
    ]
)
_NAMES: Final = {
    **{alias: codec for alias, codec in aliases.items() if codec not in _NOT_FOR_TEXT},
    **{codec: codec for codec in aliases.values() if codec not in _NOT_FOR_TEXT},
    "koi8_u": "koi8_u", "koi8_ru": "koi8_u", "cp874": "cp874", "windows_874": "cp874", "cp720": "cp720",
    "utf_8_sig": "utf_8_sig", "iso_8859_8_i": "iso8859_8", "iso_8859_8_e": "iso8859_8", "x_sjis": "cp932",
    "gb2312": "gb18030", "gbk": "gb18030", "x_gbk": "gb18030", "windows_31j": "cp932", "x_mac_roman": "mac_roman",
    # What calls itself by these names is Windows-1252 more often than not, and that is a superset.
    "iso8859_1": "cp1252", "latin_1": "cp1252", "iso_8859_1": "cp1252", "latin1": "cp1252", "l1": "cp1252",
}  # fmt: skip
_LIKE_UTF8: Final = frozenset({"ascii", "us_ascii", "utf_8", "utf8", "unknown_8bit", "x_unknown", "default", "8bit"})

_LINE_BREAKS: Final = re.compile("[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f]+")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_NOT_BASE64: Final = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


def decode_charset(content: bytes, charset: str = "") -> str:
    """Text of `content`, whatever it is. Never raises; holds no lone surrogates."""
    codec = charset.strip().lower().replace("-", "_")[:40]
    if codec not in _LIKE_UTF8 and (known := _NAMES.get(codec)) is not None:
        try:
            return _SURROGATES.sub("\ufffd", content.decode(known))
        except (UnicodeError, LookupError):
            pass
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def decode_transfer(content: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding (RFC 2045 §6), forgiving what can be forgiven. Unknown encodings are left as they are."""
    encoding = encoding.lower()
    if encoding == "base64":
        kept = content.translate(None, _NOT_BASE64)
        if len(kept) % 4 == 1:
            kept = kept[:-1]
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
    if encoding == "quoted-printable":
        return binascii.a2b_qp(content)
    return content


def clean(text: str) -> str:
    """`text` as one line: what breaks lines becomes a space, NUL and other controls go, lone surrogates are replaced."""
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_BREAKS.sub(" ", text)
    text = _CONTROLS.sub("", text)
    return _SURROGATES.sub("\ufffd", text)
