"""SuiteCRM: `fields_meta_data` names added fields; they stand in a table of the module that ends in `_cstm`.

Their pick-lists are in PHP files, not in the database, so these fields are shown as they are stored. What the product
itself adds for its maps is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy.engine import Connection

from storage.crm.discovery.product import Custom, Product, rows

_KINDS: Final = {
    "int": "int", "float": "number", "decimal": "number", "currency": "number", "bool": "bool", "date": "date",
    "datetime": "datetime", "datetimecombo": "datetime",
}  # fmt: skip
_LINKS: Final = ("relate", "parent", "id", "image", "file", "function", "html", "iframe")


def _custom(connection: Connection, _prefix: str) -> Iterator[Custom]:
    found = rows(
        connection,
        "SELECT custom_module AS module, name, vname, type FROM fields_meta_data WHERE deleted = 0 "
        "AND name NOT LIKE 'jjwg\\_%' ORDER BY custom_module, date_modified, name",
    )
    for row in found:
        if row.type in _LINKS:
            continue
        base = str(row.module).lower()
        label = str(row.vname or row.name).removeprefix("LBL_").replace("_", " ").capitalize()
        yield Custom(base, f"{base}_cstm", "id_c", row.name, label, _KINDS.get(row.type, "text"))


PRODUCT: Final = Product(
    "SuiteCRM", "suitecrm", ("contacts", "accounts", "fields_meta_data", "email_addr_bean_rel"), _custom
)
