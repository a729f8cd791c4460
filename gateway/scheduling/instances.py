"""One instance of a series as a component of its own, made of the master where there is none yet.

An instance has to be one that the series really has: who names another gets nothing, so nobody fills a document with
instances of his own invention.
"""

from __future__ import annotations

import datetime as dt

from gateway.core.tree import Component, Line
from gateway.formats.checks import MAX_OVERRIDES
from gateway.formats.expansion import BudgetSpent
from gateway.formats.moments import read_stamp
from gateway.formats.recurrence import expand
from gateway.formats.spans import span_of
from gateway.scheduling.objects import MASTER, by_key, copied, set_lines, text_of


def instance(document: Component, key: str) -> Component | None:
    """A component for the instance with this key, not yet in the document; None where the series has none such."""
    held = by_key(document)
    master = held.get(MASTER)
    if master is None or read_stamp(key) is None or len(held) >= MAX_OVERRIDES:
        return None
    found = _happens(document, key)
    if found is None:
        return None
    start, end = found
    one = copied(master)
    one.items[:] = [
        item
        for item in one.items
        if isinstance(item, Component) or item.name.upper() not in ("RRULE", "RDATE", "EXDATE", "EXRULE", "DTEND", "DURATION", "DUE")
    ]  # fmt: skip
    own = master.line("DTSTART")
    params = "" if own is None else own.params
    set_lines(one, "RECURRENCE-ID", [Line("RECURRENCE-ID", start, params)])
    set_lines(one, "DTSTART", [Line("DTSTART", start, params)])
    if end:
        set_lines(
            one,
            "DTEND" if one.name.upper() == "VEVENT" else "DUE",
            [Line("DTEND" if one.name.upper() == "VEVENT" else "DUE", end, params)],
        )
    return one


def _happens(document: Component, key: str) -> tuple[str, str] | None:
    """Start and end, on the clock of the series, of the instance with this key; None where the series has none such."""
    master = by_key(document)[MASTER]
    span = span_of(master, document)
    if span.start is None:
        return None
    try:
        for one in expand(document, *_around(key)):
            if one.component is not master or one.start is None:
                continue
            clock = one.start.astimezone(span.start.zone.rules)
            if _key(one.start, clock, is_date=span.start.is_date) == key:
                end = None if one.end is None else one.end.astimezone(span.start.zone.rules)
                suffix = "Z" if text_of(master, "DTSTART").upper().endswith("Z") else ""
                return _stamp(clock, suffix, is_date=span.start.is_date), (
                    "" if end is None else _stamp(end, suffix, is_date=span.start.is_date)
                )
    except BudgetSpent:
        return None
    return None


def _around(key: str) -> tuple[dt.datetime, dt.datetime]:
    day = dt.datetime.strptime(key[:8], "%Y%m%d").replace(tzinfo=dt.UTC)
    return day - dt.timedelta(days=2), day + dt.timedelta(days=3)


def _key(instant: dt.datetime, clock: dt.datetime, *, is_date: bool) -> str:
    return clock.strftime("%Y%m%d") if is_date else instant.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def _stamp(clock: dt.datetime, suffix: str, *, is_date: bool) -> str:
    return clock.strftime("%Y%m%d") if is_date else clock.strftime("%Y%m%dT%H%M%S") + suffix
