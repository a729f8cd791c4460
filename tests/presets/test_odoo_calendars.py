"""Meetings, tasks and opportunities that a program writes: the rows Odoo makes itself, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.presets.documents import calendar, lines
from tests.presets.dumps import Snapshot
from tests.presets.odoo import ANNA, changed, holds
from tests.presets.served import Served, User, served


@pytest.fixture(scope="module")
def gateway(odoo: Opened) -> Iterator[Served]:
    with served(odoo) as one:
        yield one


def test_an_opportunity_is_won_and_made(odoo: Opened, gateway: Served, anna: User, before: Snapshot) -> None:
    (href,) = anna.documents("opportunities")
    text = (
        anna.get("opportunities", href).replace("STATUS:IN-PROCESS", "STATUS:COMPLETED").replace("20260331", "20260430")
    )
    anna.put("opportunities", href, text.encode())
    assert changed(odoo, before) == {"crm_lead": (1, 1)}
    won = gateway.row("SELECT * FROM crm_lead WHERE id = 2")
    holds(
        won,
        stage_id=4,
        probability=100.0,
        date_deadline="2026-04-30",
        description="<p>First phase</p>",
        name="Nordwind – Q1 roll-out",
    )
    assert won["date_closed"] is not None
    anna.put("opportunities", "o1.ics", calendar("VTODO", "UID:o1", "SUMMARY:New business", "DUE;VALUE=DATE:20261231"))
    holds(
        gateway.row("SELECT * FROM crm_lead WHERE name = 'New business'"),
        type="opportunity", stage_id=1, team_id=1, company_id=1, user_id=ANNA, date_deadline="2026-12-31",
    )  # fmt: skip


MEETING = (
    "UID:m1",
    "SUMMARY:Review",
    "DTSTART:20260511T070000Z",
    "DTEND:20260511T081500Z",
    "LOCATION:Raum 1",
    "DESCRIPTION:One\\nTwo",
    "CLASS:PRIVATE",
    "ORGANIZER:mailto:anna@crm.example",
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@crm.example",
    "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:bob@crm.example",
    "ATTENDEE;PARTSTAT=TENTATIVE:mailto:Erika.Mustermann@nordwind.example",
    "ATTENDEE:mailto:nobody@else.example",
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "DESCRIPTION:Reminder",
    "TRIGGER:-PT30M",
    "END:VALARM",
)


def test_a_new_meeting_has_its_attendees_twice(
    odoo: Opened, gateway: Served, anna: User, bob: User, before: Snapshot
) -> None:
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING))
    assert changed(odoo, before) == {
        "calendar_event": (0, 1),
        "calendar_attendee": (0, 3),
        "calendar_event_res_partner_rel": (0, 3),
        "calendar_alarm_calendar_event_rel": (0, 1),
    }
    event = gateway.row("SELECT * FROM calendar_event WHERE name = 'Review'")
    holds(
        event,
        start="2026-05-11 07:00:00",
        stop="2026-05-11 08:15:00",
        allday=0,
        start_date=None,
        stop_date=None,
        duration=1.25,
        location="Raum 1",
        description="<p>One<br>Two</p>",
        privacy="private",
        show_as="busy",
        user_id=ANNA,
        active=1,
        follow_recurrence=0,
        recurrency=None,
        create_uid=ANNA,
        write_uid=ANNA,
    )
    people = gateway.rows(
        "SELECT * FROM calendar_attendee WHERE event_id = :event ORDER BY partner_id", event=event["id"]
    )
    assert [(row["partner_id"], row["state"], row["common_name"]) for row in people] == [
        (7, "accepted", "Anna Schmidt"), (8, "needsAction", "Bob Miller"), (12, "tentative", "Erika Mustermann"),
    ]  # fmt: skip
    assert all(
        len(str(row["access_token"])) == 32 and row["create_uid"] == ANNA and row["create_date"] for row in people
    )
    linked = gateway.rows(
        "SELECT res_partner_id AS id FROM calendar_event_res_partner_rel WHERE calendar_event_id = :event",
        event=event["id"],
    )
    assert {row["id"] for row in linked} == {7, 8, 12}
    held = anna.get("meetings", "m1.ics")
    # Whom Odoo does not know the document keeps.
    lines(held, "ATTENDEE:mailto:nobody@else.example", "CLASS:PRIVATE", "TRIGGER:-PT30M")
    assert any("SUMMARY:Review" in text for text in bob.documents("meetings").values())


def test_a_changed_meeting_keeps_the_rows_of_who_stays(
    odoo: Opened, gateway: Served, anna: User, bob: User, before: Snapshot
) -> None:
    token = "SELECT access_token FROM calendar_attendee WHERE partner_id = 8 AND event_id = (SELECT id FROM calendar_event WHERE name = 'Review')"
    held = gateway.row(token)
    text = "\n".join(MEETING).replace("NEEDS-ACTION:mailto:bob", "DECLINED:mailto:bob").replace("T070000Z", "T060000Z")
    text = text.replace(
        "ATTENDEE;PARTSTAT=TENTATIVE:mailto:Erika.Mustermann@nordwind.example", "ATTENDEE:mailto:jl.obrien@example.org"
    )
    anna.put("meetings", "m1.ics", calendar("VEVENT", *text.split("\n")))
    assert changed(odoo, before) == {
        "calendar_event": (1, 1),
        "calendar_attendee": (2, 2),
        "calendar_event_res_partner_rel": (1, 1),
    }
    assert gateway.row(token) == held
    holds(gateway.row("SELECT * FROM calendar_event WHERE name = 'Review'"), start="2026-05-11 06:00:00", duration=2.25)


def test_whole_days_stand_from_eight_to_six(odoo: Opened, gateway: Served, anna: User, before: Snapshot) -> None:
    fair = ("UID:m2", "SUMMARY:Fair", "DTSTART;VALUE=DATE:20260601", "DTEND;VALUE=DATE:20260604", "TRANSP:TRANSPARENT")
    anna.put("meetings", "m2.ics", calendar("VEVENT", *fair))
    # Odoo gives the organiser a row also where nobody else comes.
    assert changed(odoo, before) == {
        "calendar_event": (0, 1), "calendar_attendee": (0, 1), "calendar_event_res_partner_rel": (0, 1),
    }  # fmt: skip
    holds(
        gateway.row("SELECT * FROM calendar_event WHERE name = 'Fair'"),
        allday=1,
        start="2026-06-01 08:00:00",
        stop="2026-06-03 18:00:00",
        start_date="2026-06-01",
        stop_date="2026-06-03",
        duration=58.0,
        show_as="free",
        privacy=None,
    )
    lines(anna.get("meetings", "m2.ics"), "DTSTART;VALUE=DATE:20260601", "DTEND;VALUE=DATE:20260604")
    assert "ATTENDEE" not in anna.get("meetings", "m2.ics")


def test_a_deleted_meeting_is_archived(odoo: Opened, gateway: Served, anna: User, bob: User, before: Snapshot) -> None:
    anna.delete("meetings", "m1.ics")
    assert changed(odoo, before) == {"calendar_event": (1, 1)}
    assert gateway.row("SELECT active FROM calendar_event WHERE name = 'Review'") == {"active": 0}
    assert not any("SUMMARY:Review" in text for text in bob.documents("meetings").values())


def test_a_new_task_is_a_private_todo(odoo: Opened, gateway: Served, anna: User, before: Snapshot) -> None:
    todo = (
        "UID:t1",
        "SUMMARY:Call back",
        "DUE:20260512T150000Z",
        "PRIORITY:1",
        "DESCRIPTION:Soon & sure",
        "STATUS:IN-PROCESS",
    )
    anna.put("tasks", "t1.ics", calendar("VTODO", *todo))
    assert changed(odoo, before) == {"project_task": (0, 1), "project_task_user_rel": (0, 1)}
    task = gateway.row("SELECT * FROM project_task WHERE name = 'Call back'")
    flowers = gateway.row("SELECT * FROM project_task WHERE name = 'Buy flowers'")
    holds(
        task,
        state="01_in_progress",
        priority="1",
        date_deadline="2026-05-12 15:00:00",
        description="<p>Soon &amp; sure</p>",
        create_uid=ANNA,
    )
    # Odoo's own to-do has the same columns empty.
    assert {name for name in task if (task[name] is None) != (flowers[name] is None)} == {"description"}
    assert {name: task[name] for name in ("project_id", "stage_id", "sequence", "active", "display_in_project")} == {
        name: flowers[name] for name in ("project_id", "stage_id", "sequence", "active", "display_in_project")
    }
    holds(
        gateway.row("SELECT * FROM project_task_user_rel WHERE task_id = :task", task=task["id"]),
        user_id=ANNA,
        stage_id=3,
    )
    assert "STATUS:IN-PROCESS" in anna.get("tasks", "t1.ics")
    anna.put("tasks", "t1.ics", calendar("VTODO", *todo[:-1], "STATUS:COMPLETED", "COMPLETED:20260512T140000Z"))
    holds(
        gateway.row("SELECT * FROM project_task WHERE name = 'Call back'"),
        state="1_done",
        date_end="2026-05-12 14:00:00",
    )
    anna.delete("tasks", "t1.ics")
    holds(gateway.row("SELECT * FROM project_task WHERE name = 'Call back'"), active=0)


def test_activities_are_not_written(odoo: Opened, anna: User, bob: User, before: Snapshot) -> None:
    (href,) = bob.documents("calls")
    bob.put("calls", href, bob.get("calls", href).replace("Call Erika", "Call Bob").encode(), expected=403)
    bob.put("calls", "a.ics", calendar("VTODO", "UID:a", "SUMMARY:Mine"), expected=403)
    assert changed(odoo, before) == {}
