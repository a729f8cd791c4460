"""COPY and MOVE (RFC 4918 §9.8, §9.9): of resources between collections, and of collections to other names."""

import pytest

from tests.dav.client import Client
from tests.dav.documents import a_card, an_event

CALENDARS, BOOKS = "/dav/calendars/anna/", "/dav/addressbooks/anna/"
WORK, DIARY = CALENDARS + "my-calendar/", CALENDARS + "diary/"


@pytest.fixture(autouse=True)
async def a_diary(anna: Client) -> None:
    assert (await anna.ask("MKCALENDAR", DIARY)).status == 201
    assert (await anna.ask("PUT", DIARY + "a.ics", an_event("a", "Dentist"))).status == 201


async def hrefs(client: Client, path: str) -> list[str]:
    return [one for one in (await client.propfind(path, "D:getetag", depth="1")).hrefs if one != path]


async def test_an_event_is_copied_into_the_crm_and_stays_where_it_is(anna: Client) -> None:
    answer = await anna.ask("COPY", DIARY + "a.ics", destination=WORK + "b.ics")
    assert (answer.status, answer.headers["Location"]) == (201, WORK + "b.ics")
    assert "ETag" not in answer.headers
    assert b"SUMMARY:Dentist" in (await anna.ask("GET", WORK + "b.ics")).body
    assert await hrefs(anna, DIARY) == [DIARY + "a.ics"]


async def test_an_event_is_moved_and_what_was_said_of_it_goes_along(anna: Client) -> None:
    await anna.proppatch(DIARY + "a.ics", '<n xmlns="urn:n">said</n>')
    token = (await anna.propfind(DIARY, "D:sync-token")).only.text("D:sync-token")
    answer = await anna.ask("MOVE", DIARY + "a.ics", destination=WORK + "b%20c.ics", depth="infinity")
    assert (answer.status, answer.headers["Location"]) == (201, WORK + "b%20c.ics")
    assert await hrefs(anna, DIARY) == []
    (gone,) = (await anna.sync(DIARY, token)).resources
    assert (gone.href, gone.status) == (DIARY + "a.ics", "404 Not Found")
    (told,) = (await anna.ask("PROPFIND", WORK + "b%20c.ics", depth="0")).resources
    assert told.found["{urn:n}n"].text == "said"
    back = await anna.ask("MOVE", WORK + "b%20c.ics", destination=DIARY + "c.ics")
    assert back.status == 201
    assert await hrefs(anna, DIARY) == [DIARY + "c.ics"]


async def test_a_card_is_moved_between_books_of_the_crm(anna: Client) -> None:
    mine, everyones = BOOKS + "my-contacts/", BOOKS + "all-contacts/"
    await anna.ask("PUT", mine + "a.vcf", a_card("a"))
    assert (await anna.ask("MOVE", mine + "a.vcf", destination=everyones + "b.vcf")).status == 201
    assert (await anna.ask("GET", mine + "a.vcf")).status == 404
    assert b"UID:a" in (await anna.ask("GET", everyones + "b.vcf")).body


async def test_what_stands_there_gives_way_unless_it_must_not(anna: Client) -> None:
    await anna.ask("PUT", DIARY + "b.ics", an_event("b", "Lunch"))
    assert (await anna.ask("MOVE", DIARY + "a.ics", destination=DIARY + "b.ics", overwrite="F")).status == 412
    assert (await anna.ask("MOVE", DIARY + "a.ics", destination=DIARY + "b.ics", overwrite="X")).status == 400
    assert len(await hrefs(anna, DIARY)) == 2
    assert (await anna.ask("MOVE", DIARY + "a.ics", destination=DIARY + "b.ics")).status == 204
    assert await hrefs(anna, DIARY) == [DIARY + "b.ics"]
    assert b"SUMMARY:Dentist" in (await anna.ask("GET", DIARY + "b.ics")).body


@pytest.mark.parametrize("host", ["crm.example", "crm.example:8080"])
async def test_a_destination_is_a_path_or_a_url_of_ours(anna: Client, host: str) -> None:
    for destination in (f"https://{host}{DIARY}b.ics", f"HTTP://{host.upper()}{DIARY}c.ics?x#y", f"{DIARY}d%2Eics"):
        assert (await anna.ask("COPY", DIARY + "a.ics", destination=destination, host=host)).status in {201, 409}
    ahead = await anna.ask(
        "MOVE", DIARY + "a.ics", destination=f"https://{host}{DIARY}e.ics", host="inside:80", x_forwarded_host=host
    )
    assert ahead.status == 201


async def test_copies_within_a_calendar_would_have_one_uid_twice(anna: Client) -> None:
    answer = await anna.ask("COPY", DIARY + "a.ics", destination=DIARY + "b.ics")
    assert (answer.status, answer.preconditions) == (409, ["C:no-uid-conflict"])
    assert f"<D:href>{DIARY}a.ics</D:href>".encode() in answer.body
    await anna.ask("PUT", WORK + "held.ics", an_event("a"))
    answer = await anna.ask("MOVE", DIARY + "a.ics", destination=WORK + "b.ics")
    assert (answer.status, answer.preconditions) == (409, ["C:no-uid-conflict"])
    assert f"<D:href>{WORK}held.ics</D:href>".encode() in answer.body
    assert await hrefs(anna, DIARY) == [DIARY + "a.ics"]


@pytest.mark.parametrize(
    ("destination", "status"),
    [
        ("", 400),
        ("no path", 400),
        ("http://[bad/dav/", 400),
        ("https://elsewhere.example" + DIARY + "b.ics", 502),
        ("https://crm.example:81" + DIARY + "b.ics", 502),
        ("ftp://crm.example" + DIARY + "b.ics", 502),
        ("//crm.example" + DIARY + "b.ics", 502),
        (DIARY + "a.ics", 403),
        (DIARY + "a%2eics", 403),
        (CALENDARS + "none/b.ics", 409),
        ("/dav/calendars/bob/my-calendar/b.ics", 409),
        ("/elsewhere/b.ics", 409),
        (WORK, 409),
        (BOOKS + "my-contacts/b.ics", 403),
        (CALENDARS + "my-tasks/b.ics", 403),
        (BOOKS + "readable/b.ics", 403),
    ],
)
async def test_what_can_be_placed_nowhere_stays(anna: Client, destination: str, status: int) -> None:
    for method in ("COPY", "MOVE"):
        answer = await anna.ask(method, DIARY + "a.ics", destination=destination, host="crm.example")
        assert answer.status == status, answer.body
    assert await hrefs(anna, DIARY) == [DIARY + "a.ics"]


async def test_a_place_that_may_only_be_read_says_which_privilege_is_missing(anna: Client) -> None:
    answer = await anna.ask("COPY", BOOKS + "my-contacts/none.vcf", destination=BOOKS + "readable/b.vcf")
    assert (answer.status, answer.preconditions) == (403, ["D:need-privileges"])
    assert f"<D:href>{BOOKS}readable/</D:href><D:privilege><D:bind/>".encode() in answer.body


async def test_conditions_are_about_what_is_moved(anna: Client) -> None:
    etag = (await anna.ask("GET", DIARY + "a.ics")).etag
    assert (await anna.ask("MOVE", DIARY + "a.ics", destination=WORK + "b.ics", if_match='"x"')).status == 412
    assert (await anna.ask("MOVE", DIARY + "a.ics", destination=WORK + "b.ics", **{"if": '(["x"])'})).status == 412
    assert (await anna.ask("MOVE", DIARY + "none.ics", destination=WORK + "b.ics")).status == 404
    assert (await anna.ask("MOVE", DIARY + "a.ics", destination=WORK + "b.ics", if_match=etag)).status == 201


async def test_a_calendar_of_ones_own_takes_another_name_and_stays_the_same(anna: Client) -> None:
    await anna.proppatch(DIARY, '<D:displayname>Diary</D:displayname><n xmlns="urn:n">said</n>')
    token = (await anna.propfind(DIARY, "D:sync-token")).only.text("D:sync-token")
    assert (await anna.ask("MOVE", DIARY, destination=CALENDARS + "private", depth="1")).status == 400
    answer = await anna.ask("MOVE", DIARY, destination=CALENDARS + "private")
    assert (answer.status, answer.headers["Location"]) == (201, CALENDARS + "private/")
    assert (await anna.propfind(DIARY, "D:displayname")).status == 404
    (told,) = (await anna.ask("PROPFIND", CALENDARS + "private/", depth="0")).resources
    assert (told.text("D:displayname"), told.found["{urn:n}n"].text) == ("Diary", "said")
    assert await hrefs(anna, CALENDARS + "private/") == [CALENDARS + "private/a.ics"]
    changes = await anna.sync(CALENDARS + "private/", token)
    assert (changes.resources, changes.sync_token) == ([], token)


@pytest.mark.parametrize(
    ("source", "destination", "status"),
    [
        (WORK, CALENDARS + "x/", 403),
        (CALENDARS + "none/", CALENDARS + "x/", 404),
        (DIARY, WORK, 403),
        (DIARY, DIARY, 403),
        (DIARY, BOOKS + "x/", 403),
        (DIARY, CALENDARS, 403),
        (DIARY, WORK + "x", 403),
        (DIARY, CALENDARS + "x" * 81 + "/", 403),
        (DIARY, CALENDARS + "a%2Fb/", 403),
        (DIARY, "/dav/calendars/bob/x/", 409),
    ],
)
async def test_a_collection_is_not_moved_where_none_can_be(
    anna: Client, source: str, destination: str, status: int
) -> None:
    assert (await anna.ask("MOVE", source, destination=destination)).status == status
    assert await hrefs(anna, DIARY) == [DIARY + "a.ics"]


async def test_nothing_gives_way_to_a_collection_and_none_is_copied(anna: Client) -> None:
    await anna.ask("MKCALENDAR", CALENDARS + "other/")
    assert (await anna.ask("MOVE", DIARY, destination=CALENDARS + "other/", overwrite="T")).status == 403
    assert (await anna.ask("MOVE", DIARY, destination=CALENDARS + "other/", overwrite="F")).status == 412
    assert (await anna.ask("COPY", DIARY, destination=CALENDARS + "x/", depth="infinity")).status == 403
    assert (await anna.ask("COPY", DIARY, destination=CALENDARS + "x/", depth="0")).status == 403
    assert (await anna.ask("COPY", CALENDARS + "none/", destination=CALENDARS + "x/")).status == 404
