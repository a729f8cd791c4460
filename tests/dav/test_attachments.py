"""Files of events (RFC 8607): added, updated, removed; had by whoever sees an event that has them, and by nobody else."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from gateway.core.limits import ATTACHMENTS_MOST
from gateway.core.tree import Component, Line
from gateway.formats.contentline import parse
from gateway.formats.params import first_param
from gateway.scheduling.objects import by_key
from protocols.dav.methods.attachment import file_name
from storage.opened import Opened
from storage.state import leftovers
from tests.dav.client import Answer, Client
from tests.dav.documents import an_event

CALENDAR = "/dav/calendars/anna/my-calendar/"
OWN = "/dav/calendars/anna/own/"
PDF = b"%PDF-1.7 not really"


async def post(client: Client, url: str, query: str, body: bytes = PDF, **headers: str) -> Answer:
    stated = {
        "content_type": "application/pdf",
        "content_disposition": 'attachment; filename="Offer.pdf"',
        "host": "dav.crm.example",
    }
    return await client.ask("POST", f"{url}?{query}", body, **(stated | headers))


async def add(client: Client, url: str, query: str = "action=attachment-add", **headers: str) -> str:
    """The MANAGED-ID."""
    answer = await post(client, url, query, PDF, **headers)
    assert answer.status == 201, answer.body
    return answer.headers["Cal-Managed-ID"]


async def document(client: Client, url: str) -> Component:
    return parse((await client.ask("GET", url)).body)[0]


def lines(of: Component, key: str = "") -> list[Line]:
    return list(by_key(of)[key].lines("ATTACH"))


async def fetch(client: Client, line: Line) -> Answer:
    return await client.ask("GET", urlsplit(line.value).path)


@pytest.fixture(params=[CALENDAR, OWN])
async def url(request: pytest.FixtureRequest, anna: Client) -> str:
    """An event in a calendar of the CRM's, and in one of her own."""
    await anna.ask("MKCALENDAR", OWN)
    made = f"{request.param}e.ics"
    assert (await anna.ask("PUT", made, an_event("e"))).status == 201
    return made


async def test_a_file_is_added_and_served(anna: Client, url: str) -> None:
    managed_id = await add(anna, url)
    (line,) = lines(await document(anna, url))
    assert first_param(line, "MANAGED-ID") == managed_id
    assert first_param(line, "FMTTYPE") == "application/pdf"
    assert first_param(line, "SIZE") == str(len(PDF))
    assert first_param(line, "FILENAME") == "Offer.pdf"
    assert line.value.startswith("https://dav.crm.example/dav/attachments/")
    served = await fetch(anna, line)
    assert (served.status, served.body) == (200, PDF)
    assert served.headers["Content-Type"] == "application/pdf"
    assert served.headers["Content-Disposition"].startswith("attachment;")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served.headers["Content-Security-Policy"]


async def test_who_does_not_see_the_event_does_not_get_the_file(anna: Client, bob: Client, url: str) -> None:
    await add(anna, url)
    (line,) = lines(await document(anna, url))
    assert (await fetch(bob, line)).status == 404
    # Nor by writing its name into an event of one's own.
    theirs = "/dav/calendars/bob/my-calendar/x.ics"
    stolen = an_event("x", "X", "20270310T090000Z", "20270310T100000Z", f"ATTACH{line.params}:{line.value}")
    assert (await bob.ask("PUT", theirs, stolen)).status == 201
    assert (await fetch(bob, line)).status == 404


async def test_a_copied_event_has_its_files(anna: Client, url: str) -> None:
    await add(anna, url)
    source = await document(anna, url)
    (line,) = lines(source)
    copied = an_event("c", "Copy", "20270310T090000Z", "20270310T100000Z", f"ATTACH{line.params}:{line.value}")
    assert (await anna.ask("PUT", CALENDAR + "c.ics", copied)).status == 201
    assert (await anna.ask("DELETE", url)).status == 204
    assert (await fetch(anna, line)).body == PDF


async def test_an_update_is_another_file(anna: Client, url: str) -> None:
    first = await add(anna, url)
    (old,) = lines(await document(anna, url))
    answer = await post(anna, url, f"action=attachment-update&managed-id={first}", b"new", content_type="text/plain")
    assert answer.status == 204
    (line,) = lines(await document(anna, url))
    assert first_param(line, "MANAGED-ID") == answer.headers["Cal-Managed-ID"] != first
    assert (await fetch(anna, line)).body == b"new"
    assert (await fetch(anna, old)).status == 404


async def test_a_file_is_removed(anna: Client, url: str) -> None:
    managed_id = await add(anna, url)
    (line,) = lines(await document(anna, url))
    assert (await post(anna, url, f"action=attachment-remove&managed-id={managed_id}", b"")).status == 204
    assert lines(await document(anna, url)) == []
    assert (await fetch(anna, line)).status == 404


async def test_the_event_comes_back_where_that_is_preferred(anna: Client, url: str) -> None:
    answer = await post(anna, url, "action=attachment-add", prefer="return=representation")
    assert answer.status == 201
    assert b"MANAGED-ID=" in answer.body
    assert answer.headers["Cal-Managed-ID"]


async def test_instances_have_files_of_their_own(anna: Client) -> None:
    url = CALENDAR + "s.ics"
    series = an_event("s", "Jour fixe", "20270310T090000Z", "20270310T100000Z", "RRULE:FREQ=DAILY;COUNT=5")
    await anna.ask("PUT", url, series)
    one = await add(anna, url, "action=attachment-add&rid=20270312T090000Z")
    whole = await add(anna, url, "action=attachment-add&rid=M")
    found = await document(anna, url)
    assert [first_param(line, "MANAGED-ID") for line in lines(found)] == [whole]
    assert [first_param(line, "MANAGED-ID") for line in lines(found, "20270312T090000Z")] == [one]
    everywhere = await add(anna, url)
    found = await document(anna, url)
    assert everywhere in {first_param(line, "MANAGED-ID") for key in by_key(found) for line in lines(found, key)}
    assert len(lines(found, "20270312T090000Z")) == 2


@pytest.mark.parametrize(
    ("query", "precondition"),
    [
        ("action=attachment-eat", "C:valid-action"),
        ("x=y", "C:valid-action"),
        ("action=attachment-add&managed-id=abcdefgh", "C:valid-managed-id"),
        ("action=attachment-remove", "C:valid-managed-id"),
        ("action=attachment-remove&managed-id=abcdefgh", "C:valid-managed-id"),
        ("action=attachment-update&managed-id=abcdefgh", "C:valid-managed-id"),
        ("action=attachment-update&managed-id=abcdefgh&rid=M", "C:valid-rid"),
        ("action=attachment-add&rid=20270312T090000Z", "C:valid-rid"),
        ("action=attachment-add&rid=nonsense", "C:valid-rid"),
        ("action=attachment-add&rid=" + "M%2C" * 200, "C:valid-rid"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(anna: Client, query: str, precondition: str) -> None:
    await anna.ask("PUT", CALENDAR + "e.ics", an_event("e"))
    answer = await post(anna, CALENDAR + "e.ics", query)
    assert answer.status == 403
    assert answer.preconditions == [precondition]


async def test_an_event_has_so_many_files_and_no_more(anna: Client) -> None:
    attached = (f"ATTACH;MANAGED-ID=file{number:05}:https://x.example/{number}" for number in range(ATTACHMENTS_MOST))
    await anna.ask("PUT", CALENDAR + "e.ics", an_event("e", "E", "20270310T090000Z", "20270310T100000Z", *attached))
    answer = await post(anna, CALENDAR + "e.ics", "action=attachment-add")
    assert answer.preconditions == ["C:max-attachments-per-resource"]


async def test_the_condition_of_the_request_holds(anna: Client, url: str) -> None:
    assert (await post(anna, url, "action=attachment-add", if_match='"other"')).status == 412
    assert (await post(anna, CALENDAR + "none.ics", "action=attachment-add")).status == 404


async def test_two_files_at_once_are_both_there_or_one_is_refused(anna: Client, url: str) -> None:
    answers = await asyncio.gather(*(post(anna, url, "action=attachment-add") for _ in range(3)))
    added = [one for one in answers if one.status == 201]
    assert {one.status for one in answers} <= {201, 412}
    assert len(lines(await document(anna, url))) == len(added) >= 1


async def test_invited_people_have_the_files_of_a_meeting(anna: Client, bob: Client) -> None:
    await anna.ask("MKCALENDAR", OWN)
    people = ("ORGANIZER:mailto:anna@crm.example", "ATTENDEE:mailto:bob@crm.example")
    await anna.ask("PUT", OWN + "m.ics", an_event("m", "M", "20270310T090000Z", "20270310T100000Z", *people))
    await add(anna, OWN + "m.ics")
    (line,) = lines(await document(anna, OWN + "m.ics"))
    listed = await bob.propfind("/dav/calendars/bob/invitations/", "D:getetag", depth="1")
    copy = next(one.href for one in listed.resources if one.href.endswith(".ics"))
    assert [one.value for one in lines(await document(bob, copy))] == [line.value]
    assert (await fetch(bob, line)).body == PDF


async def test_what_belongs_to_nothing_goes(anna: Client, url: str, opened: Opened) -> None:
    await add(anna, url)
    await anna.ask("DELETE", url)
    table, blob = opened.state.attachment, opened.state.blob

    def held() -> tuple[int, int]:
        with opened.database.engine.connect() as connection:
            digests = sa.select(sa.func.count()).select_from(blob).where(blob.c.size == len(PDF))
            count = sa.select(sa.func.count()).select_from(table)
            return connection.execute(count).scalar_one(), connection.execute(digests).scalar_one()

    opened.database.write_now(lambda unit: leftovers.prune(unit.connection, opened.state))
    assert held() == (1, 1)  # it may be on its way into another event
    opened.database.write_now(lambda unit: unit.connection.execute(sa.update(table).values(made=0)))
    opened.database.write_now(lambda unit: leftovers.prune(unit.connection, opened.state))
    assert held() == (0, 0)


async def test_limits_are_said(anna: Client) -> None:
    found = (await anna.propfind(CALENDAR, "C:max-attachment-size", "C:max-attachments-per-resource")).only
    assert int(found.text("C:max-attachment-size")) > 1_000_000
    assert found.text("C:max-attachments-per-resource") == str(ATTACHMENTS_MOST)
    home = (await anna.propfind("/dav/calendars/anna/", "C:managed-attachments-server-URL")).only
    assert home.text("C:managed-attachments-server-URL") == ""


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ('attachment; filename="Offer.pdf"', "Offer.pdf"),
        ("attachment; filename*=UTF-8''%C3%9Cbersicht.pdf", "Übersicht.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\x\\\\y.doc"', "y.doc"),
        ('attachment; filename="a\x00b\x07.txt"', "ab.txt"),
        ('attachment; filename="<script>.html"', "_script_.html"),
        ("attachment", "attachment"),
        ("", "attachment"),
        ('attachment; filename=".."', "attachment"),
    ],
)
def test_a_name_is_no_path_and_nothing_odd(stated: str, name: str) -> None:
    assert file_name(stated) == name


def test_a_long_name_keeps_its_extension() -> None:
    made = file_name(f'attachment; filename="{"x" * 500}.pdf"')
    assert len(made) <= 120
    assert made.endswith(".pdf")
