"""Text compared by a collation (RFC 4790 §9, RFC 5051)."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from gateway.core.filter import Collation, MatchType, TextMatch

_ASCII_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def text_matches(value: str, wanted: TextMatch) -> bool:
    """Whether a value has the text where it must be, or with `negate` has not."""
    fold = _FOLDS[wanted.collation]
    return _PLACES[wanted.match](fold(value), _folded_once(wanted.text, wanted.collation)) is not wanted.negate


def folded(text: str, collation: Collation) -> str:
    """The form of a text in which texts that are equal by a collation are equal."""
    return _FOLDS[collation](text)


@lru_cache(maxsize=256)
def _folded_once(text: str, collation: Collation) -> str:
    return _FOLDS[collation](text)


def _ascii_casemap(text: str) -> str:
    return text.translate(_ASCII_LOWER)


def _unicode_casemap(text: str) -> str:
    return (
        text.lower()
        if text.isascii()
        else unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    )


_FOLDS: Final[dict[Collation, Callable[[str], str]]] = {
    Collation.ASCII_CASEMAP: _ascii_casemap,
    Collation.OCTET: str,
    Collation.UNICODE_CASEMAP: _unicode_casemap,
}
_PLACES: Final[dict[MatchType, Callable[[str, str], bool]]] = {
    MatchType.EQUALS: str.__eq__,
    MatchType.CONTAINS: str.__contains__,
    MatchType.STARTS_WITH: str.startswith,
    MatchType.ENDS_WITH: str.endswith,
}
