"""The reference CRM: whatever a table has beyond its columns was added by its owners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.crm.discovery.product import Custom, Product, kind_of
from storage.crm.reference import schema


def _custom(connection: Connection, _prefix: str) -> Iterator[Custom]:
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    for table in schema.metadata.sorted_tables:
        for column in inspector.get_columns(table.name) if table.name in there else ():
            name = column["name"]
            if name not in table.c and not name.endswith("_id"):
                label = name.replace("_", " ").capitalize()
                yield Custom(table.name, table.name, "id", name, label, kind_of(column["type"]))


PRODUCT: Final = Product(
    "the reference CRM", "reference", ("contacts", "companies", "meeting_attendees", "email_links"), _custom
)
