"""Every row of the CRM and of the gateway, read at once, put back, and told so that two runs can be compared."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from storage.crm.reference import schema
from storage.opened import Opened

Rows = list[dict[str, Any]]
_STAMPS = re.compile(rb"^(DTSTAMP|CREATED|LAST-MODIFIED|REV|COMPLETED)[;:][^\r]*\r\n", re.MULTILINE)
_MADE_UID = re.compile(rb"^UID:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f-]+\r\n", re.MULTILINE)
_UNTOLD = {"id", "created_at", "modified_at", "password_hash", "completed_at"}


@dataclass(frozen=True)
class Picture:
    """All rows by table, the gateway's under their names without prefix."""

    crm: dict[str, Rows]
    gateway: dict[str, Rows]

    def collections(self) -> dict[int, dict[str, Any]]:
        """The gateway's collections by id."""
        return {row["id"]: row for row in self.gateway["collection"]}


def tables(opened: Opened) -> dict[str, sa.Table]:
    """The gateway's tables by the name they have without prefix."""
    state = opened.state
    return {table.name.removeprefix(state.prefix): table for table in state.metadata.sorted_tables}


def take(opened: Opened, connection: sa.Connection) -> Picture:
    """Read everything."""

    def rows(table: sa.Table) -> Rows:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]

    crm = {table.name: rows(table) for table in schema.metadata.sorted_tables}
    return Picture(crm, {name: rows(table) for name, table in tables(opened).items()})


def put_back(opened: Opened, connection: sa.Connection, picture: Picture) -> None:
    """Have the database hold exactly this again. Rows that go and come fire triggers: the outbox is last."""
    ours = tables(opened)
    there = take(opened, connection)
    stale = [table for table in schema.metadata.sorted_tables if there.crm[table.name] != picture.crm[table.name]]
    if stale:
        for table in reversed(schema.metadata.sorted_tables):
            connection.execute(sa.delete(table))
        for table in schema.metadata.sorted_tables:
            if picture.crm[table.name]:
                connection.execute(sa.insert(table), picture.crm[table.name])
    for name, table in ours.items():
        if there.gateway[name] != picture.gateway[name] or (name == "outbox" and stale):
            connection.execute(sa.delete(table))
            if picture.gateway[name]:
                connection.execute(sa.insert(table), picture.gateway[name])


def told(picture: Picture) -> dict[str, Counter[str]]:
    """The same told without keys and times, which differ from run to run."""
    names = {table: {row["id"]: _name(row) for row in rows} for table, rows in picture.crm.items()}
    story: dict[str, Counter[str]] = {}
    for table in schema.metadata.sorted_tables:
        refers = {column.name: next(iter(column.foreign_keys)).column.table.name
                  for column in table.columns if column.foreign_keys}  # fmt: skip
        story[table.name] = Counter(
            str({name: names[refers[name]].get(value) if name in refers else value
                 for name, value in row.items() if name not in _UNTOLD})
            for row in picture.crm[table.name]
        )  # fmt: skip
    resources = {row["id"]: row for row in picture.gateway["resource"]}
    digests = {row["resource_id"]: row["digest"] for row in picture.gateway["message"]}
    flags = {(row["collection_id"], row["uid"], row["principal"]): row["flags"] for row in picture.gateway["flag"]}
    for collection in picture.gateway["collection"]:
        story[f"{collection['view']}/{collection['principal']}"] = Counter(
            f"{_plain(resources[row['resource_id']]['content'])!r} {digests.get(row['resource_id'])} "
            f"{[flags.get((row['collection_id'], row['uid'], user)) for user in ('1', '2')]}"
            for row in picture.gateway["entry"]
            if row["collection_id"] == collection["id"] and row["resource_id"] in resources
        )
    return story


def differences(one: dict[str, Counter[str]], other: dict[str, Counter[str]]) -> list[str]:
    """What only one of two stories tells, for people."""
    found = []
    for name in sorted(one.keys() | other.keys()):
        here, there = one.get(name, Counter()), other.get(name, Counter())
        found += [f"{name}: missing {text}" for text in here - there]
        found += [f"{name}: too much {text}" for text in there - here]
    return found


def _name(row: dict[str, Any]) -> str:
    return str(next((row[name] for name in ("login", "name", "last_name", "subject") if row.get(name)), row["id"]))


def _plain(content: bytes | None) -> bytes | None:
    return None if content is None else _MADE_UID.sub(b"", _STAMPS.sub(b"", content))
