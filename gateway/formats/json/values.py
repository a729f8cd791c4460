"""A raw value and its JSON, by type (RFC 7095 §3.5, RFC 7265 §3.6).

Dates and times have hyphens and colons in JSON, numbers and booleans are such, rules are objects. A value that is not
what its type says goes as the text it is, and comes back so.
"""

from __future__ import annotations

import re
from typing import Any, Final

from gateway.core.errors import InvalidContent
from gateway.formats.escaping import escape, unescape
from gateway.formats.rules import parts_of

_TIMES: Final = frozenset({"date", "time", "date-time", "date-and-or-time", "timestamp"})
_BASIC_DATE: Final = re.compile(r"([0-9]{4}|--)([0-9]{2})([0-9]{2})", re.ASCII)
_BASIC_TIME: Final = re.compile(
    r"(?P<clock>-?[0-9]{2}(?:[0-9]{2}){0,2}|--[0-9]{2})(?P<zone>Z|[+-][0-9]{2}(?:[0-9]{2})?)?", re.ASCII | re.IGNORECASE
)
_EXTENDED_DATE: Final = re.compile(r"([0-9]{4}|-)-([0-9]{2})-([0-9]{2})", re.ASCII)
_BASIC_OFFSET: Final = re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})?", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,15}", re.ASCII)
_FLOAT: Final = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)
_RULE_NAME: Final = re.compile(r"[A-Za-z-]{1,40}", re.ASCII)


def write_value(kind: str, raw: str) -> Any:
    """The JSON value of a raw one."""
    if kind == "text":
        return unescape(raw)
    if kind in _TIMES:
        return _extended(raw, kind)
    if kind == "period":
        return [_extended(part, "date-time") if part[:1].isdigit() else part for part in raw.split("/", 1)]
    if kind == "utc-offset":
        return _extended_offset(raw)
    if kind == "integer":
        return int(raw) if _INTEGER.fullmatch(raw.strip()) else raw
    if kind == "float":
        return float(raw) if _FLOAT.fullmatch(raw.strip()) else raw
    if kind == "boolean":
        return {"TRUE": True, "FALSE": False}.get(raw.strip().upper(), raw)
    return _rule(raw) if kind == "recur" else raw


def read_value(kind: str, value: Any) -> str:
    """The raw value of a JSON one. Raises InvalidContent."""
    if kind == "recur" and isinstance(value, dict):
        return _raw_rule(value)
    if kind == "period" and isinstance(value, list):
        return "/".join(_basic(part) if isinstance(part, str) else read_value("text", part) for part in value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if not isinstance(value, str):
        raise InvalidContent(f"A value of type {kind} is no text, number or boolean.")
    if kind == "text":
        return escape(value)
    text = value.translate({10: None, 13: None})
    if kind in _TIMES:
        return _basic(text)
    return text.replace(":", "") if kind == "utc-offset" else text


def _extended(raw: str, kind: str) -> str:
    date, mark, time = ("", "", raw) if kind == "time" else raw.strip().partition("T")
    if raw.startswith("T"):
        date, mark, time = "", "T", raw[1:]
    found = _BASIC_DATE.fullmatch(date)
    if found is not None:
        date = f"{found[1]}{'' if found[1] == '--' else '-'}{found[2]}-{found[3]}"
    return date + mark + _extended_time(time)


def _extended_time(time: str) -> str:
    found = _BASIC_TIME.fullmatch(time)
    if found is None:
        return time
    clock, zone = found["clock"], found["zone"] or ""
    lead = clock[: len(clock) - len(clock.lstrip("-"))]
    digits = clock[len(lead) :]
    pairs = ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
    return lead + pairs + _extended_offset(zone)


def _extended_offset(raw: str) -> str:
    found = _BASIC_OFFSET.fullmatch(raw)
    return raw if found is None else f"{found[1]}{found[2]}:{found[3]}" + (f":{found[4]}" if found[4] else "")


def _basic(text: str) -> str:
    date, mark, time = text.partition("T")
    found = _EXTENDED_DATE.fullmatch(date)
    if found is not None:
        date = f"{'--' if found[1] == '-' else found[1]}{found[2]}{found[3]}"
    elif ":" in date:
        date = date.replace(":", "")
    return date + mark + time.replace(":", "")


def _rule(raw: str) -> Any:
    made: dict[str, Any] = {}
    for name, text in parts_of(raw).items():
        values = [_rule_value(name, piece) for piece in text.split(",")]
        made[name.lower()] = values[0] if len(values) == 1 else values
    return made or raw


def _rule_value(name: str, text: str) -> Any:
    if name == "UNTIL":
        return _extended(text, "date-time")
    return int(text) if _INTEGER.fullmatch(text) else text


def _raw_rule(value: dict[str, Any]) -> str:
    parts: list[str] = []
    for name, stated in value.items():
        values = stated if isinstance(stated, list) else [stated]
        if not _RULE_NAME.fullmatch(name) or not all(isinstance(one, str | int) for one in values):
            raise InvalidContent("A recurrence rule has parts of texts and numbers.")
        texts = (_basic(str(one)) if name.upper() == "UNTIL" else str(one) for one in values)
        parts.append(f"{name.upper()}={','.join(texts)}".translate({10: None, 13: None, 59: None}))
    return ";".join(parts)
