"""Dolibarr's sample company behind its preset, with a site's own custom fields, served by HTTP and IMAP.

The dump is MariaDB's. For PostgreSQL its tables and rows are copied, without foreign keys, as Dolibarr's installer
makes them there: date-times have no zone, also where they say when a row was changed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from storage.opened import Opened
from tests.databases import fresh_postgresql
from tests.presets.dumps import installed, loaded, unpacked
from tests.presets.served import Served, served

ZONE: Final = "Europe/Berlin"
SITE: Final = f"""
extends = "dolibarr"
crm.zone = "{ZONE}"
entity.contact.custom.X-CUSTOMER-NUMBER = "customer_number"
entity.contact.custom.X-SEGMENT = {{ column = "segment", values = {{ A = "A-Kunde", B = "B-Kunde", C = "C-Kunde" }} }}
"""
"""What a site says of itself: the zone of its server, and its custom fields."""


@contextlib.contextmanager
def dolibarr(request: pytest.FixtureRequest, product: str, place: Path) -> Iterator[Served]:
    """The sample, installed and served."""
    mariadb = request.getfixturevalue("mariadb_server")
    if product == "mariadb":
        with installed("dolibarr", mariadb, SITE, place) as opened, served(opened) as gateway:
            yield gateway
        return
    (place / "here.toml").write_text(SITE, "utf-8")
    with contextlib.contextmanager(fresh_postgresql)(request.getfixturevalue("postgresql_server")) as url:
        with loaded("dolibarr", mariadb) as source:
            _copy(sa.create_engine(source), sa.create_engine(url))
        copied = Opened(url, "here.toml", folder=place, files=unpacked("dolibarr", place / "files"))
        try:
            copied.setup.install()
            with served(copied) as gateway:
                yield gateway
        finally:
            copied.close()


def _copy(source: sa.Engine, target: sa.Engine) -> None:
    held, made = sa.MetaData(), sa.MetaData()
    with source.connect() as rows, target.begin() as written:
        rows.exec_driver_sql("SET time_zone = '+00:00'")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Did not recognize type", sa.exc.SAWarning)
            held.reflect(rows, resolve_fks=False)
        for table in held.tables.values():
            columns = [one for column in table.columns if (one := _column(column)) is not None]
            sa.Table(table.name, made, *columns)
        made.create_all(written)
        for name, table in made.tables.items():
            stamps = [one.name for one in held.tables[name].columns if isinstance(one.type, mysql.TIMESTAMP)]
            wanted = sa.select(*(held.tables[name].c[column.name] for column in table.columns))
            found = [_local(dict(row), stamps) for row in rows.execute(wanted).mappings()]
            if not found:
                continue
            written.execute(sa.insert(table), found)
            for key in table.primary_key:
                if key.autoincrement is True:
                    sequence = f"setval(pg_get_serial_sequence('{name}', '{key.name}'), max({key.name}))"
                    written.exec_driver_sql(f"SELECT {sequence} FROM {name}")
    source.dispose()
    target.dispose()


def _column(column: sa.Column[Any]) -> sa.Column[Any] | None:
    kind: sa.types.TypeEngine[Any]
    if isinstance(column.type, sa.types.NullType):  # a point on a map
        return None
    if isinstance(column.type, sa.Integer):
        kind = sa.BigInteger() if isinstance(column.type, sa.BigInteger) else sa.Integer()
    elif isinstance(column.type, sa.Text):
        kind = sa.Text()
    elif isinstance(column.type, sa.String):
        kind = sa.String(column.type.length)
    elif isinstance(column.type, sa.DateTime):
        kind = sa.DateTime()
    else:
        kind = column.type.as_generic()
    said = getattr(column.server_default, "arg", None)
    default = None if said is None else sa.text("now()" if "current_timestamp" in str(said) else str(said))
    counts = column.primary_key and column.autoincrement is True
    return sa.Column(
        column.name,
        kind,
        primary_key=column.primary_key,
        nullable=column.nullable,
        server_default=None if counts else default,
        autoincrement=counts,
    )


def _local(row: dict[str, Any], stamps: list[str]) -> dict[str, Any]:
    for name in stamps:
        if isinstance(row.get(name), dt.datetime):
            row[name] = row[name].replace(tzinfo=dt.UTC).astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
    return row
