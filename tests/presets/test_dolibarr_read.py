"""Dolibarr's sample company as programs see it by HTTP and IMAP; and what SQL beside the gateway changes."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import bcrypt
import pytest

from tests.presets.documents import lines, one_of
from tests.presets.dolibarr import dolibarr
from tests.presets.served import Served, User, served

BOOKS = ("my-contacts", "all-contacts", "accounts", "leads")
CALENDARS = ("meetings", "calls", "tasks", "opportunities")


@pytest.fixture(scope="module", params=["mariadb", "postgresql"])
def gateway(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with dolibarr(request, request.param, tmp_path_factory.mktemp("dolibarr")) as one:
        yield one


def named(documents: dict[str, str], what: str) -> list[str]:
    """The values of a property in all of them, in order."""
    return sorted(
        found for text in documents.values() for found in re.findall(rf"^{what}[:;](.*)\r$", text, re.MULTILINE)
    )


def test_the_users_are_those_who_may_log_in_and_live_in_the_crms_zone(gateway: Served) -> None:
    opened = gateway.opened
    users = opened.database.read_now(opened.users.all)
    assert [(user.login, user.name, user.address, user.timezone) for user in users] == [
        ("admin", "SuperAdmin", "", "Europe/Berlin"),
        ("anna", "Anna Schmidt", "anna@crm.example", "Europe/Berlin"),
        ("bob", "Bob Miller", "bob@crm.example", "Europe/Berlin"),
    ]


def test_a_contact_is_a_card_with_all_that_is_known(gateway: Served, anna: User) -> None:
    erika = one_of(anna.documents("my-contacts").values(), "Erika")
    lines(
        erika,
        "FN:Erika Mustermann",
        "N:Mustermann;Erika;;Dr.;",
        "ORG:Nordwind GmbH",
        "TITLE:Head of Purchasing",
        "EMAIL:erika.mustermann@nordwind.example",
        "TEL;TYPE=WORK:+49 40 123456-12",
        "TEL;TYPE=CELL:+49 171 5550001",
        "TEL;TYPE=HOME:+49 40 777",
        "TEL;TYPE=FAX:+49 40 123456-98",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;;20457;Germany",
        "BDAY:1980-05-17",
        "NOTE:Met at fair.\\nPrefers e-mail\\; speaks 日本語 & Français.",
        "X-CUSTOMER-NUMBER:KD-4711",
        "X-SEGMENT:A-Kunde",
        "REV:2026-11-22T05:41:05Z",  # a TIMESTAMP: no matter of the zone of the other columns
    )
    (photo,) = re.findall(r"^PHOTO;ENCODING=b;TYPE=PNG:(\S+)", erika, re.MULTILINE)
    files = gateway.opened.crm.files.root
    assert files is not None
    assert base64.b64decode(photo) == (files / "societe/contact/1/photos/erika.png").read_bytes()


def test_a_contact_may_have_little(bob: User) -> None:
    jean = one_of(bob.documents("my-contacts").values(), "Jean-Luc")
    lines(
        jean,
        "N:O'Brien;Jean-Luc;;Mr.;",
        "TITLE:Consultant",
        "TEL;TYPE=CELL:+1 212 555 0199",
        "EMAIL:jl.obrien@example.org",
    )
    for absent in ("ORG", "ADR", "BDAY", "NOTE", "PHOTO"):
        assert f"\n{absent}" not in jean


def test_who_sees_which_contacts(anna: User, bob: User) -> None:
    """Disabled ones nobody; private ones whoever made them; those of his companies their sales representative."""
    everybody = ["Erika Mustermann", "Jean-Luc O'Brien", "Lara Lead"]
    assert named(anna.documents("all-contacts"), "FN") == everybody
    assert named(bob.documents("all-contacts"), "FN") == [*everybody, "Priva Private"]
    assert named(anna.documents("my-contacts"), "FN") == ["Erika Mustermann", "Lara Lead"]
    assert named(bob.documents("my-contacts"), "FN") == ["Jean-Luc O'Brien", "Priva Private"]
    lines(one_of(bob.documents("my-contacts").values(), "Priva"), "CLASS:PRIVATE")


def test_companies_and_prospects_are_cards(anna: User, bob: User) -> None:
    companies = anna.documents("accounts")
    assert named(companies, "FN") == ["Müller & Söhne KG", "Nordwind GmbH"]
    lines(
        one_of(companies.values(), "Nordwind"),
        "ORG:Nordwind GmbH",
        "TEL;TYPE=WORK:+4940123456-0",
        "TEL;TYPE=FAX:+4940123456-99",
        "EMAIL:info@nordwind.example",
        "URL:https://www.nordwind.example",
        "ADR;TYPE=WORK:;;Hafenstraße 12;Hamburg;;20457;Germany",
        'NOTE:Key account.\\nSince 2019 – "A" customer\\; 100 % on time.',
    )
    lines(one_of(companies.values(), "Müller"), "TEL;TYPE=WORK:+4989555", "ADR;TYPE=WORK:;;;München;;;Germany")
    (prospect,) = anna.documents("leads").values()
    lines(
        prospect, "ORG:Prospect AG", "EMAIL:info@prospect.example", "TEL;TYPE=WORK:+4144000",
        "ADR;TYPE=WORK:;;Bahnhofstr. 1;Zürich;;8001;Switzerland",
    )  # fmt: skip
    lara = one_of(bob.documents("all-contacts").values(), "Lara")
    lines(lara, "N:Lead;Lara;;;", "ORG:Prospect AG", "TITLE:CEO", "EMAIL:lara@prospect.example")
    assert bob.documents("accounts") == companies


def test_meetings_have_their_times_and_all_who_take_part(anna: User, bob: User) -> None:
    meetings = anna.documents("meetings")
    assert sorted(set(named(meetings, "SUMMARY"))) == ["Kick-off Nordwind", "Private dentist", "Weekly jour fixe"]
    kickoff = one_of(meetings.values(), "Kick-off")
    lines(
        kickoff,
        "DTSTART:20260310T090000Z",
        "DTEND:20260310T103000Z",
        "LOCATION:Hamburg\\, Raum 3",
        "DESCRIPTION:Agenda:\\n1. Intro\\n2. Plan",
        "ORGANIZER;CN=Anna Schmidt:mailto:anna@crm.example",
        "ATTENDEE;CN=Anna Schmidt:mailto:anna@crm.example",
        "ATTENDEE;CN=Bob Miller:mailto:bob@crm.example",
        "ATTENDEE;CN=Erika Mustermann:mailto:erika.mustermann@nordwind.example",
        "ATTENDEE;CN=Jean-Luc O'Brien:mailto:jl.obrien@example.org",
        "TRIGGER:-PT15M",
        "X-CRM-COMPANY:Nordwind GmbH",
        "X-CRM-PROJECT:Nordwind – Q1 roll-out",
        "CREATED:20260216T080000Z",
    )
    lines(one_of(meetings.values(), "dentist"), "DTSTART:20260701T120000Z", "DTEND:20260701T130000Z")
    theirs = bob.documents("meetings")
    assert named(theirs, "SUMMARY") == ["Kick-off Nordwind", "Spring fair"]
    assert one_of(theirs.values(), "Kick-off") == kickoff
    lines(
        one_of(theirs.values(), "Spring fair"),
        "DTSTART;VALUE=DATE:20260402", "DTEND;VALUE=DATE:20260404", "LOCATION:Messe Hamburg",
    )  # fmt: skip


def test_a_series_keeps_its_hour_when_the_clocks_change(anna: User) -> None:
    weekly = {href: text for href, text in anna.documents("meetings").items() if "jour fixe" in text}
    assert named(weekly, "DTSTART") == [
        "20260302T080000Z", "20260309T080000Z", "20260316T080000Z", "20260323T080000Z", "20260330T070000Z",
    ]  # fmt: skip
    assert named(weekly, "TRANSP") == ["TRANSPARENT"] * 5


def test_what_dolibarr_logs_by_itself_is_nowhere(anna: User, bob: User) -> None:
    for user in (anna, bob, anna.gateway.user("admin")):
        for view in CALENDARS:
            assert not any("created" in text or "InDolibarr" in text for text in user.documents(view).values())


def test_a_call_is_an_event(anna: User, bob: User) -> None:
    (call,) = bob.documents("calls").values()
    lines(
        call,
        "SUMMARY:Call Erika",
        "DTSTART:20260309T140000Z",
        "DTEND:20260309T141500Z",
        "DESCRIPTION:Discussed offer",
        "ORGANIZER;CN=Bob Miller:mailto:bob@crm.example",
        "ATTENDEE;CN=Erika Mustermann:mailto:erika.mustermann@nordwind.example",
    )
    assert anna.documents("calls") == {}


def test_what_is_to_be_done_is_a_task(anna: User, bob: User) -> None:
    (offer,) = anna.documents("tasks").values()
    lines(
        offer,
        "SUMMARY:Send offer to Erika",
        "DTSTART:20260309T080000Z",
        "DUE:20260312T170000Z",
        "DESCRIPTION:Include discount",
        "X-CRM-PROJECT:Nordwind – Q1 roll-out",
    )
    assert "COMPLETED" not in offer
    (website,) = bob.documents("tasks").values()
    lines(
        website, "SUMMARY:Update website entry", "DUE:20260205T170000Z", "STATUS:COMPLETED", "PERCENT-COMPLETE:100",
    )  # fmt: skip


def test_an_open_opportunity_is_due_when_it_is_to_close(anna: User, bob: User) -> None:
    (rollout,) = anna.documents("opportunities").values()
    lines(
        rollout,
        "SUMMARY:Nordwind – Q1 roll-out",
        "DTSTART;VALUE=DATE:20260115",
        "DUE;VALUE=DATE:20260331",
        "DESCRIPTION:First phase",
        "STATUS:IN-PROCESS",
        "PERCENT-COMPLETE:60",
        "X-CRM-AMOUNT:25000",
        "X-CRM-COMPANY:Nordwind GmbH",
    )
    assert bob.documents("opportunities") == {}


def test_emails_stand_where_their_users_look(anna: User, bob: User) -> None:
    (answer,) = anna.messages("INBOX")
    lines(
        answer.text,
        "From: erika.mustermann@nordwind.example",
        "To: anna@crm.example",
        "Subject: AW: Your offer 2026-001",
        "Date: Fri, 06 Mar 2026 07:45:00 +0000",
        "Message-ID: <re-001@nordwind.example>",
    )
    assert answer.parsed.get_content_type() == "text/plain"
    assert answer.parsed.get_content().strip() == "Danke, sieht gut aus. Grüße, Erika"
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
    assert "<b>offer</b>" in offer.parsed.get_content()
    assert bob.messages("INBOX") == bob.messages("Sent") == []


CHANGES = [
    ("UPDATE llx_socpeople SET phone = '+49 40 1' WHERE rowid = 1", "all-contacts", "contact-1.vcf", "TEL;TYPE=WORK:+49 40 1"),
    ("UPDATE llx_socpeople_extrafields SET segment = 'B' WHERE fk_object = 1", "all-contacts", "contact-1.vcf", "X-SEGMENT:B-Kunde"),
    ("INSERT INTO llx_socpeople_extrafields (fk_object, customer_number) VALUES (2, 'KD-2')", "all-contacts", "contact-2.vcf",
     "X-CUSTOMER-NUMBER:KD-2"),
    ("DELETE FROM llx_socpeople_extrafields WHERE fk_object = 2", "all-contacts", "contact-2.vcf", "N:O'Brien;Jean-Luc;;Mr.;"),
    ("UPDATE llx_societe SET nom = 'Südwind' WHERE rowid = 1", "all-contacts", "contact-1.vcf", "ORG:Südwind"),
    ("UPDATE llx_societe SET fk_pays = 6 WHERE rowid = 2", "accounts", "company-2.vcf", "ADR;TYPE=WORK:;;;München;;;Switzerland"),
    ("UPDATE llx_actioncomm SET datep = '2026-07-01 15:00:00', datep2 = '2026-07-01 16:00:00' WHERE id = 14", "meetings",
     "meeting-14.ics", "DTSTART:20260701T130000Z"),
    ("UPDATE llx_actioncomm_resources SET answer_status = '1' WHERE fk_actioncomm = 13 AND element_type = 'user' AND fk_element = 3",
     "meetings", "meeting-13.ics", "ATTENDEE;CN=Bob Miller;PARTSTAT=ACCEPTED:mailto:bob@crm.example"),
    ("DELETE FROM llx_actioncomm_resources WHERE fk_actioncomm = 13 AND element_type = 'socpeople' AND fk_element = 2", "meetings",
     "meeting-13.ics", "ATTENDEE;CN=Erika Mustermann:mailto:erika.mustermann@nordwind.example"),
    ("UPDATE llx_actioncomm_reminder SET offsetvalue = 1, offsetunit = 'h' WHERE fk_actioncomm = 13", "meetings", "meeting-13.ics",
     "TRIGGER:-PT1H"),
    ("UPDATE llx_socpeople SET email = 'em@nordwind.example' WHERE rowid = 1", "meetings", "meeting-13.ics",
     "ATTENDEE;CN=Erika Mustermann:mailto:em@nordwind.example"),
    ("UPDATE llx_actioncomm SET percent = 100 WHERE id = 22", "tasks", "task-22.ics", "STATUS:COMPLETED"),
    ("UPDATE llx_actioncomm SET percent = 40 WHERE id = 22", "tasks", "task-22.ics", "STATUS:IN-PROCESS"),
    ("UPDATE llx_projet SET fk_opp_status = 4, opp_percent = 80 WHERE rowid = 1", "opportunities", "opportunity-1.ics",
     "PERCENT-COMPLETE:80"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "view", "href", "line"), CHANGES)
def test_a_change_by_sql_reaches_the_entry_it_concerns_and_no_other(
    gateway: Served, anna: User, statement: str, view: str, href: str, line: str
) -> None:
    before = anna.etags(view)
    assert gateway.sql(statement) == 1
    after = anna.etags(view)
    assert [name for name, etag in after.items() if before[name] != etag] == [href]
    lines(anna.get(view, href), line)


def test_who_is_assigned_sees_and_who_is_no_longer_does_not(gateway: Served, anna: User, bob: User) -> None:
    token, _, _ = bob.sync("meetings")
    gateway.sql(
        "INSERT INTO llx_actioncomm_resources (fk_actioncomm, element_type, fk_element) VALUES (14, 'user', 3), (14, 'socpeople', 3)"
    )
    token, changed, gone = bob.sync("meetings", token)
    assert (changed, gone) == ({"meeting-14.ics"}, set())
    gateway.sql("DELETE FROM llx_actioncomm_resources WHERE fk_actioncomm = 14 AND fk_element = 3")
    assert bob.sync("meetings", token)[1:] == (set(), {"meeting-14.ics"})


def test_an_event_that_becomes_a_thing_to_do_is_a_task(gateway: Served, anna: User) -> None:
    meetings, tasks = anna.sync("meetings")[0], anna.sync("tasks")[0]
    gateway.sql(
        "INSERT INTO llx_actioncomm (id, ref, entity, code, fk_action, percent, label, datep, fk_user_action) "
        "VALUES (900, '900', 1, 'AC_OTH', 50, -1, 'Besuch', '2026-05-11 10:00:00', 2)"
    )
    meetings, changed, _ = anna.sync("meetings", meetings)
    assert changed == {"meeting-900.ics"}
    gateway.sql("UPDATE llx_actioncomm SET percent = 0 WHERE id = 900")
    assert anna.sync("meetings", meetings)[2] == {"meeting-900.ics"}
    assert anna.sync("tasks", tasks)[1] == {"task-900.ics"}
    gateway.sql("DELETE FROM llx_actioncomm WHERE id = 900")


def test_a_sales_representative_sees_the_contacts_of_his_companies(gateway: Served, bob: User) -> None:
    token, _, _ = bob.sync("my-contacts")
    gateway.sql("INSERT INTO llx_societe_commerciaux (fk_soc, fk_user) VALUES (1, 3)")
    token, changed, gone = bob.sync("my-contacts", token)
    assert (changed, gone) == ({"contact-1.vcf"}, set())
    gateway.sql("DELETE FROM llx_societe_commerciaux WHERE fk_soc = 1 AND fk_user = 3")
    assert bob.sync("my-contacts", token)[1:] == (set(), {"contact-1.vcf"})


def test_what_is_disabled_or_deleted_in_dolibarr_goes(gateway: Served, anna: User) -> None:
    token, _, _ = anna.sync("all-contacts")
    gateway.sql("UPDATE llx_socpeople SET statut = 0 WHERE rowid = 5")
    token, _, gone = anna.sync("all-contacts", token)
    assert gone == {"contact-5.vcf"}
    gateway.sql("UPDATE llx_socpeople SET statut = 1 WHERE rowid = 5")
    tasks, _, _ = anna.sync("tasks")
    gateway.sql("DELETE FROM llx_actioncomm WHERE id = 22")
    assert anna.sync("tasks", tasks)[2] == {"task-22.ics"}


def test_every_trigger_is_there_and_goes_again(gateway: Served) -> None:
    setup = gateway.opened.setup
    assert gateway.opened.database.read_now(setup.triggers.lacking).all == []
    assert len(setup.triggers.names()) == (4 if setup.triggers.kind == "postgresql" else 3) * len(
        setup.triggers.watched
    )


def test_a_password_is_what_dolibarr_hashed(gateway: Served) -> None:
    """PHP's password_hash of “Geheim-1”."""
    hashed = bcrypt.hashpw(b"Geheim-1", bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$")
    gateway.sql("UPDATE llx_user SET pass_crypted = :hashed WHERE login = 'anna'", hashed=hashed)
    with served(gateway.opened, by_hash=True) as strict:
        assert strict.user("anna", "Geheim-1").ask("PROPFIND", "/dav/").status == 207
        assert strict.user("anna", "Geheim-2").ask("PROPFIND", "/dav/").status == 401
        assert strict.user("bob", "bob").ask("PROPFIND", "/dav/").status == 401
