"""POST: adding a resource without naming it (RFC 5995), and what is no such thing."""

import pytest

from protocols.dav.types import DavRequest
from tests.dav.client import DECLARED, Client
from tests.dav.documents import a_card, an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"
BOOK = "/dav/addressbooks/anna/my-contacts/"


async def adding(client: Client, path: str) -> str:
    """The URL to post to, as a client learns it."""
    (href,) = (await client.propfind(path, "D:add-member")).only.hrefs("D:add-member")
    return href


@pytest.mark.parametrize(
    ("path", "document", "media"),
    [(CALENDAR, an_event("posted"), "text/calendar"), (BOOK, a_card("posted"), "text/vcard; charset=utf-8")],
)
async def test_what_is_posted_to_a_collection_is_found_under_the_name_it_was_given(
    anna: Client, path: str, document: bytes, media: str
) -> None:
    for url in (path, await adding(anna, path)):
        added = await anna.ask("POST", url, document, content_type=media)
        assert added.status == 201
        location = added.headers["Location"]
        assert location.startswith(path)
        found = await anna.ask("GET", location)
        assert b"UID:posted" in found.body
        if "ETag" in added.headers:
            assert (found.etag, found.body) == (added.etag, document)
        assert (await anna.ask("DELETE", location)).status == 204


async def test_a_uid_that_is_there_already_is_a_conflict_that_says_where(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"))
    answer = await anna.ask("POST", CALENDAR, an_event("a"), content_type="text/calendar")
    assert (answer.status, answer.preconditions) == (409, ["C:no-uid-conflict"])
    assert f"{CALENDAR}a.ics".encode() in answer.body


async def test_a_collection_that_may_only_be_read_has_no_url_to_add_to(anna: Client) -> None:
    readable = "/dav/addressbooks/anna/readable/"
    assert (await anna.propfind(readable, "D:add-member")).only.lacks("D:add-member")
    answer = await anna.ask("POST", readable, a_card("x"), content_type="text/vcard")
    assert (answer.status, answer.preconditions) == (403, ["D:need-privileges"])


@pytest.mark.parametrize(
    ("url", "media", "status"),
    [
        (CALENDAR, "text/vcard", 415),
        (CALENDAR + "?add-member", "image/png", 415),
        (CALENDAR, "", 415),
        (CALENDAR + "?action=nonsense", "text/calendar", 415),
        ("/dav/calendars/anna/none/", "text/calendar", 404),
        ("/dav/calendars/anna/none/?what", "", 404),
        ("/dav/calendars/bob/my-calendar/", "text/calendar", 404),
        ("/dav/calendars/anna/", "text/calendar", 415),
        ("/dav/principals/anna/", "text/calendar", 405),
        (CALENDAR + "x.ics", "text/calendar", 403),
    ],
)
async def test_what_has_no_meaning_is_not_posted(anna: Client, url: str, media: str, status: int) -> None:
    assert (await anna.ask("POST", url, an_event("x"), content_type=media)).status == status


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        ("", {}),
        ("add-member", {"add-member": ""}),
        ("action=attachment-add&rid=M", {"action": "attachment-add", "rid": "M"}),
        ("a=1&a=2&b=%C3%A4", {"a": "1", "b": "ä"}),
        ("a=%FF", {}),
        ("&".join(f"a{number}=1" for number in range(40)), {}),
    ],
)
def test_a_query_is_read_into_its_arguments(query: str, arguments: dict[str, str], anna: Client) -> None:
    assert DavRequest("POST", "/", anna.who, query=query).arguments == arguments


async def test_xml_that_nobody_takes_is_refused(anna: Client) -> None:
    answer = await anna.ask("POST", CALENDAR, f"<CS:other {DECLARED}/>", content_type="application/xml")
    assert answer.status == 415
    home = "/dav/calendars/anna/"
    assert (await anna.ask("POST", home, f"<CS:other {DECLARED}/>", content_type="application/xml")).status == 415
