"""What a rule is: it looks at a proposal and answers with the changes, as they were or amended, or refuses.

A rule has a name and one sentence that says to a user what it does; a refusal carries both. It sees the fields
before and the changes so far, and may not look anywhere else.
"""

from __future__ import annotations

from typing import Protocol

from gateway.core.entities import Fields
from gateway.core.store import Proposal


class Rule(Protocol):
    """One piece of policy."""

    name: str
    description: str

    def check(self, proposal: Proposal) -> Fields:
        """The changes to go on with. Raises Refused."""
        ...
