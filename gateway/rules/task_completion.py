"""Status, percentage and completion time of a task change together, whichever of them the client touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from gateway.core.entities import Fields, Value
from gateway.core.model import Shape
from gateway.core.store import Proposal


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


class TaskCompletion:
    """Programs tick a task off by any one of STATUS, PERCENT-COMPLETE and COMPLETED."""

    name = "task-completion"
    description = "A task ticked off is done, at 100 percent, and has a time of completion; reopened, it has none."

    def __init__(self, now: Callable[[], dt.datetime] = _now) -> None:
        self._now = now

    def check(self, proposal: Proposal) -> Fields:
        changes = proposal.changes
        if proposal.collection.shape is not Shape.TASK or proposal.is_removal:
            return changes
        before = proposal.before or {}
        if not changes.keys() & {"status", "percent", "completed"}:
            return changes
        amended: dict[str, Value] = dict(changes)
        if self._is_done(changes):
            amended["status"] = "COMPLETED"
            amended["percent"] = 100
            amended["completed"] = changes.get("completed") or before.get("completed") or self._now()
        elif before.get("status") == "COMPLETED" and self._is_reopened(changes):
            amended.setdefault("status", "NEEDS-ACTION")
            if amended["status"] in (None, "COMPLETED"):
                amended["status"] = "NEEDS-ACTION"
            amended.setdefault("percent", 0)
            if amended["percent"] in (None, 100):
                amended["percent"] = 0
            amended["completed"] = None
        return amended

    @staticmethod
    def _is_done(changes: Fields) -> bool:
        if "status" in changes:
            return changes["status"] == "COMPLETED"
        return changes.get("percent") == 100 or bool(changes.get("completed"))

    @staticmethod
    def _is_reopened(changes: Fields) -> bool:
        if "status" in changes:
            return changes["status"] != "COMPLETED"
        if "percent" in changes:
            return changes["percent"] != 100
        return not changes.get("completed")
