"""People of one CRM let each other in, and nobody of another: searches, invitations, proxies, lists."""

from __future__ import annotations

from gateway.core.model import CollectionName, Section, Shape
from gateway.edits import Edits
from tests.dav.client import DECLARED, Client
from tests.dav.documents import an_event
from tests.dav.test_proxies import set_members
from tests.dav.test_sharing import share
from tests.tenants.conftest import Both

DIARY = CollectionName(Section.CALENDARS, "diary")


async def people(both: Both) -> tuple[Client, Client, Client]:
    """Anna and Ben of one CRM, and the other's Anna."""
    return (
        await both.client("anna@nord", "nord"),
        await both.client("ben@nord", "ben"),
        await both.client("anna@sued", "sued"),
    )


async def test_colleagues_are_called_by_their_logins_outside_the_realm(both: Both) -> None:
    anna, ben, _ = await people(both)
    found = await anna.propfind("/dav/principals/", "D:displayname", "D:owner", depth="1")
    assert found.hrefs[:3] == ["/dav/principals/", "/dav/principals/anna%40nord/", "/dav/principals/ben%40nord/"]
    assert found.at("/dav/principals/ben@nord/").hrefs("D:owner") == ["/dav/principals/ben%40nord/"]
    for login in ("ben", "anna@sued", "ben@sued", "@nord", "nobody@nord"):
        assert (await anna.propfind(f"/dav/principals/{login}/", "D:displayname")).status == 404
    search = (
        f"<D:principal-property-search {DECLARED}><D:property-search><D:prop><D:displayname/></D:prop><D:match/>"
        "</D:property-search><D:prop><C:calendar-user-address-set/></D:prop></D:principal-property-search>"
    )
    assert b"sued" not in (await ben.ask("REPORT", "/dav/principals/", search)).body


async def test_what_is_shared_in_one_crm_is_absent_in_the_other(both: Both) -> None:
    anna, ben, stranger = await people(both)
    await Edits(both.store).create_collection(anna.who, DIARY, Shape.EVENT, {})
    diary, his = anna.home + "diary/", ben.home + "anna-diary/"
    for address in (f"mailto:{stranger.who.address}", "/dav/principals/anna@sued/"):
        assert (await share(anna, address, path=diary)).status == 207
    assert (await stranger.propfind(stranger.home, "D:displayname", depth="1")).status == 207
    assert (await share(anna, "/dav/principals/ben@nord/", path=diary)).status == 200
    assert (await ben.ask("PUT", his + "a.ics", an_event("a"))).status == 201
    seen = (await ben.propfind(his, "D:owner", "CS:invite", "D:share-resource-uri")).only
    assert seen.hrefs("D:owner") == ["/dav/principals/anna%40nord/"]
    hers = (await anna.propfind(diary, "D:share-resource-uri", "CS:invite")).only
    assert hers.hrefs("D:share-resource-uri") == seen.hrefs("D:share-resource-uri")
    told = (await ben.propfind("/dav/notifications/ben@nord/", "D:getetag", depth="1")).hrefs[1]
    for path in (diary, his, told, stranger.home + "anna-diary/", told.replace("ben%40nord", "anna%40sued")):
        assert (await stranger.ask("GET", path)).status == 404


async def test_nobody_of_the_other_crm_acts_for_one(both: Both) -> None:
    anna, ben, stranger = await people(both)
    group = "/dav/principals/anna@nord/calendar-proxy-write/"
    for address in (f"mailto:{stranger.who.address}", "/dav/principals/anna@sued/"):
        assert b"409 Conflict" in (await set_members(anna, group, address)).body
    assert b"200 OK" in (await set_members(anna, group, "/dav/principals/ben@nord/")).body
    assert (await ben.ask("PUT", anna.home + "my-calendar/a.ics", an_event("a"))).status == 201
    mine = (await ben.propfind("/dav/principals/ben@nord/", "CS:calendar-proxy-write-for")).only
    assert mine.hrefs("CS:calendar-proxy-write-for") == ["/dav/principals/anna%40nord/"]
    # The other Anna has the same key in her CRM.
    assert (await stranger.propfind(stranger.home, "D:displayname")).status == 207
    for path in (group, anna.home, ben.home):
        assert (await stranger.propfind(path, "D:displayname", depth="1")).status == 404
    assert (await ben.propfind(stranger.home, "D:displayname")).status == 404
