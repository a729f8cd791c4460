"""Recurrence rules as text (RFC 5545 §3.3.10): taken apart, compared, held to limits.

`Rule` is a rule's parts, read and in range. `read_rule` refuses what is no rule or would cost too much to expand;
expansion itself is `gateway.formats.expansion`, which spends from a budget whatever the rule says.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import InvalidContent, OverLimit
from gateway.core.limits import INSTANCES_MOST, Limit

MAX_COUNT: Final = INSTANCES_MOST
"""Occurrences a rule may ask for by COUNT."""
MAX_SUBDAILY: Final = INSTANCES_MOST
"""Occurrences a rule by hour, minute or second may come to before its end."""
MAX_COMBINATIONS: Final = 10_000
"""Product of the lengths of a rule's BY lists."""
MAX_INTERVAL: Final = 100_000
MAX_RULE_LENGTH: Final = 4_000

FREQUENCIES: Final = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SECONDS: Final = {"HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}
_RANGES: Final = {
    "BYMONTH": (1, 12, False),
    "BYWEEKNO": (1, 53, True),
    "BYYEARDAY": (1, 366, True),
    "BYMONTHDAY": (1, 31, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSECOND": (0, 60, False),
    "BYSETPOS": (1, 366, True),
}
_WEEKDAY: Final = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,6}", re.ASCII)
_UNTIL: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?", re.ASCII)
_DEFAULTS: Final = frozenset({("INTERVAL", "1"), ("WKST", "MO")})


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE. `until` is a date, a naive local date-time or an aware UTC one; lists are empty where not stated."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: dt.date | dt.datetime | None = None
    week_start: int = 0
    by_day: tuple[tuple[int, int], ...] = ()
    """(ordinal or 0, weekday with Monday 0)."""
    by_month: tuple[int, ...] = ()
    by_week_number: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()


def parts_of(text: str) -> dict[str, str]:
    """The parts of a rule's text by name, in capitals, blanks removed; of a part that stands twice the last."""
    text = "".join(text.split()).upper().removeprefix("RRULE:")
    pairs = (part.partition("=") for part in text.split(";") if part)
    return {name: value for name, _, value in pairs}


def normal_rule(text: str) -> str:
    """One text for all spellings of a rule: parts and list members sorted, defaults left out."""
    parts = parts_of(text)
    pairs = sorted((name, _normal_part(name, value)) for name, value in parts.items())
    return ";".join(f"{name}={value}" for name, value in pairs if (name, value) not in _DEFAULTS)


def read_rule(text: str) -> Rule:
    """The rule of a text. Raises InvalidContent where it is none or over a limit above, OverLimit for its COUNT."""
    if len(text) > MAX_RULE_LENGTH:
        raise InvalidContent(f"A recurrence rule is longer than {MAX_RULE_LENGTH} characters.")
    parts = parts_of(text)
    frequency = parts.get("FREQ", "")
    if frequency not in FREQUENCIES:
        raise InvalidContent(f"A recurrence rule has no known FREQ: {text[:60]!r}.")
    lists = {name: _numbers(name, parts[name]) for name in _RANGES if name in parts}
    week_start = parts.get("WKST", "MO")
    if week_start not in WEEKDAYS:
        raise InvalidContent(f"WKST is no weekday: {week_start[:20]!r}.")
    rule = Rule(
        frequency,
        interval=_number("INTERVAL", parts.get("INTERVAL", "1"), MAX_INTERVAL),
        count=_count(parts["COUNT"]) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"]) if parts.get("UNTIL") else None,
        week_start=WEEKDAYS.index(week_start),
        by_day=_weekdays(parts["BYDAY"]) if "BYDAY" in parts else (),
        by_month=lists.get("BYMONTH", ()),
        by_week_number=lists.get("BYWEEKNO", ()),
        by_year_day=lists.get("BYYEARDAY", ()),
        by_month_day=lists.get("BYMONTHDAY", ()),
        by_hour=lists.get("BYHOUR", ()),
        by_minute=lists.get("BYMINUTE", ()),
        by_second=lists.get("BYSECOND", ()),
        by_position=lists.get("BYSETPOS", ()),
    )
    if math.prod(len(numbers) or 1 for numbers in (rule.by_day, *lists.values())) > MAX_COMBINATIONS:
        raise InvalidContent("A recurrence rule combines too many lists.")
    return rule


def check_cost(rule: Rule, start: dt.date | dt.datetime) -> None:
    """Raises OverLimit for a rule by hour, minute or second that has no end, or one too far away."""
    step = _SECONDS.get(rule.frequency)
    if step is None or rule.count is not None:
        return
    if rule.until is None:
        raise OverLimit(f"A {rule.frequency} recurrence needs an end (COUNT or UNTIL).", Limit.INSTANCES)
    days = (rule.until.toordinal() - start.toordinal()) + 1
    if days * 86_400 // (step * rule.interval) > MAX_SUBDAILY:
        text = f"A {rule.frequency} recurrence comes to more than {MAX_SUBDAILY} occurrences."
        raise OverLimit(text, Limit.INSTANCES)


def _normal_part(name: str, value: str) -> str:
    if name.startswith("BY"):
        members = (member.lstrip("+") for member in value.split(","))
        return ",".join(sorted(str(int(one)) if one.isdecimal() else one for one in members))
    if name in ("INTERVAL", "COUNT") and value.isdecimal():
        return str(int(value))
    # An UNTIL of local midnight says the day; clients go to and fro between the two.
    return value.removesuffix("T000000") if name == "UNTIL" else value


def _count(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 400 and int(text) > MAX_COUNT:
        raise OverLimit(f"A series has at most {MAX_COUNT} instances.", Limit.INSTANCES)
    return _number("COUNT", text, MAX_COUNT)


def _number(name: str, text: str, limit: int) -> int:
    if _NUMBER.fullmatch(text) is None or not 1 <= int(text) <= limit:
        raise InvalidContent(f"{name} of a recurrence rule must be between 1 and {limit}, not {text[:20]!r}.")
    return int(text)


def _numbers(name: str, text: str) -> tuple[int, ...]:
    low, high, may_be_negative = _RANGES[name]
    numbers: set[int] = set()
    for member in text.split(","):
        number = int(member) if _NUMBER.fullmatch(member) else high + 1
        if not (low <= number <= high or (may_be_negative and -high <= number <= -low)):
            raise InvalidContent(f"{name} of a recurrence rule has a member out of range: {member[:20]!r}.")
        numbers.add(number)
    return tuple(sorted(numbers))


def _weekdays(text: str) -> tuple[tuple[int, int], ...]:
    days: dict[tuple[int, int], None] = {}
    for member in text.split(","):
        found = _WEEKDAY.fullmatch(member)
        if found is None or abs(int(found[1] or 0)) > 53:
            raise InvalidContent(f"BYDAY of a recurrence rule has a member that is none: {member[:20]!r}.")
        days[int(found[1] or 0), WEEKDAYS.index(found[2])] = None
    return tuple(days)


def _until(text: str) -> dt.date | dt.datetime:
    found = _UNTIL.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        year, month, day = int(found[1]), int(found[2]), int(found[3])
        if found[4] is None:
            return dt.date(year, month, day)
        zone = dt.UTC if found[7] else None
        return dt.datetime(year, month, day, int(found[4]), int(found[5]), min(int(found[6]), 59), tzinfo=zone)
    except ValueError:
        raise InvalidContent(f"UNTIL of a recurrence rule is no date: {text[:20]!r}.") from None
