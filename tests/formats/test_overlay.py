"""A CRM's changes over a message's own bytes: what the CRM does not hold is not its to change."""

from __future__ import annotations

import dataclasses
import datetime as dt

from gateway.core.entities import MessageSource
from gateway.core.ids import EntityKey
from gateway.formats.mime_message import read_message
from gateway.formats.mime_text import html_to_text, text_to_html
from gateway.formats.overlay import overlay

RAW = (
    b"Message-ID: <1@x.example>\r\nIn-Reply-To: <0@x.example>\r\nFrom: Anna Beck <anna@x.example>\r\n"
    b"To: Bob <bob@x.example>\r\nBcc: eve@x.example\r\nSubject: Offer\r\nDate: Sun, 01 Mar 2026 12:00:00 +0000\r\n"
    b"Content-Type: text/plain\r\n\r\nHello <you>\r\n"
)


def source(raw: bytes = RAW) -> MessageSource:
    facts = read_message(raw)
    return MessageSource(
        EntityKey("1"), facts.message_id, facts.subject, facts.sent, facts.addresses, facts.text, facts.html,
        facts.in_reply_to, facts.references,
    )  # fmt: skip


def test_a_row_that_says_the_same_leaves_every_byte() -> None:
    assert overlay(RAW, source()) == RAW


def test_parts_without_a_column_stay_as_they_are() -> None:
    bare = dataclasses.replace(
        source(), subject="Order", message_id="", in_reply_to="",
        addresses=(("from", "anna@x.example", ""), ("to", "bob@x.example", "")),
        unheld=frozenset({"message_id", "in_reply_to", "bcc"}),
    )  # fmt: skip
    assert overlay(RAW, bare) == RAW.replace(b"Offer", b"Order")


def test_a_part_with_a_column_that_is_empty_goes() -> None:
    bare = dataclasses.replace(source(), in_reply_to="", addresses=source().addresses[:2])
    assert overlay(RAW, bare) == RAW.replace(b"In-Reply-To: <0@x.example>\r\n", b"").replace(
        b"Bcc: eve@x.example\r\n", b""
    )


def test_a_name_that_the_crm_changed_is_written() -> None:
    named = (("from", "anna@x.example", "Anna Schmidt"), *source().addresses[1:])
    assert b"From: Anna Schmidt <anna@x.example>" in overlay(RAW, dataclasses.replace(source(), addresses=named))


def test_plain_words_kept_as_html_are_the_same_words() -> None:
    rich = dataclasses.replace(source(), text="", html=text_to_html(source().text), unheld=frozenset({"text"}))
    assert overlay(RAW, rich) == RAW
    changed = overlay(
        RAW, dataclasses.replace(rich, html="<p>Bye</p>", message_id="", unheld=rich.unheld | {"message_id"})
    )
    assert read_message(changed).html.strip() == "<p>Bye</p>"
    assert read_message(changed).message_id == "<1@x.example>"


def test_plain_words_survive_html() -> None:
    assert html_to_text(text_to_html("a < b\n&amp; c")) == "a < b\n&amp; c"
    assert source().sent == dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
