"""Independent readers understand what we write."""

from __future__ import annotations

import datetime as dt
from typing import Any

import icalendar
import vobject  # type: ignore[import-untyped]

from gateway.core.entities import Address, Attendee, Period, Photo, Typed, Value
from gateway.core.ids import ObjectUid
from gateway.formats.card import CardCodec
from gateway.formats.contentline import serialise
from tests.formats.calendars import written


def test_vobject_reads_a_new_card() -> None:
    card = CardCodec().blank(ObjectUid("u-1"))
    fields: dict[str, Value] = {
        "first_name": "Jürgen; \\",
        "last_name": "Müller, sen.",
        "organisation": "A; B",
        "department": "C",
        "emails": (Typed("j@example.com", ("work",)), Typed("k@example.com")),
        "phones": (Typed("+49 30 1", ("work", "fax")),),
        "addresses": (Address("Weg 1\nHof", "10115", "Ort", "", "Land", ("home",)),),
        "notes": "日本語 " * 40,
        "photo": Photo("image/jpeg", bytes(range(256)) * 4),
    }
    CardCodec().write(card, fields)
    read = vobject.readOne(serialise(card).decode())
    assert (read.n.value.family, read.n.value.given) == ("Müller, sen.", "Jürgen; \\")
    assert read.org.value == ["A; B", "C"]
    assert [email.value for email in read.email_list] == ["j@example.com", "k@example.com"]
    assert read.tel.params["TYPE"] == ["WORK", "FAX"]
    assert (read.adr.value.street, read.adr.value.code) == ("Weg 1\nHof", "10115")
    assert read.note.value == "日本語 " * 40
    assert read.photo.value == bytes(range(256)) * 4


def test_icalendar_reads_a_new_event() -> None:
    start = dt.datetime(2026, 3, 16, 8, 30, tzinfo=dt.UTC)
    document = written(
        {
            "summary": "日本語, " * 30,
            "period": Period(start, start + dt.timedelta(hours=1), "Europe/Berlin"),
            "recurrence": "FREQ=WEEKLY;BYDAY=MO",
            "attendees": (Attendee("a@example.com", 'O"Neill; Ada', "ACCEPTED", "CHAIR"),),
            "categories": ("a,b", "c"),
            "reminder": 15,
        }
    )
    calendar = icalendar.Calendar.from_ical(serialise(document))
    found: Any = calendar.walk("VEVENT")
    event = found[0]
    assert event["SUMMARY"] == "日本語, " * 30
    assert event["DTSTART"].dt == start
    assert event["DTSTART"].dt.utcoffset() == dt.timedelta(hours=1)
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["CATEGORIES"].cats == ["a,b", "c"]
    assert event.walk("VALARM")[0]["TRIGGER"].dt == dt.timedelta(minutes=-15)
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Berlin"]
