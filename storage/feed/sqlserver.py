"""SQL Server's triggers: one for each statement, not for each row, over the tables `inserted` and `deleted`.

Every key that is in either is named once, so a row that moved names both whom it left and whom it came to. Where
only some columns count, rows of which these are the same before and after are left out (EXCEPT takes two NULLs for
equal). NOCOUNT keeps the CRM's program from being told of our row. The outbox belongs to the owner of the CRM's tables,
so whoever may write these needs no right on it. `IDENTITY` is not used there: a CRM that asks for `@@IDENTITY` after
its own INSERT must not be told our number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from storage.feed.triggers import Watched

OWNER: Final = "dbo"
_IMAGES: Final = {"INSERT": ("inserted",), "DELETE": ("deleted",), "UPDATE": ("inserted", "deleted")}

Quote = Callable[[str], str]
Told = Callable[["Watched", str], Sequence[str]]
"""Of a watched table and the name of a row: the conditions that make it one of the entity's."""


def in_schema(table: sa.Table, quote: Quote) -> str:
    """A table's name with its schema, which a trigger's name needs as well."""
    return f"{quote(table.schema or OWNER)}.{quote(table.name)}"


def create(one: Watched, event: str, name: str, outbox: str, quote: Quote, told: Told) -> str:
    """The statement that makes one trigger."""
    keys = " UNION ".join(_keys(one, event, quote, told))
    text = "CAST(row_key AS NVARCHAR(64))"
    if isinstance(_key_type(one), sa.Uuid):
        text = f"LOWER({text})"  # as Python writes it
    entity = "N'" + one.entity.replace("'", "''") + "'"
    trigger = f"{quote(one.table.schema or OWNER)}.{quote(name)}"
    return (
        f"CREATE TRIGGER {trigger} ON {in_schema(one.table, quote)} AFTER {event} AS BEGIN SET NOCOUNT ON; "
        f"INSERT INTO {outbox} (entity, row_key) SELECT {entity}, {text} FROM ({keys}) changed; END"
    )


def drop(table: sa.Table | str, name: str, quote: Quote) -> str:
    """The statement that takes it off, whether it is there or not. `table`: itself, or its quoted schema."""
    schema = table if isinstance(table, str) else quote(table.schema or OWNER)
    return f"DROP TRIGGER IF EXISTS {schema}.{quote(name)}"


def _key_type(one: Watched) -> sa.types.TypeEngine[object]:
    table = one.table if one.via is None else one.via.table
    return table.c[one.column].type


def _keys(one: Watched, event: str, quote: Quote, told: Told) -> list[str]:
    images = _IMAGES[event]
    if one.via is not None:
        far, ref, key = in_schema(one.via.table, quote), quote(one.via.ref), quote(one.via.key)
        tests = "".join(f" AND {test}" for test in told(one, "held"))
        return [
            f"SELECT held.{quote(one.column)} AS row_key FROM {image} JOIN {far} held ON held.{ref} = {image}.{key}{tests}"
            for image in images
        ]
    column = quote(one.column)
    if event == "UPDATE" and one.only:
        seen = ", ".join(quote(name) for name in dict.fromkeys((one.column, *one.only)))
        return [
            f"SELECT {column} AS row_key FROM (SELECT {seen} FROM {these} EXCEPT SELECT {seen} FROM {those}) {these[:3]}"
            for these, those in (images, images[::-1])
        ]
    found = []
    for image in images:
        tests = " AND ".join(told(one, image))
        found.append(f"SELECT {image}.{column} AS row_key FROM {image}" + (f" WHERE {tests}" if tests else ""))
    return found
