"""OPTIONS, and 405 for the rest."""

import pytest

from protocols.dav.methods import METHODS
from tests.dav.client import Client

CALENDAR = "/dav/calendars/anna/my-calendar/"


@pytest.mark.parametrize(
    "path", ["/", "/dav/", "/dav/principals/anna/", "/dav/calendars/anna/", CALENDAR, CALENDAR + "x.ics"]
)
async def test_options_says_what_the_server_is(anna: Client, path: str) -> None:
    answer = await anna.ask("OPTIONS", path)
    assert answer.status == 200
    features = ["1", "2", "3", "access-control", "extended-mkcol", "calendar-access", "calendar-auto-schedule"]
    features += ["calendar-managed-attachments", "calendar-no-timezone", "calendar-proxy"]
    features += ["calendarserver-principal-property-search", "calendarserver-principal-search"]
    features += ["calendarserver-sharing", "resource-sharing", "addressbook"]
    assert answer.headers["DAV"].split(", ") == features
    assert {"OPTIONS", "PROPFIND", "REPORT"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", ["/dav/", CALENDAR, CALENDAR + "x.ics"])
async def test_what_is_not_allowed_is_405_and_nothing_else_is(anna: Client, path: str) -> None:
    allowed = (await anna.ask("OPTIONS", path)).headers["Allow"].split(", ")
    for method in (
        *METHODS,
        "LOCK",
        "UNLOCK",
        "MKCOL",
        "MKCALENDAR",
        "COPY",
        "MOVE",
        "POST",
        "PATCH",
        "TRACE",
        "NONSENSE",
    ):
        answer = await anna.ask(method, path)
        if method == "MKCOL" and path == CALENDAR:
            # RFC 4918 §9.3.1: 405 says, too, that something stands there already.
            assert (answer.status, method in answer.headers["Allow"]) == (405, False)
            continue
        assert (answer.status == 405) == (method not in allowed)
        if answer.status == 405:
            assert answer.headers["Allow"].split(", ") == allowed


async def test_a_collection_that_is_not_there_has_no_options(anna: Client) -> None:
    assert (await anna.ask("OPTIONS", "/dav/calendars/anna/none/")).status == 404
