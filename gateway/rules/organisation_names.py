"""A new company that states its name only as FN is called that."""

from __future__ import annotations

from gateway.core.entities import Fields
from gateway.core.model import Shape
from gateway.core.store import Proposal


class OrganisationFromFullName:
    """A card of KIND:org often has FN and no ORG."""

    name = "organisation-from-full-name"
    description = "A company's card without ORG takes its full name for the company's name."

    def check(self, proposal: Proposal) -> Fields:
        changes = proposal.changes
        if proposal.before is not None or proposal.collection.shape is not Shape.CARD:
            return changes
        if changes.get("kind") != "org" and proposal.entity != "company":
            return changes
        if changes.get("organisation") or not changes.get("full_name"):
            return changes
        return {**changes, "organisation": changes["full_name"]}
