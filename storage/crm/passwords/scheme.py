"""What a scheme is: the form its hashes have, and how a password is held against one.

The form alone decides which scheme is meant: `form` matches no hash of another. `verify` costs what the hash says it
costs; a hash that says more than the scheme allows is refused before anything is computed, because whoever can write
the CRM's users would otherwise decide how long a login keeps the gateway busy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


class NotVerifiable(Exception):
    """A hash that says nothing about any password here. The text tells why and never shows the hash."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way of keeping passwords."""

    name: str
    form: re.Pattern[str]
    verify: Callable[[str, bytes, bytes], bool]
    """(hash, password, salt of the mapping) → whether they belong together, compared in constant time.

    Raises NotVerifiable.
    """


def bounded(name: str, cost: int, most: int) -> int:
    """The cost a hash names, where that is not too much. Raises NotVerifiable."""
    if cost > most:
        raise NotVerifiable(f"{name} with a cost of {cost}, more than the {most} that are computed here")
    return cost
