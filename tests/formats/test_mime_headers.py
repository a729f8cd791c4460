"""Header text, addresses and parameters as mail really has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.mail import AddressGroup, Mailbox
from gateway.formats.mime_addresses import parse_addresses
from gateway.formats.mime_charsets import decode_charset, decode_transfer
from gateway.formats.mime_headers import decode_text, decode_words, parse_date
from gateway.formats.mime_parameters import parameter, parse_content_type, parse_disposition


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b" plain ", "plain"),
        (b" a\r\n b\r\n\tc", "a b\tc"),
        (b"=?iso-8859-1?q?Gr=FC=DFe?=", "Grüße"),
        (b"=?utf-8?B?R3LDvA==?= =?utf-8?B?w59l?=", "Grüße"),
        # One character cut in two by its sender.
        (b"=?utf-8?B?R3LD?=\r\n =?utf-8?B?vMOfZQ==?=", "Grüße"),
        (b"=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        (b"=?utf-8?q?a_b?=x", "a bx"),
        (b"=?utf-8*de?q?a?=", "a"),
        (b"=?unknown?q?a=FF?=", "aÿ"),
        (b"=?rot13?q?abc?=", "abc"),
        (b"=?utf-8?q?a=0D=0ABcc:=00x?=", "a Bcc:x"),
        (b"=?utf-7?q?+2AA-?=", "\ufffd"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
        (b"=?utf-8?b?a", "=?utf-8?b?a"),
    ],
)
def test_header_text_is_decoded(value: bytes, expected: str) -> None:
    assert decode_text(value) == expected


@given(st.text(), st.sampled_from(["q", "b"]), st.sampled_from(["utf-8", "utf-7", "utf-16", "latin-1", "koi8-r", "x"]))
def test_no_decoded_header_can_start_a_line(content: str, kind: str, charset: str) -> None:
    decoded = decode_words(f"=?{charset}?{kind}?{content}?= =?{charset}?{kind}?=0D=0A{content}?=")
    if "=?" not in content and "?" not in content:
        assert not set(decoded) & set("\r\n\x00\u2028\x85")
    decoded.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anna@example.com", [Mailbox("", "anna", "example.com")]),
        ("Anna Beck <anna@example.com>", [Mailbox("Anna Beck", "anna", "example.com")]),
        (
            '"Beck, Anna" <anna@example.com>, bob@b',
            [Mailbox("Beck, Anna", "anna", "example.com"), Mailbox("", "bob", "b")],
        ),
        ("a@x; b@x", [Mailbox("", "a", "x"), Mailbox("", "b", "x")]),
        ("anna@example.com (Anna (the \\) one) Beck)", [Mailbox("Anna (the ) one) Beck", "anna", "example.com")]),
        (
            "team: a@x, B <b@x>;, c@x",
            [AddressGroup("team", (Mailbox("", "a", "x"), Mailbox("B", "b", "x"))), Mailbox("", "c", "x")],
        ),
        ("undisclosed-recipients:;", [AddressGroup("undisclosed-recipients", ())]),
        ("team: a@x", [AddressGroup("team", (Mailbox("", "a", "x"),))]),
        ("<@a,@b:c@d>", [Mailbox("", "c", "d")]),
        ('"a b"@x', [Mailbox("", "a b", "x")]),
        ("a@[1.2.3.4]", [Mailbox("", "a", "[1.2.3.4]")]),
        ("J. R. Smith <j.r@x.org>", [Mailbox("J. R. Smith", "j.r", "x.org")]),
        ("Anna Beck anna.beck@x.org", [Mailbox("Anna Beck", "anna.beck", "x.org")]),
        ("=?utf-8?q?J=C3=BCrgen?= <j@x>", [Mailbox("Jürgen", "j", "x")]),
        ('"=?utf-8?q?J=C3=BCrgen?=" <j@x>', [Mailbox("Jürgen", "j", "x")]),
        ("root", [Mailbox("", "root", "")]),
        ("two words", [Mailbox("two words", "", "")]),
        ("a@b@c", [Mailbox("", "a?b?c", "")]),
        ("<a@b@c>", [Mailbox("", "a?b?c", "")]),
        ("<>", [Mailbox("", "", "")]),
        (",,,", []),
        ("", []),
        ("a@x <b@y>", [Mailbox("a@x", "b", "y")]),
    ],
)
def test_addresses_are_read(text: str, expected: list[Mailbox | AddressGroup]) -> None:
    assert list(parse_addresses(text)) == expected


@given(st.text(alphabet='ab@<>,;:()"\\ .[]=?', max_size=40))
def test_any_text_is_some_list_of_addresses(text: str) -> None:
    for entry in parse_addresses(text):
        for mailbox in entry.members if isinstance(entry, AddressGroup) else (entry,):
            assert not mailbox.domain or "@" not in mailbox.domain


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("text/plain; charset=utf-8", "charset", "utf-8"),
        ('text/plain; charset="utf-8"; x=y', "x", "y"),
        ('a/b; name="a\\"b;c"', "name", 'a"b;c'),
        ("a/b; name=two words; x=y", "name", "two words"),
        ("a/b; name*=utf-8''Gr%C3%BC%C3%9Fe.pdf", "name", "Grüße.pdf"),
        ("a/b; name*0*=utf-8''Gr%C3; name*1*=%BC%C3%9F; name*2=e", "name", "Grüße"),
        ("a/b; name*1=b; name*0=a; name*3=d", "name", "ab"),
        ("a/b; name==?utf-8?q?J=C3=BCrgen?=", "name", "Jürgen"),
        ('a/b; name="=?utf-8?q?J=C3=BCrgen?="', "name", "Jürgen"),
        ("a/b; name*=x'", "name", "x'"),
        ("a/b; name*99999=x", "name", ""),
        ("a/b", "name", ""),
    ],
)
def test_parameters_are_read(text: str, name: str, expected: str) -> None:
    parsed = parse_content_type(text)
    assert parsed is not None
    assert parameter(parsed[2], name) == expected


def test_structure_keeps_the_pieces_of_a_parameter_apart() -> None:
    assert parse_disposition("ATTACHMENT; filename*0=a; filename*1=b") == (
        "attachment",
        (("filename*0", "a"), ("filename*1", "b")),
    )


@pytest.mark.parametrize(
    ("content", "encoding", "expected"),
    [
        (b"SGFsbG8=", "base64", b"Hallo"),
        (b"SGFs\r\nbG8", "BASE64", b"Hallo"),
        (b"SGFsbG8=!!", "base64", b"Hallo"),
        (b"S", "base64", b""),
        (b"a=3Db=\r\nc", "quoted-printable", b"a=bc"),
        (b"a=ZZ", "quoted-printable", b"a=ZZ"),
        (b"a", "7bit", b"a"),
        (b"a", "x-nonsense", b"a"),
    ],
)
def test_transfer_encodings_are_undone(content: bytes, encoding: str, expected: bytes) -> None:
    assert decode_transfer(content, encoding) == expected


@given(
    st.binary(),
    st.sampled_from(["utf-8", "us-ascii", "punycode", "idna", "zlib", "utf-7", "utf-16", "gb2312", "", "x\x00"]),
)
def test_any_bytes_are_some_text(content: bytes, charset: str) -> None:
    decode_charset(content, charset).encode("utf-8")


@pytest.mark.parametrize(
    "text", ["", "never", "Mon, 99 Foo 2026", "1 Jan 99999 00:00 +0000", "Thu, 1 Jan 1970 00:00:00 +9999999"]
)
def test_a_senseless_date_is_none(text: str) -> None:
    assert parse_date(text) is None


def test_a_date_without_a_zone_is_utc() -> None:
    when = parse_date("Sun, 01 Mar 2026 10:00:00 -0000")
    assert when is not None
    assert when.isoformat() == "2026-03-01T10:00:00+00:00"
