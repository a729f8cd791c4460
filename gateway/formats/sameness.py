"""Whether two values of a field mean the same.

A difference of form alone is no change: spacing and brackets of phone numbers, letter case of addresses, surrounding
or doubled blanks, line-end style, the order of a list, synonyms of types, seconds that one side never had. Each value
has a *normal form* (hashable, None for every way of saying nothing), and two values are the same where these are
equal; only times and people need a look at both sides. Everything that compares what was served with what came back
asks here, so it is asked in one way.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Hashable
from typing import Final

from gateway.core.entities import Address, Attendee, Fields, Period, Photo, Typed, Value
from gateway.formats.pictures import is_copy
from gateway.formats.rules import normal_rule
from gateway.formats.zones import same_clock

_SYNONYMS: Final = {"mobile": "cell", "cellular": "cell", "business": "work", "private": "home", "facsimile": "fax"}
_SAY_NOTHING: Final = frozenset(
    {"", "pref", "preferred", "voice", "internet", "text", "msg", "other", "intl", "dom", "postal", "parcel", "x400"}
)
_ABSENT: Final[dict[str, frozenset[Hashable]]] = {
    "kind": frozenset({"individual"}),
    "status": frozenset({"CONFIRMED", "NEEDS-ACTION"}),
    "percent": frozenset({0}),
    "priority": frozenset({0}),
    "private": frozenset({False}),
    "transparent": frozenset({False}),
}
"""What a field means where nothing is said (RFC 5545 §3.8.1.9, §3.8.2.7; RFC 6350 §6.1.4)."""

_TRUNK_ZERO: Final = re.compile(r"\(0\)")
_HEADS: Final = re.compile(r"^(?:tel:|callto:|sms:)", re.IGNORECASE)
_PHONE_FORM: Final = re.compile(r"[\s()\[\]./\\‐-―−-]+")
_URL: Final = re.compile(r"^([a-z][a-z0-9+.-]*://)?([^/?#]*)(.*)$", re.IGNORECASE | re.DOTALL)


def same(field: str, a: Value, b: Value) -> bool:
    """Whether two values of the field of this name (`gateway.core.entities`) mean the same; of photos `b` is the later one."""
    # Equal values mean the same in every field; a bool is no number, though it equals one.
    if a is b or (type(a) is type(b) and a == b):
        return True
    if isinstance(a, dt.datetime) or isinstance(b, dt.datetime):
        return _same_moment(a, b)
    if isinstance(a, Period) and isinstance(b, Period):
        return _same_period(a, b)
    if isinstance(a, Attendee) and isinstance(b, Attendee):
        return _same_person(a, b)
    if isinstance(a, Photo) and isinstance(b, Photo):
        # A smaller copy is no change; a larger one is.
        return a.content == b.content or is_copy(b.content, a.content)
    if field == "attendees" and isinstance(a, tuple) and isinstance(b, tuple):
        return _same_people(a, b)
    return normal(field, a) == normal(field, b)


def changed(before: Fields, after: Fields) -> dict[str, Value]:
    """The fields of `after` that mean something else than in `before`, where an absent field says nothing."""
    return {field: value for field, value in after.items() if not same(field, before.get(field), value)}


def normal(field: str, value: Value) -> Hashable:
    """What a value means, stripped of form; None for nothing. Equal forms mean the same."""
    if isinstance(value, tuple):
        return frozenset(_counted(field, value)) or None
    form = _normal_one(field, value)
    return None if form in _ABSENT.get(field, ()) else form


def normal_text(text: str) -> str:
    """Text without surrounding and doubled blanks, line by line, composed as Unicode's NFC has it."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "\n" not in text and "\r" not in text:
        return " ".join(text.split())
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def normal_phone(number: str) -> str:
    """A number without the marks people put between digits: `+49 (0)30/12-34` is `+49301234`."""
    number = _HEADS.sub("", number.strip())
    if number.lstrip("( ").startswith(("+", "00")):
        number = _TRUNK_ZERO.sub("", number)
    number = _PHONE_FORM.sub("", number).casefold()
    return "+" + number[2:] if number.startswith("00") else number


def normal_url(url: str) -> str:
    """An address of the web; scheme and host know no case, and a lone slash after the host says nothing."""
    found = _URL.match("".join(url.split()))
    if found is None:
        return url
    scheme, host, rest = found[1] or "", found[2], found[3]
    return f"{scheme.lower()}{host.lower() if scheme else host}{'' if rest == '/' else rest}"


def normal_types(types: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Types in lower case, one word for each meaning, without repeats and without those that say nothing."""
    if not types:
        return ()
    lower = (word.strip().lower() for word in types)
    words = (_SYNONYMS.get(word, word) for word in lower)
    return tuple(dict.fromkeys(word for word in words if word not in _SAY_NOTHING))


def same_types(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two lists of types mean the same."""
    return frozenset(normal_types(one)) == frozenset(normal_types(other))


def normal_value(field: str, value: str) -> str:
    """A typed value by the rules of its field: phones, emails, urls, or plain text."""
    if field == "phones":
        return normal_phone(value)
    if field == "emails":
        return "".join(value.split()).removeprefix("mailto:").casefold()
    return normal_url(value) if field in ("urls", "url") else normal_text(value)


def normal_address(address: Address) -> tuple[str, ...]:
    """The five parts as normal text, letter case as it is."""
    parts = (address.street, address.postal_code, address.city, address.region, address.country)
    return tuple(normal_text(part) for part in parts)


def _normal_one(field: str, value: object) -> Hashable:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if field == "status":
            return value.strip().upper() or None
        if field == "recurrence":
            return normal_rule(value) or None
        text = normal_url(value) if field == "url" else normal_text(value)
        return (text.lower() if field == "kind" else text) or None
    if isinstance(value, Typed):
        text = normal_value(field, value.value)
        return (text, frozenset(normal_types(value.types))) if text else None
    if isinstance(value, Address):
        parts = normal_address(value)
        return (parts, frozenset(normal_types(value.types))) if any(parts) else None
    if isinstance(value, Photo):
        return value.content or None
    if isinstance(value, Attendee):
        return normal_value("emails", value.address) or None
    return value if isinstance(value, Hashable) else None


def _counted(field: str, values: tuple[object, ...]) -> dict[tuple[Hashable, int], None]:
    """A list regardless of its order: each form with which time it stands there. Categories are a set."""
    seen: dict[Hashable, int] = {}
    counted: dict[tuple[Hashable, int], None] = {}
    for value in values:
        form = _normal_one(field, value)
        if form is not None:
            seen[form] = 1 if isinstance(form, str) else seen.get(form, 0) + 1
            counted[form, seen[form]] = None
    return counted


def _same_moment(a: Value, b: Value) -> bool:
    if isinstance(a, dt.datetime) and isinstance(b, dt.datetime):
        if (a.tzinfo is None) != (b.tzinfo is None):
            return False
        if a.replace(microsecond=0) == b.replace(microsecond=0):
            return True
        # Clients and columns that know minutes only.
        to_minute = a.replace(second=0, microsecond=0) == b.replace(second=0, microsecond=0)
        return to_minute and 0 in (a.second, b.second)
    moment, day = (a, b) if isinstance(a, dt.datetime) else (b, a)
    # A day told as a time: midnight, or the last minute or second of it as Outlook's connector has it.
    return (
        isinstance(moment, dt.datetime)
        and isinstance(day, dt.date)
        and moment.date() == day
        and (moment.hour, moment.minute) in ((0, 0), (23, 59))
    )


def _same_period(a: Period, b: Period) -> bool:
    if a.is_all_day != b.is_all_day:
        return False
    if a.is_all_day:
        return a.start == b.start and a.end == b.end
    if not (_same_moment(a.start, b.start) and _same_moment(a.end, b.end)):
        return False
    if a.zone is None or b.zone is None:
        # A zone that one side leaves out is not denied by it; but what floats is no instant.
        return "" not in (a.zone, b.zone)
    return a.zone == b.zone or same_clock(a.zone, b.zone, a.start.year)


def _same_person(a: Attendee, b: Attendee) -> bool:
    return (
        normal_value("emails", a.address) == normal_value("emails", b.address)
        # A role, a status or a name that one side leaves out is not denied by it.
        and (not a.role or not b.role or a.role.upper() == b.role.upper())
        and (not a.status or not b.status or a.status.upper() == b.status.upper())
        and (not a.name or not b.name or normal_text(a.name) == normal_text(b.name))
    )


def _same_people(a: tuple[object, ...], b: tuple[object, ...]) -> bool:
    mine = {normal_value("emails", one.address): one for one in a if isinstance(one, Attendee)}
    yours = {normal_value("emails", one.address): one for one in b if isinstance(one, Attendee)}
    return mine.keys() == yours.keys() and all(_same_person(one, yours[key]) for key, one in mine.items())
