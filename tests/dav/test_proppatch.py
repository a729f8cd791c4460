"""PROPPATCH refuses, property by property."""

import pytest

from tests.dav.client import DECLARED, Client

CALENDAR = "/dav/calendars/anna/my-calendar/"


async def test_no_property_is_set_and_that_is_said_of_each(anna: Client) -> None:
    body = (
        f"<D:propertyupdate {DECLARED}><D:set><D:prop><D:getetag>x</D:getetag><A:calendar-color>#fff</A:calendar-color>"
        '</D:prop></D:set><D:remove><D:prop><p:q xmlns:p="urn:p"/></D:prop></D:remove></D:propertyupdate>'
    )
    answer = await anna.ask("PROPPATCH", CALENDAR, body)
    assert answer.status == 207
    assert answer.only.found == {}
    assert "{DAV:}getetag" in answer.only.missing
    assert "{urn:p}q" in answer.only.missing
    assert b"cannot-modify-protected-property" in answer.body


@pytest.mark.parametrize(
    "body",
    [
        "",
        f"<D:propertyupdate {DECLARED}/>",
        f"<D:propertyupdate {DECLARED}><D:set/></D:propertyupdate>",
        f"<D:propertyupdate {DECLARED}><D:set><D:prop/></D:set></D:propertyupdate>",
        f"<D:propertyupdate {DECLARED}><D:prop><D:x/></D:prop></D:propertyupdate>",
        f"<D:propfind {DECLARED}><D:prop><D:x/></D:prop></D:propfind>",
    ],
)
async def test_bodies_that_make_no_sense_are_bad_requests(anna: Client, body: str) -> None:
    assert (await anna.ask("PROPPATCH", CALENDAR, body)).status == 400
