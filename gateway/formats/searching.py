"""The texts of a card that people look for: names, e-mail addresses, numbers.

Whoever keeps cards may keep these beside them, folded, and ask them first; `gateway.formats.matching` has the last word.
The fold is that of i;unicode-casemap, which keeps every run of ASCII characters together in lower case. So a text of
ASCII that a value has under any collation is in the folded value, and any text that it has under i;unicode-casemap is
there folded.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.core.filter import Collation, TextMatch
from gateway.core.tree import Component, Line
from gateway.formats.escaping import unescape
from gateway.formats.textmatch import folded

SEARCHED: Final = frozenset({"EMAIL", "FN", "N", "NICKNAME", "ORG", "TEL", "UID"})
"""The properties whose texts are kept."""
LONGEST: Final = 190
"""Characters of a folded text; of a longer one only the property's name is kept."""
ANY: Final = ""
"""Stands for a text that is not kept: it may be anything. A text that is empty is found with these, which does no harm."""
MOST: Final = 200
"""Texts of one card. One with more is always a candidate."""

Texts = tuple[tuple[str, str], ...]
_ASCII: Final = re.compile(r"[\x20-\x7e]+")


def texts_of(card: Component) -> Texts:
    """Property and folded text, ANY for one that is too long; a card with too many has ANY for each property."""
    found: dict[tuple[str, str], None] = {}
    for line in card.items:
        if isinstance(line, Line) and (name := line.name.upper()) in SEARCHED:
            text = folded(unescape(line.value), Collation.UNICODE_CASEMAP)
            found[name, text if len(text) <= LONGEST else ANY] = None
    return tuple(found) if len(found) <= MOST else tuple((name, ANY) for name in sorted(SEARCHED))


def needed(wanted: TextMatch) -> tuple[str, bool]:
    """A text that the folded value must contain (empty: any value may do), and whether it stands there as a whole.

    Where it does, it stands where the match type says.
    """
    if wanted.negate:
        return "", False
    if wanted.collation is Collation.UNICODE_CASEMAP or wanted.text.isascii():
        return folded(wanted.text, Collation.UNICODE_CASEMAP), True
    # The rest of the text may have changed its order in the fold.
    return max(_ASCII.findall(wanted.text), key=len, default="").lower(), False
