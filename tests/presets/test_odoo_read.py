"""The sample company of Odoo as programs see it by HTTP and IMAP; and what SQL beside the gateway changes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import pytest

from storage.crm.soundness import look
from storage.opened import Opened
from tests.crm import principal
from tests.presets.documents import lines, one_of
from tests.presets.served import Served, User, served

VIEWS = (
    "my-contacts", "all-contacts", "companies", "addresses", "leads", "meetings", "tasks", "opportunities", "calls", "activities",
)  # fmt: skip


@pytest.fixture(scope="module")
def gateway(odoo: Opened) -> Iterator[Served]:
    with served(odoo) as one:
        yield one


def test_a_user_has_his_parts_on_his_partner(odoo: Opened) -> None:
    anna, bob = principal(odoo, "anna"), principal(odoo, "bob")
    assert (anna.name, anna.address, anna.timezone) == ("Anna Schmidt", "anna@crm.example", "Europe/Berlin")
    assert (bob.name, bob.address, bob.timezone) == ("Bob Miller", "bob@crm.example", "America/New_York")
    assert principal(odoo, "Bob@crm.example") == bob
    # Neither the system's own user nor templates, nor anybody from the portal.
    assert sorted(user.login for user in odoo.database.read_now(odoo.users.all)) == ["admin", "anna", "bob"]


def test_a_password_is_hashed_as_odoo_does_it(gateway: Served, odoo: Opened) -> None:
    salt = b"0123456789abcdef"
    digest = hashlib.pbkdf2_hmac("sha512", "Grün 7".encode(), salt, 25_000)
    digits = [base64.b64encode(part).decode().rstrip("=").replace("+", ".") for part in (salt, digest)]
    gateway.sql(
        "UPDATE res_users SET password = :hashed WHERE login = 'bob'",
        hashed="$".join(["", "pbkdf2-sha512", "25000", *digits]),
    )
    with served(odoo, by_hash=True) as strict:
        assert strict.user("bob", "Grün 7").ask("PROPFIND", "/dav/", depth="0").status == 207
        assert strict.user("bob", "bob").ask("PROPFIND", "/dav/", depth="0").status == 401
        assert strict.user("admin", "").ask("PROPFIND", "/dav/", depth="0").status == 401


def test_every_row_can_be_served(odoo: Opened) -> None:
    with odoo.database.engine.connect() as connection:
        found = {name: look(odoo.crm, entity, connection) for name, entity in odoo.crm.entities.items()}
    assert {name: (one.count, one.bad, one.unknown) for name, one in found.items()} == {
        "contact": (2, {}, {}), "address": (1, {}, {}), "company": (3, {}, {}), "lead": (1, {}, {}), "opportunity": (1, {}, {}),
        "meeting": (8, {}, {}), "task": (3, {}, {}), "activity": (2, {}, {}), "email": (2, {}, {}), "note": (1, {}, {}),
    }  # fmt: skip


def test_people_are_cards(anna: User, bob: User) -> None:
    everybody = anna.documents("all-contacts").values()
    assert len(everybody) == 2
    assert not any("Gerda" in card or "Lager" in card or "Schmidt" in card for card in everybody)
    (erika,) = anna.documents("my-contacts").values()
    lines(
        erika,
        "FN:Erika Mustermann",
        "N:Mustermann;Erika;;Dr.;",
        "ORG:Nordwind GmbH",
        "TITLE:Head of Purchasing",
        "EMAIL:erika.mustermann@nordwind.example",
        "TEL;TYPE=WORK:+49 40 123456-12",
        "TEL;TYPE=CELL:+49 171 5550001",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;;20457;Germany",
        "NOTE:Met at fair.\\nPrefers e-mail\\; speaks 日本語 & Français.",
        "X-CUSTOMER-NUMBER:KD-4711",
        "X-SEGMENT:A",
    )
    (photo,) = [line.partition(":")[2] for line in erika.split("\r\n") if line.startswith("PHOTO")]
    assert base64.b64decode(photo).startswith(b"\x89PNG")
    (jean,) = bob.documents("my-contacts").values()
    lines(
        jean,
        "N:O'Brien;Jean-Luc;;;",
        "TITLE:Consultant",
        "TEL;TYPE=CELL:+1 212 555 0199",
        "EMAIL:jl.obrien@example.org",
    )
    assert "ORG" not in jean


def test_companies_and_leads_are_cards(anna: User, bob: User) -> None:
    companies = anna.documents("companies").values()
    lines(
        one_of(companies, "Nordwind"),
        "ORG:Nordwind GmbH",
        "TEL;TYPE=WORK:+49 40 123456-0",
        "EMAIL:info@nordwind.example",
        "URL:https://www.nordwind.example",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;;20457;Germany",
        'NOTE:Key account.\\nSince 2019 – "A" customer\\; 100 % on time.',
    )
    lines(one_of(companies, "Müller"), "ORG:Müller & Söhne KG", "ADR;TYPE=WORK:;;;München;;;Germany")
    (warehouse,) = anna.documents("addresses").values()
    lines(
        warehouse,
        "FN:Nordwind GmbH\\, Lager",
        "N:Lager;;;;",
        "ORG:Nordwind GmbH",
        "ADR;TYPE=WORK:;;Lagerweg 3;Hamburg;;21079;Germany",
        "CATEGORIES:delivery",
    )
    (lead,) = anna.documents("leads").values()
    lines(
        lead,
        "FN:Lara Lead",
        "N:Lead;Lara;;;",
        "ORG:Prospect AG",
        "TITLE:CEO",
        "EMAIL:lara@prospect.example",
        "ADR;TYPE=WORK:;;Bahnhofstr. 1;Zürich;;8001;Switzerland",
    )
    assert bob.documents("leads") == {}


def test_meetings_have_their_times_and_all_who_take_part(anna: User, bob: User) -> None:
    meetings = anna.documents("meetings").values()
    kickoff = one_of(meetings, "Kick-off")
    lines(
        kickoff,
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
    lines(one_of(meetings, "dentist"), "DTSTART:20260701T120000Z", "DTEND:20260701T130000Z", "CLASS:PRIVATE")
    theirs = bob.documents("meetings").values()
    assert not any("dentist" in meeting for meeting in theirs)
    lines(
        one_of(theirs, "Spring fair"),
        "DTSTART;VALUE=DATE:20260402",
        "DTEND;VALUE=DATE:20260404",
        "LOCATION:Messe Hamburg",
        "TRANSP:TRANSPARENT",
    )
    assert one_of(theirs, "Kick-off") == kickoff
    assert len(theirs) == 2


def test_a_series_is_its_meetings_over_the_change_of_the_clocks(anna: User) -> None:
    weekly = [text for text in anna.documents("meetings").values() if "Weekly jour fixe" in text]
    starts = sorted(line for text in weekly for line in text.split("\r\n") if line.startswith("DTSTART"))
    assert starts == [
        "DTSTART:20260302T080000Z", "DTSTART:20260309T080000Z", "DTSTART:20260316T080000Z", "DTSTART:20260323T080000Z",
        "DTSTART:20260330T070000Z",
    ]  # fmt: skip


def test_tasks_are_tasks_and_so_are_calls_and_activities(anna: User, bob: User) -> None:
    tasks = anna.documents("tasks").values()
    lines(one_of(tasks, "Send offer"), "DUE:20260312T170000Z", "PRIORITY:1", "DESCRIPTION:Include discount")
    assert "STATUS" not in one_of(tasks, "Send offer")
    lines(one_of(tasks, "Buy flowers"), "DUE:20260308T100000Z")
    (website,) = bob.documents("tasks").values()
    lines(website, "DUE:20260205T170000Z", "STATUS:COMPLETED", "COMPLETED:20260216T080005Z", "PRIORITY:5")
    (call,) = bob.documents("calls").values()
    lines(call, "SUMMARY:Call Erika", "DUE;VALUE=DATE:20260309", "DESCRIPTION:Discuss offer")
    assert anna.documents("calls") == {}
    (contract,) = anna.documents("activities").values()
    lines(contract, "SUMMARY:Send contract", "DUE;VALUE=DATE:20260312", "X-CRM-RECORD:Nordwind – Q1 roll-out")


def test_an_opportunity_is_due_when_it_is_to_close(anna: User, bob: User) -> None:
    (rollout,) = anna.documents("opportunities").values()
    lines(
        rollout,
        "SUMMARY:Nordwind – Q1 roll-out",
        "DUE;VALUE=DATE:20260331",
        "STATUS:IN-PROCESS",
        "PERCENT-COMPLETE:60",
        "DESCRIPTION:First phase",
        "X-CRM-AMOUNT:25000",
        "X-CRM-STAGE:Proposition",
    )
    assert bob.documents("opportunities") == {}


def test_emails_stand_where_their_users_look(anna: User, bob: User) -> None:
    (answer,) = anna.messages("INBOX")
    lines(
        answer.text,
        "From: erika.mustermann@nordwind.example",
        "Subject: AW: Your offer 2026-001",
        "Date: Fri, 06 Mar 2026 07:45:00 +0000",
        "Message-ID: <re-001@nordwind.example>",
        "In-Reply-To: <offer-001@crm.example>",
    )
    (offer,) = anna.messages("Sent")
    lines(
        offer.text,
        "From: Anna Schmidt <anna@crm.example>",
        "To: erika.mustermann@nordwind.example",
        "Cc: bob@crm.example",
        "Subject: Your offer 2026-001",
        "Date: Thu, 05 Mar 2026 13:20:00 +0000",
        "Message-ID: <offer-001@crm.example>",
    )
    assert "<b>offer</b>" in offer.text
    (paper,) = offer.parsed.iter_attachments()
    assert (paper.get_filename(), paper.get_content_type()) == ("Angebot 2026-001.pdf", "application/pdf")
    assert len(paper.get_content()) == 77
    assert paper.get_content().startswith(b"%PDF")
    assert {one.subject for one in bob.messages("INBOX")} == {"Your offer 2026-001", "AW: Your offer 2026-001"}
    assert bob.messages("Sent") == []
    (note,) = anna.messages("Notes")
    assert "Erika is on holiday in August." in note.text


def test_every_trigger_is_there(odoo: Opened) -> None:
    assert odoo.database.read_now(odoo.setup.triggers.lacking).all == []


CHANGES = [
    ("UPDATE res_partner SET name = 'Südwind GmbH' WHERE id = 9", {"all-contacts", "my-contacts", "companies", "addresses"}, "all-contacts", "ORG:Südwind GmbH"),
    ("UPDATE res_partner SET phone = '+49 40 9' WHERE id = 12", {"all-contacts", "my-contacts"}, "all-contacts", "TEL;TYPE=WORK:+49 40 9"),
    ("UPDATE res_partner SET email = 'erika@new.example' WHERE id = 12", {"all-contacts", "my-contacts", "meetings"}, "meetings", "ATTENDEE;CN=Erika Mustermann;PARTSTAT=TENTATIVE:mailto:erika@new.example"),
    ("UPDATE ir_attachment SET store_fname = 'no/where' WHERE res_field = 'image_1920' AND res_id = 12", {"all-contacts", "my-contacts"}, "all-contacts", "TITLE:Head of Purchasing"),
    ("UPDATE calendar_attendee SET state = 'declined' WHERE event_id = 1 AND partner_id = 8", {"meetings"}, "meetings", "ATTENDEE;CN=Bob Miller;PARTSTAT=DECLINED:mailto:bob@crm.example"),
    ("UPDATE calendar_alarm_calendar_event_rel SET calendar_alarm_id = 2", {"meetings"}, "meetings", "TRIGGER:-PT30M"),
    ("UPDATE crm_lead SET stage_id = 4 WHERE id = 2", {"opportunities"}, "opportunities", "STATUS:COMPLETED"),
    ("UPDATE project_task SET state = '1_done' WHERE id = 1", {"tasks"}, "tasks", "STATUS:COMPLETED"),
    ("UPDATE mail_activity SET date_deadline = '2026-03-13' WHERE id = 2", {"activities"}, "activities", "DUE;VALUE=DATE:20260313"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "views", "where", "line"), CHANGES)
def test_a_change_by_sql_reaches_the_entry_it_concerns_and_no_other(
    gateway: Served, anna: User, statement: str, views: set[str], where: str, line: str
) -> None:
    before = {view: anna.etags(view) for view in VIEWS}
    gateway.sql(statement)
    after = {view: anna.etags(view) for view in VIEWS}
    moved = {view: [href for href in after[view] if after[view][href] != before[view].get(href)] for view in VIEWS}
    assert {view: len(hrefs) for view, hrefs in moved.items() if hrefs} == dict.fromkeys(views, 1)
    lines(anna.get(where, moved[where][0]), line)


def test_who_comes_and_goes_by_sql_sees_it(gateway: Served, anna: User, bob: User) -> None:
    others = anna.etags("tasks")
    (flowers,) = [href for href, text in anna.documents("tasks").items() if "flowers" in text]
    gateway.sql("UPDATE project_task_user_rel SET user_id = 7 WHERE task_id = 3")
    assert "Buy flowers" in bob.get("tasks", flowers)
    assert anna.etags("tasks") == {href: etag for href, etag in others.items() if href != flowers}
    gateway.sql("DELETE FROM calendar_attendee WHERE event_id = 1 AND partner_id = 8")
    assert not any("Kick-off" in text for text in bob.documents("meetings").values())
    assert "bob@crm.example" not in one_of(anna.documents("meetings").values(), "Kick-off")


def test_archived_records_are_gone_and_come_back(gateway: Served, anna: User) -> None:
    held = anna.documents("companies")
    gateway.sql("UPDATE res_partner SET active = FALSE WHERE id = 11")
    assert not any("Müller" in text for text in anna.documents("companies").values())
    gateway.sql("UPDATE res_partner SET active = TRUE WHERE id = 11")
    assert anna.documents("companies") == held


def test_a_users_new_address_and_zone_are_known(gateway: Served, odoo: Opened, anna: User) -> None:
    gateway.sql("UPDATE res_partner SET email = 'anna@neu.example', tz = 'Europe/Paris' WHERE id = 7")
    assert "mailto:anna@neu.example" in one_of(anna.documents("meetings").values(), "dentist")
    assert principal(odoo, "anna").timezone == "Europe/Paris"
