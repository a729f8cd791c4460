"""A component's lines by name, for reading many properties and changing a few in place.

Names are found in any letter case and with any group. A new line goes after the last one of its name, else to the
end of the component's own lines, before nested components. A line that goes takes along the label which Apple's
programs keep beside it under the same group (`item1.X-ABLabel`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.core.tree import Component, Line


class Properties:
    """One component, with the document it stands in (a card is its own document)."""

    def __init__(self, component: Component, document: Component) -> None:
        self.component = component
        self.document = document
        self._by_name: dict[str, list[Line]] = {}
        for item in component.items:
            if isinstance(item, Line):
                self._by_name.setdefault(item.name.upper(), []).append(item)

    def first(self, name: str) -> Line | None:
        """The first line of a name (in capitals)."""
        lines = self._by_name.get(name)
        return lines[0] if lines else None

    def all(self, name: str) -> Sequence[Line]:
        """All lines of a name (in capitals), in order."""
        return self._by_name.get(name, ())

    def value(self, name: str) -> str:
        """The raw value of the first line of a name, empty where there is none."""
        lines = self._by_name.get(name)
        return lines[0].value if lines else ""

    def add(self, name: str, value: str, params: str = "") -> Line:
        """A new line."""
        line = Line(name, value, params)
        lines = self._by_name.setdefault(name, [])
        items = self.component.items
        last = lines[-1] if lines else None
        position = len(items)
        while position and (items[position - 1] is not last if last else isinstance(items[position - 1], Component)):
            position -= 1
        items.insert(position, line)
        lines.append(line)
        return line

    def put(self, name: str, value: str, params: str = "") -> Line:
        """The first line of a name with this value and these parameters, made where there is none."""
        line = self.first(name)
        if line is None:
            return self.add(name, value, params)
        line.value, line.params = value, params
        return line

    def remove(self, lines: Iterable[Line]) -> None:
        """Take lines out, with labels that are left alone in their groups."""
        gone = {id(line) for line in lines}
        if not gone:
            return
        items = self.component.items
        groups = {item.group.upper() for item in items if isinstance(item, Line) and id(item) in gone and item.group}
        if groups:
            stay: set[str] = set()
            labels: list[Line] = []
            for item in items:
                if isinstance(item, Line) and item.group.upper() in groups and id(item) not in gone:
                    if item.name.upper() == "X-ABLABEL":
                        labels.append(item)
                    else:
                        stay.add(item.group.upper())
            gone.update(id(label) for label in labels if label.group.upper() not in stay)
        items[:] = [item for item in items if id(item) not in gone]
        for name, kept in list(self._by_name.items()):
            self._by_name[name] = [line for line in kept if id(line) not in gone]

    def drop(self, *names: str) -> None:
        """Take all lines of these names out."""
        self.remove([line for name in names for line in self.all(name)])
