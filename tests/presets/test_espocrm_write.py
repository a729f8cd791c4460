"""What a client writes becomes the rows EspoCRM makes itself, and nothing else in its database changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.crm import principal
from tests.presets.documents import calendar, card, message
from tests.presets.dumps import Snapshot, difference, snapshot
from tests.presets.served import Row, Served, User, served


@pytest.fixture(scope="module")
def gateway(espo: Opened) -> Iterator[Served]:
    with served(espo) as one:
        yield one


@pytest.fixture
def anna_id(espo: Opened) -> str:
    return principal(espo, "anna").id


def holds(row: Row, **wanted: object) -> None:
    assert {name: row[name] for name in wanted} == wanted


NEW_CARD = (
    "UID:c1",
    "FN:Ada Neu",
    "N:Neu;Ada;;Dr.;",
    "ORG:Neue Firma GmbH",
    "TITLE:CTO",
    "EMAIL:Ada@Neu.example",
    "EMAIL:ERIKA@privat.example",
    "TEL;TYPE=WORK:+49 30 1234-5",
    "TEL;TYPE=CELL:+49 171 999",
    "TEL;TYPE=FAX:+49 30 1234-6",
    "ADR;TYPE=WORK:;;Am Weg 1;Berlin;BE;10115;Germany",
    "NOTE:Grüße",
)


def test_a_new_contact_is_the_rows_espocrm_makes(gateway: Served, anna: User, anna_id: str, before: Snapshot) -> None:
    anna.put("my-contacts", "c1.vcf", card(*NEW_CARD))
    assert difference(before, snapshot(gateway.opened.database.engine)) == {
        "account": (0, 1),
        "account_contact": (0, 1),
        "contact": (0, 1),
        "email_address": (0, 1),
        "entity_email_address": (0, 2),
        "entity_phone_number": (0, 3),
        "phone_number": (0, 3),
    }
    (contact,) = gateway.rows("SELECT * FROM contact WHERE last_name = 'Neu'")
    (account,) = gateway.rows("SELECT * FROM account WHERE name = 'Neue Firma GmbH'")
    assert re.fullmatch(r"[0-9a-f]{17}", str(contact["id"]))
    assert contact["created_at"] == contact["modified_at"] == contact["stream_updated_at"] is not None
    holds(
        contact,
        deleted=0,
        salutation_name="Dr.",
        first_name="Ada",
        description="Grüße",
        account_id=account["id"],
        assigned_user_id=anna_id,
        created_by_id=anna_id,
        modified_by_id=None,
        do_not_call=0,
        address_street="Am Weg 1",
        address_postal_code="10115",
        address_city="Berlin",
        address_state="BE",
        address_country="Germany",
    )
    holds(account, deleted=0, version_number=1, created_by_id=anna_id, assigned_user_id=anna_id)
    (link,) = gateway.rows("SELECT * FROM account_contact WHERE contact_id = :key", key=contact["id"])
    holds(link, account_id=account["id"], role="CTO", is_inactive=0, deleted=0)
    emails = gateway.rows(
        "SELECT a.*, l.entity_type, l.`primary`, l.deleted AS gone FROM entity_email_address l "
        "JOIN email_address a ON a.id = l.email_address_id WHERE l.entity_id = :key ORDER BY l.id",
        key=contact["id"],
    )
    # The second address is there already, in another spelling: it is shared and stays as it is.
    assert [(row["name"], row["lower"], row["opt_out"], row["primary"]) for row in emails] == [
        ("Ada@Neu.example", "ada@neu.example", 0, 1),
        ("Erika@privat.example", "erika@privat.example", 1, 0),
    ]
    assert {(row["entity_type"], row["gone"], row["deleted"], row["invalid"]) for row in emails} == {
        ("Contact", 0, 0, 0)
    }
    phones = gateway.rows(
        "SELECT p.*, l.entity_type, l.`primary` FROM entity_phone_number l "
        "JOIN phone_number p ON p.id = l.phone_number_id WHERE l.entity_id = :key ORDER BY l.id",
        key=contact["id"],
    )
    assert [(row["name"], row["type"], row["numeric"], row["primary"]) for row in phones] == [
        ("+493012345", "Office", "493012345", 1),
        ("+49171999", "Mobile", "49171999", 0),
        ("+493012346", "Fax", "493012346", 0),
    ]


@pytest.fixture
def neu(gateway: Served, anna: User, anna_id: str) -> None:
    """The new contact, whether or not this worker ran the test that makes him."""
    if not gateway.rows("SELECT id FROM contact WHERE last_name = 'Neu'"):
        anna.put("my-contacts", "c1.vcf", card(*NEW_CARD))


def test_a_change_touches_only_what_changed_and_revives_links(
    gateway: Served, anna: User, anna_id: str, neu: None, before: Snapshot
) -> None:
    lacking = [line for line in NEW_CARD if "ERIKA" not in line and "FAX" not in line]
    anna.put("my-contacts", "c1.vcf", card(*lacking))
    between = snapshot(gateway.opened.database.engine)
    assert difference(before, between) == {
        "contact": (1, 1),
        "entity_email_address": (1, 1),
        "entity_phone_number": (1, 1),
    }
    anna.put("my-contacts", "c1.vcf", card(*NEW_CARD))
    after = snapshot(gateway.opened.database.engine)
    for table in ("entity_email_address", "entity_phone_number", "email_address", "phone_number", "account"):
        assert after[table] == before[table]
    (contact,) = gateway.rows("SELECT * FROM contact WHERE last_name = 'Neu'")
    holds(contact, modified_by_id=anna_id, created_by_id=anna_id)


def test_another_title_is_written_to_the_link_of_the_company(
    gateway: Served, anna: User, anna_id: str, neu: None, before: Snapshot
) -> None:
    anna.put("my-contacts", "c1.vcf", card(*(line.replace("CTO", "CEO") for line in NEW_CARD)))
    changed = difference(before, snapshot(gateway.opened.database.engine))
    assert changed.pop("contact", (1, 1)) == (1, 1)
    assert changed == {"account_contact": (1, 1)}


def test_a_deleted_contact_is_marked_and_nothing_is_lost(
    gateway: Served, anna: User, anna_id: str, neu: None, before: Snapshot
) -> None:
    anna.delete("my-contacts", "c1.vcf")
    assert difference(before, snapshot(gateway.opened.database.engine)) == {"contact": (1, 1)}
    (contact,) = gateway.rows("SELECT * FROM contact WHERE last_name = 'Neu'")
    holds(contact, deleted=1, modified_by_id=anna_id)


MEETING = (
    "UID:m1",
    "SUMMARY:Review",
    "DTSTART:20260511T070000Z",
    "DTEND:20260511T080000Z",
    "DESCRIPTION:Numbers",
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@crm.example",
    "ATTENDEE:mailto:BOB@crm.example",
    "ATTENDEE;PARTSTAT=TENTATIVE:mailto:erika@privat.example",
    "ATTENDEE:mailto:lara@prospect.example",
)


def test_a_new_meeting_has_its_people_in_three_tables(
    gateway: Served, anna: User, anna_id: str, before: Snapshot
) -> None:
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING))
    assert difference(before, snapshot(gateway.opened.database.engine)) == {
        "contact_meeting": (0, 1),
        "lead_meeting": (0, 1),
        "meeting": (0, 1),
        "meeting_user": (0, 2),
    }
    (meeting,) = gateway.rows("SELECT * FROM meeting WHERE name = 'Review'")
    assert re.fullmatch(r"[0-9a-f]{17}", str(meeting["id"]))
    assert meeting["uid"] == "m1"
    holds(
        meeting,
        deleted=0,
        status="Planned",
        date_start="2026-05-11 07:00:00",
        date_end="2026-05-11 08:00:00",
        is_all_day=0,
        date_start_date=None,
        date_end_date=None,
        description="Numbers",
        assigned_user_id=anna_id,
        created_by_id=anna_id,
        modified_by_id=None,
    )
    people = (
        "SELECT p.status, p.deleted, w.last_name FROM {0} p JOIN `{1}` w ON w.id = p.{1}_id WHERE p.meeting_id = :key"
    )
    for table, of, expected in (
        ("meeting_user", "user", {("Accepted", 0, "Schmidt"), ("None", 0, "Miller")}),
        ("contact_meeting", "contact", {("Tentative", 0, "Mustermann")}),
        ("lead_meeting", "lead", {("None", 0, "Lead")}),
    ):
        found = gateway.rows(people.format(table, of), key=meeting["id"])
        assert {(row["status"], row["deleted"], row["last_name"]) for row in found} == expected


def test_an_attendee_who_goes_and_comes_back_is_one_row(
    gateway: Served, anna: User, anna_id: str, before: Snapshot
) -> None:
    without = [line for line in MEETING if "BOB" not in line]
    anna.put("meetings", "m1.ics", calendar("VEVENT", *without))
    changed = difference(before, snapshot(gateway.opened.database.engine))
    assert changed.pop("meeting") == (1, 1)
    assert changed == {"meeting_user": (1, 1)}
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING))
    assert snapshot(gateway.opened.database.engine)["meeting_user"] == before["meeting_user"]


def test_whole_days_are_dates_with_midnights_of_the_crms_zone(gateway: Served, anna: User, anna_id: str) -> None:
    days = ("UID:d1", "SUMMARY:Fair", "DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330")
    anna.put("meetings", "d1.ics", calendar("VEVENT", *days))
    (meeting,) = gateway.rows("SELECT * FROM meeting WHERE name = 'Fair'")
    holds(
        meeting,
        is_all_day=1,
        date_start_date="2026-03-28",
        date_end_date="2026-03-29",
        date_start="2026-03-27 23:00:00",
        date_end="2026-03-29 22:00:00",
    )


def test_a_task_counts_its_versions(gateway: Served, anna: User, anna_id: str, before: Snapshot) -> None:
    task = ("UID:t1", "SUMMARY:Call back", "DUE;VALUE=DATE:20260512", "PRIORITY:1")
    anna.put("tasks", "t1.ics", calendar("VTODO", *task))
    assert difference(before, snapshot(gateway.opened.database.engine)) == {"task": (0, 1)}
    (row,) = gateway.rows("SELECT * FROM task WHERE name = 'Call back'")
    holds(
        row,
        status="Not Started",
        priority="Urgent",
        date_end_date="2026-05-12",
        date_end="2026-05-12 22:00:00",
        version_number=1,
        assigned_user_id=anna_id,
        deleted=0,
    )
    anna.put("tasks", "t1.ics", calendar("VTODO", *task, "STATUS:COMPLETED"))
    (row,) = gateway.rows("SELECT * FROM task WHERE name = 'Call back'")
    holds(row, status="Completed", version_number=2, modified_by_id=anna_id)
    assert row["date_completed"] is not None


def test_a_filed_message_has_its_sender_recipients_and_readers(
    gateway: Served, anna: User, anna_id: str, before: Snapshot
) -> None:
    lines = (
        "Message-ID: <new@crm.example>", "From: Anna Schmidt <anna@crm.example>", "To: Neu <neu@else.example>",
        "Cc: bob@crm.example", "Subject: News", "Date: Mon, 11 May 2026 07:45:00 +0000", "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8", "", "Hello",
    )  # fmt: skip
    anna.append("Sent", message(*lines))
    assert difference(before, snapshot(gateway.opened.database.engine)) == {
        "email": (0, 1),
        "email_address": (0, 1),
        "email_email_address": (0, 2),
        "email_user": (0, 2),
    }
    (email,) = gateway.rows("SELECT * FROM email WHERE name = 'News'")
    holds(
        email,
        status="Sent",
        sent_by_id=anna_id,
        message_id="<new@crm.example>",
        date_sent="2026-05-11 07:45:00",
        is_html=0,
        created_by_id=anna_id,
        assigned_user_id=anna_id,
        deleted=0,
    )
    (sender,) = gateway.rows("SELECT * FROM email_address WHERE id = :key", key=email["from_email_address_id"])
    assert sender["lower"] == "anna@crm.example"
    recipients = gateway.rows(
        "SELECT l.address_type, a.name FROM email_email_address l JOIN email_address a ON a.id = l.email_address_id "
        "WHERE l.email_id = :key",
        key=email["id"],
    )
    assert {(row["address_type"], row["name"]) for row in recipients} == {
        ("to", "neu@else.example"),
        ("cc", "bob@crm.example"),
    }
    readers = gateway.rows(
        "SELECT u.user_name, r.is_read, r.in_trash, r.deleted FROM email_user r JOIN `user` u ON u.id = r.user_id "
        "WHERE r.email_id = :key",
        key=email["id"],
    )
    assert {(row["user_name"], row["is_read"], row["in_trash"], row["deleted"]) for row in readers} == {
        ("anna", 0, 0, 0),
        ("bob", 0, 0, 0),
    }


def test_a_deleted_meeting_and_a_deleted_task_are_marked(gateway: Served, anna: User, anna_id: str) -> None:
    anna.put("meetings", "m2.ics", calendar("VEVENT", "UID:m2", *MEETING[1:]))
    anna.put("tasks", "t2.ics", calendar("VTODO", "UID:t2", "SUMMARY:Gone"))
    before = snapshot(gateway.opened.database.engine)
    anna.delete("meetings", "m2.ics")
    anna.delete("tasks", "t2.ics")
    assert difference(before, snapshot(gateway.opened.database.engine)) == {"meeting": (1, 1), "task": (1, 1)}
    holds(gateway.row("SELECT * FROM meeting WHERE uid = 'm2'"), deleted=1, modified_by_id=anna_id)
    holds(gateway.row("SELECT * FROM task WHERE name = 'Gone'"), deleted=1, modified_by_id=anna_id, version_number=2)
