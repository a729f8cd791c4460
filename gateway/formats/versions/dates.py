"""Birthdays and anniversaries: extended form and Apple's omitted year in 3.0, basic and `--MMDD` in 4.0 (RFC 6350 §4.3).

What one of the versions cannot say (a year alone, a day of a month, words) stays as it is in the other.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.core.tree import Line
from gateway.formats.params import first_param, set_param

_OMIT: Final = "X-APPLE-OMIT-YEAR"
_NO_YEAR: Final = "1604"
"""What Apple's programs put where a year is not known: a leap year long ago."""
_FULL: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T(.*))?", re.ASCII | re.IGNORECASE)
_YEARLESS: Final = re.compile(r"--([0-9]{2})-?([0-9]{2})", re.ASCII)
_CLOCK: Final = re.compile(
    r"([0-9]{2}):?([0-9]{2}):?([0-9]{2})((?:\.[0-9]+)?)(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?", re.ASCII
)


def upward(line: Line) -> None:
    """A date of 3.0 as 4.0 has it, in place."""
    value = line.value.strip()
    full, yearless = _FULL.fullmatch(value), _YEARLESS.fullmatch(value)
    omitted = first_param(line, _OMIT)
    if (first_param(line, "VALUE") or "date").lower() not in ("date", "date-time") or not (full or yearless):
        return
    if yearless is not None:
        line.value = f"--{yearless[1]}{yearless[2]}"
    elif full is not None and full[4] is None:
        line.value = f"--{full[2]}{full[3]}" if omitted == full[1] else f"{full[1]}{full[2]}{full[3]}"
    elif full is not None:
        clock = _basic_clock(full[4])
        if clock is None:
            return
        line.value = f"{full[1]}{full[2]}{full[3]}T{clock}"
    for name in ("VALUE", _OMIT):
        set_param(line, name, None)


def downward(line: Line) -> None:
    """A date of 4.0 as 3.0 has it, in place."""
    value = line.value.strip()
    full, yearless = _FULL.fullmatch(value), _YEARLESS.fullmatch(value)
    if (first_param(line, "VALUE") or "date").lower() == "text" or not (full or yearless):
        return
    set_param(line, "VALUE", None)
    if yearless is not None:
        line.value = f"{_NO_YEAR}-{yearless[1]}-{yearless[2]}"
        set_param(line, _OMIT, [_NO_YEAR])
    elif full is not None:
        date = f"{full[1]}-{full[2]}-{full[3]}"
        clock = None if full[4] is None else _extended_clock(full[4])
        line.value = date if full[4] is None else f"{date}T{clock or full[4]}"
        if full[4] is not None:
            set_param(line, "VALUE", ["date-time"])


def stamp_upward(line: Line) -> None:
    """REV: basic form (RFC 6350 §4.3.5)."""
    found = _FULL.fullmatch(line.value.strip())
    clock = _basic_clock(found[4]) if found is not None and found[4] is not None else None
    if found is not None and clock is not None:
        line.value = f"{found[1]}{found[2]}{found[3]}T{clock}"
        set_param(line, "VALUE", None)


def stamp_downward(line: Line) -> None:
    """REV: extended form, as RFC 2426 §3.6.4 has it first."""
    found = _FULL.fullmatch(line.value.strip())
    clock = _extended_clock(found[4]) if found is not None and found[4] is not None else None
    if found is not None and clock is not None:
        line.value = f"{found[1]}-{found[2]}-{found[3]}T{clock}"
        set_param(line, "VALUE", None)


def _basic_clock(text: str) -> str | None:
    found = _CLOCK.fullmatch(text)
    return None if found is None else f"{found[1]}{found[2]}{found[3]}{found[4]}{(found[5] or '').replace(':', '')}"


def _extended_clock(text: str) -> str | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    offset = found[5] or ""
    if len(offset) == 5:
        offset = f"{offset[:3]}:{offset[3:]}"
    return f"{found[1]}:{found[2]}:{found[3]}{found[4]}{offset}"
