"""EspoCRM: what was added is a column of the record's own table whose name begins with `c_`. What it is called is in files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.crm.discovery.product import Custom, Product, kind_of

_TABLES: Final = ("contact", "account", "lead", "opportunity", "meeting", "call", "task", "email", "case", "document")
_LINKS: Final = ("_id", "_type", "_ids")


def _custom(connection: Connection, _prefix: str) -> Iterator[Custom]:
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    for table in _TABLES:
        for column in inspector.get_columns(table) if table in there else ():
            name = column["name"]
            if name.startswith("c_") and not name.endswith(_LINKS):
                label = name.removeprefix("c_").replace("_", " ").capitalize()
                yield Custom(table, table, "id", name, label, _kind(column["type"]))


def _kind(column: sa.types.TypeEngine[object]) -> str:
    # A yes or no is TINYINT(1) on MariaDB.
    return "bool" if getattr(column, "display_width", None) == 1 else kind_of(column)


PRODUCT: Final = Product(
    "EspoCRM", "espocrm", ("contact", "account", "entity_email_address", "email_address", "meeting"), _custom
)
