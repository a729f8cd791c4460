"""Contacts that a client writes become the rows CiviCRM makes itself, and nothing else in its database changes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.presets.civicrm_rows import changed, contact, holds, of
from tests.presets.documents import card, lines, one_of
from tests.presets.dumps import Snapshot, snapshot
from tests.presets.served import Served, User, served


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


def test_what_civicrm_has_no_room_for_stays_in_the_card(gateway: Served, anna: User) -> None:
    picture = "PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgpBZGE="
    own = (picture, "CATEGORIES:Friends", "EMAIL;TYPE=X-CAR:car@x.example", "ADR;TYPE=HOME:;;Weg 1;Ulm;Swabia;89073;Germany",
           "ADR;TYPE=WORK:;;Rue 1;Paris;;75001;Frankreich")  # fmt: skip
    anna.put("contacts", "k1.vcf", card("UID:k1", "FN:Sir Kurt Kern", "N:Kern;Kurt;;Sir;", *own))
    kurt = contact(gateway, "Kern")
    holds(kurt, prefix_id=None, image_URL=None, display_name="Kurt Kern")
    assert of(gateway, "civicrm_address", kurt, "city, state_province_id, country_id") == [
        ("Ulm", None, 1082),
        ("Paris", None, None),
    ]
    lines(anna.get("contacts", "k1.vcf"), "N:Kern;Kurt;;Sir;", *own)
    gateway.sql("UPDATE civicrm_address SET city = 'Neu-Ulm' WHERE contact_id = :key AND city = 'Ulm'", key=kurt["id"])
    lines(anna.get("contacts", "k1.vcf"), "ADR;TYPE=HOME:;;Weg 1;Neu-Ulm;;89073;Germany", *own[:3], own[4])


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
