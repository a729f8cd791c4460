"""Dolibarr: `extrafields` names added fields; they stand in a table beside the record's that ends in `_extrafields`.

The names of all tables begin with a prefix of the installation's choice. The choices of a list are kept as PHP
serialises them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy.engine import Connection

from storage.crm.discovery.product import Custom, Product, rows
from storage.crm.php import unserialised

_KINDS: Final = {
    "int": "int", "double": "number", "price": "number", "boolean": "bool", "date": "date", "datetime": "datetime",
}  # fmt: skip
_TEXTS: Final = ("varchar", "text", "html", "phone", "mail", "url", "select", "radio", "icon")
"""Other kinds are links to records, several choices in one, passwords, or only lines between fields."""
_TABLES: Final = {"thirdparty": "societe", "contact": "socpeople", "project": "projet", "task": "projet_task"}
"""Elements that are called otherwise than their table."""


def _custom(connection: Connection, prefix: str) -> Iterator[Custom]:
    quoted = connection.dialect.identifier_preparer.quote(f"{prefix}extrafields")
    found = rows(connection, f"SELECT name, elementtype, label, type, param FROM {quoted} ORDER BY elementtype, pos")  # noqa: S608
    for row in found:
        if row.type not in _KINDS and row.type not in _TEXTS:
            continue
        base = prefix + _TABLES.get(row.elementtype, str(row.elementtype))
        values = _choices(str(row.param or "")) if row.type in ("select", "radio") else {}
        kind = _KINDS.get(row.type, "text")
        words = {"html": True} if row.type == "html" else {}
        yield Custom(base, f"{base}_extrafields", "fk_object", row.name, row.label, kind, values, words)


def _choices(param: str) -> dict[str, str]:
    try:
        held = unserialised(param)
    except ValueError:
        return {}
    options = held.get("options") if isinstance(held, Mapping) else None
    return {str(key): str(value) for key, value in options.items()} if isinstance(options, Mapping) else {}


PRODUCT: Final = Product(
    "Dolibarr", "dolibarr", ("socpeople", "societe", "actioncomm", "extrafields"), _custom, prefix_of="socpeople"
)
