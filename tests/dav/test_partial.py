"""Content in part."""

import pytest

from protocols.dav import xml
from protocols.dav.partial import cut, read_part
from tests.dav.client import DECLARED, Client
from tests.dav.documents import a_card, an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"
BOOK = "/dav/addressbooks/anna/my-contacts/"

EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//tests//EN\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nEND:VTIMEZONE\r\n"
    "BEGIN:VEVENT\r\nUID:a\r\nSUMMARY;LANGUAGE=de:Angebot\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n"
)


@pytest.mark.parametrize(
    ("comp", "expected"),
    [
        ('<C:comp name="VCALENDAR"/>', EVENT),
        ('<C:comp name="VCALENDAR"><C:allprop/><C:allcomp/></C:comp>', EVENT),
        (
            '<C:comp name="VCALENDAR"><C:prop name="version"/><C:comp name="VEVENT"><C:prop name="UID"/></C:comp></C:comp>',
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        ),
        (
            '<C:comp name="VCALENDAR"><C:comp name="VTIMEZONE"/><C:comp name="VEVENT"><C:allcomp/>'
            '<C:prop name="SUMMARY" novalue="yes"/></C:comp></C:comp>',
            "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n"
            "SUMMARY;LANGUAGE=de:\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        ),
        ('<C:comp name="VCALENDAR"><C:prop name="X"/></C:comp>', "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
    ],
)
def test_parts_of_a_calendar_object(comp: str, expected: str) -> None:
    element = xml.parse(comp.replace("<C:comp", f"<C:comp {DECLARED}", 1).encode())
    assert cut(EVENT.encode(), "VCALENDAR", read_part(element)) == expected.encode()


async def test_a_report_may_ask_for_a_part_of_an_event(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "Offer"))
    body = (
        f'<C:calendar-multiget {DECLARED}><D:prop><C:calendar-data><C:comp name="VCALENDAR"><C:comp name="VEVENT">'
        f'<C:prop name="UID"/></C:comp></C:comp></C:calendar-data></D:prop><D:href>{CALENDAR}a.ics</D:href></C:calendar-multiget>'
    )
    text = (await anna.ask("REPORT", CALENDAR, body)).only.text("C:calendar-data")
    assert text == "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


async def test_a_report_may_ask_for_some_properties_of_a_card(anna: Client) -> None:
    await anna.ask("PUT", BOOK + "a.vcf", a_card("a", "Rosa", "Kern"))
    body = (
        f'<CR:addressbook-multiget {DECLARED}><D:prop><CR:address-data><CR:prop name="fn"/><CR:prop name="VERSION"/>'
        f"</CR:address-data></D:prop><D:href>{BOOK}a.vcf</D:href></CR:addressbook-multiget>"
    )
    text = (await anna.ask("REPORT", BOOK, body)).only.text("CR:address-data")
    assert text == "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Rosa Kern\r\nEND:VCARD\r\n"


@pytest.mark.parametrize(
    ("path", "data", "status", "precondition"),
    [
        (CALENDAR, '<C:calendar-data content-type="application/calendar+xml"/>', 403, "C:supported-calendar-data"),
        (CALENDAR, '<C:calendar-data version="1.0"/>', 403, "C:supported-calendar-data"),
        (CALENDAR, '<C:calendar-data><C:comp name="VEVENT"/></C:calendar-data>', 400, ""),
        (BOOK, '<CR:address-data content-type="text/html"/>', 403, "CR:supported-address-data"),
        (BOOK, '<CR:address-data content-type="text/vcard" version="2.1"/>', 403, "CR:supported-address-data"),
    ],
)
async def test_forms_that_cannot_be_given_are_refused(
    anna: Client, path: str, data: str, status: int, precondition: str
) -> None:
    report = "CR:addressbook-multiget" if path == BOOK else "C:calendar-multiget"
    answer = await anna.ask("REPORT", path, f"<{report} {DECLARED}><D:prop>{data}</D:prop></{report}>")
    assert answer.status == status
    assert (answer.preconditions == [precondition]) if precondition else True
