"""EspoCRM's reminders and files by HTTP and IMAP, on both of its databases, with its own folder of uploads."""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from storage.opened import Opened
from tests.presets.documents import calendar, lines, one_of
from tests.presets.dumps import difference, snapshot
from tests.presets.served import Served, User, served

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 40


@pytest.fixture(scope="module")
def gateway(espo: Opened) -> Iterator[Served]:
    with served(espo) as one:
        yield one


def alarm(trigger: str) -> tuple[str, ...]:
    return ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", f"TRIGGER:{trigger}", "END:VALARM")


def test_the_reminder_of_the_sample_is_an_alarm(anna: User) -> None:
    kickoff = one_of(anna.documents("meetings").values(), "Kick-off")
    lines(kickoff, "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M")


MEETING = ("UID:r1", "SUMMARY:Review", "ATTENDEE:mailto:anna@crm.example", "ATTENDEE:mailto:bob@crm.example")
ROWS = "SELECT remind_at, start_at, r.type, seconds, is_submitted, r.deleted, entity_type, user_name FROM reminder r JOIN " \
       "`user` u ON u.id = r.user_id WHERE entity_id = (SELECT id FROM meeting WHERE name = 'Review') ORDER BY user_name"  # fmt: skip


def test_an_alarm_is_a_reminder_for_everybody_who_comes_and_moves_with_the_meeting(
    gateway: Served, anna: User, bob: User
) -> None:
    before = snapshot(gateway.opened.database.engine)
    times = ("DTSTART:20360511T070000Z", "DTEND:20360511T080000Z")
    anna.put("meetings", "r1.ics", calendar("VEVENT", *MEETING, *times, *alarm("-PT30M")))
    assert difference(before, snapshot(gateway.opened.database.engine)) == {
        "meeting": (0, 1),
        "meeting_user": (0, 2),
        "reminder": (0, 2),
    }
    same = {"type": "Popup", "is_submitted": 0, "deleted": 0, "entity_type": "Meeting", "seconds": 1800}
    same |= {"remind_at": "2036-05-11 06:30:00", "start_at": "2036-05-11 07:00:00"}
    assert gateway.rows(ROWS) == [same | {"user_name": name} for name in ("anna", "bob")]
    lines(one_of(bob.documents("meetings").values(), "Review"), "TRIGGER:-PT30M")
    later = ("DTSTART:20360512T070000Z", "DTEND:20360512T080000Z")
    anna.put("meetings", "r1.ics", calendar("VEVENT", *MEETING, *later, *alarm("-PT30M")))
    same |= {"remind_at": "2036-05-12 06:30:00", "start_at": "2036-05-12 07:00:00"}
    assert gateway.rows(ROWS) == [same | {"user_name": name} for name in ("anna", "bob")]
    gateway.sql("UPDATE reminder SET seconds = 600 WHERE start_at = '2036-05-12 07:00:00'")
    assert "TRIGGER:-PT10M" in anna.get("meetings", "r1.ics")
    anna.put("meetings", "r1.ics", calendar("VEVENT", *MEETING, *later))
    assert gateway.rows(ROWS) == []
    anna.delete("meetings", "r1.ics")


def test_a_task_is_reminded_of_before_it_is_due(gateway: Served, anna: User) -> None:
    task = ("UID:r2", "SUMMARY:Call back", "DUE:20360511T170000Z")
    triggered = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", "TRIGGER;RELATED=END:-PT1H", "END:VALARM")
    anna.put("tasks", "r2.ics", calendar("VTODO", *task, *triggered))
    held = gateway.row("SELECT entity_type, remind_at, seconds FROM reminder WHERE seconds = 3600")
    assert held == {"entity_type": "Task", "remind_at": "2036-05-11 16:00:00", "seconds": 3600}
    assert "TRIGGER;RELATED=END:-PT1H" in anna.get("tasks", "r2.ics")
    anna.put("tasks", "r2.ics", calendar("VTODO", *task))
    anna.delete("tasks", "r2.ics")


def test_the_pdf_of_an_email_is_its_attachment(anna: User, bob: User) -> None:
    (offer,) = anna.messages("Sent")
    (file,) = offer.parsed.iter_attachments()
    assert isinstance(file, EmailMessage)
    assert file.get_filename() == "Angebot 2026-001.pdf"
    assert file.get_content_type() == "application/pdf"
    content = file.get_content()
    assert content.startswith(b"%PDF")
    assert len(content) == 77
    body = offer.parsed.get_body(("html",))
    assert body is not None
    assert "<b>offer</b>" in body.get_content()
    assert [one.raw for one in bob.messages("INBOX")] == [offer.raw]


def with_files() -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "anna@crm.example", "bob@crm.example", "Files"
    made["Message-ID"], made["Date"] = "<files@crm.example>", "Mon, 11 May 2026 07:45:00 +0000"
    made.set_content("See there\n")
    made.add_attachment(PDF, maintype="application", subtype="pdf", filename="Angebot – Müller.pdf")
    made.add_attachment("words\n", filename="../../etc/passwd")
    return made.as_bytes(policy=email.policy.SMTP)


def test_a_filed_message_keeps_its_bytes_and_its_files_are_espocrms_too(gateway: Served, anna: User, bob: User) -> None:
    before = snapshot(gateway.opened.database.engine)
    raw = with_files()
    uid = anna.append("Sent", raw)
    assert difference(before, snapshot(gateway.opened.database.engine)) == {
        "attachment": (0, 2),
        "email": (0, 1),
        "email_email_address": (0, 1),
        "email_user": (0, 2),
    }
    mail = gateway.row("SELECT id, has_attachment FROM email WHERE name = 'Files'")
    assert mail["has_attachment"] == 1
    rows = gateway.rows("SELECT * FROM attachment WHERE parent_id = :key ORDER BY size DESC", key=mail["id"])
    assert [(row["name"], row["type"], row["size"]) for row in rows] == [
        ("Angebot – Müller.pdf", "application/pdf", len(PDF)),
        ("_.._etc_passwd", "text/plain", 7),
    ]
    shared = {"role": "Attachment", "storage": "EspoUploadDir", "parent_type": "Email", "deleted": 0, "global": 0}
    for row in rows:
        assert {name: row[name] for name in shared} == shared
        assert row["created_at"] is not None
        assert row["source_id"] is None
    root = gateway.opened.crm.files.root
    assert root is not None
    upload: Path = root / "upload"
    assert (upload / str(rows[0]["id"])).read_bytes() == PDF
    assert {one.uid: one.raw for one in anna.messages("Sent")}[uid] == raw
    (theirs,) = [one for one in bob.messages("INBOX") if one.subject == "Files"]
    assert theirs.raw == raw
    # Somebody adds another file in EspoCRM: the message is composed anew, with all three.
    (upload / "added").write_bytes(b"new")
    gateway.sql(
        "INSERT INTO attachment (id, name, deleted, type, size, parent_id, parent_type, role, storage, is_being_uploaded, "
        "`global`) SELECT 'added', 'new.txt', deleted, 'text/plain', 3, parent_id, parent_type, role, storage, "
        "is_being_uploaded, `global` FROM attachment WHERE id = :key",
        key=rows[0]["id"],
    )
    (theirs,) = [one for one in bob.messages("INBOX") if one.subject == "Files"]
    names = [one.get_filename() for one in theirs.parsed.iter_attachments()]
    assert names == ["Angebot – Müller.pdf", "_.._etc_passwd", "new.txt"]


def test_a_file_that_is_missing_is_told_in_its_place(gateway: Served, anna: User) -> None:
    gateway.sql(
        "INSERT INTO attachment (id, name, deleted, type, size, parent_id, parent_type, is_being_uploaded, `global`) "
        "SELECT 'lost', 'lost.pdf', deleted, 'application/pdf', 3, id, 'Email', deleted, deleted FROM email "
        "WHERE name = 'AW: Your offer 2026-001'"
    )
    (answer,) = [one for one in anna.messages("INBOX") if one.subject.startswith("AW:")]
    (part,) = answer.parsed.iter_attachments()
    assert isinstance(part, EmailMessage)
    assert part.get_filename() == "lost.pdf.txt"
    assert part.get_content().strip() == "The attachment lost.pdf is missing in the CRM."
