"""Everybody who may come to a calendar, and every method: one table. Strangers are told what they are told of nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.model import CollectionName, Section, Shape
from gateway.core.sharing import Access, Offer
from gateway.edits import Edits
from protocols.dav.methods import METHODS
from protocols.dav.server import Listening
from storage.opened import Opened
from tests.dav.client import DECLARED, Answer, Client, propfind_body, sync_body
from tests.dav.documents import an_event
from tests.dav.test_server import _request, _talk, server

__all__ = ["server"]

DIARY = CollectionName(Section.CALENDARS, "diary")
HERS, HIS = "/dav/calendars/anna/diary/", "/dav/calendars/bob/anna-diary/"
ROLES = ("owner", "reader", "writer", "reading proxy", "acting proxy", "stranger")
SHARE = f"<CS:share {DECLARED}><CS:set><D:href>/dav/principals/bob/</D:href><CS:read/></CS:set></CS:share>"
LOOK = f"<D:propertyupdate {DECLARED}><D:set><D:prop><x:y xmlns:x='urn:x'/></D:prop></D:set></D:propertyupdate>"

Asked = tuple[str, str, str | bytes, dict[str, str]]
"""Method, path within the calendar, body, headers."""

NEW = an_event("new")
TABLE: list[tuple[Asked, tuple[int, int, int, int, int, int]]] = [
    (("OPTIONS", "", "", {}), (200, 200, 200, 200, 200, 404)),
    (("GET", "", "", {}), (200, 200, 200, 200, 200, 404)),
    (("GET", "a.ics", "", {}), (200, 200, 200, 200, 200, 404)),
    (("HEAD", "a.ics", "", {}), (200, 200, 200, 200, 200, 404)),
    (("GET", "none.ics", "", {}), (404, 404, 404, 404, 404, 404)),
    (("PROPFIND", "", propfind_body("D:getetag"), {"depth": "1"}), (207, 207, 207, 207, 207, 404)),
    (("PROPFIND", "a.ics", propfind_body("D:getetag"), {"depth": "0"}), (207, 207, 207, 207, 207, 404)),
    (("REPORT", "", sync_body(""), {}), (207, 207, 207, 207, 207, 404)),
    (("PROPPATCH", "", LOOK, {}), (207, 207, 207, 207, 207, 404)),
    (("PUT", "new.ics", NEW, {"if_none_match": "*"}), (201, 403, 201, 403, 201, 409)),
    (("PUT", "a.ics", an_event("a", "Moved"), {}), (204, 403, 204, 403, 204, 409)),
    (("POST", "", an_event("b"), {"content_type": "text/calendar"}), (201, 403, 201, 403, 201, 404)),
    (("POST", "", SHARE, {"content_type": "application/xml"}), (200, 403, 403, 403, 403, 404)),
    (("ACL", "", f"<D:acl {DECLARED}/>", {}), (200, 403, 403, 403, 403, 404)),
    (("ACL", "a.ics", f"<D:acl {DECLARED}/>", {}), (403, 403, 403, 403, 403, 404)),
    (("DELETE", "none.ics", "", {}), (404, 404, 404, 404, 404, 404)),
    (("DELETE", "a.ics", "", {}), (204, 403, 204, 403, 204, 404)),
]


async def let_in(opened: Opened, anna: Client, bob: Client, role: str) -> tuple[Client, str]:
    """Who asks, and where the calendar is for him."""
    writes = Edits(opened.store)
    await writes.create_collection(anna.who, DIARY, Shape.EVENT, {})
    assert (await anna.ask("PUT", HERS + "a.ics", an_event("a"))).status == 201
    if role in {"reader", "writer"}:
        access = Access.WRITE if role == "writer" else Access.READ
        await writes.share(anna.who, DIARY, [Offer(bob.who.id, access)])
        return bob, HIS
    if role.endswith("proxy"):
        await writes.set_proxies(anna.who, Access.WRITE if role == "acting proxy" else Access.READ, [bob.who.id])
    return (anna if role == "owner" else bob), HERS


async def asked(client: Client, url: str, question: Asked) -> Answer:
    method, path, body, headers = question
    return await client.ask(method, url + path, body, **headers)


@pytest.mark.parametrize("role", ROLES)
async def test_every_method_does_for_each_what_he_may_and_no_more(
    opened: Opened, anna: Client, bob: Client, role: str
) -> None:
    client, url = await let_in(opened, anna, bob, role)
    number = ROLES.index(role)
    for question, expected in TABLE:
        # ACL and sharing by the owner change who is let in; what they do is tested elsewhere.
        answer = await asked(client, url, question)
        assert answer.status == expected[number], question[:2]
        if answer.status == 403:
            assert answer.preconditions == ["D:need-privileges"], question[:2]
            needed = answer.xml.findtext("{DAV:}need-privileges/{DAV:}resource/{DAV:}href") or ""
            assert needed.startswith(url), question[:2]


async def test_a_stranger_to_what_others_share_is_told_what_he_is_told_of_nothing(
    opened: Opened, anna: Client, bob: Client, admin: Client
) -> None:
    await let_in(opened, anna, bob, "writer")
    await Edits(opened.store).set_proxies(anna.who, Access.WRITE, [bob.who.id])
    questions = [question for question, _ in TABLE] + [(method, "", "<", {}) for method in (*METHODS, "LOCK", "MKCOL")]
    for question in questions:
        for theirs, nobodys in (
            (HERS, "/dav/calendars/nobody/diary/"),
            (HIS, "/dav/calendars/nobody/anna-diary/"),
            ("/dav/calendars/admin/anna-diary/", "/dav/calendars/admin/anna-nothing/"),
        ):
            foreign, absent = await asked(admin, theirs, question), await asked(admin, nobodys, question)
            path = absent.body.replace(b"anna-nothing", b"anna-diary")
            assert (foreign.status, foreign.headers, foreign.body) == (absent.status, absent.headers, path), question[
                :2
            ]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "path",
    [
        "/dav/calendars/{}/",
        "/dav/calendars/{}/diary/",
        "/dav/calendars/{}/diary/a.ics",
        "/dav/addressbooks/{}/",
        "/dav/notifications/{}/",
        "/dav/principals/{}/calendar-proxy-read/",
    ],
)
async def test_what_is_anothers_costs_the_same_statements_as_what_is_nobodys(
    opened: Opened, anna: Client, bob: Client, path: str
) -> None:
    await let_in(opened, anna, bob, "owner")
    said = []
    for login in ("anna", "nobody"):
        with counted() as statements:
            assert (await bob.propfind(path.format(login), "D:displayname")).status == 404
        said.append(list(statements))
    assert said[0] == said[1]
    assert bool(said[0]) is ("principals" in path or "calendars" in path)


async def test_what_is_shared_with_one_is_asked_for_only_where_something_is(
    opened: Opened, anna: Client, bob: Client
) -> None:
    asked = []
    for role in ("owner", "reader"):
        if role == "reader":
            await let_in(opened, anna, bob, role)
        await bob.propfind(bob.home, "D:displayname", depth="1")
        with counted() as statements:
            await bob.propfind(bob.home, "D:displayname", depth="1")
        asked.append(len([one for one in statements if f"FROM {opened.state.share.name} JOIN" in one]))
    assert asked == [0, 1]


async def test_over_real_http_it_is_the_same(opened: Opened, anna: Client, bob: Client, server: Listening) -> None:
    await let_in(opened, anna, bob, "stranger")
    foreign, absent = await _talk(
        server,
        _request("PROPFIND", HERS, login="bob", Depth="1"),
        _request("PROPFIND", HERS.replace("anna", "nobody"), login="bob", Depth="1", Connection="close"),
    )
    assert (foreign.status, foreign.body) == (absent.status, absent.body) == (404, absent.body)
    await Edits(opened.store).set_proxies(anna.who, Access.READ, [bob.who.id])
    listed, refused = await _talk(
        server,
        _request("PROPFIND", HERS, login="bob", Depth="1"),
        _request("PUT", HERS + "b.ics", an_event("b"), login="bob", Content_Type="text/calendar", Connection="close"),
    )
    assert (listed.status, refused.status) == (207, 403)
    assert b"<D:bind/>" in refused.body
