"""The bindings that cards, events and tasks share: text, addresses of the web, numbers, categories, privacy."""

from __future__ import annotations

from gateway.core.entities import Value
from gateway.core.tree import Line
from gateway.formats.codec import Binding
from gateway.formats.escaping import bare, escape, read_list, unescape, write_list
from gateway.formats.params import set_param
from gateway.formats.properties import Properties
from gateway.formats.sameness import normal_text

_OF_THE_OLD_VALUE = ("ALTREP", "LANGUAGE", "ENCODING", "CHARSET", "VALUE")
"""Parameters that describe a value and not the property: they go when the value does."""


def as_text(value: Value) -> str:
    """A value as text; nothing is empty."""
    if value is None or value is False or value == ():
        return ""
    return value if isinstance(value, str) else str(value)


def replace_value(line: Line, value: str) -> None:
    """Another raw value, and no parameter left that described the old one."""
    line.value = value
    for name in _OF_THE_OLD_VALUE:
        if line.params:
            set_param(line, name, None)


class Text(Binding):
    """One property with one text. `stale`: properties that retell it in another form, and so go when it changes."""

    def __init__(self, name: str, stale: tuple[str, ...] = ()) -> None:
        self.properties = (name,)
        self.name = name
        self.stale = stale

    def read(self, at: Properties) -> Value:
        """The text, None where there is none."""
        line = at.first(self.name)
        return (unescape(line.value).strip() or None) if line is not None else None

    def write(self, at: Properties, value: Value) -> None:
        """Set, or remove all lines of the name."""
        at.drop(*self.stale)
        text = self.raw(as_text(value))
        if not text.strip():
            at.drop(self.name)
            return
        line = at.first(self.name)
        if line is None:
            at.add(self.name, text)
        else:
            replace_value(line, text)

    def raw(self, text: str) -> str:
        """The raw value of a text."""
        return escape(text)


class Bare(Text):
    """A property whose value knows no escapes: URIs, rules."""

    def raw(self, text: str) -> str:
        """The text on one line."""
        return bare(text)


class Word(Text):
    """A property with one word of a fixed list, in capitals."""

    def read(self, at: Properties) -> Value:
        """The word, None where there is none."""
        return at.value(self.name).strip().upper() or None

    def raw(self, text: str) -> str:
        """The word as it is written."""
        return bare(text).upper().replace(" ", "-")


class Number(Text):
    """A property with a whole number in a range."""

    def __init__(self, name: str, low: int, high: int) -> None:
        super().__init__(name)
        self.low, self.high = low, high

    def read(self, at: Properties) -> Value:
        """The number, kept in range; None where there is none."""
        text = at.value(self.name).strip()
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            return None
        return min(max(int(text), self.low), self.high)

    def write(self, at: Properties, value: Value) -> None:
        """Set, or remove for None."""
        super().write(at, None if value is None else str(int(as_text(value) or 0)))


class Categories(Binding):
    """Lists of words, over one line or many, read as one. Change keeps the words that stay in their places."""

    properties = ("CATEGORIES",)

    def read(self, at: Properties) -> Value:
        """The words, each once."""
        return tuple(dict.fromkeys(word for line in at.all("CATEGORIES") for word in read_list(line.value)))

    def write(self, at: Properties, value: Value) -> None:
        """All words in the first line."""
        words = [word for word in value if isinstance(word, str)] if isinstance(value, tuple) else []
        wanted = {normal_text(word): word for word in words if normal_text(word)}
        present = (word for line in at.all("CATEGORIES") for word in read_list(line.value))
        kept = {normal_text(word): word for word in present if normal_text(word) in wanted}
        kept.update({key: word for key, word in wanted.items() if key not in kept})
        if not kept:
            at.drop("CATEGORIES")
            return
        first = at.put("CATEGORIES", write_list(kept.values()), getattr(at.first("CATEGORIES"), "params", ""))
        at.remove([line for line in at.all("CATEGORIES") if line is not first])


class Private(Binding):
    """CLASS: PRIVATE and CONFIDENTIAL are private, everything else is public. `name` where a version has no CLASS."""

    def __init__(self, name: str = "CLASS") -> None:
        self.properties = ("CLASS", name)

    def read(self, at: Properties) -> Value:
        """Whether it is private."""
        words = (line.value.strip().upper() for name in self.properties for line in at.all(name))
        return any(word in ("PRIVATE", "CONFIDENTIAL") for word in words)

    def write(self, at: Properties, value: Value) -> None:
        """In the line that is there, else in a new one."""
        lines = [line for name in self.properties for line in at.all(name)]
        for line in lines:
            line.value = "PRIVATE" if value else "PUBLIC"
        if not lines and value:
            at.add(self.name_in(at), "PRIVATE")

    def name_in(self, at: Properties) -> str:
        """The property this document would use."""
        return "CLASS"
