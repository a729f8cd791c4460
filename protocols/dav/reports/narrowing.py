"""Which documents a filter can be certain not to match, by a look at their bytes.

Reading a document into its tree costs a hundred times more than searching its bytes, and most queries are for a few
documents of many. `may_match` answers no only where the filter needs a property whose name stands nowhere in the
document, or a text that does not: the document is unfolded, and compared as `matching` compares values. Where that
would not be exact (texts with characters that are escaped in values, soft line breaks of vCard 2.1, bytes that are not
UTF-8) the answer is yes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from gateway.core.filter import CardFilter, CompFilter, Filter, Junction, MatchType, PropFilter, TextMatch
from gateway.formats.textmatch import text_matches

Look = Callable[[str], bool]
"""Whether a document, unfolded, may match."""

_CONTROLS: Final = bytes(code for code in (*range(32), 127) if code not in b"\t\n")
_BLANK: Final = re.compile(rb"\n(?:[ \t]*\n)+")
_ESCAPED: Final = frozenset('\\,;:"^\n\r\t')


class Narrowing:
    """One filter, prepared."""

    def __init__(self, wanted: Filter) -> None:
        self._look = _card(wanted) if isinstance(wanted, CardFilter) else _component(wanted)

    def may_match(self, content: bytes) -> bool:
        """False only where the document certainly does not match."""
        if self._look is None or b"=\n" in content or b"=\r\n" in content or b"\n" not in content:
            return True
        unfolded = _BLANK.sub(b"\n", content.translate(None, _CONTROLS)).replace(b"\n ", b"").replace(b"\n\t", b"")
        try:
            return self._look(unfolded.decode())
        except UnicodeDecodeError:
            return True


def _card(wanted: CardFilter) -> Look | None:
    return _joined(wanted.test, [_property(one) for one in wanted.properties])


def _component(wanted: CompFilter) -> Look | None:
    if wanted.is_not_defined:
        return None
    inside = [*map(_property, wanted.properties), *map(_component, wanted.components)]
    return _all([_name(wanted.name), _joined(wanted.test, inside)])


def _property(wanted: PropFilter) -> Look | None:
    if wanted.is_not_defined:
        return None
    # A parameter's text is escaped in ways of its own; it is left to the tree.
    texts = [*map(_text, wanted.texts), *(None for _ in wanted.params)]
    return _all([_name(wanted.name.rpartition(".")[2]), _joined(wanted.test, texts)])


def _text(wanted: TextMatch) -> Look | None:
    if wanted.negate or _ESCAPED & {*wanted.text, *unicodedata.normalize("NFKD", wanted.text)}:
        return None
    anywhere = replace(wanted, match=MatchType.CONTAINS)
    return lambda document: text_matches(document, anywhere)


def _name(name: str) -> Look:
    lowered = name.lower()
    return lambda document: lowered in document.lower()


def _joined(test: Junction, looks: list[Look | None]) -> Look | None:
    if test is Junction.ALLOF:
        return _all(looks)
    known = [look for look in looks if look is not None]
    if not known or len(known) < len(looks):
        return None
    return lambda document: any(look(document) for look in known)


def _all(looks: Iterable[Look | None]) -> Look | None:
    known = [look for look in looks if look is not None]
    return (lambda document: all(look(document) for look in known)) if known else None
