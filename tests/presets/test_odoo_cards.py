"""A card that a program writes becomes the rows Odoo makes itself, and nothing else in its database changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.presets.documents import card, lines, one_of
from tests.presets.dumps import Snapshot, snapshot
from tests.presets.odoo import ANNA, BOB, changed, holds
from tests.presets.served import Served, User, served


@pytest.fixture(scope="module")
def gateway(odoo: Opened) -> Iterator[Served]:
    with served(odoo) as one:
        yield one


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
