"""The sample company."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import hashlib
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from dateutil.rrule import rrulestr

from storage.crm.reference import sample, schema
from storage.crm.reference.sample_mail import PDF

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    """A CRM with the sample in it."""
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        schema.create(connection)
        assert sample.insert(connection, CHEAP)
        yield connection
    engine.dispose()


def only(connection: sa.Connection, table: sa.Table, **where: object) -> sa.Row[tuple[object, ...]]:
    return connection.execute(sa.select(table).filter_by(**where)).one()


def test_a_second_time_nothing_is_done(connection: sa.Connection) -> None:
    counts = [connection.scalar(sa.select(sa.func.count()).select_from(t)) for t in schema.metadata.sorted_tables]
    assert not sample.insert(connection, CHEAP)
    assert counts == [
        connection.scalar(sa.select(sa.func.count()).select_from(t)) for t in schema.metadata.sorted_tables
    ]


def test_everybody_signs_in_with_the_login_as_password(connection: sa.Connection) -> None:
    rows = connection.execute(sa.select(schema.users).order_by(schema.users.c.id)).all()
    assert [row.login for row in rows] == list(sample.LOGINS)
    for row in rows:
        assert CHEAP.verify(row.password_hash, row.login)


def test_texts_come_back_as_they_went_in(connection: sa.Connection) -> None:
    erika = only(connection, schema.contacts, last_name="Mustermann")
    assert erika.notes.endswith("\nPrefers e-mail; speaks 日本語 & Français.")
    assert (erika.email2, erika.birthday) == ("Erika@privat.example", dt.date(1980, 5, 17))
    assert erika.photo.startswith(b"\x89PNG\r\n\x1a\n")
    assert only(connection, schema.companies, city="München").name == "Müller & Söhne KG"
    assert only(connection, schema.contacts, first_name="Jean-Luc").last_name == "O'Brien"


def test_the_kick_off_has_both_sides_people(connection: sa.Connection) -> None:
    meeting = only(connection, schema.meetings, subject="Kick-off Nordwind")
    assert (meeting.starts_at, meeting.ends_at) == (dt.datetime(2026, 3, 10, 9), dt.datetime(2026, 3, 10, 10, 30))
    assert only(connection, schema.meeting_users, meeting_id=meeting.id).status == "accepted"
    statuses = connection.scalars(sa.select(schema.meeting_contacts.c.status).filter_by(meeting_id=meeting.id))
    assert sorted(statuses) == ["none", "tentative"]


def test_the_fair_ends_on_the_day_after_its_last(connection: sa.Connection) -> None:
    fair = only(connection, schema.meetings, all_day=1)
    assert (fair.starts_at, fair.ends_at) == (dt.datetime(2026, 4, 2), dt.datetime(2026, 4, 4))


def test_the_series_keeps_its_hour_over_the_change_to_summer_time(connection: sa.Connection) -> None:
    series = only(connection, schema.meetings, subject="Weekly jour fixe")
    first = series.starts_at.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(series.timezone))
    days = [
        moment.replace(tzinfo=ZoneInfo(series.timezone))
        for moment in rrulestr(series.recurrence, dtstart=first.replace(tzinfo=None))
    ]
    assert [f"{day:%m-%d %H:%M}" for day in days] == [
        "03-02 09:00",
        "03-09 09:00",
        "03-16 09:00",
        "03-23 09:00",
        "03-30 09:00",
    ]
    assert [day.astimezone(dt.UTC).hour for day in days] == [8, 8, 8, 8, 7]


def test_each_message_says_what_its_row_says(connection: sa.Connection) -> None:
    messages = dict(sample.sample_messages())
    rows = connection.execute(sa.select(schema.emails)).all()
    assert {row.message_id for row in rows} == set(messages)
    for row in rows:
        raw = messages[row.message_id]
        assert b"\n" not in raw.replace(b"\r\n", b"")
        message = email.message_from_bytes(raw, policy=email.policy.default)
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        assert text is not None
        assert html is not None
        contents = [part.get_content().replace("\r\n", "\n") for part in (text, html)]
        assert [message["Subject"], *contents] == [row.subject, row.body_text, row.body_html]
        people = connection.execute(sa.select(schema.email_addresses).filter_by(email_id=row.id)).all()
        for kind in ("from", "to", "cc"):
            header = message[kind]
            stated = [(a.display_name, a.addr_spec) for a in header.addresses] if header is not None else []
            assert stated == [(person.name, person.address) for person in people if person.kind == kind]


def test_the_document_is_the_offer_s_attachment(connection: sa.Connection) -> None:
    document = connection.execute(sa.select(schema.documents)).one()
    assert (document.size, document.sha256) == (77, hashlib.sha256(PDF).hexdigest())
    assert dict(sample.sample_documents()) == {document.content_path: PDF}
    offer = email.message_from_bytes(dict(sample.sample_messages())["<offer-001@crm.example>"])
    assert [part.get_payload(decode=True) for part in offer.walk() if part.get_filename()] == [PDF]


def test_the_messages_are_the_same_bytes_each_time() -> None:
    assert sample.sample_messages() == sample.sample_messages()
