"""Invents meetings and tasks: rows of several years around 2026, with the people who take part.

Most meetings are an hour or so on a working day, in their owner's zone; some last whole days, some are weekly series
bounded by COUNT or UNTIL, a few are private or cancelled. Pure but for the random numbers.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from storage.crm.reference import vocabulary
from storage.crm.reference.invent import Person, Row

FIRST = dt.date(2024, 1, 1)
DAYS = 4 * 365
TODAY = dt.date(2026, 6, 1)
"""What came before is held or done, what comes after is planned. Fixed, so that a seed always makes the same rows."""

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Colleague:
    """A user as meetings need one."""

    key: int
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Invented:
    """A meeting and its rows in the three tables of those who take part."""

    meeting: Row
    users: Sequence[Row]
    contacts: Sequence[Row]
    attendees: Sequence[Row]


def meeting(
    rng: random.Random, key: int, owner: Colleague, colleagues: Sequence[Colleague], people: Sequence[Person]
) -> Invented:
    """One meeting; who takes part is drawn from `colleagues` and `people`."""
    day = FIRST + dt.timedelta(days=rng.randrange(DAYS))
    guests = rng.sample(people, min(len(people), rng.choice((0, 1, 1, 2, 3))))
    company = guests[0].company if guests else None
    row: Row = {
        "id": key,
        "all_day": 0,
        "timezone": owner.zone.key,
        "location": rng.choice(vocabulary.PLACES) or None,
        "notes": rng.choice(vocabulary.NOTES) if rng.random() < 0.3 else None,
        "status": "cancelled" if rng.random() < 0.04 else "held" if day < TODAY else "planned",
        "private": int(rng.random() < 0.03),
        "company_id": company.key if company else None,
        "reminder_minutes": rng.choice((None, 5, 15, 15, 60)),
        "recurrence": None,
        "owner_id": owner.key,
    }
    kind = rng.random()
    if kind < 0.06:
        row |= _all_day(rng, day)
    elif kind < 0.12:
        row |= _series(rng, day, owner.zone)
    else:
        name = rng.choice(vocabulary.MEETINGS)
        row |= _hours(rng, _workday(day), owner.zone) | {"subject": f"{name} {company.name}" if company else name}
    others = [colleague for colleague in colleagues if colleague.key != owner.key]
    return Invented(
        row,
        [
            {"meeting_id": key, "user_id": colleague.key, "status": _status(rng)}
            for colleague in rng.sample(others, min(len(others), rng.choice((0, 0, 1))))
        ],
        [{"meeting_id": key, "contact_id": guest.key, "status": _status(rng)} for guest in guests],
        [{"meeting_id": key, "status": _status(rng), **_outsider(rng)}] if rng.random() < 0.1 else [],
    )


def task(rng: random.Random, key: int, owner: Colleague, people: Sequence[Person]) -> Row:
    """One task, mostly about one of `people`."""
    due = FIRST + dt.timedelta(days=rng.randrange(DAYS))
    about = rng.choice(people) if people and rng.random() < 0.8 else None
    is_done = due < TODAY and rng.random() < 0.9
    is_begun = not is_done and rng.random() < 0.2
    name = rng.choice(vocabulary.TASKS)
    return {
        "id": key,
        "subject": f"{name}: {about.name}" if about else name,
        "due_date": due if rng.random() < 0.9 else None,
        "starts_on": due - dt.timedelta(days=rng.randrange(1, 15)) if rng.random() < 0.3 else None,
        "status": "done" if is_done else "in progress" if is_begun else "open",
        "priority": rng.choice(("normal", "normal", "normal", "high", "low")),
        "percent": 100 if is_done else rng.randrange(10, 100, 10) if is_begun else 0,
        "completed_at": dt.datetime.combine(due, dt.time(15, rng.randrange(60))) if is_done else None,
        "notes": rng.choice(vocabulary.NOTES) if rng.random() < 0.2 else None,
        "contact_id": about.key if about else None,
        "company_id": about.company.key if about and about.company else None,
        "private": int(rng.random() < 0.02),
        "owner_id": owner.key,
    }


def _status(rng: random.Random) -> str:
    return rng.choice(("accepted", "accepted", "none", "tentative", "declined"))


def _outsider(rng: random.Random) -> Row:
    region = rng.choice(vocabulary.REGIONS)
    return {
        "address": f"guest{rng.randrange(10_000)}@outside.{region.domain}",
        "name": f"{rng.choice(region.first_names)} {rng.choice(region.last_names)}",
    }


def _workday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=max(0, day.weekday() - 4))


def _naive(moment: dt.datetime) -> dt.datetime:
    """As the CRM's columns have it: UTC, without saying so."""
    return moment.astimezone(_UTC).replace(tzinfo=None)


def _hours(rng: random.Random, day: dt.date, zone: ZoneInfo) -> Row:
    start = dt.datetime.combine(day, dt.time(rng.randrange(8, 18), rng.choice((0, 0, 15, 30))), zone)
    length = dt.timedelta(minutes=rng.choice((15, 30, 45, 60, 60, 90, 120)))
    return {"starts_at": _naive(start), "ends_at": _naive(start) + length}


def _all_day(rng: random.Random, day: dt.date) -> Row:
    first = dt.datetime.combine(day, dt.time())
    return {
        "subject": rng.choice(vocabulary.ALL_DAY),
        "all_day": 1,
        "starts_at": first,
        "ends_at": first + dt.timedelta(days=rng.choice((1, 1, 1, 2, 3, 5))),
    }


def _series(rng: random.Random, day: dt.date, zone: ZoneInfo) -> Row:
    row = _hours(rng, _workday(day), zone)
    weeks = rng.randrange(4, 53)
    if rng.random() < 0.5:
        bound = f"COUNT={weeks}"
    else:
        # A date-time in UTC, as the rule of a series with a time zone must have it (RFC 5545 §3.3.10). One day over
        # the last week, so that no change of clocks cuts the last occurrence off.
        bound = f"UNTIL={row['starts_at'] + dt.timedelta(weeks=weeks, days=1):%Y%m%dT%H%M%SZ}"
    return row | {"subject": rng.choice(vocabulary.SERIES), "recurrence": f"FREQ=WEEKLY;{bound}"}
