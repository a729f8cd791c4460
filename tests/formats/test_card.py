"""Cards: what programs write is understood, and changing one thing changes one line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.entities import Address, Photo, Typed, Value
from gateway.core.ids import ObjectUid
from gateway.core.tree import Component, Line
from gateway.formats.card import CardCodec
from gateway.formats.contentline import parse, serialise
from gateway.formats.sameness import changed
from tests.formats.cards import IPHONE, NOKIA, THUNDERBIRD, blank, difference, tree

CODEC = CardCodec()
WORD = (
    st.text("abcäöüß日本ABC,;:\\'\"-. ", min_size=1, max_size=15).map(str.strip).filter(lambda text: text.strip(",; "))
)
LINES = st.lists(WORD, min_size=1, max_size=3).map("\n".join)
TYPES = st.lists(st.sampled_from(["work", "home", "cell", "fax"]), max_size=2, unique=True).map(tuple)
EMAIL = st.builds(Typed, st.from_regex(r"[a-z]{1,5}@[a-z]{1,5}\.de", fullmatch=True), TYPES)
PHONE = st.builds(Typed, st.from_regex(r"\+?[1-9][0-9 /-]{1,10}[0-9]", fullmatch=True), TYPES)
ADDRESS = st.builds(Address, LINES, WORD, WORD, WORD, WORD, TYPES)
FIELDS: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {},
    optional={
        "first_name": WORD.filter(lambda text: "," not in text),
        "last_name": WORD.filter(lambda text: "," not in text),
        "full_name": WORD,
        "organisation": WORD.filter(lambda text: "," not in text),
        "title": WORD,
        "notes": LINES,
        "emails": st.lists(EMAIL, max_size=4).map(tuple),
        "phones": st.lists(PHONE, max_size=4).map(tuple),
        "addresses": st.lists(ADDRESS, max_size=3).map(tuple),
        "birthday": st.one_of(st.none(), st.dates()),
        "private": st.booleans(),
        "categories": st.lists(WORD, max_size=3, unique=True).map(tuple),
        "photo": st.one_of(st.none(), st.builds(Photo, st.just("image/png"), st.binary(min_size=1, max_size=90))),
        "kind": st.sampled_from(["individual", "org", "group"]),
    },
)


@given(FIELDS, st.sampled_from(["3.0", "4.0"]))
def test_what_is_stated_is_read_back_and_stating_it_again_changes_nothing(
    fields: dict[str, Value], version: str
) -> None:
    card = blank(version)
    CODEC.write(card, fields)
    document = serialise(card)
    assert changed(fields, {name: CODEC.read(tree(document))[name] for name in fields if fields[name]}) == {}
    CODEC.write(card, fields)
    assert serialise(card) == document


@given(FIELDS, FIELDS, st.sampled_from([IPHONE, THUNDERBIRD]))
def test_any_card_can_be_made_to_say_anything(first: dict[str, Value], second: dict[str, Value], card: bytes) -> None:
    document = tree(card)
    CODEC.write(document, first)
    CODEC.write(document, second)
    wanted = {name: value for name, value in second.items() if name != "full_name" or value}
    assert changed(wanted, {name: CODEC.read(tree(serialise(document)))[name] for name in wanted}) == {}


def test_an_iphone_card_is_understood() -> None:
    assert CODEC.read(tree(IPHONE)) == {
        "kind": None,
        "last_name": "Lovelace",
        "first_name": "Ada",
        "middle_name": "King Byron",
        "prefix": "Dr.",
        "suffix": None,
        "full_name": "Dr. Ada Lovelace",
        "nickname": None,
        "organisation": "Analytical Engines",
        "department": "Number Crunching, Night Shift",
        "title": "Programmer",
        "emails": (Typed("Ada@Example.com", ("work",)), Typed("ada@home.example", ("home",))),
        "phones": (Typed("+49 (170) 123-4567", ("cell",)), Typed("030 1")),
        "addresses": (Address("Ring 1\n2nd floor", "10115", "Berlin", "", "Germany", ("home",)),),
        "urls": (),
        "birthday": dt.date(1815, 12, 10),
        "notes": "first\nsecond, third",
        "categories": (),
        "private": False,
        "photo": Photo("image/jpeg", b"\xff\xd8\xff123"),
    }


def test_a_thunderbird_card_is_understood() -> None:
    fields = CODEC.read(tree(THUNDERBIRD))
    assert fields["emails"] == (Typed("ada@example.com", ("work",)), Typed("ada@home.example", ("home",)))
    assert fields["phones"] == (Typed("+49-170-1234567", ("cell",)),)
    assert fields["birthday"] == dt.date(1815, 12, 10)
    assert fields["photo"] == Photo("image/png", b"\x89PNG123")
    assert fields["kind"] == "org"
    assert fields["urls"] == (Typed("https://example.com/a,b", ("work",)),)


def test_a_card_of_version_21_is_understood_and_made_30_when_written_to() -> None:
    document = tree(NOKIA)
    fields = CODEC.read(document)
    assert serialise(document).startswith(b"BEGIN:VCARD\r\nVERSION:2.1\r\n")
    assert (fields["last_name"], fields["first_name"]) == ("Müller", "Jürgen")
    assert fields["phones"] == (Typed("+49170", ("cell",)), Typed("030", ("work", "fax")))
    assert fields["notes"] == "one\ntwo, three; four"
    assert fields["addresses"] == (Address("Weg 1\nHof", "1", "Ort", "", "Land", ("home",)),)
    assert fields["photo"] == Photo("image/jpeg", b"\xff\xd8\xff123")
    CODEC.write(document, {"title": "Chef"})
    assert CODEC.read(document) == {**fields, "title": "Chef", "full_name": "Jürgen Müller"}
    text = serialise(document).decode()
    assert "VERSION:3.0\r\n" in text
    assert "TEL;TYPE=CELL;TYPE=PREF:+49170\r\n" in text
    assert "PHOTO;ENCODING=b;TYPE=JPEG:/9j/MTIz\r\n" in text


FORM_ALONE: list[Mapping[str, Value]] = [
    {"emails": (Typed("ada@home.example", ("home",)), Typed("ada@example.com", ("work",)))},
    {"phones": (Typed("0049 170 1234567", ("mobile", "voice")), Typed("0301"))},
    {"notes": "first \r\nsecond,  third\n"},
    {"birthday": dt.date(1815, 12, 10), "private": None, "categories": None},
    {"photo": Photo("image/pjpeg", b"\xff\xd8\xff123"), "kind": "individual"},
    {"addresses": (Address("Ring 1\r\n2nd floor ", "10115", "Berlin", "", "Germany", ("home",)),)},
]


@pytest.mark.parametrize("fields", FORM_ALONE)
def test_a_difference_of_form_touches_nothing(fields: Mapping[str, Value]) -> None:
    document = tree(IPHONE)
    CODEC.write(document, fields)
    assert serialise(document) == IPHONE


ONE_LINE: list[tuple[bytes, Mapping[str, Value], list[str], list[str]]] = [
    (IPHONE, {"title": "Countess"}, ["TITLE:Programmer"], ["TITLE:Countess"]),
    (IPHONE, {"title": None}, ["TITLE:Programmer"], []),
    (
        IPHONE,
        {"middle_name": "Augusta"},
        ["N:Lovelace;Ada;King,Byron;Dr.;", "FN:Dr. Ada Lovelace"],
        ["N:Lovelace;Ada;Augusta;Dr.;", "FN:Ada Augusta Lovelace"],
    ),
    (
        IPHONE,
        {"organisation": "Engines"},
        ["ORG:Analytical Engines;Number Crunching;Night Shift;"],
        ["ORG:Engines;Number Crunching;Night Shift;"],
    ),
    (
        IPHONE,
        {"emails": (Typed("new@example.com", ("work",)), Typed("ada@home.example", ("home",)))},
        ["item1.EMAIL;type=INTERNET;type=WORK;type=pref:Ada@Example.com"],
        ["item1.EMAIL;type=INTERNET;type=WORK;type=pref:new@example.com"],
    ),
    (
        IPHONE,
        {"emails": (Typed("ada@home.example", ("home",)),)},
        ["item1.EMAIL;type=INTERNET;type=WORK;type=pref:Ada@Example.com", "item1.X-ABLabel:_$!<Work>!$_"],
        [],
    ),
    (
        IPHONE,
        {"phones": (Typed("+491701234567", ("work", "cell")), Typed("0301"), Typed("99", ("fax",)))},
        ["TEL;type=CELL;type=VOICE;type=pref:+49 (170) 123-4567"],
        ["TEL;TYPE=WORK;TYPE=CELL;TYPE=VOICE;TYPE=pref:+49 (170) 123-4567", "TEL;TYPE=FAX:99"],
    ),
    (
        IPHONE,
        {"addresses": (Address("Ring 2", "10115", "Berlin", "", "Germany", ("home",)),)},
        ["item3.ADR;type=HOME;type=pref:PO 7;;Ring 1\\n2nd floor;Berlin;;10115;Germany"],
        ["item3.ADR;type=HOME;type=pref:PO 7;;Ring 2;Berlin;;10115;Germany"],
    ),
    (IPHONE, {"birthday": dt.date(1815, 12, 11)}, ["BDAY;value=date:1815-12-10"], ["BDAY:1815-12-11"]),
    (IPHONE, {"private": True}, [], ["CLASS:PRIVATE"]),
    (IPHONE, {"kind": "org"}, [], ["X-ADDRESSBOOKSERVER-KIND:org", "X-ABShowAs:COMPANY"]),
    (
        THUNDERBIRD,
        {"phones": (Typed("030 7", ("cell",)),)},
        ['TEL;VALUE=URI;TYPE="voice,cell":tel:+49-170-1234567'],
        ['TEL;TYPE="voice,cell":030 7'],
    ),
    (
        THUNDERBIRD,
        {"addresses": (Address("Ring 2", "10115", "Berlin", "", "Germany", ("work",)),)},
        ['ADR;TYPE=work;LABEL="Ring 1":;;Ring 1;Berlin;;10115;Germany'],
        ["ADR;TYPE=work:;;Ring 2;Berlin;;10115;Germany"],
    ),
    (THUNDERBIRD, {"birthday": dt.date(1900, 1, 2)}, ["BDAY;VALUE=DATE:18151210"], ["BDAY:19000102"]),
    (THUNDERBIRD, {"private": True}, [], ["X-CLASS:PRIVATE"]),
    (THUNDERBIRD, {"kind": None}, ["KIND:org"], []),
    (
        THUNDERBIRD,
        {"photo": Photo("image/jpeg", b"\xff\xd8\xff4")},
        ["PHOTO:data:image/png;base64,iVBORzEyMw=="],
        ["PHOTO:data:image/jpeg;base64,/9j/NA=="],
    ),
]


@pytest.mark.parametrize(("card", "fields", "gone", "come"), ONE_LINE)
def test_a_change_touches_its_own_lines_alone(
    card: bytes, fields: Mapping[str, Value], gone: list[str], come: list[str]
) -> None:
    document = tree(card)
    CODEC.write(document, fields)
    assert difference(card, document) == (gone, come)


@pytest.mark.parametrize(
    ("line", "birthday"),
    [
        ("BDAY:1970-01-31", dt.date(1970, 1, 31)),
        ("BDAY:19700131", dt.date(1970, 1, 31)),
        ("BDAY;value=date:1970-01-31", dt.date(1970, 1, 31)),
        ("BDAY:1970-01-31T00:00:00Z", dt.date(1970, 1, 31)),
        ("BDAY;VALUE=date-and-or-time:19700131T102200", dt.date(1970, 1, 31)),
        ("BDAY:--0131", None),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-01-31", None),
        ("BDAY;VALUE=text:circa 1800", None),
        ("BDAY:", None),
    ],
)
def test_birthdays_in_all_spellings(line: str, birthday: dt.date | None) -> None:
    document = tree(f"BEGIN:VCARD\r\nVERSION:4.0\r\n{line}\r\nEND:VCARD\r\n".encode())
    assert CODEC.read(document)["birthday"] == birthday
    before = serialise(document)
    CODEC.write(document, {"birthday": birthday})
    assert [item for item in document.items if isinstance(item, Line) and item.name == "BDAY"] == [
        item for item in tree(before).items if isinstance(item, Line) and item.name == "BDAY"
    ]


@pytest.mark.parametrize(
    ("line", "photo"),
    [
        ("PHOTO;ENCODING=b;TYPE=JPEG:/9j/MTIz", Photo("image/jpeg", b"\xff\xd8\xff123")),
        ("PHOTO;ENCODING=BASE64;TYPE=png:iVBORzEyMw==", Photo("image/png", b"\x89PNG123")),
        ("PHOTO;ENCODING=b:iVBORzEyMw==", Photo("image/png", b"\x89PNG123")),
        ("PHOTO:data:image/png;base64,iVBORzEyMw==", Photo("image/png", b"\x89PNG123")),
        (r"PHOTO;VALUE=URI:data:image/png;base64\,iVBORzEyMw==", Photo("image/png", b"\x89PNG123")),
        ("PHOTO;ENCODING=b;VALUE=URI:data:image/png;base64,iVBORzEyMw==", Photo("image/png", b"\x89PNG123")),
        ("PHOTO;VALUE=URI:https://example.com/p.jpg", None),
        ("PHOTO;VALUE=URI:", None),
        ("PHOTO;ENCODING=b;TYPE=JPEG:", None),
        ("PHOTO;ENCODING=b;TYPE=JPEG:not base64!", None),
    ],
)
def test_photos_in_all_spellings(line: str, photo: Photo | None) -> None:
    document = tree(f"BEGIN:VCARD\r\nVERSION:3.0\r\n{line}\r\nEND:VCARD\r\n".encode())
    assert CODEC.read(document)["photo"] == photo


def test_a_photo_that_is_only_pointed_to_is_not_removed_by_having_none() -> None:
    document = tree(b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nPHOTO;VALUE=URI:https://example.com/p\r\nEND:VCARD\r\n")
    before = serialise(document)
    CODEC.write(document, {"photo": None})
    assert serialise(document) == before


def test_a_plain_comma_in_a_street_is_no_list() -> None:
    document = tree(b"BEGIN:VCARD\r\nVERSION:3.0\r\nADR:;;Ring 1, 2nd floor,Yard;B;;;\r\nEND:VCARD\r\n")
    assert CODEC.read(document)["addresses"] == (Address("Ring 1, 2nd floor\nYard", "", "B"),)


def test_full_name_follows_the_parts_or_the_company() -> None:
    card = blank()
    CODEC.write(card, {"organisation": "ACME"})
    assert CODEC.read(card)["full_name"] == "ACME"
    CODEC.write(card, {"first_name": "Ada", "last_name": "Lovelace"})
    assert CODEC.read(card)["full_name"] == "Ada Lovelace"
    CODEC.write(card, {"full_name": "The Countess"})
    CODEC.write(card, {"title": "x"})
    assert CODEC.read(card)["full_name"] == "The Countess"
    CODEC.write(card, {"full_name": None})
    assert CODEC.read(card)["full_name"] == "Ada Lovelace"


def test_a_company_has_its_name_in_both_places() -> None:
    card = blank()
    CODEC.write(card, {"kind": "org", "full_name": "ACME, Inc."})
    assert [line.value for line in card.lines("ORG")] == ["ACME\\, Inc."]
    assert CODEC.read(card)["organisation"] == "ACME, Inc."


def test_custom_fields_have_the_property_the_mapping_gives_them() -> None:
    codec = CardCodec({"X-CRM-Source": "source", "ROLE": "job", "TITLE": "rank"})
    card = blank()
    codec.write(card, {"source": "web, fair", "job": "boss", "rank": "1", "title": "not bound any more"})
    assert "title" not in codec.read(card)
    assert {name: codec.read(card)[name] for name in ("source", "job", "rank")} == {
        "source": "web, fair",
        "job": "boss",
        "rank": "1",
    }
    assert [line.value for line in card.lines("X-CRM-SOURCE")] == ["web\\, fair"]


def test_stamps_are_set_in_our_own_cards_only() -> None:
    moment = dt.datetime(2026, 11, 24, 9, 15, 30, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    card, phone = blank(), tree(IPHONE)
    for document in (card, phone):
        CODEC.stamp(document, None, moment)
    assert card.line("REV") == Line("REV", "2026-11-24T08:15:30Z")
    assert serialise(phone) == IPHONE


def test_nothing_from_a_row_can_break_out_of_its_line() -> None:
    card = blank()
    evil = "x\r\nEND:VCARD\r\nBEGIN:VCARD\r\n\x00"
    CODEC.write(
        card,
        {
            "first_name": evil,
            "notes": evil,
            "emails": (Typed(evil, (evil,)),),
            "phones": (Typed(evil, ("a:b;c",)),),
            "urls": (Typed(evil),),
            "addresses": (Address(evil, evil),),
            "categories": (evil,),
            "kind": evil,
            "photo": Photo(evil, b"x"),
        },
    )
    assert len(parse(serialise(card))) == 1
    assert parse(serialise(card)) == [card]


def test_ten_thousand_lines_are_no_burden() -> None:
    emails = tuple(Typed(f"a{number}@example.com", ("work",)) for number in range(10_000))
    card = Component("VCARD", [Line("VERSION", "3.0"), *(Line("EMAIL", email.value) for email in emails)])
    CODEC.write(card, {"emails": emails[::-1]})
    assert len(CODEC.read(card)["emails"] or ()) == 10_000  # type: ignore[arg-type]


def test_blank_is_valid_and_always_the_same() -> None:
    assert serialise(CODEC.blank(ObjectUid("a\r\nb"))) == (
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//crmgate//crmgate//EN\r\nUID:a b\r\nFN:Unnamed\r\nN:;;;;\r\nEND:VCARD\r\n"
    )
