"""What the reference CRM's views show, by heart: in Python and over plain rows, so that no SQL is believed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.faults.picture import Picture

Row = dict[str, Any]
Item = tuple[str, str]
"""An entity and the key of a row."""

TABLES = {"contact": "contacts", "company": "companies", "meeting": "meetings", "task": "tasks", "email": "emails"}


def _is_invited(picture: Picture, row: Row, user: Row) -> bool:
    return any(link["meeting_id"] == row["id"] and link["user_id"] == user["id"] and not link["deleted"]
               for link in picture.crm["meeting_users"])  # fmt: skip


def _is_addressed(picture: Picture, row: Row, user: Row) -> bool:
    return any(line["email_id"] == row["id"] and not line["deleted"] and line["kind"] != "from"
               and line["address"].lower() == (user["email"] or "").lower()
               for line in picture.crm["email_addresses"])  # fmt: skip


SHOWS: dict[str, tuple[str, Callable[[Picture, Row, Row], bool]]] = {
    "my-contacts": ("contact", lambda _, row, user: bool(row["owner_id"] == user["id"])),
    "all-contacts": ("contact", lambda _, row, user: not row["private"]),
    "companies": ("company", lambda _, row, user: True),
    "my-calendar": (
        "meeting",
        lambda all_, row, user: bool(
            row["owner_id"] == user["id"] or (not row["private"] and _is_invited(all_, row, user))
        ),
    ),
    "my-tasks": ("task", lambda _, row, user: bool(row["owner_id"] == user["id"])),
    "inbox": (
        "email",
        lambda all_, row, user: bool(
            row["direction"] == "in" and (row["owner_id"] == user["id"] or _is_addressed(all_, row, user))
        ),
    ),
    "sent": (
        "email",
        lambda _, row, user: bool(
            row["direction"] == "out"
            and (row["owner_id"] == user["id"] or (row["from_address"] or "").lower() == (user["email"] or "").lower())
        ),
    ),
}
"""What each view shows, living rows given: its entity, and whether a row is shown to a user."""


def alive(picture: Picture) -> set[Item]:
    """Every row that is not marked as deleted."""
    return {
        (name, str(row["id"])) for name, table in TABLES.items() for row in picture.crm[table] if not row["deleted"]
    }


def shown(picture: Picture, view: str, principal: str) -> set[Item]:
    """What a view shows to a user (or to all, where there is none)."""
    if view not in SHOWS:
        return set()  # a mailbox the gateway keeps
    entity, shows = SHOWS[view]
    users: list[Row] = [{"id": None, "email": ""}]
    if principal:
        users = [row for row in picture.crm["users"]
                 if str(row["id"]) == principal and row["active"] and not row["deleted"]]  # fmt: skip
    living = [row for row in picture.crm[TABLES[entity]] if not row["deleted"]]
    return {(entity, str(row["id"])) for user in users for row in living if shows(picture, row, user)}
