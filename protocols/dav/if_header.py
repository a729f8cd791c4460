"""The If header (RFC 4918 §10.4): lists of state tokens and entity tags, each about one resource.

What stands within a list must all hold; of the lists one is enough. Here it is only read; whether it holds is for
`preconditions` to say, which knows what is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gateway.core.ids import ETag
from protocols.dav.errors import DavError

MOST_TERMS: Final = 1_000
_PIECE = re.compile(
    r'\s*(?:<([^<>]*)>\s*(?=\()|(\()|(\))|(?i:(not)\b)\s*|<([^<>]*)>|\[\s*(?:W/)?\\?"?([^\]"\\]*)\\?"?\s*\])'
)


@dataclass(frozen=True, slots=True)
class Term:
    """A state token, or where that is empty an entity tag."""

    token: str
    etag: ETag
    is_negated: bool


@dataclass(frozen=True, slots=True)
class TermList:
    """What has to hold together, of the resource a reference names; None: of the request's own."""

    resource: str | None
    terms: tuple[Term, ...]


def read(header: str) -> list[TermList]:
    """The lists of a header. Raises DavError 400 where it cannot be read."""
    lists: list[TermList] = []
    resource: str | None = None
    open_terms: list[Term] | None = None
    position, count, is_negated = 0, 0, False
    text = header.rstrip()
    while position < len(text):
        found = _PIECE.match(text, position)
        count += 1
        if found is None or count > MOST_TERMS:
            raise _unreadable()
        position = found.end()
        tagged, start, end, negation, token, etag = found.groups()
        if open_terms is None and tagged is not None:
            resource = tagged
        elif open_terms is None and start is not None:
            open_terms, is_negated = [], False
        elif open_terms is not None and end is not None and open_terms and not is_negated:
            lists.append(TermList(resource, tuple(open_terms)))
            open_terms = None
        elif open_terms is not None and negation is not None and not is_negated:
            is_negated = True
        elif open_terms is not None and (token or tagged):
            open_terms.append(Term(token or tagged, ETag(""), is_negated))
            is_negated = False
        elif open_terms is not None and etag is not None:
            open_terms.append(Term("", ETag(etag), is_negated))
            is_negated = False
        else:
            raise _unreadable()
    if open_terms is not None:
        raise _unreadable()
    return lists


def _unreadable() -> DavError:
    return DavError(400, "The If header cannot be read.")
