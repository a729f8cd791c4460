"""A CRM of a few tables, made for one test from its own DDL and mapping, on every database product."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from gateway.core.mail import Need
from gateway.core.model import CollectionName, Principal, Section
from storage.opened import Opened


@contextlib.contextmanager
def made(url: str, folder: Path, tables: str, mapping: str) -> Iterator[Opened]:
    """The tables (statements parted by semicolons) in an empty database, opened with the mapping and installed."""
    sql_at(url, *tables.split(";"))
    (folder / "small.toml").write_text(mapping, "utf-8")
    where = sa.make_url(url)
    own = f"{where.database}_gw" if where.get_backend_name() == "mariadb" else None
    opened = Opened(url, "small.toml", schema=own, folder=folder)
    opened.setup.install()
    yield opened
    opened.close()


def sql_at(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in filter(str.strip, statements):
            connection.exec_driver_sql(statement)
    engine.dispose()


def sql(opened: Opened, *statements: str) -> None:
    """What the CRM does by itself; then the gateway hears of it."""
    with opened.database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    while opened.follower.step():
        pass


def rows(opened: Opened, table: str, order: str = "id") -> list[dict[str, object]]:
    """Every row of a table."""
    with opened.database.engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY {order}").mappings().all()
    return [dict(row) for row in found]


async def documents(opened: Opened, who: Principal, section: Section, view: str) -> list[str]:
    """Every document of a collection, unfolded."""
    name = CollectionName(section, view)
    _, entries = await opened.store.entries(who, name)
    _, found = await opened.store.resources(who, name, [entry.href for entry in entries])
    return [one.content.decode().replace("\r\n ", "") for one in found]


async def mail(opened: Opened, who: Principal, view: str) -> list[str]:
    """Every message of a mailbox, unfolded."""
    name = CollectionName(Section.MAILBOXES, view)
    found = (await opened.store.mailbox(who, name, None)).rows
    contents = await opened.store.contents(who, name, [row.uid for row in found], Need.RAW)
    return [(one.raw or b"").decode().replace("\r\n ", " ") for one in contents]
