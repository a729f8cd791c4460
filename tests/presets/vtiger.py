"""vtiger 8 and berliCRM with the sample company, behind their presets and asked by HTTP and IMAP."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import sqlalchemy as sa

from tests.presets.dumps import Snapshot, difference, installed, snapshot
from tests.presets.served import Row, Served, User, served

PRODUCTS = ("vtiger", "berlicrm")
RECORD = {"vtiger_crmentity": (0, 1), "vtiger_crmentity_seq": (1, 1)}
"""What every new record changes."""
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HERE = """
    extends = "{product}"
    crm.days = "Europe/Berlin"
    entity.contact.custom.X-CUSTOMER-NUMBER = "cf_852"
    entity.contact.custom.X-SEGMENT = "cf_854"
"""
"""What an administrator adds: where the company's days begin, and a line for each field of his own."""


@dataclass(frozen=True)
class Vtiger:
    """One of the two, and two of its users."""

    product: str
    gateway: Served
    anna: User
    bob: User
    files: Path

    @property
    def is_new(self) -> bool:
        """vtiger 8, which has a few columns and tables more."""
        return self.product == "vtiger"

    def tables(self) -> Snapshot:
        """Every row of every table."""
        return snapshot(self.gateway.opened.database.engine)

    def changed(self, before: Snapshot) -> dict[str, tuple[int, int]]:
        """For each table that is no longer as it was: how many rows went, how many came."""
        return difference(before, self.tables())

    def rows(self, statement: str, **values: object) -> list[Row]:
        """Rows by SQL."""
        return self.gateway.rows(statement, **values)

    def row(self, statement: str, **values: object) -> Row:
        """The one row there is."""
        return self.gateway.row(statement, **values)

    def sql(self, statement: str, **values: object) -> None:
        """What the CRM does by itself."""
        self.gateway.sql(statement, **values)

    def last(self) -> int:
        """The key of the newest record."""
        key = self.row("SELECT id FROM vtiger_crmentity_seq")["id"]
        assert isinstance(key, int)
        return key


def holds(row: Row, **wanted: object) -> None:
    assert {name: row[name] for name in wanted} == wanted


def entity(vtiger: Vtiger, key: int, **wanted: object) -> Row:
    """The record's own row, which is alike for all kinds."""
    row = vtiger.row("SELECT * FROM vtiger_crmentity WHERE crmid = :key", key=key)
    new = {"source": "GATEWAY", "smgroupid": 0} if vtiger.is_new else {}
    holds(row, presence=1, version=0, viewedtime=None, **new, **wanted)
    return row


def key_of(vtiger: Vtiger, column: str, table: str, which: str) -> int:
    """The key of the one living record of these."""
    key = vtiger.row(
        f"SELECT {column} found FROM {table} JOIN vtiger_crmentity ON crmid = {column} WHERE deleted = 0 AND {which}"
    )["found"]
    assert isinstance(key, int)
    return key


def only(vtiger: Vtiger, table: str, key: str, value: int) -> Row:
    """The one row a table has for a record."""
    return vtiger.row(f"SELECT * FROM {table} WHERE {key} = :value", value=value)


@contextlib.contextmanager
def behind_its_preset(product: str, server: sa.URL, place: Path) -> Iterator[Vtiger]:
    """The dump loaded, the gateway installed and serving."""
    mapping = dedent(HERE.format(product=product))
    with installed(product, server, mapping, place) as opened, served(opened) as gateway:
        yield Vtiger(product, gateway, gateway.user("anna"), gateway.user("bob"), place / "files")
