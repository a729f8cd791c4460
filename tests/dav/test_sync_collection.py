"""DAV:sync-collection: tokens, limits, what clients leave out."""

import pytest

from tests.dav.client import DECLARED, Client
from tests.dav.documents import a_card, an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"
TASKS = "/dav/calendars/anna/my-tasks/"
BOOK = "/dav/addressbooks/anna/my-contacts/"


async def test_first_everything_then_what_changed(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"))
    first = await anna.sync(CALENDAR)
    assert first.status == 207
    assert first.at(CALENDAR + "a.ics").text("D:getetag") == (await anna.ask("GET", CALENDAR + "a.ics")).etag
    assert CALENDAR not in first.hrefs
    assert (await anna.sync(CALENDAR, first.sync_token)).hrefs == []
    await anna.ask("PUT", CALENDAR + "b.ics", an_event("b"))
    await anna.ask("DELETE", CALENDAR + "a.ics")
    then = await anna.sync(CALENDAR, first.sync_token)
    assert sorted(then.hrefs) == [CALENDAR + "a.ics", CALENDAR + "b.ics"]
    assert then.at(CALENDAR + "a.ics").status == "404 Not Found"
    assert then.at(CALENDAR + "b.ics").has("D:getetag")
    assert (await anna.sync(CALENDAR, then.sync_token)).hrefs == []


async def test_nothing_that_went_is_told_to_who_holds_nothing(anna: Client) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"))
    await anna.ask("DELETE", CALENDAR + "a.ics")
    assert all(not resource.status for resource in (await anna.sync(CALENDAR)).resources)


async def test_the_token_is_the_property_and_the_ctag(anna: Client) -> None:
    token = (await anna.sync(CALENDAR)).sync_token
    found = (await anna.propfind(CALENDAR, "D:sync-token", "CS:getctag")).only
    assert found.text("D:sync-token") == token == found.text("CS:getctag")


async def test_content_may_be_asked_for(anna: Client) -> None:
    await anna.ask("PUT", BOOK + "x.vcf", a_card("x", "Rosa"))
    found = (await anna.sync(BOOK, "", "D:getetag", "CR:address-data")).at(BOOK + "x.vcf")
    served = await anna.ask("GET", BOOK + "x.vcf")
    assert found.text("CR:address-data").encode() == served.body
    assert found.text("D:getetag") == served.etag


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_a_cut_list_says_so_and_its_token_goes_on_from_there(anna: Client, limit: int) -> None:
    token = (await anna.sync(CALENDAR)).sync_token
    wanted = {CALENDAR + f"{n}.ics" for n in range(5)}
    for n in range(5):
        await anna.ask("PUT", CALENDAR + f"{n}.ics", an_event(str(n)))
    seen: set[str] = set()
    for _ in range(6):
        answer = await anna.sync(CALENDAR, token, limit=limit)
        cut = [resource for resource in answer.resources if resource.status]
        entries = [resource.href for resource in answer.resources if not resource.status]
        assert len(entries) <= limit
        seen |= set(entries)
        token = answer.sync_token
        if not cut:
            break
        (resource,) = cut
        assert (resource.href, resource.status) == (CALENDAR, "507 Insufficient Storage")
        assert resource.error == "D:number-of-matches-within-limits"
    assert seen == wanted
    assert (await anna.sync(CALENDAR, token)).hrefs == []


@pytest.mark.parametrize("depth", ["0", "1", "infinity"])
async def test_depth_does_not_matter(anna: Client, depth: str) -> None:
    assert (await anna.sync(CALENDAR, depth=depth)).status == 207


@pytest.mark.parametrize(
    "body",
    [
        "<D:sync-collection {}><D:sync-token/><D:prop><D:getetag/></D:prop></D:sync-collection>",
        "<D:sync-collection {}><D:sync-token/><D:sync-level>infinite</D:sync-level><D:prop/></D:sync-collection>",
        "<D:sync-collection {}><D:prop><D:getetag/></D:prop></D:sync-collection>",
        "<D:sync-collection {}/>",
    ],
)
async def test_what_older_clients_leave_out_is_not_missed(anna: Client, body: str) -> None:
    await anna.ask("PUT", CALENDAR + "a.ics", an_event("a"))
    answer = await anna.ask("REPORT", CALENDAR, body.format(DECLARED))
    assert answer.status == 207
    assert CALENDAR + "a.ics" in answer.hrefs


async def test_a_token_that_is_not_ours_is_refused_so_that_clients_start_afresh(anna: Client, bob: Client) -> None:
    token = (await anna.sync(CALENDAR)).sync_token
    others = (await bob.sync("/dav/calendars/bob/my-calendar/")).sync_token
    tasks = (await anna.sync(TASKS)).sync_token
    head, _, last = token.rpartition("-")
    future = f"{head}-{int(last) + 1}"
    for bad in ("0", "urn:x", "garbage &lt;", token + "0" * 30, token[:-1] + "x", future, others, tasks):
        answer = await anna.sync(CALENDAR, bad)
        assert (answer.status, answer.preconditions) == (403, ["D:valid-sync-token"])


@pytest.mark.parametrize(("limit", "status"), [("0", 507), ("-1", 400), ("x", 400), ("", 400), ("9" * 30, 400)])
async def test_limits_that_make_no_sense(anna: Client, limit: str, status: int) -> None:
    body = f"<D:sync-collection {DECLARED}><D:sync-token/><D:limit><D:nresults>{limit}</D:nresults></D:limit><D:prop/></D:sync-collection>"
    assert (await anna.ask("REPORT", CALENDAR, body)).status == status


async def test_only_collections_are_synchronised(anna: Client) -> None:
    for path in ("/dav/", anna.home, "/dav/principals/anna/", CALENDAR + "x.ics"):
        answer = await anna.sync(path)
        assert (answer.status, answer.preconditions) == (403, ["D:supported-report"])


async def test_looking_changes_nothing(anna: Client) -> None:
    token = (await anna.sync(CALENDAR)).sync_token
    for _ in range(3):
        await anna.propfind(CALENDAR, "D:getetag", depth="1")
        assert (await anna.sync(CALENDAR, token)).sync_token == token
