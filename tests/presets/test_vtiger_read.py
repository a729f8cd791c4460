"""The sample company of vtiger 8 and berliCRM as it is served, and what SQL beside the gateway changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crm import principal
from tests.presets.documents import lines, one_of
from tests.presets.vtiger import PRODUCTS, Vtiger, behind_its_preset

VIEWS = ("my-contacts", "all-contacts", "accounts", "leads", "meetings", "calls", "tasks", "opportunities")


@pytest.fixture(scope="module", params=PRODUCTS)
def crm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vtiger]:
    server = request.getfixturevalue("mariadb_server")
    with behind_its_preset(request.param, server, tmp_path_factory.mktemp("mapping")) as one:
        yield one


def test_users_have_their_addresses_and_zones(crm: Vtiger) -> None:
    anna, bob = (principal(crm.gateway.opened, login) for login in ("anna", "bob"))
    assert (anna.name, anna.address, anna.timezone) == ("Anna Schmidt", "anna@crm.example", "Europe/Berlin")
    assert (bob.name, bob.address, bob.timezone) == ("Bob Miller", "bob@crm.example", "America/New_York")
    users = crm.gateway.opened.database.read_now(crm.gateway.opened.users.all)
    assert sorted(user.login for user in users) == ["admin", "anna", "bob"]


def test_a_contact_is_a_card_of_five_tables(crm: Vtiger) -> None:
    (erika,) = crm.anna.documents("my-contacts").values()
    lines(
        erika,
        "FN:Dr. Erika Mustermann" if crm.is_new else "FN:Erika Mustermann",
        "N:Mustermann;Erika;;Dr.;" if crm.is_new else "N:Mustermann;Erika;;;",
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
    assert ("X-CRM-SALUTATION:Sehr geehrte Frau Dr." in erika) is not crm.is_new


def test_contacts_are_their_owners_and_their_groups_and_deleted_ones_nobodys(crm: Vtiger) -> None:
    theirs = crm.bob.documents("my-contacts").values()
    lines(one_of(theirs, "O'Brien"), "TITLE:Consultant", "TEL;TYPE=CELL:+1 212 555 0199", "EMAIL:jl.obrien@example.org")
    lines(one_of(theirs, "Tom Team"), "EMAIL:tom@example.org")
    assert len(theirs) == 2
    everybody = crm.anna.documents("all-contacts").values()
    assert len(everybody) == 3
    assert not any("Gerda" in card for card in everybody)


def test_accounts_and_leads_are_cards(crm: Vtiger) -> None:
    accounts = crm.bob.documents("accounts").values()
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
    (lead,) = crm.anna.documents("leads").values()
    lines(
        lead,
        "N:Lead;Lara;;;",
        "ORG:Prospect AG",
        "TITLE:CEO",
        "EMAIL:lara@prospect.example",
        "TEL;TYPE=WORK:+41 44 000",
        "ADR;TYPE=WORK:;;Bahnhofstr. 1;Zürich;;8001;Switzerland",
    )
    assert crm.bob.documents("leads") == {}


def test_a_meeting_has_its_times_its_people_and_its_reminder(crm: Vtiger) -> None:
    kick_off = one_of(crm.anna.documents("meetings").values(), "Kick-off")
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
    assert list(crm.bob.documents("meetings").values()) == [kick_off]


def test_a_private_meeting_says_so_and_one_without_guests_names_nobody(crm: Vtiger) -> None:
    dentist = one_of(crm.anna.documents("meetings").values(), "Private dentist")
    lines(dentist, "DTSTART:20260701T120000Z", "DTEND:20260701T130000Z", "CLASS:PRIVATE")
    assert "ATTENDEE" not in dentist


def test_every_occurrence_of_a_series_is_an_event(crm: Vtiger) -> None:
    weekly = [one for one in crm.anna.documents("meetings").values() if "Weekly jour fixe" in one]
    starts = sorted(line for one in weekly for line in one.split("\r\n") if line.startswith("DTSTART"))
    # vtiger repeats by the clock of UTC: the last is an hour later in Berlin.
    assert starts == [f"DTSTART:202603{day}T080000Z" for day in ("02", "09", "16", "23", "30")]
    assert not any("RRULE" in one for one in weekly)


def test_calls_are_events_and_tasks_are_tasks(crm: Vtiger) -> None:
    (call,) = crm.bob.documents("calls").values()
    lines(
        call,
        "SUMMARY:Call Erika",
        "DTSTART:20260309T140000Z",
        "DTEND:20260309T141500Z",
        "DESCRIPTION:Discussed offer",
        "ATTENDEE;CN=Erika Mustermann:mailto:erika.mustermann@nordwind.example",
    )
    assert crm.anna.documents("calls") == {}
    (offer,) = crm.anna.documents("tasks").values()
    lines(offer, "SUMMARY:Send offer to Erika", "DUE;VALUE=DATE:20260312", "DTSTART;VALUE=DATE:20260309", "PRIORITY:1")
    lines(offer, "DESCRIPTION:Include discount")
    assert "STATUS:COMPLETED" not in offer
    (website,) = crm.bob.documents("tasks").values()
    lines(website, "SUMMARY:Update website entry", "DUE;VALUE=DATE:20260205", "PRIORITY:9", "STATUS:COMPLETED")


def test_an_open_opportunity_is_due_when_it_is_to_close(crm: Vtiger) -> None:
    (rollout,) = crm.anna.documents("opportunities").values()
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
    assert crm.bob.documents("opportunities") == {}


def test_e_mails_stand_where_their_owner_looks(crm: Vtiger) -> None:
    (answer,) = crm.anna.messages("INBOX")
    assert answer.subject == "AW: Your offer 2026-001"
    lines(
        answer.text,
        "From: erika.mustermann@nordwind.example",
        "To: anna@crm.example",
        "Date: Fri, 06 Mar 2026 07:45:00 +0000",
    )
    assert "Danke, sieht gut aus. Grüße, Erika" in answer.parsed.get_content()
    (offer,) = crm.anna.messages("Sent")
    lines(
        offer.text,
        "From: anna@crm.example",
        "To: erika.mustermann@nordwind.example",
        "Cc: bob@crm.example",
        "Subject: Your offer 2026-001",
        "Date: Thu, 05 Mar 2026 13:20:00 +0000",
    )
    assert "please find our <b>offer</b> attached." in offer.parsed.get_content()
    assert crm.bob.messages("INBOX") == crm.bob.messages("Sent") == []


def test_nothing_of_the_crm_is_changed_by_looking(crm: Vtiger) -> None:
    before = crm.tables()
    for user in (crm.anna, crm.bob):
        for view in VIEWS:
            user.documents(view)
        for mailbox in ("INBOX", "Sent"):
            user.messages(mailbox)
    assert crm.changed(before) == {}


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
    crm: Vtiger, statement: str, concerned: set[str], text: str
) -> None:
    before = {name: crm.anna.etags(name) for name in VIEWS}
    crm.sql(statement)
    after = {name: crm.anna.etags(name) for name in VIEWS}
    assert {name: set(after[name]) for name in VIEWS} == {name: set(before[name]) for name in VIEWS}
    moved = {(name, href) for name in VIEWS for href in after[name] if after[name][href] != before[name][href]}
    assert {href for _, href in moved} == concerned
    assert all(text in crm.anna.get(name, href) for name, href in moved)


def test_an_invitation_by_sql_opens_the_meeting_to_the_invited(crm: Vtiger) -> None:
    status = "(activityid, inviteeid, status) VALUES (11, 6, 'sent')" if crm.is_new else "VALUES (11, 6)"
    before = crm.anna.etags("tasks")
    crm.sql(f"INSERT INTO vtiger_invitees {status}")
    assert any("Private dentist" in one for one in crm.bob.documents("meetings").values())
    crm.sql("DELETE FROM vtiger_invitees WHERE activityid = 11")
    assert not any("Private dentist" in one for one in crm.bob.documents("meetings").values())
    assert crm.anna.etags("tasks") == before


def test_a_deletion_by_sql_and_a_conversion_take_an_entry_away(crm: Vtiger) -> None:
    crm.sql("UPDATE vtiger_leaddetails SET converted = 1 WHERE leadid = 8")
    assert crm.anna.etags("leads") == {}
    crm.sql("UPDATE vtiger_leaddetails SET converted = 0 WHERE leadid = 8")
    assert len(crm.anna.etags("leads")) == 1
    crm.sql("UPDATE vtiger_crmentity SET deleted = 1 WHERE crmid = 5")
    assert len(crm.bob.etags("my-contacts")) == 1
    crm.sql("UPDATE vtiger_crmentity SET deleted = 0 WHERE crmid = 5")
    assert len(crm.bob.etags("my-contacts")) == 2


def test_a_record_removed_for_good_is_gone_although_its_tables_are_emptied_by_foreign_keys(crm: Vtiger) -> None:
    # A cascade fires no trigger: the one on the record's own table has to do.
    assert len(crm.bob.etags("tasks")) == 1
    crm.sql("DELETE FROM vtiger_crmentity WHERE crmid = 19")
    assert crm.bob.etags("tasks") == {}


def test_every_trigger_is_there(crm: Vtiger) -> None:
    triggers = crm.gateway.opened.setup.triggers
    assert crm.gateway.opened.database.read_now(triggers.lacking).all == []
