"""The demo CRM: the reference tables with the sample company, more rows on request, and its mail as it was sent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from gateway.core.ids import EntityKey
from storage.crm.reference import generator, sample, schema
from storage.database import Unit
from storage.indexer import Given
from storage.letter import Letter
from storage.opened import Opened
from storage.render_message import uid_of
from storage.visits import Progress


@dataclass(frozen=True, slots=True)
class Amount:
    """How many rows to make beside the sample."""

    contacts: int = 0
    meetings: int = 0
    messages: int = 0
    users: int = 0


def fill(url: str, amount: Amount, documents: Path | None = None) -> None:
    """Make the tables in an empty database and fill them; the sample's documents are written below `documents`."""
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            schema.create(connection)
            sample.insert(connection)
            generator.generate(
                connection,
                contacts=amount.contacts,
                meetings=amount.meetings,
                messages=amount.messages,
                users=amount.users,
            )
    finally:
        engine.dispose()
    for name, content in sample.sample_documents() if documents is not None else ():
        path = documents / name  # type: ignore[operator]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def index(opened: Opened, progress: Progress) -> None:
    """Install, keep the sample's original messages, and build every collection."""
    opened.setup.install()
    opened.visits.index_all(progress)
    opened.database.write_now(lambda unit: _keep_originals(unit, opened))


def _keep_originals(unit: Unit, opened: Opened) -> None:
    """The sample's mails have bytes of their own, with the attachment no column holds."""
    emails = opened.crm.entities["email"]
    for message_id, raw in sample.sample_messages():
        column = emails.table.c.message_id
        key = unit.connection.execute(
            sa.select(emails.key).where(column.in_([message_id, message_id.strip("<>")]))
        ).scalar()
        if key is None:
            continue
        stored = unit.connection.execute(sa.select(emails.table.c.sent_at).where(emails.key == key)).scalar()
        date = int(stored.replace(tzinfo=dt.UTC).timestamp()) if stored else None
        given = {EntityKey(str(key)): Given(uid_of(Letter(raw)), letter=Letter(raw), date=date)}
        opened.indexer.refresh(unit, emails, [key], given)
