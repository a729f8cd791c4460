"""A mapped CRM behind DAV, asked by one of its users."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from gateway.edits import Edits
from protocols.dav.service import Service
from storage.opened import Opened
from tests.crm import principal
from tests.dav.client import Client


@contextmanager
def served(url: str, mapping: str, login: str = "anna", *, install: bool = True) -> Iterator[tuple[Opened, Client]]:
    """Install (unless somebody else has), and serve without sockets."""
    made = sa.make_url(url)
    own = f"{made.database}_gw" if made.get_backend_name() in ("mysql", "mariadb") else None
    opened = Opened(url, mapping, schema=own)
    try:
        if install:
            opened.setup.install()
        yield opened, Client(Service(opened.store, Edits(opened.store)), principal(opened, login))
    finally:
        opened.close()


def document(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def card(uid: str, *lines: str) -> bytes:
    return document("BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", *lines, "END:VCARD")


def component(kind: str, uid: str, *lines: str) -> bytes:
    return document(
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", f"BEGIN:{kind}", f"UID:{uid}",
        "DTSTAMP:20260101T000000Z", *lines, f"END:{kind}", "END:VCALENDAR",
    )  # fmt: skip


def row(opened: Opened, query: str) -> dict[str, object]:
    """The one row of a query."""
    found = opened.database.read_now(
        lambda connection: [dict(item) for item in connection.exec_driver_sql(query).mappings()]
    )
    (only,) = found
    return only


async def only_document(client: Client, path: str) -> tuple[str, str]:
    """Address and text of the one document of a collection."""
    listed = await client.propfind(path, "D:getetag", depth="1")
    (href,) = [href for href in listed.hrefs if not href.endswith("/")]
    return href, (await client.ask("GET", href)).body.decode()
