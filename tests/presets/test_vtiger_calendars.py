"""Events and tasks that clients write become the rows vtiger 8 and berliCRM make themselves, and nothing else."""

from __future__ import annotations

import pytest

from tests.presets.documents import calendar, lines
from tests.presets.dumps import Snapshot
from tests.presets.vtiger import RECORD, Vtiger, entity, holds, key_of, only


@pytest.fixture
def before(vtiger: Vtiger) -> Snapshot:
    return vtiger.tables()


REVIEW = (
    "UID:r",
    "SUMMARY:Review",
    "DTSTART;TZID=Europe/Berlin:20260511T090000",
    "DTEND;TZID=Europe/Berlin:20260511T103000",
    "LOCATION:Raum 1",
    "DESCRIPTION:Numbers",
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@crm.example",
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:BOB@crm.example",
    "ATTENDEE;PARTSTAT=TENTATIVE:mailto:erika@privat.example",
    "ATTENDEE:mailto:stranger@else.example",
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "DESCRIPTION:x",
    "TRIGGER:-PT20M",
    "END:VALARM",
)


def people(vtiger: Vtiger, key: int) -> dict[str, set[object]]:
    """Who takes part, by table."""
    return {
        table: {row["who"] for row in vtiger.rows(f"SELECT {column} who FROM {table} WHERE activityid = :key", key=key)}
        for table, column in (
            ("vtiger_invitees", "inviteeid"),
            ("vtiger_cntactivityrel", "contactid"),
            ("vtiger_salesmanactivityrel", "smid"),
        )
    }


def test_a_new_meeting_has_its_people_in_three_tables(vtiger: Vtiger, before: Snapshot) -> None:
    vtiger.anna.put("meetings", "r.ics", calendar("VEVENT", *REVIEW))
    assert vtiger.changed(before) == RECORD | {
        "vtiger_activity": (0, 1),
        "vtiger_activity_reminder": (0, 1),
        "vtiger_activity_reminder_popup": (0, 1),
        "vtiger_activitycf": (0, 1),
        "vtiger_cntactivityrel": (0, 1),
        "vtiger_invitees": (0, 1),
        "vtiger_salesmanactivityrel": (0, 2),
    }
    key = vtiger.last()
    entity(vtiger, key, setype="Calendar", smownerid=5, label="Review", description="Numbers", deleted=0)
    holds(
        only(vtiger, "vtiger_activity", "activityid", key),
        subject="Review",
        activitytype="Meeting",
        date_start="2026-05-11",
        time_start="07:00:00",
        due_date="2026-05-11",
        time_end="08:30:00",
        duration_hours="1",
        duration_minutes="30",
        eventstatus="Planned",
        status=None,
        visibility="Public",
        location="Raum 1",
        sendnotification="0",
        notime="0",
        recurringtype=None,
    )
    assert people(vtiger, key) == {
        "vtiger_invitees": {6}, "vtiger_cntactivityrel": {4}, "vtiger_salesmanactivityrel": {5, 6},
    }  # fmt: skip
    if vtiger.is_new:
        holds(only(vtiger, "vtiger_invitees", "activityid", key), status="accepted")
    holds(
        only(vtiger, "vtiger_activity_reminder", "activity_id", key), reminder_time=20, reminder_sent=0, recurringid=0
    )
    holds(
        only(vtiger, "vtiger_activity_reminder_popup", "recordid", key),
        semodule="Events",
        date_start="2026-05-11",
        time_start="07:00:00",
        status=0,
    )
    text = vtiger.anna.get("meetings", "r.ics")
    lines(text, "ATTENDEE:mailto:stranger@else.example", "DTSTART;TZID=Europe/Berlin:20260511T090000")
    assert "mailto:erika@privat.example" in text
    assert any("SUMMARY:Review" in one for one in vtiger.bob.documents("meetings").values())


@pytest.fixture
def review(vtiger: Vtiger) -> int:
    """The meeting's key; it is there."""
    if "r.ics" not in vtiger.anna.etags("meetings"):
        vtiger.anna.put("meetings", "r.ics", calendar("VEVENT", *REVIEW))
    return key_of(vtiger, "activityid", "vtiger_activity", "subject = 'Review'")


def test_a_meeting_put_back_as_it_is_served_changes_nothing(vtiger: Vtiger, review: int, before: Snapshot) -> None:
    vtiger.anna.put("meetings", "r.ics", vtiger.anna.get("meetings", "r.ics").encode())
    assert vtiger.changed(before) == {}


def test_a_meeting_that_is_moved_and_one_guest_less(vtiger: Vtiger, review: int, before: Snapshot) -> None:
    changed = [one.replace("20260511T103000", "20260512T110000") for one in REVIEW if "BOB" not in one]
    vtiger.anna.put("meetings", "r.ics", calendar("VEVENT", *changed, "CLASS:PRIVATE", "STATUS:CANCELLED"))
    found = vtiger.changed(before)
    found.pop("vtiger_crmentity", None)  # the second may be the same
    assert found == {"vtiger_activity": (1, 1), "vtiger_invitees": (1, 0), "vtiger_salesmanactivityrel": (1, 0)}
    holds(
        only(vtiger, "vtiger_activity", "activityid", review),
        due_date="2026-05-12",
        time_end="09:00:00",
        duration_hours="26",
        duration_minutes="0",
        visibility="Private",
        eventstatus="Not Held",
    )
    assert people(vtiger, review)["vtiger_salesmanactivityrel"] == {5}
    assert not any("SUMMARY:Review" in one for one in vtiger.bob.documents("meetings").values())


def test_a_deleted_meeting_is_marked(vtiger: Vtiger, review: int, before: Snapshot) -> None:
    vtiger.anna.delete("meetings", "r.ics")
    assert vtiger.changed(before) == {"vtiger_crmentity": (1, 1)}
    entity(vtiger, review, deleted=1)


def test_whole_days_are_midnights_where_the_company_is(vtiger: Vtiger) -> None:
    days = ("UID:d", "SUMMARY:Fair", "DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330")
    vtiger.anna.put("meetings", "d.ics", calendar("VEVENT", *days))
    key = vtiger.last()
    holds(
        only(vtiger, "vtiger_activity", "activityid", key),
        date_start="2026-03-27",
        time_start="23:00:00",
        due_date="2026-03-29",
        time_end="22:00:00",
        duration_hours="47",
    )
    vtiger.sql("UPDATE vtiger_activity SET subject = 'Spring fair' WHERE activityid = :key", key=key)
    lines(vtiger.anna.get("meetings", "d.ics"), "DTSTART;VALUE=DATE:20260328", "SUMMARY:Spring fair")
    vtiger.anna.delete("meetings", "d.ics")


def test_a_clients_series_repeats_by_the_clock_of_its_zone_although_the_crm_moves_it(vtiger: Vtiger) -> None:
    series = ("UID:w", "SUMMARY:Weekly", "DTSTART;TZID=Europe/Berlin:20260316T090000",
              "DTEND;TZID=Europe/Berlin:20260316T100000", "RRULE:FREQ=WEEKLY;COUNT=5")  # fmt: skip
    vtiger.anna.put("meetings", "w.ics", calendar("VEVENT", *series))
    lines(vtiger.anna.get("meetings", "w.ics"), *series)
    vtiger.sql("UPDATE vtiger_activity SET time_start = '08:30:00' WHERE activityid = :key", key=vtiger.last())
    lines(vtiger.anna.get("meetings", "w.ics"), "DTSTART;TZID=Europe/Berlin:20260316T093000", series[-1])
    vtiger.anna.delete("meetings", "w.ics")


def test_a_call_is_a_call(vtiger: Vtiger, before: Snapshot) -> None:
    call = ("UID:c", "SUMMARY:Call", "DTSTART:20260511T070000Z", "DTEND:20260511T071500Z")
    vtiger.bob.put("calls", "c.ics", calendar("VEVENT", *call))
    assert vtiger.changed(before) == RECORD | {
        "vtiger_activity": (0, 1),
        "vtiger_activity_reminder_popup": (0, 1),
        "vtiger_activitycf": (0, 1),
        "vtiger_salesmanactivityrel": (0, 1),
    }
    holds(only(vtiger, "vtiger_activity", "activityid", vtiger.last()), activitytype="Call", duration_minutes="15")
    assert people(vtiger, vtiger.last())["vtiger_salesmanactivityrel"] == {6}
    vtiger.bob.delete("calls", "c.ics")


def test_a_task_comes_is_done_and_goes(vtiger: Vtiger, before: Snapshot) -> None:
    task = ("UID:t", "SUMMARY:Call back", "DUE;VALUE=DATE:20260512", "PRIORITY:3", "DESCRIPTION:Soon")
    vtiger.anna.put("tasks", "t.ics", calendar("VTODO", *task))
    assert vtiger.changed(before) == RECORD | {
        "vtiger_activity": (0, 1),
        "vtiger_activity_reminder_popup": (0, 1),
        "vtiger_activitycf": (0, 1),
        "vtiger_salesmanactivityrel": (0, 1),
    }
    key = vtiger.last()
    entity(vtiger, key, setype="Calendar", label="Call back", description="Soon", smownerid=5)
    row = only(vtiger, "vtiger_activity", "activityid", key)
    holds(
        row,
        activitytype="Task",
        subject="Call back",
        date_start="2026-05-12",
        due_date="2026-05-12",
        time_end="",
        status="Not Started",
        eventstatus=None,
        priority="High",
        visibility="Private",
    )
    assert row["time_start"] == "12:00:00"
    holds(only(vtiger, "vtiger_activity_reminder_popup", "recordid", key), semodule="Calendar", date_start="2026-05-12")
    after = vtiger.tables()
    vtiger.anna.put("tasks", "t.ics", calendar("VTODO", *task, "STATUS:COMPLETED", "COMPLETED:20260511T080000Z"))
    changed = vtiger.changed(after)
    changed.pop("vtiger_crmentity", None)
    assert changed == {"vtiger_activity": (1, 1)}
    holds(only(vtiger, "vtiger_activity", "activityid", key), status="Completed")
    lines(vtiger.anna.get("tasks", "t.ics"), "STATUS:COMPLETED", "COMPLETED:20260511T080000Z")
    vtiger.anna.delete("tasks", "t.ics")
    entity(vtiger, key, deleted=1)


def test_an_opportunity_is_made_and_won(vtiger: Vtiger, before: Snapshot) -> None:
    deal = ("UID:o", "SUMMARY:Big one", "DUE;VALUE=DATE:20261231", "X-CRM-AMOUNT:1200.5", "X-CRM-ACCOUNT:Nordwind GmbH")
    vtiger.anna.put("opportunities", "o.ics", calendar("VTODO", *deal))
    assert vtiger.changed(before) == RECORD | {
        "vtiger_modentity_num": (1, 1), "vtiger_potential": (0, 1), "vtiger_potentialscf": (0, 1),
    }  # fmt: skip
    key = vtiger.last()
    row = only(vtiger, "vtiger_potential", "potentialid", key)
    holds(row, potentialname="Big one", related_to=2, closingdate="2026-12-31", sales_stage="Prospecting")
    assert str(row["potential_no"]).startswith("POT")
    assert float(str(row["amount"])) == 1200.5
    entity(vtiger, key, setype="Potentials", label="Big one")
    vtiger.anna.put("opportunities", "o.ics", calendar("VTODO", *deal, "STATUS:COMPLETED"))
    holds(only(vtiger, "vtiger_potential", "potentialid", key), sales_stage="Closed Won")
    assert "o.ics" not in vtiger.anna.etags("opportunities")
