"""The least that is a valid event, task or card."""

from __future__ import annotations


def an_event(
    uid: str, summary: str = "Offer", start: str = "20270310T090000Z", end: str = "20270310T100000Z", *more: str
) -> bytes:
    return _document(
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//tests//EN",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20270101T000000Z",
        f"DTSTART:{start}",
        f"DTEND:{end}",
        f"SUMMARY:{summary}",
        *more,
        "END:VEVENT",
        "END:VCALENDAR",
    )


def a_task(uid: str, summary: str = "Call back", *more: str) -> bytes:
    return _document(
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//tests//EN",
        "BEGIN:VTODO",
        f"UID:{uid}",
        "DTSTAMP:20270101T000000Z",
        f"SUMMARY:{summary}",
        *more,
        "END:VTODO",
        "END:VCALENDAR",
    )


def a_card(uid: str, first: str = "Rosa", last: str = "Kern", *more: str) -> bytes:
    return _document(
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:{uid}",
        f"FN:{first} {last}",
        f"N:{last};{first};;;",
        *more,
        "END:VCARD",
    )


def _document(*lines: str) -> bytes:
    return "".join(line + "\r\n" for line in lines).encode()
