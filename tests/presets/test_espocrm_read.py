"""The sample company of EspoCRM as it is served, on both of its databases; and what SQL beside the gateway changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.crm import principal
from tests.presets.documents import lines, one_of
from tests.presets.served import Served, User, served

BOOKS = ("my-contacts", "all-contacts", "accounts", "leads")
CALENDARS = ("meetings", "calls", "tasks", "opportunities")


@pytest.fixture(scope="module")
def gateway(espo: Opened) -> Iterator[Served]:
    with served(espo) as one:
        yield one


def documents(user: User, view: str) -> list[str]:
    """Every document of a collection, unfolded."""
    return list(user.documents(view).values())


def mail(user: User, mailbox: str) -> list[str]:
    """Every message of a mailbox."""
    return [one.text for one in user.messages(mailbox)]


def test_a_user_has_the_address_and_the_zone_of_other_tables(espo: Opened) -> None:
    anna, bob = principal(espo, "anna"), principal(espo, "bob")
    assert (anna.name, anna.address, anna.timezone) == ("Anna Schmidt", "anna@crm.example", "Europe/Berlin")
    assert (bob.name, bob.address, bob.timezone) == ("Bob Miller", "bob@crm.example", "America/New_York")
    by_address = espo.database.read_now(lambda connection: espo.users.find(connection, "Bob@crm.example"))
    assert by_address is not None
    assert by_address[0] == bob
    logins = [user.login for user in espo.database.read_now(espo.users.all)]
    assert sorted(logins) == ["admin", "anna", "bob"]


def test_the_contacts_are_cards_and_deleted_ones_are_not(gateway: Served, anna: User, bob: User) -> None:
    everybody = documents(anna, "all-contacts")
    assert len(everybody) == 2
    assert not any("Gerda" in card for card in everybody)
    (erika,) = documents(anna, "my-contacts")
    lines(
        erika,
        "FN:Dr. Erika Mustermann",
        "N:Mustermann;Erika;;Dr.;",
        "ORG:Nordwind GmbH",
        "TITLE:Head of Purchasing",
        "EMAIL:erika.mustermann@nordwind.example",
        "EMAIL:Erika@privat.example",
        "TEL;TYPE=WORK:+494012345612",
        "TEL;TYPE=CELL:+491715550001",
        "TEL;TYPE=HOME:+4940777",
        "TEL;TYPE=FAX:+494012345698",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;HH;20457;Germany",
        "NOTE:Met at fair.\\nPrefers e-mail\\; speaks 日本語 & Français.",
    )
    assert erika.index("erika.mustermann@") < erika.index("Erika@privat")
    (jean,) = documents(bob, "my-contacts")
    lines(jean, "N:O'Brien;Jean-Luc;;Mr.;", "TEL;TYPE=CELL:+12125550199", "EMAIL:jl.obrien@example.org")


def test_companies_and_leads_are_cards(gateway: Served, anna: User) -> None:
    companies = documents(anna, "accounts")
    lines(
        one_of(companies, "Nordwind"),
        "ORG:Nordwind GmbH",
        "TEL;TYPE=WORK:+49401234560",
        "TEL;TYPE=FAX:+494012345699",
        "EMAIL:info@nordwind.example",
        "URL:https://www.nordwind.example",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;HH;20457;Germany",
        'NOTE:Key account.\\nSince 2019 – "A" customer\\; 100 % on time.',
    )
    lines(one_of(companies, "Müller"), "ORG:Müller & Söhne KG", "ADR;TYPE=WORK:;;;München;;;Germany")
    (lead,) = documents(anna, "leads")
    lines(lead, "N:Lead;Lara;;Ms.;", "ORG:Prospect AG", "TITLE:CEO", "EMAIL:lara@prospect.example")
    assert "Zürich" in lead


def test_meetings_have_their_times_and_all_who_take_part(gateway: Served, anna: User, bob: User) -> None:
    meetings = documents(anna, "meetings")
    assert len(meetings) == 2
    lines(
        one_of(meetings, "Kick-off"),
        "DTSTART:20260310T090000Z",
        "DTEND:20260310T103000Z",
        "DESCRIPTION:Agenda:\\n1. Intro\\n2. Plan",
        "ORGANIZER;CN=Anna Schmidt:mailto:anna@crm.example",
        "ATTENDEE;CN=Anna Schmidt;PARTSTAT=ACCEPTED:mailto:anna@crm.example",
        "ATTENDEE;CN=Bob Miller:mailto:bob@crm.example",
        "ATTENDEE;CN=Erika Mustermann;PARTSTAT=TENTATIVE:mailto:erika.mustermann@nordwind.example",
        "ATTENDEE;CN=Jean-Luc O'Brien:mailto:jl.obrien@example.org",
    )
    lines(one_of(meetings, "dentist"), "DTSTART:20260701T120000Z", "DTEND:20260701T130000Z")
    theirs = documents(bob, "meetings")
    assert not any("dentist" in meeting for meeting in theirs)
    lines(one_of(theirs, "Spring fair"), "DTSTART;VALUE=DATE:20260402", "DTEND;VALUE=DATE:20260404")
    assert one_of(theirs, "Kick-off") == one_of(meetings, "Kick-off")


def test_calls_are_events_and_tasks_are_tasks(gateway: Served, anna: User, bob: User) -> None:
    (call,) = documents(bob, "calls")
    lines(call, "SUMMARY:Call Erika", "DTSTART:20260309T140000Z", "DTEND:20260309T141500Z")
    assert "erika.mustermann@nordwind.example" in call
    (offer,) = documents(anna, "tasks")
    lines(offer, "SUMMARY:Send offer to Erika", "DUE;VALUE=DATE:20260312", "DTSTART;VALUE=DATE:20260309", "PRIORITY:3")
    (website,) = documents(bob, "tasks")
    lines(website, "DUE:20260205T170000Z", "STATUS:COMPLETED", "PRIORITY:9")
    assert "COMPLETED:20260216T0800" in website


def test_an_open_opportunity_is_due_when_it_is_to_close(gateway: Served, anna: User, bob: User) -> None:
    (rollout,) = documents(anna, "opportunities")
    lines(rollout, "SUMMARY:Nordwind – Q1 roll-out", "DUE;VALUE=DATE:20260331", "DESCRIPTION:First phase")
    assert documents(bob, "opportunities") == []


def test_every_trigger_is_there_and_goes_again(espo: Opened) -> None:
    triggers = espo.setup.triggers
    assert espo.database.read_now(triggers.lacking).all == []
    assert len(triggers.names()) == (4 if triggers.kind == "postgresql" else 3) * len(triggers.watched)


def test_emails_stand_where_their_users_look(gateway: Served, anna: User, bob: User) -> None:
    (answer,) = mail(anna, "INBOX")
    lines(
        answer,
        "From: erika.mustermann@nordwind.example",
        "To: anna@crm.example",
        "Subject: AW: Your offer 2026-001",
        "Date: Fri, 06 Mar 2026 07:45:00 +0000",
        "Message-ID: <re-001@nordwind.example>",
    )
    (offer,) = mail(anna, "Sent")
    lines(offer, "From: anna@crm.example", "To: erika.mustermann@nordwind.example", "Cc: bob@crm.example")
    assert "<b>offer</b>" in offer
    assert mail(bob, "INBOX") == [offer]
    assert mail(bob, "Sent") == []


CHANGES = [
    ("UPDATE email_address SET name = 'erika@new.example', `lower` = 'erika@new.example' "
     "WHERE `lower` = 'erika.mustermann@nordwind.example'", "Mustermann", "EMAIL:erika@new.example"),
    ("UPDATE phone_number SET name = '+4940778' WHERE name = '+4940777'", "Mustermann", "TEL;TYPE=HOME:+4940778"),
    ("UPDATE entity_phone_number SET deleted = NOT deleted WHERE phone_number_id = "
     "(SELECT id FROM phone_number WHERE name = '+494012345698')", "Mustermann", "TITLE:Head of Purchasing"),
    ("UPDATE account_contact SET role = 'CFO'", "Mustermann", "TITLE:CFO"),
    ("UPDATE account SET name = 'Südwind' WHERE name = 'Nordwind GmbH'", "Mustermann", "ORG:Südwind"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "name", "line"), CHANGES)
def test_a_change_by_sql_reaches_the_entry_it_concerns_and_no_other(
    gateway: Served, anna: User, statement: str, name: str, line: str
) -> None:
    before = {view: anna.etags(view) for view in BOOKS if documents(anna, view) is not None}
    gateway.sql(statement)
    after = anna.etags("all-contacts")
    moved = [href for href, etag in after.items() if before["all-contacts"][href] != etag]
    assert len(moved) == 1
    lines(one_of(documents(anna, "all-contacts"), name), line)
    assert anna.etags("leads") == before["leads"]


def test_a_link_removed_by_sql_takes_the_attendee_and_the_collection_away(
    gateway: Served, anna: User, bob: User
) -> None:
    assert len(documents(bob, "meetings")) == 2
    others = anna.etags("tasks")
    gateway.sql("UPDATE meeting_user SET deleted = NOT deleted WHERE user_id = (SELECT id FROM `user` WHERE user_name = 'bob') "
              "AND meeting_id = (SELECT id FROM meeting WHERE name = 'Kick-off Nordwind')")  # fmt: skip
    assert len(documents(bob, "meetings")) == 1
    assert "bob@crm.example" not in one_of(documents(anna, "meetings"), "Kick-off")
    assert anna.etags("tasks") == others


def test_a_users_new_address_is_the_organizers(gateway: Served, anna: User) -> None:
    assert "mailto:anna@crm.example" in one_of(documents(anna, "meetings"), "dentist")
    gateway.sql("UPDATE email_address SET name = 'anna@neu.example', `lower` = 'anna@neu.example' "
              "WHERE `lower` = 'anna@crm.example'")  # fmt: skip
    assert "mailto:anna@neu.example" in one_of(documents(anna, "meetings"), "dentist")
    assert principal(gateway.opened, "anna").address == "anna@neu.example"
