"""EspoCRM's teams, UIDs, custom fields and documents by HTTP and IMAP; and that nothing of the gateway stays behind."""

from __future__ import annotations

import datetime as dt
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.opened import Opened
from tests.feed.test_uninstall import dumped
from tests.presets.documents import calendar, card, lines, one_of
from tests.presets.dumps import Snapshot, difference, loaded, snapshot
from tests.presets.served import Served, User, served

PDF = b"%PDF-1.4\n" + bytes(range(256))


@pytest.fixture(scope="module")
def gateway(espo: Opened) -> Iterator[Served]:
    with served(espo) as one:
        yield one


def test_a_team_sees_what_is_shared_with_it(gateway: Served, anna: User, bob: User) -> None:
    admin = gateway.user("admin")
    for member in (anna, bob):
        lines(one_of(member.documents("team-contacts").values(), "Erika"), "FN:Dr. Erika Mustermann")
        lines(one_of(member.documents("team-accounts").values(), "Nordwind"), "ORG:Nordwind GmbH")
        lines(one_of(member.documents("team-meetings").values(), "Kick-off"), "SUMMARY:Kick-off Nordwind")
    assert admin.documents("team-contacts") == {}
    gateway.sql("INSERT INTO team_user (team_id, user_id, deleted) SELECT t.id, u.id, t.deleted FROM team t CROSS JOIN `user` u "
                "WHERE u.user_name = 'admin'")  # fmt: skip
    assert len(admin.documents("team-contacts")) == 1
    gateway.sql(
        "UPDATE team_user SET deleted = NOT deleted WHERE user_id = (SELECT id FROM `user` WHERE user_name = 'admin')"
    )
    assert admin.documents("team-contacts") == {}
    gateway.sql("UPDATE entity_team SET deleted = NOT deleted WHERE entity_type = 'Contact'")
    assert bob.documents("team-contacts") == {}
    gateway.sql("UPDATE entity_team SET deleted = NOT deleted WHERE entity_type = 'Contact'")
    assert len(bob.documents("team-contacts")) == 1


def test_a_colleague_changes_what_the_team_shares(gateway: Served, bob: User) -> None:
    (href,) = bob.documents("team-contacts")
    text = bob.get("team-contacts", href)
    changed = text.replace("Head of Purchasing", "CFO").encode()
    bob.put("team-contacts", href, changed)
    assert gateway.row("SELECT role FROM account_contact WHERE deleted = (SELECT deleted FROM team)") == {"role": "CFO"}
    bob.put("team-contacts", href, text.encode())


def test_the_uid_of_a_meeting_is_espocrms_both_ways(gateway: Served, anna: User) -> None:
    uid = gateway.row("SELECT uid FROM meeting WHERE name = 'Private dentist'")["uid"]
    lines(one_of(anna.documents("meetings").values(), "dentist"), f"UID:{uid}")
    meeting = ("SUMMARY:Named", "DTSTART:20360511T070000Z", "DTEND:20360511T080000Z")
    anna.put("meetings", "u.ics", calendar("VEVENT", "UID:040000008200E00074C5B7101A82E008", *meeting))
    assert gateway.row("SELECT uid FROM meeting WHERE name = 'Named'") == {"uid": "040000008200E00074C5B7101A82E008"}
    anna.put("meetings", "v.ics", calendar("VEVENT", f"UID:{uid}", *meeting), expected=409)
    # A row whose uid stands on another already is a document all the same.
    key = "SELECT '{0}', name, deleted, status, date_start, date_end, uid, is_all_day, assigned_user_id FROM meeting"
    gateway.sql("INSERT INTO meeting (id, name, deleted, status, date_start, date_end, uid, is_all_day, assigned_user_id) "
                + key.format("again") + " WHERE name = 'Named'")  # fmt: skip
    shown = [text for text in anna.documents("meetings").values() if "SUMMARY:Named" in text]
    named = [next(line for line in text.split("\r\n") if line.startswith("UID:")) for text in shown]
    assert len(set(named)) == 2
    gateway.sql("DELETE FROM meeting WHERE name = 'Named'")
    assert not any("SUMMARY:Named" in text for text in anna.documents("meetings").values())


def test_a_custom_field_is_one_line_of_the_mapping(gateway: Served, anna: User) -> None:
    (erika,) = anna.documents("my-contacts").values()
    lines(erika, "X-CRM-CUSTOMER:KD-4711")
    new = card("UID:k", "FN:Karl Kunde", "N:Kunde;Karl;;;", "X-CRM-CUSTOMER:KD-4712")
    anna.put("my-contacts", "k.vcf", new)
    found = "SELECT c_customer_number FROM contact WHERE last_name = 'Kunde'"
    assert gateway.row(found) == {"c_customer_number": "KD-4712"}
    gateway.sql("UPDATE contact SET c_customer_number = 'KD-1' WHERE last_name = 'Kunde'")
    assert "X-CRM-CUSTOMER:KD-1" in anna.get("my-contacts", "k.vcf")
    anna.delete("my-contacts", "k.vcf")


def test_a_document_is_a_message_with_its_file(anna: User) -> None:
    (paper,) = anna.messages("Documents")
    assert paper.subject == "Angebot 2026-001"
    assert "Signed version" in paper.text
    (file,) = paper.parsed.iter_attachments()
    assert isinstance(file, EmailMessage)
    assert file.get_filename() == "Angebot 2026-001.pdf"
    assert file.get_content().startswith(b"%PDF")


def test_a_filed_document_is_the_rows_espocrm_makes(gateway: Served, anna: User, before: Snapshot) -> None:
    made = EmailMessage()
    made["Subject"], made["From"], made["Date"] = "Contract", "anna@crm.example", "Mon, 11 May 2026 07:45:00 +0000"
    made.set_content("To be signed\n")
    made.add_attachment(PDF, maintype="application", subtype="pdf", filename="Contract.pdf")
    made.add_attachment(b"second", maintype="application", subtype="pdf", filename="Second.pdf")
    raw = made.as_bytes(policy=email.policy.SMTP)
    uid = anna.append("Documents", raw)
    assert difference(before, snapshot(gateway.opened.database.engine)) == {"attachment": (0, 1), "document": (0, 1)}
    row = gateway.row("SELECT * FROM document WHERE name = 'Contract'")
    file = gateway.row("SELECT * FROM attachment WHERE name = 'Contract.pdf'")
    wanted = {"status": "Active", "description": "To be signed\n", "file_id": file["id"], "deleted": 0}
    assert {name: row[name] for name in wanted} == wanted
    assert row["publish_date"] == str(dt.datetime.now(dt.UTC).date())
    wanted = {"related_id": row["id"], "related_type": "Document", "field": "file", "size": len(PDF), "parent_id": None}
    assert {name: file[name] for name in wanted} == wanted
    root = gateway.opened.crm.files.root
    assert root is not None
    assert (root / "upload" / str(file["id"])).read_bytes() == PDF
    assert {one.uid: one.raw for one in anna.messages("Documents")}[uid] == raw
    anna.expunge("Documents", uid)
    assert gateway.row("SELECT deleted FROM document WHERE name = 'Contract'") == {"deleted": 1}


def test_triggers_that_an_upgrade_dropped_are_put_back_and_what_they_missed_is_served(
    gateway: Served, anna: User
) -> None:
    triggers = gateway.opened.setup.triggers
    (erika,) = anna.documents("my-contacts")
    with gateway.opened.database.engine.begin() as connection:
        for one in triggers.wanted:
            if one.name.startswith("crmgate_account_contact"):
                for statement in one.drop:
                    connection.exec_driver_sql(statement)
    gateway.sql("UPDATE account_contact SET role = 'Unheard'")
    assert "TITLE:Unheard" not in anna.get("my-contacts", erika)
    gateway.opened.health.look()
    while gateway.opened.follower.turn():
        pass
    assert "TITLE:Unheard" in anna.get("my-contacts", erika)
    assert gateway.opened.database.read_now(triggers.lacking).all == []


@pytest.mark.parametrize("kind", ["mariadb", "postgresql"])
def test_uninstalling_leaves_the_schema_byte_for_byte_as_it_was(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: sa.URL = request.getfixturevalue(f"{kind}_server")
    with loaded("espocrm" if kind == "mariadb" else "espocrm-pgsql", server) as url:
        engine = sa.create_engine(url)
        before, rows = dumped(url), snapshot(engine)
        own = f"{url.database}_gw" if kind == "mariadb" else None
        opened = Opened(url.render_as_string(hide_password=False), "espocrm", schema=own, folder=tmp_path)
        opened.setup.install()
        with served(opened) as gateway:
            assert gateway.user("anna").documents("all-contacts")
            assert gateway.user("anna").messages("INBOX")
        assert dumped(url) != before
        opened.setup.uninstall()
        opened.close()
        assert dumped(url) == before
        assert snapshot(engine) == rows
        engine.dispose()
