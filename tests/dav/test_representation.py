"""Prefer: return=representation (RFC 8144 §3): what is served from now on, in the answer to what wrote it."""

from tests.dav.client import Client
from tests.dav.documents import a_card, an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"
BOOK = "/dav/addressbooks/anna/my-contacts/"


async def test_a_put_brings_back_what_is_served(anna: Client) -> None:
    made = await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"), prefer="return=representation")
    assert (made.status, made.headers["Content-Location"]) == (201, CALENDAR + "a.ics")
    assert made.headers["Preference-Applied"] == "return=representation"
    assert "Prefer" in made.headers["Vary"]
    got = await anna.ask("GET", CALENDAR + "a.ics")
    assert (made.body, made.etag, made.headers["Content-Type"]) == (got.body, got.etag, got.headers["Content-Type"])
    changed = await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "New"), prefer="return=representation")
    assert (changed.status, b"SUMMARY:New" in changed.body) == (200, True)
    plain = await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "Newer"))
    assert (plain.status, plain.body) == (204, b"")


async def test_who_lost_a_race_is_told_what_is_there(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a", "First"))
    got = await anna.ask("GET", CALENDAR + "a.ics")
    for headers in ({"if_match": '"stale"'}, {"if_none_match": "*"}):
        lost = await anna.ask(
            "PUT", CALENDAR + "a.ics", an_event("a", "Second"), prefer="return=representation", **headers
        )
        assert (lost.status, lost.body, lost.etag) == (412, got.body, got.etag)
        assert lost.headers["Content-Location"] == CALENDAR + "a.ics"
    absent = await anna.ask("PUT", CALENDAR + "b.ics", an_event("b"), prefer="return=representation", if_match='"x"')
    assert (absent.status, "Preference-Applied" in absent.headers) == (412, False)


async def test_what_is_posted_or_placed_comes_back_under_its_new_name(anna: Client) -> None:
    posted = await anna.ask("POST", BOOK, a_card("a"), content_type="text/vcard", prefer="return=representation")
    assert (posted.status, posted.headers["Content-Location"]) == (201, posted.headers["Location"])
    assert b"UID:a" in posted.body
    to = BOOK.replace("my-contacts", "all-contacts") + "b.vcf"
    moved = await anna.ask("MOVE", posted.headers["Location"], destination=to, prefer="return=representation")
    assert (moved.status, moved.headers["Content-Location"], moved.body) == (201, to, posted.body)
