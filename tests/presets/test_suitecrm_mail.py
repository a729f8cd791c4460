"""A message that a client files becomes the rows SuiteCRM makes itself, and nothing else in its database changes."""

from __future__ import annotations

import email.message
import email.policy
from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.crm import principal
from tests.presets.documents import message
from tests.presets.dumps import Snapshot, snapshot
from tests.presets.served import Served, User, served
from tests.presets.suitecrm import UUID, changed, grouped, holds, stamped


@pytest.fixture(scope="module")
def gateway(suite: Opened) -> Iterator[Served]:
    with served(suite) as one:
        yield one


@pytest.fixture
def anna_id(suite: Opened) -> str:
    return str(principal(suite, "anna").id)


def test_a_filed_message_has_its_text_its_addresses_and_its_records(
    gateway: Served, anna: User, anna_id: str, before: Snapshot
) -> None:
    raw = message(
        "Message-ID: <new@crm.example>", "From: Anna Schmidt <anna@crm.example>",
        'To: "Mustermann, Erika" <ERIKA@privat.example>, neu@else.example', "Cc: bob@crm.example, info@nordwind.example",
        "Subject: News", "Date: Mon, 11 May 2026 09:45:00 +0200", "MIME-Version: 1.0",
        "Content-Type: text/html; charset=utf-8", "", "<p>Hello</p>",
    )  # fmt: skip
    uid = anna.append("Sent", raw)
    assert changed(gateway, before) == {
        "email_addresses": (0, 1),
        "emails": (0, 1),
        "emails_beans": (0, 2),
        "emails_email_addr_rel": (0, 5),
        "emails_text": (0, 1),
        "securitygroups_records": (0, 1),
    }
    email = gateway.row("SELECT * FROM emails WHERE name = 'News'")
    stamped(email, anna_id)
    erika = gateway.row("SELECT id FROM contacts WHERE last_name = 'Mustermann'")["id"]
    nordwind = gateway.row("SELECT id FROM accounts WHERE name = 'Nordwind GmbH'")["id"]
    holds(email, type="out", status="sent", message_id="<new@crm.example>", date_sent_received="2026-05-11 07:45:00",
          intent="pick", parent_type="Contacts", parent_id=erika)  # fmt: skip
    holds(
        gateway.row("SELECT * FROM emails_text WHERE email_id = :key", key=email["id"]),
        from_addr="Anna Schmidt <anna@crm.example>",
        to_addrs='"Mustermann, Erika" <ERIKA@privat.example>, neu@else.example',
        cc_addrs="bob@crm.example, info@nordwind.example",
        bcc_addrs="",
        reply_to_addr="",
        description="Hello",
        description_html="<p>Hello</p>\n",
        raw_source="",
        deleted=0,
    )
    links = gateway.rows("SELECT * FROM emails_beans WHERE email_id = :key", key=email["id"])
    assert {(row["bean_module"], row["bean_id"]) for row in links} == {("Contacts", erika), ("Accounts", nordwind)}
    for row in links:
        assert UUID.fullmatch(str(row["id"]))
        holds(row, deleted=0, campaign_data="", date_modified=email["date_modified"])
    addresses = gateway.rows(
        "SELECT l.id, l.deleted, l.address_type, a.email_address_caps AS caps FROM emails_email_addr_rel l "
        "JOIN email_addresses a ON a.id = l.email_address_id WHERE l.email_id = :key",
        key=email["id"],
    )
    assert {(row["address_type"], row["caps"]) for row in addresses} == {
        ("from", "ANNA@CRM.EXAMPLE"), ("to", "ERIKA@PRIVAT.EXAMPLE"), ("to", "NEU@ELSE.EXAMPLE"),
        ("cc", "BOB@CRM.EXAMPLE"), ("cc", "INFO@NORDWIND.EXAMPLE"),
    }  # fmt: skip
    assert all(UUID.fullmatch(str(row["id"])) and row["deleted"] == 0 for row in addresses)
    grouped(gateway, email["id"], "Emails")
    (sent,) = [one for one in anna.messages("Sent") if one.uid == uid]
    assert sent.raw == raw
    # The colleague has it by his address.
    assert raw in [one.raw for one in gateway.user("bob").messages("INBOX")]


def test_the_files_of_a_filed_message_are_notes(gateway: Served, anna: User, anna_id: str, before: Snapshot) -> None:
    mail = email.message.EmailMessage(email.policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = "anna@crm.example", "bob@crm.example", "Plans"
    mail["Date"], mail["Message-ID"] = "Mon, 11 May 2026 07:45:00 +0000", "<files@crm.example>"
    mail.set_content("See there.")
    mail.add_attachment(b"%PDF-1.4 not much", maintype="application", subtype="pdf", filename="Pläne.pdf")
    uid = anna.append("Sent", bytes(mail))
    assert changed(gateway, before) == {
        "emails": (0, 1), "emails_email_addr_rel": (0, 2), "emails_text": (0, 1), "notes": (0, 1),
        "securitygroups_records": (0, 1),
    }  # fmt: skip
    row = gateway.row("SELECT id FROM emails WHERE name = 'Plans'")
    note = gateway.row("SELECT * FROM notes WHERE parent_id = :key", key=row["id"])
    stamped(note, anna_id)
    holds(note, name="Pläne.pdf", filename="Pläne.pdf", file_mime_type="application/pdf", parent_type="Emails",
          portal_flag=0, embed_flag=0, contact_id=None)  # fmt: skip
    root = gateway.opened.crm.files.root
    assert root is not None
    assert (root / "upload" / str(note["id"])).read_bytes() == b"%PDF-1.4 not much"
    (sent,) = [one for one in anna.messages("Sent") if one.uid == uid]
    assert sent.raw == bytes(mail)


def test_a_message_filed_in_the_inbox_is_archived(gateway: Served, anna: User, before: Snapshot) -> None:
    raw = message("Message-ID: <in@x.example>", "From: Lara <lara@prospect.example>", "To: anna@crm.example",
                  "Subject: Question", "Date: Mon, 11 May 2026 07:45:00 +0000", "", "Hello")  # fmt: skip
    uid = anna.append("INBOX", raw)
    assert changed(gateway, before) == {
        "emails": (0, 1), "emails_beans": (0, 1), "emails_email_addr_rel": (0, 2), "emails_text": (0, 1),
        "securitygroups_records": (0, 1),
    }  # fmt: skip
    email = gateway.row("SELECT * FROM emails WHERE name = 'Question'")
    holds(email, type="archived", status="archived", parent_type="Leads")
    between = snapshot(gateway.opened.database.engine)
    anna.flag("INBOX", uid, r"+FLAGS (\Seen)")
    anna.move("INBOX", uid, "Archive")
    assert [one.raw for one in anna.messages("Archive")] == [raw]
    # What is read, and put elsewhere, is between the user and the gateway.
    assert changed(gateway, between) == {}
