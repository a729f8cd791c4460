"""How a text is brought into the form a column wants: in small letters, in digits only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gateway.formats.sameness import normal_phone


def _international(text: str) -> str:
    """A number with its country, in digits after a plus; nothing where the country is not said."""
    number = normal_phone(text)
    return number if number.startswith("+") and number[1:].isdecimal() and number.isascii() else ""


FOLDS: Final[Mapping[str, Callable[[str], str]]] = {
    "same": str.strip,
    "lower": lambda text: text.strip().lower(),
    "upper": lambda text: text.strip().upper(),
    "digits": lambda text: "".join(sign for sign in text if sign in "0123456789"),
    "digits_reversed": lambda text: FOLDS["digits"](text)[::-1],
    "e164": _international,
    "phone": lambda text: ("+" if text.strip().startswith("+") else "") + FOLDS["digits"](text),
}
"""By the word that a mapping has for it."""
