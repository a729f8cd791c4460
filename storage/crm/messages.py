"""E-mail rows: read as what a message is composed from, written from what a message states."""

from __future__ import annotations

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
from gateway.formats.mime_files import MessageFile
from gateway.formats.mime_message import MessageFacts
from gateway.formats.mime_text import text_to_html
from gateway.formats.rich_text import is_markup
from storage.crm import message_headers, message_links
from storage.crm.bound import BoundEntity, BoundUsers
from storage.crm.clocks import Now, instant_in
from storage.crm.conditions import matches
from storage.crm.message_tables import AddressTable, MessageColumns, Readers, SharedAddress
from storage.crm.stated import columns as given_columns

_MOST_NAMED = 500
"""Addresses of one message that are looked for among the users."""


def fetch(connection: Connection, entity: BoundEntity, keys: Sequence[Any]) -> dict[EntityKey, MessageSource]:
    """The living rows of `keys` (column values)."""
    if entity.message is None:
        raise ValueError(f"{entity.name} is not an entity of messages")
    message = entity.message
    columns = message.columns
    created = entity.words.stamps.get("created")
    wanted: list[sa.ColumnElement[Any]] = [entity.key.label("the_key")]
    wanted += [column.label(part) for part, column in columns.items()]
    wanted += [column.label(f"list_{kind}") for kind, column in message.lists.columns.items()]
    if message.sent is not None:
        wanted += [entity.table.c[name].label(f"sent_{name}") for name in message.sent.names]
    source: sa.FromClause = entity.table
    sender_of = message.sender
    if sender_of is not None:
        source = entity.table.outerjoin(sender_of.shared.table, sender_of.ref == sender_of.shared.key)
        wanted.append(sender_of.shared.value.label("from_address"))
    if message.answered is not None:
        source = source.outerjoin(message.answered.table, message.answered.is_meant())
        wanted.append(message.answered.table.c[message.answered.column].label("in_reply_to"))
    if created:
        wanted.append(entity.table.c[created].label("created"))
    select = sa.select(*wanted).select_from(source).where(entity.key.in_(keys), entity.alive)
    rows = connection.execute(select).mappings().all()
    addresses = _addresses(connection, entity, keys)
    files = message.files.load(connection, keys) if message.files is not None else {}
    linked: dict[Any, list[tuple[str, str, str]]] = defaultdict(list)
    for link in message.links:
        for key, person in link.shown(connection, keys):
            linked[key].append(person)
    found: dict[EntityKey, MessageSource] = {}
    for row in rows:
        own = _own_addresses(row, message)
        said = {kind for kind, _, _ in own}
        listed = [item for item in addresses.get(row["the_key"], []) if item[0] not in said]
        said |= {kind for kind, _, _ in listed}
        listed += [item for item in linked.get(row["the_key"], []) if item[0] not in said]
        sent = None
        if message.sent is not None:
            sent = message.sent.instant({name: row[f"sent_{name}"] for name in message.sent.names})
        if sent is None and created:
            sent = entity.stamps["created"][1].instant(row["created"])
        text, html = _text(row, "text"), _text(row, "html")
        if "is_html" in row and not row["is_html"]:
            text, html = text or html, ""
        elif "is_html" not in columns and "text" not in columns and not is_markup(html):
            text, html = html, ""  # some products put a plain body there as it is
        found[EntityKey(str(row["the_key"]))] = MessageSource(
            key=EntityKey(str(row["the_key"])),
            message_id=_text(row, "message_id"),
            subject=_text(row, "subject"),
            sent=sent,
            addresses=tuple(own + listed),
            text=text,
            html=html,
            in_reply_to=_text(row, "in_reply_to"),
            references=_text(row, "references"),
            unheld=message.unheld,
            attachments=files.get(row["the_key"], ()),
        )
    return found


def _own_addresses(row: Mapping[Any, Any], message: MessageColumns) -> list[tuple[str, str, str]]:
    """The addresses that stand in the row itself."""
    found: list[tuple[str, str, str]] = []
    if sender := _text(row, "from_address"):
        found.append(("from", sender, _text(row, "from_name")))
    else:
        found += [("from", *one) for one in message_headers.read(row.get("from"))]
    for kind in message.lists.columns:
        found += [(kind, *one) for one in message_headers.read(row[f"list_{kind}"])]
    return found


def _addresses(
    connection: Connection, entity: BoundEntity, keys: Sequence[Any]
) -> Mapping[Any, list[tuple[str, str, str]]]:
    side = entity.message.addresses if entity.message else None
    if side is None:
        return {}
    name = side.name if side.name is not None else sa.literal("")
    source: sa.FromClause = side.table
    if side.shared is not None:
        source = side.table.join(side.shared.shared.table, side.shared.ref == side.shared.shared.key)
    wanted = sa.select(side.parent, side.kind, side.address, name).select_from(source).where(side.parent.in_(keys))
    for column, value in side.alive.items():
        wanted = wanted.where(matches(side.table.c[column], value))
    found: dict[Any, list[tuple[str, str, str]]] = defaultdict(list)
    for parent, kind, address, shown in connection.execute(wanted.order_by(side.parent, *side.table.primary_key)):
        found[parent].append((str(kind), str(address or ""), str(shown or "")))
    return found


def insert(
    connection: Connection,
    entity: BoundEntity,
    users: BoundUsers,
    facts: MessageFacts,
    preset: Mapping[str, Any],
    who: Principal,
    files: Sequence[MessageFile] = (),
) -> Any:
    """A new row for a message, with its addresses and files; `preset` columns are the view's. Returns its key."""
    message = entity.message
    if message is None:
        raise ValueError(f"{entity.name} is not an entity of messages")
    linked = message_links.find(connection, message.links, facts.addresses)
    moment = entity.clocks.now()
    columns = _columns(message, facts)
    if message.sent is not None:
        sent = moment.instant if facts.sent is None else instant_in(facts.sent.replace(microsecond=0), "UTC")
        columns |= message.sent.of_instant(sent)
    sender = next((address for kind, address, _ in facts.addresses if kind == "from"), "")
    if message.sender is not None and sender:
        columns[str(message.sender.ref.key)] = _shared_key(connection, message.sender, sender, who, moment)
    if message.answered is not None:
        columns[str(message.answered.ref.key)] = message.answered.find(connection, facts.in_reply_to)
    columns |= linked.columns
    columns |= entity.body.stated(preset, who, moment)
    if entity.owner is not None:
        columns.setdefault(entity.owner.name, entity.owner.type.python_type(who.id))
    key = entity.body.insert(connection, entity.birth(connection, who, moment) | columns)
    if message.addresses is not None:
        _insert_addresses(connection, message.addresses, facts, key, who, moment)
    for readers in message.readers:
        _insert_readers(connection, readers, users, facts, key, who, moment)
    for kind, refs in linked.keys:
        kind.insert(connection, key, refs, who, moment)
    if entity.owner_link is not None:
        entity.owner_link.give(connection, key, who, moment)
    if message.files is not None:
        message.files.add(connection, key, files, who)
    return key


def _columns(message: MessageColumns, facts: MessageFacts) -> dict[str, Any]:
    """The message in the columns of its row."""
    sender = next(((address, name) for kind, address, name in facts.addresses if kind == "from"), ("", ""))
    stated: dict[str, Any] = {
        "message_id": facts.message_id,
        "subject": facts.subject,
        "from_address": sender[0],
        "from_name": sender[1],
        "text": facts.text,
        "html": facts.html,
        "in_reply_to": facts.in_reply_to,
        "references": facts.references,
    }
    if not message.has_brackets:
        stated |= {part: stated[part].strip("<> ") for part in ("message_id", "in_reply_to")}
    if "is_html" in message.columns:
        stated |= {"is_html": int(bool(facts.html)), "html": facts.html or facts.text}
    elif "text" not in message.columns:
        stated["html"] = facts.html or text_to_html(facts.text)
    columns: dict[str, Any] = {}
    for part, column in message.columns.items():
        if part == "from":
            columns[column.name] = message_headers.written([sender], column, is_json=False) or _nothing(column)
            continue
        value = stated[part]
        length = _length(column)
        if part == "from_address" and length is not None and len(value) > length:
            value = ""  # half of an address is somebody else's
        # A header is cut to its column, which is no loss: the message itself is kept byte for byte.
        columns[column.name] = (_storable(value, length) or _nothing(column)) if isinstance(value, str) else value
    for kind, column in message.lists.columns.items():
        listed = [(address, name) for which, address, name in facts.addresses if which == kind]
        columns[column.name] = message_headers.written(listed, column, is_json=message.lists.is_json)
    return columns


def _insert_addresses(
    connection: Connection, side: AddressTable, facts: MessageFacts, key: Any, who: Principal, now: Now
) -> None:
    rows: list[dict[str, Any]] = []
    seen: set[tuple[str, Any]] = set()
    for kind, address, name in facts.addresses:
        if not address or kind not in side.kinds:
            continue
        row = given_columns(side.insert, side.table, who, now)
        row |= {**side.alive, side.parent.name: key, side.kind.name: kind}
        if side.shared is None:
            length = _length(side.address)
            if length is not None and len(address) > length:
                continue  # half of an address is somebody else's
            row[side.address.name] = address
        else:
            ref = _shared_key(connection, side.shared, address, who, now)
            if ref is None or (kind, ref) in seen:
                continue
            seen.add((kind, ref))
            row[str(side.shared.ref.key)] = ref
        if side.name is not None:
            row[side.name.name] = _storable(name, _length(side.name))
        rows.append(row)
    if rows:
        connection.execute(sa.insert(side.table), rows)


def _insert_readers(
    connection: Connection, side: Readers, users: BoundUsers, facts: MessageFacts, key: Any, who: Principal, now: Now
) -> None:
    """Who files it, and the users it names."""
    named = sorted({address.lower() for _, address, _ in facts.addresses if address})[:_MOST_NAMED]
    found = connection.execute(sa.select(users.key).where(sa.func.lower(users.address).in_(named), users.alive))
    readers = dict.fromkeys([side.user.type.python_type(who.id), *sorted(row[0] for row in found)])
    rows = [
        given_columns(side.insert, side.table, who, now)
        | {**side.where, **side.alive, side.parent.name: key, side.user.name: reader}
        for reader in readers
    ]
    connection.execute(sa.insert(side.table), rows)


def _shared_key(connection: Connection, held: SharedAddress, address: str, who: Principal, now: Now) -> Any:
    """The shared row of an address; None for one that its column cannot take whole."""
    length = _length(held.shared.value)
    if "\x00" in address or (length is not None and len(address) > length):
        return None
    return held.shared.key_of(connection, address, who, now)


def source_digest(source: MessageSource) -> str:
    """A hash of everything a message is composed from: equal means it renders the same."""
    held = [
        source.message_id, source.subject, source.sent.isoformat() if source.sent else "", list(source.addresses),
        source.text, source.html, source.in_reply_to, source.references,
        *([[one.name, one.media_type, one.size] for one in source.attachments]),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(held, ensure_ascii=True).encode()).hexdigest()


def _length(column: sa.ColumnElement[Any]) -> int | None:
    return getattr(column.type, "length", None)


def _nothing(column: sa.ColumnElement[Any]) -> str | None:
    """What stands for no text."""
    return None if getattr(column, "nullable", True) else ""


def _storable(text: str, length: int | None) -> str | None:
    clean = text.replace("\x00", "")
    return (clean if length is None else clean[:length]) or None


def _text(row: Mapping[Any, Any], part: str) -> str:
    held = row.get(part)
    return "" if held is None else str(held)
