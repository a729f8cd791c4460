"""The single-valued properties of a card that are more than text: name parts, organisation, kind, birthday, photo."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from urllib.parse import unquote_to_bytes

from gateway.core.entities import Photo, Value
from gateway.core.tree import Line
from gateway.formats.bindings import Private, as_text, replace_value
from gateway.formats.card_lines import is_version4, words_of
from gateway.formats.codec import Binding
from gateway.formats.escaping import escape, split, unescape
from gateway.formats.moments import read_stamp, write_date
from gateway.formats.params import first_param, set_param
from gateway.formats.properties import Properties

_DATA_URI = re.compile(r"data:([^;,\\]*)((?:\\?;[^;,\\]*)*)\\?,", re.IGNORECASE)
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG", "image/png"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}", re.ASCII)


class Part(Binding):
    """One component of a structured property (N, ORG); `rest`: everything from there on, joined by a comma."""

    def __init__(self, name: str, place: int, size: int, *, rest: bool = False) -> None:
        self.properties = (name,)
        self.name, self.place, self.size, self.rest = name, place, size, rest

    def read(self, at: Properties) -> Value:
        """The component's text, None where it is empty."""
        line = at.first(self.name)
        if line is None:
            return None
        pieces = split(line.value, ";")[self.place : None if self.rest else self.place + 1]
        # RFC 6350 §6.2.2: a component may be a list (two middle names).
        texts = [" ".join(unescape(one).strip() for one in split(piece, ",")).strip() for piece in pieces]
        return ", ".join(text for text in texts if text) or None

    def write(self, at: Properties, value: Value) -> None:
        """Only the component; the others stay as they are."""
        line = at.first(self.name)
        pieces = split(line.value, ";") if line is not None else []
        pieces += [""] * (max(self.size, self.place + 1) - len(pieces))
        pieces[self.place : None if self.rest else self.place + 1] = [escape(as_text(value).strip())]
        if not any(pieces) and self.size == 1:
            at.drop(self.name)
        elif line is None:
            at.add(self.name, ";".join(pieces))
        else:
            replace_value(line, ";".join(pieces))
            # RFC 6350 §5.9, RFC 2425: what it was sorted by was the old name.
            set_param(line, "SORT-AS", None)


class Nickname(Binding):
    """NICKNAME is a list; the field is one text."""

    properties = ("NICKNAME",)

    def read(self, at: Properties) -> Value:
        """The names, joined by a comma."""
        names = [unescape(name).strip() for name in split(at.value("NICKNAME"), ",")]
        return ", ".join(name for name in names if name) or None

    def write(self, at: Properties, value: Value) -> None:
        """The text as one name, or as the names its commas part."""
        names = [escape(name.strip()) for name in as_text(value).split(",")]
        raw = ",".join(name for name in names if name)
        if not raw:
            at.drop("NICKNAME")
        elif (line := at.first("NICKNAME")) is None:
            at.add("NICKNAME", raw)
        else:
            replace_value(line, raw)


class Kind(Binding):
    """KIND in 4.0; Apple's X-ADDRESSBOOKSERVER-KIND in 3.0, with X-ABShowAs for companies, as its programs do."""

    properties = ("KIND", "X-ADDRESSBOOKSERVER-KIND", "X-ABSHOWAS")

    def read(self, at: Properties) -> Value:
        """`individual`, `org`, `group`, or what else is stated; None where nothing is."""
        stated = at.value("KIND") or at.value("X-ADDRESSBOOKSERVER-KIND")
        if not stated and at.value("X-ABSHOWAS").strip().upper() == "COMPANY":
            return "org"
        return stated.strip().lower() or None

    def write(self, at: Properties, value: Value) -> None:
        """In the property of this card's version."""
        kind = as_text(value).strip().lower()
        if kind in ("", "individual"):
            at.drop(*self.properties)
            return
        ours, other = ("KIND", "X-ADDRESSBOOKSERVER-KIND")[:: 1 if is_version4(at) else -1]
        at.drop(other)
        at.put(ours, escape(kind))
        if kind != "org":
            at.drop("X-ABSHOWAS")
        elif not is_version4(at) or at.first("X-ABSHOWAS") is not None:
            line = at.first("X-ABSHOWAS") or at.add("X-ABShowAs", "COMPANY")
            line.value = "COMPANY"


class Birthday(Binding):
    """BDAY in all its spellings. One without a year, or told in words, is no date: it reads as nothing and stays."""

    properties = ("BDAY",)

    def read(self, at: Properties) -> Value:
        """The date."""
        line = at.first("BDAY")
        if line is None or first_param(line, "X-APPLE-OMIT-YEAR") is not None:
            return None
        stamp = read_stamp(line.value)
        return stamp.date() if isinstance(stamp, dt.datetime) else stamp

    def write(self, at: Properties, value: Value) -> None:
        """Basic form in 4.0 (RFC 6350 §4.3), extended in 3.0, where programs look for it."""
        if not isinstance(value, dt.date):
            at.drop("BDAY")
            return
        date = value.date() if isinstance(value, dt.datetime) else value
        raw = write_date(date) if is_version4(at) else date.isoformat()
        line = at.first("BDAY")
        if line is None:
            at.add("BDAY", raw)
            return
        replace_value(line, raw)
        for name in ("X-APPLE-OMIT-YEAR", "CALSCALE"):
            set_param(line, name, None)


class Picture(Binding):
    """PHOTO with its bytes in it. One that is only pointed to reads as nothing, and stays."""

    properties = ("PHOTO",)

    def read(self, at: Properties) -> Value:
        """The picture, None where there is none or it is elsewhere."""
        line = at.first("PHOTO")
        return None if line is None else read_photo(line)

    def means(self, field: str, at: Properties, value: Value) -> bool:
        """To the byte: a client's smaller copy is no change of the photo, but it is not what is served."""
        held = self.read(at)
        return (held.content if isinstance(held, Photo) else b"") == (
            value.content if isinstance(value, Photo) else b""
        )

    def write(self, at: Properties, value: Value) -> None:
        """Base64 in 3.0, a data: URI in 4.0."""
        if not isinstance(value, Photo) or not value.content:
            at.remove([line for line in at.all("PHOTO") if read_photo(line) is not None])
            return
        media_type = value.media_type.lower()
        if _MEDIA_TYPE.fullmatch(media_type) is None:
            media_type = sniffed(value.content)
        coded = base64.b64encode(value.content).decode("ascii")
        if is_version4(at):
            at.put("PHOTO", f"data:{media_type};base64,{coded}")
        else:
            # RFC 2426 §3.1.4: TYPE is the subtype's name.
            at.put("PHOTO", coded, f";ENCODING=b;TYPE={media_type.partition('/')[2].upper()}")


def read_photo(line: Line) -> Photo | None:
    """The picture a line holds, in any version's way and the usual wrong ones; None where it holds none."""
    value = line.value.strip()
    stated = data_uri(value)
    if stated is not None:
        media_type, content = stated
        if isinstance(content, bytes):
            return Photo(media_type or sniffed(content), content) if content else None
    elif (first_param(line, "ENCODING") or "").upper() in ("B", "BASE64"):
        media_type, content = "", value
        for word in map(str.lower, words_of(line)):
            if word not in ("", "pref", "home", "work"):
                media_type = word if "/" in word else f"image/{word.replace('jpg', 'jpeg')}"
    else:
        return None
    try:
        data = base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return Photo(media_type or sniffed(data), data) if data else None


def data_uri(value: str) -> tuple[str, str | bytes] | None:
    """What a data: URI says (RFC 2397): its media type, and base64 text as it stands or other content as bytes.

    None for every other value. Escaped semicolons and commas, which some programs write, are read.
    """
    found = _DATA_URI.match(value.lstrip())
    if found is None:
        return None
    content = value.lstrip()[found.end() :]
    is_coded = "base64" in found[2].lower()
    return found[1].lower(), "".join(content.split()) if is_coded else unquote_to_bytes(content)


def sniffed(content: bytes) -> str:
    """The media type of a picture, by its first bytes."""
    return next((name for signature, name in _SIGNATURES if content.startswith(signature)), "image/jpeg")


class CardPrivate(Private):
    """CLASS in 3.0; 4.0 took it away (RFC 6350 appendix A), so there it has an X- name."""

    def __init__(self) -> None:
        super().__init__("X-CLASS")

    def name_in(self, at: Properties) -> str:
        """The property of this card's version."""
        return "X-CLASS" if is_version4(at) else "CLASS"
