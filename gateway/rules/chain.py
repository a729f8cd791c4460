"""The rules in the order they run, and the one function that runs them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.core.entities import Fields
from gateway.core.store import Proposal
from gateway.rules.names import NameFromFullName
from gateway.rules.organisation_names import OrganisationFromFullName
from gateway.rules.rule import Rule
from gateway.rules.task_completion import TaskCompletion

CHAIN: Final[tuple[Rule, ...]] = (
    NameFromFullName(),  # before anything looks at names
    OrganisationFromFullName(),  # the same for companies
    TaskCompletion(),  # status, percent and completed as one
)


def decide(proposal: Proposal, chain: tuple[Rule, ...] = CHAIN) -> Fields:
    """The changes to make, after every rule has seen them. Raises Refused."""
    changes = proposal.changes
    for rule in chain:
        changes = rule.check(replace(proposal, changes=changes))
    return changes
