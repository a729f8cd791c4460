"""Cards that clients write become the rows vtiger 8 and berliCRM make themselves, and nothing else of theirs changes."""

from __future__ import annotations

import base64
import datetime as dt
import re

import pytest

from tests.presets.documents import card
from tests.presets.dumps import Snapshot
from tests.presets.vtiger import PNG, RECORD, Vtiger, entity, holds, key_of, only


@pytest.fixture
def before(vtiger: Vtiger) -> Snapshot:
    return vtiger.tables()


ADA = (
    "UID:ada",
    "FN:Dr. Ada Neu",
    "N:Neu;Ada;;Dr.;",
    "ORG:nordwind gmbh;Sales",
    "TITLE:CTO",
    "EMAIL:ada@neu.example",
    "EMAIL:Ada@privat.example",
    "TEL;TYPE=WORK:+49 30 1234-5",
    "TEL;TYPE=CELL:+49 171 999",
    "TEL;TYPE=FAX:+49 30 1234-6",
    "ADR;TYPE=WORK:;;Am Weg 1;Berlin;BE;10115;Germany",
    "BDAY:1990-02-03",
    "NOTE:Grüße",
    "X-SEGMENT:A-Kunde",
)


def test_a_new_contact_has_a_row_in_every_table_of_its_module(vtiger: Vtiger, before: Snapshot) -> None:
    number = vtiger.row("SELECT cur_id FROM vtiger_modentity_num WHERE semodule = 'Contacts'")["cur_id"]
    vtiger.anna.put("my-contacts", "ada.vcf", card(*ADA))
    looked_up = {"vtiger_emailslookup": (0, 2), "vtiger_pbxmanager_phonelookup": (0, 3)}
    assert vtiger.changed(before) == RECORD | (looked_up if vtiger.is_new else {}) | {
        "vtiger_contactaddress": (0, 1),
        "vtiger_contactdetails": (0, 1),
        "vtiger_contactscf": (0, 1),
        "vtiger_contactsubdetails": (0, 1),
        "vtiger_customerdetails": (0, 1),
        "vtiger_modentity_num": (1, 1),
    }
    key = vtiger.last()
    assert str(max(int(row[0]) for row in before["vtiger_crmentity"]) + 1) == str(key)
    row = entity(
        vtiger, key, setype="Contacts", smcreatorid=5, smownerid=5, modifiedby=5, deleted=0, description="Grüße",
        label="Ada Neu",
    )  # fmt: skip
    assert row["createdtime"] == row["modifiedtime"]
    created = dt.datetime.fromisoformat(str(row["createdtime"])).replace(tzinfo=dt.UTC)
    assert abs(dt.datetime.now(dt.UTC) - created) < dt.timedelta(minutes=1)
    holds(
        only(vtiger, "vtiger_contactdetails", "contactid", key),
        contact_no=f"CON{number}",
        accountid=2,
        salutation="Dr." if vtiger.is_new else None,
        firstname="Ada",
        lastname="Neu",
        email="ada@neu.example",
        secondaryemail="Ada@privat.example",
        phone="+49 30 1234-5",
        mobile="+49 171 999",
        fax="+49 30 1234-6",
        title="CTO",
        department="Sales",
        reportsto="0",
        donotcall="0",
        emailoptout="0",
    )
    holds(
        only(vtiger, "vtiger_contactsubdetails", "contactsubscriptionid", key),
        birthday="1990-02-03",
        homephone=None,
        otherphone=None,
        laststayintouchrequest=0,
    )
    holds(
        only(vtiger, "vtiger_contactaddress", "contactaddressid", key),
        mailingstreet="Am Weg 1",
        mailingzip="10115",
        mailingcity="Berlin",
        mailingstate="BE",
        mailingcountry="Germany",
        otherstreet=None,
        othercity=None,
    )
    holds(only(vtiger, "vtiger_contactscf", "contactid", key), cf_852=None, cf_854="A-Kunde")
    holds(only(vtiger, "vtiger_customerdetails", "customerid", key), portal="0", support_start_date=None)
    if vtiger.is_new:
        found = vtiger.rows("SELECT setype, value, fieldid FROM vtiger_emailslookup WHERE crmid = :key", key=key)
        assert {tuple(one.values()) for one in found} == {
            ("Contacts", "ada@neu.example", 80),
            ("Contacts", "Ada@privat.example", 83),
        }
        found = vtiger.rows("SELECT setype, fnumber, rnumber, fieldname FROM vtiger_pbxmanager_phonelookup "
                         "WHERE crmid = :key", key=key)  # fmt: skip
        assert {tuple(one.values()) for one in found} == {
            ("Contacts", "493012345", "543210394", "phone"),
            ("Contacts", "49171999", "99917194", "mobile"),
            ("Contacts", "493012346", "643210394", "fax"),
        }


@pytest.fixture
def ada(vtiger: Vtiger) -> int:
    """Her key; she is there."""
    if "ada.vcf" not in vtiger.anna.etags("my-contacts"):
        vtiger.anna.put("my-contacts", "ada.vcf", card(*ADA))
    return key_of(vtiger, "contactid", "vtiger_contactdetails", "firstname = 'Ada'")


def test_a_contact_put_back_as_it_is_served_changes_nothing(vtiger: Vtiger, ada: int, before: Snapshot) -> None:
    vtiger.anna.put("my-contacts", "ada.vcf", vtiger.anna.get("my-contacts", "ada.vcf").encode())
    assert vtiger.changed(before) == {}


def test_a_colleagues_change_touches_the_tables_it_is_about(vtiger: Vtiger, ada: int, before: Snapshot) -> None:
    (href,) = [href for href, text in vtiger.bob.documents("all-contacts").items() if "Ada" in text]
    changed = card(*ADA).decode().replace("Ada@privat.example", "ada@home.example").replace("Berlin", "Kiel")
    changed = changed.replace("TEL;TYPE=FAX:+49 30 1234-6\r\n", "").replace("N:Neu;", "N:Neumann;")
    vtiger.bob.put("all-contacts", href, changed.encode())
    looked_up = {"vtiger_emailslookup": (1, 1), "vtiger_pbxmanager_phonelookup": (1, 0)}
    assert vtiger.changed(before) == (looked_up if vtiger.is_new else {}) | {
        "vtiger_contactaddress": (1, 1),
        "vtiger_contactdetails": (1, 1),
        "vtiger_crmentity": (1, 1),
    }
    entity(vtiger, ada, smownerid=5, smcreatorid=5, modifiedby=6, label="Ada Neumann")
    holds(only(vtiger, "vtiger_contactdetails", "contactid", ada), secondaryemail="ada@home.example", fax=None)
    assert "EMAIL:ada@home.example" in vtiger.anna.get("my-contacts", "ada.vcf")


def test_a_deleted_contact_is_marked_and_looked_up_no_more(vtiger: Vtiger, ada: int, before: Snapshot) -> None:
    vtiger.anna.delete("my-contacts", "ada.vcf")
    looked_up = {"vtiger_emailslookup", "vtiger_pbxmanager_phonelookup"} if vtiger.is_new else set()
    assert vtiger.changed(before).keys() == {"vtiger_crmentity"} | looked_up
    entity(vtiger, ada, deleted=1, modifiedby=5)
    for table in looked_up:
        assert vtiger.rows(f"SELECT * FROM {table} WHERE crmid = :key", key=ada) == []


def test_a_company_nobody_knows_is_made_with_all_its_tables(vtiger: Vtiger, before: Snapshot) -> None:
    vtiger.bob.put("my-contacts", "bo.vcf", card("UID:bo", "FN:Bo Neu", "N:Neu;Bo;;;", "ORG:Neue Firma & Co"))
    accounts = {f"vtiger_account{name}": (0, 1) for name in ("", "billads", "shipads", "scf")}
    contacts = {f"vtiger_contact{name}": (0, 1) for name in ("address", "details", "scf", "subdetails")}
    assert vtiger.changed(before) == accounts | contacts | {
        "vtiger_crmentity": (0, 2),
        "vtiger_crmentity_seq": (1, 1),
        "vtiger_customerdetails": (0, 1),
        "vtiger_modentity_num": (2, 2),
    }
    account = vtiger.row("SELECT * FROM vtiger_account WHERE accountname = 'Neue Firma & Co'")
    assert str(account["account_no"]).startswith("ACC")
    contact = vtiger.row("SELECT * FROM vtiger_contactdetails WHERE firstname = 'Bo'")
    assert contact["accountid"] == account["accountid"]
    assert isinstance(account["accountid"], int)
    entity(vtiger, account["accountid"], setype="Accounts", label="Neue Firma & Co", smownerid=6)


def test_a_photo_is_a_record_of_its_own_and_a_file_where_the_crm_has_its_files(
    vtiger: Vtiger, ada: int, before: Snapshot
) -> None:
    photo = f"PHOTO;ENCODING=b;TYPE=PNG:{base64.b64encode(PNG).decode()}"
    served = vtiger.anna.get("my-contacts", "ada.vcf").replace("END:VCARD", f"{photo}\r\nEND:VCARD")
    vtiger.anna.put("my-contacts", "ada.vcf", served.encode())
    changed = vtiger.changed(before)
    assert changed.pop("vtiger_crmentity") in ((0, 1), (1, 2))  # the contact's may be stamped with the same second
    assert changed == {
        "vtiger_attachments": (0, 1),
        "vtiger_contactdetails": (1, 1),
        "vtiger_crmentity_seq": (1, 1),
        "vtiger_seattachmentsrel": (0, 1),
    }
    row = only(vtiger, "vtiger_attachments", "attachmentsid", vtiger.last())
    holds(only(vtiger, "vtiger_contactdetails", "contactid", ada), imagename=row["name"])
    holds(only(vtiger, "vtiger_seattachmentsrel", "attachmentsid", vtiger.last()), crmid=ada)
    holds(
        vtiger.row("SELECT * FROM vtiger_crmentity WHERE crmid = :key", key=vtiger.last()),
        setype="Contacts Image", smownerid=5, deleted=0, presence=1,
    )  # fmt: skip
    assert row["type"] == "image/png"
    assert re.fullmatch(r"storage/\d{4}/[A-Z][a-z]+/week[1-5]/", str(row["path"]))
    stored = row["storedname"] if vtiger.is_new else row["name"]
    assert (vtiger.files / f"{row['path']}{row['attachmentsid']}_{stored}").read_bytes() == PNG
    assert base64.b64encode(PNG).decode() in vtiger.anna.get("my-contacts", "ada.vcf")
    vtiger.anna.put("my-contacts", "ada.vcf", served.replace(f"{photo}\r\n", "").encode())
    assert vtiger.rows("SELECT * FROM vtiger_seattachmentsrel WHERE crmid = :key", key=ada) == []


def test_an_account_is_billed_at_one_place_and_supplied_at_another(vtiger: Vtiger, before: Snapshot) -> None:
    firm = (
        "UID:f", "FN:Werft AG", "ORG:Werft AG", "X-ABShowAs:COMPANY", "N:;;;;", "EMAIL:a@werft.example",
        "EMAIL:b@werft.example", "TEL;TYPE=WORK:+49 431 1", "URL:https://werft.example",
        "ADR;TYPE=WORK:;;Kai 1;Kiel;;24103;Germany", "ADR:;;Kai 2;Kiel;;24104;Germany",
    )  # fmt: skip
    vtiger.anna.put("accounts", "f.vcf", card(*firm))
    key = vtiger.last()
    holds(
        only(vtiger, "vtiger_account", "accountid", key),
        accountname="Werft AG",
        email1="a@werft.example",
        email2="b@werft.example",
        phone="+49 431 1",
        website="https://werft.example",
        parentid=0,
        emailoptout="0",
    )
    holds(only(vtiger, "vtiger_accountbillads", "accountaddressid", key), bill_street="Kai 1", bill_code="24103")
    holds(only(vtiger, "vtiger_accountshipads", "accountaddressid", key), ship_street="Kai 2", ship_code="24104")
    vtiger.anna.delete("accounts", "f.vcf")
    entity(vtiger, key, setype="Accounts", deleted=1, label="Werft AG")


def test_a_new_lead_has_its_five_tables(vtiger: Vtiger, before: Snapshot) -> None:
    vtiger.anna.put("leads", "l.vcf", card("UID:l", "FN:Lea Neu", "N:Neu;Lea;;;", "TEL;TYPE=CELL:+49 171 1"))
    looked_up = {"vtiger_pbxmanager_phonelookup": (0, 1)} if vtiger.is_new else {}
    assert vtiger.changed(before) == RECORD | looked_up | {
        "vtiger_leadaddress": (0, 1),
        "vtiger_leaddetails": (0, 1),
        "vtiger_leadscf": (0, 1),
        "vtiger_leadsubdetails": (0, 1),
        "vtiger_modentity_num": (1, 1),
    }
    key = vtiger.last()
    entity(vtiger, key, setype="Leads", label="Lea Neu")
    holds(only(vtiger, "vtiger_leaddetails", "leadid", key), company="", designation="", converted=0, lastname="Neu")
    holds(only(vtiger, "vtiger_leadaddress", "leadaddressid", key), mobile="+49 171 1", leadaddresstype="Billing")
