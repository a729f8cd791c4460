"""What one does in another's calendar is his act in the CRM's own columns, and the other's meeting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.crm import principal
from tests.dav.client import DECLARED
from tests.presets.documents import calendar
from tests.presets.served import Served, User, served

MEETING = ("UID:d1", "SUMMARY:Review", "DTSTART:20260511T070000Z", "DTEND:20260511T080000Z")


@pytest.fixture(scope="module")
def gateway(espo: Opened) -> Iterator[Served]:
    with served(espo) as one:
        yield one


def test_who_made_and_who_changed_a_row_is_the_delegate_and_whose_it_is_the_other(
    gateway: Served, anna: User, bob: User
) -> None:
    group = "/dav/principals/anna/calendar-proxy-write/"
    members = "<D:group-member-set><D:href>/dav/principals/bob/</D:href></D:group-member-set>"
    body = f"<D:propertyupdate {DECLARED}><D:set><D:prop>{members}</D:prop></D:set></D:propertyupdate>"
    path = anna.path("meetings", "d1.ics")
    assert bob.ask("PUT", path, calendar("VEVENT", *MEETING)).status == 409
    assert anna.ask("PROPPATCH", group, body).status == 207
    assert bob.ask("PUT", path, calendar("VEVENT", *MEETING), Content_Type="text/calendar").status == 201
    hers, his = (principal(gateway.opened, login).id for login in ("anna", "bob"))
    row = gateway.row("SELECT * FROM meeting WHERE name = 'Review'")
    assert (row["assigned_user_id"], row["created_by_id"], row["modified_by_id"]) == (hers, his, None)
    anna.put("meetings", "d1.ics", calendar("VEVENT", *(line.replace("Review", "Looked at") for line in MEETING)))
    row = gateway.row("SELECT * FROM meeting WHERE name = 'Looked at'")
    assert (row["assigned_user_id"], row["created_by_id"], row["modified_by_id"]) == (hers, his, hers)
    moved = calendar("VEVENT", *(line.replace("Review", "Moved") for line in MEETING))
    assert bob.ask("PUT", path, moved, Content_Type="text/calendar").status == 204
    row = gateway.row("SELECT * FROM meeting WHERE name = 'Moved'")
    assert (row["assigned_user_id"], row["created_by_id"], row["modified_by_id"]) == (hers, his, his)
