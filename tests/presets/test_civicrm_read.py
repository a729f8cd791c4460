"""The sample company of CiviCRM as it is served by HTTP and IMAP; and what SQL beside the gateway changes."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from storage.crm.soundness import look
from storage.opened import Opened
from tests.crm import principal
from tests.presets.documents import lines, one_of
from tests.presets.served import Served, User, served

BOOKS = ("contacts", "organisations", "households")
CALENDARS = ("meetings", "calls", "tasks")
Etags = dict[str, dict[str, str]]


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


def etags(*users: User) -> Etags:
    """Every collection of these users."""
    return {f"{one.login}/{view}": one.etags(view) for one in users for view in (*BOOKS, *CALENDARS)}


def moved(before: Etags, after: Etags) -> dict[str, list[str]]:
    """The documents of each collection that are not what they were."""
    found = {
        view: [
            href for href in before[view].keys() | after[view].keys() if before[view].get(href) != after[view].get(href)
        ]
        for view in after
    }
    return {view: hrefs for view, hrefs in found.items() if hrefs}


def test_users_are_contacts_with_an_account(civi: Opened) -> None:
    anna, bob = (principal(civi, f"{name}@crm.example") for name in ("anna", "bob"))
    assert (anna.id, anna.name, anna.address) == ("203", "Anna Schmidt", "anna@crm.example")
    assert (bob.id, bob.name, bob.address) == ("204", "Bob Miller", "bob@crm.example")


def test_individuals_are_cards_and_deleted_ones_are_not(anna: User, bob: User) -> None:
    cards = anna.documents("contacts").values()
    lines(
        one_of(cards, "Mustermann"),
        "FN:Dr. Erika Mustermann",
        "N:Mustermann;Erika;;Dr.;",
        "ORG:Nordwind GmbH",
        "TITLE:Head of Purchasing",
        "EMAIL;TYPE=WORK:erika.mustermann@nordwind.example",
        "EMAIL;TYPE=HOME:Erika@privat.example",
        "TEL;TYPE=WORK:+49 40 123456-12",
        "TEL;TYPE=WORK;TYPE=CELL:+49 171 5550001",
        "TEL;TYPE=HOME:+49 40 777",
        "TEL;TYPE=WORK;TYPE=FAX:+49 40 123456-98",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;HH;20457;Germany",
        "ADR;TYPE=HOME:;;Privatweg 5;Hamburg;HH;22765;Germany",
        "BDAY:1980-05-17",
        "NOTE:Met at fair.\\nPrefers e-mail\\; speaks 日本語 & Français.",
        "X-CUSTOMER-NUMBER:KD-4711",
        "X-SEGMENT:A-Kunde",
    )
    lines(
        one_of(cards, "O'Brien"),
        "FN:Mr. Jean-Luc O'Brien",
        "N:O'Brien;Jean-Luc;;Mr.;",
        "TITLE:Consultant",
        "TEL;TYPE=CELL:+1 212 555 0199",
        "EMAIL:jl.obrien@example.org",
    )
    assert "ORG" not in one_of(cards, "O'Brien")
    assert not any("Gerda" in card for card in cards)
    assert sorted(bob.documents("contacts").values()) == sorted(cards)


def test_a_photo_is_the_file_that_its_address_names(anna: User) -> None:
    erika = one_of(anna.documents("contacts").values(), "Mustermann")
    (photo,) = [line for line in erika.split("\r\n") if line.startswith("PHOTO")]
    assert base64.b64decode(photo.rpartition(":")[2]).endswith(b"Erika")


def test_the_preferred_value_stands_first(anna: User) -> None:
    erika = one_of(anna.documents("contacts").values(), "Mustermann")
    assert erika.index("erika.mustermann@") < erika.index("Erika@privat")
    assert erika.index("Hafenstraße") < erika.index("Privatweg")


def test_organisations_and_households_are_cards_of_their_own(gateway: Served, anna: User) -> None:
    companies = anna.documents("organisations").values()
    lines(
        one_of(companies, "Nordwind"),
        "FN:Nordwind GmbH",
        "ORG:Nordwind GmbH",
        "TEL;TYPE=WORK:+49 40 123456-0",
        "TEL;TYPE=WORK;TYPE=FAX:+49 40 123456-99",
        "EMAIL;TYPE=WORK:info@nordwind.example",
        "URL;TYPE=WORK:https://www.nordwind.example",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;HH;20457;Germany",
    )
    lines(one_of(companies, "ller &"), "ORG:Müller & Söhne KG", "ADR;TYPE=WORK:;;;München;;;Germany")
    for view, kind in (("contacts", "Individual"), ("organisations", "Organization"), ("households", "Household")):
        (count,) = gateway.rows(
            "SELECT count(*) AS n FROM civicrm_contact WHERE contact_type = :kind AND is_deleted = 0", kind=kind
        )
        assert len(anna.etags(view)) == count["n"]
    lines(one_of(anna.documents("households").values(), "Dimitrov"), "FN:Dimitrov family", "ORG:Dimitrov family")


def test_meetings_have_their_source_assignees_and_targets(anna: User, bob: User) -> None:
    meetings = anna.documents("meetings").values()
    assert len(meetings) == 7
    lines(
        one_of(meetings, "Kick-off"),
        "SUMMARY:Kick-off Nordwind",
        "DTSTART:20260310T090000Z",
        "DTEND:20260310T103000Z",
        "LOCATION:Hamburg\\, Raum 3",
        "DESCRIPTION:Agenda:\\n1. Intro\\n2. Plan",
        "ORGANIZER;CN=Anna Schmidt:mailto:anna@crm.example",
        "ATTENDEE;CN=Anna Schmidt:mailto:anna@crm.example",
        "ATTENDEE;CN=Bob Miller:mailto:bob@crm.example",
        "ATTENDEE;CN=Dr. Erika Mustermann:mailto:erika.mustermann@nordwind.example",
        "ATTENDEE;CN=Mr. Jean-Luc O'Brien:mailto:jl.obrien@example.org",
    )
    lines(one_of(meetings, "dentist"), "DTSTART:20260701T120000Z", "DTEND:20260701T130000Z")
    assert list(bob.documents("meetings").values()) == [one_of(meetings, "Kick-off")]


def test_a_series_of_copies_keeps_its_clock_over_the_change_to_summer_time(anna: User) -> None:
    weekly = [one for one in anna.documents("meetings").values() if "jour fixe" in one]
    starts = sorted(line for one in weekly for line in one.split("\r\n") if line.startswith("DTSTART"))
    assert starts == [f"DTSTART:202603{day}T0{hour}0000Z" for day, hour in zip(
        ("02", "09", "16", "23", "30"), (8, 8, 8, 8, 7), strict=True
    )]  # fmt: skip


def test_calls_are_events_and_follow_ups_are_tasks(anna: User, bob: User) -> None:
    (call,) = bob.documents("calls").values()
    lines(
        call,
        "SUMMARY:Call Erika",
        "DTSTART:20260309T140000Z",
        "DTEND:20260309T141500Z",
        "DESCRIPTION:Discussed offer",
        "ORGANIZER;CN=Bob Miller:mailto:bob@crm.example",
        "ATTENDEE;CN=Dr. Erika Mustermann:mailto:erika.mustermann@nordwind.example",
    )
    assert anna.documents("calls") == {}
    (offer,) = anna.documents("tasks").values()
    lines(offer, "SUMMARY:Send offer to Erika", "DUE:20260312T170000Z", "PRIORITY:1", "DESCRIPTION:Include discount")
    (website,) = bob.documents("tasks").values()
    lines(website, "SUMMARY:Update website entry", "DUE:20260205T170000Z", "STATUS:COMPLETED", "PRIORITY:9")


def test_emails_stand_where_their_people_look(anna: User, bob: User) -> None:
    (answer,) = anna.messages("INBOX")
    assert answer.subject == "AW: Your offer 2026-001"
    assert str(answer.parsed["From"]) == '"Dr. Erika Mustermann" <erika.mustermann@nordwind.example>'
    assert str(answer.parsed["To"]) == "Anna Schmidt <anna@crm.example>"
    assert str(answer.parsed["Date"]) == "Fri, 06 Mar 2026 07:45:00 +0000"
    assert "Grüße, Erika" in answer.parsed.get_content()
    (offer,) = anna.messages("Sent")
    assert str(offer.parsed["From"]) == "Anna Schmidt <anna@crm.example>"
    assert str(offer.parsed["To"]) == '"Dr. Erika Mustermann" <erika.mustermann@nordwind.example>'
    assert str(offer.parsed["Date"]) == "Thu, 05 Mar 2026 13:20:00 +0000"
    assert "<b>offer</b>" in offer.text
    (file,) = offer.parsed.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("Angebot 2026-001", "application/pdf")
    assert file.get_content() == b"%PDF-1.4 Angebot"
    assert bob.messages("INBOX") == bob.messages("Sent") == []


def test_every_row_of_every_entity_can_be_served(civi: Opened) -> None:
    for entity in civi.crm.entities.values():
        looked = civi.database.read_now(lambda connection, one=entity: look(civi.crm, one, connection))  # type: ignore[misc]
        assert (entity.name, looked.bad) == (entity.name, {})
        assert looked.count > 0 or entity.name == "email"


def test_every_trigger_is_there_beside_the_products_own(gateway: Served) -> None:
    triggers = gateway.opened.setup.triggers
    assert gateway.opened.database.read_now(triggers.lacking).all == []
    own = gateway.rows("SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = database() "
                       "AND trigger_name LIKE 'civicrm\\_%'")  # fmt: skip
    assert len(own) == 31


OF_CONTACTS = ["anna@crm.example/contacts", "bob@crm.example/contacts"]
CHANGES = [
    ("UPDATE civicrm_email SET email = 'erika@new.example' WHERE email = 'erika.mustermann@nordwind.example'",
     "contacts", "EMAIL;TYPE=WORK:erika@new.example", [*OF_CONTACTS, "anna@crm.example/meetings", "bob@crm.example/meetings", "bob@crm.example/calls"]),
    ("UPDATE civicrm_phone SET phone = '+49 40 778' WHERE phone = '+49 40 777'", "contacts", "TEL;TYPE=HOME:+49 40 778", OF_CONTACTS),
    ("UPDATE civicrm_address SET city = 'Altona' WHERE street_address = 'Privatweg 5'", "contacts", "ADR;TYPE=HOME:;;Privatweg 5;Altona;HH;22765;Germany", OF_CONTACTS),
    ("UPDATE civicrm_note SET note = 'Gone fishing' WHERE subject = 'Background'", "contacts", "NOTE:Gone fishing", OF_CONTACTS),
    ("UPDATE civicrm_value_gateway_4 SET segment_8 = 'B'", "contacts", "X-SEGMENT:B-Kunde", OF_CONTACTS),
    ("INSERT INTO civicrm_website (contact_id, url, website_type_id) VALUES (207, 'https://erika.example', 2)", "contacts", "URL:https://erika.example", OF_CONTACTS),
    ("UPDATE civicrm_website SET url = 'https://new.example' WHERE contact_id = 205", "organisations", "URL;TYPE=WORK:https://new.example",
     ["anna@crm.example/organisations", "bob@crm.example/organisations"]),
    ("DELETE FROM civicrm_activity_contact WHERE activity_id = 1001 AND contact_id = 208", "meetings", "SUMMARY:Kick-off Nordwind",
     ["anna@crm.example/meetings", "bob@crm.example/meetings"]),
    ("UPDATE civicrm_activity SET duration = 120 WHERE id = 1001", "meetings", "DTEND:20260310T110000Z",
     ["anna@crm.example/meetings", "bob@crm.example/meetings"]),
    ("UPDATE civicrm_activity SET status_id = 2 WHERE id = 1004", "tasks", "STATUS:COMPLETED", ["anna@crm.example/tasks"]),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "view", "line", "touched"), CHANGES)
def test_a_change_by_sql_reaches_the_entries_it_concerns_and_no_other(
    gateway: Served, anna: User, bob: User, statement: str, view: str, line: str, touched: list[str]
) -> None:
    before = etags(anna, bob)
    assert gateway.sql(statement) == 1
    found = moved(before, etags(anna, bob))
    assert sorted(found) == sorted(touched)
    assert all(len(hrefs) == 1 for hrefs in found.values())
    lines(anna.get(view, found[f"anna@crm.example/{view}"][0]), line)


def test_a_renamed_company_shows_in_its_people(gateway: Served, anna: User) -> None:
    before = etags(anna)
    gateway.sql("UPDATE civicrm_contact SET organization_name = 'Südwind', display_name = 'Südwind' WHERE id = 205")
    found = moved(before, etags(anna))
    assert {view: len(hrefs) for view, hrefs in found.items()} == {
        "anna@crm.example/contacts": 1,
        "anna@crm.example/organisations": 1,
    }
    lines(anna.get("contacts", found["anna@crm.example/contacts"][0]), "ORG:Südwind")


def test_an_assignee_who_comes_and_goes_has_the_collection_change(gateway: Served, anna: User, bob: User) -> None:
    before = etags(anna, bob)
    gateway.sql("INSERT INTO civicrm_activity_contact (activity_id, contact_id, record_type_id) VALUES (1004, 204, 1)")
    assert moved(before, etags(anna, bob)).keys() == {"bob@crm.example/tasks"}
    gateway.sql("DELETE FROM civicrm_activity_contact WHERE activity_id = 1004 AND contact_id = 204")
    assert etags(anna, bob) == before


def test_a_target_who_comes_to_an_email_reads_it(gateway: Served, bob: User) -> None:
    gateway.sql("INSERT INTO civicrm_activity_contact (activity_id, contact_id, record_type_id) VALUES (1006, 204, 3)")
    assert [one.subject for one in bob.messages("INBOX")] == ["Your offer 2026-001"]
    gateway.sql("UPDATE civicrm_activity SET is_deleted = 1 WHERE id = 1006")
    assert bob.messages("INBOX") == []


def test_a_contact_who_becomes_another_type_moves_to_the_other_book(gateway: Served, anna: User) -> None:
    before = etags(anna)
    gateway.sql(
        "UPDATE civicrm_contact SET contact_type = 'Organization', organization_name = 'Jean-Luc' WHERE id = 208"
    )
    found = moved(before, etags(anna))
    assert {view: len(hrefs) for view, hrefs in found.items()} == {
        "anna@crm.example/contacts": 1,
        "anna@crm.example/organisations": 1,
    }


def test_triggers_that_civicrm_dropped_come_back_and_what_went_unheard_is_found(gateway: Served, anna: User) -> None:
    # A full rebuild of CiviCRM's own triggers drops every other one on its tables.
    ours = gateway.rows("SELECT trigger_name AS name FROM information_schema.triggers "
                        "WHERE trigger_schema = database() AND trigger_name NOT LIKE 'civicrm\\_%'")  # fmt: skip
    assert len(ours) == len(gateway.opened.setup.triggers.names())
    one_of(anna.documents("contacts").values(), "Mustermann")
    with gateway.opened.database.engine.begin() as connection:
        for one in ours:
            connection.exec_driver_sql(f"DROP TRIGGER `{one['name']}`")
        connection.exec_driver_sql("UPDATE civicrm_phone SET phone = '+49 40 1000' WHERE phone = '+49 40 123456-12'")
    gateway.opened.health.look()
    while gateway.opened.follower.turn():
        pass
    assert gateway.opened.database.read_now(gateway.opened.setup.triggers.lacking).all == []
    assert "TEL;TYPE=WORK:+49 40 1000" in one_of(anna.documents("contacts").values(), "Mustermann")
