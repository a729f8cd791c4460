"""What clients write becomes the rows vtiger 8 and berliCRM make themselves, and nothing else of theirs changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from tests.presets.documents import calendar, card, lines, message
from tests.presets.dumps import Snapshot
from tests.presets.served import Row
from tests.presets.vtiger import PRODUCTS, Vtiger, behind_its_preset

RECORD = {"vtiger_crmentity": (0, 1), "vtiger_crmentity_seq": (1, 1)}
"""What every new record changes."""


@pytest.fixture(scope="module", params=PRODUCTS)
def crm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vtiger]:
    server = request.getfixturevalue("mariadb_server")
    with behind_its_preset(request.param, server, tmp_path_factory.mktemp("mapping")) as one:
        yield one


@pytest.fixture
def before(crm: Vtiger) -> Snapshot:
    return crm.tables()


def holds(row: Row, **wanted: object) -> None:
    assert {name: row[name] for name in wanted} == wanted


def entity(crm: Vtiger, key: int, **wanted: object) -> Row:
    """The record's own row, which is alike for all kinds."""
    row = crm.row("SELECT * FROM vtiger_crmentity WHERE crmid = :key", key=key)
    new = {"source": "GATEWAY", "smgroupid": 0} if crm.is_new else {}
    holds(row, presence=1, version=0, viewedtime=None, **new, **wanted)
    return row


def only(crm: Vtiger, table: str, key: str, value: int) -> Row:
    """The one row a table has for a record."""
    return crm.row(f"SELECT * FROM {table} WHERE {key} = :value", value=value)


# --- contacts ------------------------------------------------------------------------------------------------------

ADA = (
    "UID:ada",
    "FN:Dr. Ada Neu",
    "N:Neu;Ada;;Dr.;",
    "ORG:nordwind gmbh;Sales",
    "TITLE:CTO",
    "EMAIL:ada@neu.example",
    "EMAIL:Ada@privat.example",
    "TEL;TYPE=WORK:+49 30 1234-5",
    "TEL;TYPE=CELL:+49 171 999",
    "TEL;TYPE=FAX:+49 30 1234-6",
    "ADR;TYPE=WORK:;;Am Weg 1;Berlin;BE;10115;Germany",
    "BDAY:1990-02-03",
    "NOTE:Grüße",
    "X-SEGMENT:A-Kunde",
)


def test_a_new_contact_has_a_row_in_every_table_of_its_module(crm: Vtiger, before: Snapshot) -> None:
    number = crm.row("SELECT cur_id FROM vtiger_modentity_num WHERE semodule = 'Contacts'")["cur_id"]
    crm.anna.put("my-contacts", "ada.vcf", card(*ADA))
    looked_up = {"vtiger_emailslookup": (0, 2), "vtiger_pbxmanager_phonelookup": (0, 3)}
    assert crm.changed(before) == RECORD | (looked_up if crm.is_new else {}) | {
        "vtiger_contactaddress": (0, 1),
        "vtiger_contactdetails": (0, 1),
        "vtiger_contactscf": (0, 1),
        "vtiger_contactsubdetails": (0, 1),
        "vtiger_customerdetails": (0, 1),
        "vtiger_modentity_num": (1, 1),
    }
    key = crm.last()
    assert str(max(int(row[0]) for row in before["vtiger_crmentity"]) + 1) == str(key)
    row = entity(
        crm, key, setype="Contacts", smcreatorid=5, smownerid=5, modifiedby=5, deleted=0, description="Grüße",
        label="Ada Neu",
    )  # fmt: skip
    assert row["createdtime"] == row["modifiedtime"]
    created = dt.datetime.fromisoformat(str(row["createdtime"])).replace(tzinfo=dt.UTC)
    assert abs(dt.datetime.now(dt.UTC) - created) < dt.timedelta(minutes=1)
    holds(
        only(crm, "vtiger_contactdetails", "contactid", key),
        contact_no=f"CON{number}",
        accountid=2,
        salutation="Dr." if crm.is_new else None,
        firstname="Ada",
        lastname="Neu",
        email="ada@neu.example",
        secondaryemail="Ada@privat.example",
        phone="+49 30 1234-5",
        mobile="+49 171 999",
        fax="+49 30 1234-6",
        title="CTO",
        department="Sales",
        reportsto="0",
        donotcall="0",
        emailoptout="0",
    )
    holds(
        only(crm, "vtiger_contactsubdetails", "contactsubscriptionid", key),
        birthday="1990-02-03",
        homephone=None,
        otherphone=None,
        laststayintouchrequest=0,
    )
    holds(
        only(crm, "vtiger_contactaddress", "contactaddressid", key),
        mailingstreet="Am Weg 1",
        mailingzip="10115",
        mailingcity="Berlin",
        mailingstate="BE",
        mailingcountry="Germany",
        otherstreet=None,
        othercity=None,
    )
    holds(only(crm, "vtiger_contactscf", "contactid", key), cf_852=None, cf_854="A-Kunde")
    holds(only(crm, "vtiger_customerdetails", "customerid", key), portal="0", support_start_date=None)
    if crm.is_new:
        found = crm.rows("SELECT setype, value, fieldid FROM vtiger_emailslookup WHERE crmid = :key", key=key)
        assert {tuple(one.values()) for one in found} == {
            ("Contacts", "ada@neu.example", 80),
            ("Contacts", "Ada@privat.example", 83),
        }
        found = crm.rows("SELECT setype, fnumber, rnumber, fieldname FROM vtiger_pbxmanager_phonelookup "
                         "WHERE crmid = :key", key=key)  # fmt: skip
        assert {tuple(one.values()) for one in found} == {
            ("Contacts", "493012345", "543210394", "phone"),
            ("Contacts", "49171999", "99917194", "mobile"),
            ("Contacts", "493012346", "643210394", "fax"),
        }


def test_a_contact_put_back_as_it_is_served_changes_nothing(crm: Vtiger, before: Snapshot) -> None:
    crm.anna.put("my-contacts", "ada.vcf", crm.anna.get("my-contacts", "ada.vcf").encode())
    assert crm.changed(before) == {}


def test_a_colleagues_change_touches_the_tables_it_is_about(crm: Vtiger, before: Snapshot) -> None:
    key = crm.last()
    (href,) = [href for href, text in crm.bob.documents("all-contacts").items() if "Ada" in text]
    changed = card(*ADA).decode().replace("Ada@privat.example", "ada@home.example").replace("Berlin", "Kiel")
    changed = changed.replace("TEL;TYPE=FAX:+49 30 1234-6\r\n", "").replace("N:Neu;", "N:Neumann;")
    crm.bob.put("all-contacts", href, changed.encode())
    looked_up = {"vtiger_emailslookup": (1, 1), "vtiger_pbxmanager_phonelookup": (1, 0)}
    assert crm.changed(before) == (looked_up if crm.is_new else {}) | {
        "vtiger_contactaddress": (1, 1),
        "vtiger_contactdetails": (1, 1),
        "vtiger_crmentity": (1, 1),
    }
    entity(crm, key, smownerid=5, smcreatorid=5, modifiedby=6, label="Ada Neumann")
    holds(only(crm, "vtiger_contactdetails", "contactid", key), secondaryemail="ada@home.example", fax=None)
    assert "EMAIL:ada@home.example" in crm.anna.get("my-contacts", "ada.vcf")


def test_a_deleted_contact_is_marked_and_looked_up_no_more(crm: Vtiger, before: Snapshot) -> None:
    crm.anna.delete("my-contacts", "ada.vcf")
    looked_up = {"vtiger_emailslookup": (2, 0), "vtiger_pbxmanager_phonelookup": (2, 0)}
    assert crm.changed(before) == {"vtiger_crmentity": (1, 1)} | (looked_up if crm.is_new else {})
    entity(crm, crm.last(), deleted=1, modifiedby=5)


def test_a_company_nobody_knows_is_made_with_all_its_tables(crm: Vtiger, before: Snapshot) -> None:
    crm.bob.put("my-contacts", "bo.vcf", card("UID:bo", "FN:Bo Neu", "N:Neu;Bo;;;", "ORG:Neue Firma & Co"))
    accounts = {f"vtiger_account{name}": (0, 1) for name in ("", "billads", "shipads", "scf")}
    contacts = {f"vtiger_contact{name}": (0, 1) for name in ("address", "details", "scf", "subdetails")}
    assert crm.changed(before) == accounts | contacts | {
        "vtiger_crmentity": (0, 2),
        "vtiger_crmentity_seq": (1, 1),
        "vtiger_customerdetails": (0, 1),
        "vtiger_modentity_num": (2, 2),
    }
    account = crm.row("SELECT * FROM vtiger_account WHERE accountname = 'Neue Firma & Co'")
    assert str(account["account_no"]).startswith("ACC")
    contact = crm.row("SELECT * FROM vtiger_contactdetails WHERE firstname = 'Bo'")
    assert contact["accountid"] == account["accountid"]
    assert isinstance(account["accountid"], int)
    entity(crm, account["accountid"], setype="Accounts", label="Neue Firma & Co", smownerid=6)


def test_an_account_is_billed_at_one_place_and_supplied_at_another(crm: Vtiger, before: Snapshot) -> None:
    firm = (
        "UID:f", "FN:Werft AG", "ORG:Werft AG", "X-ABShowAs:COMPANY", "N:;;;;", "EMAIL:a@werft.example",
        "EMAIL:b@werft.example", "TEL;TYPE=WORK:+49 431 1", "URL:https://werft.example",
        "ADR;TYPE=WORK:;;Kai 1;Kiel;;24103;Germany", "ADR:;;Kai 2;Kiel;;24104;Germany",
    )  # fmt: skip
    crm.anna.put("accounts", "f.vcf", card(*firm))
    key = crm.last()
    holds(
        only(crm, "vtiger_account", "accountid", key),
        accountname="Werft AG",
        email1="a@werft.example",
        email2="b@werft.example",
        phone="+49 431 1",
        website="https://werft.example",
        parentid=0,
        emailoptout="0",
    )
    holds(only(crm, "vtiger_accountbillads", "accountaddressid", key), bill_street="Kai 1", bill_code="24103")
    holds(only(crm, "vtiger_accountshipads", "accountaddressid", key), ship_street="Kai 2", ship_code="24104")
    crm.anna.delete("accounts", "f.vcf")
    entity(crm, key, setype="Accounts", deleted=1, label="Werft AG")


def test_a_new_lead_has_its_five_tables(crm: Vtiger, before: Snapshot) -> None:
    crm.anna.put("leads", "l.vcf", card("UID:l", "FN:Lea Neu", "N:Neu;Lea;;;", "TEL;TYPE=CELL:+49 171 1"))
    looked_up = {"vtiger_pbxmanager_phonelookup": (0, 1)} if crm.is_new else {}
    assert crm.changed(before) == RECORD | looked_up | {
        "vtiger_leadaddress": (0, 1),
        "vtiger_leaddetails": (0, 1),
        "vtiger_leadscf": (0, 1),
        "vtiger_leadsubdetails": (0, 1),
        "vtiger_modentity_num": (1, 1),
    }
    key = crm.last()
    entity(crm, key, setype="Leads", label="Lea Neu")
    holds(only(crm, "vtiger_leaddetails", "leadid", key), company="", designation="", converted=0, lastname="Neu")
    holds(only(crm, "vtiger_leadaddress", "leadaddressid", key), mobile="+49 171 1", leadaddresstype="Billing")


# --- meetings, calls, tasks ----------------------------------------------------------------------------------------

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


def people(crm: Vtiger, key: int) -> dict[str, set[object]]:
    """Who takes part, by table."""
    return {
        table: {row["who"] for row in crm.rows(f"SELECT {column} who FROM {table} WHERE activityid = :key", key=key)}
        for table, column in (
            ("vtiger_invitees", "inviteeid"),
            ("vtiger_cntactivityrel", "contactid"),
            ("vtiger_salesmanactivityrel", "smid"),
        )
    }


def test_a_new_meeting_has_its_people_in_three_tables(crm: Vtiger, before: Snapshot) -> None:
    crm.anna.put("meetings", "r.ics", calendar("VEVENT", *REVIEW))
    assert crm.changed(before) == RECORD | {
        "vtiger_activity": (0, 1),
        "vtiger_activity_reminder": (0, 1),
        "vtiger_activity_reminder_popup": (0, 1),
        "vtiger_activitycf": (0, 1),
        "vtiger_cntactivityrel": (0, 1),
        "vtiger_invitees": (0, 1),
        "vtiger_salesmanactivityrel": (0, 2),
    }
    key = crm.last()
    entity(crm, key, setype="Calendar", smownerid=5, label="Review", description="Numbers", deleted=0)
    holds(
        only(crm, "vtiger_activity", "activityid", key),
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
    assert people(crm, key) == {
        "vtiger_invitees": {6}, "vtiger_cntactivityrel": {4}, "vtiger_salesmanactivityrel": {5, 6},
    }  # fmt: skip
    if crm.is_new:
        holds(only(crm, "vtiger_invitees", "activityid", key), status="accepted")
    holds(only(crm, "vtiger_activity_reminder", "activity_id", key), reminder_time=20, reminder_sent=0, recurringid=0)
    holds(
        only(crm, "vtiger_activity_reminder_popup", "recordid", key),
        semodule="Events",
        date_start="2026-05-11",
        time_start="07:00:00",
        status=0,
    )
    text = crm.anna.get("meetings", "r.ics")
    lines(text, "ATTENDEE:mailto:stranger@else.example", "DTSTART;TZID=Europe/Berlin:20260511T090000")
    assert "mailto:erika.mustermann@nordwind.example" in text  # the same person by her first address
    assert any("SUMMARY:Review" in one for one in crm.bob.documents("meetings").values())


def test_a_meeting_put_back_as_it_is_served_changes_nothing(crm: Vtiger, before: Snapshot) -> None:
    crm.anna.put("meetings", "r.ics", crm.anna.get("meetings", "r.ics").encode())
    assert crm.changed(before) == {}


def test_a_meeting_that_is_moved_and_one_guest_less(crm: Vtiger, before: Snapshot) -> None:
    key = crm.last()
    changed = [one.replace("20260511T103000", "20260512T110000") for one in REVIEW if "BOB" not in one]
    crm.anna.put("meetings", "r.ics", calendar("VEVENT", *changed, "CLASS:PRIVATE", "STATUS:CANCELLED"))
    found = crm.changed(before)
    found.pop("vtiger_crmentity", None)  # the second may be the same
    assert found == {"vtiger_activity": (1, 1), "vtiger_invitees": (1, 0), "vtiger_salesmanactivityrel": (1, 0)}
    holds(
        only(crm, "vtiger_activity", "activityid", key),
        due_date="2026-05-12",
        time_end="09:00:00",
        duration_hours="26",
        duration_minutes="0",
        visibility="Private",
        eventstatus="Not Held",
    )
    assert people(crm, key)["vtiger_salesmanactivityrel"] == {5}
    assert not any("SUMMARY:Review" in one for one in crm.bob.documents("meetings").values())


def test_a_deleted_meeting_is_marked(crm: Vtiger, before: Snapshot) -> None:
    crm.anna.delete("meetings", "r.ics")
    assert crm.changed(before) == {"vtiger_crmentity": (1, 1)}
    entity(crm, crm.last(), deleted=1)


def test_whole_days_are_midnights_where_the_company_is(crm: Vtiger) -> None:
    days = ("UID:d", "SUMMARY:Fair", "DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330")
    crm.anna.put("meetings", "d.ics", calendar("VEVENT", *days))
    key = crm.last()
    holds(
        only(crm, "vtiger_activity", "activityid", key),
        date_start="2026-03-27",
        time_start="23:00:00",
        due_date="2026-03-29",
        time_end="22:00:00",
        duration_hours="47",
    )
    crm.sql("UPDATE vtiger_activity SET subject = 'Spring fair' WHERE activityid = :key", key=key)
    lines(crm.anna.get("meetings", "d.ics"), "DTSTART;VALUE=DATE:20260328", "SUMMARY:Spring fair")
    crm.anna.delete("meetings", "d.ics")


def test_a_clients_series_repeats_by_the_clock_of_its_zone_although_the_crm_moves_it(crm: Vtiger) -> None:
    series = ("UID:w", "SUMMARY:Weekly", "DTSTART;TZID=Europe/Berlin:20260316T090000",
              "DTEND;TZID=Europe/Berlin:20260316T100000", "RRULE:FREQ=WEEKLY;COUNT=5")  # fmt: skip
    crm.anna.put("meetings", "w.ics", calendar("VEVENT", *series))
    lines(crm.anna.get("meetings", "w.ics"), *series)
    crm.sql("UPDATE vtiger_activity SET time_start = '08:30:00' WHERE activityid = :key", key=crm.last())
    lines(crm.anna.get("meetings", "w.ics"), "DTSTART;TZID=Europe/Berlin:20260316T093000", series[-1])
    crm.anna.delete("meetings", "w.ics")


def test_a_call_is_a_call(crm: Vtiger, before: Snapshot) -> None:
    call = ("UID:c", "SUMMARY:Call", "DTSTART:20260511T070000Z", "DTEND:20260511T071500Z")
    crm.bob.put("calls", "c.ics", calendar("VEVENT", *call))
    assert crm.changed(before) == RECORD | {
        "vtiger_activity": (0, 1),
        "vtiger_activity_reminder_popup": (0, 1),
        "vtiger_activitycf": (0, 1),
        "vtiger_salesmanactivityrel": (0, 1),
    }
    holds(only(crm, "vtiger_activity", "activityid", crm.last()), activitytype="Call", duration_minutes="15")
    assert people(crm, crm.last())["vtiger_salesmanactivityrel"] == {6}
    crm.bob.delete("calls", "c.ics")


def test_a_task_comes_is_done_and_goes(crm: Vtiger, before: Snapshot) -> None:
    task = ("UID:t", "SUMMARY:Call back", "DUE;VALUE=DATE:20260512", "PRIORITY:3", "DESCRIPTION:Soon")
    crm.anna.put("tasks", "t.ics", calendar("VTODO", *task))
    assert crm.changed(before) == RECORD | {
        "vtiger_activity": (0, 1),
        "vtiger_activity_reminder_popup": (0, 1),
        "vtiger_activitycf": (0, 1),
        "vtiger_salesmanactivityrel": (0, 1),
    }
    key = crm.last()
    entity(crm, key, setype="Calendar", label="Call back", description="Soon", smownerid=5)
    row = only(crm, "vtiger_activity", "activityid", key)
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
    holds(only(crm, "vtiger_activity_reminder_popup", "recordid", key), semodule="Calendar", date_start="2026-05-12")
    after = crm.tables()
    crm.anna.put("tasks", "t.ics", calendar("VTODO", *task, "STATUS:COMPLETED", "COMPLETED:20260511T080000Z"))
    changed = crm.changed(after)
    changed.pop("vtiger_crmentity", None)
    assert changed == {"vtiger_activity": (1, 1)}
    holds(only(crm, "vtiger_activity", "activityid", key), status="Completed")
    lines(crm.anna.get("tasks", "t.ics"), "STATUS:COMPLETED", "COMPLETED:20260511T080000Z")
    crm.anna.delete("tasks", "t.ics")
    entity(crm, key, deleted=1)


def test_an_opportunity_is_made_and_won(crm: Vtiger, before: Snapshot) -> None:
    deal = ("UID:o", "SUMMARY:Big one", "DUE;VALUE=DATE:20261231", "X-CRM-AMOUNT:1200.5", "X-CRM-ACCOUNT:Nordwind GmbH")
    crm.anna.put("opportunities", "o.ics", calendar("VTODO", *deal))
    assert crm.changed(before) == RECORD | {
        "vtiger_modentity_num": (1, 1), "vtiger_potential": (0, 1), "vtiger_potentialscf": (0, 1),
    }  # fmt: skip
    key = crm.last()
    row = only(crm, "vtiger_potential", "potentialid", key)
    holds(row, potentialname="Big one", related_to=2, closingdate="2026-12-31", sales_stage="Prospecting")
    assert str(row["potential_no"]).startswith("POT")
    assert float(str(row["amount"])) == 1200.5
    entity(crm, key, setype="Potentials", label="Big one")
    crm.anna.put("opportunities", "o.ics", calendar("VTODO", *deal, "STATUS:COMPLETED"))
    holds(only(crm, "vtiger_potential", "potentialid", key), sales_stage="Closed Won")
    assert "o.ics" not in crm.anna.etags("opportunities")


# --- e-mail --------------------------------------------------------------------------------------------------------

NEWS = message(
    "Message-ID: <news@crm.example>", "From: Anna Schmidt <anna@crm.example>",
    "To: Erika Mustermann <erika@privat.example>, neu@else.example", "Cc: bob@crm.example, info@nordwind.example",
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
    "Date: Mon, 11 May 2026 07:45:10 +0200", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit", "", "Hello <you> & all", "",
)  # fmt: skip


def test_a_filed_message_is_tied_to_the_records_it_is_about(crm: Vtiger, before: Snapshot) -> None:
    uid = crm.anna.append("Sent", NEWS, r"(\Seen)")
    assert crm.changed(before) == RECORD | {
        "vtiger_activity": (0, 1), "vtiger_emaildetails": (0, 1), "vtiger_seactivityrel": (0, 2),
    }  # fmt: skip
    key = crm.last()
    row = entity(crm, key, setype="Emails", smownerid=5, smcreatorid=5, label="Grüße", deleted=0)
    assert "Hello &lt;you&gt; &amp; all" in str(row["description"])
    holds(
        only(crm, "vtiger_activity", "activityid", key),
        activitytype="Emails",
        subject="Grüße",
        semodule="",
        date_start="2026-05-11",
        time_start="05:45:10",
        due_date=None,
        time_end=None,
        visibility="all",
    )
    holds(
        only(crm, "vtiger_emaildetails", "emailid", key),
        from_email="anna@crm.example",
        to_email='["erika@privat.example", "neu@else.example"]',
        cc_email='["bob@crm.example", "info@nordwind.example"]',
        idlists="4@1|",
        email_flag="SENT",
        assigned_user_email="",
    )
    found = crm.rows("SELECT crmid FROM vtiger_seactivityrel WHERE activityid = :key", key=key)
    assert {one["crmid"] for one in found} == {2, 4}
    (mail,) = [one for one in crm.anna.messages("Sent") if one.uid == uid]
    assert mail.raw == NEWS
    assert r"\Seen" in mail.flags


def test_a_message_that_is_hidden_stays_in_the_crm(crm: Vtiger, before: Snapshot) -> None:
    (mail,) = [one for one in crm.anna.messages("Sent") if one.raw == NEWS]
    crm.anna.flag("Sent", mail.uid, r"+FLAGS (\Flagged)")
    crm.anna.move("Sent", mail.uid, "Archive")
    assert [one.raw for one in crm.anna.messages("Archive")] == [NEWS]
    assert crm.changed(before) == {}


def test_a_message_of_the_crm_is_taken_away_by_the_crm(crm: Vtiger) -> None:
    assert [one.subject for one in crm.anna.messages("INBOX")] == ["AW: Your offer 2026-001"]
    crm.sql("UPDATE vtiger_crmentity SET deleted = 1 WHERE crmid = 21")
    assert crm.anna.messages("INBOX") == []
    crm.sql("UPDATE vtiger_crmentity SET deleted = 0 WHERE crmid = 21")
    assert len(crm.anna.messages("INBOX")) == 1
