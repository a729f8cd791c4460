"""GET and its conditions."""

import pytest

from tests.dav.client import Client
from tests.dav.documents import a_card, an_event

EVENT = "/dav/calendars/anna/my-calendar/x.ics"
CARD = "/dav/addressbooks/anna/my-contacts/x.vcf"


async def test_a_resource_comes_with_what_a_browser_must_know(anna: Client) -> None:
    await anna.ask("PUT", EVENT, an_event("x", "Offer"))
    answer = await anna.ask("GET", EVENT)
    assert answer.status == 200
    assert b"SUMMARY:Offer" in answer.body
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8; component=VEVENT"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.etag.startswith('"')


async def test_a_card_is_a_card(anna: Client) -> None:
    await anna.ask("PUT", CARD, a_card("x"))
    assert (await anna.ask("GET", CARD)).headers["Content-Type"] == "text/vcard; charset=utf-8"


async def test_what_the_client_has_already_is_not_sent_again(anna: Client) -> None:
    await anna.ask("PUT", EVENT, an_event("x"))
    etag = (await anna.ask("GET", EVENT)).etag
    for headers in ({"if_none_match": etag}, {"if_none_match": f'"other", W/{etag}'}, {"if_none_match": "*"}):
        answer = await anna.ask("GET", EVENT, **headers)
        assert (answer.status, answer.body, answer.etag) == (304, b"", etag)
    assert (await anna.ask("GET", EVENT, if_none_match='"other"')).status == 200
    assert (await anna.ask("GET", EVENT, if_match=etag)).status == 200
    assert (await anna.ask("GET", EVENT, if_match='"other"')).status == 412


@pytest.mark.parametrize("path", ["/", "/dav/", "/dav/principals/anna/", "/dav/calendars/anna/my-calendar/"])
async def test_a_collection_greets_a_browser_without_an_etag(anna: Client, path: str) -> None:
    answer = await anna.ask("GET", path)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "ETag" not in answer.headers


async def test_what_is_not_there_is_404(anna: Client) -> None:
    assert (await anna.ask("GET", EVENT)).status == 404
    assert (await anna.ask("GET", "/dav/calendars/anna/none/")).status == 404
