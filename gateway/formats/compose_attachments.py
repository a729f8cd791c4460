"""A composed message's attachments: the files a CRM has beside an e-mail, as parts.

Deterministic like the rest (`gateway.formats.compose`): the boundary follows from the bytes. Files are loaded one by
one, and no more than a message may have. For one that is missing or would be too much a line of text stands in its
place, so that nobody takes the message for whole.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from gateway.core.entities import Attachment
from gateway.core.limits import MESSAGE_LARGEST
from gateway.formats.mime_charsets import clean

MAX_ATTACHMENTS: Final = 500
_ROOM: Final = MESSAGE_LARGEST * 2 // 3
"""Bytes of all files of a message: encoded they are a third more."""
_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9!#$&'()*+,./:;<=>?@^_`{|}~ -]{1,60}")


def with_attachments(body: bytes, attachments: Sequence[Attachment]) -> bytes:
    """The body (its Content-Type field first) with these behind it; as it is where there are none."""
    if not attachments:
        return body
    parts = [body]
    room = _ROOM
    for attachment in attachments[:MAX_ATTACHMENTS]:
        content = attachment.load() if attachment.size is not None and attachment.size <= room else None
        if content is None or len(content) > room:
            parts.append(_stand_in(attachment))
        else:
            room -= len(content)
            parts.append(_part(attachment, content))
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    boundary = b"=_" + digest.hexdigest()[:40].encode("ascii")
    head = b'Content-Type: multipart/mixed;\r\n boundary="' + boundary + b'"\r\n\r\n'
    delimiter = b"--" + boundary
    return head + b"".join(delimiter + b"\r\n" + part + b"\r\n" for part in parts) + delimiter + b"--\r\n"


def _part(attachment: Attachment, content: bytes) -> bytes:
    kind = attachment.media_type.strip().lower()
    # An e-mail within an e-mail may not be encoded in base64 (RFC 2046 §5.2.1), and other multiparts neither.
    if not _TYPE.fullmatch(kind) or kind.startswith(("multipart/", "message/")):
        kind = "application/octet-stream"
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return f"Content-Type: {kind}\r\n".encode("ascii") + _disposition(attachment.name) + (
        b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded
    )  # fmt: skip


def _stand_in(attachment: Attachment) -> bytes:
    why = (
        "is missing in the CRM" if attachment.size is None else f"({attachment.size} bytes) can be had in the CRM only"
    )
    text = f"The attachment {clean(attachment.name)} {why}.\r\n".encode("utf-8", "replace")
    encoded = base64.encodebytes(text).replace(b"\n", b"\r\n")
    head = b"Content-Type: text/plain; charset=utf-8\r\n"
    return head + _disposition(f"{attachment.name}.txt") + b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded


def _disposition(name: str) -> bytes:
    name = clean(name).strip() or "file"
    if _PLAIN_NAME.fullmatch(name):
        return f'Content-Disposition: attachment;\r\n filename="{name}"\r\n'.encode("ascii")
    # RFC 2231 §3, §4: in pieces, because a line has no more than 998 characters.
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    pieces = re.findall(r"(?:%..|[^%]){1,20}", encoded)
    first = f" filename*0*=utf-8''{pieces[0]}" if len(pieces) > 1 else f" filename*=utf-8''{pieces[0]}"
    rest = [f" filename*{number}*={piece}" for number, piece in enumerate(pieces[1:], 1)]
    return ("Content-Disposition: attachment;\r\n" + ";\r\n".join([first, *rest]) + "\r\n").encode("ascii")
