"""Columns that the CRM keeps for itself and that are made of others: display names, labels, folded addresses.

    derived = { label = "{first_name} {last_name}",
                complete_name = { join = ["{organisation}", "{full_name}"], with = ", " },
                email_normalized = { text = "{emails}", as = "lower" },
                phone_sanitized = { first = ["{column:mobile}", "{column:phone}"], as = "digits" } }

They are made anew after every write, of what the row means then (`storage.crm.present`), and written only where they
differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm.present import Present, Text
from storage.crm.shared import FOLDS

DERIVED_WORDS: Final = ("text", "join", "with", "first", "as")
"""What one of `derived` takes where it is no text."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Texts, joined where they are not empty, in a form; or, without a glue, the first that is anything in that form."""

    pieces: tuple[Text, ...]
    glue: str | None
    fold: Callable[[str], str]

    def of(self, present: Present, each: Mapping[str, Any] | None = None) -> str:
        """The text for a row; `each`: the row that a statement is run for."""
        texts = [text for piece in self.pieces if (text := piece.of(present, each))]
        if self.glue is None:
            return next((folded for text in texts if (folded := self.fold(text))), "")
        made = self.glue.join(texts)
        return self.fold(made) if made else ""


def bind_derived(
    words: Any, fields: Iterable[str], columns: Iterable[str], each: Iterable[str] | None = None
) -> Derived:
    """A text, or a table of the words above. Raises ConfigError."""
    if isinstance(words, str):
        words = {"text": words}
    kinds = [kind for kind in ("text", "join", "first") if kind in words] if isinstance(words, dict) else []
    if len(kinds) != 1:
        raise ConfigError("expected a text, or a table with one of text, join and first")
    for name in words:
        if name not in DERIVED_WORDS:
            raise ConfigError(f"unknown word {name!r}{near(name, DERIVED_WORDS)}")
    fold = str(words.get("as", "same"))
    if fold not in FOLDS:
        raise ConfigError(f"{fold!r} is none of {', '.join(sorted(FOLDS))}{near(fold, FOLDS)}")
    templates = [words["text"]] if "text" in words else words[kinds[0]]
    if not isinstance(templates, list) or not all(isinstance(one, str) for one in templates):
        raise ConfigError(f"{kinds[0]} needs a list of texts")
    fields, columns, each = list(fields), list(columns), None if each is None else list(each)
    pieces = tuple(Text(one, fields, columns, each) for one in templates)
    return Derived(pieces, None if "first" in words else str(words.get("with", "")), FOLDS[fold])
