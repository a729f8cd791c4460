"""Flags: each principal's own, on entries of any collection, numbered on the collection's line.

Kept as one text, words parted by blanks, system flags in their usual spelling and keywords as first written; two
spellings that differ in letter case only are one flag. A row with no flags stays: its modseq is still news.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.errors import InvalidContent, TooLarge
from gateway.core.ids import UID, CollectionId, ModSeq, PrincipalId
from gateway.core.mail import NO_FLAGS, FlagMode, Flags
from storage.state.schema import State

KEYWORDS_MOST: Final = 100
KEYWORD_LONGEST: Final = 100
_SYSTEM: Final = {flag.lower(): flag for flag in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")}


@dataclass(frozen=True, slots=True)
class Held:
    """The flags of one entry and when they last changed (0: never)."""

    flags: Flags
    modseq: ModSeq


class FlagTable:
    """The flag table."""

    def __init__(self, state: State) -> None:
        self.table = state.flag

    def of(
        self, connection: Connection, collection: CollectionId, principal: PrincipalId, uids: Sequence[UID]
    ) -> dict[UID, Held]:
        """The flags of these entries; those that have none are left out."""
        table = self.table
        wanted = sa.select(table.c.uid, table.c.flags, table.c.modseq).where(
            table.c.collection_id == collection, table.c.principal == principal, table.c.uid.in_(uids)
        )
        return {UID(row.uid): Held(read(row.flags), ModSeq(row.modseq)) for row in connection.execute(wanted)}

    def write(
        self,
        connection: Connection,
        collection: CollectionId,
        principal: PrincipalId,
        flags: Mapping[UID, Flags],
        modseq: ModSeq,
    ) -> None:
        """Set these, all at one modseq."""
        if not flags:
            return
        table = self.table
        uids = list(flags)
        mine = sa.and_(table.c.collection_id == collection, table.c.principal == principal)
        for start in range(0, len(uids), 500):
            batch = uids[start : start + 500]
            connection.execute(sa.delete(table).where(mine, table.c.uid.in_(batch)))
            rows = [
                {
                    "collection_id": collection,
                    "principal": principal,
                    "uid": uid,
                    "flags": write(flags[uid]),
                    "is_seen": 1 if "\\Seen" in flags[uid] else 0,
                    "modseq": modseq,
                }
                for uid in batch
            ]
            connection.execute(sa.insert(table), rows)


@lru_cache(maxsize=4096)
def read(text: str) -> Flags:
    """The set a text stands for; equal texts share one set."""
    return frozenset(text.split()) if text else NO_FLAGS


def write(flags: Flags) -> str:
    """The text a set is kept as."""
    return " ".join(sorted(flags))


def clean(flags: Flags) -> Flags:
    r"""Usual spelling for system flags, \Recent dropped. Raises InvalidContent, TooLarge."""
    made = set()
    for flag in flags:
        known = _SYSTEM.get(flag.lower())
        if known is None and flag.startswith("\\"):
            if flag.lower() == "\\recent":
                continue
            raise InvalidContent(f"There is no system flag {flag}.")
        if known is None and (not flag or len(flag) > KEYWORD_LONGEST or any(c.isspace() for c in flag)):
            raise TooLarge(f"A keyword has at most {KEYWORD_LONGEST} characters and no blanks.", KEYWORD_LONGEST)
        made.add(known or flag)
    return frozenset(made)


def met(held: Flags, mode: FlagMode, given: Flags) -> Flags:
    """What becomes of flags that meet others; a keyword keeps the spelling it first had. Raises TooLarge."""
    spelling = {flag.lower(): flag for flag in held}
    wanted = {flag.lower(): flag for flag in given}
    if mode is FlagMode.REMOVE:
        return frozenset(flag for low, flag in spelling.items() if low not in wanted)
    kept = spelling if mode is FlagMode.ADD else {}
    made = frozenset((wanted | {low: spelling[low] for low in wanted if low in spelling} | kept).values())
    if len(made) > KEYWORDS_MOST:
        raise TooLarge(f"A message can have at most {KEYWORDS_MOST} flags.", KEYWORDS_MOST)
    return made
