"""XML in: encodings, bombs, limits. XML out: escaping."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from protocols.dav import xml
from protocols.dav.names import caldav, dav
from protocols.dav.types import QName


def test_a_body_is_read_with_its_namespaces() -> None:
    root = xml.parse(b'<?xml version="1.0" encoding="UTF-8"?>\n<a:propfind xmlns:a="DAV:"><a:prop/></a:propfind>')
    assert xml.name_of(root) == dav("propfind")
    assert [xml.name_of(child) for child in root] == [dav("prop")]


@pytest.mark.parametrize(
    "body",
    [
        "<a>é</a>".encode(),
        "\ufeff<a>é</a>".encode(),
        "<a>é</a>".encode("utf-16"),
        '<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode("utf-16"),
        '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"),
        "\r\n\n  <?xml version='1.0'?>\n<a>é</a>\n\n".encode(),
        "<a>\x0bé\x00</a>".encode(),
        "<a><!-- nothing --><?go on?>é</a>".encode(),
    ],
)
def test_encodings_blank_lines_and_control_characters_are_tolerated(body: bytes) -> None:
    assert xml.text_of(xml.parse(body)) == "é"


_EXTERNAL = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "ha">'
    + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><l>&l9;</l>"
)
_QUADRATIC = b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 50_000 + b'">]><a>' + b"&x;" * 50_000 + b"</a>"


@pytest.mark.parametrize(
    "body",
    [
        _EXTERNAL,
        _EXTERNAL.decode().encode("utf-16"),
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
        b"\x00<\x00!DOCTYPE a><a/>",
        _LAUGHS,
        _QUADRATIC,
        b"<a>&undeclared;</a>",
        b"<a>" * 65 + b"</a>" * 65,
        b"<a>" * 100_000 + b"</a>" * 100_000,
        b"<a>" + b"<b/>" * 10_000 + b"</a>",
        b"",
        b"   ",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"not xml at all",
        b"<x:a/>",
        b'<a xmlns:bar=""/>',
        b"<a b='1' b='2'/>",
        b"\xff\xfe<",
        b"<a>\xff</a>",
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b'<?xml version="1.0" encoding="EBCDIC-CP-DE"?><a/>',
    ],
)
def test_what_is_not_plain_xml_is_refused_at_once(body: bytes) -> None:
    started = time.process_time()
    with pytest.raises(xml.Malformed) as refused:
        xml.parse(body)
    assert refused.value.status == 400
    assert time.process_time() - started < 0.5


def test_a_large_body_is_refused_as_such() -> None:
    with pytest.raises(xml.Malformed) as refused:
        xml.parse(b"<a>" + b" " * xml.MAX_BODY + b"</a>")
    assert refused.value.status == 413


def test_the_deepest_and_the_widest_that_is_allowed_is_read() -> None:
    xml.parse(b"<a>" * 64 + b"</a>" * 64)
    xml.parse(b"<a>" + b"<b/>" * 9_999 + b"</a>")


@given(st.text())
def test_escaped_text_comes_back_or_is_replaced_where_xml_cannot_say_it(text: str) -> None:
    read = etree.fromstring(f"<a b={xml.attribute(text)}>{xml.escape(text)}</a>".encode("utf-8", "replace"))
    sayable = "".join(
        char
        if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff" and not "\ud800" <= char <= "\udfff")
        else "\ufffd"
        for char in text
    )
    assert (read.text or "") == sayable
    assert read.get("b") == sayable


@given(st.binary())
def test_any_content_is_well_formed_inside_an_element(content: bytes) -> None:
    etree.fromstring(f"<a>{xml.escape_content(content)}</a>".encode())


@given(
    st.text(
        st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff")
        | st.sampled_from("\r\n\t")
    )
)
def test_a_document_comes_back_octet_for_octet(text: str) -> None:
    read = etree.fromstring(f"<a>{xml.escape_content(text.encode())}</a>".encode())
    assert (read.text or "") == text


@pytest.mark.parametrize(
    "name", [dav("prop"), caldav("comp"), QName("{urn:x?y&z=1}foo"), QName("plain"), QName("{http://x/}ö")]
)
def test_any_name_can_be_written(name: QName) -> None:
    document = etree.fromstring(f"<r {xml.NAMESPACES}>{xml.empty(name)}</r>".encode())
    assert document[0].tag == name
