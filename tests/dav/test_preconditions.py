"""If-Match, If-None-Match and If, read into conditions."""

import pytest

from gateway.core.errors import PreconditionFailed
from gateway.core.ids import ETag, PrincipalId
from gateway.core.model import Condition, Principal
from protocols.dav.errors import DavError
from protocols.dav.preconditions import condition

ANNA = Principal(PrincipalId("1"), "anna", "Anna", "")
HERE = "/dav/calendars/anna/work/x.ics"


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
        ({"if": "(Not <urn:x>)"}, Condition()),
        ({"if": "(<urn:x>) (Not <DAV:no-lock>)"}, Condition()),
        ({"if": '(<urn:x> ["a"]) (["b"])'}, Condition(any_of=_tags("b"))),
        ({"if": '<http://other.name/dav/calendars/anna/work/x.ics> (["a"])'}, Condition(any_of=_tags("a"))),
        (
            {"if": '</dav/calendars/anna/work/y.ics> (["a"]) </dav/calendars/anna/work/x.ics> (["b"])'},
            Condition(any_of=_tags("b")),
        ),
        ({"if": '(["a"])', "if-match": '"a", "b"'}, Condition(any_of=_tags("a"))),
    ],
)
def test_conditions(headers: dict[str, str], expected: Condition) -> None:
    assert condition(headers, HERE, ANNA) == expected


@pytest.mark.parametrize(
    "header", ["(<urn:uuid:1>)", '(["a"] <urn:x>)', '</dav/calendars/anna/work/y.ics> (["a"])', ""]
)
def test_an_if_header_that_cannot_hold_fails(header: str) -> None:
    with pytest.raises(PreconditionFailed):
        condition({"if": header}, HERE, ANNA)


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
    ],
)
def test_headers_that_cannot_be_read_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(DavError) as refused:
        condition(headers, HERE, ANNA)
    assert refused.value.status == 400
