"""jCard and jCal: the examples of their RFCs, and every document there and back."""

from __future__ import annotations

import json as plain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidContent
from gateway.core.tree import Component, Line
from gateway.formats import json
from gateway.formats.contentline import params_of, parse, serialise
from gateway.formats.versions import translated
from tests.formats.calendars import SERIES
from tests.formats.cards import IPHONE, THUNDERBIRD, tree

# Raw line, and the array for it (RFC 7095 §3.3 to §3.5, RFC 7265 §3.4 to §3.6 and appendix B).
CARD_LINES: list[tuple[str, list[Any]]] = [
    ("FN:John Doe", ["fn", {}, "text", "John Doe"]),
    ("contact.FN:J", ["fn", {"group": "contact"}, "text", "J"]),
    ("ADR:;;123 Main Street;Any Town;CA;91921-1234;U.S.A.",
     ["adr", {}, "text", ["", "", "123 Main Street", "Any Town", "CA", "91921-1234", "U.S.A."]]),
    ("ADR:;;My Street,Left Side,Second Shack;Hometown;PA;18252;U.S.A.",
     ["adr", {}, "text", ["", "", ["My Street", "Left Side", "Second Shack"], "Hometown", "PA", "18252", "U.S.A."]]),
    ("CATEGORIES:computers,cameras\\, old", ["categories", {}, "text", "computers", "cameras, old"]),
    ("ORG:ABC\\, Inc.", ["org", {}, "text", "ABC, Inc."]),
    ("TEL;VALUE=URI;TYPE=home;TYPE=cell:tel:1", ["tel", {"type": ["home", "cell"]}, "uri", "tel:1"]),
    ("TEL;VALUE=URI;X-A=\"b,c\":tel:1", ["tel", {"x-a": "b,c"}, "uri", "tel:1"]),
    ("NOTE:a\\nb\\;c", ["note", {}, "text", "a\nb;c"]),
    ("BDAY:19850412", ["bday", {}, "date-and-or-time", "1985-04-12"]),
    ("BDAY:1985-04", ["bday", {}, "date-and-or-time", "1985-04"]),
    ("BDAY:--0412", ["bday", {}, "date-and-or-time", "--04-12"]),
    ("BDAY:---12", ["bday", {}, "date-and-or-time", "---12"]),
    ("BDAY:19961022T140000Z", ["bday", {}, "date-and-or-time", "1996-10-22T14:00:00Z"]),
    ("BDAY:T102200-0800", ["bday", {}, "date-and-or-time", "T10:22:00-08:00"]),
    ("BDAY;VALUE=TEXT:about 1800", ["bday", {}, "text", "about 1800"]),
    ("REV:19951031T222710Z", ["rev", {}, "timestamp", "1995-10-31T22:27:10Z"]),
    ("LANG;PREF=1:fr", ["lang", {"pref": "1"}, "language-tag", "fr"]),
    ("X-UNKNOWN;X-P=v:a\\,b;c,d", ["x-unknown", {"x-p": "v"}, "unknown", "a\\,b;c,d"]),
    ("X-NUMBER;VALUE=INTEGER:42", ["x-number", {}, "integer", 42]),
    ("X-TRUTH;VALUE=BOOLEAN:TRUE", ["x-truth", {}, "boolean", True]),
]  # fmt: skip
EVENT_LINES: list[tuple[str, list[Any]]] = [
    ("DTSTART;VALUE=DATE:20270310", ["dtstart", {}, "date", "2027-03-10"]),
    ("DTSTART;TZID=Europe/Berlin:20270310T090000", ["dtstart", {"tzid": "Europe/Berlin"}, "date-time", "2027-03-10T09:00:00"]),
    ("RRULE:FREQ=YEARLY;COUNT=5;BYDAY=-1SU,2MO;BYMONTH=10",
     ["rrule", {}, "recur", {"freq": "YEARLY", "count": 5, "byday": ["-1SU", "2MO"], "bymonth": 10}]),
    ("RRULE:FREQ=DAILY;UNTIL=20270401T000000Z", ["rrule", {}, "recur", {"freq": "DAILY", "until": "2027-04-01T00:00:00Z"}]),
    ("EXDATE:20270311T090000Z,20270312T090000Z", ["exdate", {}, "date-time", "2027-03-11T09:00:00Z", "2027-03-12T09:00:00Z"]),
    ("FREEBUSY:20270310T090000Z/PT1H", ["freebusy", {}, "period", ["2027-03-10T09:00:00Z", "PT1H"]]),
    ("GEO:37.386013;-122.082932", ["geo", {}, "float", [37.386013, -122.082932]]),
    ("PERCENT-COMPLETE:39", ["percent-complete", {}, "integer", 39]),
    ("TZOFFSETFROM:-0500", ["tzoffsetfrom", {}, "utc-offset", "-05:00"]),
    ("ATTENDEE;CN=\"Beck, Anna\":mailto:anna@x.example", ["attendee", {"cn": "Beck, Anna"}, "cal-address", "mailto:anna@x.example"]),
    ("REQUEST-STATUS:2.0;Success", ["request-status", {}, "text", ["2.0", "Success"]]),
    ("TRIGGER;VALUE=DATE-TIME:20270310T090000Z", ["trigger", {}, "date-time", "2027-03-10T09:00:00Z"]),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "array"), CARD_LINES)
def test_a_line_of_a_card_is_an_array(raw: str, array: list[Any]) -> None:
    assert told("VCARD", raw, json.JCARD) == ["vcard", [array]]
    assert back(["vcard", [array]], json.JCARD) == f"BEGIN:VCARD\r\n{raw}\r\nEND:VCARD\r\n"


@pytest.mark.parametrize(("raw", "array"), EVENT_LINES)
def test_a_line_of_a_calendar_is_an_array(raw: str, array: list[Any]) -> None:
    assert told("VEVENT", raw, json.JCAL) == ["vevent", [array], []]
    written = back(["vevent", [array], []], json.JCAL)
    assert meant(parse(written.encode())[0]) == meant(parse(f"BEGIN:VEVENT\r\n{raw}\r\nEND:VEVENT\r\n".encode())[0])


def told(root: str, raw: str, media_type: str) -> Any:
    return plain.loads(json.told(f"BEGIN:{root}\r\n{raw}\r\nEND:{root}\r\n".encode(), media_type))


def back(data: Any, media_type: str) -> str:
    return json.read(plain.dumps(data).encode(), media_type).decode()


def meant(document: Component) -> list[Any]:
    """The document regardless of what JSON has no place for: letter case of names, quotes, repeated parameters."""
    found: list[Any] = [document.name.upper()]
    for item in document.items:
        if isinstance(item, Component):
            found.append(meant(item))
        else:
            params: dict[str, list[str]] = {}
            for name, values in params_of(item):
                words = [word for value in values for word in value.split(",")] if name == "TYPE" else values
                params.setdefault(name, []).extend(words)
            kind = params.pop("VALUE", [""])[0].upper()
            found.append((item.group, item.name.upper(), sorted(params.items()), kind, item.value))
    return found


def without_default(lines: list[Any]) -> list[Any]:
    """The same without the types that say nothing, and so are not kept."""
    return [
        without_default(one) if isinstance(one, list) else (*one[:3], *one[4:]) if isinstance(one, tuple) else one
        for one in lines
    ]


@pytest.mark.parametrize(
    ("document", "media"),
    [(serialise(translated(tree(IPHONE), "4.0")), json.JCARD), (THUNDERBIRD, json.JCARD), (SERIES.encode(), json.JCAL)],
)
def test_whole_documents_come_back(document: bytes, media: str) -> None:
    once = json.read(json.told(document, media), media)
    assert json.read(json.told(once, media), media) == once
    before, after = (without_default(meant(parse(text)[0])) for text in (document, once))
    assert [str(one).replace("-", "") for one in after] == [str(one).replace("-", "") for one in before]


TEXT = st.text("abä日 ,;:\\\"'^|/T-0123Z\n", max_size=12)
RAW = TEXT.map(lambda text: text.replace("\n", "\\n"))
NAMES = st.sampled_from(
    ["FN", "NOTE", "N", "ADR", "CATEGORIES", "BDAY", "REV", "TEL", "UID", "GENDER", "X-OWN", "X-ABDATE", "PHOTO"]
)
LINES = st.builds(
    lambda name, group, kind, value, raw: Line(name, raw, f";X-P={value}" * bool(value) + (f";VALUE={kind}" if kind else ""), group),
    NAMES, st.sampled_from(["", "item1"]), st.sampled_from(["", "TEXT", "URI", "DATE", "UTC-OFFSET", "INTEGER", "X-OWN"]),
    st.text("ab1-", max_size=4), RAW,
)  # fmt: skip


@given(st.lists(LINES, max_size=6))
def test_any_card_keeps_its_meaning(lines: list[Line]) -> None:
    document = serialise(Component("VCARD", list(lines)))
    once = json.read(json.told(document, json.JCARD), json.JCARD)
    assert json.read(json.told(once, json.JCARD), json.JCARD) == once
    for before, after in zip(parse(document)[0].items, parse(once)[0].items, strict=True):
        assert isinstance(before, Line)
        assert isinstance(after, Line)
        assert (before.name, before.group) == (after.name, after.group)
        if before.name.startswith("X-") and "VALUE" not in before.params:
            assert (before.value, before.params) == (after.value, after.params)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["vcard", "vcalendar", "fn", "text", "unknown", "recur"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=25,
)  # fmt: skip


@given(
    JSON
    | st.builds(lambda one: ["vcard", [one]], JSON)
    | st.builds(lambda *one: ["vcard", [["fn", {}, *one]]], JSON, JSON)
)
def test_json_of_anybody_is_a_document_or_refused(data: Any) -> None:
    try:
        made = json.read(plain.dumps(data).encode(), json.JCARD)
    except InvalidContent:
        return
    (document,) = parse(made)
    assert document.name == "VCARD" or document.name.isupper() or document.name.replace("-", "").isalnum()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[", b"\xff", b"{}", b"[" * 100_000, b'["vcard"]', b'["vcard", {}]', b'["vcard", [["fn", {}, "text"]]]',
        b'["vcard", [["f\\nn", {}, "text", "a"]]]', b'["vcard", [["begin", {}, "text", "VCARD"]]]',
        b'["vcard\\r\\nX:", []]', b'["vcard", [["fn", {"a:b": "c"}, "text", "a"]]]', b'["vcard", [["fn", [], "text", "a"]]]',
    ],
)  # fmt: skip
def test_what_is_no_jcard_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidContent):
        json.read(content, json.JCARD)


def test_nothing_gets_out_of_its_line() -> None:
    data = ["vcard", [["x-a\nb".replace("\n", ""), {"group": "i", "x-p": "a\r\nUID:b"}, "unknown", "c\r\nUID:d"],
                      ["photo", {}, "uri", "e\nUID:f"], ["fn", {}, "text", "g\nUID:h"]]]  # fmt: skip
    (document,) = parse(json.read(plain.dumps(data).encode(), json.JCARD))
    assert [item.name for item in document.items] == ["X-AB", "PHOTO", "FN"]
