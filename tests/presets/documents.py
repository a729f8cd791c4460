"""Documents and messages as clients write them, and what tests say of those that are served."""

from __future__ import annotations

from collections.abc import Iterable

_CALENDAR = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN")


def card(*lines: str) -> bytes:
    """A vCard of these lines."""
    return _joined(("BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD"))


def calendar(kind: str, *lines: str) -> bytes:
    """A calendar with one VEVENT or VTODO of these lines."""
    return _joined(
        (*_CALENDAR, f"BEGIN:{kind}", "DTSTAMP:20260101T000000Z", *lines, f"END:{kind}", "END:VCALENDAR")
    )  # fmt: skip


def message(*lines: str) -> bytes:
    """A message; an empty line ends its header."""
    return _joined(lines)


def lines(document: str, *wanted: str) -> None:
    """All of these are among a document's unfolded lines."""
    held = document.split("\r\n")
    assert [line for line in wanted if line not in held] == [], document


def one_of(documents: Iterable[str], text: str) -> str:
    """The one document that has this text."""
    found = [document for document in documents if text in document]
    assert len(found) == 1, (text, found)
    return found[0]


def unfolded(content: bytes) -> str:
    """A card or calendar as text, one property a line."""
    return content.decode().replace("\r\n ", "")


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()
