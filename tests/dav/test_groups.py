"""Groups of contacts in all their dialects: kept beside the CRM's contacts, never made one of them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.model import Shape
from gateway.formats.drafts import read_draft
from storage.crm.reference import schema
from storage.opened import Opened
from tests.dav.client import DECLARED, Client
from tests.dav.documents import a_card

BOOK = "/dav/addressbooks/anna/my-contacts/"
MEMBERS = ("urn:uuid:8f2b6a52-0c5e-4e0c-8a1e-1d3c5b7a9e10", "urn:uuid:rosa", "urn:uuid:rosa")
APPLE = a_card(
    "friends",
    "",
    "Friends",
    "X-ADDRESSBOOKSERVER-KIND:group",
    *(f"X-ADDRESSBOOKSERVER-MEMBER:{one}" for one in MEMBERS),
)
NEW = b"".join(
    line + b"\r\n"
    for line in (
        b"BEGIN:VCARD", b"VERSION:4.0", b"UID;VALUE=text:team", b"FN:Team", b"KIND:group",
        *(f"MEMBER:{one}".encode() for one in MEMBERS), b"END:VCARD",
    )
)  # fmt: skip
SOGO = (
    b"BEGIN:VLIST\r\nUID:1F-1.vlf\r\nVERSION:1.0\r\nFN:Everybody\r\n"
    b"CARD;EMAIL=rosa@quarz.example;FN=Rosa:rosa.vcf\r\nEND:VLIST\r\n"
)


def contacts(opened: Opened) -> int:
    with opened.database.engine.connect() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(schema.contacts)) or 0)


@pytest.mark.parametrize("document", [APPLE, NEW, SOGO])
def test_a_group_is_known_in_every_dialect(document: bytes) -> None:
    assert read_draft(Shape.CARD, document).is_group


@pytest.mark.parametrize(("document", "told"), [(APPLE, "MEMBER"), (NEW, "MEMBER")])
async def test_a_group_is_kept_and_makes_no_contact(anna: Client, opened: Opened, document: bytes, told: str) -> None:
    before = contacts(opened)
    answer = await anna.ask("PUT", BOOK + "g.vcf", document, if_none_match="*")
    assert answer.status == 201
    served = await anna.ask("GET", BOOK + "g.vcf")
    assert (served.body, served.etag) == (document, answer.etag)
    assert contacts(opened) == before
    listed = await anna.propfind(BOOK, "D:getetag", depth="1")
    assert listed.at(BOOK + "g.vcf").text("D:getetag") == answer.etag
    assert b"\r\nVERSION:4.0\r\n" in (await anna.ask("GET", BOOK + "g.vcf", accept="text/vcard;version=4.0")).body


async def test_each_dialect_is_told_as_the_other(anna: Client) -> None:
    await anna.ask("PUT", BOOK + "apple.vcf", APPLE)
    await anna.ask("PUT", BOOK + "new.vcf", NEW)
    new = (await anna.ask("GET", BOOK + "apple.vcf", accept="text/vcard;version=4.0")).body.decode().split()
    assert [line for line in new if "MEMBER" in line or "KIND" in line] == [
        "KIND:group", *(f"MEMBER:{one}" for one in MEMBERS),
    ]  # fmt: skip
    old = (await anna.ask("GET", BOOK + "new.vcf", accept="text/vcard;version=3.0")).body.decode().split()
    assert [line for line in old if "MEMBER" in line or "KIND" in line] == [
        "X-ADDRESSBOOKSERVER-KIND:group", *(f"X-ADDRESSBOOKSERVER-MEMBER:{one}" for one in MEMBERS),
    ]  # fmt: skip


async def test_a_group_is_changed_synchronised_found_and_deleted_like_any_card(anna: Client) -> None:
    token = (await anna.sync(BOOK)).sync_token
    etag = (await anna.ask("PUT", BOOK + "g.vcf", APPLE)).etag
    changed = APPLE.replace(b"Friends", b"Good friends")
    assert (await anna.ask("PUT", BOOK + "g.vcf", changed, if_match=etag)).status == 204
    assert (await anna.ask("PUT", BOOK + "g.vcf", APPLE, if_match=etag)).status == 412
    assert (await anna.sync(BOOK, token)).hrefs == [BOOK + "g.vcf"]
    body = (
        f"<CR:addressbook-query {DECLARED}><D:prop><D:getetag/></D:prop><CR:filter><CR:prop-filter name='FN'>"
        f"<CR:text-match match-type='ends-with'>good FRIENDS</CR:text-match></CR:prop-filter></CR:filter>"
        f"</CR:addressbook-query>"
    )
    assert (await anna.ask("REPORT", BOOK, body)).hrefs == [BOOK + "g.vcf"]
    twin = await anna.ask("PUT", BOOK + "twin.vcf", APPLE)
    assert (twin.status, twin.preconditions) == (409, ["CR:no-uid-conflict"])
    assert (await anna.ask("DELETE", BOOK + "g.vcf")).status == 204
    assert (await anna.ask("GET", BOOK + "g.vcf")).status == 404


async def test_a_list_of_sogo_is_no_card(anna: Client, opened: Opened) -> None:
    """It has a name that says so, and no other form."""
    before = contacts(opened)
    answer = await anna.ask("PUT", BOOK + "list.vcf", SOGO, content_type="text/x-vlist")
    assert (answer.status, answer.headers["Location"]) == (201, BOOK + "list.vlf")
    found = (await anna.propfind(BOOK + "list.vlf", "D:getcontenttype")).only
    assert found.text("D:getcontenttype") == "text/x-vlist; charset=utf-8"
    for accept in ("", "text/vcard;version=4.0", "text/x-vlist"):
        served = await anna.ask("GET", BOOK + "list.vlf", accept=accept)
        assert (served.body, served.headers["Content-Type"]) == (SOGO, "text/x-vlist; charset=utf-8")
    assert contacts(opened) == before


async def test_a_contact_stays_one_whatever_it_calls_itself_later(anna: Client, opened: Opened) -> None:
    before = contacts(opened)
    card = a_card("rosa", "Rosa", "Kern")
    await anna.ask("PUT", BOOK + "rosa.vcf", card)
    turned = card.replace(b"END:", b"X-ADDRESSBOOKSERVER-KIND:group\r\nEND:")
    assert (await anna.ask("PUT", BOOK + "rosa.vcf", turned)).status == 204
    assert contacts(opened) == before + 1


async def test_nobody_adds_a_group_to_a_book_he_may_only_read(anna: Client) -> None:
    answer = await anna.ask("PUT", "/dav/addressbooks/anna/readable/g.vcf", APPLE)
    assert (answer.status, answer.preconditions) == (403, ["D:need-privileges"])
