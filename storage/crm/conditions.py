"""The little language of conditions: `owner_id = user.id and exists (meeting_users where meeting_id = row.id)`.

Used for what counts as alive and for who sees what. A condition is parsed once, checked against the live tables,
and becomes an SQLAlchemy expression; text from it never reaches SQL as text, so it is as safe as it is portable.

    condition  = or-list of and-lists of: [not] test
    test       = ( condition ) | exists ( TABLE where condition ) | operand op operand
               | operand is [not] null | operand [not] in ( operand, … ) | operand [not] in user.groups
    operand    = column | row.column | user.column | lower ( operand ) | number | 'text' | true | false
    op         = = != < <= > >=

A bare column belongs to the innermost table, `row.` to the entity's base table, `user.` to the users' table;
`user.groups` are the groups he is in. Where an entity has several tables, `TABLE.column` tells columns of one name
apart; within an `exists`, `TABLE.` is also that of one around it. A TABLE of `exists` may begin with `{prefix}`, which
whoever gives tables knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near

_TOKEN: Final = re.compile(r"\s*(?:(?P<name>(?:\{prefix\})?[A-Za-z_][A-Za-z_0-9]*)|(?P<number>-?\d+(?:\.\d+)?)|"
                           r"'(?P<text>(?:[^']|'')*)'|(?P<sign><=|>=|!=|[=<>(),.]))")  # fmt: skip
_COMPARE: Final[Mapping[str, Callable[[Any, Any], sa.ColumnElement[bool]]]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_DEEPEST: Final = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """The tables a condition may name. `table` gives a table by name or raises ConfigError."""

    row: sa.FromClause
    user: sa.FromClause | None
    table: Callable[[str], sa.Table]
    in_groups: Callable[[sa.ColumnElement[Any]], sa.ColumnElement[bool]] | None = None
    """That the user belongs to a group; None where the CRM has no groups, or no user is meant."""


def condition(text: str, scope: Scope) -> sa.ColumnElement[bool]:
    """The expression `text` stands for. Raises ConfigError that quotes the text and says where it stops making sense."""
    reader = _Reader(text, scope)
    found = reader.disjunction(scope.row, 0)
    if reader.word is not None:
        raise reader.wrong("expected the end")
    return found


def heard(text: str, scope: Scope) -> list[tuple[str, str, str]]:
    """The tables whose `exists` is about a row: each with its column, and the column of the row that is the same.

    A change there may change what the condition says of that row.
    """
    reader = _Reader(text, scope)
    if reader.word is not None:
        reader.disjunction(scope.row, 0)
    return reader.facing


def uses_user(text: str) -> bool:
    """Whether a condition names the user, so that it makes one collection for each."""
    return re.search(r"\buser\s*\.", re.sub(r"'(?:[^']|'')*'", "", text)) is not None


class _Reader:
    """One pass over the words of a condition; `word` is the next one, None at the end."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text, self.scope = text, scope
        self.words = self._split(text)
        self.kind: str | None = None
        self.word: str | None = None
        self.around: list[tuple[str, sa.FromClause]] = []
        """The tables of the `exists` around what is read, by name."""
        self.facing: list[tuple[str, str, str]] = []
        self.step()

    def _split(self, text: str) -> Iterator[tuple[str, str]]:
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None or found.lastgroup is None:
                raise ConfigError(f"condition {self.text!r}: cannot read {text[place:].strip()[:20]!r}")
            place = found.end()
            yield found.lastgroup, found.group(found.lastgroup)

    def wrong(self, what: str) -> ConfigError:
        return ConfigError(f"condition {self.text!r}: {what}, found {'the end' if self.word is None else self.word!r}")

    def step(self) -> None:
        self.kind, self.word = next(self.words, (None, None))

    def is_word(self, *words: str) -> bool:
        return self.kind == "name" and self.word is not None and self.word.lower() in words

    def take(self, sign: str) -> None:
        if self.kind not in ("sign", "name") or self.word is None or self.word.lower() != sign:
            raise self.wrong(f"expected {sign!r}")
        self.step()

    def name(self) -> str:
        if self.kind != "name" or self.word is None:
            raise self.wrong("expected a name")
        word = self.word
        self.step()
        return word

    def disjunction(self, inner: sa.FromClause, depth: int) -> sa.ColumnElement[bool]:
        if depth > _DEEPEST:
            raise self.wrong("too deeply nested")
        terms = [self.conjunction(inner, depth)]
        while self.is_word("or"):
            self.step()
            terms.append(self.conjunction(inner, depth))
        return sa.or_(*terms) if len(terms) > 1 else terms[0]

    def conjunction(self, inner: sa.FromClause, depth: int) -> sa.ColumnElement[bool]:
        terms = [self.negation(inner, depth)]
        while self.is_word("and"):
            self.step()
            terms.append(self.negation(inner, depth))
        return sa.and_(*terms) if len(terms) > 1 else terms[0]

    def negation(self, inner: sa.FromClause, depth: int) -> sa.ColumnElement[bool]:
        if self.is_word("not"):
            self.step()
            return sa.not_(self.test(inner, depth))
        return self.test(inner, depth)

    def test(self, inner: sa.FromClause, depth: int) -> sa.ColumnElement[bool]:
        if self.kind == "sign" and self.word == "(":
            self.step()
            within = self.disjunction(inner, depth + 1)
            self.take(")")
            return within
        if self.is_word("exists"):
            self.step()
            self.take("(")
            name = self.name()
            table = self.scope.table(name).alias()
            self.take("where")
            self.around.append((name, table))
            inside = sa.select(sa.literal(1)).select_from(table).where(self.disjunction(table, depth + 1))
            self.around.pop()
            found = sa.exists(inside.correlate_except(table))
            self.take(")")
            return found
        left = self.operand(inner)
        if self.is_word("is"):
            self.step()
            negated = self.is_word("not")
            if negated:
                self.step()
            self.take("null")
            return left.is_not(None) if negated else left.is_(None)
        negated = self.is_word("not")
        if negated:
            self.step()
        if negated or self.is_word("in"):
            self.take("in")
            if self.word != "(":
                belongs = self.groups()(left)
                return sa.not_(belongs) if negated else belongs
            self.take("(")
            values = [self.operand(inner)]
            while self.word == ",":
                self.step()
                values.append(self.operand(inner))
            self.take(")")
            values = [_same_kind(left, value) for value in values]
            return left.not_in(values) if negated else left.in_(values)
        if self.kind != "sign" or self.word is None or self.word not in _COMPARE:
            raise self.wrong("expected a comparison")
        compare = _COMPARE[self.word]
        self.step()
        right = self.operand(inner)
        if compare is _COMPARE["="]:
            self.face(inner, left, right)
            self.face(inner, right, left)
        return compare(_same_kind(right, left), _same_kind(left, right))

    def face(self, inner: sa.FromClause, one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> None:
        """Note that a column of the table inside is the same as one of the row."""
        are_columns = isinstance(one, sa.ColumnClause) and isinstance(other, sa.ColumnClause)
        if self.around and are_columns and one.table is inner and other.table is self.scope.row:
            self.facing.append((self.around[-1][0], str(one.key), str(other.key)))

    def groups(self) -> Callable[[sa.ColumnElement[Any]], sa.ColumnElement[bool]]:
        if not self.is_word("user"):
            raise self.wrong("expected '(' or user.groups")
        self.step()
        self.take(".")
        self.take("groups")
        if self.scope.in_groups is None:
            raise ConfigError(f"condition {self.text!r}: user.groups: [crm.users] says no groups, or no user is meant")
        return self.scope.in_groups

    def operand(self, inner: sa.FromClause) -> sa.ColumnElement[Any]:
        kind, word = self.kind, self.word
        if kind == "number" and word is not None:
            self.step()
            return sa.literal(float(word) if "." in word else int(word))
        if kind == "text" and word is not None:
            self.step()
            return sa.literal(word.replace("''", "'"))
        if self.is_word("true", "false"):
            self.step()
            return sa.literal(str(word).lower() == "true")
        first = self.name()
        if first.lower() == "lower" and self.word == "(":
            self.step()
            within = self.operand(inner)
            self.take(")")
            return sa.func.lower(within)
        if self.word != ".":
            return self.column(inner, first)
        self.step()
        if first == "row":
            return self.column(self.scope.row, self.name())
        if first == "user" and self.scope.user is not None:
            return self.column(self.scope.user, self.name())
        for name, table in reversed(self.around):
            if name == first:
                return self.column(table, self.name())
        if f"{first}.{self.word}" in inner.c:
            return self.column(inner, f"{first}.{self.name()}")
        raise ConfigError(f"condition {self.text!r}: {first!r} is not known here; only row. and user. are")

    def column(self, table: sa.FromClause, name: str) -> sa.ColumnElement[Any]:
        if name not in table.c:
            known = ", ".join(sorted(column.name for column in table.c)[:30])
            hint = near(name, table.c.keys()) or f"; there are {known}"
            raise ConfigError(f"condition {self.text!r}: no column {name!r}{hint}")
        return table.c[name]


def _same_kind(of: sa.ColumnElement[Any], value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A number beside a truth is a truth: `deleted = 0` holds where the CRM's column is a boolean, too; and the reverse."""
    if not isinstance(value, sa.BindParameter) or not isinstance(value.value, int):
        return value
    if isinstance(of, sa.BindParameter):
        return value
    held = constant(of, value.value)
    return value if type(held) is type(value.value) else sa.literal(held)


def constant(column: sa.ColumnElement[Any], value: Any) -> Any:
    """A constant of the mapping as its column takes it: truths where it is a boolean, numbers where it is none."""
    if isinstance(column.type, sa.Boolean) and isinstance(value, int):
        return bool(value)
    return int(value) if isinstance(value, bool) and not isinstance(column.type, sa.Boolean) else value


def constants(table: sa.FromClause, words: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of a table and constants of the mapping, each as its column takes it; what is no constant stays."""
    return {name: constant(table.c[name], value) for name, value in words.items()}


def matches(column: sa.ColumnElement[Any], value: object) -> sa.ColumnElement[bool]:
    """That a column holds a constant of the mapping; a number is a truth where the column is a boolean."""
    held: sa.ColumnElement[bool] = column == constant(column, value)
    return held
