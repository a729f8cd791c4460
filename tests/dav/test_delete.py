"""DELETE and its conditions."""

from tests.dav.client import Client
from tests.dav.documents import an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"


async def test_a_resource_is_deleted(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"))
    assert (await anna.ask("DELETE", CALENDAR + "a.ics")).status == 204
    assert (await anna.ask("GET", CALENDAR + "a.ics")).status == 404
    assert (await anna.ask("DELETE", CALENDAR + "a.ics")).status == 404


async def test_a_delete_with_a_stale_etag_is_refused(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"))
    etag = (await anna.ask("GET", CALENDAR + "a.ics")).etag
    assert (await anna.ask("DELETE", CALENDAR + "a.ics", if_match='"other"')).status == 412
    assert (await anna.ask("DELETE", CALENDAR + "a.ics", **{"if": "(<urn:uuid:no-such-lock>)"})).status == 412
    assert (await anna.ask("GET", CALENDAR + "a.ics")).status == 200
    assert (await anna.ask("DELETE", CALENDAR + "a.ics", if_match=etag)).status == 204


async def test_what_is_above_collections_is_not_deleted(anna: Client) -> None:
    for path in ("/dav/", anna.home, "/dav/principals/anna/"):
        assert (await anna.ask("DELETE", path)).status == 405
    assert (await anna.propfind(CALENDAR, "D:displayname")).status == 207
