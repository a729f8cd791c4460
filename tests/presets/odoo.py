"""What tests of Odoo's rows share: who its users are, and how rows are compared."""

from __future__ import annotations

from typing import Final

from storage.opened import Opened
from tests.presets.dumps import Snapshot, difference, snapshot
from tests.presets.served import Row

ANNA: Final = 6
BOB: Final = 7
"""The users' keys; their partners are 7 and 8."""


def changed(odoo: Opened, before: Snapshot) -> dict[str, tuple[int, int]]:
    """By table, how many rows went and how many came."""
    return difference(before, snapshot(odoo.database.engine))


def holds(row: Row, **wanted: object) -> None:
    assert {name: row[name] for name in wanted} == wanted
