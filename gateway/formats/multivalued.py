"""Properties that stand several times: e-mails, phones, addresses, people.

Wanted values are matched with present lines: first those that mean the same in value and type, then those with the
same value, then those with the same type; a line that is matched stays where it is with its group and parameters,
and only what differs is set in it. What is left over is removed or added. Matching goes by look-up, not by
comparing each with each, so a document of ten thousand lines is no burden.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from gateway.core.entities import Value
from gateway.core.tree import Line
from gateway.formats.codec import Binding
from gateway.formats.properties import Properties

T = TypeVar("T", bound=Hashable)


class MultiValued(Binding, Generic[T]):
    """A field that is a tuple, one line an element."""

    def __init__(self, name: str) -> None:
        self.properties = (name,)
        self.name = name

    def read(self, at: Properties) -> Value:
        """The elements, preferred ones first, in the document's order otherwise."""
        found = [(self.preference(line), item) for line, item in self.present(at)]
        return tuple(item for _, item in sorted(found, key=lambda pair: pair[0]))  # type: ignore[return-value]

    def write(self, at: Properties, value: Value) -> None:
        """Make the lines say these elements."""
        wanted = [item for item in map(self.accept, value) if item is not None] if isinstance(value, tuple) else []
        present = list(self.present(at))
        if not present:
            for item in wanted:
                self.create(at, item)
            return
        for key in (lambda item: (self.value_key(item), self.type_key(item)), self.value_key, self.type_key):
            present, wanted = self._match(at, present, wanted, key)
        at.remove([line for line, _ in present])
        for item in wanted:
            self.create(at, item)

    def present(self, at: Properties) -> Iterable[tuple[Line, T]]:
        """The lines that say something, with what they say; others are nobody's business here."""
        for line in at.all(self.name):
            item = self.read_line(at, line)
            if item is not None:
                yield line, item

    def _match(
        self, at: Properties, present: list[tuple[Line, T]], wanted: list[T], key: Callable[[T], Hashable]
    ) -> tuple[list[tuple[Line, T]], list[T]]:
        lines: defaultdict[Hashable, deque[tuple[Line, T]]] = defaultdict(deque)
        for line, item in present:
            lines[key(item)].append((line, item))
        unmatched: list[T] = []
        for item in wanted:
            if lines[key(item)]:
                line, old = lines[key(item)].popleft()
                self.update(at, line, old, item)
            else:
                unmatched.append(item)
        left = {id(line) for pairs in lines.values() for line, _ in pairs}
        return [pair for pair in present if id(pair[0]) in left], unmatched

    @abstractmethod
    def accept(self, item: object) -> T | None:
        """An element fit to be written, None for what is empty or of another kind."""

    @abstractmethod
    def read_line(self, at: Properties, line: Line) -> T | None:
        """What a line says, None for nothing."""

    @abstractmethod
    def value_key(self, item: T) -> Hashable:
        """Equal for elements whose values mean the same."""

    @abstractmethod
    def type_key(self, item: T) -> Hashable:
        """Equal for elements that may take each other's line."""

    @abstractmethod
    def update(self, at: Properties, line: Line, old: T, new: T) -> None:
        """Make the line say `new`, touching only what differs in meaning."""

    @abstractmethod
    def create(self, at: Properties, item: T) -> None:
        """Add a line that says this."""

    def preference(self, line: Line) -> int:
        """Lower comes first."""
        return 0
