"""Photos of contacts: limits, what is served of large ones, and what a client's copy of one changes."""

from __future__ import annotations

import base64

import sqlalchemy as sa
from PIL import Image

from gateway.core.limits import PICTURE_LARGEST
from storage.crm.reference import schema
from storage.opened import Opened
from tests.dav.client import Client
from tests.dav.documents import a_card
from tests.formats.test_pictures import coded, picture

BOOK = "/dav/addressbooks/anna/my-contacts/"
URL = BOOK + "rosa.vcf"


def with_photo(content: bytes, kind: str = "JPEG") -> bytes:
    return a_card("rosa", "Rosa", "Kern", f"PHOTO;ENCODING=b;TYPE={kind}:{base64.b64encode(content).decode()}")


def held(opened: Opened) -> bytes | None:
    with opened.database.engine.connect() as connection:
        wanted = sa.select(schema.contacts.c.photo).where(schema.contacts.c.first_name == "Rosa")
        found = connection.scalar(wanted)
        return None if found is None else bytes(found)


async def test_the_limit_is_said_and_kept(anna: Client) -> None:
    said = (await anna.propfind(BOOK, "CR:max-image-size")).only.text("CR:max-image-size")
    assert int(said) == PICTURE_LARGEST
    answer = await anna.ask("PUT", URL, with_photo(bytes(PICTURE_LARGEST + 3)))
    assert (answer.status, answer.preconditions) == (403, ["CR:max-image-size"])
    assert (await anna.ask("PUT", URL, with_photo(bytes(PICTURE_LARGEST // 2)))).status == 201


async def test_a_large_photo_is_the_crms_and_a_smaller_one_is_served(anna: Client, opened: Opened) -> None:
    original = coded(picture(2400, 1600))
    answer = await anna.ask("PUT", URL, with_photo(original))
    # Not what was sent: the client shall read it again.
    assert (answer.status, "ETag" in answer.headers) == (201, False)
    assert held(opened) == original
    served = await anna.ask("GET", URL)
    assert len(served.body) < len(original) // 2
    # A client that sends back what it was served, with another change, does not touch the photo.
    changed = served.body.replace(b"Kern", b"Stein")
    assert (await anna.ask("PUT", URL, changed, if_match=served.etag)).status == 204
    assert held(opened) == original
    assert (await anna.ask("GET", URL)).body == changed


async def test_a_smaller_copy_of_a_photo_is_no_change(anna: Client, opened: Opened) -> None:
    image = picture(400, 300)
    original = coded(image, "PNG")
    await anna.ask("PUT", URL, with_photo(original, "PNG"))
    before = await anna.ask("GET", URL)
    answer = await anna.ask("PUT", URL, with_photo(coded(image.resize((96, 72)))), if_match=before.etag)
    assert (answer.status, "ETag" in answer.headers) == (204, False)
    assert held(opened) == original
    assert (await anna.ask("GET", URL)).etag == before.etag
    other = coded(picture(96, 72, seed=3))
    await anna.ask("PUT", URL, with_photo(other))
    assert held(opened) == other


async def test_an_empty_photo_is_none_and_is_told_to_nobody(anna: Client, opened: Opened) -> None:
    for line in ("PHOTO;VALUE=URI:", "PHOTO:", "PHOTO;ENCODING=b;TYPE=JPEG:"):
        card = a_card("rosa", "Rosa", "Kern", line)
        assert (await anna.ask("PUT", URL, card)).status in {201, 204}
        assert (await anna.ask("GET", URL)).body == a_card("rosa", "Rosa", "Kern")
    assert held(opened) is None


async def test_photos_of_all_kinds_reach_the_crm(anna: Client, opened: Opened) -> None:
    for kind in ("PNG", "GIF", "WEBP", "JPEG"):
        content = coded(
            Image.new("RGB", (8, 8), {"PNG": "red", "GIF": "green", "WEBP": "blue", "JPEG": "gold"}[kind]), kind
        )
        uri = f"PHOTO:data:image/{kind.lower()};base64,{base64.b64encode(content).decode()}"
        card = a_card("rosa", "Rosa", "Kern", uri).replace(b"VERSION:3.0", b"VERSION:4.0")
        await anna.ask("PUT", URL, card)
        assert held(opened) == content
