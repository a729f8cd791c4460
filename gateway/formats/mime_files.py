"""The files in a message: what its sender attached, decoded, with the names he gave them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from gateway.core.mail import Part, Summary
from gateway.formats.mime import summarise
from gateway.formats.mime_charsets import clean, decode_transfer
from gateway.formats.mime_headers import decode_words
from gateway.formats.mime_parameters import parameter
from gateway.formats.mime_text import find_text, is_attachment

MOST: Final = 500
"""Files of one message that are looked at."""


@dataclass(frozen=True, slots=True)
class MessageFile:
    """One file."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def read_files(raw: bytes, summary: Summary | None = None) -> list[MessageFile]:
    """Everything in a message but its own words: attachments, pictures in its text, attached messages. Never raises."""
    structure = (summary or summarise(raw)).structure
    found: list[MessageFile] = []
    for part in islice(_files(structure), MOST):
        content = raw[part.body : part.end]
        if part.type != "message":
            content = decode_transfer(content, part.encoding)
        found.append(MessageFile(_name(part), f"{part.type}/{part.subtype}", content))
    return found


def file_names(structure: Part) -> list[str]:
    """What the files of a message are called."""
    return [_name(part) for part in islice(_files(structure), MOST)]


def _name(part: Part) -> str:
    stated = parameter(part.disposition_parameters, "filename") or parameter(part.parameters, "name")
    usual = "file"
    if part.type == "message":
        envelope = part.parts[0].envelope if part.parts else None
        usual = f"{(decode_words(envelope.subject) if envelope else '')[:60] or 'message'}.eml"
    return clean(stated or usual).strip() or usual


def _files(structure: Part) -> Iterator[Part]:
    own = list(_own(structure))
    words = {id(part) for subtype in ("plain", "html") if (part := find_text(own, subtype)) is not None}
    for part in own:
        is_words = id(part) in words or (part.type == "text" and not is_attachment(part))
        if not is_words and part.type != "multipart":
            yield part


def _own(structure: Part) -> Iterator[Part]:
    """The parts that are the message's own, attached messages whole."""
    waiting = [structure]
    while waiting:
        part = waiting.pop()
        if part.parts and part.type != "message":
            waiting.extend(reversed(part.parts))
        else:
            yield part
