"""Both queries: what matches, what is read for it, limits."""

import pytest

from tests.dav.client import DECLARED, Answer, Client
from tests.dav.documents import a_card, a_task, an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"
TASKS = "/dav/calendars/anna/my-tasks/"
BOOK = "/dav/addressbooks/anna/my-contacts/"


async def _events(
    client: Client, inner: str, path: str = CALENDAR, more: str = "", props: str = "<D:getetag/>"
) -> Answer:
    body = (
        f"<C:calendar-query {DECLARED}><D:prop>{props}</D:prop><C:filter><C:comp-filter name='VCALENDAR'>{inner}"
        f"</C:comp-filter></C:filter>{more}</C:calendar-query>"
    )
    return await client.ask("REPORT", path, body, depth="1")


async def _cards(client: Client, inner: str, attributes: str = "", more: str = "") -> Answer:
    body = (
        f"<CR:addressbook-query {DECLARED}><D:prop><D:getetag/><CR:address-data/></D:prop><CR:filter {attributes}>{inner}"
        f"</CR:filter>{more}</CR:addressbook-query>"
    )
    return await client.ask("REPORT", BOOK, body, depth="1")


def _text(name: str, text: str, attributes: str = "") -> str:
    return f"<CR:prop-filter name='{name}'><CR:text-match {attributes}>{text}</CR:text-match></CR:prop-filter>"


@pytest.mark.parametrize(
    ("start", "end", "is_in"),
    [
        ("20270310T000000Z", "20270311T000000Z", True),
        ("20270310T093000Z", "20270310T094500Z", True),
        ("20270310T100000Z", "20270311T000000Z", False),
        ("20270309T000000Z", "20270310T090000Z", False),
        ("20270310T080000Z", "20270310T090001Z", True),
    ],
)
async def test_a_time_range_is_half_open(anna: Client, start: str, end: str, is_in: bool) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "Offer", "20270310T090000Z", "20270310T100000Z"))
    during = f"<C:comp-filter name='VEVENT'><C:time-range start='{start}' end='{end}'/></C:comp-filter>"
    assert (CALENDAR + "a.ics" in (await _events(anna, during)).hrefs) is is_in


async def test_a_whole_calendar_matches_without_being_read(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"))
    listed = (await anna.propfind(CALENDAR, "D:getetag", depth="1")).hrefs[1:]
    for inner in (
        "",
        "<C:comp-filter name='VEVENT'/>",
        "<C:comp-filter name='VTODO'><C:is-not-defined/></C:comp-filter>",
    ):
        assert sorted((await _events(anna, inner)).hrefs) == sorted(listed)
    for inner in ("<C:comp-filter name='VTODO'/>", "<C:comp-filter name='VEVENT'><C:is-not-defined/></C:comp-filter>"):
        assert (await _events(anna, inner)).hrefs == []


async def test_properties_are_compared(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("query-a", "Offer for Müller"))
    await anna.ask("PUT", CALENDAR + "b.ics", an_event("query-b", "Lunch"))

    async def found(prop: str) -> list[str]:
        return sorted((await _events(anna, f"<C:comp-filter name='VEVENT'>{prop}</C:comp-filter>")).hrefs)

    uid = "<C:prop-filter name='UID'><C:text-match collation='i;octet'>query-a</C:text-match></C:prop-filter>"
    assert await found(uid) == [CALENDAR + "a.ics"]
    lower = "<C:prop-filter name='SUMMARY'><C:text-match>offer FOR</C:text-match></C:prop-filter>"
    assert CALENDAR + "a.ics" in await found(lower)
    octet = "<C:prop-filter name='SUMMARY'><C:text-match collation='i;octet'>offer FOR</C:text-match></C:prop-filter>"
    assert CALENDAR + "a.ics" not in await found(octet)
    negated = "<C:prop-filter name='UID'><C:text-match negate-condition='yes'>query-a</C:text-match></C:prop-filter>"
    assert CALENDAR + "a.ics" not in await found(negated)
    assert CALENDAR + "b.ics" in await found(negated)


async def test_content_comes_with_the_matches(anna: Client) -> None:
    await anna.ask("PUT", TASKS + "a.ics", a_task("query-t", "Write to Zoë"))
    inner = "<C:comp-filter name='VTODO'><C:prop-filter name='UID'><C:text-match>query-t</C:text-match></C:prop-filter></C:comp-filter>"
    answer = await _events(anna, inner, TASKS, props="<D:getetag/><C:calendar-data/>")
    served = await anna.ask("GET", TASKS + "a.ics")
    assert answer.only.text("C:calendar-data").encode() == served.body
    assert answer.only.text("D:getetag") == served.etag


async def test_days_are_those_of_the_zone_of_the_query(anna: Client) -> None:
    day = an_event("day", "Fair").replace(b"DTSTART:20270310T090000Z", b"DTSTART;VALUE=DATE:20270310")
    await anna.ask("PUT", CALENDAR + "f.ics", day.replace(b"DTEND:20270310T100000Z", b"DTEND;VALUE=DATE:20270311"))
    during = (
        "<C:comp-filter name='VEVENT'><C:time-range start='20270311T030000Z' end='20270311T040000Z'/></C:comp-filter>"
    )
    zone = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VTIMEZONE\nTZID:America/New_York\nBEGIN:STANDARD\n"
        "DTSTART:20201101T020000\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\nEND:VCALENDAR\n"
    )
    assert CALENDAR + "f.ics" not in (await _events(anna, during)).hrefs
    for more in ("<C:timezone-id>America/New_York</C:timezone-id>", f"<C:timezone>{zone}</C:timezone>"):
        assert CALENDAR + "f.ics" in (await _events(anna, during, more=more)).hrefs


@pytest.mark.parametrize(
    ("more", "precondition"),
    [
        ("<C:timezone-id>Nowhere/Land</C:timezone-id>", "C:valid-timezone"),
        ("<C:timezone>nonsense</C:timezone>", "C:valid-calendar-data"),
        ("<C:timezone>BEGIN:VCALENDAR\nEND:VCALENDAR\n</C:timezone>", "C:valid-calendar-data"),
    ],
)
async def test_zones_that_are_none_are_refused(anna: Client, more: str, precondition: str) -> None:
    answer = await _events(anna, "", more=more)
    assert (answer.status, answer.preconditions) == (403, [precondition])


async def test_a_calendar_query_needs_a_filter(anna: Client) -> None:
    answer = await anna.ask("REPORT", CALENDAR, f"<C:calendar-query {DECLARED}><D:prop/></C:calendar-query>")
    assert (answer.status, answer.preconditions) == (403, ["C:valid-filter"])


async def test_cards_are_found_by_text(anna: Client) -> None:
    await anna.ask("PUT", BOOK + "a.vcf", a_card("a", "Zdenka", "Größe", "EMAIL;TYPE=work:zdenka@quarz.example"))
    await anna.ask("PUT", BOOK + "b.vcf", a_card("b", "Xaver", "Klein"))
    for prop in (
        _text("FN", "zdenka"),
        _text("FN", "GRÖSSE", "match-type='ends-with'"),
        _text("EMAIL", "zdenka@quarz.example", "match-type='equals' collation='i;unicode-casemap'"),
        _text("EMAIL", "ZDENKA@", "match-type='starts-with' collation='i;ascii-casemap'"),
    ):
        answer = await _cards(anna, prop)
        assert answer.hrefs == [BOOK + "a.vcf"]
        assert "zdenka@quarz.example" in answer.only.text("CR:address-data")
    assert (await _cards(anna, _text("FN", "quarz"))).hrefs == []
    both = _text("FN", "Zdenka") + _text("FN", "Xaver")
    assert sorted((await _cards(anna, both)).hrefs) == [BOOK + "a.vcf", BOOK + "b.vcf"]
    assert (await _cards(anna, both, "test='allof'")).hrefs == []


async def test_no_filter_is_every_card(anna: Client) -> None:
    listed = (await anna.propfind(BOOK, "D:getetag", depth="1")).hrefs[1:]
    assert sorted((await _cards(anna, "")).hrefs) == sorted(listed)


@pytest.mark.parametrize("inner", ["", _text("FN", "many")])
async def test_a_limit_is_kept_and_said(anna: Client, many_contacts: list[str], inner: str) -> None:
    limit = "<CR:limit><CR:nresults>250</CR:nresults></CR:limit>"
    answer = await _cards(anna, inner, more=limit)
    assert len(answer.resources) == 251
    cut = answer.at(BOOK)
    assert (cut.status, cut.error) == ("507 Insufficient Storage", "D:number-of-matches-within-limits")
    enough = f"<CR:limit><CR:nresults>{len(many_contacts) + 100}</CR:nresults></CR:limit>"
    whole = await _cards(anna, inner, more=enough)
    assert BOOK not in whole.hrefs
    assert len(whole.hrefs) >= len(many_contacts)


@pytest.mark.parametrize("nresults", ["0", "-1", "", "many"])
async def test_limits_that_make_no_sense_are_bad_requests(anna: Client, nresults: str) -> None:
    answer = await _cards(anna, "", more=f"<CR:limit><CR:nresults>{nresults}</CR:nresults></CR:limit>")
    assert answer.status == 400


async def test_a_query_of_what_is_not_there_is_404(anna: Client) -> None:
    assert (await _events(anna, "", "/dav/calendars/anna/none/")).status == 404


async def test_the_index_and_the_documents_say_the_same_of_every_window(anna: Client) -> None:
    events = {
        "before": ("20270301T080000Z", "20270301T090000Z"),
        "touching": ("20270301T080000Z", "20270302T000000Z"),
        "into": ("20270301T230000Z", "20270302T000001Z"),
        "inside": ("20270302T080000Z", "20270302T090000Z"),
        "over": ("20270301T000000Z", "20270305T000000Z"),
        "at-end": ("20270303T000000Z", "20270303T010000Z"),
        "empty-at-start": ("20270302T000000Z", "20270302T000000Z"),
        "floating": ("20270302T100000", "20270302T110000"),
        "series": ("20270223T090000Z", "20270223T100000Z"),
    }
    for name, (start, end) in events.items():
        more = ["RRULE:FREQ=WEEKLY;COUNT=3"] if name == "series" else []
        assert (await anna.ask("PUT", f"{CALENDAR}w-{name}.ics", an_event(name, name, start, end, *more))).status == 201
    day = "<C:time-range start='20270302T000000Z' end='20270303T000000Z'/>"
    told = "<C:prop-filter name='SUMMARY'/>"
    inside = "<C:comp-filter name='VEVENT'>{}</C:comp-filter>"
    by_index, by_reading = await _events(anna, inside.format(day)), await _events(anna, inside.format(day + told))
    names = {href.rpartition("/w-")[2].removesuffix(".ics") for href in by_index.hrefs if "/w-" in href}
    assert names == {"into", "inside", "over", "empty-at-start", "floating", "series"}
    assert sorted(by_index.hrefs) == sorted(by_reading.hrefs)
