"""The reference CRM's tables, on every database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from storage.crm.reference import schema


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        schema.create(connection)
    yield engine
    engine.dispose()


def test_a_row_with_nothing_but_a_name_is_whole(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO contacts (last_name) VALUES ('Żółć 日本語 😀')")
        row = connection.execute(sa.select(schema.contacts)).one()
    assert (row.id, row.last_name, row.deleted, row.private, row.email) == (1, "Żółć 日本語 😀", 0, 0, None)


def test_the_clock_of_a_new_row_is_utc_whatever_the_session_thinks(engine: sa.Engine) -> None:
    zone = {"postgresql": "SET TIME ZONE 'Asia/Tokyo'", "mariadb": "SET time_zone = '+09:00'"}
    with engine.begin() as connection:
        connection.exec_driver_sql(zone.get(engine.dialect.name, "SELECT 1"))
        connection.exec_driver_sql("INSERT INTO companies (name) VALUES ('Nordwind')")
        made = connection.execute(sa.select(schema.companies.c.created_at)).scalar_one()
    assert abs(dt.datetime.now(dt.UTC) - made.replace(tzinfo=dt.UTC)) < dt.timedelta(minutes=5)


def test_a_key_is_never_given_out_twice(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO notes (body) VALUES ('first')")
        connection.exec_driver_sql("DELETE FROM notes")
        connection.exec_driver_sql("INSERT INTO notes (body) VALUES ('second')")
        assert connection.scalar(sa.select(schema.notes.c.id)) == 2


def test_creating_again_keeps_rows_and_custom_columns(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE contacts ADD COLUMN customer_number VARCHAR(40)")
        connection.exec_driver_sql("INSERT INTO contacts (customer_number) VALUES ('KD-4711')")
        schema.create(connection)
        assert connection.exec_driver_sql("SELECT customer_number FROM contacts").scalar() == "KD-4711"


def test_long_bodies_and_pictures_fit(engine: sa.Engine) -> None:
    body, photo = "ä" * 200_000, bytes(300_000)
    with engine.begin() as connection:
        connection.execute(sa.insert(schema.emails).values(body_text=body))
        connection.execute(sa.insert(schema.contacts).values(photo=photo))
        assert connection.scalar(sa.select(schema.emails.c.body_text)) == body
        assert connection.scalar(sa.select(schema.contacts.c.photo)) == photo


def test_a_company_with_contacts_cannot_be_removed(engine: sa.Engine) -> None:
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = ON"))
        engine.dispose()
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO companies (name) VALUES ('Nordwind')")
        connection.exec_driver_sql("INSERT INTO contacts (company_id) VALUES (1)")
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM companies")


def test_date_times_of_sqlite_are_written_as_people_write_them(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url)
    with engine.begin() as connection:
        schema.create(connection)
        start = dt.datetime(2026, 3, 10, 9, 0)
        connection.execute(sa.insert(schema.meetings).values(starts_at=start, ends_at=start))
        written = connection.exec_driver_sql("SELECT starts_at, length(created_at) FROM meetings").one()
    engine.dispose()
    assert tuple(written) == ("2026-03-10 09:00:00", 19)
