"""The sample company of SuiteCRM by HTTP and IMAP; and what SQL beside the gateway changes."""

from __future__ import annotations

import base64
import email.message
import hashlib
import re
from collections.abc import Iterator

import bcrypt
import pytest

from storage.crm.soundness import look
from storage.opened import Opened
from tests.crm import principal
from tests.presets.documents import lines, one_of
from tests.presets.served import Served, User, served

VIEWS = ("my-contacts", "all-contacts", "accounts", "leads", "meetings", "calls", "tasks", "opportunities")


@pytest.fixture(scope="module")
def gateway(suite: Opened) -> Iterator[Served]:
    with served(suite) as one:
        yield one


def test_a_user_has_the_address_and_the_zone_of_other_tables(suite: Opened) -> None:
    anna, bob = principal(suite, "anna"), principal(suite, "bob")
    assert (anna.name, anna.address, anna.timezone) == ("Anna Schmidt", "anna@crm.example", "Europe/Berlin")
    assert (bob.name, bob.address, bob.timezone) == ("Bob Miller", "bob@crm.example", "America/New_York")
    assert sorted(user.login for user in suite.database.read_now(suite.users.all)) == ["admin", "anna", "bob"]
    by_address = suite.database.read_now(lambda connection: suite.users.find(connection, "Bob@crm.example"))
    assert by_address is not None
    assert by_address[0] == bob


def test_a_password_is_hashed_as_suitecrm_does_it(gateway: Served, suite: Opened) -> None:
    digits = hashlib.md5("Grün 7".encode(), usedforsecurity=False)
    hashed = bcrypt.hashpw(digits.hexdigest().encode(), bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$")
    gateway.sql("UPDATE users SET user_hash = :hashed WHERE user_name = 'bob'", hashed=hashed)
    with served(suite, by_hash=True) as strict:
        assert strict.user("bob", "Grün 7").ask("PROPFIND", "/dav/", depth="0").status == 207
        assert strict.user("bob", "bob").ask("PROPFIND", "/dav/", depth="0").status == 401
        assert strict.user("bob", digits.hexdigest()).ask("PROPFIND", "/dav/", depth="0").status == 401


def test_contacts_are_cards_and_deleted_ones_are_not(anna: User, bob: User) -> None:
    everybody = anna.documents("all-contacts").values()
    assert len(everybody) == 2
    assert not any("Gerda" in card for card in everybody)
    (erika,) = anna.documents("my-contacts").values()
    lines(
        erika,
        "FN:Dr. Erika Mustermann",
        "N:Mustermann;Erika;;Dr.;",
        "ORG:Nordwind GmbH;Purchasing",
        "TITLE:Head of Purchasing",
        "EMAIL:erika.mustermann@nordwind.example",
        "EMAIL:Erika@privat.example",
        "TEL;TYPE=WORK:+49 40 123456-12",
        "TEL;TYPE=CELL:+49 171 5550001",
        "TEL;TYPE=HOME:+49 40 777",
        "TEL;TYPE=FAX:+49 40 123456-98",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;HH;20457;Germany",
        "ADR;TYPE=HOME:;;Privatweg 5;Hamburg;;22765;Germany",
        "BDAY:1980-05-17",
        "NOTE:Met at fair.\\nPrefers e-mail\\; speaks 日本語 & Français.",
        "X-CRM-CUSTOMER-NUMBER:KD-4711",
        "X-CRM-SEGMENT:Customer",
    )
    assert erika.index("erika.mustermann@") < erika.index("Erika@privat")
    (photo,) = re.findall(r"\r\nPHOTO;ENCODING=B;TYPE=PNG:(.*?)\r\n", erika, re.IGNORECASE)
    assert base64.b64decode(photo).startswith(b"\x89PNG")
    (jean,) = bob.documents("my-contacts").values()
    lines(jean, "N:O'Brien;Jean-Luc;;Mr.;", "TITLE:Consultant", "TEL;TYPE=CELL:+1 212 555 0199",
          "EMAIL:jl.obrien@example.org")  # fmt: skip
    assert "ORG" not in jean


def test_companies_and_leads_are_cards(anna: User) -> None:
    companies = anna.documents("accounts").values()
    lines(
        one_of(companies, "Nordwind"),
        "ORG:Nordwind GmbH",
        "TEL;TYPE=WORK:+49 40 123456-0",
        "TEL;TYPE=FAX:+49 40 123456-99",
        "EMAIL:info@nordwind.example",
        "URL:https://www.nordwind.example",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;HH;20457;Germany",
        "ADR:;;Lagerweg 3;Hamburg;;21079;Germany",
        'NOTE:Key account.\\nSince 2019 – "A" customer\\; 100 % on time.',
    )
    lines(one_of(companies, "Müller"), "ORG:Müller & Söhne KG", "ADR;TYPE=WORK:;;;München;;;Germany")
    (lead,) = anna.documents("leads").values()
    lines(lead, "N:Lead;Lara;;Ms.;", "ORG:Prospect AG", "TITLE:CEO", "EMAIL:lara@prospect.example",
          "TEL;TYPE=WORK:+41 44 000", "ADR;TYPE=WORK:;;Bahnhofstr. 1;Zürich;;8001;Switzerland")  # fmt: skip


def test_meetings_have_their_times_and_all_who_take_part(anna: User, bob: User) -> None:
    meetings = anna.documents("meetings").values()
    assert len(meetings) == 7
    lines(
        one_of(meetings, "Kick-off"),
        "DTSTART:20260310T090000Z",
        "DTEND:20260310T103000Z",
        "LOCATION:Hamburg\\, Raum 3",
        "DESCRIPTION:Agenda:\\n1. Intro\\n2. Plan",
        "ORGANIZER;CN=Anna Schmidt:mailto:anna@crm.example",
        "ATTENDEE;CN=Anna Schmidt;PARTSTAT=ACCEPTED:mailto:anna@crm.example",
        "ATTENDEE;CN=Bob Miller:mailto:bob@crm.example",
        "ATTENDEE;CN=Erika Mustermann;PARTSTAT=TENTATIVE:mailto:erika.mustermann@nordwind.example",
        "ATTENDEE;CN=Jean-Luc O'Brien:mailto:jl.obrien@example.org",
        "TRIGGER:-PT15M",
    )
    lines(one_of(meetings, "dentist"), "DTSTART:20260701T120000Z", "DTEND:20260701T130000Z")
    # A series is a row for each time it takes place: nine o'clock in Berlin, before and after the clocks change.
    series = sorted(meeting.partition("DTSTART:")[2][:16] for meeting in meetings if "Weekly jour fixe" in meeting)
    assert series == [
        "20260302T080000Z", "20260309T080000Z", "20260316T080000Z", "20260323T080000Z", "20260330T070000Z",
    ]  # fmt: skip
    (theirs,) = bob.documents("meetings").values()
    assert theirs == one_of(meetings, "Kick-off")


def test_calls_are_events_and_tasks_are_tasks(anna: User, bob: User) -> None:
    (call,) = bob.documents("calls").values()
    lines(
        call, "SUMMARY:Call Erika", "DTSTART:20260309T140000Z", "DTEND:20260309T141500Z", "DESCRIPTION:Discussed offer"
    )
    assert "erika.mustermann@nordwind.example" in call
    assert anna.documents("calls") == {}
    (offer,) = anna.documents("tasks").values()
    lines(offer, "SUMMARY:Send offer to Erika", "DTSTART:20260309T080000Z", "DUE:20260312T170000Z", "PRIORITY:1",
          "DESCRIPTION:Include discount")  # fmt: skip
    (website,) = bob.documents("tasks").values()
    lines(website, "SUMMARY:Update website entry", "DUE:20260205T170000Z", "STATUS:COMPLETED", "PRIORITY:9")


def test_an_open_opportunity_is_due_when_it_is_to_close(anna: User, bob: User) -> None:
    (rollout,) = anna.documents("opportunities").values()
    lines(rollout, "SUMMARY:Nordwind – Q1 roll-out", "DUE;VALUE=DATE:20260331", "STATUS:IN-PROCESS",
          "PERCENT-COMPLETE:60", "X-CRM-AMOUNT:25000", "X-CRM-ACCOUNT:Nordwind GmbH", "DESCRIPTION:First phase")  # fmt: skip
    assert bob.documents("opportunities") == {}


def body(parsed: email.message.EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    assert part is not None
    return str(part.get_content()).strip()


def test_emails_stand_where_their_users_look(anna: User, bob: User) -> None:
    (answer,) = anna.messages("INBOX")
    held = answer.parsed
    assert held["From"] == "erika.mustermann@nordwind.example"
    assert held["To"] == "anna@crm.example"
    assert held["Subject"] == "AW: Your offer 2026-001"
    assert held["Date"] == "Fri, 06 Mar 2026 07:45:00 +0000"
    assert body(held, "plain") == "Danke, sieht gut aus. Grüße, Erika"
    (offer,) = anna.messages("Sent")
    held = offer.parsed
    assert held["From"] == "Anna Schmidt <anna@crm.example>"
    assert held["To"] == "Erika Mustermann <erika.mustermann@nordwind.example>"
    assert held["Cc"] == "bob@crm.example"
    assert held["Date"] == "Thu, 05 Mar 2026 13:20:00 +0000"
    assert body(held, "html") == "<p>Dear Dr. Mustermann,</p><p>please find our <b>offer</b> attached.</p>"
    (pdf,) = held.iter_attachments()
    assert pdf.get_content_type() == "application/pdf"
    assert pdf.get_filename() == "Angebot 2026-001.pdf"
    assert len(pdf.get_content()) == 77
    # Bob has a copy by his address alone.
    assert [one.raw for one in bob.messages("INBOX")] == [offer.raw]
    assert bob.messages("Sent") == []


def test_every_row_of_the_sample_is_sound(suite: Opened) -> None:
    for entity in suite.crm.entities.values():
        looked = suite.database.read_now(lambda connection, one=entity: look(suite.crm, one, connection))  # type: ignore[misc]
        assert (looked.bad, looked.unknown) == ({}, {}), entity.name
        assert looked.count


def test_every_trigger_is_there(suite: Opened) -> None:
    triggers = suite.setup.triggers
    assert suite.database.read_now(triggers.lacking).all == []
    assert len(triggers.names()) == 3 * len(triggers.watched)


ERIKA, NORDWIND = "7e2a3511-4f42-353e-3752-6992ce2ae2bb", "59ba804c-07ff-68f7-a994-6992ce0fd86f"
SOEHNE = "73302b87-3c3b-d792-e5f1-6992ce05bc9b"
CHANGES = [
    ("UPDATE email_addresses SET email_address = 'erika@new.example', email_address_caps = 'ERIKA@NEW.EXAMPLE' "
     "WHERE email_address_caps = 'ERIKA@PRIVAT.EXAMPLE'", {"contacts": "EMAIL:erika@new.example"}),
    ("UPDATE email_addr_bean_rel SET deleted = 1 WHERE email_address_id = '80434b9f-1708-8015-451f-6992ce936048'",
     {"contacts": "EMAIL:erika.mustermann@nordwind.example"}),
    ("UPDATE contacts_cstm SET customer_number_c = 'KD-4712' WHERE customer_number_c = 'KD-4711'",
     {"contacts": "X-CRM-CUSTOMER-NUMBER:KD-4712"}),
    ("UPDATE accounts SET name = 'Nord AG' WHERE name = 'Nordwind GmbH'",
     {"contacts": "ORG:Nord AG;Purchasing", "accounts": "ORG:Nord AG", "opportunities": "X-CRM-ACCOUNT:Nord AG"}),
    (f"UPDATE accounts_contacts SET account_id = '{SOEHNE}' WHERE contact_id = '{ERIKA}'",
     {"contacts": "ORG:Müller & Söhne KG;Purchasing"}),
    ("UPDATE contacts SET phone_other = '+49 40 1', date_modified = date_modified WHERE last_name = 'Mustermann'",
     {"contacts": "TEL:+49 40 1"}),
    ("UPDATE accounts_cstm SET jjwg_maps_address_c = 'Hamburg' WHERE id_c = '" + NORDWIND + "'", {}),
    ("UPDATE meetings_contacts SET accept_status = 'decline' WHERE contact_id = '" + ERIKA + "'",
     {"meetings": "ATTENDEE;CN=Erika Mustermann;PARTSTAT=DECLINED:mailto:erika.mustermann@nordwind.example"}),
    ("UPDATE reminders SET timer_popup = '1800' WHERE timer_popup = '900'", {"meetings": "TRIGGER:-PT30M"}),
    ("UPDATE accounts_opportunities SET deleted = 1", {"opportunities": "X-CRM-AMOUNT:25000"}),
    ("UPDATE tasks SET date_due = '2026-03-12 23:00:00' WHERE name = 'Send offer to Erika'",
     {"tasks": "DUE;VALUE=DATE:20260313"}),
    ("UPDATE contacts SET deleted = 1 WHERE first_name = 'Gerda'", {}),
]  # fmt: skip
"""A statement; in which collections one document moves (`contacts` are two of them), and a line it then has."""


@pytest.mark.parametrize(("statement", "moved"), CHANGES)
def test_a_change_by_sql_reaches_the_entries_it_concerns_and_no_other(
    gateway: Served, anna: User, statement: str, moved: dict[str, str]
) -> None:
    wanted = {view: moved.get(view, moved.get("contacts") if view.endswith("contacts") else None) for view in VIEWS}
    before = {view: anna.etags(view) for view in VIEWS}
    gateway.sql(statement)
    for view, line in wanted.items():
        after = anna.etags(view)
        assert after.keys() == before[view].keys()
        changed = [href for href, etag in after.items() if before[view][href] != etag]
        assert len(changed) == (line is not None), (view, changed)
        if line is not None:
            lines(anna.get(view, changed[0]), line)


def test_a_row_of_a_side_table_may_be_missing(gateway: Served, anna: User) -> None:
    gateway.sql("DELETE FROM contacts_cstm WHERE customer_number_c IS NOT NULL")
    (erika,) = anna.documents("my-contacts").values()
    assert "X-CRM-CUSTOMER" not in erika
    lines(erika, "N:Mustermann;Erika;;Dr.;")


def test_an_email_that_sql_brings_stands_in_the_inbox(gateway: Served, bob: User) -> None:
    count = len(bob.messages("INBOX"))
    gateway.sql(
        "INSERT INTO emails (id, name, type, status, assigned_user_id, deleted, date_sent_received) "
        "SELECT 'e1', 'Neu', 'inbound', 'unread', id, 0, '2026-05-01 10:00:00' FROM users WHERE user_name = 'bob'"
    )
    gateway.sql(
        "INSERT INTO emails_text (email_id, from_addr, to_addrs, description_html, deleted) VALUES "
        "('e1', '\"Lead, Lara\" <lara@prospect.example>', 'bob@crm.example; anna@crm.example', '<p>Hi</p>', 0)"
    )
    messages = bob.messages("INBOX")
    assert len(messages) == count + 1
    (neu,) = [one.parsed for one in messages if one.subject == "Neu"]
    assert neu["From"] == '"Lead, Lara" <lara@prospect.example>'
    assert neu["To"] == "bob@crm.example, anna@crm.example"
    assert body(neu, "html") == "<p>Hi</p>"
    gateway.sql("UPDATE emails_text SET to_addrs = 'bob@crm.example' WHERE email_id = 'e1'")
    (neu,) = [one.parsed for one in bob.messages("INBOX") if one.subject == "Neu"]
    assert neu["To"] == "bob@crm.example"
    gateway.sql("UPDATE emails SET deleted = 1 WHERE id = 'e1'")
    assert len(bob.messages("INBOX")) == count


def test_a_link_removed_by_sql_takes_the_attendee_and_the_collection_away(
    gateway: Served, anna: User, bob: User
) -> None:
    assert len(bob.documents("meetings")) == 1
    gateway.sql("UPDATE meetings_users SET deleted = 1 WHERE user_id = (SELECT id FROM users WHERE user_name = 'bob')")
    assert bob.documents("meetings") == {}
    assert "bob@crm.example" not in one_of(anna.documents("meetings").values(), "Kick-off")
    gateway.sql("UPDATE meetings_users SET deleted = 0 WHERE user_id = (SELECT id FROM users WHERE user_name = 'bob')")
    assert len(bob.documents("meetings")) == 1


def test_what_a_group_has_its_members_see(gateway: Served, anna: User, bob: User) -> None:
    assert len(anna.documents("our-contacts")) == len(bob.documents("our-contacts")) == 2
    gateway.sql("UPDATE securitygroups_records SET deleted = 1 WHERE record_id = :erika", erika=ERIKA)
    assert len(anna.documents("our-contacts")) == 2
    assert len(bob.documents("our-contacts")) == 1
    gateway.sql("UPDATE securitygroups_records SET deleted = 0 WHERE record_id = :erika", erika=ERIKA)
    assert len(bob.documents("our-contacts")) == 2
    left = (
        "UPDATE securitygroups_users SET deleted = :gone WHERE user_id = (SELECT id FROM users WHERE user_name = 'bob')"
    )
    gateway.sql(left, gone=1)
    assert len(bob.documents("our-contacts")) == 1
    gateway.sql(left, gone=0)
    assert len(bob.documents("our-contacts")) == 2


def test_an_address_given_to_a_user_brings_him_the_mail_sent_to_it(gateway: Served, bob: User) -> None:
    count = len(bob.messages("INBOX"))
    gateway.sql("INSERT INTO emails (id, name, type, status, deleted, date_sent_received) "
                "VALUES ('e2', 'To all', 'inbound', 'unread', 0, '2026-05-01 10:00:00')")  # fmt: skip
    gateway.sql(
        "INSERT INTO emails_email_addr_rel (id, email_id, address_type, email_address_id, deleted) "
        "SELECT 'r2', 'e2', 'to', id, 0 FROM email_addresses WHERE email_address_caps = 'INFO@NORDWIND.EXAMPLE'"
    )
    assert len(bob.messages("INBOX")) == count
    gateway.sql("INSERT INTO email_addr_bean_rel (id, email_address_id, bean_id, bean_module, deleted) "
                "SELECT 'l2', a.id, u.id, 'Users', 0 FROM email_addresses a, users u "
                "WHERE a.email_address_caps = 'INFO@NORDWIND.EXAMPLE' AND u.user_name = 'bob'")  # fmt: skip
    assert [one.subject for one in bob.messages("INBOX")][-1] == "To all"
    gateway.sql("UPDATE emails_email_addr_rel SET deleted = 1 WHERE id = 'r2'")
    assert len(bob.messages("INBOX")) == count


def test_a_users_new_address_is_the_organizers(gateway: Served, anna: User) -> None:
    gateway.sql("UPDATE email_addresses SET email_address = 'anna@neu.example', email_address_caps = 'ANNA@NEU.EXAMPLE' "
                "WHERE email_address_caps = 'ANNA@CRM.EXAMPLE'")  # fmt: skip
    assert "mailto:anna@neu.example" in one_of(anna.documents("meetings").values(), "dentist")
