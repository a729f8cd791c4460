"""Whether index and CRM agree: an oracle with its own idea of what the reference views show.

It knows the reference CRM's views by heart (`views`) and looks at plain rows. Beside membership it
checks what has to be true of the gateway's tables by themselves: bytes and their hashes, numbers that are unique and
below the collection's, counts, tombstones, blobs. `disagreements` is empty where all is well; what a row waiting in
the outbox will put right may be left out.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.core.ids import EntityKey
from storage.crm import messages
from storage.opened import Opened
from storage.render import render
from tests.faults import views
from tests.faults.picture import Picture

_SHOWN_IN = {"company": {"contact"}, "contact": {"meeting"}, "user": {"contact", "company", "meeting", "task", "email"}}


@dataclass(frozen=True)
class Wrong:
    """One thing that is not as it has to be, and about which row of the CRM (or none)."""

    entity: str
    key: str
    text: str


def disagreements(opened: Opened, picture: Picture, connection: sa.Connection) -> list[Wrong]:
    """Everything that is wrong."""
    wrong = list(_membership(picture))
    wrong += _bytes(opened, picture, connection)
    wrong += _numbers(picture)
    wrong += _messages(opened, picture, connection)
    wrong += _doubles(picture)
    return wrong


def not_pending(wrong: list[Wrong], picture: Picture) -> list[Wrong]:
    """Those that no row of the outbox is going to put right."""
    named = {(row["entity"], row["row_key"]) for row in picture.gateway["outbox"]}
    shown = {entity for name, _ in named for entity in _SHOWN_IN.get(name, ())}
    return [one for one in wrong if (one.entity, one.key) not in named and one.entity not in shown]


def _membership(picture: Picture) -> Iterator[Wrong]:
    resources = {row["id"]: (str(row["entity"]), str(row["row_key"])) for row in picture.gateway["resource"]}
    alive = views.alive(picture)
    for collection in picture.gateway["collection"]:
        expected = views.shown(picture, collection["view"], collection["principal"])
        for row in picture.gateway["placement"]:
            item = (str(row["entity"]), str(row["row_key"]))
            if row["collection_id"] != collection["id"]:
                continue
            if row["is_in"] and (item in alive or row["entity"] == "kept"):
                expected.add(item)
            elif not row["is_in"]:
                expected.discard(item)
        standing = Counter(
            resources.get(row["resource_id"], ("no resource", str(row["resource_id"])))
            for row in picture.gateway["entry"]
            if row["collection_id"] == collection["id"]
        )
        where = f"{collection['view']}/{collection['principal']}"
        if collection["is_built"]:
            yield from (Wrong(name, key, f"not in {where}") for name, key in expected - standing.keys())
        yield from (Wrong(name, key, f"in {where} without reason") for name, key in standing.keys() - expected)
        yield from (Wrong(name, key, f"{n} times in {where}") for (name, key), n in standing.items() if n > 1)


def _bytes(opened: Opened, picture: Picture, connection: sa.Connection) -> Iterator[Wrong]:
    resources = {row["id"]: row for row in picture.gateway["resource"]}
    standing = {row["resource_id"] for row in picture.gateway["entry"]}
    for row in picture.gateway["entry"]:
        resource = resources.get(row["resource_id"])
        if resource is None or (row["etag"], row["size"]) != (resource["etag"], resource["size"]):
            yield Wrong(resource["entity"] if resource else "entry", resource["row_key"] if resource else "",
                        "entry and resource differ")  # fmt: skip
    for name in ("contact", "company", "meeting", "task"):
        entity, codec = opened.crm.entities[name], opened.crm.codec_of(name)
        mine = [row for row in resources.values() if row["entity"] == name and row["id"] in standing]
        fetched = opened.indexer.rows.fetch(connection, entity, [int(row["row_key"]) for row in mine])
        rows = {str(row["id"]): row for row in picture.crm[views.TABLES[name]]}
        for row in mine:
            item = fetched.entities.get(EntityKey(row["row_key"]))
            if item is None or codec is None:
                continue  # not alive: said by _membership
            fresh = render(codec, item, row["object_uid"], row["residue"], row["overflow"])
            if row["content"] != fresh.content:
                yield Wrong(name, row["row_key"], f"{row['content']!r} is served, {fresh.content!r} is true")
            if row["etag"] != hashlib.sha256(row["content"]).hexdigest()[:32] or row["size"] != len(row["content"]):
                yield Wrong(name, row["row_key"], "the etag is not that of the bytes")
            crm = rows[row["row_key"]]
            word = crm.get("last_name") or crm.get("name") or crm.get("subject") or ""
            if word.encode() not in row["content"].replace(b"\r\n ", b""):
                yield Wrong(name, row["row_key"], f"does not say {word!r}")


def _numbers(picture: Picture) -> Iterator[Wrong]:
    collections = picture.collections()
    for name, table in (("entry", "entry"), ("tombstone", "tombstone"), ("flag", "flag"), ("placement", "placement")):
        for row in picture.gateway[table]:
            if row["collection_id"] not in collections:
                yield Wrong("", "", f"{name} of a collection that is not there")
    for id_, one in collections.items():
        entries = [row for row in picture.gateway["entry"] if row["collection_id"] == id_]
        gone = [row for row in picture.gateway["tombstone"] if row["collection_id"] == id_]
        flags = [row for row in picture.gateway["flag"] if row["collection_id"] == id_]
        uids = [row["uid"] for row in entries + gone]
        modseqs = [row["modseq"] for row in entries + gone]
        if len(set(uids)) != len(uids):
            yield Wrong("", "", f"{one['view']}: a uid twice, or standing and gone")
        if len(set(modseqs)) != len(modseqs):
            yield Wrong("", "", f"{one['view']}: a modseq twice")
        if any(uid >= one["uid_next"] for uid in uids):
            yield Wrong("", "", f"{one['view']}: a uid at or above uid_next")
        if any(number > one["modseq"] for number in modseqs + [row["modseq"] for row in flags]):
            yield Wrong("", "", f"{one['view']}: a modseq above the collection's")
        if one["members"] != len(entries):
            yield Wrong("", "", f"{one['view']}: {one['members']} members are counted, {len(entries)} are there")
        if not {row["uid"] for row in flags} <= {row["uid"] for row in entries}:
            yield Wrong("", "", f"{one['view']}: flags of nothing")
    epochs = [row["epoch"] for row in picture.gateway["collection"]]
    if len(set(epochs)) != len(epochs):
        yield Wrong("", "", "two collections share an epoch")


def _messages(opened: Opened, picture: Picture, connection: sa.Connection) -> Iterator[Wrong]:
    resources = {row["id"]: row for row in picture.gateway["resource"]}
    faces = {row["resource_id"]: row for row in picture.gateway["message"]}
    blobs = {row["digest"]: row["content"] for row in picture.gateway["blob"]}
    standing = {row["resource_id"] for row in picture.gateway["entry"]}
    entity = opened.crm.entities["email"]
    lines = picture.crm["email_addresses"]
    for id_, face in faces.items():
        resource = resources.get(id_)
        if resource is None or face["digest"] not in blobs:
            yield Wrong(resource["entity"] if resource else "", resource["row_key"] if resource else "",
                        "a message without resource or bytes")  # fmt: skip
            continue
        name, key = resource["entity"], resource["row_key"]
        raw = zlib.decompress(blobs[face["digest"]])
        if hashlib.sha256(raw).hexdigest() != face["digest"] or resource["size"] != len(raw):
            yield Wrong(name, key, "the bytes are not those the digest names")
        if name != "email" or id_ not in standing:
            continue
        source = messages.fetch(connection, entity, [int(key)]).get(EntityKey(key))
        if source is None or messages.source_digest(source) != face["source_digest"]:
            yield Wrong(name, key, "the row says something else than the message")
            continue
        written = email.message_from_bytes(raw, policy=email.policy.default)
        wanted = {address.addr_spec.lower() for field in ("to", "cc") for header in written.get_all(field, [])
                  for address in header.addresses}  # fmt: skip
        if not wanted <= {line["address"].lower() for line in lines if str(line["email_id"]) == key}:
            yield Wrong(name, key, "an e-mail without its addresses")
    for id_, resource in resources.items():
        if resource["entity"] in ("email", "kept") and id_ not in faces:
            yield Wrong(resource["entity"], resource["row_key"], "a message that is no message")


def _doubles(picture: Picture) -> Iterator[Wrong]:
    """Two living rows for one thing a client wrote."""
    faces = {row["resource_id"]: row["digest"] for row in picture.gateway["message"]}
    alive = views.alive(picture)
    seen: Counter[tuple[str, str]] = Counter()
    for row in picture.gateway["resource"]:
        if (row["entity"], row["row_key"]) in alive:
            seen[(row["entity"], str(faces.get(row["id"], row["object_uid"])))] += 1
    yield from (Wrong(entity, "", f"{times} rows for {name}") for (entity, name), times in seen.items() if times > 1)
