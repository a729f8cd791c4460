"""Messages made from columns: deterministic, well formed, and nobody's way to smuggle a header."""

from __future__ import annotations

import datetime as dt
import email
import email.policy

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.entities import MessageSource
from gateway.core.ids import EntityKey
from gateway.formats.compose import compose
from gateway.formats.mime import leaves, summarise
from gateway.formats.mime_message import read_message


def a_source(
    message_id: str = "<1@example.com>",
    subject: str = "Offer",
    addresses: tuple[tuple[str, str, str], ...] = (
        ("from", "anna@example.com", "Anna Beck"),
        ("to", "bob@example.org", ""),
    ),
    text: str = "Hello\n",
    html: str = "",
    references: str = "",
) -> MessageSource:
    sent = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
    return MessageSource(EntityKey("17"), message_id, subject, sent, addresses, text, html, "", references)


def test_a_plain_message_is_written_as_one_would_by_hand() -> None:
    assert compose(a_source()) == (
        b"Date: Sun, 01 Mar 2026 12:00:00 +0000\r\nFrom: Anna Beck <anna@example.com>\r\nTo: bob@example.org\r\n"
        b"Subject: Offer\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello\r\n"
    )


def test_text_and_html_are_alternatives_text_first() -> None:
    raw = compose(a_source(text="Grüße", html="<p>Grüße"))
    structure = summarise(raw).structure
    assert (structure.type, structure.subtype) == ("multipart", "alternative")
    assert [part.subtype for part in structure.parts] == ["plain", "html"]
    facts = read_message(raw)
    assert (facts.text, facts.html) == ("Grüße\n", "<p>Grüße\n")


def test_a_message_without_an_id_gets_the_same_one_each_time() -> None:
    first = read_message(compose(a_source(message_id=""))).message_id
    assert first == read_message(compose(a_source(message_id="", subject="another"))).message_id
    assert first.endswith("@crmgate.invalid>")


def test_ids_kept_without_brackets_are_given_them() -> None:
    raw = compose(a_source(message_id="1@example.com", references="a@x <b@x><c@x>"))
    facts = read_message(raw)
    assert facts.message_id == "<1@example.com>"
    assert facts.references == "<a@x> <b@x> <c@x>"


def test_an_address_that_is_none_is_left_out() -> None:
    raw = compose(a_source(addresses=(("to", "a@b, c@d", ""), ("to", "x\r\nBcc: y@z", ""), ("to", "", "Nobody"))))
    assert b"Bcc" not in raw.split(b"\r\n\r\n")[0]
    assert read_message(raw).addresses == ()


anything = st.text(max_size=120)


@given(anything, anything, anything, anything, anything)
def test_columns_survive_and_never_become_headers(
    subject: str, name: str, text: str, html: str, message_id: str
) -> None:
    source = a_source(message_id, subject, (("from", "anna@example.com", name),), text, html)
    raw = compose(source)
    assert raw == compose(source)
    head = raw[: raw.index(b"\r\n\r\n")]
    assert head.isascii()
    assert all((line and line[:1] != b" ") or line.strip() for line in head.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    names = [found[0] for found in email.message_from_bytes(raw, policy=email.policy.compat32).items()]
    expected = ["Date", "From", "Subject", "Message-ID", "MIME-Version", "Content-Type"]
    assert [found for found in names if found != "Content-Transfer-Encoding"] == expected
    facts = read_message(raw)
    assert [address for _, address, _ in facts.addresses] == ["anna@example.com"]
    wanted = "\n".join(text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    if text.strip() and not set(wanted) & set("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"):
        assert facts.text.rstrip("\n") == wanted.rstrip("\n")
    assert all(part.type == "text" for part in leaves(summarise(raw).structure))


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200))
def test_a_subject_comes_back_as_it_was(subject: str) -> None:
    assert read_message(compose(a_source(subject=subject))).subject == subject.strip()
