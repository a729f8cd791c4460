r"""STORE and UID STORE (RFC 3501 §6.4.6), UNCHANGEDSINCE (RFC 7162 §3.1.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.ids import UID, ModSeq
from gateway.core.mail import FlagMode, Flags
from gateway.core.model import Right
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.messages import chosen, require_known
from protocols.imap.cursor import Cursor
from protocols.imap.errors import Bad, No
from protocols.imap.session import Session
from protocols.imap.types import DELETED, SYSTEM_FLAGS, NumberSet, compact
from protocols.imap.view import Updates

MAX_FLAGS: Final = 100

_SYSTEM: Final = {name.lower(): name for name in SYSTEM_FLAGS}
_MODES: Final = {b"FLAGS": FlagMode.REPLACE, b"+FLAGS": FlagMode.ADD, b"-FLAGS": FlagMode.REMOVE}


def checked_flags(names: Iterable[str]) -> Flags:
    r"""Flags as the store takes them; \Recent, which nobody can set, is passed over."""
    out: set[str] = set()
    for name in names:
        if name.lower() == "\\recent":
            continue
        if name.startswith("\\") and name.lower() not in _SYSTEM:
            raise Bad("There is no such system flag.")
        out.add(_SYSTEM.get(name.lower(), name))
    if len(out) > MAX_FLAGS:
        raise Bad(f"A message may have {MAX_FLAGS} flags at most.")
    return frozenset(out)


@dataclass(frozen=True, slots=True)
class Change:
    """What a STORE asks."""

    numbers: NumberSet
    mode: FlagMode
    flags: Flags
    is_silent: bool
    unchanged_since: ModSeq | None


class Store(Command[Change]):
    """STORE."""

    name = b"STORE"
    is_uid = False

    def parse(self, cursor: Cursor) -> Change:
        """RFC 3501 §9 `store`, RFC 7162 §7 `store-modifier`."""
        cursor.expect_space()
        numbers = cursor.expect_set(is_uid=self.is_uid)
        cursor.expect_space()
        unchanged_since = None
        if cursor.take(b"("):
            cursor.expect(b"UNCHANGEDSINCE ")
            unchanged_since = ModSeq(cursor.expect_modseq())
            cursor.expect(b") ")
        word = cursor.expect_word("FLAGS, +FLAGS or -FLAGS")
        mode = _MODES.get(word.removesuffix(b".SILENT"))
        if mode is None:
            raise Bad("Expected FLAGS, +FLAGS or -FLAGS here.")
        cursor.expect_space()
        names = cursor.flag_list()
        if names is None:
            names = [cursor.expect_flag()]
            while cursor.space() and not cursor.is_at_end():
                names.append(cursor.expect_flag())
        cursor.expect_end()
        return Change(numbers, mode, checked_flags(names), word.endswith(b".SILENT"), unchanged_since)

    async def run(self, session: Session, arguments: Change) -> Ok:
        """One transaction; the new flags are told unless that was declined."""
        selected = session.selected
        view = selected.view
        if arguments.unchanged_since is not None:
            # RFC 7162 §3.1: UNCHANGEDSINCE makes the client one that is told mod-sequences.
            session.enabled.add("CONDSTORE")
        places = chosen(view, arguments.numbers)
        _check_rights(session, arguments)
        uids = [UID(view.uids[place]) for run in places for place in run]
        if not uids:
            return Ok("No such messages.")
        outcome = await session.edits.flag(
            session.who, selected.name, uids, arguments.mode, arguments.flags, arguments.unchanged_since
        )
        before = {row.uid: row.modseq for row in outcome.rows}
        moved = [place for uid in before if (place := view.position(uid)) is not None]
        changed = [place for place in moved if view.modseqs[place] != before[UID(view.uids[place])]]
        updates = view.learn(outcome.rows)
        if arguments.is_silent:
            # RFC 7162 §3.1.3: even a silent STORE tells the new mod-sequences to those who want them.
            updates = Updates(
                changed=sorted(changed) if session.is_condstore else (), has_new_keywords=updates.has_new_keywords
            )
        await session.tell(updates, with_uid=self.is_uid)
        answered = len(outcome.rows) + len(outcome.conflicting)
        code = self._modified(session, outcome.conflicting)
        if not self.is_uid and answered < len(uids):
            require_known(session)
        return Ok("Some had changed in between." if code else "Done.", code)

    def _modified(self, session: Session, conflicting: Sequence[UID]) -> bytes:
        if not conflicting:
            return b""
        numbers: list[int] = sorted(conflicting)
        if not self.is_uid:
            places = (session.selected.view.position(uid) for uid in numbers)
            numbers = [place + 1 for place in places if place is not None]
        return b"MODIFIED " + compact(numbers)


class UidStore(Store):
    """UID STORE."""

    name = b"UID STORE"
    is_uid = True


def _check_rights(session: Session, change: Change) -> None:
    selected = session.selected
    if selected.is_read_only:
        raise No("This mailbox is open for reading only.", "NOPERM")
    may_delete = Right.REMOVE in selected.collection.rights
    if not may_delete and change.mode is not FlagMode.REMOVE and DELETED in change.flags:
        raise No("You may not remove messages from this mailbox.", "NOPERM")
