"""A message made from a CRM's columns, where the original bytes are not kept.

The same columns give the same bytes, always: boundary, Message-ID and encodings follow from the content, and nothing
asks the clock. A message's bytes may not change under its UID, so a change here is a change of every such message.
Whatever the columns hold, no text can start a header of its own.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import re
from email.utils import format_datetime
from typing import Final

from gateway.core.entities import MessageSource
from gateway.formats.compose_attachments import with_attachments
from gateway.formats.mime_charsets import clean
from gateway.formats.mime_headers import message_ids

MAX_RECIPIENTS: Final = 10_000

_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_DOT_ATOM: Final = re.compile(r"[^\s()<>@,;:\\\".\[\]]+(?:\.[^\s()<>@,;:\\\".\[\]]+)*")
_DOMAIN: Final = re.compile(r"[^\s()<>@,;:\\\"\[\]]{1,255}|\[[0-9A-Fa-fIPv:.]{1,60}\]")
_LINE_BREAK: Final = re.compile(r"\r\n|\r|\n")
_WORD_BYTES: Final = 45
"""Bytes in one encoded word: `=?utf-8?B?` + 60 + `?=` is within the 75 characters of RFC 2047 §2."""

_ASCII: Final = bytes(range(0x80))


def compose(source: MessageSource) -> bytes:
    """The message as RFC 5322 and MIME have it, lines ended by CRLF, seven bits but for internationalised addresses."""
    lines: list[str] = []
    if source.sent is not None:
        sent = source.sent if source.sent.tzinfo is not None else source.sent.replace(tzinfo=dt.UTC)
        lines.append(f"Date: {format_datetime(sent.astimezone(dt.UTC))}")
    for kind, field in (("from", "From"), ("to", "To"), ("cc", "Cc"), ("bcc", "Bcc")):
        listed = [(address, name) for is_kind, address, name in source.addresses if is_kind == kind][:MAX_RECIPIENTS]
        written = [text for text in (_address(address, name) for address, name in listed) if text]
        if written:
            lines.append(f"{field}: " + ",\r\n ".join(written))
    lines.append("Subject: " + _text(source.subject, len("Subject: ")))
    lines.append("Message-ID: " + _message_id(source))
    replied = _ids(source.in_reply_to)
    if replied:
        lines.append("In-Reply-To: " + "\r\n ".join(replied))
    referred = _ids(source.references)
    if referred:
        lines.append("References: " + "\r\n ".join(referred))
    lines.append("MIME-Version: 1.0")
    return (
        "\r\n".join(lines).encode("utf-8", "replace")
        + b"\r\n"
        + with_attachments(_text_body(source), source.attachments)
    )


def _text_body(source: MessageSource) -> bytes:
    plain, rich = _part("plain", source.text), _part("html", source.html)
    if not source.html.strip():
        return plain
    if not source.text.strip():
        return rich
    boundary = b"=_" + hashlib.sha256(plain + b"\x00" + rich).hexdigest()[:40].encode("ascii")
    return (
        b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n\r\n'
        b"--" + boundary + b"\r\n" + plain + b"\r\n--" + boundary + b"\r\n" + rich + b"\r\n--" + boundary + b"--\r\n"
    )  # fmt: skip


def _part(subtype: str, text: str) -> bytes:
    content = "\r\n".join(_LINE_BREAK.split(text.replace("\x00", ""))).encode("utf-8", "replace")
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    if content.isascii() and max(map(len, content.split(b"\r\n"))) <= 998:
        charset, encoding = "us-ascii", "7bit"
    elif len(content[:10_000].translate(None, _ASCII)) * 2 <= len(content[:10_000]):
        charset, encoding = "utf-8", "quoted-printable"
        content = binascii.b2a_qp(content.replace(b"\r\n", b"\n"), istext=True).replace(b"\n", b"\r\n")
    else:
        charset, encoding = "utf-8", "base64"
        content = base64.encodebytes(content).replace(b"\n", b"\r\n")
    head = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + content


def _message_id(source: MessageSource) -> str:
    stated = _ids(source.message_id)
    if stated:
        return stated[0]
    digest = hashlib.sha256(f"crmgate message {source.key}".encode("utf-8", "replace")).hexdigest()[:32]
    # RFC 6761 §6.4: a domain that never is anybody's.
    return f"<{digest}@crmgate.invalid>"


def _ids(text: str) -> list[str]:
    """Message ids as CRMs keep them, some without their brackets, given brackets; those that are no ASCII are left out."""
    pieces = clean(text).replace("><", "> <").split()
    bracketed = " ".join(piece if piece.startswith("<") else f"<{piece}>" for piece in pieces)
    return [stated for stated in message_ids(bracketed) if stated.isascii() and stated.isprintable()]


def _address(address: str, name: str) -> str:
    address = address.strip()
    local, sign, domain = address.rpartition("@")
    if not sign:
        local, domain = domain, ""
    # A line break or a second sign means that this is not one address; half of it is nobody's.
    if not local or "@" in local or clean(address) != address:
        return ""
    if not _DOT_ATOM.fullmatch(local):
        local = _quoted(local)
    if sign and not _DOMAIN.fullmatch(domain):
        return ""
    if domain and not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    spec = f"{local}@{domain}" if domain else local
    name = clean(name).strip()
    return f"{_phrase(name)} <{spec}>" if name else spec


def _phrase(name: str) -> str:
    if not name.isascii() or "=?" in name or len(name) > 60:
        return _text(name, len("From: "))
    return name if _ATOMS.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(text: str, used: int) -> str:
    """An unstructured value: as it is where it may stand so and is short, else as encoded words, a line each."""
    text = clean(text).strip()
    if text.isascii() and "=?" not in text and used + len(text) <= 78:
        return text
    words: list[str] = []
    chunk = bytearray()
    limit = _WORD_BYTES - max(0, used - 8)
    for char in text:
        encoded = char.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > limit:
            words.append(_word(bytes(chunk)))
            chunk.clear()
            limit = _WORD_BYTES
        chunk += encoded
    words.append(_word(bytes(chunk)))
    return "\r\n ".join(words)


def _word(content: bytes) -> str:
    return "=?utf-8?B?" + base64.b64encode(content).decode("ascii") + "?="
