"""LOCK and UNLOCK: who holds what, what a write has to show, and what everybody is told of it (RFC 4918 §6, §7, §9.10)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.locks import LONGEST, USUAL
from storage.opened import Opened
from tests.dav.client import DECLARED, Answer, Client
from tests.dav.documents import a_card, an_event

HOME = "/dav/files/anna/"
CALENDAR = "/dav/calendars/anna/my-calendar/"
EVENT = CALENDAR + "x.ics"
BOOK = "/dav/addressbooks/{login}/all-contacts/"


def wish(scope: str = "exclusive", owner: str = "<D:owner>Anna's laptop</D:owner>") -> str:
    return (
        f"<D:lockinfo {DECLARED}><D:lockscope><D:{scope}/></D:lockscope><D:locktype><D:write/></D:locktype>"
        f"{owner}</D:lockinfo>"
    )


async def locked(client: Client, path: str, *, scope: str = "exclusive", **headers: str) -> str:
    """Lock it; the token."""
    answer = await client.ask("LOCK", path, wish(scope), **headers)
    assert answer.status in {200, 201}
    return answer.headers["Lock-Token"].strip("<>")


def lock_of(answer: Answer) -> dict[str, str]:
    """What a LOCK or a PROPFIND tells of the one lock there is."""
    (active,) = answer.xml.iter("{DAV:}activelock")
    told = {str(child.tag).removeprefix("{DAV:}"): child for child in active}
    return {
        "scope": str(told["lockscope"][0].tag).removeprefix("{DAV:}"),
        "depth": told["depth"].text or "",
        "owner": "" if "owner" not in told else "".join(map(str, told["owner"].itertext())),
        "timeout": told["timeout"].text or "",
        "token": told["locktoken"][0].text or "",
        "root": told["lockroot"][0].text or "",
    }


@pytest.mark.parametrize("path", [HOME + "a.txt", EVENT])
async def test_what_is_locked_is_written_with_the_token_only(anna: Client, path: str) -> None:
    assert (await anna.ask("PUT", path, an_event("x"))).status == 201
    answer = await anna.ask("LOCK", path, wish(), timeout="Infinite, Second-4100000000", depth="0")
    told = lock_of(answer)
    token = answer.headers["Lock-Token"].strip("<>")
    assert (answer.status, told["token"], told["root"], told["owner"]) == (200, token, path, "Anna's laptop")
    assert (told["scope"], told["depth"], told["timeout"]) == ("exclusive", "0", f"Second-{LONGEST}")
    refused = await anna.ask("PUT", path, an_event("x", summary="Two"))
    assert (refused.status, refused.preconditions) == (423, ["D:lock-token-submitted"])
    assert path in refused.body.decode()
    assert (await anna.ask("DELETE", path)).status == 423
    assert (await anna.ask("PUT", path, an_event("x"), **{"if": "(<urn:uuid:nonsense>)"})).status == 412
    stale = {"if": f'(<{token}> ["stale"])'}
    assert (await anna.ask("PUT", path, an_event("x", summary="Two"), **stale)).status == 412
    held = {"if": f"(<{token}>)"}
    assert (await anna.ask("PUT", path, an_event("x", summary="Two"), **held)).status == 204
    assert (await anna.ask("UNLOCK", path, lock_token=f"<{token}x>")).status == 409
    assert (await anna.ask("UNLOCK", path, lock_token=f"<{token}>")).status == 204
    assert (await anna.ask("PUT", path, an_event("x", summary="Three"))).status == 204
    assert (await anna.ask("PUT", path, an_event("x"), **held)).status == 412


async def test_a_lock_is_told_of_and_stands_against_others(anna: Client) -> None:
    await anna.ask("MKCOL", HOME + "plans/")
    await anna.ask("PUT", HOME + "plans/a", b"x")
    token = await locked(anna, HOME + "plans/")
    listed = await anna.propfind(HOME + "plans/", "D:lockdiscovery", depth="1")
    assert [len(list(one.found["{DAV:}lockdiscovery"])) for one in listed.resources] == [1, 1]
    alone = await anna.propfind(HOME + "plans/a", "D:lockdiscovery")
    assert (lock_of(alone)["token"], lock_of(alone)["root"]) == (token, HOME + "plans")
    assert lock_of(alone)["depth"] == "infinity"
    assert lock_of(alone)["timeout"] in {f"Second-{USUAL}", f"Second-{USUAL - 1}", f"Second-{USUAL - 2}"}
    for scope in ("exclusive", "shared"):
        refused = await anna.ask("LOCK", HOME + "plans/a", wish(scope))
        assert (refused.status, refused.preconditions) == (423, ["D:no-conflicting-lock"])


async def test_shared_locks_stand_beside_each_other_and_any_one_will_do(anna: Client) -> None:
    await anna.ask("PUT", HOME + "a", b"x")
    first = await locked(anna, HOME + "a", scope="shared")
    second = await locked(anna, HOME + "a", scope="shared")
    assert (await anna.ask("LOCK", HOME + "a", wish())).status == 423
    assert (await anna.ask("PUT", HOME + "a", b"y")).status == 423
    for token in (first, second):
        assert (await anna.ask("PUT", HOME + "a", b"y", **{"if": f"(<{token}>)"})).status == 204


async def test_a_folder_with_something_locked_in_it_says_what(anna: Client) -> None:
    await anna.ask("MKCOL", HOME + "plans/")
    token = await locked(anna, HOME + "plans/a")
    refused = await anna.ask("LOCK", HOME + "plans/", wish())
    assert refused.status == 207
    assert {one.href: one.status for one in refused.resources} == {
        HOME + "plans/a": "423 Locked",
        HOME + "plans": "424 Failed Dependency",
    }
    assert (await anna.ask("LOCK", HOME + "plans/", wish(), depth="0")).status == 200
    await anna.ask("UNLOCK", HOME + "plans/a", lock_token=f"<{token}>")


async def test_a_shallow_lock_keeps_the_names_of_a_folder_as_they_are(anna: Client) -> None:
    await anna.ask("MKCOL", HOME + "plans/")
    await anna.ask("PUT", HOME + "plans/a", b"x")
    token = await locked(anna, HOME + "plans/", depth="0")
    held = {"if": f"<{HOME}plans/> (<{token}>)"}
    assert (await anna.ask("PUT", HOME + "plans/a", b"y")).status == 204
    for method, path, more in (
        ("PUT", "plans/b", {}),
        ("DELETE", "plans/a", {}),
        ("MKCOL", "plans/c/", {}),
        ("MOVE", "plans/a", {"destination": HOME + "z"}),
        ("LOCK", "plans/new", {}),
    ):
        body = wish() if method == "LOCK" else b""
        assert (await anna.ask(method, HOME + path, body, **more)).status == 423
    assert (await anna.ask("PUT", HOME + "plans/b", b"y", **held)).status == 201
    assert (await anna.ask("DELETE", HOME + "plans/a", **held)).status == 204


async def test_what_is_deleted_but_for_what_is_locked_is_told(anna: Client) -> None:
    for folder in ("plans/", "plans/old/"):
        await anna.ask("MKCOL", HOME + folder)
    for file in ("plans/a", "plans/old/b", "plans/old/c"):
        await anna.ask("PUT", HOME + file, b"x")
    token = await locked(anna, HOME + "plans/old/b")
    deleted = await anna.ask("DELETE", HOME + "plans/")
    assert (deleted.status, [(one.href, one.status) for one in deleted.resources]) == (
        207,
        [(HOME + "plans/old/b", "423 Locked")],
    )
    left = await anna.propfind(HOME + "plans/old/", "D:resourcetype", depth="1")
    assert left.hrefs == [HOME + "plans/old/", HOME + "plans/old/b"]
    assert (await anna.ask("GET", HOME + "plans/a")).status == 404
    held = {"if": f"<{HOME}plans/old/b> (<{token}>)"}
    assert (await anna.ask("DELETE", HOME + "plans/", **held)).status == 204
    assert (await anna.ask("PUT", HOME + "plans", b"x")).status == 201


async def test_a_lock_does_not_move_along_and_goes_with_what_it_stood_on(anna: Client) -> None:
    await anna.ask("PUT", HOME + "a", b"x")
    token = await locked(anna, HOME + "a")
    held = {"if": f"<{HOME}a> (<{token}>)"}
    assert (await anna.ask("MOVE", HOME + "a", destination=HOME + "b")).status == 423
    assert (await anna.ask("COPY", HOME + "a", destination=HOME + "c")).status == 201
    assert (await anna.ask("MOVE", HOME + "a", destination=HOME + "b", **held)).status == 201
    assert (await anna.ask("PUT", HOME + "b", b"y")).status == 204
    assert (await anna.ask("PUT", HOME + "a", b"y")).status == 201
    token = await locked(anna, HOME + "b")
    assert (await anna.ask("COPY", HOME + "a", destination=HOME + "b")).status == 423
    over = {"if": f"<{HOME}b> (<{token}>)"}
    assert (await anna.ask("COPY", HOME + "a", destination=HOME + "b", **over)).status == 204
    assert (await anna.ask("PUT", HOME + "b", b"z")).status == 423


async def test_a_lock_of_nothing_makes_an_empty_file_but_no_event(anna: Client) -> None:
    made = await anna.ask("LOCK", HOME + "new.txt", wish(), depth="0")
    token = made.headers["Lock-Token"].strip("<>")
    assert made.status == 201
    empty = await anna.ask("GET", HOME + "new.txt")
    assert (empty.status, empty.body) == (200, b"")
    assert (await anna.ask("PUT", HOME + "new.txt", b"x", **{"if": f"(<{token}>)"})).status == 204
    assert (await anna.ask("LOCK", HOME + "no/new.txt", wish())).status == 409
    reserved = await anna.ask("LOCK", EVENT, wish(), depth="0")
    assert reserved.status == 200
    assert (await anna.ask("GET", EVENT)).status == 404
    assert (await anna.ask("PUT", EVENT, an_event("x"), if_none_match="*")).status == 423
    held = {"if": f"(<{reserved.headers['Lock-Token'].strip('<>')}>)"}
    assert (await anna.ask("PUT", EVENT, an_event("x"), if_none_match="*", **held)).status == 201


async def test_a_lock_in_a_shared_book_is_everybodys_to_see_and_its_holders_to_use(anna: Client, bob: Client) -> None:
    hers, his = BOOK.format(login="anna"), BOOK.format(login="bob")
    href = "shared.vcf"
    assert (await anna.ask("PUT", hers + href, a_card("shared"))).status == 201
    token = await locked(anna, hers + href)
    seen = lock_of(await bob.propfind(his + href, "D:lockdiscovery"))
    assert (seen["token"], seen["root"]) == (token, his + href)
    for headers in ({}, {"if": f"(<{token}>)"}):
        refused = await bob.ask("PUT", his + href, a_card("shared"), **headers)
        assert (refused.status, refused.preconditions) == (423, ["D:lock-token-submitted"])
        assert (his + href) in refused.body.decode()
    assert (await bob.ask("UNLOCK", his + href, lock_token=f"<{token}>")).status == 403
    assert (await bob.ask("LOCK", his + href, b"", **{"if": f"(<{token}>)"})).status == 403
    assert (await bob.ask("LOCK", his, wish())).status == 207
    assert (await anna.ask("PUT", hers + href, a_card("shared"), **{"if": f"(<{token}>)"})).status == 204


async def test_a_locked_calendar_takes_and_loses_nothing_without_the_token(anna: Client) -> None:
    assert (await anna.ask("PUT", EVENT, an_event("x"))).status == 201
    token = await locked(anna, CALENDAR)
    held = {"if": f"<{CALENDAR}> (<{token}>)"}
    name = f"<D:propertyupdate {DECLARED}><D:set><D:prop><D:displayname>N</D:displayname></D:prop></D:set></D:propertyupdate>"
    assert (await anna.ask("PUT", CALENDAR + "y.ics", an_event("y"))).status == 423
    assert (await anna.ask("DELETE", EVENT)).status == 423
    assert (await anna.ask("PROPPATCH", CALENDAR, name)).status == 423
    assert (await anna.ask("PROPPATCH", CALENDAR, name, **held)).status == 207
    assert (await anna.ask("PUT", CALENDAR + "y.ics", an_event("y"), **held)).status == 201
    assert (await anna.ask("DELETE", EVENT, **held)).status == 204


async def test_whoever_may_only_read_locks_nobody_out(anna: Client) -> None:
    for path in ("/dav/addressbooks/anna/readable/", "/dav/addressbooks/anna/readable/new.vcf"):
        assert (await anna.ask("LOCK", path, wish())).status == 403


async def test_a_lock_is_renewed_by_its_token_and_ends_in_time(anna: Client, opened: Opened) -> None:
    await anna.ask("PUT", HOME + "a", b"x")
    token = await locked(anna, HOME + "a", timeout="Second-10")
    renewed = await anna.ask("LOCK", HOME + "a", b"", timeout="Second-500", **{"if": f"(<{token}>)"})
    assert (renewed.status, lock_of(renewed)["timeout"]) == (200, "Second-500")
    assert "Lock-Token" not in renewed.headers
    assert (await anna.ask("LOCK", HOME + "a", b"")).status == 412
    assert (await anna.ask("LOCK", HOME + "b", b"", **{"if": f"<{HOME}a> (<{token}>)"})).status == 412
    with opened.database.engine.begin() as connection:
        connection.execute(sa.update(opened.state.write_lock).values(expires=0))
    assert (await anna.ask("PUT", HOME + "a", b"y")).status == 204
    assert (await anna.ask("LOCK", HOME + "a", b"", **{"if": f"(<{token}>)"})).status == 412


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("a", wish(), {"depth": "1"}, 400),
        ("a", wish("sharded"), {}, 422),
        ("a", wish().replace("write", "read"), {}, 422),
        ("a", wish(owner=f"<D:owner>{'x' * 5000}</D:owner>"), {}, 413),
        ("a", f"<D:propfind {DECLARED}/>", {}, 400),
        ("a", f"<D:lockinfo {DECLARED}/>", {}, 400),
        ("a", "<", {}, 400),
        ("a%2Fb", wish(), {}, 403),
        ("", wish(owner=""), {}, 200),
    ],
)
async def test_locks_that_make_no_sense_are_refused(
    anna: Client, path: str, body: str, headers: dict[str, str], status: int
) -> None:
    assert (await anna.ask("LOCK", HOME + path, body, **headers)).status == status
    if status != 200:
        assert (await anna.propfind(HOME, "D:resourcetype", depth="1")).hrefs == [HOME]


@pytest.mark.parametrize("token", ["", "urn:uuid:1", "<>", "<a b>"])
async def test_an_unlock_names_a_token(anna: Client, token: str) -> None:
    await anna.ask("PUT", HOME + "a", b"x")
    assert (await anna.ask("UNLOCK", HOME + "a", lock_token=token)).status == 400


async def test_what_is_no_collection_cannot_be_locked(anna: Client) -> None:
    for path in ("/dav/", "/dav/calendars/anna/", "/dav/principals/anna/", "/dav/files/"):
        assert (await anna.ask("LOCK", path, wish())).status == 405


async def test_a_locked_collection_of_ones_own_keeps_its_name(anna: Client) -> None:
    diary = "/dav/calendars/anna/diary/"
    assert (await anna.ask("MKCALENDAR", diary)).status == 201
    token = await locked(anna, diary)
    held = {"if": f"<{diary}> (<{token}>)"}
    there = {"destination": "/dav/calendars/anna/notes/"}
    assert (await anna.ask("MOVE", diary, **there)).status == 423
    assert (await anna.ask("DELETE", diary)).status == 423
    assert (await anna.ask("MOVE", diary, **there, **held)).status == 201
    assert (await anna.ask("DELETE", there["destination"])).status == 204


async def test_an_event_moves_only_from_and_to_what_it_has_the_tokens_of(anna: Client) -> None:
    diary = "/dav/calendars/anna/diary/"
    assert (await anna.ask("MKCALENDAR", diary)).status == 201
    assert (await anna.ask("PUT", diary + "a.ics", an_event("a"))).status == 201
    source, target = await locked(anna, diary + "a.ics"), await locked(anna, diary + "b.ics")
    there = {"destination": diary + "b.ics"}
    for shown in (source, target):
        half = {"if": f"<{diary}a.ics> (<{shown}>) <{diary}b.ics> (<{shown}>)"}
        assert (await anna.ask("MOVE", diary + "a.ics", **there, **half)).status == 423
    held = {"if": f"<{diary}a.ics> (<{source}>) <{diary}b.ics> (<{target}>)"}
    assert (await anna.ask("MOVE", diary + "a.ics", **there, **held)).status == 201
    assert (await anna.ask("PUT", diary + "b.ics", an_event("a"))).status == 423
    assert (await anna.ask("UNLOCK", diary + "a.ics", lock_token=f"<{source}>")).status == 409
