"""Columns that the CRM keeps for itself and that are made of others: display names, labels, folded addresses.

    derived = { label = "{first_name} {last_name}",
                complete_name = { join = ["{organisation}", "{full_name}"], with = ", " },
                email_normalized = { text = "{emails}", as = "lower" } }

They are made anew after every write, of what the row means then (`storage.crm.present`), and written only where they
differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm.present import Present, Text
from storage.crm.shared import FOLDS

DERIVED_WORDS: Final = ("text", "join", "with", "as")
"""What one of `derived` takes where it is no text."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Texts, joined where they are not empty, in a form."""

    pieces: tuple[Text, ...]
    glue: str
    fold: Callable[[str], str]

    def of(self, present: Present) -> str:
        """The text for a row."""
        made = self.glue.join(text for piece in self.pieces if (text := piece.of(present)))
        return self.fold(made) if made else ""


def bind_derived(words: Any, fields: Iterable[str], columns: Iterable[str]) -> Derived:
    """A text, or a table of the words above. Raises ConfigError."""
    if isinstance(words, str):
        words = {"text": words}
    if not isinstance(words, dict) or ("text" in words) == ("join" in words):
        raise ConfigError("expected a text, or a table with either text or join")
    for name in words:
        if name not in DERIVED_WORDS:
            raise ConfigError(f"unknown word {name!r}{near(name, DERIVED_WORDS)}")
    fold = str(words.get("as", "same"))
    if fold not in FOLDS:
        raise ConfigError(f"{fold!r} is none of {', '.join(sorted(FOLDS))}{near(fold, FOLDS)}")
    templates = words["join"] if "join" in words else [words["text"]]
    if not isinstance(templates, list) or not all(isinstance(one, str) for one in templates):
        raise ConfigError("join needs a list of texts")
    pieces = tuple(Text(one, fields, columns) for one in templates)
    return Derived(pieces, str(words.get("with", "")), FOLDS[fold])
