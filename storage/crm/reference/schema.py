"""The tables of the reference CRM.

Plain tables that any SQL tool can write: every column that is not needed may be left out of an INSERT. Unknown is
NULL; yes and no are 1 and 0. Keys are integers that are never given out twice. All date-times are naive UTC; an
all-day meeting (`all_day = 1`) runs from its first day 00:00 to the day after its last 00:00 and is never shifted.
Rows are not removed but marked (`deleted = 1`); foreign keys refuse rather than cascade, because MariaDB fires no
triggers for a cascade. `docs/reference-crm.md` says what each column means; a test keeps the two in step.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.compiler import SQLCompiler

from gateway.core.errors import ConfigError

MySQL = ("mysql", "mariadb")

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = sa.MetaData(naming_convention=NAMES)

BODY = sa.Text().with_variant(mysql.LONGTEXT(), *MySQL)
BYTES = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), *MySQL)
# Whole seconds on SQLite too, so that the column reads, sorts and compares as `2026-03-10 09:00:00`.
MOMENT = sa.DateTime().with_variant(sqlite.DATETIME(truncate_microseconds=True), "sqlite")  # type: ignore[no-untyped-call]


class utc_now(sa.sql.expression.FunctionElement[Any]):
    """The database's clock in UTC, whatever the session's time zone."""

    type = MOMENT
    inherit_cache = True


@compiles(utc_now)
def _utc_now(element: utc_now, compiler: SQLCompiler, **_: Any) -> str:
    return "CURRENT_TIMESTAMP"


@compiles(utc_now, "postgresql")
def _utc_now_postgresql(element: utc_now, compiler: SQLCompiler, **_: Any) -> str:
    return "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')"


@compiles(utc_now, "mysql")
@compiles(utc_now, "mariadb")
def _utc_now_mysql(element: utc_now, compiler: SQLCompiler, **_: Any) -> str:
    return "(UTC_TIMESTAMP())"


Columns = list[sa.Column[Any]]


def _table(name: str, *columns: sa.Column[Any] | Columns, indexes: tuple[tuple[str, ...], ...] = ()) -> sa.Table:
    """A table with the four columns that all have around its own."""
    own = [column for item in columns for column in (item if isinstance(item, list) else [item])]
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        *own,
        sa.Column("created_at", MOMENT, nullable=False, server_default=utc_now()),
        sa.Column("modified_at", MOMENT, nullable=False, server_default=utc_now(), index=True),
        _flag("deleted"),
        *(sa.Index(None, *index) for index in indexes),
        sqlite_autoincrement=True,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_unicode_ci",
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_unicode_ci",
    )


def _text(name: str, length: int, *, default: str | None = None, index: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=default is None, server_default=default, index=index)


def _required(name: str, length: int, *, index: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, index=index)


def _texts(length: int, *names: str) -> Columns:
    return [_text(name, length) for name in names]


def _body(name: str) -> sa.Column[str]:
    return sa.Column(name, BODY)


def _flag(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=sa.text(str(default)))


def _to(table: str, name: str | None = None, *, required: bool = False) -> sa.Column[int]:
    """A reference to a row of another table; indexed, refusing to be orphaned."""
    target = sa.ForeignKey(f"{table}.id", ondelete="RESTRICT")
    return sa.Column(name or f"{_SINGULAR[table]}_id", sa.Integer, target, nullable=not required, index=True)


_SINGULAR = {
    "users": "user",
    "companies": "company",
    "contacts": "contact",
    "opportunities": "opportunity",
    "meetings": "meeting",
    "emails": "email",
    "documents": "document",
}


def _owner() -> sa.Column[int]:
    return _to("users", "owner_id")


def _postal() -> Columns:
    return [_text("street", 255), _text("postal_code", 20), *_texts(100, "city", "region", "country")]


users = _table(
    "users",
    sa.Column("login", sa.String(100), nullable=False, unique=True),
    _text("name", 200),
    _text("email", 320, index=True),
    _text("password_hash", 255),
    _text("timezone", 64, default="UTC"),
    _text("team", 100),
    _flag("active", 1),
)

companies = _table(
    "companies",
    _text("name", 255, index=True),
    _text("domain", 255, index=True),
    _texts(50, "phone", "fax"),
    _text("email", 320, index=True),
    _text("website", 255),
    _postal(),
    _body("notes"),
    _owner(),
)

contacts = _table(
    "contacts",
    _texts(100, "first_name", "middle_name"),
    _text("last_name", 100, index=True),
    _text("title", 150),
    _text("salutation", 50),
    _to("companies"),
    _text("email", 320, index=True),
    _text("email2", 320, index=True),
    _texts(50, "phone", "mobile", "home_phone", "fax"),
    _postal(),
    sa.Column("birthday", sa.Date),
    _body("notes"),
    sa.Column("photo", BYTES),
    _flag("private"),
    _texts(100, "source", "category"),
    _owner(),
)

leads = _table(
    "leads",
    _texts(100, "first_name", "last_name"),
    _text("title", 150),
    _text("salutation", 50),
    _text("company_name", 255),
    _text("email", 320, index=True),
    _texts(50, "phone", "mobile"),
    _text("website", 255),
    _postal(),
    _text("status", 30, default="new"),
    _text("source", 100),
    _body("notes"),
    _to("contacts"),
    _owner(),
)

opportunities = _table(
    "opportunities",
    _text("name", 255),
    _to("companies"),
    _to("contacts"),
    _text("stage", 30, default="prospecting"),
    sa.Column("amount", sa.Numeric(15, 2, asdecimal=False)),
    _text("currency", 3),
    sa.Column("probability", sa.Integer),
    sa.Column("close_date", sa.Date),
    _owner(),
)

meetings = _table(
    "meetings",
    _text("subject", 255),
    sa.Column("starts_at", MOMENT, nullable=False, index=True),
    sa.Column("ends_at", MOMENT, nullable=False),
    _flag("all_day"),
    _text("timezone", 64),
    _text("location", 255),
    _body("notes"),
    _text("status", 20, default="planned"),
    _flag("private"),
    _to("companies"),
    _to("opportunities"),
    sa.Column("reminder_minutes", sa.Integer),
    _text("recurrence", 1000),
    _owner(),
)

meeting_users = _table(
    "meeting_users",
    _to("meetings", required=True),
    _to("users", required=True),
    _text("status", 20, default="none"),
)

meeting_contacts = _table(
    "meeting_contacts",
    _to("meetings", required=True),
    _to("contacts", required=True),
    _text("status", 20, default="none"),
)

meeting_attendees = _table(
    "meeting_attendees",
    _to("meetings", required=True),
    _required("address", 320, index=True),
    _text("name", 200),
    _text("status", 20, default="none"),
)

tasks = _table(
    "tasks",
    _text("subject", 255),
    sa.Column("due_date", sa.Date, index=True),
    sa.Column("starts_on", sa.Date),
    _text("status", 20, default="open"),
    _text("priority", 10, default="normal"),
    sa.Column("percent", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("completed_at", MOMENT),
    _body("notes"),
    _to("contacts"),
    _to("companies"),
    _to("opportunities"),
    _flag("private"),
    _owner(),
)

calls = _table(
    "calls",
    _text("subject", 255),
    _text("direction", 10, default="out"),
    sa.Column("starts_at", MOMENT, index=True),
    sa.Column("duration_minutes", sa.Integer),
    _text("status", 20, default="planned"),
    _body("notes"),
    _to("contacts"),
    _to("companies"),
    _to("opportunities"),
    _owner(),
)

emails = _table(
    "emails",
    # 512 is what an index of MariaDB holds with room to spare (3,072 bytes of utf8mb4).
    _text("message_id", 512, index=True),
    _text("direction", 10, default="in"),
    _text("status", 20, default="received"),
    _text("subject", 998),
    _text("from_address", 320, index=True),
    _text("from_name", 255),
    sa.Column("sent_at", MOMENT, index=True),
    _body("body_text"),
    _body("body_html"),
    _text("in_reply_to", 512, index=True),
    _body("reference_ids"),
    _owner(),
)

email_addresses = _table(
    "email_addresses",
    _to("emails", required=True),
    _text("kind", 10, default="to"),
    _required("address", 320, index=True),
    _text("name", 255),
)

email_links = _table(
    "email_links",
    _to("emails", required=True),
    _required("entity", 30),
    sa.Column("entity_id", sa.Integer, nullable=False),
    indexes=(("entity", "entity_id"),),
)

documents = _table(
    "documents",
    _text("name", 255),
    _text("mime_type", 127),
    sa.Column("size", sa.Integer),
    _text("sha256", 64, index=True),
    _text("content_path", 500),
    _text("category", 100),
    _owner(),
)

document_links = _table(
    "document_links",
    _to("documents", required=True),
    _required("entity", 30),
    sa.Column("entity_id", sa.Integer, nullable=False),
    indexes=(("entity", "entity_id"),),
)

notes = _table(
    "notes",
    _text("subject", 255),
    _body("body"),
    _to("contacts"),
    _to("companies"),
    _to("opportunities"),
    _owner(),
)


def create(connection: sa.Connection) -> None:
    """Make the tables that are not there yet; those that are there stay as they are, custom columns included."""
    if connection.dialect.name not in ("sqlite", "postgresql", *MySQL):
        raise ConfigError(f"the reference CRM is for SQLite, PostgreSQL and MariaDB, not for {connection.dialect.name}")
    if connection.dialect.name not in MySQL:
        metadata.create_all(connection)
        return
    # MariaDB commits and syncs every statement of this kind: so a table gets all its indexes in one.
    present = set(sa.inspect(connection).get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in present:
            connection.execute(CreateTable(table))
            indexes = sorted(table.indexes, key=lambda index: str(index.name))
            added = ", ".join(f"ADD INDEX {index.name} ({', '.join(index.columns.keys())})" for index in indexes)
            connection.exec_driver_sql(f"ALTER TABLE {table.name} {added}")
