"""Files a CRM has beside an e-mail as parts of the message, and a message's files taken out of it."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest

from gateway.core.entities import Attachment, MessageSource
from gateway.core.ids import EntityKey
from gateway.core.limits import MESSAGE_LARGEST
from gateway.formats.compose import compose
from gateway.formats.mime import summarise
from gateway.formats.mime_files import MessageFile, file_names, read_files
from gateway.formats.overlay import overlay

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 3
SOURCE = MessageSource(EntityKey("1"), "<1@crm.example>", "Offer", None, (), "Hello\n", "<p>Hello</p>\n")


def attached(name: str, content: bytes | None, kind: str = "application/pdf", size: int | None = -1) -> Attachment:
    length = (None if content is None else len(content)) if size == -1 else size
    return Attachment(name, kind, length, lambda: content)


def parsed(source: MessageSource) -> EmailMessage:
    made = email.message_from_bytes(compose(source), policy=email.policy.default)
    assert isinstance(made, EmailMessage)
    assert [part.defects for part in made.walk() if part.defects] == []
    return made


NAMES = [
    "Angebot 2026-001.pdf",
    "Angebot – Müller & Söhne.pdf",
    "日本語" * 40 + ".pdf",
    'a"b.pdf',
    "a\r\nX-Evil: 1.pdf",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_a_part_with_its_name_and_bytes(name: str) -> None:
    made = parsed(replace(SOURCE, attachments=(attached(name, PDF),)))
    assert made.get_content_type() == "multipart/mixed"
    (part,) = made.iter_attachments()
    assert part.get_content() == PDF
    assert part.get_filename() == name.replace("\r\n", " ")
    body = made.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "Hello"
    (file,) = read_files(compose(replace(SOURCE, attachments=(attached(name, PDF),))))
    assert file == MessageFile(name.replace("\r\n", " "), "application/pdf", PDF)


def test_the_same_files_are_the_same_bytes() -> None:
    source = replace(SOURCE, attachments=(attached("a.pdf", PDF), attached("b.txt", b"b", "text/plain")))
    assert compose(source) == compose(source)
    assert compose(source) != compose(replace(source, attachments=source.attachments[:1]))
    assert all(len(line) <= 998 for line in compose(source).split(b"\r\n"))


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "nonsense", "text/plain\r\nX-Evil: 1", ""])
def test_a_type_that_may_not_stand_there_is_bytes(kind: str) -> None:
    (part,) = parsed(replace(SOURCE, attachments=(attached("a.bin", PDF, kind),))).iter_attachments()
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_content() == PDF


def refuses() -> bytes | None:
    raise AssertionError("what is too large is not loaded")


@pytest.mark.parametrize(
    ("attachment", "said"),
    [
        (attached("a.pdf", None), "The attachment a.pdf is missing in the CRM."),
        (attached("a.pdf", None, size=5), "The attachment a.pdf (5 bytes) can be had in the CRM only."),
        (Attachment("a.pdf", "application/pdf", MESSAGE_LARGEST, refuses),
         f"The attachment a.pdf ({MESSAGE_LARGEST} bytes) can be had in the CRM only."),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_told(attachment: Attachment, said: str) -> None:
    (part,) = parsed(replace(SOURCE, attachments=(attachment,))).iter_attachments()
    assert part.get_content().strip() == said
    assert part.get_filename() == "a.pdf.txt"


def test_all_files_together_fit_a_message() -> None:
    large = bytes(MESSAGE_LARGEST // 4)
    made = compose(replace(SOURCE, attachments=tuple(attached(f"{number}.bin", large) for number in range(4))))
    assert len(made) <= MESSAGE_LARGEST
    assert len(made) > MESSAGE_LARGEST // 2


def built(add: Callable[[EmailMessage], None]) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Offer"
    message["Message-ID"] = "<1@crm.example>"
    message.set_content("Hello\n")
    message.add_alternative("<p>Hello</p>\n", subtype="html")
    add(message)
    return message.as_bytes(policy=email.policy.SMTP)


def with_picture(message: EmailMessage) -> None:
    html = message.get_body(("html",))
    assert html is not None
    html.add_related(PDF, "image", "png", cid="<p>", filename="p.png")


def with_message(message: EmailMessage) -> None:
    inner = EmailMessage()
    inner["Subject"] = "Inner"
    inner.set_content("inside\n")
    inner.add_attachment(PDF, maintype="application", subtype="pdf", filename="in.pdf")
    message.add_attachment(inner)


def with_text(message: EmailMessage) -> None:
    message.add_attachment("notes\n", filename="notes.txt")


@pytest.mark.parametrize(
    ("add", "names"),
    [(lambda _: None, []), (with_picture, ["p.png"]), (with_message, ["Inner.eml"]), (with_text, ["notes.txt"])],
)
def test_the_files_of_a_message_are_found(add: Callable[[EmailMessage], None], names: list[str]) -> None:
    raw = built(add)
    files = read_files(raw)
    assert [file.name for file in files] == names
    assert file_names(summarise(raw).structure) == names
    if names == ["Inner.eml"]:
        assert files[0].media_type == "message/rfc822"
        assert b"in.pdf" in files[0].content
    if names == ["p.png"]:
        assert files[0].content == PDF


def test_a_message_of_nothing_but_a_file_has_one() -> None:
    message = EmailMessage()
    message.set_content(PDF, maintype="application", subtype="pdf", filename="a.pdf")
    assert [(file.name, file.content) for file in read_files(message.as_bytes())] == [("a.pdf", PDF)]
    assert read_files(b"") == []


def test_a_file_added_in_the_crm_composes_the_message_anew_and_one_it_lacks_does_not() -> None:
    original = built(with_text)
    source = replace(SOURCE, text="Hello\n", html="<p>Hello</p>\n")
    assert overlay(original, source) == original
    same = replace(source, attachments=(attached("notes.txt", b"notes\n", "text/plain"),))
    assert overlay(original, same) == original
    kept_otherwise = replace(source, attachments=(attached("NOTES_.txt", b"notes\n", "text/plain"),))
    assert overlay(original, kept_otherwise) == original
    renamed = replace(source, attachments=(attached("other.txt", b"notes\n", "text/plain"),))
    assert [file.name for file in read_files(overlay(original, renamed))] == ["other.txt"]
    more = replace(source, attachments=(*same.attachments, attached("a.pdf", PDF)))
    assert [file.name for file in read_files(overlay(original, more))] == ["notes.txt", "a.pdf"]


def test_a_file_taken_away_in_the_crm_leaves_a_message_that_was_composed_of_it() -> None:
    two = replace(SOURCE, attachments=(attached("a.pdf", PDF), attached("b.pdf", PDF)))
    one = replace(SOURCE, attachments=two.attachments[:1])
    assert overlay(compose(two), one) == compose(one)
    assert overlay(compose(one), one) == compose(one)
    assert overlay(compose(one), SOURCE) == compose(SOURCE)
