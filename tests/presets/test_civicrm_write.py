"""What a client writes by HTTP or IMAP becomes the rows CiviCRM makes itself, and nothing else in its database changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.presets.documents import calendar, card, lines, message, one_of
from tests.presets.dumps import Snapshot, difference, snapshot
from tests.presets.served import Row, Served, User, served


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


@pytest.fixture
def before(civi: Opened) -> Snapshot:
    """Every row before the test did anything."""
    return snapshot(civi.database.engine)


def changed(gateway: Served, before: Snapshot) -> dict[str, tuple[int, int]]:
    return difference(before, snapshot(gateway.opened.database.engine))


def holds(row: Row, **wanted: object) -> None:
    assert {name: row[name] for name in wanted} == wanted


def contact(gateway: Served, last_name: str) -> Row:
    return gateway.row("SELECT * FROM civicrm_contact WHERE last_name = :name", name=last_name)


def of(gateway: Served, table: str, row: Row, columns: str) -> list[tuple[object, ...]]:
    """A contact's rows in a table, in the order of their keys."""
    found = gateway.rows(f"SELECT {columns} FROM {table} WHERE contact_id = :key ORDER BY id", key=row["id"])
    return [tuple(one.values()) for one in found]


def people(gateway: Served, activity: Row) -> set[tuple[object, object]]:
    """Who takes part in an activity, and as what."""
    found = gateway.rows(
        "SELECT contact_id, record_type_id FROM civicrm_activity_contact WHERE activity_id = :key", key=activity["id"]
    )
    assert len(found) == len({(one["contact_id"], one["record_type_id"]) for one in found})
    return {(one["contact_id"], one["record_type_id"]) for one in found}


NEW_CARD = (
    "UID:c1",
    "FN:Dr. Ada Neu",
    "N:Neu;Ada;Maria;Dr.;Jr.",
    "NICKNAME:Adi",
    "ORG:Neue Firma GmbH",
    "TITLE:CTO",
    "EMAIL;TYPE=WORK:ada@neu.example",
    "EMAIL;TYPE=HOME:ada@privat.example",
    "TEL;TYPE=WORK:+49 30 1234-5",
    "TEL;TYPE=CELL:+49 171 999",
    "TEL;TYPE=WORK;TYPE=FAX:+49 30 1234-6",
    "ADR;TYPE=WORK:;;Am Weg 1\\nHof 2;Berlin;BE;10115;Germany",
    "URL;TYPE=WORK:https://neu.example",
    "BDAY:1990-02-03",
    "NOTE:Grüße",
    "X-CUSTOMER-NUMBER:KD-1",
    "X-SEGMENT:B-Kunde",
)


def test_a_new_contact_is_the_rows_civicrm_makes(gateway: Served, anna: User, before: Snapshot) -> None:
    anna.put("contacts", "c1.vcf", card(*NEW_CARD))
    assert changed(gateway, before) == {
        "civicrm_contact": (0, 2),
        "civicrm_email": (0, 2),
        "civicrm_phone": (0, 3),
        "civicrm_address": (0, 1),
        "civicrm_website": (0, 1),
        "civicrm_note": (0, 1),
        "civicrm_relationship": (0, 1),
        "civicrm_relationship_cache": (0, 2),
        "civicrm_value_gateway_4": (0, 1),
    }
    ada = contact(gateway, "Neu")
    firm = gateway.row("SELECT * FROM civicrm_contact WHERE contact_type = 'Organization' AND id > 209")
    assert re.fullmatch(r"[0-9a-f]{32}", str(ada["hash"]))
    assert ada["created_date"] is not None
    holds(
        ada,
        contact_type="Individual",
        display_name="Dr. Ada Neu Jr.",
        sort_name="Neu, Ada",
        first_name="Ada",
        middle_name="Maria",
        prefix_id=4,
        suffix_id=1,
        nick_name="Adi",
        job_title="CTO",
        employer_id=firm["id"],
        organization_name="Neue Firma GmbH",
        birth_date="1990-02-03",
        email_greeting_id=1,
        email_greeting_display="Dear Ada",
        postal_greeting_id=1,
        postal_greeting_display="Dear Ada",
        addressee_id=1,
        addressee_display="Dr. Ada Maria Neu Jr.",
        is_deleted=0,
        is_deceased=0,
        do_not_email=0,
        external_identifier=None,
    )
    holds(
        firm,
        display_name="Neue Firma GmbH",
        sort_name="Neue Firma GmbH",
        organization_name="Neue Firma GmbH",
        addressee_id=3,
        addressee_display="Neue Firma GmbH",
        employer_id=None,
        is_deleted=0,
    )
    assert of(gateway, "civicrm_email", ada, "email, location_type_id, is_primary, on_hold, is_billing") == [
        ("ada@neu.example", 2, 1, 0, 0),
        ("ada@privat.example", 1, 0, 0, 0),
    ]
    assert of(gateway, "civicrm_phone", ada, "phone, phone_numeric, location_type_id, phone_type_id, is_primary") == [
        ("+49 30 1234-5", "493012345", 2, 1, 1),
        ("+49 171 999", "49171999", 4, 2, 0),
        ("+49 30 1234-6", "493012346", 2, 3, 0),
    ]
    assert of(
        gateway,
        "civicrm_address",
        ada,
        "street_address, supplemental_address_1, city, postal_code, country_id, location_type_id, is_primary",
    ) == [("Am Weg 1", "Hof 2", "Berlin", "10115", 1082, 2, 1)]
    assert of(gateway, "civicrm_website", ada, "url, website_type_id") == [("https://neu.example", 1)]
    region = gateway.row(
        "SELECT s.name FROM civicrm_address a JOIN civicrm_state_province s ON s.id = a.state_province_id "
        "WHERE a.contact_id = :key",
        key=ada["id"],
    )
    assert region == {"name": "Berlin"}
    note = gateway.row("SELECT * FROM civicrm_note WHERE entity_id = :key", key=ada["id"])
    holds(note, entity_table="civicrm_contact", note="Grüße", contact_id=203, privacy="0")
    job = gateway.row("SELECT * FROM civicrm_relationship WHERE contact_id_a = :key", key=ada["id"])
    holds(job, contact_id_b=firm["id"], relationship_type_id=5, is_active=1, end_date=None)
    value = gateway.row("SELECT * FROM civicrm_value_gateway_4 WHERE entity_id = :key", key=ada["id"])
    holds(value, customer_number_7="KD-1", segment_8="B")
    lines(anna.get("contacts", "c1.vcf"), *NEW_CARD)


def test_a_changed_number_and_a_new_address_are_two_rows(gateway: Served, anna: User, before: Snapshot) -> None:
    keys = of(gateway, "civicrm_phone", contact(gateway, "Neu"), "id")
    text = card(*(line.replace("171 999", "172 111") for line in NEW_CARD), "EMAIL:ada@third.example")
    anna.put("contacts", "c1.vcf", text)
    # The contact's row has another modified_date: CiviCRM's own triggers see to that.
    assert changed(gateway, before) in (
        {"civicrm_phone": (1, 1), "civicrm_email": (0, 1), "civicrm_contact": (1, 1)},
        {"civicrm_phone": (1, 1), "civicrm_email": (0, 1)},
    )
    ada = contact(gateway, "Neu")
    assert of(gateway, "civicrm_phone", ada, "id") == keys
    assert of(gateway, "civicrm_phone", ada, "phone_numeric")[1] == ("49172111",)
    assert of(gateway, "civicrm_email", ada, "email, location_type_id, is_primary") == [
        ("ada@neu.example", 2, 1),
        ("ada@privat.example", 1, 0),
        ("ada@third.example", 4, 0),
    ]


def test_another_company_ends_the_former_employment(gateway: Served, anna: User, before: Snapshot) -> None:
    text = anna.get("contacts", "c1.vcf").replace("ORG:Neue Firma GmbH", "ORG:nordwind gmbh").encode()
    anna.put("contacts", "c1.vcf", text)
    assert changed(gateway, before) == {
        "civicrm_contact": (1, 1),
        "civicrm_relationship": (1, 2),
        "civicrm_relationship_cache": (2, 4),
    }
    ada = contact(gateway, "Neu")
    holds(ada, employer_id=205, organization_name="Nordwind GmbH")
    jobs = gateway.rows("SELECT * FROM civicrm_relationship WHERE contact_id_a = :key ORDER BY id", key=ada["id"])
    assert [(job["contact_id_b"] == 205, job["is_active"]) for job in jobs] == [(False, 0), (True, 1)]


def test_going_back_to_a_former_employer_revives_the_employment(gateway: Served, anna: User, before: Snapshot) -> None:
    text = anna.get("contacts", "c1.vcf").replace("ORG:nordwind gmbh", "ORG:Neue Firma GmbH").encode()
    anna.put("contacts", "c1.vcf", text.replace(b"ORG:Nordwind GmbH", b"ORG:Neue Firma GmbH"))
    assert changed(gateway, before)["civicrm_relationship"] == (2, 2)
    jobs = gateway.rows(
        "SELECT is_active FROM civicrm_relationship WHERE contact_id_a = :key ORDER BY id",
        key=contact(gateway, "Neu")["id"],
    )
    assert [job["is_active"] for job in jobs] == [1, 0]


def test_a_renamed_company_is_renamed_at_its_people(gateway: Served, anna: User, before: Snapshot) -> None:
    (href,) = [href for href, text in anna.documents("organisations").items() if "ORG:Neue Firma GmbH" in text]
    text = anna.get("organisations", href).replace("Neue Firma GmbH", "Alte Firma AG").encode()
    anna.put("organisations", href, text)
    assert changed(gateway, before) == {"civicrm_contact": (2, 2)}
    holds(contact(gateway, "Neu"), organization_name="Alte Firma AG")
    firm = gateway.row(
        "SELECT * FROM civicrm_contact WHERE organization_name = 'Alte Firma AG' AND employer_id IS NULL"
    )
    holds(firm, display_name="Alte Firma AG", sort_name="Alte Firma AG", addressee_display="Alte Firma AG")
    assert "ORG:Alte Firma AG" in anna.get("contacts", "c1.vcf")


def test_another_name_makes_other_greetings_but_not_one_that_somebody_wrote(gateway: Served, anna: User) -> None:
    gateway.sql(
        "UPDATE civicrm_contact SET postal_greeting_id = 4, postal_greeting_custom = 'Moin', "
        "postal_greeting_display = 'Moin', email_greeting_id = 2 WHERE last_name = 'Neu'"
    )
    anna.put("contacts", "c1.vcf", anna.get("contacts", "c1.vcf").replace("Neu;Ada;Maria", "Neu;Ida;Maria").encode())
    holds(
        contact(gateway, "Neu"),
        display_name="Dr. Ida Neu Jr.",
        sort_name="Neu, Ida",
        email_greeting_display="Dear Dr. Ida Neu",
        postal_greeting_display="Moin",
        addressee_display="Dr. Ida Maria Neu Jr.",
    )


def test_a_deleted_contact_is_marked_and_keeps_its_rows(gateway: Served, anna: User, before: Snapshot) -> None:
    anna.delete("contacts", "c1.vcf")
    assert changed(gateway, before) == {"civicrm_contact": (1, 1)}
    holds(contact(gateway, "Neu"), is_deleted=1)


def test_a_contact_of_whom_only_an_address_is_known_is_still_called_by_it(gateway: Served, anna: User) -> None:
    gateway.sql("INSERT INTO civicrm_contact (id, contact_type, display_name, sort_name) "
                "VALUES (900, 'Individual', 'x@nobody.example', 'x@nobody.example')")  # fmt: skip
    gateway.sql("INSERT INTO civicrm_email (contact_id, email, is_primary) VALUES (900, 'x@nobody.example', 1)")
    (href,) = [href for href, text in anna.documents("contacts").items() if "x@nobody.example" in text]
    text = anna.get("contacts", href)
    lines(text, "FN:x@nobody.example", "EMAIL:x@nobody.example")
    anna.put("contacts", href, text.replace("END:VCARD", "TITLE:Clerk\r\nEND:VCARD").encode())
    found = gateway.row("SELECT * FROM civicrm_contact WHERE id = 900")
    holds(found, display_name="x@nobody.example", sort_name="x@nobody.example", first_name=None, last_name=None)
    holds(found, job_title="Clerk")


def test_a_new_organisation_and_a_household(gateway: Served, anna: User, before: Snapshot) -> None:
    anna.put(
        "organisations", "o1.vcf", card("UID:o1", "FN:Werft AG", "N:;;;;", "ORG:Werft AG", "TEL;TYPE=WORK:+49 40 1")
    )
    anna.put(
        "households", "h1.vcf", card("UID:h1", "FN:Familie Neu", "N:;;;;", "ORG:Familie Neu", "TEL;TYPE=HOME:+49 40 2")
    )
    assert changed(gateway, before) == {"civicrm_contact": (0, 2), "civicrm_phone": (0, 2)}
    holds(
        gateway.row("SELECT * FROM civicrm_contact WHERE organization_name = 'Werft AG'"),
        contact_type="Organization", display_name="Werft AG", sort_name="Werft AG", addressee_display="Werft AG",
    )  # fmt: skip
    holds(
        gateway.row("SELECT * FROM civicrm_contact WHERE household_name = 'Familie Neu'"),
        contact_type="Household", display_name="Familie Neu", sort_name="Familie Neu", organization_name=None,
        email_greeting_id=5, email_greeting_display="Dear Familie Neu", addressee_id=2, addressee_display="Familie Neu",
    )  # fmt: skip


def test_a_deleted_organisation_employs_nobody(gateway: Served, anna: User, before: Snapshot) -> None:
    anna.put("contacts", "w1.vcf", card("UID:w1", "FN:Willi Werft", "N:Werft;Willi;;;", "ORG:Werft AG"))
    before = snapshot(gateway.opened.database.engine)
    anna.delete("organisations", "o1.vcf")
    gateway.settle()
    assert changed(gateway, before) == {
        "civicrm_contact": (2, 2),
        "civicrm_relationship": (1, 1),
        "civicrm_relationship_cache": (2, 2),
    }
    holds(contact(gateway, "Werft"), employer_id=None, organization_name=None, is_deleted=0)
    assert "Werft AG" not in anna.get("contacts", "w1.vcf")


def test_statements_of_the_product_itself_work_beside_our_triggers(gateway: Served, anna: User) -> None:
    # MySQL refuses a statement whose triggers write a table that it uses; these are CiviCRM's own.
    employer = ("UPDATE civicrm_contact contact_a, civicrm_contact contact_b SET contact_a.employer_id = contact_b.id, "
                "contact_a.organization_name = contact_b.organization_name WHERE contact_a.id = 208 AND contact_b.id = 206")  # fmt: skip
    gateway.sql(employer)
    lines(one_of(anna.documents("contacts").values(), "O'Brien"), "ORG:Müller & Söhne KG")
    gateway.sql(
        "UPDATE civicrm_uf_match um INNER JOIN civicrm_contact c ON c.id = um.contact_id SET um.language = 'de_DE'"
    )
    gateway.sql(
        "UPDATE civicrm_contact c INNER JOIN civicrm_uf_match um ON c.id = um.contact_id SET c.preferred_language = 'de_DE'"
    )
    gateway.sql(
        "UPDATE civicrm_contact c INNER JOIN civicrm_email e ON e.contact_id = c.id SET c.source = 'x' WHERE c.id = 208"
    )
    gateway.sql("UPDATE civicrm_activity a INNER JOIN civicrm_activity_contact ac ON ac.activity_id = a.id "
                "SET a.is_star = 1 WHERE ac.contact_id = 208")  # fmt: skip
    gateway.sql("DELETE FROM civicrm_contact WHERE id = 900")


def test_a_write_to_a_contact_of_the_product_touches_only_what_changed(
    gateway: Served, anna: User, before: Snapshot
) -> None:
    (href,) = [href for href, text in anna.documents("contacts").items() if "Mustermann" in text]
    text = anna.get("contacts", href)
    anna.put("contacts", href, text.encode())
    assert changed(gateway, before) == {}
    anna.put("contacts", href, text.replace("+49 40 777", "+49 40 778").encode())
    after = changed(gateway, before)
    assert after.pop("civicrm_contact") == (1, 1)  # modified_date
    assert after == {"civicrm_phone": (1, 1)}
    row = gateway.row("SELECT * FROM civicrm_contact WHERE id = 207")
    holds(row, display_name="Dr. Erika Mustermann", email_greeting_display="Dear Erika", employer_id=205)
    assert row["image_URL"] is not None


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
