"""Whom a message answers, where the CRM has the key of that message's row; and records told in a message's own row."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.core.model import CollectionName, Section
from gateway.edits import Edits
from storage.opened import Opened
from tests.crm import principal
from tests.presets.documents import lines, message
from tests.presets.small_crm import mail

TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(50), name VARCHAR(50), mail VARCHAR(50), hash VARCHAR(100));
CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(50), staff INTEGER);
CREATE TABLE mails (id VARCHAR(36) PRIMARY KEY, mid VARCHAR(99), subject VARCHAR(50), sender VARCHAR(99), at TIMESTAMP NULL,
                    body VARCHAR(999), parent VARCHAR(36), author INTEGER, kind VARCHAR(20), about INTEGER);
INSERT INTO staff VALUES (1, 'anna', 'Anna', 'anna@crm.example', '');
INSERT INTO people VALUES (7, 'anna@crm.example', 1);
INSERT INTO people VALUES (9, 'jo@x.example', 0);
INSERT INTO mails VALUES ('m1', '<one@x.example>', 'First', 'jo@x.example', '2026-05-11 07:00:00', 'Hello', NULL, 9, 'person', 9);
INSERT INTO mails VALUES ('m2', 'two@x.example', 'Second', 'Anna <anna@crm.example>', '2026-05-11 08:00:00', 'Yes', 'm1', 7, 'person', 9)
"""
MAPPING = """
[crm]
name = "answers"
[crm.users]
table = "staff"
login = "login"
name = "name"
address = "mail"
password = "hash"
[entity.mail]
table = "mails"
new_key = "{uuid}"
[entity.mail.message]
message_id = "mid"
subject = "subject"
from = "sender"
sent = "at"
text = "body"
in_reply_to = { ref = "parent", column = "mid" }
links = [
  { of = "people", address = "mail", kinds = ["from"], set = { author = "{ref}" } },
  { of = "people", of_alive = { staff = 0 }, address = "mail", set = { kind = "person", about = "{ref}" } },
]
[view.inbox]
entity = "mail"
shape = "message"
name = "INBOX"
role = "inbox"
filter = "author > 0"
delete = "hide"
"""


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    (tmp_path / "m.toml").write_text(MAPPING, "utf-8")
    url = sa.make_url(database_url)
    own = f"{url.database}_gw" if url.get_backend_name() == "mariadb" else None
    made = Opened(database_url, "m.toml", schema=own, folder=tmp_path)
    made.setup.install()
    yield made
    made.close()


async def test_an_answer_names_the_message_of_the_row_it_refers_to(opened: Opened) -> None:
    opened.bus.attach(asyncio.get_running_loop())
    anna = principal(opened, "anna")
    held = await mail(opened, anna, "INBOX")
    assert sorted("In-Reply-To: <one@x.example>" in one for one in held) == [False, True]
    raw = message(
        "Message-ID: <three@crm.example>", "In-Reply-To: <two@x.example>", "From: anna@crm.example", "To: Jo@x.example",
        "Subject: Third", "Date: Mon, 11 May 2026 09:45:00 +0000", "", "Well",
    )  # fmt: skip
    await Edits(opened.store).append(anna, CollectionName(Section.MAILBOXES, "INBOX"), raw, frozenset(), None)
    with opened.database.engine.connect() as connection:
        made = connection.exec_driver_sql("SELECT parent, author, kind, about FROM mails WHERE subject = 'Third'").one()
    # Who wrote it and whom it concerns are two columns of two links, each filled by its own first.
    assert tuple(made) == ("m2", 7, "person", 9)
    lines(next(one for one in await mail(opened, anna, "INBOX") if "Third" in one), "In-Reply-To: <two@x.example>")
