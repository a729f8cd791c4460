"""Cards in the version a client asks for: by Accept, by CR:address-data, and written back in it."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from storage.crm.reference import schema
from storage.opened import Opened
from tests.dav.client import DECLARED, Client
from tests.dav.documents import a_card, an_event

BOOK = "/dav/addressbooks/anna/my-contacts/"
URL = BOOK + "rosa.vcf"
THIRD = a_card(
    "rosa", "Rosa", "Kern", "EMAIL;TYPE=WORK;TYPE=pref:rosa@quarz.example", "BDAY:1980-02-29",
    "item1.X-ABRELATEDNAMES:Karl", "item1.X-ABLabel:_$!<Spouse>!$_", "X-OWN;X=1:kept\\, as it is",
)  # fmt: skip
FOURTH = THIRD.replace(b"VERSION:3.0", b"VERSION:4.0").replace(b"TYPE=WORK;TYPE=pref", b"PREF=1;TYPE=WORK")


async def data(client: Client, attributes: str = "", url: str = URL) -> str:
    body = (
        f"<CR:addressbook-multiget {DECLARED}><D:prop><D:getetag/><CR:address-data {attributes}/></D:prop>"
        f"<D:href>{url}</D:href></CR:addressbook-multiget>"
    )
    return (await client.ask("REPORT", BOOK, body)).only.text("CR:address-data")


@pytest.mark.parametrize(
    ("accept", "version"),
    [
        ("", "3.0"),
        ("*/*", "3.0"),
        ("text/vcard", "3.0"),
        ("text/*;q=0.3, image/png", "3.0"),
        ("text/vcard; version=4.0", "4.0"),
        ('text/vcard;version="4.0", */*;q=0.1', "4.0"),
        ("text/vcard;version=3.0;q=0.5, text/vcard;version=4.0;q=0.9", "4.0"),
        ("text/vcard;version=4.0;q=0.2, text/vcard;q=0.4", "3.0"),
        ("text/vcard;version=4.0, text/vcard;version=3.0", "3.0"),
        ("TEXT/VCARD;VERSION=4.0;q=nonsense, text/x-vcard", "3.0"),
        ("application/xml, text/xml", "3.0"),
        ("text/html,application/xhtml+xml", "3.0"),
    ],
)
async def test_a_get_brings_the_version_that_is_liked_best(anna: Client, accept: str, version: str) -> None:
    await anna.ask("PUT", URL, THIRD)
    answer = await anna.ask("GET", URL, accept=accept)
    assert answer.status == 200
    assert answer.body.startswith(f"BEGIN:VCARD\r\nVERSION:{version}\r\n".encode())
    assert "Accept" in answer.headers["Vary"].split(", ")
    assert ("version=4.0" in answer.headers["Content-Type"]) is (version == "4.0")


@pytest.mark.parametrize("accept", ["text/vcard;version=5.0", "text/vcard;q=0", "application/vcard+xml"])
async def test_what_cannot_be_had_is_not_acceptable(anna: Client, accept: str) -> None:
    await anna.ask("PUT", URL, THIRD)
    answer = await anna.ask("GET", URL, accept=accept)
    assert (answer.status, answer.preconditions) == (406, ["CR:supported-address-data-conversion"])


async def test_a_translation_has_no_strong_tag(anna: Client) -> None:
    stored = (await anna.ask("PUT", URL, THIRD)).etag
    wanted = {"accept": "text/vcard;version=4.0"}
    translation = await anna.ask("GET", URL, **wanted)
    assert translation.etag == f"W/{stored}"
    assert (await anna.ask("GET", URL)).etag == stored
    # Whoever holds the stored octets does not hold these; who holds these knows them by their weak tag.
    assert (await anna.ask("GET", URL, if_none_match=stored, **wanted)).status == 200
    again = await anna.ask("GET", URL, if_none_match=f"W/{stored}", **wanted)
    assert (again.status, again.etag) == (304, f"W/{stored}")


async def test_a_report_brings_30_unless_another_version_is_named(anna: Client) -> None:
    await anna.ask("PUT", URL, FOURTH)
    stored = await anna.ask("GET", URL)
    assert stored.body == FOURTH
    assert "\nVERSION:3.0" in await data(anna)
    assert "TYPE=pref;TYPE=WORK:rosa@" in await data(anna, "content-type='text/vcard'")
    assert (await data(anna, "version='4.0'")).encode() == FOURTH


async def test_a_part_is_taken_from_the_translation(anna: Client) -> None:
    await anna.ask("PUT", URL, THIRD)
    body = (
        f"<CR:addressbook-multiget {DECLARED}><D:prop><CR:address-data version='4.0'><CR:prop name='VERSION'/>"
        f"<CR:prop name='RELATED'/></CR:address-data></D:prop><D:href>{URL}</D:href></CR:addressbook-multiget>"
    )
    text = (await anna.ask("REPORT", BOOK, body)).only.text("CR:address-data")
    assert text.split() == [
        "BEGIN:VCARD", "VERSION:4.0", "item1.RELATED;VALUE=text;TYPE=spouse:Karl", "END:VCARD",
    ]  # fmt: skip


@pytest.mark.parametrize("attributes", ["version='5.0'", "content-type='application/vcard+xml'", "version='2.1'"])
async def test_forms_that_there_are_none_of_are_refused(anna: Client, attributes: str) -> None:
    body = (
        f"<CR:addressbook-multiget {DECLARED}><D:prop><CR:address-data {attributes}/></D:prop><D:href>{URL}</D:href>"
        f"</CR:addressbook-multiget>"
    )
    answer = await anna.ask("REPORT", BOOK, body)
    assert (answer.status, answer.preconditions) == (403, ["CR:supported-address-data"])


async def test_both_versions_are_announced_30_first(anna: Client) -> None:
    answer = await anna.propfind(BOOK, "CR:supported-address-data")
    types = list(answer.only.found["{urn:ietf:params:xml:ns:carddav}supported-address-data"])
    assert [(one.get("content-type"), one.get("version")) for one in types] == [
        ("text/vcard", "3.0"),
        ("text/vcard", "4.0"),
    ]


async def test_a_translation_written_back_changes_nothing_in_the_crm(anna: Client, opened: Opened) -> None:
    etag = (await anna.ask("PUT", URL, THIRD)).etag
    before = rows(opened)
    told = await anna.ask("GET", URL, accept="text/vcard;version=4.0")
    written = await anna.ask("PUT", URL, told.body, if_match=etag, content_type="text/vcard; version=4.0")
    assert written.status == 204
    assert rows(opened) == before
    # What was sent is what is kept, and those who speak 3.0 see what they saw.
    assert (await anna.ask("GET", URL)).body == told.body
    assert sorted((await data(anna)).split()) == sorted(THIRD.decode().split())


async def test_one_change_made_in_40_is_one_change_in_the_crm(anna: Client, opened: Opened) -> None:
    etag = (await anna.ask("PUT", URL, THIRD)).etag
    told = await anna.ask("GET", URL, accept="text/vcard;version=4.0")
    moved = told.body.replace(b"rosa@quarz.example", b"rosa@glas.example")
    await anna.ask("PUT", URL, moved, if_match=etag)
    with opened.database.engine.begin() as connection:
        connection.execute(sa.update(schema.contacts).where(schema.contacts.c.first_name == "Rosa").values(notes="Met"))
        assert connection.scalar(sa.select(schema.contacts.c.email).where(schema.contacts.c.first_name == "Rosa")) == (
            "rosa@glas.example"
        )
    while opened.follower.step():
        pass
    served = (await anna.ask("GET", URL)).body
    assert served == moved.replace(b"END:VCARD", b"NOTE:Met\r\nEND:VCARD")
    assert "NOTE:Met" in await data(anna)
    assert "X-ABLabel:_$!<Spouse>!$_" in await data(anna)


def rows(opened: Opened) -> list[tuple[object, ...]]:
    columns = [one for one in schema.contacts.c if one.name != "modified_at"]
    with opened.database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns))]


async def test_a_card_of_21_is_taken_and_told_in_both(anna: Client) -> None:
    old = b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J\r\nTEL;CELL;PREF:1\r\nUID:old\r\nEND:VCARD\r\n"
    answer = await anna.ask("PUT", BOOK + "old.vcf", old)
    assert (answer.status, "ETag" in answer.headers) == (201, False)
    assert "N:Müller;J" in await data(anna, url=BOOK + "old.vcf")
    assert "TEL;TYPE=CELL;PREF=1:1" in await data(anna, "version='4.0'", BOOK + "old.vcf")


async def test_a_card_of_a_version_nobody_knows_is_refused(anna: Client) -> None:
    answer = await anna.ask("PUT", URL, THIRD.replace(b"VERSION:3.0", b"VERSION:5.0"))
    assert (answer.status, answer.preconditions) == (403, ["CR:supported-address-data"])


async def test_json_is_given_and_taken(anna: Client) -> None:
    """jCard and jCal (RFC 7095, RFC 7265)."""
    await anna.ask("PUT", URL, THIRD)
    told = await anna.ask("GET", URL, accept="application/vcard+json")
    assert told.headers["Content-Type"] == "application/vcard+json; version=4.0"
    assert told.etag.startswith("W/")
    name, lines = json.loads(told.body)
    assert (name, lines[0]) == ("vcard", ["version", {}, "text", "4.0"])
    assert ["bday", {}, "date-and-or-time", "1980-02-29"] in lines
    assert json.loads(await data(anna, "content-type='application/vcard+json' version='4.0'")) == [name, lines]

    changed = told.body.replace(b"1980-02-29", b"1981-02-28")
    written = await anna.ask("PUT", URL, changed, content_type="application/vcard+json")
    assert (written.status, "ETag" in written.headers) == (204, False)
    assert "BDAY:1981-02-28" in await data(anna)
    refused = await anna.ask("PUT", URL, b'["vcard"]', content_type="application/vcard+json")
    assert (refused.status, refused.preconditions) == (403, ["CR:valid-address-data"])


async def test_calendars_speak_json_too(anna: Client) -> None:
    url = anna.home + "my-calendar/a.ics"
    await anna.ask("PUT", url, an_event("json-a", "Offer, again"))
    told = await anna.ask("GET", url, accept="application/calendar+json")
    name, _, components = json.loads(told.body)
    assert name == "vcalendar"
    assert ["summary", {}, "text", "Offer, again"] in components[0][1]
    body = (
        f"<C:calendar-multiget {DECLARED}><D:prop><C:calendar-data content-type='application/calendar+json'/></D:prop>"
        f"<D:href>{url}</D:href></C:calendar-multiget>"
    )
    answer = await anna.ask("REPORT", anna.home + "my-calendar/", body)
    assert json.loads(answer.only.text("C:calendar-data")) == json.loads(told.body)
    moved = told.body.replace(b"T09:00", b"T08:00").replace(b"json-a", b"json-b")
    written = await anna.ask(
        "PUT", anna.home + "my-calendar/b.ics", moved, content_type="application/calendar+json", if_none_match="*"
    )
    assert (written.status, "ETag" in written.headers) == (201, False)
    assert b"DTSTART:20270310T080000Z" in (await anna.ask("GET", anna.home + "my-calendar/b.ics")).body
