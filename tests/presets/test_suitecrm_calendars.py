"""Meetings, calls, tasks and deals that clients write become the rows SuiteCRM makes itself, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.crm import principal
from tests.presets.documents import calendar, lines
from tests.presets.dumps import Snapshot, snapshot
from tests.presets.served import Row, Served, User, served
from tests.presets.suitecrm import UUID, changed, grouped, holds, stamped


@pytest.fixture(scope="module")
def gateway(suite: Opened) -> Iterator[Served]:
    with served(suite) as one:
        yield one


@pytest.fixture
def anna_id(suite: Opened) -> str:
    return str(principal(suite, "anna").id)


MEETING = (
    "UID:m1",
    "SUMMARY:Review",
    "LOCATION:Raum 1",
    "DTSTART:20260511T070000Z",
    "DTEND:20260511T084500Z",
    "DESCRIPTION:Numbers",
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@crm.example",
    "ATTENDEE:mailto:BOB@crm.example",
    "ATTENDEE;PARTSTAT=TENTATIVE:mailto:erika@privat.example",
    "ATTENDEE;PARTSTAT=DECLINED:mailto:lara@prospect.example",
)
ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Reminder", "TRIGGER:-PT10M", "END:VALARM")


@pytest.fixture
def review(gateway: Served, anna: User) -> Row:
    """The meeting, whether or not this worker ran the test that makes it."""
    if not gateway.rows("SELECT id FROM meetings WHERE name = 'Review'"):
        anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING))
    return gateway.row("SELECT * FROM meetings WHERE name = 'Review'")


def test_a_new_meeting_has_its_people_in_three_tables(
    gateway: Served, anna: User, anna_id: str, before: Snapshot
) -> None:
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING))
    assert changed(gateway, before) == {
        "meetings": (0, 1),
        "meetings_contacts": (0, 1),
        "meetings_cstm": (0, 1),
        "meetings_leads": (0, 1),
        "meetings_users": (0, 2),
        "securitygroups_records": (0, 1),
    }
    meeting = gateway.row("SELECT * FROM meetings WHERE name = 'Review'")
    stamped(meeting, anna_id)
    holds(
        meeting,
        status="Planned",
        location="Raum 1",
        date_start="2026-05-11 07:00:00",
        date_end="2026-05-11 08:45:00",
        duration_hours=1,
        duration_minutes=45,
        description="Numbers",
        type="Sugar",
        reminder_time=-1,
        email_reminder_time=-1,
        email_reminder_sent=0,
        sequence=0,
        repeat_type=None,
        parent_type=None,
    )
    for table, column, of, expected in (
        ("meetings_users", "user_id", "users", {("accept", "Schmidt"), ("none", "Miller")}),
        ("meetings_contacts", "contact_id", "contacts", {("tentative", "Mustermann")}),
        ("meetings_leads", "lead_id", "leads", {("decline", "Lead")}),
    ):
        found = gateway.rows(f"SELECT p.*, w.last_name FROM {table} p JOIN {of} w ON w.id = p.{column} "
                             "WHERE p.meeting_id = :key", key=meeting["id"])  # fmt: skip
        assert {(row["accept_status"], row["last_name"]) for row in found} == expected
        for row in found:
            assert UUID.fullmatch(str(row["id"]))
            holds(row, required="1", deleted=0, date_modified=meeting["date_modified"])
    grouped(gateway, meeting["id"], "Meetings")


def test_a_moved_meeting_keeps_its_length_in_hours_and_minutes(
    gateway: Served, anna: User, review: Row, before: Snapshot
) -> None:
    later = [line.replace("T084500Z", "T073000Z") for line in MEETING]
    anna.put("meetings", "m1.ics", calendar("VEVENT", *later))
    assert changed(gateway, before) == {"meetings": (1, 1)}
    holds(gateway.row("SELECT * FROM meetings WHERE id = :key", key=review["id"]), date_end="2026-05-11 07:30:00",
          duration_hours=0, duration_minutes=30)  # fmt: skip
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING))


def test_an_attendee_who_goes_and_comes_back_is_one_row(
    gateway: Served, anna: User, review: Row, before: Snapshot
) -> None:
    anna.put("meetings", "m1.ics", calendar("VEVENT", *(line for line in MEETING if "BOB" not in line)))
    after = changed(gateway, before)
    assert after.pop("meetings", (1, 1)) == (1, 1)
    assert after == {"meetings_users": (1, 1)}
    assert gateway.user("bob").documents("meetings").keys().isdisjoint({"m1.ics"})
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING))
    assert snapshot(gateway.opened.database.engine)["meetings_users"] == before["meetings_users"]


def test_a_reminder_reaches_everybody_who_comes(gateway: Served, anna: User, review: Row, before: Snapshot) -> None:
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING, *ALARM))
    after = changed(gateway, before)
    assert after.pop("meetings", (1, 1)) == (1, 1)
    assert after == {"reminders": (0, 1), "reminders_invitees": (0, 4)}
    reminder = gateway.row("SELECT * FROM reminders WHERE related_event_module_id = :key", key=review["id"])
    holds(reminder, deleted=0, popup=1, email=0, timer_popup="600", related_event_module="Meetings", popup_viewed=0,
          date_willexecute=1778482200)  # fmt: skip
    invited = gateway.rows("SELECT related_invitee_module AS module FROM reminders_invitees WHERE reminder_id = :key",
                           key=reminder["id"])  # fmt: skip
    assert sorted(str(row["module"]) for row in invited) == ["Contacts", "Leads", "Users", "Users"]
    lines(anna.get("meetings", "m1.ics"), "TRIGGER:-PT10M")
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING))
    reminder = gateway.row("SELECT deleted FROM reminders WHERE related_event_module_id = :key", key=review["id"])
    assert reminder == {"deleted": 1}


def test_somebody_whom_the_crm_does_not_know_stays_invited(
    gateway: Served, anna: User, review: Row, before: Snapshot
) -> None:
    stranger = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:stranger@else.example"
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING, stranger))
    after = changed(gateway, before)
    assert after.pop("meetings", (1, 1)) == (1, 1)
    assert after == {}
    lines(anna.get("meetings", "m1.ics"), stranger, "ATTENDEE:mailto:BOB@crm.example")
    gateway.sql("UPDATE meetings_users SET accept_status = 'accept' WHERE meeting_id = :key", key=review["id"])
    lines(anna.get("meetings", "m1.ics"), stranger, "ATTENDEE;CN=Bob Miller;PARTSTAT=ACCEPTED:mailto:BOB@crm.example")
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING))


def test_whole_days_are_midnights_of_the_company(gateway: Served, anna: User) -> None:
    fair = ("UID:d1", "SUMMARY:Fair", "DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330")
    anna.put("meetings", "d1.ics", calendar("VEVENT", *fair))
    # The second of the two days is an hour shorter.
    holds(gateway.row("SELECT * FROM meetings WHERE name = 'Fair'"), date_start="2026-03-27 23:00:00",
          date_end="2026-03-29 22:00:00", duration_hours=47, duration_minutes=0)  # fmt: skip
    lines(anna.get("meetings", "d1.ics"), "DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330")


def test_a_deleted_meeting_is_marked_with_who_was_invited(
    gateway: Served, anna: User, review: Row, before: Snapshot
) -> None:
    anna.delete("meetings", "m1.ics")
    assert changed(gateway, before) == {
        "meetings": (1, 1),
        "meetings_contacts": (1, 1),
        "meetings_leads": (1, 1),
        "meetings_users": (2, 2),
        "securitygroups_records": (1, 1),
    }
    assert gateway.user("bob").documents("meetings").keys().isdisjoint({"m1.ics"})


def test_a_name_longer_than_its_column_is_refused(gateway: Served, anna: User, before: Snapshot) -> None:
    long = ("UID:m9", f"SUMMARY:{'x' * 51}", "DTSTART:20260511T070000Z", "DTEND:20260511T080000Z")
    anna.put("meetings", "m9.ics", calendar("VEVENT", *long), expected=403)
    assert changed(gateway, before) == {}


def test_a_call_goes_out(gateway: Served, anna: User, anna_id: str, before: Snapshot) -> None:
    call = ("UID:p1", "SUMMARY:Ring", "DTSTART:20260511T070000Z", "DTEND:20260511T071500Z",
            "ATTENDEE:mailto:jl.obrien@example.org")  # fmt: skip
    anna.put("calls", "p1.ics", calendar("VEVENT", *call))
    assert changed(gateway, before) == {
        "calls": (0, 1), "calls_contacts": (0, 1), "calls_users": (0, 1), "securitygroups_records": (0, 1),
    }  # fmt: skip
    row = gateway.row("SELECT * FROM calls WHERE name = 'Ring'")
    stamped(row, anna_id)
    holds(row, direction="Outbound", status="Planned", duration_hours=0, duration_minutes=15)
    grouped(gateway, row["id"], "Calls")


def test_a_task_is_due_and_done(gateway: Served, anna: User, anna_id: str, before: Snapshot) -> None:
    task = ("UID:t1", "SUMMARY:Call back", "DUE;VALUE=DATE:20260512", "PRIORITY:2")
    anna.put("tasks", "t1.ics", calendar("VTODO", *task))
    assert changed(gateway, before) == {"securitygroups_records": (0, 1), "tasks": (0, 1)}
    row = gateway.row("SELECT * FROM tasks WHERE name = 'Call back'")
    stamped(row, anna_id)
    holds(row, status="Not Started", priority="High", date_due="2026-05-11 22:00:00", date_due_flag=0, date_start=None)
    grouped(gateway, row["id"], "Tasks")
    between = snapshot(gateway.opened.database.engine)
    anna.put("tasks", "t1.ics", calendar("VTODO", *task, "STATUS:COMPLETED"))
    assert changed(gateway, between) == {"tasks": (1, 1)}
    holds(gateway.row("SELECT * FROM tasks WHERE name = 'Call back'"), status="Completed", priority="High",
          date_due="2026-05-11 22:00:00")  # fmt: skip
    # SuiteCRM has no word for a task that is called off: it is put off there, and stays called off for the client.
    anna.put("tasks", "t1.ics", calendar("VTODO", *task, "STATUS:CANCELLED"))
    holds(gateway.row("SELECT * FROM tasks WHERE name = 'Call back'"), status="Deferred")
    assert "STATUS:CANCELLED" in anna.get("tasks", "t1.ics")
    anna.delete("tasks", "t1.ics")
    holds(gateway.row("SELECT * FROM tasks WHERE name = 'Call back'"), deleted=1)


def test_an_opportunity_is_made_and_won(gateway: Served, anna: User, anna_id: str, before: Snapshot) -> None:
    deal = ("UID:o1", "SUMMARY:Deal", "DUE;VALUE=DATE:20260630", "PERCENT-COMPLETE:20", "X-CRM-AMOUNT:1200.5",
            "X-CRM-ACCOUNT:Nordwind GmbH")  # fmt: skip
    anna.put("opportunities", "o1.ics", calendar("VTODO", *deal))
    assert changed(gateway, before) == {
        "accounts_opportunities": (0, 1),
        "opportunities": (0, 1),
        "opportunities_cstm": (0, 1),
        "securitygroups_records": (0, 1),
    }
    row = gateway.row("SELECT * FROM opportunities WHERE name = 'Deal'")
    stamped(row, anna_id)
    holds(row, sales_stage="Prospecting", probability=20, amount=1200.5, date_closed="2026-06-30", currency_id="-99")
    anna.put("opportunities", "o1.ics", calendar("VTODO", *deal, "STATUS:COMPLETED"))
    holds(gateway.row("SELECT * FROM opportunities WHERE name = 'Deal'"), sales_stage="Closed Won")
    assert "o1.ics" not in anna.documents("opportunities")


def test_an_account_nobody_has_is_refused(gateway: Served, anna: User, before: Snapshot) -> None:
    deal = ("UID:o2", "SUMMARY:Deal 2", "DUE;VALUE=DATE:20260630", "X-CRM-ACCOUNT:Nobody")
    anna.put("opportunities", "o2.ics", calendar("VTODO", *deal), expected=403)
    assert changed(gateway, before) == {}
