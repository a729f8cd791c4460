"""Both multigets: spellings, absences, batches."""

import pytest

from protocols.dav.reports.multiget import MAX_HREFS
from tests.dav.client import DECLARED, Client
from tests.dav.documents import a_card, an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"
BOOK = "/dav/addressbooks/anna/my-contacts/"


@pytest.mark.parametrize("headers", [{}, {"depth": "0"}, {"depth": "1"}])
async def test_resources_come_in_the_order_asked_for_whatever_the_depth(anna: Client, headers: dict[str, str]) -> None:
    for name in ("a", "b"):
        await anna.ask("PUT", BOOK + f"{name}.vcf", a_card(name))
    answer = await anna.multiget(BOOK, [BOOK + "b.vcf", BOOK + "a.vcf"], **headers)
    assert answer.hrefs == [BOOK + "b.vcf", BOOK + "a.vcf"]
    served = await anna.ask("GET", BOOK + "a.vcf")
    assert answer.at(BOOK + "a.vcf").text("CR:address-data").encode() == served.body
    assert answer.at(BOOK + "a.vcf").text("D:getetag") == served.etag


async def test_each_resource_is_answered_once_however_it_is_spelled(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a%40b.ics", an_event("a@b"))
    hrefs = [CALENDAR + "a@b.ics", CALENDAR + "a%40b.ics", "https://crm.example:8443" + CALENDAR + "%61%40b.ics"]
    answer = await anna.multiget(CALENDAR, hrefs)
    assert answer.hrefs == [CALENDAR + "a%40b.ics"]
    assert answer.only.has("C:calendar-data")


async def test_what_is_not_there_is_404_each(anna: Client, bob: Client) -> None:
    await bob.ask("PUT", "/dav/calendars/bob/my-calendar/secret.ics", an_event("secret"))
    await anna.ask("PUT", BOOK + "x.vcf", a_card("x"))
    absent = [
        CALENDAR + "none.ics",
        "/dav/calendars/bob/my-calendar/secret.ics",
        "/dav/calendars/nobody/my-calendar/secret.ics",
        BOOK + "x.vcf",
        CALENDAR,
        "/dav/calendars/anna/my-calendar/../my-calendar/x.ics",
        CALENDAR + "%00",
        "http://[::1/x",
        "x.ics",
        "",
    ]
    answer = await anna.multiget(CALENDAR, absent)
    assert answer.status == 207
    assert sorted(answer.hrefs) == sorted(absent)
    assert {resource.status for resource in answer.resources} == {"404 Not Found"}


async def test_unknown_properties_are_404_beside_the_content(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"))
    answer = await anna.multiget(CALENDAR, [CALENDAR + "a.ics"], "D:getetag", "D:displayname", "C:calendar-data")
    assert answer.only.lacks("D:displayname")
    assert answer.only.has("C:calendar-data")


async def test_more_than_a_batch_streams_in_the_order_asked_for(anna: Client, many_contacts: list[str]) -> None:
    hrefs = (await anna.propfind(BOOK, "D:getetag", depth="1")).hrefs[:0:-1]
    assert len(hrefs) > len(many_contacts)
    answer = await anna.multiget(BOOK, hrefs)
    assert answer.hrefs == hrefs
    text = "".join(resource.text("CR:address-data") for resource in answer.resources)
    assert all(f"N:Many;{name};" in text for name in many_contacts)


async def test_too_many_at_once_are_refused(anna: Client) -> None:
    answer = await anna.multiget(CALENDAR, [f"/{n}" for n in range(MAX_HREFS + 1)])
    assert (answer.status, answer.preconditions) == (403, ["D:number-of-matches-within-limits"])


async def test_the_report_must_be_that_of_the_collection(anna: Client) -> None:
    body = f"<CR:addressbook-multiget {DECLARED}><D:prop/><D:href>{CALENDAR}a.ics</D:href></CR:addressbook-multiget>"
    answer = await anna.ask("REPORT", CALENDAR, body)
    assert (answer.status, answer.preconditions) == (403, ["D:supported-report"])


async def test_no_hrefs_are_no_resources(anna: Client) -> None:
    assert (await anna.multiget(CALENDAR, [])).hrefs == []
    assert (await anna.multiget("/dav/calendars/anna/none/", [])).status == 404
