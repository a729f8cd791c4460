"""The least that is valid: collections, rows, messages."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.core.ids import UID, CollectionId, Epoch, ModSeq
from gateway.core.mail import MailboxChanges, MessageContent, MessageRow
from gateway.core.model import Collection, CollectionName, Right, Role, Section, Shape
from gateway.formats.mime import header_end, summarise
from protocols.imap.view import View


def a_collection(
    slug: str = "Inbox", role: Role = Role.NONE, modseq: int = 1, epoch: int = 7, uid_next: int = 1_000
) -> Collection:
    return Collection(
        id=CollectionId(1),
        name=CollectionName(Section.MAILBOXES, slug),
        shape=Shape.MESSAGE,
        display_name=slug,
        role=role,
        is_shared=False,
        rights=Right.WRITER,
        epoch=Epoch(epoch),
        modseq=ModSeq(modseq),
        uid_next=UID(uid_next),
        count=0,
    )


def a_row(uid: int, *flags: str, modseq: int = 1, size: int = 100, date: int = 0) -> MessageRow:
    return MessageRow(UID(uid), ModSeq(modseq), size, date, frozenset(flags))


def some_changes(
    rows: Iterable[MessageRow] = (), vanished: Iterable[int] = (), modseq: int = 1, epoch: int = 7
) -> MailboxChanges:
    return MailboxChanges(a_collection(modseq=modseq, epoch=epoch), tuple(rows), tuple(UID(uid) for uid in vanished))


def a_view(*rows: MessageRow, modseq: int = 1) -> View:
    return View(some_changes(rows, modseq=modseq))


def some_content(uid: int, raw: bytes) -> MessageContent:
    return MessageContent(UID(uid), summarise(raw), raw[: header_end(raw)], raw)
