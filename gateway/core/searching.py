"""What a mailbox can be asked about the words of its messages, and what it is sorted and threaded by.

Texts are compared folded (`gateway.formats.words.fold`): whoever asks hands folded text in, and whoever keeps text
for searching keeps it folded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gateway.core.ids import UID


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text occurs. `where` is `body`, `text` (header or body), or with `is_field` a header field's name in lower case."""

    where: str
    term: str
    """Folded; empty: the field is there at all."""
    is_field: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The day of the Date field, as it stands there, is within a range of days since 1970, both ends included."""

    low: int
    high: int


Asked = Phrase | Sent


@dataclass(frozen=True, slots=True)
class Sifted:
    """An answer from what is kept of messages' words: those of which it holds, and those that have to be read."""

    found: Sequence[UID]
    unknown: Sequence[UID]


class Heading(NamedTuple):
    """What a message is sorted and threaded by (RFC 5256, RFC 5957). Texts are collated, message ids as they stand.

    A tuple, because fifty thousand of them are made for one SORT.
    """

    sent: int | None = None
    """The Date field in seconds since 1970 UTC; None where it says nothing sensible."""
    sent_day: int | None = None
    """Its day as it stands there, whatever day that is in UTC."""
    subject: str = ""
    """The base subject."""
    is_reply: bool = False
    """Whether there was more to the subject that spoke of a reply or a forward."""
    from_: str = ""
    to: str = ""
    cc: str = ""
    display_from: str = ""
    display_to: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    """The ids this message refers to, oldest first; of In-Reply-To the first where there are no References."""
