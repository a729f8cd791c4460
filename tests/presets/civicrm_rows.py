"""What tests ask of CiviCRM's tables."""

from __future__ import annotations

from tests.presets.dumps import Snapshot, difference, snapshot
from tests.presets.served import Row, Served


def changed(gateway: Served, before: Snapshot) -> dict[str, tuple[int, int]]:
    return difference(before, snapshot(gateway.opened.database.engine))


def holds(row: Row, **wanted: object) -> None:
    assert {name: row[name] for name in wanted} == wanted


def contact(gateway: Served, last_name: str) -> Row:
    return gateway.row("SELECT * FROM civicrm_contact WHERE last_name = :name", name=last_name)


def of(gateway: Served, table: str, row: Row, columns: str) -> list[tuple[object, ...]]:
    """A contact's rows in a table, in the order of their keys."""
    found = gateway.rows(f"SELECT {columns} FROM {table} WHERE contact_id = :key ORDER BY id", key=row["id"])
    return [tuple(one.values()) for one in found]


def people(gateway: Served, activity: Row) -> set[tuple[object, object]]:
    """Who takes part in an activity, and as what."""
    found = gateway.rows(
        "SELECT contact_id, record_type_id FROM civicrm_activity_contact WHERE activity_id = :key", key=activity["id"]
    )
    assert len(found) == len({(one["contact_id"], one["record_type_id"]) for one in found})
    return {(one["contact_id"], one["record_type_id"]) for one in found}
