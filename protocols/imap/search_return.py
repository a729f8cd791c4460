r"""What of its result a SEARCH or SORT tells and what it keeps: RETURN.

ESEARCH (RFC 4731: MIN, MAX, ALL, COUNT), SEARCHRES (RFC 5182: SAVE), PARTIAL (RFC 9394), and the mod-sequence that
CONDSTORE adds (RFC 7162 §3.1.10). Pure: from what was found, in the order it is to be told, to the response line and
to the positions that `$` means from now on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from protocols.imap.cursor import Cursor
from protocols.imap.encoder import quoted
from protocols.imap.errors import Bad
from protocols.imap.partial import Window, parse_window
from protocols.imap.types import compact

_PLAIN: Final = frozenset({b"MIN", b"MAX", b"ALL", b"COUNT"})
MAX_OPTIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What RETURN names."""

    options: frozenset[bytes]
    """Of MIN, MAX, ALL and COUNT."""
    window: Window | None = None
    is_saved: bool = False

    @property
    def is_told(self) -> bool:
        """RFC 5182 §2.1: where there is nothing but SAVE there is no response."""
        return bool(self.options) or self.window is not None

    def kept(self, found: Sequence[int]) -> Sequence[int]:
        """The positions `$` means after this, of those found in mailbox order or the order of SORT."""
        # RFC 5182 §2.4, RFC 9394 §3.2: ALL and COUNT, or nothing at all, keep everything.
        if self.options & {b"ALL", b"COUNT"} or not self.is_told:
            return found
        kept = set(self.window.cut(found)) if self.window is not None else set()
        return sorted(kept.union(self._ends(found)))

    def line(
        self,
        tag: bytes,
        found: Sequence[int],
        number: Callable[[int], int],
        modseqs: Sequence[int] | None,
        *,
        is_uid: bool,
    ) -> bytes:
        """The ESEARCH response (RFC 4731 §2.1, RFC 4466 §2.6.2). `number` says what a position is called.

        `modseqs`: by position, where the search was about mod-sequences.
        """
        pieces = [b"* ESEARCH (TAG " + quoted(tag) + b")"]
        if is_uid:
            pieces.append(b"UID")
        if found:
            pieces += [
                b"%b %d" % (name, number(found[0 if name == b"MIN" else -1]))
                for name in (b"MIN", b"MAX")
                if name in self.options
            ]
        if b"COUNT" in self.options:
            pieces.append(b"COUNT %d" % len(found))
        if found and b"ALL" in self.options:
            pieces.append(b"ALL " + compact(map(number, found)))
        if self.window is not None:
            shown = self.window.cut(found)
            pieces.append(b"PARTIAL (%b %b)" % (self.window.label, compact(map(number, shown)) or b"NIL"))
        if found and modseqs is not None:
            pieces.append(b"MODSEQ %d" % max(modseqs[place] for place in self._about(found)))
        return b" ".join(pieces) + b"\r\n"

    def _ends(self, found: Sequence[int]) -> Sequence[int]:
        if not found:
            return ()
        return [found[end] for end, name in ((0, b"MIN"), (-1, b"MAX")) if name in self.options]

    def _about(self, found: Sequence[int]) -> Sequence[int]:
        """RFC 4731 §3.2: the messages whose highest mod-sequence is told."""
        if self.options & {b"ALL", b"COUNT"}:
            return found
        shown = list(self.window.cut(found)) if self.window is not None else []
        return [*shown, *self._ends(found)] or found


def parse_return(cursor: Cursor) -> Wanted | None:
    """`RETURN (…) ` where it stands here; None where it does not. Raises Bad."""
    if not cursor.take(b"RETURN "):
        return None
    options: set[bytes] = set()
    windows: list[Window] = []

    def option() -> None:
        word = cursor.expect_word("a return option")
        if word == b"PARTIAL":
            cursor.expect_space()
            windows.append(parse_window(cursor))
        elif word in _PLAIN or word == b"SAVE":
            options.add(word)
        else:
            raise Bad("There is no such return option.")

    cursor.listed(option, MAX_OPTIONS)
    cursor.expect_space()
    is_saved = b"SAVE" in options
    options.discard(b"SAVE")
    if len(windows) > 1 or (windows and b"ALL" in options):
        # RFC 9394 §3.1: a command has one PARTIAL, or ALL, or neither.
        raise Bad("PARTIAL may stand there once, and not beside ALL.")
    if not options and not windows and not is_saved:
        # RFC 4731 §3.1: an empty list is ALL.
        options.add(b"ALL")
    return Wanted(frozenset(options), windows[0] if windows else None, is_saved)
