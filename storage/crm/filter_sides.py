"""Which other tables decide who sees a row: what a filter asks with `exists (TABLE where column = row.id …)`.

A row of such a table that comes, goes or changes moves the entity's row into collections or out of them, just as if
the row itself had changed, so these tables are watched like an entity's own side tables. Constants beside the link
(`entity_type = 'Contact'`) tell its rows from those of other entities. A filter that leads to a table in any other
way is found right at the next full comparison only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators, visitors

from storage.crm.forms.form import Side


def filter_sides(filter_: sa.ColumnElement[bool], key: sa.ColumnElement[Any]) -> Iterator[Side]:
    """The tables that a filter leads to by the entity's key."""
    for element in visitors.iterate(filter_):
        if isinstance(element, sa.Select) and element.whereclause is not None:
            tests = [*_tests(element.whereclause)]
            for table, column, other in tests:
                if other is key:
                    told = {
                        name: value.value
                        for of, name, value in tests
                        if of is table and isinstance(value, sa.BindParameter)
                    }
                    yield Side(table, column, told)


def _tests(where: sa.ColumnElement[Any]) -> Iterator[tuple[sa.Table, str, sa.ColumnElement[Any]]]:
    """Each `column = something` that must hold, by table and column, both ways round."""
    if isinstance(where, sa.BooleanClauseList) and where.operator is operators.and_:
        for clause in where.clauses:
            yield from _tests(clause)
    elif isinstance(where, sa.BinaryExpression) and where.operator is operators.eq:
        for one, other in ((where.left, where.right), (where.right, where.left)):
            if (
                isinstance(one, sa.Column)
                and isinstance(one.table, sa.Alias)
                and isinstance(one.table.element, sa.Table)
            ):
                yield one.table.element, one.name, other
