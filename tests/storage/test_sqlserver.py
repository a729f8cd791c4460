"""What is sent to SQL Server is, word for word, what people have read and approved; no server has run it here.

The approved texts lie in `sqlserver/` beside this file. One that is meant to change is changed there by hand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql
from sqlalchemy.dialects.mssql.pymssql import MSDialect_pymssql

from gateway.core.errors import ConfigError
from storage.crm.conditions import Scope, condition
from storage.crm.crm import Crm
from storage.crm.mapping import read
from storage.crm.parts import Body, Part
from storage.database import Database
from storage.faults import is_conflict, is_denied, is_refusal, is_transient
from storage.feed.catalogue import SQLSERVER
from storage.feed.stamps import Stamp
from storage.feed.triggers import Triggers
from storage.locking import locked
from storage.state import home, migrations, shell
from storage.state.outbox import Outbox
from storage.state.schema import State

APPROVED = Path(__file__).parent / "sqlserver"
URL = sa.make_url("mssql+pymssql://gateway@crm.example/crm")

MAPPING = """
[crm]
name = "small"

[crm.users]
table = "staff"
login = "login"
name = "name"
address = "mail"
password = "pw"

[crm.shared.email]
table = "email_address"
value = "name"
link = { table = "email_link", parent = "parent_id", ref = "email_id" }

[entity.customer]
tables = [
  { table = "crm_entity", key = "id", set = { kind = "Customer's" } },
  { table = "customers", key = "id" },
]

[entity.customer.fields]
last_name = "last"
emails = { shared = "email", where = { kind = "Customer's" } }

[view.customers]
entity = "customer"
shape = "card"
filter = "staff_id = user.id"
delete = "hide"
"""
TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(40), name VARCHAR(80), mail VARCHAR(120), pw VARCHAR(200), seen DATETIME);
CREATE TABLE crm_entity (id INTEGER PRIMARY KEY, kind VARCHAR(20), staff_id INTEGER);
CREATE TABLE customers (id INTEGER PRIMARY KEY, last VARCHAR(60));
CREATE TABLE email_address (id INTEGER PRIMARY KEY, name VARCHAR(200));
CREATE TABLE email_link (id INTEGER PRIMARY KEY, email_id INTEGER, parent_id INTEGER, kind VARCHAR(20));
"""


@pytest.fixture
def dialect() -> sa.Dialect:
    made = MSDialect_pymssql()  # type: ignore[no-untyped-call]
    made.default_schema_name = "dbo"
    return made


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[Crm]:
    """A small CRM with all that makes triggers differ: constants, shared rows, columns that count."""
    path = tmp_path / "small.toml"
    path.write_text(MAPPING, "utf-8")
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.connect() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
        yield Crm(read(str(path)), connection)
    engine.dispose()


def approved(name: str) -> str:
    return (APPROVED / name).read_text("utf-8")


def test_the_tables(dialect: sa.Dialect) -> None:
    state = State("mssql")
    made = [*home.make(state, dialect), migrations.script(dialect, state).strip()]
    assert shell.script(URL, made, []) == approved("tables.sql")


def test_the_triggers(dialect: sa.Dialect, crm: Crm) -> None:
    assert shell.script(URL, [], Triggers(crm, State("mssql"), dialect).install()) == approved("triggers.sql")


def test_taking_everything_off_again(dialect: sa.Dialect, crm: Crm) -> None:
    state = State("mssql")
    statements = [*Triggers(crm, state, dialect).uninstall(), *home.empty(state, dialect), *home.remove(state, dialect)]
    assert shell.script(URL, [], statements) == approved("uninstall.sql")


def test_a_key_that_is_a_uniqueidentifier_is_written_as_python_writes_it(dialect: sa.Dialect, crm: Crm) -> None:
    crm.entities["customer"].body.parts[1].table.c.id.type = mssql.UNIQUEIDENTIFIER()
    texts = [one.create[0] for one in Triggers(crm, State("mssql"), dialect).wanted if "crmgate_customers_" in one.name]
    assert len(texts) == 3
    assert all("LOWER(CAST(row_key AS NVARCHAR(64)))" in text for text in texts)


def test_other_statements_that_are_said_in_other_words_there(dialect: sa.Dialect, crm: Crm) -> None:
    state, outbox = State("mssql"), Outbox(State("mssql"))
    contacts = sa.Table(
        "contacts", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Unicode(50)),
        sa.Column("is_gone", mssql.BIT), sa.Column("modified", mssql.DATETIME2), implicit_returning=False,
    )  # fmt: skip
    body = Body("contact", [Part(contacts, contacts.c.id, {})])
    alive = condition("is_gone = 0 and lower(name) != 'x'", Scope(contacts, None, lambda _: contacts))
    stamp = Stamp(contacts.c.modified, body.key, "mssql")
    moment = dt.datetime(2026, 3, 10, 9)
    everything = [
        locked(sa.select(contacts.c.id).where(contacts.c.id == 5, alive), contacts),
        locked(sa.select(state.collection.c.id).where(state.collection.c.id.in_([1, 2])), state.collection),
        sa.select(contacts.c.id).where(contacts.c.id > 5).order_by(contacts.c.id).limit(500),
        sa.select(state.tombstone.c.modseq).order_by(state.tombstone.c.modseq.desc()).offset(9).limit(1),
        sa.select(contacts.c.id).where(sa.false()),
        stamp.page((moment, 7), None, moment, 500),
        sa.insert(contacts).values(name="Jörg"),
        sa.insert(outbox.table).values(entity="contact", row_key="5"),
        *outbox.owing(["contact"]),
        sa.text(SQLSERVER),
    ]
    texts = [str(one.compile(dialect=dialect, compile_kwargs={"literal_binds": True})) for one in everything]
    assert ";\n\n".join(text.strip() for text in texts) + ";\n" == approved("statements.sql")


def test_its_errors_are_known_for_what_they_are() -> None:
    def fault(number: int) -> sa.exc.DBAPIError:
        return sa.exc.DBAPIError("", {}, Exception(number, b"DB-Lib error message"))

    assert all(is_transient(fault(number)) for number in (1205, 1222, 3960))
    assert all(is_conflict(fault(number)) for number in (2601, 2627))
    assert all(is_refusal(fault(number)) for number in (515, 547, 2628, 8152, 50000))
    assert all(is_denied(fault(number)) for number in (229, 230))
    assert not any(is_transient(fault(number)) or is_conflict(fault(number)) for number in (515, 547, 229))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mssql+pymssql://sa@localhost/crm", "SQL Server needs the package pymssql: install crmgate[mssql]"),
        ("mssql+pyodbc://sa@localhost/crm", "for SQL Server say mssql+pymssql://"),
        ("oracle://sa@localhost/crm", "'oracle' is none of sqlite, postgresql, mysql, mariadb, mssql"),
    ],
)
def test_a_database_that_cannot_be_spoken_to_is_refused_by_name(url: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told.replace("[", r"\[").replace("+", r"\+")):
        Database(url)


def test_a_product_without_triggers_of_ours_is_never_guessed_at(crm: Crm) -> None:
    from sqlalchemy.dialects.oracle.base import OracleDialect

    with pytest.raises(NotImplementedError, match="no triggers for oracle"):
        Triggers(crm, State("oracle"), OracleDialect())
