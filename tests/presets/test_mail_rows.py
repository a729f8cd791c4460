"""E-mails whose row has header texts or lists, and the links to records it makes: on every database product."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.model import CollectionName, Section
from gateway.edits import Edits
from storage.opened import Opened
from tests.crm import principal
from tests.presets.small_crm import made, mail, rows, sql

INBOX = CollectionName(Section.MAILBOXES, "INBOX")
TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(50), name VARCHAR(50), mail VARCHAR(100), hash VARCHAR(100));
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(50), mail VARCHAR(50), mail2 VARCHAR(50), gone INTEGER);
CREATE TABLE firms (id INTEGER PRIMARY KEY, name VARCHAR(50), gone INTEGER);
CREATE TABLE addresses (id INTEGER PRIMARY KEY, address VARCHAR(50), caps VARCHAR(50));
CREATE TABLE address_links (id INTEGER PRIMARY KEY, bean INTEGER, module VARCHAR(20), address_id INTEGER);
CREATE TABLE mails (id VARCHAR(36) PRIMARY KEY, subject VARCHAR(100), sender VARCHAR(60), recipients VARCHAR(60),
                    copies TEXT, blind TEXT, body TEXT NOT NULL, sent_day DATE,
                    sent_time VARCHAR(8), owner INTEGER, gone INTEGER, about VARCHAR(20), about_id INTEGER);
CREATE TABLE mail_links (id VARCHAR(36) PRIMARY KEY, mail_id VARCHAR(36), bean INTEGER, module VARCHAR(20), gone INTEGER);
INSERT INTO staff VALUES (1, 'anna', 'Anna', 'anna@crm.example', '');
INSERT INTO staff VALUES (2, 'bob', 'Bob', 'bob@crm.example', '');
INSERT INTO people VALUES (1, 'Erika', 'erika@north.example', 'Erika@Privat.example', 0);
INSERT INTO people VALUES (2, 'Gerda', 'gerda@north.example', NULL, 1);
INSERT INTO people VALUES (3, 'Twin', 'erika@privat.example', NULL, 0);
INSERT INTO firms VALUES (7, 'Nord', 0);
INSERT INTO addresses VALUES (1, 'Info@North.example', 'INFO@NORTH.EXAMPLE');
INSERT INTO addresses VALUES (2, 'anna@crm.example', 'ANNA@CRM.EXAMPLE');
INSERT INTO address_links VALUES (1, 7, 'firms', 1);
INSERT INTO address_links VALUES (2, 7, 'staff', 2)
"""
MAPPING = """
[crm]
name = "small"
zone = "Europe/Berlin"
[crm.users]
table = "staff"
login = "login"
name = "name"
address = "mail"
password = "hash"
[crm.shared.mail]
table = "addresses"
value = "address"
found_by = { column = "caps", as = "upper" }
link = { table = "address_links", parent = "bean", ref = "address_id" }
[entity.mail]
table = "mails"
new_key = "{uuid}"
alive = "gone = 0"
owner = "owner"
insert = { gone = 0 }
[entity.mail.message]
subject = "subject"
from = "sender"
sent = ["sent_day", "sent_time"]
lists = { to = "recipients", cc = "copies", bcc = "blind" }
html = "body"
readers = [
  { table = "mail_links", parent = "mail_id", user = "bean", where = { module = "staff" }, alive = { gone = 0 }, insert = { id = { new = "{uuid}" } } },
]
links = [
  { table = "mail_links", parent = "mail_id", ref = "bean", where = { module = "people" }, of = "people", of_alive = { gone = 0 }, address = ["mail", "mail2"], kinds = ["from", "to", "cc"], alive = { gone = 0 }, insert = { id = { new = "{uuid}" } }, set = { about = "people", about_id = "{ref}" } },
  { table = "mail_links", parent = "mail_id", ref = "bean", where = { module = "firms" }, of = "firms", of_alive = "gone = 0 and not exists (people where id = row.id and gone = 1)", address = { shared = "mail", where = { module = "firms" } }, alive = { gone = 0 }, insert = { id = { new = "{uuid}" } }, set = { about = "firms {ref}" } },
]
[view.inbox]
entity = "mail"
shape = "message"
name = "INBOX"
role = "inbox"
filter = "owner = user.id or exists (mail_links where mail_id = row.id and module = 'staff' and bean = user.id and gone = 0)"
delete = "hide"
"""


@pytest.fixture(params=["text", "json"])
def small(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Opened]:
    mapping = MAPPING.replace('bcc = "blind" }', 'bcc = "blind", json = true }')
    with made(database_url, tmp_path, TABLES, mapping if request.param == "json" else MAPPING) as one:
        yield one


def is_json(small: Opened) -> bool:
    message = small.crm.entities["mail"].message
    return message is not None and message.lists.is_json


def raw(*lines: str, body: str = "Hello <you>\r\n& me") -> bytes:
    head = ("MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", body)
    return "".join(f"{line}\r\n" for line in (*lines, *head)).encode()


OFFER = raw(
    "Message-ID: <1@crm.example>",
    "References: <0@crm.example>",
    "From: Anna <anna@crm.example>",
    'To: "North, Info" <info@north.example>, Erika <ERIKA@privat.example>',
    "Cc: bob@crm.example, gerda@north.example",
    "Subject: Offer",
    "Date: Mon, 11 May 2026 07:45:00 +0000",
)


async def file(small: Opened, content: bytes) -> None:
    small.bus.attach(asyncio.get_running_loop())
    await Edits(small.store).append(principal(small, "anna"), INBOX, content, frozenset(), None)


def links(small: Opened) -> set[tuple[object, object, object]]:
    return {(row["module"], row["bean"], row["gone"]) for row in rows(small, "mail_links")}


async def test_a_filed_message_has_its_people_in_columns_and_its_records_in_links(small: Opened) -> None:
    await file(small, OFFER)
    (row,) = rows(small, "mails")
    assert row["sender"] == "Anna <anna@crm.example>"
    if is_json(small):
        assert json.loads(str(row["recipients"])) == ["info@north.example", "ERIKA@privat.example"]
        assert json.loads(str(row["copies"])) == ["bob@crm.example", "gerda@north.example"]
        assert row["blind"] == "[]"
    else:
        # The second name would not fit: the address stands alone.
        assert row["recipients"] == '"North, Info" <info@north.example>, ERIKA@privat.example'
        assert row["copies"] == "bob@crm.example, gerda@north.example"
        assert row["blind"] == ""
    assert (str(row["sent_day"]), row["sent_time"]) == ("2026-05-11", "09:45:00")
    # There is no column for plain words.
    assert row["body"] == "Hello &lt;you&gt;<br />\n&amp; me<br />\n"
    # Who stands first in the header is what the message is about; a deleted record is nobody's.
    assert (row["about"], row["about_id"]) == ("firms 7", None)
    assert links(small) == {
        ("staff", 1, 0), ("staff", 2, 0), ("firms", 7, 0), ("people", 1, 0), ("people", 3, 0),
    }  # fmt: skip
    assert all(re.fullmatch(r"[0-9a-f-]{36}", str(link["id"])) for link in rows(small, "mail_links"))
    for login in ("anna", "bob"):
        assert await mail(small, principal(small, login), "INBOX") == [OFFER.decode()]


async def test_what_has_no_column_stays_when_the_crm_changes_the_rest(small: Opened) -> None:
    await file(small, OFFER)
    sql(small, "UPDATE mails SET subject = 'Order'")
    assert await mail(small, principal(small, "anna"), "INBOX") == [OFFER.decode().replace("Offer", "Order")]
    sql(small, "UPDATE mails SET body = '<p>Other</p>'")
    (changed,) = await mail(small, principal(small, "anna"), "INBOX")
    assert "Message-ID: <1@crm.example>\r\n" in changed
    assert "References: <0@crm.example>\r\n" in changed
    assert "<p>Other</p>" in changed


async def test_a_row_of_the_crm_is_read_as_a_header_is(small: Opened) -> None:
    to = '["erika@north.example", "Two <two@x.example>"]'
    if not is_json(small):
        to = "erika@north.example; Two <two@x.example>, nobody"
    sql(
        small,
        "INSERT INTO mails (id, subject, sender, recipients, copies, body, sent_day, sent_time, owner, gone) VALUES "
        f"('m1', 'Hi', 'Schmidt, Anna <anna@crm.example>', '{to}', '[&quot;c@x.example&quot;]', '<b>Hi</b>', "
        "'2026-01-05', '10:15', 1, 0)",
    )
    small.bus.attach(asyncio.get_running_loop())
    (shown,) = await mail(small, principal(small, "anna"), "INBOX")
    assert "Date: Mon, 05 Jan 2026 09:15:00 +0000\r\n" in shown
    assert "From: Anna <anna@crm.example>\r\n" in shown
    assert "To: erika@north.example, Two <two@x.example>\r\n" in shown
    assert "Cc: c@x.example\r\n" in shown
    (own,) = re.findall(r"Message-ID: (<[0-9a-f]{32}@crmgate.invalid>)", shown)
    sql(small, "UPDATE mails SET subject = 'Hi again'")
    (again,) = await mail(small, principal(small, "anna"), "INBOX")
    assert f"Message-ID: {own}\r\n" in again


async def test_a_list_too_long_for_its_column_loses_whole_addresses(small: Opened) -> None:
    people = ", ".join(f"person{number}@north.example" for number in range(10))
    await file(small, raw("From: anna@crm.example", f"To: {people}", "Subject: Many"))
    (row,) = rows(small, "mails")
    assert re.findall(r"person\d@north.example", str(row["recipients"])) == [
        "person0@north.example",
        "person1@north.example",
    ]
    (shown,) = await mail(small, principal(small, "anna"), "INBOX")
    assert "person9@north.example" in shown


async def test_whoever_is_linked_by_the_crm_sees_the_message(small: Opened) -> None:
    await file(small, raw("From: anna@crm.example", "To: x@y.example", "Subject: Mine"))
    assert await mail(small, principal(small, "bob"), "INBOX") == []
    (row,) = rows(small, "mails")
    sql(small, f"INSERT INTO mail_links VALUES ('l', '{row['id']}', 2, 'staff', 0)")
    assert len(await mail(small, principal(small, "bob"), "INBOX")) == 1
