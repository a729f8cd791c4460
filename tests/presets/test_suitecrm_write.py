"""What a client writes by HTTP and IMAP becomes the rows SuiteCRM makes itself, and nothing else in its database changes."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.crm import principal
from tests.presets.documents import calendar, card, lines, message
from tests.presets.dumps import Snapshot, difference, snapshot
from tests.presets.served import Row, Served, User, served

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SALES = "682d8a4c-6e9e-ce1e-c19b-6992ce475034"


@pytest.fixture(scope="module")
def gateway(suite: Opened) -> Iterator[Served]:
    with served(suite) as one:
        yield one


@pytest.fixture
def anna(gateway: Served) -> User:
    return gateway.user("anna")


@pytest.fixture
def anna_id(suite: Opened) -> str:
    return str(principal(suite, "anna").id)


@pytest.fixture
def before(suite: Opened) -> Snapshot:
    """Every row before the test did anything."""
    return snapshot(suite.database.engine)


def changed(gateway: Served, before: Snapshot) -> dict[str, tuple[int, int]]:
    """By table, how many rows went and how many came."""
    return difference(before, snapshot(gateway.opened.database.engine))


def holds(row: Row, **wanted: object) -> None:
    assert {name: row[name] for name in wanted} == wanted


def stamped(row: Row, who: str) -> None:
    """What every new record of SuiteCRM has."""
    assert UUID.fullmatch(str(row["id"]))
    assert row["date_entered"] == row["date_modified"] is not None
    holds(row, deleted=0, created_by=who, modified_user_id=who, assigned_user_id=who)


def grouped(gateway: Served, key: object, module: str) -> None:
    """The record is the creator's group's."""
    group = gateway.row("SELECT * FROM securitygroups_records WHERE record_id = :key", key=key)
    assert UUID.fullmatch(str(group["id"]))
    assert group["date_modified"] is not None
    holds(group, securitygroup_id=SALES, module=module, deleted=0)


NEW_CARD = (
    "UID:c1",
    "FN:Dr. Ada Neu",
    "N:Neu;Ada;;Dr.;",
    "ORG:Neue Firma GmbH;Labor",
    "TITLE:CTO",
    "EMAIL:Ada@Neu.example",
    "EMAIL:ERIKA@privat.example",
    "TEL;TYPE=WORK:+49 30 1234-5",
    "TEL;TYPE=CELL:+49 171 999",
    "TEL;TYPE=FAX:+49 30 1234-6",
    "ADR;TYPE=WORK:;;Am Weg 1;Berlin;BE;10115;Germany",
    "BDAY:1990-02-03",
    "NOTE:Grüße",
    "X-CRM-CUSTOMER-NUMBER:KD-1",
)


@pytest.fixture
def neu(gateway: Served, anna: User) -> Row:
    """The new contact, whether or not this worker ran the test that makes her."""
    if not gateway.rows("SELECT id FROM contacts WHERE last_name = 'Neu' AND deleted = 0"):
        anna.put("my-contacts", "c1.vcf", card(*NEW_CARD))
    return gateway.row("SELECT * FROM contacts WHERE last_name = 'Neu' AND deleted = 0")


def test_a_new_contact_is_the_rows_suitecrm_makes(gateway: Served, anna: User, anna_id: str, before: Snapshot) -> None:
    anna.put("my-contacts", "c1.vcf", card(*NEW_CARD))
    assert changed(gateway, before) == {
        "accounts": (0, 1),
        "accounts_contacts": (0, 1),
        "accounts_cstm": (0, 1),
        "contacts": (0, 1),
        "contacts_cstm": (0, 1),
        "email_addr_bean_rel": (0, 2),
        "email_addresses": (0, 1),
        "securitygroups_records": (0, 2),
    }
    contact = gateway.row("SELECT * FROM contacts WHERE last_name = 'Neu'")
    stamped(contact, anna_id)
    holds(
        contact,
        salutation="Dr.",
        first_name="Ada",
        title="CTO",
        department="Labor",
        phone_work="+49 30 1234-5",
        phone_mobile="+49 171 999",
        phone_fax="+49 30 1234-6",
        phone_home=None,
        phone_other=None,
        primary_address_street="Am Weg 1",
        primary_address_postalcode="10115",
        primary_address_city="Berlin",
        primary_address_state="BE",
        primary_address_country="Germany",
        alt_address_street=None,
        birthdate="1990-02-03",
        description="Grüße",
        do_not_call=0,
        portal_user_type="Single",
        reports_to_id=None,
    )
    custom = gateway.row("SELECT * FROM contacts_cstm WHERE id_c = :key", key=contact["id"])
    holds(custom, customer_number_c="KD-1", segment_c=None, jjwg_maps_lng_c=0, jjwg_maps_lat_c=0)
    account = gateway.row("SELECT * FROM accounts WHERE name = 'Neue Firma GmbH'")
    stamped(account, anna_id)
    assert gateway.rows("SELECT id_c FROM accounts_cstm WHERE id_c = :key", key=account["id"])
    link = gateway.row("SELECT * FROM accounts_contacts WHERE contact_id = :key", key=contact["id"])
    assert UUID.fullmatch(str(link["id"]))
    holds(link, account_id=account["id"], deleted=0, date_modified=contact["date_modified"])
    emails = gateway.rows(
        "SELECT a.*, l.id AS link, l.bean_module, l.primary_address, l.reply_to_address, l.deleted AS gone, "
        "l.date_created AS made, l.date_modified AS mended FROM email_addr_bean_rel l "
        "JOIN email_addresses a ON a.id = l.email_address_id WHERE l.bean_id = :key ORDER BY l.primary_address DESC",
        key=contact["id"],
    )
    # The second address is there already, in another spelling: it is shared and stays as it is.
    assert [(row["email_address"], row["email_address_caps"], row["primary_address"]) for row in emails] == [
        ("Ada@Neu.example", "ADA@NEU.EXAMPLE", 1),
        ("Erika@privat.example", "ERIKA@PRIVAT.EXAMPLE", 0),
    ]
    for row in emails:
        assert UUID.fullmatch(str(row["link"]))
        holds(row, bean_module="Contacts", reply_to_address=0, gone=0, made=contact["date_modified"],
              mended=contact["date_modified"], deleted=0, invalid_email=0, opt_out=0, confirm_opt_in="not-opt-in")  # fmt: skip
    holds(emails[0], date_created=contact["date_entered"], date_modified=contact["date_entered"])
    grouped(gateway, contact["id"], "Contacts")
    grouped(gateway, account["id"], "Accounts")


def test_a_change_touches_only_what_changed_and_revives_links(
    gateway: Served, anna: User, anna_id: str, neu: Row, before: Snapshot
) -> None:
    lacking = [line for line in NEW_CARD if "ERIKA" not in line and "FAX" not in line]
    anna.put("my-contacts", "c1.vcf", card(*lacking))
    assert changed(gateway, before) == {"contacts": (1, 1), "email_addr_bean_rel": (1, 1)}
    contact = gateway.row("SELECT * FROM contacts WHERE id = :key", key=neu["id"])
    holds(contact, phone_fax=None, phone_work="+49 30 1234-5", created_by=anna_id, modified_user_id=anna_id,
          date_entered=neu["date_entered"])  # fmt: skip
    anna.put("my-contacts", "c1.vcf", card(*NEW_CARD))
    links = gateway.rows("SELECT deleted FROM email_addr_bean_rel WHERE bean_id = :key", key=neu["id"])
    assert links == [{"deleted": 0}, {"deleted": 0}]
    after = changed(gateway, before)
    assert after.keys() <= {"contacts", "email_addr_bean_rel"}


def test_a_custom_field_alone_touches_its_table_and_the_stamps(
    gateway: Served, anna: User, neu: Row, before: Snapshot
) -> None:
    anna.put("my-contacts", "c1.vcf", card(*(line.replace("KD-1", "KD-2") for line in NEW_CARD)))
    after = changed(gateway, before)
    assert after.pop("contacts", (1, 1)) == (1, 1)
    assert after == {"contacts_cstm": (1, 1)}
    assert gateway.row("SELECT customer_number_c FROM contacts_cstm WHERE id_c = :key", key=neu["id"]) == {
        "customer_number_c": "KD-2"
    }


def test_a_photo_is_a_file_of_the_contacts_name(gateway: Served, anna: User, neu: Row, before: Snapshot) -> None:
    photo = b"\x89PNG\r\n\x1a\nnot much of a picture"
    said = f"PHOTO;ENCODING=b;TYPE=PNG:{base64.b64encode(photo).decode()}"
    anna.put("my-contacts", "c1.vcf", card(*NEW_CARD, said))
    after = changed(gateway, before)
    assert after.pop("contacts_cstm", (1, 1)) == (1, 1)
    assert after == {"contacts": (1, 1)}
    assert gateway.row("SELECT photo FROM contacts WHERE id = :key", key=neu["id"]) == {"photo": "photo.png"}
    root = gateway.opened.crm.files.root
    assert root is not None
    assert (root / "upload" / f"{neu['id']}_photo").read_bytes() == photo
    anna.put("my-contacts", "c1.vcf", card(*NEW_CARD))
    assert gateway.row("SELECT photo FROM contacts WHERE id = :key", key=neu["id"]) == {"photo": None}


def test_another_company_is_another_link_and_the_first_one_is_marked(
    gateway: Served, anna: User, neu: Row, before: Snapshot
) -> None:
    moved = [line.replace("Neue Firma GmbH", "nordwind gmbh") for line in NEW_CARD]
    anna.put("my-contacts", "c1.vcf", card(*moved))
    after = changed(gateway, before)
    assert after.pop("contacts", (1, 1)) == (1, 1)
    assert after.pop("contacts_cstm", (1, 1)) == (1, 1)
    assert after == {"accounts_contacts": (1, 2)}
    links = gateway.rows("SELECT a.name, l.deleted FROM accounts_contacts l JOIN accounts a ON a.id = l.account_id "
                         "WHERE l.contact_id = :key ORDER BY l.deleted", key=neu["id"])  # fmt: skip
    assert links == [{"name": "Nordwind GmbH", "deleted": 0}, {"name": "Neue Firma GmbH", "deleted": 1}]
    anna.put("my-contacts", "c1.vcf", card(*NEW_CARD))
    links = gateway.rows("SELECT a.name, l.deleted FROM accounts_contacts l JOIN accounts a ON a.id = l.account_id "
                         "WHERE l.contact_id = :key ORDER BY l.deleted", key=neu["id"])  # fmt: skip
    assert links == [{"name": "Neue Firma GmbH", "deleted": 0}, {"name": "Nordwind GmbH", "deleted": 1}]


def test_a_deleted_contact_is_marked_with_all_its_links(
    gateway: Served, anna: User, anna_id: str, neu: Row, before: Snapshot
) -> None:
    living = {
        table: len(gateway.rows(f"SELECT 1 AS one FROM {table} WHERE {column} = :key AND deleted = 0", key=neu["id"]))
        for table, column in (
            ("accounts_contacts", "contact_id"), ("email_addr_bean_rel", "bean_id"), ("securitygroups_records", "record_id"),
        )
    }  # fmt: skip
    assert living == {"accounts_contacts": 1, "email_addr_bean_rel": 2, "securitygroups_records": 1}
    anna.delete("my-contacts", "c1.vcf")
    assert changed(gateway, before) == {"contacts": (1, 1)} | {table: (n, n) for table, n in living.items()}
    holds(gateway.row("SELECT * FROM contacts WHERE id = :key", key=neu["id"]), deleted=1, modified_user_id=anna_id)


def test_a_new_company_is_an_account(gateway: Served, anna: User, anna_id: str, before: Snapshot) -> None:
    company = ("UID:a1", "FN:Westwind", "N:;;;;", "X-ADDRESSBOOKSERVER-KIND:org", "ORG:Westwind", "EMAIL:info@west.example",
               "TEL;TYPE=WORK:+49 1", "URL:https://west.example",
               "ADR;TYPE=WORK:;;Kai 1;Emden;;26721;Germany")  # fmt: skip
    anna.put("accounts", "a1.vcf", card(*company))
    assert changed(gateway, before) == {
        "accounts": (0, 1),
        "accounts_cstm": (0, 1),
        "email_addr_bean_rel": (0, 1),
        "email_addresses": (0, 1),
        "securitygroups_records": (0, 1),
    }
    account = gateway.row("SELECT * FROM accounts WHERE name = 'Westwind'")
    stamped(account, anna_id)
    holds(account, phone_office="+49 1", website="https://west.example", billing_address_street="Kai 1",
          billing_address_city="Emden", billing_address_postalcode="26721", billing_address_country="Germany",
          shipping_address_street=None)  # fmt: skip
    grouped(gateway, account["id"], "Accounts")


def test_a_new_lead_is_open(gateway: Served, anna: User, anna_id: str, before: Snapshot) -> None:
    lead = ("UID:l1", "FN:Leo Lead", "N:Lead;Leo;;;", "ORG:Somebody", "TEL;TYPE=CELL:+49 2")
    anna.put("leads", "l1.vcf", card(*lead))
    assert changed(gateway, before) == {"leads": (0, 1), "leads_cstm": (0, 1), "securitygroups_records": (0, 1)}
    row = gateway.row("SELECT * FROM leads WHERE first_name = 'Leo'")
    stamped(row, anna_id)
    holds(row, status="New", converted=0, account_name="Somebody", phone_mobile="+49 2", account_id=None)
    grouped(gateway, row["id"], "Leads")


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


def test_a_filed_message_has_its_text_its_addresses_and_its_records(
    gateway: Served, anna: User, anna_id: str, before: Snapshot
) -> None:
    raw = message(
        "Message-ID: <new@crm.example>", "From: Anna Schmidt <anna@crm.example>",
        'To: "Mustermann, Erika" <ERIKA@privat.example>, neu@else.example', "Cc: bob@crm.example, info@nordwind.example",
        "Subject: News", "Date: Mon, 11 May 2026 09:45:00 +0200", "MIME-Version: 1.0",
        "Content-Type: text/html; charset=utf-8", "", "<p>Hello</p>",
    )  # fmt: skip
    uid = anna.append("Sent", raw)
    assert changed(gateway, before) == {
        "email_addresses": (0, 1),
        "emails": (0, 1),
        "emails_beans": (0, 2),
        "emails_email_addr_rel": (0, 5),
        "emails_text": (0, 1),
        "securitygroups_records": (0, 1),
    }
    email = gateway.row("SELECT * FROM emails WHERE name = 'News'")
    stamped(email, anna_id)
    erika = gateway.row("SELECT id FROM contacts WHERE last_name = 'Mustermann'")["id"]
    nordwind = gateway.row("SELECT id FROM accounts WHERE name = 'Nordwind GmbH'")["id"]
    holds(email, type="out", status="sent", message_id="<new@crm.example>", date_sent_received="2026-05-11 07:45:00",
          intent="pick", parent_type="Contacts", parent_id=erika)  # fmt: skip
    holds(
        gateway.row("SELECT * FROM emails_text WHERE email_id = :key", key=email["id"]),
        from_addr="Anna Schmidt <anna@crm.example>",
        to_addrs='"Mustermann, Erika" <ERIKA@privat.example>, neu@else.example',
        cc_addrs="bob@crm.example, info@nordwind.example",
        bcc_addrs="",
        reply_to_addr="",
        description="Hello",
        description_html="<p>Hello</p>\n",
        raw_source="",
        deleted=0,
    )
    links = gateway.rows("SELECT * FROM emails_beans WHERE email_id = :key", key=email["id"])
    assert {(row["bean_module"], row["bean_id"]) for row in links} == {("Contacts", erika), ("Accounts", nordwind)}
    for row in links:
        assert UUID.fullmatch(str(row["id"]))
        holds(row, deleted=0, campaign_data="", date_modified=email["date_modified"])
    addresses = gateway.rows(
        "SELECT l.id, l.deleted, l.address_type, a.email_address_caps AS caps FROM emails_email_addr_rel l "
        "JOIN email_addresses a ON a.id = l.email_address_id WHERE l.email_id = :key",
        key=email["id"],
    )
    assert {(row["address_type"], row["caps"]) for row in addresses} == {
        ("from", "ANNA@CRM.EXAMPLE"), ("to", "ERIKA@PRIVAT.EXAMPLE"), ("to", "NEU@ELSE.EXAMPLE"),
        ("cc", "BOB@CRM.EXAMPLE"), ("cc", "INFO@NORDWIND.EXAMPLE"),
    }  # fmt: skip
    assert all(UUID.fullmatch(str(row["id"])) and row["deleted"] == 0 for row in addresses)
    grouped(gateway, email["id"], "Emails")
    (sent,) = [one for one in anna.messages("Sent") if one.uid == uid]
    assert sent.raw == raw
    # The colleague has it by his address.
    assert raw in [one.raw for one in gateway.user("bob").messages("INBOX")]


def test_a_message_filed_in_the_inbox_is_archived(gateway: Served, anna: User, before: Snapshot) -> None:
    raw = message("Message-ID: <in@x.example>", "From: Lara <lara@prospect.example>", "To: anna@crm.example",
                  "Subject: Question", "Date: Mon, 11 May 2026 07:45:00 +0000", "", "Hello")  # fmt: skip
    uid = anna.append("INBOX", raw)
    assert changed(gateway, before) == {
        "emails": (0, 1), "emails_beans": (0, 1), "emails_email_addr_rel": (0, 2), "emails_text": (0, 1),
        "securitygroups_records": (0, 1),
    }  # fmt: skip
    email = gateway.row("SELECT * FROM emails WHERE name = 'Question'")
    holds(email, type="archived", status="archived", parent_type="Leads")
    between = snapshot(gateway.opened.database.engine)
    anna.flag("INBOX", uid, r"+FLAGS (\Seen)")
    anna.move("INBOX", uid, "Archive")
    assert [one.raw for one in anna.messages("Archive")] == [raw]
    # What is read, and put elsewhere, is between the user and the gateway.
    assert changed(gateway, between) == {}
