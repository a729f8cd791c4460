"""Which product a database is, and which fields its owners have added: what `crmgate init` writes down.

A file a product. It knows the tables by which the product is recognised, and reads the product's own list of fields; it
knows nothing of presets. `suggestions` turns what was found into lines of a mapping, for the entities a preset has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.engine import Connection

from storage.crm.discovery import civicrm, dolibarr, espocrm, odoo, reference, suitecrm, vtiger
from storage.crm.discovery.product import Found, Product

__all__ = ["PRODUCTS", "Found", "Product", "recognise"]

PRODUCTS: Final[Sequence[Product]] = (
    vtiger.BERLICRM,
    vtiger.VTIGER,
    suitecrm.PRODUCT,
    espocrm.PRODUCT,
    odoo.PRODUCT,
    dolibarr.PRODUCT,
    civicrm.PRODUCT,
    reference.PRODUCT,
)


def recognise(connection: Connection, tables: Sequence[str]) -> Found | None:
    """The product whose tables these are; None for one that nobody knows."""
    for product in PRODUCTS:
        found = product.found(connection, tables)
        if found is not None:
            return found
    return None
