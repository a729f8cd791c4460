"""The sample company of vtiger 8 and berliCRM as it is served, and what SQL beside the gateway changes."""

from __future__ import annotations

import base64
import re

import pytest

from tests.crm import principal
from tests.presets.documents import lines, one_of
from tests.presets.vtiger import Vtiger

VIEWS = ("my-contacts", "all-contacts", "accounts", "leads", "meetings", "calls", "tasks", "opportunities")


def test_users_have_their_addresses_and_zones(vtiger: Vtiger) -> None:
    anna, bob = (principal(vtiger.gateway.opened, login) for login in ("anna", "bob"))
    assert (anna.name, anna.address, anna.timezone) == ("Anna Schmidt", "anna@crm.example", "Europe/Berlin")
    assert (bob.name, bob.address, bob.timezone) == ("Bob Miller", "bob@crm.example", "America/New_York")
    users = vtiger.gateway.opened.database.read_now(vtiger.gateway.opened.users.all)
    assert sorted(user.login for user in users) == ["admin", "anna", "bob"]


def test_a_contact_is_a_card_of_five_tables(vtiger: Vtiger) -> None:
    (erika,) = vtiger.anna.documents("my-contacts").values()
    lines(
        erika,
        "FN:Dr. Erika Mustermann" if vtiger.is_new else "FN:Erika Mustermann",
        "N:Mustermann;Erika;;Dr.;" if vtiger.is_new else "N:Mustermann;Erika;;;",
        "ORG:Nordwind GmbH;Purchasing",
        "TITLE:Head of Purchasing",
        "EMAIL:erika.mustermann@nordwind.example",
        "EMAIL:erika@privat.example",
        "TEL;TYPE=WORK:+49 40 123456-12",
        "TEL;TYPE=CELL:+49 171 5550001",
        "TEL;TYPE=HOME:+49 40 777",
        "TEL;TYPE=FAX:+49 40 123456-98",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;HH;20457;Germany",
        "ADR;TYPE=HOME:;;Privatweg 5;Hamburg;;22765;Germany",
        "BDAY:1980-05-17",
        "NOTE:Met at fair.\\nPrefers e-mail\\; speaks 日本語 & Français.",
        "X-CUSTOMER-NUMBER:KD-4711",
        "X-SEGMENT:A-Kunde",
    )
    assert erika.index("erika.mustermann@") < erika.index("erika@privat")
    (photo,) = re.findall(r"PHOTO;([^:]*):(\S+)", erika)
    assert photo[0] == "ENCODING=b;TYPE=PNG"
    assert base64.b64decode(photo[1]).startswith(b"\x89PNG")
    assert ("X-CRM-SALUTATION:Sehr geehrte Frau Dr." in erika) is not vtiger.is_new


def test_contacts_are_their_owners_and_their_groups_and_deleted_ones_nobodys(vtiger: Vtiger) -> None:
    theirs = vtiger.bob.documents("my-contacts").values()
    lines(one_of(theirs, "O'Brien"), "TITLE:Consultant", "TEL;TYPE=CELL:+1 212 555 0199", "EMAIL:jl.obrien@example.org")
    lines(one_of(theirs, "Tom Team"), "EMAIL:tom@example.org")
    assert len(theirs) == 2
    everybody = vtiger.anna.documents("all-contacts").values()
    assert len(everybody) == 3
    assert not any("Gerda" in card for card in everybody)


def test_accounts_and_leads_are_cards(vtiger: Vtiger) -> None:
    accounts = vtiger.bob.documents("accounts").values()
    lines(
        one_of(accounts, "Nordwind"),
        "ORG:Nordwind GmbH",
        "EMAIL:info@nordwind.example",
        "TEL;TYPE=WORK:+49 40 123456-0",
        "TEL;TYPE=FAX:+49 40 123456-99",
        "URL:https://www.nordwind.example",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;HH;20457;Germany",
        "ADR:;;Lagerweg 3;Hamburg;;21079;Germany",
        'NOTE:Key account.\\nSince 2019 – "A" customer\\; 100 % on time.',
    )
    lines(one_of(accounts, "Müller"), "ORG:Müller & Söhne KG", "ADR;TYPE=WORK:;;;München;;;Germany")
    (lead,) = vtiger.anna.documents("leads").values()
    lines(
        lead,
        "N:Lead;Lara;;;",
        "ORG:Prospect AG",
        "TITLE:CEO",
        "EMAIL:lara@prospect.example",
        "TEL;TYPE=WORK:+41 44 000",
        "ADR;TYPE=WORK:;;Bahnhofstr. 1;Zürich;;8001;Switzerland",
    )
    assert vtiger.bob.documents("leads") == {}


def test_a_meeting_has_its_times_its_people_and_its_reminder(vtiger: Vtiger) -> None:
    kick_off = one_of(vtiger.anna.documents("meetings").values(), "Kick-off")
    lines(
        kick_off,
        "DTSTART:20260310T090000Z",
        "DTEND:20260310T103000Z",
        "LOCATION:Hamburg\\, Raum 3",
        "DESCRIPTION:Agenda:\\n1. Intro\\n2. Plan",
        "ORGANIZER;CN=Anna Schmidt:mailto:anna@crm.example",
        "ATTENDEE;CN=Anna Schmidt;PARTSTAT=ACCEPTED:mailto:anna@crm.example",
        "ATTENDEE;CN=Bob Miller:mailto:bob@crm.example",
        "ATTENDEE;CN=Erika Mustermann:mailto:erika.mustermann@nordwind.example",
        "ATTENDEE;CN=Jean-Luc O'Brien:mailto:jl.obrien@example.org",
        "TRIGGER:-PT15M",
    )
    assert "CLASS:" not in kick_off
    assert list(vtiger.bob.documents("meetings").values()) == [kick_off]


def test_a_private_meeting_says_so_and_one_without_guests_names_nobody(vtiger: Vtiger) -> None:
    dentist = one_of(vtiger.anna.documents("meetings").values(), "Private dentist")
    lines(dentist, "DTSTART:20260701T120000Z", "DTEND:20260701T130000Z", "CLASS:PRIVATE")
    assert "ATTENDEE" not in dentist


def test_every_occurrence_of_a_series_is_an_event(vtiger: Vtiger) -> None:
    weekly = [one for one in vtiger.anna.documents("meetings").values() if "Weekly jour fixe" in one]
    starts = sorted(line for one in weekly for line in one.split("\r\n") if line.startswith("DTSTART"))
    # vtiger repeats by the clock of UTC: the last is an hour later in Berlin.
    assert starts == [f"DTSTART:202603{day}T080000Z" for day in ("02", "09", "16", "23", "30")]
    assert not any("RRULE" in one for one in weekly)


def test_calls_are_events_and_tasks_are_tasks(vtiger: Vtiger) -> None:
    (call,) = vtiger.bob.documents("calls").values()
    lines(
        call,
        "SUMMARY:Call Erika",
        "DTSTART:20260309T140000Z",
        "DTEND:20260309T141500Z",
        "DESCRIPTION:Discussed offer",
        "ATTENDEE;CN=Erika Mustermann:mailto:erika.mustermann@nordwind.example",
    )
    assert vtiger.anna.documents("calls") == {}
    (offer,) = vtiger.anna.documents("tasks").values()
    lines(offer, "SUMMARY:Send offer to Erika", "DUE;VALUE=DATE:20260312", "DTSTART;VALUE=DATE:20260309", "PRIORITY:1")
    lines(offer, "DESCRIPTION:Include discount")
    assert "STATUS:COMPLETED" not in offer
    (website,) = vtiger.bob.documents("tasks").values()
    lines(website, "SUMMARY:Update website entry", "DUE;VALUE=DATE:20260205", "PRIORITY:9", "STATUS:COMPLETED")


def test_an_open_opportunity_is_due_when_it_is_to_close(vtiger: Vtiger) -> None:
    (rollout,) = vtiger.anna.documents("opportunities").values()
    lines(
        rollout,
        "SUMMARY:Nordwind – Q1 roll-out",
        "DUE;VALUE=DATE:20260331",
        "PERCENT-COMPLETE:60",
        "STATUS:IN-PROCESS",
        "DESCRIPTION:First phase",
        "X-CRM-AMOUNT:25000",
        "X-CRM-ACCOUNT:Nordwind GmbH",
    )
    assert vtiger.bob.documents("opportunities") == {}


def test_e_mails_stand_where_their_owner_looks(vtiger: Vtiger) -> None:
    (answer,) = vtiger.anna.messages("INBOX")
    assert answer.subject == "AW: Your offer 2026-001"
    lines(
        answer.text,
        "From: erika.mustermann@nordwind.example",
        "To: anna@crm.example",
        "Date: Fri, 06 Mar 2026 07:45:00 +0000",
    )
    assert "Danke, sieht gut aus. Grüße, Erika" in answer.parsed.get_content()
    (offer,) = vtiger.anna.messages("Sent")
    lines(
        offer.text,
        "From: anna@crm.example",
        "To: erika.mustermann@nordwind.example",
        "Cc: bob@crm.example",
        "Subject: Your offer 2026-001",
        "Date: Thu, 05 Mar 2026 13:20:00 +0000",
    )
    body = offer.parsed.get_body(("html",))
    assert body is not None
    assert "please find our <b>offer</b> attached." in body.get_content()
    (file,) = offer.parsed.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("Angebot 2026-001.pdf", "application/pdf")
    assert len(file.get_content()) == 77
    assert vtiger.bob.messages("INBOX") == vtiger.bob.messages("Sent") == []


def test_nothing_of_the_crm_is_changed_by_looking(vtiger: Vtiger) -> None:
    before = vtiger.tables()
    for user in (vtiger.anna, vtiger.bob):
        for view in VIEWS:
            user.documents(view)
        for mailbox in ("INBOX", "Sent"):
            user.messages(mailbox)
    assert vtiger.changed(before) == {}


CHANGES = [
    ("UPDATE vtiger_contactaddress SET mailingcity = 'Kiel' WHERE contactaddressid = 4",
     {"contact-4.vcf"}, "12;Kiel;HH"),
    ("UPDATE vtiger_contactsubdetails SET homephone = '+49 40 778' WHERE contactsubscriptionid = 4",
     {"contact-4.vcf"}, "TEL;TYPE=HOME:+49 40 778"),
    ("UPDATE vtiger_contactscf SET cf_854 = 'B' WHERE contactid = 4", {"contact-4.vcf"}, "X-SEGMENT:B"),
    ("UPDATE vtiger_crmentity SET description = 'Neu' WHERE crmid = 5", {"contact-5.vcf"}, "NOTE:Neu"),
    ("UPDATE vtiger_account SET accountname = 'Südwind' WHERE accountid = 2",
     {"account-2.vcf", "contact-4.vcf", "opportunity-9.ics"}, "Südwind"),
    ("UPDATE vtiger_accountshipads SET ship_city = 'Kiel' WHERE accountaddressid = 2",
     {"account-2.vcf"}, "Lagerweg 3;Kiel"),
    ("UPDATE vtiger_leadaddress SET mobile = '+41 79 1' WHERE leadaddressid = 8",
     {"lead-8.vcf"}, "TEL;TYPE=CELL:+41 79 1"),
    ("UPDATE vtiger_activity SET location = 'Oslo' WHERE activityid = 10", {"meeting-10.ics"}, "LOCATION:Oslo"),
    ("UPDATE vtiger_activity_reminder SET reminder_time = 30 WHERE activity_id = 10",
     {"meeting-10.ics"}, "TRIGGER:-PT30M"),
    ("DELETE FROM vtiger_cntactivityrel WHERE activityid = 10 AND contactid = 5", {"meeting-10.ics"}, "Kick-off"),
    ("UPDATE vtiger_contactdetails SET email = 'e@neu.example' WHERE contactid = 4",
     {"contact-4.vcf", "meeting-10.ics"}, "e@neu.example"),
    ("UPDATE vtiger_activity SET status = 'In Progress' WHERE activityid = 18", {"task-18.ics"}, "STATUS:IN-PROCESS"),
    ("UPDATE vtiger_potential SET amount = 30000 WHERE potentialid = 9",
     {"opportunity-9.ics"}, "X-CRM-AMOUNT:30000"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "concerned", "text"), CHANGES)
def test_a_change_by_sql_reaches_the_entries_it_concerns_and_no_other(
    vtiger: Vtiger, statement: str, concerned: set[str], text: str
) -> None:
    before = {name: vtiger.anna.etags(name) for name in VIEWS}
    vtiger.sql(statement)
    after = {name: vtiger.anna.etags(name) for name in VIEWS}
    assert {name: set(after[name]) for name in VIEWS} == {name: set(before[name]) for name in VIEWS}
    moved = {(name, href) for name in VIEWS for href in after[name] if after[name][href] != before[name][href]}
    assert {href for _, href in moved} == concerned
    assert all(text in vtiger.anna.get(name, href) for name, href in moved)


def test_an_invitation_by_sql_opens_the_meeting_to_the_invited(vtiger: Vtiger) -> None:
    status = "(activityid, inviteeid, status) VALUES (11, 6, 'sent')" if vtiger.is_new else "VALUES (11, 6)"
    before = vtiger.anna.etags("tasks")
    vtiger.sql(f"INSERT INTO vtiger_invitees {status}")
    assert any("Private dentist" in one for one in vtiger.bob.documents("meetings").values())
    vtiger.sql("DELETE FROM vtiger_invitees WHERE activityid = 11")
    assert not any("Private dentist" in one for one in vtiger.bob.documents("meetings").values())
    assert vtiger.anna.etags("tasks") == before


def test_who_joins_a_group_sees_what_is_the_groups(vtiger: Vtiger) -> None:
    group = vtiger.row("SELECT smownerid FROM vtiger_crmentity WHERE crmid = 7")["smownerid"]
    assert not any("Tom Team" in card for card in vtiger.anna.documents("my-contacts").values())
    vtiger.sql("INSERT INTO vtiger_users2group (groupid, userid) VALUES (:group, 5)", group=group)
    assert any("Tom Team" in card for card in vtiger.anna.documents("my-contacts").values())
    vtiger.sql("DELETE FROM vtiger_users2group WHERE groupid = :group AND userid = 5", group=group)
    assert not any("Tom Team" in card for card in vtiger.anna.documents("my-contacts").values())


def test_a_deletion_by_sql_and_a_conversion_take_an_entry_away(vtiger: Vtiger) -> None:
    vtiger.sql("UPDATE vtiger_leaddetails SET converted = 1 WHERE leadid = 8")
    assert vtiger.anna.etags("leads") == {}
    vtiger.sql("UPDATE vtiger_leaddetails SET converted = 0 WHERE leadid = 8")
    assert len(vtiger.anna.etags("leads")) == 1
    vtiger.sql("UPDATE vtiger_crmentity SET deleted = 1 WHERE crmid = 5")
    assert len(vtiger.bob.etags("my-contacts")) == 1
    vtiger.sql("UPDATE vtiger_crmentity SET deleted = 0 WHERE crmid = 5")
    assert len(vtiger.bob.etags("my-contacts")) == 2


def test_a_record_removed_for_good_is_gone_although_its_tables_are_emptied_by_foreign_keys(vtiger: Vtiger) -> None:
    # A cascade fires no trigger: the one on the record's own table has to do.
    assert len(vtiger.bob.etags("tasks")) == 1
    vtiger.sql("DELETE FROM vtiger_crmentity WHERE crmid = 19")
    assert vtiger.bob.etags("tasks") == {}


def test_every_trigger_is_there(vtiger: Vtiger) -> None:
    triggers = vtiger.gateway.opened.setup.triggers
    assert vtiger.gateway.opened.database.read_now(triggers.lacking).all == []
