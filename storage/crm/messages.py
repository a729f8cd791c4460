"""E-mail rows: read as what a message is composed from, written from what a message states."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import MessageSource
from gateway.core.ids import EntityKey
from gateway.core.model import Principal
from gateway.formats.mime_message import MessageFacts
from storage.crm.crm import BoundEntity
from storage.crm.rows import now


def fetch(connection: Connection, entity: BoundEntity, keys: Sequence[Any]) -> dict[EntityKey, MessageSource]:
    """The living rows of `keys` (column values)."""
    if entity.message is None:
        raise ValueError(f"{entity.name} is not an entity of messages")
    columns = entity.message.columns
    created = entity.words.stamps.get("created")
    wanted: list[sa.ColumnElement[Any]] = [entity.key.label("the_key")]
    wanted += [column.label(part) for part, column in columns.items()]
    if created:
        wanted.append(entity.table.c[created].label("created"))
    rows = connection.execute(sa.select(*wanted).where(entity.key.in_(keys), entity.alive)).mappings().all()
    addresses = _addresses(connection, entity, keys)
    found: dict[EntityKey, MessageSource] = {}
    for row in rows:
        sender = _text(row, "from_address")
        own = [("from", sender, _text(row, "from_name"))] if sender else []
        listed = [item for item in addresses.get(row["the_key"], []) if not own or item[0] != "from"]
        sent = row.get("sent") or row.get("created")
        found[EntityKey(str(row["the_key"]))] = MessageSource(
            key=EntityKey(str(row["the_key"])),
            message_id=_text(row, "message_id"),
            subject=_text(row, "subject"),
            sent=_utc(sent),
            addresses=tuple(own + listed),
            text=_text(row, "text"),
            html=_text(row, "html"),
            in_reply_to=_text(row, "in_reply_to"),
            references=_text(row, "references"),
        )
    return found


def _addresses(
    connection: Connection, entity: BoundEntity, keys: Sequence[Any]
) -> Mapping[Any, list[tuple[str, str, str]]]:
    side = entity.message.addresses if entity.message else None
    if side is None:
        return {}
    name = side.name if side.name is not None else sa.literal("")
    wanted = sa.select(side.parent, side.kind, side.address, name).where(side.parent.in_(keys))
    for column, value in side.alive.items():
        wanted = wanted.where(side.table.c[column] == value)
    found: dict[Any, list[tuple[str, str, str]]] = defaultdict(list)
    for parent, kind, address, shown in connection.execute(wanted.order_by(side.parent, *side.table.primary_key)):
        found[parent].append((str(kind), str(address or ""), str(shown or "")))
    return found


def insert(
    connection: Connection, entity: BoundEntity, facts: MessageFacts, preset: Mapping[str, Any], who: Principal
) -> Any:
    """A new row for a message, with its addresses; `preset` columns are the view's. Returns its key."""
    if entity.message is None:
        raise ValueError(f"{entity.name} is not an entity of messages")
    sender = next((item for item in facts.addresses if item[0] == "from"), ("from", "", ""))
    stated: dict[str, Any] = {
        "message_id": facts.message_id,
        "subject": facts.subject,
        "from_address": sender[1],
        "from_name": sender[2],
        "sent": facts.sent.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0) if facts.sent else now(),
        "text": facts.text,
        "html": facts.html,
        "in_reply_to": facts.in_reply_to,
        "references": facts.references,
    }
    columns: dict[str, Any] = {}
    for part, column in entity.message.columns.items():
        value = stated[part]
        length = getattr(column.type, "length", None)
        # A header is cut to its column, which is no loss: the message itself is kept byte for byte.
        columns[column.name] = _storable(value, length) if isinstance(value, str) else value
    columns |= preset
    if entity.owner is not None:
        columns.setdefault(entity.owner.name, entity.owner.type.python_type(who.id))
    for column_name in entity.words.stamps.values():
        columns[column_name] = now()
    result = connection.execute(sa.insert(entity.table).values(columns))
    key = result.inserted_primary_key[0] if result.inserted_primary_key else None
    side = entity.message.addresses
    if side is not None and facts.addresses:
        rows = []
        for kind, address, name in facts.addresses:
            row = {
                side.parent.name: key,
                side.kind.name: kind,
                side.address.name: _storable(address, _length(side.address)) or "",
            }
            if side.name is not None:
                row[side.name.name] = _storable(name, _length(side.name))
            if address:
                rows.append(row)
        if rows:
            connection.execute(sa.insert(side.table), rows)
    return key


def source_digest(source: MessageSource) -> str:
    """A hash of everything a message is composed from: equal means it renders the same."""
    held = [
        source.message_id, source.subject, source.sent.isoformat() if source.sent else "", list(source.addresses),
        source.text, source.html, source.in_reply_to, source.references,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(held, ensure_ascii=True).encode()).hexdigest()


def _length(column: sa.Column[Any]) -> int | None:
    return getattr(column.type, "length", None)


def _storable(text: str, length: int | None) -> str | None:
    clean = text.replace("\x00", "")
    return (clean if length is None else clean[:length]) or None


def _text(row: Mapping[Any, Any], part: str) -> str:
    held = row.get(part)
    return "" if held is None else str(held)


def _utc(held: Any) -> dt.datetime | None:
    if held is None:
        return None
    if not isinstance(held, dt.datetime):
        held = dt.datetime.fromisoformat(str(held))
    moment: dt.datetime = held.replace(microsecond=0)
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
