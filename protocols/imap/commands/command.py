"""What a command is: a name, how its arguments are read, what it does, and which literals it takes.

A command's file holds all of it, grammar, run and responses. `parse` sees the whole command and raises `Bad`; `run`
writes its untagged responses and returns what the tagged one says, or raises. Where it may be used is in `states`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad
from protocols.imap.framing import Announced
from protocols.imap.session import Session
from protocols.imap.states import State


@dataclass(frozen=True, slots=True)
class Ok:
    """The tagged OK: its text, and its code without brackets."""

    text: str
    code: str | bytes = ""
    starts_tls: bool = False
    starts_deflate: bool = False


A = TypeVar("A")


class Command(ABC, Generic[A]):
    """One command of IMAP."""

    name: ClassVar[bytes]
    wants_news: ClassVar[bool] = False
    """Whether the store is asked for news at its end even if nothing is known to have moved (NOOP, CHECK)."""

    @abstractmethod
    def parse(self, cursor: Cursor) -> A:
        """The arguments; the cursor stands right behind the name. Raises Bad."""

    @abstractmethod
    async def run(self, session: Session, arguments: A) -> Ok:
        """Do it."""

    async def admit(self, session: Session, cursor: Cursor, announced: Announced) -> None:
        """Whether an announced literal may be sent; raises what the client is told instead. The state is checked already."""
        is_stranger = session.state is State.NOT_AUTHENTICATED
        most = session.limits.literal_before_login if is_stranger else session.limits.literal
        # The sum is what counts for memory, so it has the bound that one of them has for a stranger.
        held = sum(map(len, announced.command.literals))
        if announced.size > most or held + announced.size > (most if is_stranger else most * 16):
            raise Bad(f"A literal here may have {most} bytes at most.", "TOOBIG")

    @staticmethod
    def nothing(cursor: Cursor) -> None:
        """The arguments of a command that has none."""
        cursor.expect_end()


class Plain(Command[None]):
    """A command without arguments."""

    def parse(self, cursor: Cursor) -> None:
        """Nothing is to be read."""
        self.nothing(cursor)
