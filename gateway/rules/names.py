"""A new contact that states only its whole name gets a first and a last name from it."""

from __future__ import annotations

from gateway.core.entities import Fields
from gateway.core.model import Shape
from gateway.core.store import Proposal


class NameFromFullName:
    """Some programs write FN and leave N empty."""

    name = "name-from-full-name"
    description = "A contact with only a full name gets its first and last name from it."

    def check(self, proposal: Proposal) -> Fields:
        changes = proposal.changes
        if proposal.before is not None or proposal.collection.shape is not Shape.CARD:
            return changes
        full = changes.get("full_name")
        named = any(changes.get(field) for field in ("first_name", "last_name"))
        if named or not isinstance(full, str) or not full.strip() or changes.get("kind", "individual") != "individual":
            return changes
        first, _, last = full.strip().rpartition(" ")
        return {**changes, "first_name": first.strip() or None, "last_name": last}
