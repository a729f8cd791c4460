"""If-Match, If-None-Match and If, read into conditions; anna's calendar stands, what the header speaks of does not."""

import pytest

from gateway.core.errors import PreconditionFailed
from gateway.core.ids import ETag
from gateway.core.keeping import FullStore
from gateway.core.model import Condition
from gateway.edits import Edits
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.preconditions import condition_of
from protocols.dav.tree import locate
from protocols.dav.types import DavRequest
from tests.dav.client import Client

HERE = "/dav/calendars/anna/work/x.ics"


async def condition(headers: dict[str, str], store: FullStore, anna: Client) -> Condition:
    request = DavRequest("PUT", HERE, anna.who, headers)
    return await condition_of(Exchange(request, locate(HERE, anna.who), store, Edits(store)))


def _tags(*tags: str) -> frozenset[ETag]:
    return frozenset(ETag(tag) for tag in tags)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Condition()),
        ({"if-match": '"a"'}, Condition(any_of=_tags("a"))),
        ({"if-match": '"a", W/"b" ,"c"'}, Condition(any_of=_tags("a", "b", "c"))),
        ({"if-match": "a"}, Condition(any_of=_tags("a"))),
        ({"if-match": '\\"a\\"'}, Condition(any_of=_tags("a"))),
        ({"if-match": "*"}, Condition(must_exist=True)),
        ({"if-none-match": "*"}, Condition(must_be_new=True)),
        ({"if-none-match": '"a,b"'}, Condition(none_of=_tags("a,b"))),
        ({"if-match": ""}, Condition(any_of=frozenset())),
        ({"if": '(["a"])'}, Condition(any_of=_tags("a"))),
        ({"if": '(["a"]) ([W/"b"])'}, Condition(any_of=_tags("a", "b"))),
        ({"if": '(Not ["a"])'}, Condition(none_of=_tags("a"))),
        ({"if": "(Not <urn:x>)"}, Condition(tokens=frozenset({"urn:x"}))),
        ({"if": "(<urn:x>) (Not <DAV:no-lock>)"}, Condition(tokens=frozenset({"urn:x", "DAV:no-lock"}))),
        ({"if": '(<urn:x> ["a"]) (["b"])'}, Condition(any_of=_tags("b"), tokens=frozenset({"urn:x"}))),
        ({"if": '</dav/calendars/anna/work/y.ics> (Not ["a"])'}, Condition()),
        ({"if": '<http://other.name/dav/calendars/anna/work/x.ics> (["a"])'}, Condition(any_of=_tags("a"))),
        (
            {"if": '</dav/calendars/anna/work/y.ics> (["a"]) </dav/calendars/anna/work/x.ics> (["b"])'},
            Condition(any_of=_tags("b")),
        ),
        ({"if": '(["a"])', "if-match": '"a", "b"'}, Condition(any_of=_tags("a"))),
    ],
)
async def test_conditions(headers: dict[str, str], expected: Condition, store: FullStore, anna: Client) -> None:
    assert await condition(headers, store, anna) == expected


@pytest.mark.parametrize(
    "header",
    [
        "(<urn:uuid:1>)",
        '(["a"] <urn:x>)',
        '</dav/calendars/anna/work/y.ics> (["a"])',
        '</dav/calendars/bob/my-calendar/y.ics> (Not <DAV:no-lock> ["a"])',
        "",
    ],
)
async def test_an_if_header_that_cannot_hold_fails(header: str, store: FullStore, anna: Client) -> None:
    with pytest.raises(PreconditionFailed):
        await condition({"if": header}, store, anna)


@pytest.mark.parametrize(
    "headers",
    [
        {"if": "("},
        {"if": "(["},
        {"if": "nonsense"},
        {"if": '["a"]'},
        {"if": "(()"},
        {"if": "<<>"},
        {"if-match": '"a'},
        {"if-match": '"a" "b"'},
        {"if-match": ", ,"},
        {"if-none-match": ",".join(f'"{n}"' for n in range(2_000))},
        {"if": "(" * 5_000},
        {"if": "()"},
        {"if": "(Not)"},
        {"if": "".join(f"</dav/files/anna/{number}> (<urn:x>)" for number in range(30))},
    ],
)
async def test_headers_that_cannot_be_read_are_refused(headers: dict[str, str], store: FullStore, anna: Client) -> None:
    with pytest.raises(DavError) as refused:
        await condition(headers, store, anna)
    assert refused.value.status == 400
