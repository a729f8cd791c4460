"""Capabilities that are not announced although they are built: to everybody, to a user, to a program.

Some programs enable what they then use wrongly. The way out is not to offer it to them, without taking it from others.
A program is known by the name it gives with ID, and only after that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.core.errors import ConfigError

NEVER_WITHHELD: Final = frozenset({"IMAP4REV1"})
"""Without it Outlook falls back to a protocol of 1990."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is withheld, in capitals."""

    from_all: frozenset[str] = frozenset()
    by_login: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Login, in small letters."""
    by_program: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The name a program gives, in small letters."""

    def withheld(self, login: str = "", program: str = "") -> frozenset[str]:
        """What is withheld from this user with this program; empty for one not known yet."""
        nothing: frozenset[str] = frozenset()
        mine = self.by_login.get(login.lower(), nothing)
        return self.from_all | mine | self.by_program.get(program.lower(), nothing)


def narrowing(
    known: Collection[str],
    from_all: Collection[str],
    by_login: Mapping[str, Collection[str]],
    by_program: Mapping[str, Collection[str]],
) -> Narrowing:
    """What a configuration withholds of the `known` capabilities. Raises ConfigError for one that there is not."""
    there = {word.upper() for word in known} - NEVER_WITHHELD

    def checked(words: Collection[str]) -> frozenset[str]:
        made = frozenset(word.upper() for word in words)
        for word in sorted(made - there):
            raise ConfigError(
                f"imap: {word!r} is no capability that can be withheld; there are {', '.join(sorted(there))}"
            )
        return made

    return Narrowing(
        checked(from_all),
        {login.lower(): checked(words) for login, words in by_login.items()},
        {program.lower(): checked(words) for program, words in by_program.items()},
    )
