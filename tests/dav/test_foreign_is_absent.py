"""What belongs to another principal cannot be told from what does not exist: every verb, every report, every object.

The verbs and reports are read from the tables the service itself uses, so a new one is tested from its first day.
"""

from itertools import product

import pytest

from protocols.dav.methods import METHODS
from protocols.dav.names import split
from protocols.dav.reports import REPORTS
from tests.dav.client import DECLARED, Answer, Client
from tests.dav.documents import a_card, an_event

OBJECTS = {
    "principal": "/dav/principals/{login}/",
    "group of proxies": "/dav/principals/{login}/calendar-proxy-write/",
    "calendar home": "/dav/calendars/{login}/",
    "address book home": "/dav/addressbooks/{login}/",
    "files": "/dav/files/{login}/",
    "file": "/dav/files/{login}/secret.txt",
    "calendar": "/dav/calendars/{login}/my-calendar/",
    "calendar without slash": "/dav/calendars/{login}/my-calendar",
    "event": "/dav/calendars/{login}/my-calendar/secret.ics",
    "inbox": "/dav/calendars/{login}/inbox/",
    "outbox": "/dav/calendars/{login}/outbox/",
    "address book": "/dav/addressbooks/{login}/my-contacts/",
    "card": "/dav/addressbooks/{login}/my-contacts/secret.vcf",
}
COLLEAGUE = "principal"
"""The one object that people of one CRM see of each other; of what it shows and hides, `test_principals` speaks."""
VERBS = [*METHODS, "LOCK", "UNLOCK", "MKCOL", "MKCALENDAR", "COPY", "MOVE", "POST", "ACL", "PATCH", "NONSENSE"]


def _bodies(method: str) -> list[str]:
    if method == "PUT":
        return [an_event("u").decode(), a_card("u").decode(), ""]
    if method in {"PROPFIND", "PROPPATCH"}:
        set_name = f"<D:propertyupdate {DECLARED}><D:set><D:prop><D:displayname/></D:prop></D:set></D:propertyupdate>"
        return ["", f"<D:propfind {DECLARED}><D:allprop/></D:propfind>", set_name, "<"]
    if method == "REPORT":
        reports = []
        for name in REPORTS:
            namespace, local = split(name)
            inner = "<D:sync-token/><D:prop><D:getetag/></D:prop><D:self/>"
            reports.append(f'<x:{local} xmlns:x="{namespace}" {DECLARED}>{inner}</x:{local}>')
        return [*reports, "<"]
    return [""]


def _headers(method: str) -> list[dict[str, str]]:
    if method in {"PUT", "DELETE"}:
        return [{}, {"if_match": '"x"'}, {"if_match": "*"}, {"if_none_match": "*"}, {"if": '(["x"])'}]
    if method == "PROPFIND":
        return [{"depth": depth} for depth in ("0", "1", "infinity")]
    return [{}]


QUESTIONS = [
    (method, body, headers) for method in VERBS for body, headers in product(_bodies(method), _headers(method))
]


def _seen(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    return answer.status, answer.headers, answer.body


async def _give_secrets(owner: Client) -> None:
    login = owner.who.login
    assert (await owner.ask("PUT", OBJECTS["event"].format(login=login), an_event("secret"))).status == 201
    assert (await owner.ask("PUT", OBJECTS["card"].format(login=login), a_card("secret"))).status == 201


@pytest.mark.parametrize("kind", [kind for kind in OBJECTS if kind != COLLEAGUE])
async def test_another_principals_tree_is_answered_like_none(anna: Client, bob: Client, kind: str) -> None:
    await _give_secrets(bob)
    await _give_secrets(anna)
    for method, body, headers in QUESTIONS:
        foreign = await anna.ask(method, OBJECTS[kind].format(login="bob"), body, **headers)
        absent = await anna.ask(method, OBJECTS[kind].format(login="nobody"), body, **headers)
        assert _seen(foreign) == _seen(absent), (method, body, headers)
        assert foreign.status in {404, 409}
    assert (await bob.ask("GET", OBJECTS["event"].format(login="bob"))).status == 200
    assert (await bob.ask("GET", OBJECTS["card"].format(login="bob"))).status == 200


@pytest.mark.parametrize("kind", ["event", "card"])
async def test_anothers_resource_in_ones_own_collection_is_answered_like_none(
    anna: Client, bob: Client, kind: str
) -> None:
    await _give_secrets(bob)
    mine = OBJECTS[kind].format(login="anna")
    for method, body, headers in QUESTIONS:
        if method == "PUT":
            continue
        foreign = await anna.ask(method, mine, body, **headers)
        absent = await anna.ask(method, mine.replace("secret", "absent"), body, **headers)
        expected = absent.body.replace(b"absent", b"secret")
        assert (foreign.status, foreign.headers, foreign.body) == (absent.status, absent.headers, expected)


@pytest.mark.parametrize("kind", ["event", "card"])
async def test_multiget_and_sync_never_show_what_is_anothers(anna: Client, bob: Client, kind: str) -> None:
    await _give_secrets(bob)
    mine = OBJECTS["calendar" if kind == "event" else "address book"].format(login="anna")
    foreign, absent = (OBJECTS[kind].format(login=login) for login in ("bob", "nobody"))
    answer = await anna.multiget(mine, [foreign, absent])
    assert [resource.status for resource in answer.resources] == ["404 Not Found"] * 2
    for listing in (await anna.sync(mine), await anna.propfind(mine, "D:getetag", depth="1")):
        assert b"secret" not in listing.body


async def test_a_token_of_anothers_collection_is_answered_like_one_of_none(anna: Client, bob: Client) -> None:
    calendar = OBJECTS["calendar"].format(login="anna")
    token = (await bob.sync(OBJECTS["calendar"].format(login="bob"))).sync_token
    head, _, rest = token.rpartition(":")
    _, _, numbers = rest.partition("-")
    foreign = await anna.sync(calendar, token)
    absent = await anna.sync(calendar, f"{head}:999999-{numbers}")
    assert _seen(foreign) == _seen(absent)
    assert foreign.status == 403
