"""Odoo: `ir_model_fields` names every field; one that was added is `manual`, and a column of the model's own table.

Fields that each company or each language has its own value of are JSON, and are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy.engine import Connection

from storage.crm.discovery.product import Custom, Product, rows

_KINDS: Final = {
    "char": "text", "text": "text", "html": "text", "selection": "text", "integer": "int", "float": "number",
    "monetary": "number", "boolean": "bool", "date": "date", "datetime": "datetime",
}  # fmt: skip


def _custom(connection: Connection, _prefix: str) -> Iterator[Custom]:
    choices: dict[int, dict[str, str]] = defaultdict(dict)
    for row in rows(connection, "SELECT field_id, value, name FROM ir_model_fields_selection ORDER BY sequence, id"):
        choices[row.field_id][row.value] = _text(row.name)
    found = rows(
        connection,
        "SELECT id, model, name, ttype, field_description FROM ir_model_fields WHERE state = 'manual' AND store "
        "AND NOT COALESCE(company_dependent, false) AND NOT COALESCE(translate, false) ORDER BY model, id",
    )
    for row in found:
        if row.ttype in _KINDS:
            base = str(row.model).replace(".", "_")
            words: dict[str, Any] = {"html": True} if row.ttype == "html" else {}
            label = _text(row.field_description)
            yield Custom(base, base, "id", row.name, label, _KINDS[row.ttype], choices.get(row.id, {}), words)


def _text(translated: Any) -> str:
    """A text in English, or in whatever language it has."""
    if not isinstance(translated, dict):
        return str(translated or "")
    return str(translated.get("en_US") or next(iter(translated.values()), ""))


PRODUCT: Final = Product(
    "Odoo", "odoo", ("res_partner", "res_users", "ir_model_fields", "ir_model_fields_selection"), _custom
)
