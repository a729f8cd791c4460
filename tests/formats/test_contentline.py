"""The content-line tree: what goes in comes out, whatever it is; what is broken is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidContent
from gateway.core.tree import Component, Line
from gateway.formats import contentline
from gateway.formats.contentline import parse, serialise

TOKEN = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
NAME = TOKEN.filter(lambda name: name.upper() not in ("BEGIN", "END"))
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)
QUOTED = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"'), max_size=12)
PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='":;,'), max_size=12)
PARAMS = st.lists(
    st.builds("{}={}".format, NAME, st.one_of(PLAIN, QUOTED.map('"{}"'.format))).map(";{}".format), max_size=3
).map("".join)
LINE = st.builds(Line, NAME, TEXT, PARAMS, st.one_of(st.just(""), TOKEN))


def component(inside: st.SearchStrategy[Component] | None) -> st.SearchStrategy[Component]:
    items = LINE if inside is None else st.one_of(LINE, inside)
    return st.builds(Component, NAME, st.lists(items, max_size=6))


TREE = component(component(component(None)))


@given(TREE)
def test_what_is_written_is_read_back_the_same(tree: Component) -> None:
    assert parse(serialise(tree)) == [tree]


@given(TREE)
def test_a_document_in_standard_form_comes_back_byte_for_byte(tree: Component) -> None:
    document = serialise(tree)
    assert serialise(parse(document)[0]) == document


@given(TREE)
def test_lines_are_at_most_75_octets_and_are_each_valid_utf_8(tree: Component) -> None:
    document = serialise(tree)
    assert document.endswith(b"\r\n")
    for line in document.split(b"\r\n"):
        assert len(line) <= 75
        line.decode("utf-8")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_what_is_read_is_stable(data: bytes) -> None:
    try:
        trees = parse(b"BEGIN:X\r\n" + data + b"\r\nEND:X\r\n")
    except InvalidContent:
        return
    assert [parse(serialise(tree))[0] for tree in trees] == trees


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b"BEGIN:VCARD\nFN:Ada Lovelace\nEND:VCARD\n", id="bare LF"),
        pytest.param(b"BEGIN:VCARD\r\n\r\n \r\nFN:Ada\r\n\r\n  Lovelace\r\n\r\nEND:VCARD\r\n\r\n", id="blank lines"),
        pytest.param(b"\xef\xbb\xbfBEGIN:VCARD\r\nFN:Ada Lovelace\r\nEND:VCARD\r\n", id="byte-order mark"),
        pytest.param(b"BEGIN:VCARD\r\nFN:Ada\x00 Love\x0blace\x7f\r\nEND:VCARD\x1a\r\n", id="control characters"),
        pytest.param(b"BEGIN:VCARD\r\nFN:Ada Lovelace\r\nEND:VCARD", id="no last line end"),
        pytest.param(b"BEGIN:VCARD\rFN:Ada Lovelace\rEND:VCARD\r", id="bare CR"),
        pytest.param(b"BEGIN:VCARD\r\r\nFN:Ada\r\r\n\t Lovelace\r\r\nEND:VCARD\r\r\n", id="doubled CR"),
        pytest.param(b"begin:VCARD \r\nFN:Ada Lovelace\r\nEnd:vcard\r\n", id="letter case and trailing blank"),
    ],
)
def test_sloppy_form_is_read(document: bytes) -> None:
    assert parse(document) == [Component("VCARD", [Line("FN", "Ada Lovelace")])]


def test_a_fold_inside_a_character_is_undone() -> None:
    name = "FN:Zoë".encode()
    assert parse(b"BEGIN:VCARD\r\n" + name[:-1] + b"\r\n " + name[-1:] + b"\r\nEND:VCARD")[0].line("fn") == Line(
        "FN", "Zoë"
    )


def test_text_that_is_not_utf_8_is_taken_for_windows_text() -> None:
    assert parse(b"BEGIN:VCARD\nFN:J\xfcrgen \x80\nEND:VCARD")[0].line("FN") == Line("FN", "Jürgen €")


def test_soft_line_breaks_of_vcard_21_are_joined() -> None:
    document = (
        b"BEGIN:VCARD\r\nNOTE;ENCODING=QUOTED-PRINTABLE:one=0D=\r\n=0Atwo=\r\n three=\r\n\r\nEND:VCARD\r\n"
        b"BEGIN:VCARD\r\nPHOTO;BASE64:QUI=\r\nTITLE;QUOTED-PRINTABLE:a=\r\nb\r\nEND:VCARD\r\n"
    )
    assert [tree.items for tree in parse(document)] == [
        [Line("NOTE", "one=0D=0Atwothree", ";ENCODING=QUOTED-PRINTABLE")],
        [Line("PHOTO", "QUI=", ";BASE64"), Line("TITLE", "ab", ";QUOTED-PRINTABLE")],
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("TEL:1", Line("TEL", "1")),
        ("item1.TEL;type=CELL;type=pref:+49:1", Line("TEL", "+49:1", ";type=CELL;type=pref", "item1")),
        ('ATTENDEE;CN="A: B; C":mailto:a@b', Line("ATTENDEE", "mailto:a@b", ';CN="A: B; C"')),
        ('ATTENDEE;CN="unbalanced:mailto:a@b', Line("ATTENDEE", "mailto:a@b", ';CN="unbalanced')),
        ("TEL;HOME;VOICE:1", Line("TEL", "1", ";HOME;VOICE")),
        ("X-A;X-B=a.b:c.d", Line("X-A", "c.d", ";X-B=a.b")),
        ("X-EMPTY:", Line("X-EMPTY", "")),
    ],
)
def test_a_line_is_taken_apart(line: str, expected: Line) -> None:
    document = f"BEGIN:A\r\n{line}\r\nEND:A\r\n".encode()
    tree = parse(document)[0]
    assert tree.items == [expected]
    assert serialise(tree) == document


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\r\n\r\n",
        b"FN:outside",
        b"BEGIN:A\r\nEND:A\r\nX:after",
        b"BEGIN:A\r\nno property\r\nEND:A",
        b"BEGIN:A\r\n:no name\r\nEND:A",
        b"BEGIN:A\r\nX:1",
        b"BEGIN:A\r\nBEGIN:B\r\nEND:A\r\nEND:B",
        b"END:A",
        b"BEGIN:\r\nEND:",
        b"BEGIN;X=1:A\r\nEND:A",
        b"BEGIN:A\r\n" * 50,
        b"BEGIN:A\r\n" + b"X:\r\n" * contentline.MAX_LINES + b"END:A",
        b"BEGIN:A\r\nX:" + b"x" * contentline.MAX_BYTES + b"\r\nEND:A",
    ],
    ids=lambda document: repr(document[:24]),
)
def test_broken_structure_and_excess_are_refused(document: bytes) -> None:
    with pytest.raises(InvalidContent):
        parse(document)


def test_a_line_end_can_not_be_smuggled_into_a_document() -> None:
    with pytest.raises(ValueError, match="line end"):
        serialise(Component("A", [Line("X", "1\nEND:A")]))
