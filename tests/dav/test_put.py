"""PUT: conditions, names, media types, ETags."""

import pytest

from tests.dav.client import Client
from tests.dav.documents import a_card, a_task, an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"
BOOK = "/dav/addressbooks/anna/my-contacts/"
SHARED = "/dav/addressbooks/anna/readable/"


@pytest.mark.parametrize("path", [CALENDAR + "new.ics", BOOK + "new.vcf"])
async def test_an_etag_comes_back_only_for_what_will_be_served_as_it_came(anna: Client, path: str) -> None:
    body = an_event("new") if path.endswith(".ics") else a_card("new")
    created = await anna.ask("PUT", path, body, if_none_match="*")
    assert created.status == 201
    served = await anna.ask("GET", path)
    assert ("ETag" in created.headers) == (served.body == body)
    assert created.headers.get("ETag", served.etag) == served.etag


async def test_a_resource_that_is_there_is_not_created_again(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "First"))
    assert (await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "Second"), if_none_match="*")).status == 412
    assert b"First" in (await anna.ask("GET", CALENDAR + "a.ics")).body


@pytest.mark.parametrize("spelled", ["{}", "W/{}", "{plain}", '\\"{plain}\\"', '"no", {}'])
async def test_an_etag_is_understood_however_it_is_quoted(anna: Client, spelled: str) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "First"))
    etag = (await anna.ask("GET", CALENDAR + "a.ics")).etag
    tag = spelled.format(etag, plain=etag.strip('"'))
    assert (await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "Second"), if_match=tag)).status == 204
    assert b"Second" in (await anna.ask("GET", CALENDAR + "a.ics")).body


async def test_a_put_with_a_stale_etag_is_refused(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "First"))
    etag = (await anna.ask("GET", CALENDAR + "a.ics")).etag
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "Second"))
    assert (await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "Third"), if_match=etag)).status == 412
    assert (await anna.ask("PUT", CALENDAR + "none.ics", an_event("none"), if_match="*")).status == 412
    assert (await anna.ask("GET", CALENDAR + "none.ics")).status == 404


@pytest.mark.parametrize("name", ["a%40b.ics", "%C3%A4%20%2B%3D.ics", "no-extension", "a%0Ab", "a%2Fb.ics", "%25.ics"])
async def test_any_name_is_kept(anna: Client, name: str) -> None:
    assert (await anna.ask("PUT", CALENDAR + name, an_event("u-" + name))).status == 201
    assert (await anna.ask("GET", CALENDAR + name)).status == 200
    listing = await anna.propfind(CALENDAR, "D:getetag", depth="1")
    assert CALENDAR + name in listing.hrefs


async def test_a_part_is_not_taken_for_the_whole(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"))
    answer = await anna.ask("PUT", CALENDAR + "a.ics", b"x", content_range="bytes 0-0/5")
    assert answer.status == 400


@pytest.mark.parametrize(
    "path", ["/dav/calendars/anna/none/x.ics", "/dav/files/anna/no/x", "/dav/calendars/bob/my-calendar/x.ics", "/x"]
)
async def test_without_a_collection_nothing_is_put(anna: Client, path: str) -> None:
    assert (await anna.ask("PUT", path, an_event("x"))).status == 409


@pytest.mark.parametrize("path", ["/dav/", "/dav/principals/anna/", "/dav/calendars/anna/", CALENDAR])
async def test_a_collection_is_not_written_over(anna: Client, path: str) -> None:
    answer = await anna.ask("PUT", path, an_event("x"))
    assert answer.status == 405
    assert "PUT" not in answer.headers["Allow"]


async def test_what_may_only_be_read_is_refused_with_its_privilege(anna: Client) -> None:
    answer = await anna.ask("PUT", SHARED + "x.vcf", a_card("x"))
    assert (answer.status, answer.preconditions) == (403, ["D:need-privileges"])


@pytest.mark.parametrize("media_type", ["application/json", "text/x-vnote", "text/html; charset=utf-8"])
async def test_a_media_type_that_is_not_taken_is_refused(anna: Client, media_type: str) -> None:
    event = await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"), content_type=media_type)
    assert (event.status, event.preconditions) == (415, ["C:supported-calendar-data"])
    card = await anna.ask("PUT", BOOK + "a.vcf", a_card("a"), content_type=media_type)
    assert (card.status, card.preconditions) == (415, ["CR:supported-address-data"])
    assert (await anna.ask("GET", CALENDAR + "a.ics")).status == 404


@pytest.mark.parametrize("media_type", ["text/calendar", "Text/Calendar; charset=utf-8; component=VEVENT", ""])
async def test_a_media_type_may_have_parameters_or_be_missing(anna: Client, media_type: str) -> None:
    assert (await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"), content_type=media_type)).status == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
        an_event("a").replace(b"UID:a\r\n", b""),
        an_event("a").replace(b"END:VEVENT\r\n", b""),
    ],
)
async def test_what_is_no_event_is_refused_and_nothing_is_written(anna: Client, body: bytes) -> None:
    token = (await anna.sync(CALENDAR)).sync_token
    answer = await anna.ask("PUT", CALENDAR + "bad.ics", body)
    assert (answer.status, answer.preconditions) == (403, ["C:valid-calendar-data"])
    assert (await anna.sync(CALENDAR, token)).sync_token == token


@pytest.mark.parametrize("body", [b"", b"nonsense", b"BEGIN:VCARD\r\nVERSION:3.0\r\n", b"\xff\xfe\x00"])
async def test_what_is_no_card_is_refused_and_nothing_is_written(anna: Client, body: bytes) -> None:
    token = (await anna.sync(BOOK)).sync_token
    answer = await anna.ask("PUT", BOOK + "bad.vcf", body)
    assert (answer.status, answer.preconditions) == (403, ["CR:valid-address-data"])
    assert (await anna.sync(BOOK, token)).sync_token == token


async def test_a_task_is_not_put_among_events(anna: Client) -> None:
    answer = await anna.ask("PUT", CALENDAR + "task.ics", a_task("task"))
    assert (answer.status, answer.preconditions) == (403, ["C:supported-calendar-component"])


@pytest.mark.parametrize("uid", ["same", "urn:uuid:same"])
async def test_a_uid_is_taken_once_and_the_answer_says_by_whom(anna: Client, uid: str) -> None:
    await anna.ask("PUT", CALENDAR + "first.ics", an_event("same"))
    answer = await anna.ask("PUT", CALENDAR + "second.ics", an_event(uid))
    assert (answer.status, answer.preconditions) == (409, ["C:no-uid-conflict"])
    assert f"<D:href>{CALENDAR}first.ics</D:href>".encode() in answer.body
    assert (await anna.ask("GET", CALENDAR + "second.ics")).status == 404


async def test_a_write_said_twice_makes_one_resource(anna: Client) -> None:
    first = await anna.ask("PUT", CALENDAR + "twice.ics", an_event("twice"))
    token = (await anna.sync(CALENDAR)).sync_token
    again = await anna.ask("PUT", CALENDAR + "twice.ics", an_event("twice"))
    assert (first.status, again.status) == (201, 204)
    assert (await anna.sync(CALENDAR, token)).hrefs == []
