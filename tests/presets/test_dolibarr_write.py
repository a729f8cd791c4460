"""What programs write by HTTP and IMAP becomes the rows Dolibarr makes itself, and nothing else in its database changes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from tests.presets.documents import calendar, card, lines, message, one_of
from tests.presets.dolibarr import dolibarr
from tests.presets.dumps import Snapshot, difference, snapshot
from tests.presets.served import Row, Served, User


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def gateway(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with dolibarr(request, request.param, tmp_path_factory.mktemp("dolibarr")) as one:
        yield one


def changed(gateway: Served, before: Snapshot) -> dict[str, tuple[int, int]]:
    return difference(before, snapshot(gateway.opened.database.engine))


def holds(row: Row, **wanted: object) -> None:
    assert {name: row[name] for name in wanted} == wanted


def is_now(text: object, zone: str) -> bool:
    """Whether a column's date-time is the present, as a clock in the zone shows it."""
    held = dt.datetime.fromisoformat(str(text)).replace(tzinfo=ZoneInfo(zone))
    return abs(held - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)


def tms_zone(gateway: Served) -> str:
    """MariaDB keeps instants there, which our sessions see in UTC."""
    return "UTC" if gateway.opened.database.dialect != "postgresql" else "Europe/Berlin"


NEW_CARD = (
    "UID:c1",
    "FN:Dr. Ada Neu",
    "N:Neu;Ada;;Dr.;",
    "ORG:Neue Firma GmbH",
    "TITLE:CTO",
    "EMAIL;TYPE=WORK:Ada@Neu.example",
    "EMAIL;TYPE=HOME:ada@privat.example",
    "TEL;TYPE=WORK:+49 30 1234-5",
    "TEL;TYPE=CELL:+49 171 999",
    "TEL;TYPE=FAX:+49 30 1234-6",
    "ADR;TYPE=WORK:;;Am Weg 1;Berlin;;10115;Germany",
    "BDAY:1990-02-28",
    "NOTE:Grüße & <Küsse>",
    "X-CUSTOMER-NUMBER:KD-1",
    "X-SEGMENT:B-Kunde",
)
CONTACT_COLUMNS = {
    "fk_soc": None, "entity": 1, "name_alias": "", "civility": "DR", "lastname": "Neu", "firstname": "Ada",
    "address": "Am Weg 1", "zip": "10115", "town": "Berlin", "fk_departement": None, "fk_pays": 5,
    "birthday": "1990-02-28", "poste": "CTO", "phone": "+49 30 1234-5", "phone_perso": None,
    "phone_mobile": "+49 171 999", "fax": "+49 30 1234-6", "email": "Ada@Neu.example", "no_email": 0, "priv": 0,
    "fk_user_creat": 2, "fk_user_modif": 2, "statut": 1, "photo": None, "note_public": None,
}  # fmt: skip


def test_a_new_contact_is_the_rows_dolibarr_makes(gateway: Served, anna: User, before: Snapshot) -> None:
    anna.put("my-contacts", "c1.vcf", card(*NEW_CARD))
    assert changed(gateway, before) == {
        "llx_socpeople": (0, 1),
        "llx_socpeople_extrafields": (0, 1),
        "llx_societe": (0, 1),
        "llx_societe_commerciaux": (0, 1),
    }
    company = gateway.row("SELECT * FROM llx_societe WHERE nom = 'Neue Firma GmbH'")
    holds(company, entity=1, status=1, client=0, fournisseur=0, code_client=None, fk_user_creat=2, fk_user_modif=2)
    assert is_now(company["datec"], "Europe/Berlin")
    owner = gateway.row("SELECT * FROM llx_societe_commerciaux WHERE fk_soc = :key", key=company["rowid"])
    holds(owner, fk_user=2, fk_c_type_contact_code="SALESREPTHIRD")
    contact = gateway.row("SELECT * FROM llx_socpeople WHERE lastname = 'Neu'")
    holds(contact, **CONTACT_COLUMNS | {"fk_soc": company["rowid"]})
    assert contact["note_private"] == "<p>Grüße &amp; &lt;Küsse&gt;</p>" or contact["note_private"] == "Grüße & <Küsse>"
    assert is_now(contact["datec"], "Europe/Berlin")
    assert is_now(contact["tms"], tms_zone(gateway))
    custom = gateway.row("SELECT * FROM llx_socpeople_extrafields WHERE fk_object = :key", key=contact["rowid"])
    holds(custom, customer_number="KD-1", segment="B")
    lines(anna.get("my-contacts", "c1.vcf"), "EMAIL;TYPE=WORK:Ada@Neu.example", "EMAIL;TYPE=HOME:ada@privat.example")


def test_a_changed_contact_changes_its_row_and_no_other(gateway: Served, anna: User, before: Snapshot) -> None:
    new = [line for line in NEW_CARD if not line.startswith(("TITLE", "TEL;TYPE=FAX", "ADR", "X-SEGMENT", "NOTE"))]
    new += ["TITLE:CEO", "TEL;TYPE=HOME:+49 30 77", "ADR;TYPE=WORK:;;Rue 1;Paris;;75001;france", "X-SEGMENT:C-Kunde"]
    anna.put("my-contacts", "c1.vcf", card(*new))
    assert changed(gateway, before) == {"llx_socpeople": (1, 1), "llx_socpeople_extrafields": (1, 1)}
    contact = gateway.row("SELECT * FROM llx_socpeople WHERE lastname = 'Neu'")
    holds(
        contact, poste="CEO", phone_perso="+49 30 77", fax=None, address="Rue 1", zip="75001", town="Paris", fk_pays=1,
        note_private=None, civility="DR", email="Ada@Neu.example",
    )  # fmt: skip
    custom = gateway.row("SELECT * FROM llx_socpeople_extrafields WHERE fk_object = :key", key=contact["rowid"])
    holds(custom, customer_number="KD-1", segment="C")
    document = anna.get("my-contacts", "c1.vcf")
    lines(document, "EMAIL;TYPE=HOME:ada@privat.example", "ADR;TYPE=WORK:;;Rue 1;Paris;;75001;france")


def test_a_contact_without_custom_fields_gets_their_row_when_it_has_some(
    gateway: Served, bob: User, before: Snapshot
) -> None:
    (href,) = [name for name, text in bob.documents("my-contacts").items() if "Jean-Luc" in text]
    uid = next(line for line in bob.get("my-contacts", href).split("\r\n") if line.startswith("UID:"))
    held = (
        uid,
        "FN:Jean-Luc O'Brien",
        "N:O'Brien;Jean-Luc;;Mr.;",
        "EMAIL:jl.obrien@example.org",
        "TEL;TYPE=CELL:+1 212 555 0199",
    )
    bob.put("my-contacts", href, card(*held, "TITLE:Adviser"))
    assert changed(gateway, before) == {"llx_socpeople": (1, 1)}
    bob.put("my-contacts", href, card(*held, "TITLE:Adviser", "X-CUSTOMER-NUMBER:KD-2"))
    assert changed(gateway, before) == {"llx_socpeople": (1, 1), "llx_socpeople_extrafields": (0, 1)}
    holds(
        gateway.row("SELECT * FROM llx_socpeople_extrafields WHERE fk_object = 2"), customer_number="KD-2", segment=None
    )
    holds(gateway.row("SELECT * FROM llx_socpeople WHERE rowid = 2"), poste="Adviser", fk_user_modif=3, fk_user_creat=3)


def test_a_country_that_dolibarr_lacks_stays_in_the_card(gateway: Served, anna: User) -> None:
    new = [line for line in NEW_CARD if not line.startswith("ADR")]
    anna.put("my-contacts", "c1.vcf", card(*new, "ADR;TYPE=WORK:;;Am Weg 1;Atlantis-Stadt;;1;Atlantis"))
    contact = gateway.row("SELECT * FROM llx_socpeople WHERE lastname = 'Neu'")
    holds(contact, town="Atlantis-Stadt", fk_pays=None)
    lines(anna.get("my-contacts", "c1.vcf"), "ADR;TYPE=WORK:;;Am Weg 1;Atlantis-Stadt;;1;Atlantis")


def test_a_private_contact_is_for_whoever_made_it(gateway: Served, anna: User, bob: User) -> None:
    token, _, _ = bob.sync("all-contacts")
    anna.put("my-contacts", "p1.vcf", card("UID:p1", "FN:Geheim", "N:Geheim;G;;;", "CLASS:PRIVATE"))
    holds(gateway.row("SELECT * FROM llx_socpeople WHERE lastname = 'Geheim'"), priv=1, fk_user_creat=2)
    assert bob.sync("all-contacts", token)[1:] == (set(), set())
    anna.put("my-contacts", "p1.vcf", card("UID:p1", "FN:Geheim", "N:Geheim;G;;;"))
    _, (href,), _ = bob.sync("all-contacts", token)
    assert "FN:Geheim" in bob.get("all-contacts", href)
    anna.delete("my-contacts", "p1.vcf")


def test_a_deleted_contact_takes_its_children_along(gateway: Served, anna: User, before: Snapshot) -> None:
    key = gateway.row("SELECT rowid FROM llx_socpeople WHERE lastname = 'Neu'")["rowid"]
    gateway.sql("INSERT INTO llx_categorie (entity, label, type) VALUES (1, 'VIP', 4)")
    gateway.sql(
        "INSERT INTO llx_categorie_contact (fk_categorie, fk_socpeople) SELECT rowid, CAST(:key AS INTEGER) FROM llx_categorie",
        key=key,
    )
    gateway.sql(
        "INSERT INTO llx_element_contact (element_id, fk_c_type_contact, fk_socpeople) VALUES (1, 49, :key)", key=key
    )
    gateway.sql(
        "INSERT INTO llx_element_contact (element_id, fk_c_type_contact, fk_socpeople) VALUES (1, 47, :key)", key=key
    )
    gateway.sql("INSERT INTO llx_notify_def (fk_action, fk_contact) VALUES (1, :key)", key=key)
    gateway.sql(
        "INSERT INTO llx_societe_contacts (entity, date_creation, fk_soc, fk_c_type_contact, fk_socpeople) "
        "VALUES (1, '2026-02-16 09:00:00', 1, 61, :key)",
        key=key,
    )
    anna.delete("my-contacts", "c1.vcf")
    assert changed(gateway, before) == {
        "llx_categorie": (0, 1),
        "llx_element_contact": (0, 1),  # the user who happens to have the same number keeps his part in the project
        "llx_socpeople": (1, 0),
        "llx_socpeople_extrafields": (1, 0),
    }
    assert anna.ask("GET", anna.path("my-contacts", "c1.vcf")).status == 404
    gateway.sql("DELETE FROM llx_element_contact WHERE fk_c_type_contact = 47 AND fk_socpeople = :key", key=key)


def test_a_photo_is_a_file_where_dolibarr_looks_for_it(gateway: Served, anna: User, before: Snapshot) -> None:
    picture = "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z"
    anna.put("my-contacts", "f1.vcf", card("UID:f1", "FN:Foto", "N:Foto;F;;;", f"PHOTO;ENCODING=b;TYPE=JPEG:{picture}"))
    row = gateway.row("SELECT rowid, photo FROM llx_socpeople WHERE lastname = 'Foto'")
    assert row["photo"] == "photo.jpg"
    files = gateway.opened.crm.files.root
    assert files is not None
    assert (files / f"societe/contact/{row['rowid']}/photos/photo.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    anna.delete("my-contacts", "f1.vcf")
    assert changed(gateway, before) == {}


def test_a_company_and_a_prospect_come_and_stay(gateway: Served, anna: User, before: Snapshot) -> None:
    firm = (
        "FN:Ost AG",
        "N:;;;;",
        "ORG:Ost AG",
        "TEL;TYPE=WORK:+41 1",
        "URL:https://ost.example",
        "ADR;TYPE=WORK:;;Weg 2;Bern;;3000;CH",
    )
    anna.put("leads", "l1.vcf", card("UID:l1", *firm))
    assert changed(gateway, before) == {"llx_societe": (0, 1), "llx_societe_commerciaux": (0, 1)}
    holds(
        gateway.row("SELECT * FROM llx_societe WHERE nom = 'Ost AG'"),
        client=2, phone="+41 1", url="https://ost.example", address="Weg 2", zip="3000", town="Bern", fk_pays=6,
        entity=1, status=1, fk_user_creat=2, tva_assuj=1,
    )  # fmt: skip
    anna.put("leads", "l1.vcf", card("UID:l1", *[line.replace("+41 1", "+41 2") for line in firm]))
    assert changed(gateway, before) == {"llx_societe": (0, 1), "llx_societe_commerciaux": (0, 1)}
    holds(gateway.row("SELECT * FROM llx_societe WHERE nom = 'Ost AG'"), phone="+41 2", client=2, fk_user_modif=2)
    anna.delete("leads", "l1.vcf", expected=403)
    anna.put("accounts", "a1.vcf", card("UID:a1", *[line.replace("Ost", "West") for line in firm]))
    holds(gateway.row("SELECT * FROM llx_societe WHERE nom = 'West AG'"), client=0, code_client=None)


MEETING = (
    "UID:m1",
    "SUMMARY:Review",
    "DTSTART;TZID=Europe/Berlin:20260511T090000",
    "DTEND;TZID=Europe/Berlin:20260511T103000",
    "LOCATION:Raum 3",
    "DESCRIPTION:Zeile 1\\nZeile 2",
    "ORGANIZER;CN=Anna Schmidt:mailto:anna@crm.example",
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@crm.example",
    "ATTENDEE;PARTSTAT=TENTATIVE:mailto:bob@crm.example",
    "ATTENDEE:mailto:Erika.Mustermann@nordwind.example",
    "ATTENDEE:mailto:stranger@else.example",
)
ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", "TRIGGER:-PT30M", "END:VALARM")


def resources(gateway: Served, key: object) -> set[tuple[object, ...]]:
    found = gateway.rows("SELECT * FROM llx_actioncomm_resources WHERE fk_actioncomm = :key", key=key)
    names = ("element_type", "fk_element", "answer_status", "mandatory", "transparency")
    return {tuple(row[name] for name in names) for row in found}


def test_a_new_meeting_is_the_rows_dolibarr_makes(gateway: Served, anna: User, bob: User, before: Snapshot) -> None:
    token, _, _ = bob.sync("meetings")
    anna.put("meetings", "m1.ics", calendar("VEVENT", *MEETING, *ALARM))
    assert changed(gateway, before) == {
        "llx_actioncomm": (0, 1),
        "llx_actioncomm_resources": (0, 3),
        "llx_actioncomm_reminder": (0, 1),
    }
    event = gateway.row("SELECT * FROM llx_actioncomm WHERE label = 'Review'")
    holds(
        event,
        ref=str(event["id"]), entity=1, code="AC_RDV", fk_action=5, percent=-1, datep="2026-05-11 09:00:00",
        datep2="2026-05-11 10:30:00", durationp=5400, fulldayevent=0, location="Raum 3", note="Zeile 1\nZeile 2",
        transparency=1, priority=0, visibility="default", fk_user_author=2, fk_user_action=2, fk_user_mod=None,
        fk_contact=1, fk_soc=1, fk_project=None, status=0, event_paid=0, fk_parent=0, email_msgid=None, recurid=None,
    )  # fmt: skip
    assert is_now(event["datec"], "Europe/Berlin")
    assert is_now(event["tms"], tms_zone(gateway))
    assert resources(gateway, event["id"]) == {
        ("user", 2, "1", 0, 1),
        ("user", 3, "2", 0, 1),
        ("socpeople", 1, "0", 0, 0),
    }
    reminder = gateway.row("SELECT * FROM llx_actioncomm_reminder WHERE fk_actioncomm = :key", key=event["id"])
    holds(
        reminder, dateremind="2026-05-11 08:30:00", typeremind="browser", fk_user=2, offsetvalue=30, offsetunit="i",
        status=0, entity=1,
    )  # fmt: skip
    lines(anna.get("meetings", "m1.ics"), "ATTENDEE:mailto:stranger@else.example", MEETING[2], MEETING[3])
    _, (href,), _ = bob.sync("meetings", token)
    lines(bob.get("meetings", href), "DTSTART;TZID=Europe/Berlin:20260511T090000", "SUMMARY:Review")


def test_a_moved_meeting_keeps_its_rows(gateway: Served, anna: User, before: Snapshot) -> None:
    moved = [line.replace("20260511T", "20261025T") for line in MEETING if "bob@" not in line]
    anna.put("meetings", "m1.ics", calendar("VEVENT", *moved, "ATTENDEE:mailto:jl.obrien@example.org", *ALARM))
    assert changed(gateway, before) == {
        "llx_actioncomm": (1, 1),
        "llx_actioncomm_resources": (1, 1),
        "llx_actioncomm_reminder": (1, 1),
    }
    event = gateway.row("SELECT * FROM llx_actioncomm WHERE label = 'Review'")
    holds(event, datep="2026-10-25 09:00:00", datep2="2026-10-25 10:30:00", durationp=5400, fk_user_mod=2, fk_contact=1)
    assert resources(gateway, event["id"]) == {
        ("user", 2, "1", 0, 1),
        ("socpeople", 1, "0", 0, 0),
        ("socpeople", 2, "0", 0, 0),
    }
    reminder = gateway.row("SELECT * FROM llx_actioncomm_reminder WHERE fk_actioncomm = :key", key=event["id"])
    holds(reminder, dateremind="2026-10-25 08:30:00", offsetvalue=30)


def test_the_contact_of_an_event_is_one_of_those_who_come(gateway: Served, anna: User) -> None:
    without = [line.replace("20260511T", "20261025T") for line in MEETING if "bob@" not in line and "Erika" not in line]
    anna.put("meetings", "m1.ics", calendar("VEVENT", *without, "ATTENDEE:mailto:jl.obrien@example.org"))
    event = gateway.row("SELECT * FROM llx_actioncomm WHERE label = 'Review'")
    holds(event, fk_contact=2)
    assert gateway.rows("SELECT * FROM llx_actioncomm_reminder WHERE fk_actioncomm = :key", key=event["id"]) == []


def test_an_event_may_be_about_a_company_and_a_project(gateway: Served, anna: User) -> None:
    about = (
        "UID:b1",
        "SUMMARY:Bericht",
        "DTSTART:20260511T090000Z",
        "DTEND:20260511T091500Z",
        "X-CRM-COMPANY:müller & söhne kg",
    )
    anna.put(
        "meetings",
        "b1.ics",
        calendar("VEVENT", *about, "X-CRM-PROJECT:Nordwind – Q1 roll-out", "ATTENDEE:mailto:jl.obrien@example.org"),
    )
    holds(gateway.row("SELECT * FROM llx_actioncomm WHERE label = 'Bericht'"), fk_soc=2, fk_project=1, fk_contact=2)
    anna.put("meetings", "b1.ics", calendar("VEVENT", *about, "X-CRM-PROJECT:Nobody knows it"), expected=403)
    anna.delete("meetings", "b1.ics")


def test_whole_days_stand_from_midnight_to_the_last_second(gateway: Served, anna: User) -> None:
    days = ("UID:d1", "SUMMARY:Messe", "DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330", "TRANSP:TRANSPARENT")
    anna.put("meetings", "d1.ics", calendar("VEVENT", *days))
    event = gateway.row("SELECT * FROM llx_actioncomm WHERE label = 'Messe'")
    holds(
        event, datep="2026-03-28 00:00:00", datep2="2026-03-29 23:59:59", fulldayevent=1, transparency=0,
        durationp=2 * 86400 - 1 - 3600,
    )  # fmt: skip
    assert resources(gateway, event["id"]) == {("user", 2, "1", 0, 0)}
    lines(anna.get("meetings", "d1.ics"), "DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330")


def test_a_time_that_dolibarr_cannot_tell_is_refused(gateway: Served, anna: User, before: Snapshot) -> None:
    twice = ("UID:t2", "SUMMARY:Nachts", "DTSTART:20261025T013000Z", "DTEND:20261025T014500Z")
    anna.put("meetings", "t2.ics", calendar("VEVENT", *twice), expected=403)
    assert changed(gateway, before) == {}


def test_a_deleted_meeting_takes_its_children_along(gateway: Served, anna: User, before: Snapshot) -> None:
    anna.put("meetings", "x1.ics", calendar("VEVENT", *[line.replace("UID:m1", "UID:x1") for line in MEETING], *ALARM))
    key = gateway.row("SELECT max(id) AS id FROM llx_actioncomm")["id"]
    gateway.sql(
        "INSERT INTO llx_categorie_actioncomm (fk_categorie, fk_actioncomm) SELECT rowid, CAST(:key AS INTEGER) FROM llx_categorie",
        key=key,
    )
    gateway.sql("INSERT INTO llx_actioncomm_extrafields (fk_object) VALUES (:key)", key=key)
    anna.delete("meetings", "x1.ics")
    assert changed(gateway, before) == {}


def test_a_call_is_a_row_of_its_own_kind(gateway: Served, bob: User, before: Snapshot) -> None:
    call = ("UID:k1", "SUMMARY:Anruf", "DTSTART:20260511T090000Z", "DTEND:20260511T091500Z")
    bob.put("calls", "k1.ics", calendar("VEVENT", *call))
    assert changed(gateway, before) == {"llx_actioncomm": (0, 1), "llx_actioncomm_resources": (0, 1)}
    event = gateway.row("SELECT * FROM llx_actioncomm WHERE label = 'Anruf'")
    holds(event, code="AC_TEL", fk_action=1, percent=-1, datep="2026-05-11 11:00:00", durationp=900, fk_user_action=3)
    assert resources(gateway, event["id"]) == {("user", 3, "1", 0, 1)}
    bob.delete("calls", "k1.ics")
    assert changed(gateway, before) == {}


TASK = ("UID:t1", "SUMMARY:Anrufen", "DUE;VALUE=DATE:20260512", "PRIORITY:1", "DESCRIPTION:Dringend")


def test_a_new_task_is_the_rows_dolibarr_makes(gateway: Served, anna: User, before: Snapshot) -> None:
    anna.put("tasks", "t1.ics", calendar("VTODO", *TASK))
    assert changed(gateway, before) == {"llx_actioncomm": (0, 1), "llx_actioncomm_resources": (0, 1)}
    task = gateway.row("SELECT * FROM llx_actioncomm WHERE label = 'Anrufen'")
    holds(
        task, ref=str(task["id"]), code="AC_OTH", fk_action=50, percent=0, fulldayevent=1, priority=1, note="Dringend",
        datep="2026-05-12 00:00:00", datep2="2026-05-12 23:59:59", fk_user_author=2, fk_user_action=2, entity=1, location="",
    )  # fmt: skip
    assert resources(gateway, task["id"]) == {("user", 2, "0", 0, 0)}
    lines(anna.get("tasks", "t1.ics"), "DUE;VALUE=DATE:20260512", "PRIORITY:1")


@pytest.mark.parametrize(
    ("said", "percent"),
    [
        (["STATUS:IN-PROCESS"], 1),
        (["STATUS:IN-PROCESS", "PERCENT-COMPLETE:40"], 40),
        (["STATUS:IN-PROCESS", "PERCENT-COMPLETE:60"], 60),
        (["STATUS:COMPLETED", "COMPLETED:20260511T080000Z"], 100),
        (["STATUS:NEEDS-ACTION"], 0),
        (["STATUS:COMPLETED", "PERCENT-COMPLETE:100"], 100),
        ([], 0),
    ],
)
def test_a_tasks_status_is_its_percentage(gateway: Served, anna: User, said: list[str], percent: int) -> None:
    anna.put("tasks", "t1.ics", calendar("VTODO", *TASK, *said))
    holds(gateway.row("SELECT * FROM llx_actioncomm WHERE label = 'Anrufen'"), percent=percent, fk_user_mod=2)
    lines(anna.get("tasks", "t1.ics"), *said)


def test_a_task_due_at_a_time_is_no_whole_day(gateway: Served, anna: User, before: Snapshot) -> None:
    timed = ("UID:t1", "SUMMARY:Anrufen", "DTSTART:20260511T080000Z", "DUE:20260512T150000Z")
    anna.put("tasks", "t1.ics", calendar("VTODO", *timed))
    task = gateway.row("SELECT * FROM llx_actioncomm WHERE label = 'Anrufen'")
    holds(task, datep="2026-05-11 10:00:00", datep2="2026-05-12 17:00:00", fulldayevent=0, priority=None, note=None)
    anna.delete("tasks", "t1.ics")
    after = changed(gateway, before)
    assert after == {"llx_actioncomm": (1, 0), "llx_actioncomm_resources": (1, 0)}


def test_an_opportunity_gets_the_next_number(gateway: Served, anna: User, before: Snapshot) -> None:
    wanted = (
        "UID:o1",
        "SUMMARY:Ausbau",
        "DUE;VALUE=DATE:20260930",
        "PERCENT-COMPLETE:20",
        "X-CRM-AMOUNT:1200.50",
        "X-CRM-COMPANY:nordwind gmbh",
    )
    anna.put("opportunities", "o1.ics", calendar("VTODO", *wanted))
    assert changed(gateway, before) == {"llx_projet": (0, 1)}
    project = gateway.row("SELECT * FROM llx_projet WHERE title = 'Ausbau'")
    holds(
        project, entity=1, usage_opportunity=1, fk_opp_status=1, opp_percent=20, opp_amount=1200.5, fk_soc=1,
        datee="2026-09-30", fk_user_creat=2, fk_statut=0, public=0,
    )  # fmt: skip
    assert re.fullmatch(r"PJ\d{4}-0002", str(project["ref"]))
    anna.put("opportunities", "o1.ics", calendar("VTODO", *wanted, "STATUS:IN-PROCESS"))
    holds(
        gateway.row("SELECT * FROM llx_projet WHERE title = 'Ausbau'"), fk_opp_status=2, fk_user_modif=2, opp_percent=20
    )


MAIL = (
    "Message-ID: <new@crm.example>", "From: Anna Schmidt <anna@crm.example>",
    "To: Erika Mustermann <erika.mustermann@nordwind.example>, neu@else.example", "Cc: bob@crm.example",
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Date: Mon, 11 May 2026 07:45:00 +0000", "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8", "", "Hello",
)  # fmt: skip


def test_a_filed_message_is_the_rows_dolibarr_makes(gateway: Served, anna: User, bob: User, before: Snapshot) -> None:
    uid = anna.append("Sent", message(*MAIL), r"(\Seen)")
    assert changed(gateway, before) == {"llx_actioncomm": (0, 1), "llx_actioncomm_resources": (0, 3)}
    mail = gateway.row("SELECT * FROM llx_actioncomm WHERE email_msgid = 'new@crm.example'")
    holds(
        mail,
        ref=str(mail["id"]), label="Grüße", email_subject="Grüße", code="AC_EMAIL", fk_action=4, percent=-1,
        datep="2026-05-11 09:45:00", datep2="2026-05-11 09:45:00", durationp=0, entity=1,
        email_from="Anna Schmidt <anna@crm.example>", email_tocc="bob@crm.example", email_tobcc="",
        email_to="Erika Mustermann <erika.mustermann@nordwind.example>, neu@else.example",
        fk_contact=1, fk_soc=1, fk_user_author=2, fk_user_action=2,
    )  # fmt: skip
    assert "Hello" in str(mail["note"])
    assert is_now(mail["datec"], "Europe/Berlin")
    assert resources(gateway, mail["id"]) == {
        ("user", 2, "0", 0, 0),
        ("user", 3, "0", 0, 0),
        ("socpeople", 1, "0", 0, 0),
    }
    (sent,) = [one for one in anna.messages("Sent") if one.uid == uid]
    assert sent.raw == message(*MAIL)
    assert one_of([one.text for one in bob.messages("INBOX")], "new@crm.example").startswith("Message-ID")


def test_a_received_message_is_filed_as_such_and_hidden_when_deleted(
    gateway: Served, anna: User, before: Snapshot
) -> None:
    raw = message("Message-ID: <in@else.example>", "From: jl.obrien@example.org", "To: anna@crm.example", "Subject: Frage",
                  "Date: Mon, 11 May 2026 08:00:00 +0000", "", "Wann?")  # fmt: skip
    uid = anna.append("INBOX", raw)
    mail = gateway.row("SELECT * FROM llx_actioncomm WHERE email_msgid = 'in@else.example'")
    holds(mail, code="AC_EMAIL_IN", fk_action=6, fk_contact=2, fk_soc=None, label="Frage")
    assert changed(gateway, before) == {"llx_actioncomm": (0, 1), "llx_actioncomm_resources": (0, 2)}
    anna.expunge("INBOX", uid)
    assert uid not in [one.uid for one in anna.messages("INBOX")]
    assert gateway.row("SELECT code FROM llx_actioncomm WHERE id = :key", key=mail["id"]) == {"code": "AC_EMAIL_IN"}
