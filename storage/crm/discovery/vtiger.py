"""vtiger and berliCRM: `vtiger_field` names every field; those that were added stand in a table of the module that ends in `cf`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.crm.discovery.product import Custom, Product, rows

_KINDS: Final = {"I": "int", "N": "number", "NN": "number", "C": "bool", "D": "date", "DT": "datetime"}
"""The first letters of `typeofdata`."""
_LINKS: Final = ("10", "51", "57", "58", "59", "73", "75", "76", "78", "80", "81", "101")
"""Kinds of input that choose another record."""


def _custom(connection: Connection, _prefix: str) -> Iterator[Custom]:
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    found = rows(
        connection,
        "SELECT e.tablename AS base, f.tablename AS held, f.columnname, f.fieldlabel, f.typeofdata, f.uitype "
        "FROM vtiger_field f JOIN vtiger_tab t ON t.tabid = f.tabid JOIN vtiger_entityname e ON e.tabid = f.tabid "
        "WHERE f.presence IN (0, 2) AND f.columnname LIKE 'cf\\_%' ORDER BY f.tabid, f.block, f.sequence",
    )
    for row in found:
        if row.uitype in _LINKS or row.held not in there:
            continue
        key = inspector.get_pk_constraint(row.held)["constrained_columns"]
        if len(key) == 1:
            kind = _KINDS.get(str(row.typeofdata).partition("~")[0], "text")
            yield Custom(row.base, row.held, key[0], row.columnname, row.fieldlabel, kind)


_TABLES: Final = ("vtiger_crmentity", "vtiger_contactdetails", "vtiger_field", "vtiger_entityname")

VTIGER: Final = Product("vtiger", "vtiger", _TABLES, _custom)
BERLICRM: Final = Product("berliCRM", "berlicrm", (*_TABLES, "berli_multistarttext"), _custom)
