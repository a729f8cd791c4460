"""A card that a client writes becomes the rows SuiteCRM makes itself, and nothing else in its database changes."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.crm import principal
from tests.presets.documents import card
from tests.presets.dumps import Snapshot
from tests.presets.served import Row, Served, User, served
from tests.presets.suitecrm import UUID, changed, grouped, holds, stamped


@pytest.fixture(scope="module")
def gateway(suite: Opened) -> Iterator[Served]:
    with served(suite) as one:
        yield one


@pytest.fixture
def anna_id(suite: Opened) -> str:
    return str(principal(suite, "anna").id)


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
