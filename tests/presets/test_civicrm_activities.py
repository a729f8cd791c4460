"""Meetings, calls, tasks and e-mails that a client writes become activities as CiviCRM makes them, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.presets.civicrm_rows import changed, holds, people
from tests.presets.documents import calendar, lines, message, one_of
from tests.presets.dumps import Snapshot
from tests.presets.served import Served, User, served


@pytest.fixture(scope="module")
def gateway(civi: Opened) -> Iterator[Served]:
    with served(civi) as one:
        yield one


@pytest.fixture
def anna(gateway: Served) -> User:
    return gateway.user("anna@crm.example")


@pytest.fixture
def bob(gateway: Served) -> User:
    return gateway.user("bob@crm.example")


MEETING = (
    "UID:m1",
    "SUMMARY:Review",
    "DTSTART;TZID=Europe/Berlin:20260511T090000",
    "DTEND;TZID=Europe/Berlin:20260511T101500",
    "LOCATION:Raum 4",
    "DESCRIPTION:Numbers\\nand <more>",
    "ORGANIZER:mailto:anna@crm.example",
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@crm.example",
    "ATTENDEE:mailto:BOB@crm.example",
    "ATTENDEE;PARTSTAT=TENTATIVE:mailto:erika@privat.example",
    "ATTENDEE:mailto:stranger@else.example",
)


def test_a_new_meeting_has_its_source_assignees_and_targets(
    gateway: Served, anna: User, bob: User, before: Snapshot
) -> None:
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING))
    assert changed(gateway, before) == {"civicrm_activity": (0, 1), "civicrm_activity_contact": (0, 4)}
    meeting = gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Review'")
    holds(
        meeting,
        activity_type_id=1,
        activity_date_time="2026-05-11 09:00:00",
        duration=75,
        location="Raum 4",
        status_id=1,
        priority_id=2,
        is_test=0,
        is_deleted=0,
        is_current_revision=1,
        is_auto=0,
        is_star=0,
    )
    assert "&lt;more&gt;" in str(meeting["details"])
    assert people(gateway, meeting) == {(203, 2), (203, 1), (204, 1), (207, 3)}
    served_now = anna.get("meetings", "m1.ics")
    assert "ATTENDEE:mailto:stranger@else.example" in served_now
    assert "PARTSTAT=TENTATIVE:mailto:erika@privat.example" in served_now
    assert "SUMMARY:Review" in one_of(bob.documents("meetings").values(), "Review")


def test_a_meeting_that_moves_changes_its_row_alone(gateway: Served, anna: User, before: Snapshot) -> None:
    text = anna.get("meetings", "m1.ics").replace("20260511T101500", "20260511T100000").encode()
    anna.put("meetings", "m1.ics", text)
    assert changed(gateway, before) == {"civicrm_activity": (1, 1)}
    holds(gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Review'"), duration=60)


def test_an_attendee_who_goes_loses_his_row_and_the_source_stays(gateway: Served, anna: User, before: Snapshot) -> None:
    text = anna.get("meetings", "m1.ics").split("\r\n")
    kept = [line for line in text if "bob@" not in line.lower() and "privat" not in line]
    anna.put("meetings", "m1.ics", "\r\n".join(kept).encode())
    after = changed(gateway, before)
    assert after.pop("civicrm_activity", (1, 1)) == (1, 1)  # modified_date
    assert after == {"civicrm_activity_contact": (2, 0)}
    assert people(gateway, gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Review'")) == {
        (203, 2),
        (203, 1),
    }


def test_a_cancelled_and_a_deleted_meeting(gateway: Served, anna: User, before: Snapshot) -> None:
    text = anna.get("meetings", "m1.ics").replace("SUMMARY:", "STATUS:CANCELLED\r\nSUMMARY:").encode()
    anna.put("meetings", "m1.ics", text)
    holds(gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Review'"), status_id=3)
    anna.delete("meetings", "m1.ics")
    assert changed(gateway, before) == {"civicrm_activity": (1, 1)}
    holds(gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Review'"), is_deleted=1)


def test_whole_days_are_midnights_of_the_site(gateway: Served, anna: User) -> None:
    days = ("UID:d1", "SUMMARY:Fair", "DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330")
    anna.put("meetings", "d1.ics", calendar("VEVENT", *days))
    fair = gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Fair'")
    # The second of these days has 23 hours.
    holds(fair, activity_date_time="2026-03-28 00:00:00", duration=47 * 60)
    lines(anna.get("meetings", "d1.ics"), "DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330")


def test_a_call_is_made_and_has_its_target(gateway: Served, bob: User, before: Snapshot) -> None:
    call = ("UID:k1", "SUMMARY:Ring Erika", "DTSTART:20260511T070000Z", "DTEND:20260511T071000Z",
            "ATTENDEE:mailto:erika.mustermann@nordwind.example")  # fmt: skip
    bob.put("calls", "k1.ics", calendar("VEVENT", *call))
    assert changed(gateway, before) == {"civicrm_activity": (0, 1), "civicrm_activity_contact": (0, 2)}
    row = gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Ring Erika'")
    holds(row, activity_type_id=2, activity_date_time="2026-05-11 09:00:00", duration=10, status_id=1)
    assert people(gateway, row) == {(204, 2), (207, 3)}


def test_a_task_is_a_follow_up_of_his_who_makes_it(gateway: Served, anna: User, before: Snapshot) -> None:
    task = ("UID:t1", "SUMMARY:Call back", "DUE;VALUE=DATE:20260512", "PRIORITY:2", "DESCRIPTION:Soon")
    anna.put("tasks", "t1.ics", calendar("VTODO", *task))
    assert changed(gateway, before) == {"civicrm_activity": (0, 1), "civicrm_activity_contact": (0, 2)}
    row = gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Call back'")
    holds(row, activity_type_id=14, activity_date_time="2026-05-12 00:00:00", status_id=1, priority_id=1, duration=None)
    assert "Soon" in str(row["details"])
    assert people(gateway, row) == {(203, 1), (203, 2)}
    assert "DUE;VALUE=DATE:20260512" in anna.get("tasks", "t1.ics")
    anna.put("tasks", "t1.ics", calendar("VTODO", *task, "STATUS:COMPLETED"))
    holds(gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Call back'"), status_id=2, priority_id=1)
    anna.delete("tasks", "t1.ics")
    after = changed(gateway, before)
    assert after == {"civicrm_activity": (0, 1), "civicrm_activity_contact": (0, 2)}
    holds(gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Call back'"), is_deleted=1)


def test_a_sent_message_is_an_activity_with_source_and_targets(
    gateway: Served, anna: User, bob: User, before: Snapshot
) -> None:
    raw = message(
        "Message-ID: <new@crm.example>", "From: Anna Schmidt <anna@crm.example>", "To: Erika@Privat.example, neu@else.example",
        "Cc: bob@crm.example", "Subject: News", "Date: Mon, 11 May 2026 07:45:00 +0000", "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8", "", "Hello <Erika>",
    )  # fmt: skip
    uid = anna.append("Sent", raw, r"(\Seen)")
    assert changed(gateway, before) == {"civicrm_activity": (0, 1), "civicrm_activity_contact": (0, 3)}
    row = gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'News'")
    holds(
        row,
        activity_type_id=3,
        activity_date_time="2026-05-11 09:45:00",
        status_id=2,
        priority_id=2,
        is_deleted=0,
        is_current_revision=1,
    )
    assert "Hello &lt;Erika&gt;" in str(row["details"])
    assert people(gateway, row) == {(203, 2), (207, 3), (204, 3)}
    assert [one.raw for one in anna.messages("Sent") if one.uid == uid] == [raw]
    assert [one.raw for one in bob.messages("INBOX")] == [raw]


def test_a_message_that_came_in_is_an_inbound_email(gateway: Served, anna: User, before: Snapshot) -> None:
    raw = message(
        "Message-ID: <in@nordwind.example>", "From: Erika <erika.mustermann@nordwind.example>", "To: anna@crm.example",
        "Subject: Thanks", "Date: Tue, 12 May 2026 07:45:00 +0000", "MIME-Version: 1.0",
        "Content-Type: text/html; charset=utf-8", "", "<p>Thanks</p>",
    )  # fmt: skip
    anna.append("INBOX", raw)
    assert changed(gateway, before) == {"civicrm_activity": (0, 1), "civicrm_activity_contact": (0, 2)}
    row = gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Thanks'")
    holds(row, activity_type_id=12, activity_date_time="2026-05-12 09:45:00")
    assert str(row["details"]).strip() == "<p>Thanks</p>"
    assert people(gateway, row) == {(207, 2), (203, 3)}


def test_a_message_of_a_stranger_is_the_users_own(gateway: Served, anna: User) -> None:
    raw = message("Message-ID: <who@else.example>", "From: who@else.example", "To: anna@crm.example", "Subject: Spam?",
                  "Date: Tue, 12 May 2026 08:45:00 +0000", "", "Hi")  # fmt: skip
    anna.append("INBOX", raw)
    row = gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'Spam?'")
    assert people(gateway, row) == {(203, 2), (203, 3)}
    assert one_of([one.text for one in anna.messages("INBOX")], "Spam?") == raw.decode()


def test_files_of_a_message_get_rows_and_bytes(gateway: Served, anna: User, before: Snapshot) -> None:
    raw = message(
        "Message-ID: <file@crm.example>", "From: anna@crm.example", "To: erika.mustermann@nordwind.example",
        "Subject: With file", "Date: Mon, 11 May 2026 09:45:00 +0000", "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/plain", "", "See file", "--b",
        "Content-Type: text/csv", 'Content-Disposition: attachment; filename="Numbers.csv"', "", "1;2", "--b--",
    )  # fmt: skip
    uid = anna.append("Sent", raw)
    assert changed(gateway, before) == {
        "civicrm_activity": (0, 1),
        "civicrm_activity_contact": (0, 2),
        "civicrm_file": (0, 1),
        "civicrm_entity_file": (0, 1),
    }
    row = gateway.row("SELECT * FROM civicrm_activity WHERE subject = 'With file'")
    link = gateway.row("SELECT * FROM civicrm_entity_file WHERE entity_id = :key", key=row["id"])
    file = gateway.row("SELECT * FROM civicrm_file WHERE id = :key", key=link["file_id"])
    holds(link, entity_table="civicrm_activity")
    holds(file, mime_type="text/csv", description="Numbers.csv", created_id=203)
    assert re.fullmatch(r"Numbers_[0-9a-f]{32}\.csv", str(file["uri"]))
    root = gateway.opened.crm.files.root
    assert root is not None
    assert (root / str(file["uri"])).read_bytes().strip() == b"1;2"
    assert [one.raw for one in anna.messages("Sent") if one.uid == uid] == [raw]
