"""What SuiteCRM's new rows have in common, and clients of its sample company."""

from __future__ import annotations

import re

from tests.presets.dumps import Snapshot, difference, snapshot
from tests.presets.served import Row, Served

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SALES = "682d8a4c-6e9e-ce1e-c19b-6992ce475034"


def changed(gateway: Served, before: Snapshot) -> dict[str, tuple[int, int]]:
    """By table, how many rows went and how many came."""
    return difference(before, snapshot(gateway.opened.database.engine))


def holds(row: Row, **wanted: object) -> None:
    assert {name: row[name] for name in wanted} == wanted


def stamped(row: Row, who: str) -> None:
    """What every new record of SuiteCRM has."""
    assert UUID.fullmatch(str(row["id"]))
    assert row["date_entered"] == row["date_modified"] is not None
    holds(row, deleted=0, created_by=who, modified_user_id=who, assigned_user_id=who)


def grouped(gateway: Served, key: object, module: str) -> None:
    """The record is the creator's group's."""
    group = gateway.row("SELECT * FROM securitygroups_records WHERE record_id = :key", key=key)
    assert UUID.fullmatch(str(group["id"]))
    assert group["date_modified"] is not None
    holds(group, securitygroup_id=SALES, module=module, deleted=0)
