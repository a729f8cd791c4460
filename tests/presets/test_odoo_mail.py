"""Messages that a program files become rows of Odoo; and writes that meet Odoo's own at the same moment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from storage.database import Unit
from storage.opened import Opened
from tests.presets.documents import lines, message, one_of
from tests.presets.dumps import Snapshot
from tests.presets.odoo import ANNA, changed, holds
from tests.presets.served import Served, User, served


@pytest.fixture(scope="module")
def gateway(odoo: Opened) -> Iterator[Served]:
    with served(odoo) as one:
        yield one


SENT = (
    "Message-ID: <new@crm.example>",
    "In-Reply-To: <re-001@nordwind.example>",
    "From: Anna Schmidt <anna@crm.example>",
    "To: Erika Mustermann <erika.mustermann@nordwind.example>, neu@else.example",
    "Cc: bob@crm.example",
    "Subject: News",
    "Date: Mon, 11 May 2026 07:45:00 +0000",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "Hello",
    "there",
)


def test_a_filed_message_stands_with_the_record_it_is_about(
    odoo: Opened, gateway: Served, anna: User, bob: User, before: Snapshot
) -> None:
    anna.append("Sent", message(*SENT))
    assert changed(odoo, before) == {
        "mail_message": (0, 1), "mail_mail": (0, 1), "mail_message_res_partner_rel": (0, 2),
    }  # fmt: skip
    row = gateway.row("SELECT * FROM mail_message WHERE subject = 'News'")
    offer = gateway.row("SELECT * FROM mail_message WHERE subject = 'Your offer 2026-001'")
    holds(
        row,
        message_type="email_outgoing",
        author_id=7,
        model="res.partner",
        res_id=12,
        email_from="Anna Schmidt <anna@crm.example>",
        reply_to="Anna Schmidt <anna@crm.example>",
        message_id="<new@crm.example>",
        parent_id=35,
        subtype_id=offer["subtype_id"],
        body="Hello<br />\nthere<br />\n",
        date="2026-05-11 07:45:00",
        create_uid=ANNA,
        email_add_signature=1,
    )
    assert str(row["record_name"]).endswith("Erika Mustermann")
    assert {name for name in row if (row[name] is None) != (offer[name] is None)} == {"parent_id"}
    holds(
        gateway.row("SELECT * FROM mail_mail WHERE mail_message_id = :key", key=row["id"]),
        state="sent",
        email_to="Erika Mustermann <erika.mustermann@nordwind.example>, neu@else.example",
        email_cc="bob@crm.example",
        body_html="Hello<br />\nthere<br />\n",
        auto_delete=0,
    )
    linked = gateway.rows(
        "SELECT res_partner_id AS id FROM mail_message_res_partner_rel WHERE mail_message_id = :key", key=row["id"]
    )
    assert {one["id"] for one in linked} == {8, 12}
    assert one_of([one.text for one in anna.messages("Sent")], "Subject: News").encode() == message(*SENT)
    assert "News" in [one.subject for one in bob.messages("INBOX")]


def test_a_received_message_is_its_senders(odoo: Opened, gateway: Served, anna: User, before: Snapshot) -> None:
    received = (
        "Message-ID: <in@nordwind.example>", "From: Erika <erika.mustermann@nordwind.example>", "To: anna@crm.example",
        "Subject: Question", "Date: Tue, 12 May 2026 07:45:00 +0000", "Content-Type: text/html", "", "<p>Why?</p>",
    )  # fmt: skip
    anna.append("INBOX", message(*received))
    assert changed(odoo, before) == {
        "mail_message": (0, 1), "mail_mail": (0, 1), "mail_message_res_partner_rel": (0, 1),
    }  # fmt: skip
    holds(
        gateway.row("SELECT * FROM mail_message WHERE subject = 'Question'"),
        message_type="email", author_id=12, model="res.partner", res_id=12, parent_id=None,
    )  # fmt: skip
    assert "Question" in [one.subject for one in anna.messages("INBOX")]
    assert gateway.rows("SELECT id FROM mail_mail WHERE state = 'outgoing'") == []


def test_a_filed_message_with_a_file_makes_it_one_of_the_records(
    odoo: Opened, gateway: Served, anna: User, before: Snapshot
) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "anna@crm.example", "erika.mustermann@nordwind.example", "With a file"
    made["Message-ID"], made["Date"] = "<file@crm.example>", "Tue, 12 May 2026 07:45:00 +0000"
    made.set_content("See there")
    made.add_attachment(b"%PDF-1.4 new", maintype="application", subtype="pdf", filename="Neu.pdf")
    anna.append("Sent", made.as_bytes(policy=made.policy.clone(linesep="\r\n")))
    assert changed(odoo, before) == {
        "mail_message": (0, 1), "mail_mail": (0, 1), "mail_message_res_partner_rel": (0, 1), "ir_attachment": (0, 1),
        "message_attachment_rel": (0, 1),
    }  # fmt: skip
    holds(
        gateway.row("SELECT * FROM ir_attachment WHERE name = 'Neu.pdf'"),
        res_model="res.partner", res_id=12, type="binary", mimetype="application/pdf", file_size=12, company_id=1,
        store_fname=f"{hashlib.sha1(b'%PDF-1.4 new').hexdigest()[:2]}/{hashlib.sha1(b'%PDF-1.4 new').hexdigest()}",
    )  # fmt: skip


def test_a_write_that_odoo_gets_in_the_way_of_is_done_again(odoo: Opened, gateway: Served, before: Snapshot) -> None:
    """Under REPEATABLE READ, as Odoo has it, whoever comes second to a row is told to begin anew."""
    attempts: list[object] = []

    def write(unit: Unit) -> None:
        unit.connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        attempts.append(unit.connection.exec_driver_sql("SELECT color FROM res_partner WHERE id = 11").scalar())
        if len(attempts) == 1:
            gateway.sql("UPDATE res_partner SET color = 5 WHERE id = 11")
        unit.connection.exec_driver_sql("UPDATE res_partner SET color = color + 1 WHERE id = 11")

    odoo.database.write_now(write)
    assert attempts == [0, 5]
    assert gateway.row("SELECT color FROM res_partner WHERE id = 11") == {"color": 6}
    assert changed(odoo, before) == {"res_partner": (1, 1)}


def test_odoo_is_told_to_begin_anew_by_a_programs_write_and_both_are_kept(
    odoo: Opened, gateway: Served, anna: User
) -> None:
    (href,) = [href for href, text in anna.documents("companies").items() if "Müller" in text]
    theirs = sa.create_engine(odoo.database.url, isolation_level="REPEATABLE READ", poolclass=sa.NullPool)
    change = "UPDATE res_partner SET website = 'https://mueller.example' WHERE id = 11"
    with theirs.connect() as connection:
        connection.exec_driver_sql("SELECT name FROM res_partner WHERE id = 11").all()
        anna.put("companies", href, anna.get("companies", href).replace("+49 89 555", "+49 89 556").encode())
        with pytest.raises(sa.exc.DBAPIError) as told:
            connection.exec_driver_sql(change)
        assert getattr(told.value.orig, "sqlstate", "") == "40001"
        connection.rollback()
        connection.exec_driver_sql(change)
        connection.commit()
    gateway.settle()
    lines(anna.get("companies", href), "TEL;TYPE=WORK:+49 89 556", "URL:https://mueller.example")
