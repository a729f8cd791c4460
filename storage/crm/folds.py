"""How a text is brought into the form a column wants: in small letters, in digits only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

FOLDS: Final[Mapping[str, Callable[[str], str]]] = {
    "same": str.strip,
    "lower": lambda text: text.strip().lower(),
    "upper": lambda text: text.strip().upper(),
    "digits": lambda text: "".join(sign for sign in text if sign in "0123456789"),
    "digits_reversed": lambda text: FOLDS["digits"](text)[::-1],
    "phone": lambda text: ("+" if text.strip().startswith("+") else "") + FOLDS["digits"](text),
}
"""By the word that a mapping has for it."""
