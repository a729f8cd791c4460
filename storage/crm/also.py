"""What a write does beside the row: the statements the product itself would run, in the same transaction.

    also = [
      { keep = "vtiger_emailslookup", parent = "crmid", where = { fieldid = 80 }, when = "{column:email}",
        set = { setype = "Contacts", value = { column = "email" } } },
      { update = "res_partner", where = { parent_id = { key = true } }, set = { commercial_company_name = { text = "{organisation}" } } },
      { delete = "llx_socpeople_extrafields", where = { fk_object = { key = true } }, on = ["delete"] },
    ]

They run in the order they are written, after the row was written and before it is removed. `on` says at which of
`insert`, `update`, `delete` (the first two when left out), `if` on which rows, `each` for every row of what. Values
are those of `storage.crm.values`, known before the statement: no statement reads one table to write another, which
triggers of the product may forbid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm.present import Present, Text
from storage.crm.values import Row, Tables, Values

EVENTS: Final = ("insert", "update", "delete")
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "keep": ("parent", "where", "set", "when"),
    "insert": ("set",),
    "update": ("where", "set"),
    "delete": ("where",),
}
"""The four statements, and what each takes."""
ANY_WORDS: Final = ("on", "if", "each")
"""What all of them take."""
EACH_WORDS: Final = ("table", "column", "where")
"""What `each` takes."""
Condition = Callable[[str], sa.ColumnElement[bool]]


class Also:
    """One statement. Raises ConfigError."""

    def __init__(
        self, words: Any, tables: Tables, condition: Condition, fields: Iterable[str], columns: Iterable[str]
    ) -> None:
        if not isinstance(words, Mapping):
            raise ConfigError("expected a table of words")
        kinds = [kind for kind in KINDS if kind in words]
        if len(kinds) != 1:
            raise ConfigError(f"say one of {', '.join(KINDS)}")
        self.kind = kinds[0]
        known = (self.kind, *KINDS[self.kind], *ANY_WORDS)
        for name in words:
            if name not in known:
                raise ConfigError(f"unknown word {name!r}{near(name, known)}")
        fields, columns = list(fields), list(columns)
        self.on = frozenset(words.get("on", ("insert", "update")))
        if not self.on <= set(EVENTS):
            raise ConfigError(f"on is a list of {', '.join(EVENTS)}")
        self.table = tables(str(words[self.kind]))
        self.condition = condition(str(words["if"])) if "if" in words else None

        self.each = self._bind_each(dict(words["each"]), tables, fields, columns) if "each" in words else None
        over = None if self.each is None else self.each[0]

        def values(of: Mapping[str, Any]) -> Values:
            return Values(of, self.table, tables, fields, columns, over)

        where = dict(words.get("where", {}))
        if self.kind == "keep":
            where[str(words.get("parent"))] = {"key": True}
        if self.kind in ("update", "delete") and not where:
            raise ConfigError(f"{self.kind} needs where: it never means a whole table")
        self.where = values(where)
        self.set = values(dict(words.get("set", {})))
        self.when = Text(str(words["when"]), fields, columns) if "when" in words else None

    def _bind_each(
        self, words: dict[str, Any], tables: Tables, fields: list[str], columns: list[str]
    ) -> tuple[sa.Column[Any], Values]:
        for name in words:
            if name not in EACH_WORDS:
                raise ConfigError(f"each: unknown word {name!r}{near(name, EACH_WORDS)}")
        source = tables(str(words.get("table", "")))
        if str(words.get("column")) not in source.c:
            raise ConfigError(f"each: table {source.name!r} has no column {words.get('column')!r}")
        return source.c[str(words["column"])], Values(dict(words.get("where", {})), source, tables, fields, columns)

    def run(self, event: str, present: Present) -> None:
        """Do it, where this event and this row ask for it."""
        if event not in self.on or (self.condition is not None and not present.holds(self.condition)):
            return
        run = {"keep": self._keep, "insert": self._insert, "update": self._update, "delete": self._delete}[self.kind]
        for each in self._each(present):
            run(present, each)
        present.forget()

    def _each(self, present: Present) -> Iterator[Row | None]:
        if self.each is None:
            yield None
            return
        column, where = self.each
        found = sa.select(column.table).where(*where.match(present)).order_by(column)
        seen: set[Any] = set()
        for row in present.connection.execute(found).mappings().all():
            if row[column.name] not in seen:
                seen.add(row[column.name])
                yield {str(name): value for name, value in row.items()}

    def _keep(self, present: Present, each: Row | None) -> None:
        mine = self.where.match(present, each)
        if self.when is not None and not self.when.of(present):
            self._delete(present, each)
            return
        values = self.set.of(present, each)
        there = present.connection.execute(sa.select(sa.literal(1)).select_from(self.table).where(*mine).limit(1))
        if there.first() is None:
            plain = {name: value for name, value in values.items() if not isinstance(value, sa.ColumnElement)}
            present.connection.execute(sa.insert(self.table).values({**plain, **self.where.of(present, each)}))
        elif values:
            self._change(present, mine, values)

    def _insert(self, present: Present, each: Row | None) -> None:
        present.connection.execute(sa.insert(self.table).values(self.set.of(present, each)))

    def _update(self, present: Present, each: Row | None) -> None:
        self._change(present, self.where.match(present, each), self.set.of(present, each))

    def _change(self, present: Present, mine: list[sa.ColumnElement[bool]], values: dict[str, Any]) -> None:
        """Write where it makes a difference: a statement that repeats what is there wakes nobody."""
        differs = [
            self.table.c[name].is_distinct_from(value)
            for name, value in values.items()
            if not isinstance(value, sa.ColumnElement)
        ]
        if len(differs) == len(values):
            mine = [*mine, sa.or_(*differs)]
        present.connection.execute(sa.update(self.table).where(*mine).values(values))

    def _delete(self, present: Present, each: Row | None) -> None:
        present.connection.execute(sa.delete(self.table).where(*self.where.match(present, each)))
