"""What a program writes becomes the rows Odoo makes itself, and nothing else in its database changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from storage.database import Unit
from storage.opened import Opened
from tests.presets.documents import calendar, card, lines, message, one_of
from tests.presets.dumps import Snapshot, difference, snapshot
from tests.presets.served import Row, Served, User, served

ANNA, BOB = 6, 7
"""The users' keys; their partners are 7 and 8."""


@pytest.fixture(scope="module")
def gateway(odoo: Opened) -> Iterator[Served]:
    with served(odoo) as one:
        yield one


@pytest.fixture
def anna(gateway: Served) -> User:
    return gateway.user("anna")


@pytest.fixture
def bob(gateway: Served) -> User:
    return gateway.user("bob")


@pytest.fixture
def before(odoo: Opened) -> Snapshot:
    return snapshot(odoo.database.engine)


def changed(odoo: Opened, before: Snapshot) -> dict[str, tuple[int, int]]:
    return difference(before, snapshot(odoo.database.engine))


def holds(row: Row, **wanted: object) -> None:
    assert {name: row[name] for name in wanted} == wanted


NEW_CARD = (
    "UID:c1",
    "FN:Ada van Neu",
    "N:van Neu;Ada;;Dr.;",
    "ORG:Neue Firma GmbH",
    "TITLE:CTO",
    "EMAIL:Ada@Neu.example",
    "EMAIL:ada@privat.example",
    "TEL;TYPE=WORK:+49 30 1234-5",
    "TEL;TYPE=CELL:+49 (0)171 999",
    "TEL;TYPE=HOME:+49 30 777",
    "ADR;TYPE=WORK:;;Am Weg 1\\nHinterhaus;Berlin;Berlin;10115;Germany",
    "URL:https://neu.example",
    "NOTE:Grüße\\nund mehr",
    "BDAY:1980-05-17",
)


def test_a_new_contact_is_the_rows_odoo_makes(odoo: Opened, gateway: Served, anna: User, before: Snapshot) -> None:
    anna.put("my-contacts", "c1.vcf", card(*NEW_CARD))
    assert changed(odoo, before) == {"res_partner": (0, 2)}
    company = gateway.row("SELECT * FROM res_partner WHERE name = 'Neue Firma GmbH'")
    holds(
        company,
        is_company=1,
        type="contact",
        active=1,
        parent_id=None,
        commercial_partner_id=company["id"],
        commercial_company_name="Neue Firma GmbH",
        complete_name="Neue Firma GmbH",
        user_id=ANNA,
        create_uid=ANNA,
        write_uid=ANNA,
        lang="en_US",
        partner_share=1,
        color=0,
        message_bounce=0,
    )
    contact = gateway.row("SELECT * FROM res_partner WHERE name = 'Ada van Neu'")
    holds(
        contact,
        is_company=0,
        type="contact",
        active=1,
        parent_id=company["id"],
        commercial_partner_id=company["id"],
        commercial_company_name="Neue Firma GmbH",
        complete_name="Neue Firma GmbH, Ada van Neu",
        title=4,
        function="CTO",
        email="Ada@Neu.example",
        email_normalized="ada@neu.example",
        phone="+49 30 1234-5",
        mobile="+49 (0)171 999",
        phone_sanitized="+49171999",
        website="https://neu.example",
        street="Am Weg 1",
        street2="Hinterhaus",
        zip="10115",
        city="Berlin",
        country_id=57,
        comment="<p>Grüße<br>und mehr</p>",
        user_id=ANNA,
        create_uid=ANNA,
        write_uid=ANNA,
        lang="en_US",
        partner_share=1,
        color=0,
        message_bounce=0,
        company_id=None,
        company_name=None,
        employee=None,
        signup_type=None,
    )
    assert contact["create_date"] == contact["write_date"] == contact["calendar_last_notif_ack"] is not None
    # What Odoo has no column for is served all the same.
    lines(anna.get("my-contacts", "c1.vcf"), *NEW_CARD)


def test_every_column_is_as_odoo_has_it_for_a_contact_like_this(gateway: Served, anna: User) -> None:
    """Column by column beside the one that Odoo made: NULL where it is NULL there."""
    erika = gateway.row("SELECT * FROM res_partner WHERE id = 12")
    made = gateway.row("SELECT * FROM res_partner WHERE name = 'Ada van Neu'")
    empty = {name for name, value in made.items() if value is None}
    theirs = {name for name, value in erika.items() if value is None}
    assert empty ^ theirs == {"street2", "website", "state_id", "signup_type", "x_customer_number", "x_segment"}


def test_a_changed_contact_changes_its_columns_and_what_is_made_of_them(
    odoo: Opened, gateway: Served, anna: User, before: Snapshot
) -> None:
    text = (
        "".join(f"{line}\n" for line in NEW_CARD).replace("N:van Neu;Ada", "N:van Neu;Ida").replace("FN:Ada", "FN:Ida")
    )
    text = text.replace("Ada@Neu.example", "ida@neu.example").replace("CELL:+49 (0)171 999", "CELL:0171 999")
    text = text.replace("ORG:Neue Firma GmbH", "ORG:Nordwind GmbH")
    anna.put("my-contacts", "c1.vcf", card(*text.splitlines()))
    assert changed(odoo, before) == {"res_partner": (1, 1)}
    holds(
        gateway.row("SELECT * FROM res_partner WHERE function = 'CTO'"),
        name="Ida van Neu",
        parent_id=9,
        commercial_partner_id=9,
        commercial_company_name="Nordwind GmbH",
        complete_name="Nordwind GmbH, Ida van Neu",
        email="ida@neu.example",
        email_normalized="ida@neu.example",
        mobile="0171 999",
        # Odoo takes the first number that it can tell the country of.
        phone_sanitized="+493012345",
        comment="<p>Grüße<br>und mehr</p>",
        write_uid=ANNA,
    )


def test_a_contact_without_a_company_is_his_own(odoo: Opened, gateway: Served, bob: User, before: Snapshot) -> None:
    bob.put("my-contacts", "c2.vcf", card("UID:c2", "FN:Jo", "N:;;;;", "EMAIL:jo@x.example"))
    assert changed(odoo, before) == {"res_partner": (0, 1)}
    jo = gateway.row("SELECT * FROM res_partner WHERE name = 'Jo'")
    holds(
        jo,
        parent_id=None,
        commercial_partner_id=jo["id"],
        commercial_company_name=None,
        complete_name="Jo",
        user_id=BOB,
    )


def test_a_deleted_contact_is_archived(odoo: Opened, gateway: Served, anna: User, before: Snapshot) -> None:
    anna.delete("my-contacts", "c1.vcf")
    assert changed(odoo, before) == {"res_partner": (1, 1)}
    holds(gateway.row("SELECT * FROM res_partner WHERE function = 'CTO'"), active=0, name="Ida van Neu", write_uid=ANNA)


def test_a_companys_new_name_reaches_its_people_and_addresses(
    odoo: Opened, gateway: Served, anna: User, before: Snapshot
) -> None:
    (href,) = [href for href, text in anna.documents("companies").items() if "Nordwind" in text]
    held = anna.get("companies", href)
    erika = anna.etags("my-contacts")
    anna.put("companies", href, held.replace("Nordwind GmbH", "Nordwind AG").encode())
    # Erika, the warehouse, and the archived Ida; the company itself.
    assert changed(odoo, before) == {"res_partner": (4, 4)}
    names = gateway.rows(
        "SELECT id, complete_name, commercial_company_name FROM res_partner WHERE commercial_partner_id = 9"
    )
    assert {row["id"]: row["complete_name"] for row in names if row["id"] in (9, 10, 12)} == {
        9: "Nordwind AG", 10: "Nordwind AG, Lager", 12: "Nordwind AG, Erika Mustermann",
    }  # fmt: skip
    assert {row["commercial_company_name"] for row in names} == {"Nordwind AG"}
    assert "ORG:Nordwind AG" in one_of(anna.documents("my-contacts").values(), "Mustermann")
    assert anna.etags("my-contacts") != erika
    again = snapshot(odoo.database.engine)
    anna.put("companies", href, held.replace("Nordwind GmbH", "Nordwind AG").replace("123456-0", "123456-1").encode())
    # What need not change is not touched.
    assert changed(odoo, again) == {"res_partner": (1, 1)}
    holds(
        gateway.row("SELECT * FROM res_partner WHERE id = 9"), phone="+49 40 123456-1", phone_sanitized="+49401234561"
    )


def test_an_address_is_moved_and_stays_its_companys(
    odoo: Opened, gateway: Served, anna: User, before: Snapshot
) -> None:
    (href,) = anna.documents("addresses")
    text = anna.get("addresses", href)
    anna.put("addresses", href, text.replace("Lagerweg 3", "Lagerweg 5").replace("N:Lager", "N:Lager Süd").encode())
    assert changed(odoo, before) == {"res_partner": (1, 1)}
    holds(
        gateway.row("SELECT * FROM res_partner WHERE id = 10"),
        name="Lager Süd",
        street="Lagerweg 5",
        complete_name="Nordwind AG, Lager Süd",
        type="delivery",
        parent_id=9,
        commercial_partner_id=9,
    )
    # A new one would not know whose it is.
    anna.put("addresses", "n.vcf", card("UID:n", "FN:New", "N:New;;;;"), expected=403)


def test_a_photo_is_an_attachment_for_each_of_five_sizes(
    odoo: Opened, gateway: Served, bob: User, before: Snapshot
) -> None:
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    (href,) = [href for href, text in bob.documents("my-contacts").items() if "O'Brien" in text]
    text = bob.get("my-contacts", href).replace("END:VCARD", f"PHOTO;ENCODING=b;TYPE=PNG:{png}\r\nEND:VCARD")
    bob.put("my-contacts", href, text.encode())
    assert changed(odoo, before) == {"ir_attachment": (0, 5), "res_partner": (1, 1)}
    rows = gateway.rows("SELECT * FROM ir_attachment WHERE res_model = 'res.partner' AND res_id = 13")
    assert {row["res_field"] for row in rows} == {"image_1920", "image_1024", "image_512", "image_256", "image_128"}
    for row in rows:
        holds(row, type="binary", mimetype="image/png", file_size=70, create_uid=BOB, db_datas=None)
        assert row["store_fname"] == f"{str(row['checksum'])[:2]}/{row['checksum']}"
    assert png[:30] in bob.get("my-contacts", href)


def test_a_new_lead_has_its_stage_team_and_company(odoo: Opened, gateway: Served, anna: User, before: Snapshot) -> None:
    anna.put(
        "leads",
        "l1.vcf",
        card(
            "UID:l1",
            "FN:Leo Lead",
            "N:Lead;Leo;;Mr.;",
            "ORG:Lead AG",
            "EMAIL:Leo@Lead.example",
            "TEL;TYPE=WORK:+41 44 1",
        ),
    )
    assert changed(odoo, before) == {"crm_lead": (0, 1)}
    holds(
        gateway.row("SELECT * FROM crm_lead WHERE contact_name = 'Leo Lead'"),
        type="lead",
        name="Lead AG, Leo Lead",
        partner_name="Lead AG",
        title=3,
        email_from="Leo@Lead.example",
        email_normalized="leo@lead.example",
        phone="+41 44 1",
        phone_sanitized="+41441",
        stage_id=1,
        team_id=1,
        company_id=1,
        user_id=ANNA,
        active=1,
        priority="0",
        probability=0.0,
        create_uid=ANNA,
    )


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


SENT = (
    "Message-ID: <new@crm.example>",
    "In-Reply-To: <re-001@nordwind.example>",
    "From: Anna Schmidt <anna@crm.example>",
    "To: Erika Mustermann <erika.mustermann@nordwind.example>, neu@else.example",
    "Cc: bob@crm.example",
    "Subject: News",
    "Date: Mon, 11 May 2026 07:45:00 +0000",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "Hello",
    "there",
)


def test_a_filed_message_stands_with_the_record_it_is_about(
    odoo: Opened, gateway: Served, anna: User, bob: User, before: Snapshot
) -> None:
    anna.append("Sent", message(*SENT))
    assert changed(odoo, before) == {
        "mail_message": (0, 1), "mail_mail": (0, 1), "mail_message_res_partner_rel": (0, 2),
    }  # fmt: skip
    row = gateway.row("SELECT * FROM mail_message WHERE subject = 'News'")
    offer = gateway.row("SELECT * FROM mail_message WHERE subject = 'Your offer 2026-001'")
    holds(
        row,
        message_type="email_outgoing",
        author_id=7,
        model="res.partner",
        res_id=12,
        email_from="Anna Schmidt <anna@crm.example>",
        reply_to="Anna Schmidt <anna@crm.example>",
        message_id="<new@crm.example>",
        parent_id=35,
        subtype_id=offer["subtype_id"],
        body="Hello<br />\nthere<br />\n",
        date="2026-05-11 07:45:00",
        create_uid=ANNA,
        email_add_signature=1,
    )
    assert str(row["record_name"]).endswith("Erika Mustermann")
    assert {name for name in row if (row[name] is None) != (offer[name] is None)} == {"parent_id"}
    holds(
        gateway.row("SELECT * FROM mail_mail WHERE mail_message_id = :key", key=row["id"]),
        state="sent",
        email_to="Erika Mustermann <erika.mustermann@nordwind.example>, neu@else.example",
        email_cc="bob@crm.example",
        body_html="Hello<br />\nthere<br />\n",
        auto_delete=0,
    )
    linked = gateway.rows(
        "SELECT res_partner_id AS id FROM mail_message_res_partner_rel WHERE mail_message_id = :key", key=row["id"]
    )
    assert {one["id"] for one in linked} == {8, 12}
    assert one_of([one.text for one in anna.messages("Sent")], "Subject: News").encode() == message(*SENT)
    assert "News" in [one.subject for one in bob.messages("INBOX")]


def test_a_received_message_is_its_senders(odoo: Opened, gateway: Served, anna: User, before: Snapshot) -> None:
    received = (
        "Message-ID: <in@nordwind.example>", "From: Erika <erika.mustermann@nordwind.example>", "To: anna@crm.example",
        "Subject: Question", "Date: Tue, 12 May 2026 07:45:00 +0000", "Content-Type: text/html", "", "<p>Why?</p>",
    )  # fmt: skip
    anna.append("INBOX", message(*received))
    assert changed(odoo, before) == {
        "mail_message": (0, 1), "mail_mail": (0, 1), "mail_message_res_partner_rel": (0, 1),
    }  # fmt: skip
    holds(
        gateway.row("SELECT * FROM mail_message WHERE subject = 'Question'"),
        message_type="email", author_id=12, model="res.partner", res_id=12, parent_id=None,
    )  # fmt: skip
    assert "Question" in [one.subject for one in anna.messages("INBOX")]
    assert gateway.rows("SELECT id FROM mail_mail WHERE state = 'outgoing'") == []


def test_a_filed_message_with_a_file_makes_it_one_of_the_records(
    odoo: Opened, gateway: Served, anna: User, before: Snapshot
) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "anna@crm.example", "erika.mustermann@nordwind.example", "With a file"
    made["Message-ID"], made["Date"] = "<file@crm.example>", "Tue, 12 May 2026 07:45:00 +0000"
    made.set_content("See there")
    made.add_attachment(b"%PDF-1.4 new", maintype="application", subtype="pdf", filename="Neu.pdf")
    anna.append("Sent", made.as_bytes(policy=made.policy.clone(linesep="\r\n")))
    assert changed(odoo, before) == {
        "mail_message": (0, 1), "mail_mail": (0, 1), "mail_message_res_partner_rel": (0, 1), "ir_attachment": (0, 1),
        "message_attachment_rel": (0, 1),
    }  # fmt: skip
    holds(
        gateway.row("SELECT * FROM ir_attachment WHERE name = 'Neu.pdf'"),
        res_model="res.partner", res_id=12, type="binary", mimetype="application/pdf", file_size=12, company_id=1,
        store_fname=f"{hashlib.sha1(b'%PDF-1.4 new').hexdigest()[:2]}/{hashlib.sha1(b'%PDF-1.4 new').hexdigest()}",
    )  # fmt: skip


def test_a_write_that_odoo_gets_in_the_way_of_is_done_again(odoo: Opened, gateway: Served, before: Snapshot) -> None:
    """Under REPEATABLE READ, as Odoo has it, whoever comes second to a row is told to begin anew."""
    attempts: list[object] = []

    def write(unit: Unit) -> None:
        unit.connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        attempts.append(unit.connection.exec_driver_sql("SELECT color FROM res_partner WHERE id = 11").scalar())
        if len(attempts) == 1:
            gateway.sql("UPDATE res_partner SET color = 5 WHERE id = 11")
        unit.connection.exec_driver_sql("UPDATE res_partner SET color = color + 1 WHERE id = 11")

    odoo.database.write_now(write)
    assert attempts == [0, 5]
    assert gateway.row("SELECT color FROM res_partner WHERE id = 11") == {"color": 6}
    assert changed(odoo, before) == {"res_partner": (1, 1)}


def test_odoo_is_told_to_begin_anew_by_a_programs_write_and_both_are_kept(
    odoo: Opened, gateway: Served, anna: User
) -> None:
    (href,) = [href for href, text in anna.documents("companies").items() if "Müller" in text]
    theirs = sa.create_engine(odoo.database.url, isolation_level="REPEATABLE READ", poolclass=sa.NullPool)
    change = "UPDATE res_partner SET website = 'https://mueller.example' WHERE id = 11"
    with theirs.connect() as connection:
        connection.exec_driver_sql("SELECT name FROM res_partner WHERE id = 11").all()
        anna.put("companies", href, anna.get("companies", href).replace("+49 89 555", "+49 89 556").encode())
        with pytest.raises(sa.exc.DBAPIError) as told:
            connection.exec_driver_sql(change)
        assert getattr(told.value.orig, "sqlstate", "") == "40001"
        connection.rollback()
        connection.exec_driver_sql(change)
        connection.commit()
    gateway.settle()
    lines(anna.get("companies", href), "TEL;TYPE=WORK:+49 89 556", "URL:https://mueller.example")
