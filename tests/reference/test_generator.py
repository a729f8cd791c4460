"""The generator of companies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from dateutil.rrule import rrulestr

from storage.crm.reference import generator, sample, schema

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CLOCKS = {"created_at", "modified_at", "password_hash"}


def fill(connection: sa.Connection, seed: int = 1) -> None:
    schema.create(connection)
    sample.insert(connection, CHEAP)
    generator.generate(connection, contacts=300, meetings=200, messages=250, users=2, seed=seed)


def rows(connection: sa.Connection, table: sa.Table) -> list[tuple[object, ...]]:
    columns = [column for column in table.columns if column.name not in CLOCKS]
    return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(table.c.id))]


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    """A CRM filled with invented rows."""
    engine = sa.create_engine(database_url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = ON"))
    with engine.begin() as connection:
        fill(connection)
        yield connection
    engine.dispose()


@pytest.fixture
def sqlite() -> Iterator[sa.Connection]:
    """The same in memory, for what does not depend on the database."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        fill(connection)
        yield connection
    engine.dispose()


def count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_there_is_as_much_as_was_asked_for(connection: sa.Connection) -> None:
    wanted = {
        "users": 3 + 2,
        "contacts": 4 + 300 + 10,
        "meetings": 4 + 200 + 8,
        "tasks": 2 + 100 + 2,
        "emails": 2 + 250 + 8,
    }
    assert {name: count(connection, schema.metadata.tables[name]) for name in wanted} == wanted


def test_the_next_plain_insert_gets_a_key_of_its_own(connection: sa.Connection) -> None:
    for table in ("users (login)", "contacts (last_name)", "tasks (subject)", "emails (subject)", "companies (name)"):
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES ('new')")


def test_every_database_gets_the_same_rows(connection: sa.Connection, sqlite: sa.Connection) -> None:
    for table in schema.metadata.sorted_tables:
        assert rows(connection, table) == rows(sqlite, table)


def test_another_seed_makes_another_company(sqlite: sa.Connection) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        fill(connection, seed=2)
        assert rows(connection, schema.contacts) != rows(sqlite, schema.contacts)
    engine.dispose()


def test_most_belongs_to_the_first_user(sqlite: sa.Connection) -> None:
    for table in (schema.contacts, schema.meetings, schema.emails, schema.tasks):
        query = sa.select(table.c.owner_id).group_by(table.c.owner_id).order_by(sa.func.count().desc()).limit(1)
        anna = sqlite.scalar(sa.select(schema.users.c.id).filter_by(login="anna"))
        assert sqlite.scalar(query) == anna
        assert count(sqlite, table) > 0


def test_added_users_sign_in_and_have_a_few_of_everything(sqlite: sa.Connection) -> None:
    user = sqlite.execute(sa.select(schema.users).filter_by(login="user02")).one()
    assert CHEAP.verify(user.password_hash, "user02")
    for table in (schema.contacts, schema.meetings, schema.emails, schema.tasks):
        assert sqlite.scalar(sa.select(sa.func.count()).select_from(table).where(table.c.owner_id == user.id))


def test_a_company_s_domain_is_its_own_and_so_is_a_contact_s_address(sqlite: sa.Connection) -> None:
    for column in (schema.companies.c.domain, schema.contacts.c.email, schema.emails.c.message_id):
        values = sqlite.scalars(sa.select(column).where(column.is_not(None))).all()
        assert len(values) == len({value.lower() for value in values})


def test_addresses_are_plain_ascii(sqlite: sa.Connection) -> None:
    for address in sqlite.scalars(sa.select(schema.email_addresses.c.address)):
        assert address.isascii()
        assert address.count("@") == 1
        assert " " not in address


def test_every_series_has_an_end_and_keeps_its_hour(sqlite: sa.Connection) -> None:
    found = sqlite.execute(sa.select(schema.meetings).where(schema.meetings.c.recurrence.is_not(None))).all()
    assert {"COUNT", "UNTIL"} == {
        row.recurrence.split(";")[1].partition("=")[0] for row in found if "BYDAY" not in row.recurrence
    }
    for row in found:
        start = row.starts_at.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(row.timezone))
        occurrences = list(rrulestr(row.recurrence, dtstart=start))
        assert 4 <= len(occurrences) <= 53
        assert {moment.time() for moment in occurrences} == {start.time()}


def test_whole_days_begin_and_end_at_midnight(sqlite: sa.Connection) -> None:
    found = sqlite.execute(sa.select(schema.meetings).filter_by(all_day=1)).all()
    assert len(found) > 3
    for row in found:
        assert row.starts_at.time() == row.ends_at.time() == dt.time()
        assert row.ends_at > row.starts_at


def test_an_answer_comes_after_what_it_answers(sqlite: sa.Connection) -> None:
    sent = {row.message_id: row for row in sqlite.execute(sa.select(schema.emails).where(schema.emails.c.id > 2))}
    answers = [row for row in sent.values() if row.in_reply_to]
    assert len(answers) > 20
    for answer in answers:
        original = sent[answer.in_reply_to]
        assert original.sent_at < answer.sent_at
        assert original.direction != answer.direction
        assert answer.reference_ids.split()[-1] == answer.in_reply_to


def test_without_users_there_is_nobody_to_give_rows_to(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        schema.create(connection)
        with pytest.raises(ValueError, match="no users"):
            generator.generate(connection, contacts=1, meetings=0, messages=0, users=0)
    engine.dispose()
