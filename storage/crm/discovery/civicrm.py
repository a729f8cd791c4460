"""CiviCRM: each group of added fields has a table of its own, with the record's key in `entity_id`.

A group of which a record may have several rows is left out, and so are fields that keep several choices in one text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sqlalchemy.engine import Connection

from storage.crm.discovery.product import Custom, Product, rows

_KINDS: Final = {
    "String": "text", "Memo": "text", "Link": "text", "Int": "int", "Float": "number", "Money": "number",
    "Boolean": "bool", "Date": "datetime",
}  # fmt: skip
_CONTACTS: Final = ("Contact", "Individual", "Organization", "Household")


def _custom(connection: Connection, _prefix: str) -> Iterator[Custom]:
    choices: dict[int, dict[str, str]] = defaultdict(dict)
    for row in rows(
        connection,
        "SELECT v.option_group_id AS held, v.value, v.label FROM civicrm_option_value v JOIN civicrm_custom_field f "
        "ON f.option_group_id = v.option_group_id WHERE v.is_active = 1 ORDER BY v.weight, v.id",
    ):
        choices[row.held][row.value] = row.label
    found = rows(
        connection,
        "SELECT g.extends AS extended, g.table_name AS held, f.column_name AS name, f.label, f.data_type, "
        "f.option_group_id, f.time_format FROM civicrm_custom_field f JOIN civicrm_custom_group g "
        "ON g.id = f.custom_group_id WHERE g.is_active = 1 AND g.is_multiple = 0 AND f.is_active = 1 "
        "AND f.serialize = 0 ORDER BY g.weight, g.id, f.weight, f.id",
    )
    for row in found:
        if row.data_type not in _KINDS:
            continue
        base = "civicrm_contact" if row.extended in _CONTACTS else f"civicrm_{str(row.extended).lower()}"
        is_day = row.data_type == "Date" and not row.time_format
        kind = "date" if is_day else _KINDS[row.data_type]
        values = choices.get(row.option_group_id, {}) if kind == "text" else {}
        of = {"contact_type": row.extended} if base == "civicrm_contact" and row.extended != "Contact" else {}
        yield Custom(base, row.held, "entity_id", row.name, row.label, kind, values, of=of)


PRODUCT: Final = Product(
    "CiviCRM",
    "civicrm",
    ("civicrm_contact", "civicrm_activity", "civicrm_custom_field", "civicrm_option_value"),
    _custom,
)
