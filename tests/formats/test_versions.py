"""Cards told in the other version: nothing that is said, and nothing that only a client understands, is lost."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.entities import Fields
from gateway.core.tree import Component, Line
from gateway.formats.card import CardCodec
from gateway.formats.card_lines import types_of
from gateway.formats.contentline import params_of, parse, serialise
from gateway.formats.sameness import changed
from gateway.formats.versions import VERSIONS, translated
from tests.formats.cards import IPHONE, NOKIA, THUNDERBIRD, difference, tree

CODEC = CardCodec({"X-CRM-SOURCE": "source"})


def card(*lines: str, version: str = "3.0") -> Component:
    text = "\r\n".join(("BEGIN:VCARD", f"VERSION:{version}", "FN:Ada", "N:L;Ada;;;", *lines, "END:VCARD", ""))
    return parse(text.encode())[0]


def lines(document: Component) -> list[str]:
    """The lines after the first three, unfolded."""
    return re.sub("\r\n ", "", serialise(document).decode()).split("\r\n")[4:-2]


# Each of 3.0 beside what it is in 4.0, and back.
PAIRS = [
    ("EMAIL;type=INTERNET;TYPE=pref:a@x.example", "EMAIL;type=INTERNET;PREF=1:a@x.example"),
    ("TEL;TYPE=WORK,VOICE:+49 30 1", "TEL;TYPE=WORK,VOICE:+49 30 1"),
    ("PHOTO;ENCODING=b;TYPE=JPEG:/9j/MTIz", "PHOTO:data:image/jpeg;base64,/9j/MTIz"),
    ("LOGO;ENCODING=b;TYPE=SVG+XML:PHN2Zz4=", "LOGO:data:image/svg+xml;base64,PHN2Zz4="),
    ("SOUND;ENCODING=b;TYPE=WAVE:UklGRg==", "SOUND:data:audio/wav;base64,UklGRg=="),
    ("KEY;ENCODING=b;TYPE=PGP:mQEN", "KEY:data:application/pgp-keys;base64,mQEN"),
    ("KEY;ENCODING=b;TYPE=X509:MIIB", "KEY:data:application/pkix-cert;base64,MIIB"),
    ("PHOTO;VALUE=uri;TYPE=GIF:https://x.example/a.gif", "PHOTO;VALUE=uri;MEDIATYPE=image/gif:https://x.example/a.gif"),
    ("BDAY:1996-04-15", "BDAY:19960415"),
    ("BDAY;VALUE=date-time:1953-10-15T23:10:00Z", "BDAY:19531015T231000Z"),
    ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-03-12", "BDAY:--0312"),
    ("BDAY;VALUE=text:around 1800", "BDAY;VALUE=text:around 1800"),
    ("BDAY:1996", "BDAY:1996"),
    ("X-ANNIVERSARY:2010-05-05", "ANNIVERSARY:20100505"),
    ("X-EVOLUTION-ANNIVERSARY:2010-05-05", "ANNIVERSARY;X-CRMGATE-NAME=X-EVOLUTION-ANNIVERSARY:20100505"),
    ("REV:1995-10-31T22:27:10Z", "REV:19951031T222710Z"),
    ("GEO:37.386013;-122.082932", "GEO:geo:37.386013,-122.082932"),
    ("TZ:-05:00", "TZ;VALUE=utc-offset:-0500"),
    ("TZ;VALUE=text:Europe/Berlin", "TZ:Europe/Berlin"),
    ("UID:8f2b6a52-0c5e-4e0c-8a1e-1d3c5b7a9e10", "UID:urn:uuid:8f2b6a52-0c5e-4e0c-8a1e-1d3c5b7a9e10"),
    ("UID:ada-1", "UID;VALUE=text:ada-1"),
    ("UID:https://x.example/ada", "UID:https://x.example/ada"),
    ("CLASS:PRIVATE", "X-CLASS:PRIVATE"),
    ("X-ADDRESSBOOKSERVER-KIND:group", "KIND:group"),
    ("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:8f2b", "MEMBER:urn:uuid:8f2b"),
    ("X-JABBER;TYPE=HOME:ada@j.example", "IMPP;TYPE=HOME;X-CRMGATE-NAME=X-JABBER:xmpp:ada@j.example"),
    ("X-SKYPE-USERNAME:ada lovelace", "IMPP;X-CRMGATE-NAME=X-SKYPE-USERNAME:skype:ada%20lovelace"),
    (
        "IMPP;X-SERVICE-TYPE=Jabber;type=HOME;TYPE=pref:xmpp:ada@j.example",
        "IMPP;X-SERVICE-TYPE=Jabber;type=HOME;PREF=1:xmpp:ada@j.example",
    ),
    ("X-SPOUSE:William King", "RELATED;X-CRMGATE-NAME=X-SPOUSE;VALUE=text;TYPE=spouse:William King"),
    ("AGENT;VALUE=uri:https://x.example/b.vcf", "RELATED;VALUE=uri;TYPE=agent:https://x.example/b.vcf"),
    (
        "AGENT:BEGIN:VCARD\\nFN:Bob\\nEND:VCARD\\n",
        "RELATED;VALUE=uri;TYPE=agent:data:text/vcard;charset=utf-8,BEGIN%3AVCARD%0AFN%3ABob%0AEND%3AVCARD%0A",
    ),
    ("GENDER:F", "GENDER:F"),
    ("RELATED;TYPE=friend:urn:uuid:8f2b", "RELATED;TYPE=friend:urn:uuid:8f2b"),
    ("TEL;X-EVOLUTION-E164=5550177,\"+1\":5550177", "TEL;X-EVOLUTION-E164=5550177,\"+1\":5550177"),
    ("X-ABUID:5B7D:ABPerson", "X-ABUID:5B7D:ABPerson"),
    ("X-WHATEVER;ENCODING=b;CHARSET=x;type=pref:aGk=", "X-WHATEVER;ENCODING=b;CHARSET=x;type=pref:aGk="),
    ("item1.X-ABDATE;type=pref:2010-05-05", "item1.X-ABDATE;type=pref:2010-05-05"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_a_line_has_its_other_form_in_the_other_version(old: str, new: str) -> None:
    assert lines(translated(card(old), "4.0")) == [new]
    assert sorted(lines(translated(card(new, version="4.0"), "3.0"))) == [old]


# What comes back otherwise spelt, or is told beside what it was.
@pytest.mark.parametrize(
    ("version", "line", "told"),
    [
        ("3.0", "TEL;CELL;PREF:1", ["TEL;TYPE=CELL;PREF=1:1"]),
        ("3.0", "NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller", ["NOTE:Müller"]),
        ("3.0", "PHOTO;VALUE=URI:", []),
        ("3.0", "PHOTO;ENCODING=b:data:image/png;base64,iVBORw==", ["PHOTO:data:image/png;base64,iVBORw=="]),
        ("3.0", "PHOTO;ENCODING=b;VALUE=URI:https://x.example/a", ["PHOTO;VALUE=URI:https://x.example/a"]),
        ("3.0", "PHOTO:data:image/png;base64\\,iVBORw==", ["PHOTO:data:image/png;base64,iVBORw=="]),
        ("3.0", "X-ABShowAs:COMPANY", ["KIND:org", "X-ABShowAs:COMPANY"]),
        ("3.0", "LABEL;TYPE=HOME:Ring 1\\nBerlin", ["ADR;TYPE=HOME;LABEL=Ring 1^nBerlin:;;;;;;"]),
        ("4.0", "KIND:org", ["X-ABShowAs:COMPANY", "X-ADDRESSBOOKSERVER-KIND:org"]),
        ("4.0", "TEL;VALUE=uri;TYPE=\"voice,home\":tel:+49-30-1;ext=5", ["TEL;TYPE=voice;TYPE=home:+49-30-1\\;ext=5"]),
        ("4.0", "GEO:geo:1,2;u=35", ["GEO;VALUE=uri:geo:1,2;u=35"]),
        ("4.0", "RELATED;VALUE=text;TYPE=spouse:W", ["item1.X-ABRELATEDNAMES:W", "item1.X-ABLabel:_$!<Spouse>!$_"]),
        ("4.0", "RELATED;VALUE=text;TYPE=muse:W", ["item1.X-ABRELATEDNAMES:W", "item1.X-ABLabel:muse"]),
        ("4.0", "PHOTO:data:,", []),
    ],
)  # fmt: skip
def test_other_spellings_are_understood(version: str, line: str, told: list[str]) -> None:
    other = "4.0" if version == "3.0" else "3.0"
    assert lines(translated(card(line, version=version), other)) == told


def test_the_most_preferred_of_a_property_is_the_preferred_one_before_numbers() -> None:
    new = card("EMAIL;PREF=50:b@x", "EMAIL;PREF=20:a@x", "EMAIL:c@x", "TEL;PREF=1:1", version="4.0")
    old = translated(new, "3.0")
    assert lines(old) == ["EMAIL;PREF=50:b@x", "EMAIL;PREF=20;TYPE=pref:a@x", "EMAIL:c@x", "TEL;TYPE=pref:1"]
    assert lines(translated(old, "4.0")) == lines(new)


def test_a_label_is_told_with_its_address() -> None:
    old = card("ADR;TYPE=HOME:;;Ring 1;Berlin;;1;", "ADR;TYPE=WORK:;;Ring 2;;;;", "LABEL;TYPE=WORK:Ring 2\\, Berlin")
    new = translated(old, "4.0")
    assert lines(new) == ["ADR;TYPE=HOME:;;Ring 1;Berlin;;1;", 'ADR;TYPE=WORK;LABEL="Ring 2, Berlin":;;Ring 2;;;;']
    assert lines(translated(new, "3.0")) == lines(old)


def test_apples_relations_keep_their_labels() -> None:
    old = card(
        "item1.X-ABRELATEDNAMES;type=pref:Annabella", "item1.X-ABLabel:_$!<Mother>!$_",
        "item2.X-ABDATE:2010-05-05", "item2.X-ABLabel:_$!<Anniversary>!$_",
        "item3.X-ABRELATEDNAMES:Pug", "item3.X-ABLabel:Dog",
    )  # fmt: skip
    new = translated(old, "4.0")
    assert lines(new) == [
        "item1.RELATED;PREF=1;VALUE=text;TYPE=parent;TYPE=mother:Annabella", "item1.X-ABLabel:_$!<Mother>!$_",
        "item2.ANNIVERSARY:20100505", "item2.X-ABLabel:_$!<Anniversary>!$_",
        "item3.RELATED;VALUE=text:Pug", "item3.X-ABLabel:Dog",
    ]  # fmt: skip
    assert [line.replace("TYPE=pref", "type=pref") for line in lines(translated(new, "3.0"))] == lines(old)


def test_a_relation_that_was_changed_gets_the_label_for_it() -> None:
    new = card("item1.RELATED;VALUE=text;TYPE=friend:Mary", "item1.X-ABLabel:_$!<Mother>!$_", version="4.0")
    assert lines(translated(new, "3.0")) == ["item1.X-ABRELATEDNAMES:Mary", "item1.X-ABLabel:_$!<Friend>!$_"]


def test_what_a_name_is_sorted_by_comes_along() -> None:
    old = parse(
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:R\r\nN:van der Harten;Rene;;;\r\nSORT-STRING:Harten\r\nEND:VCARD\r\n"
    )[0]
    new = translated(old, "4.0")
    assert "\r\nN;SORT-AS=Harten:van der Harten;Rene;;;\r\nEND" in serialise(new).decode()
    assert serialise(translated(new, "3.0")) == serialise(old)


def test_a_card_of_40_without_a_name_has_one_before() -> None:
    new = parse(b"BEGIN:VCARD\r\nFN:Ada\r\nVERSION:4.0\r\nEND:VCARD\r\n")[0]
    assert serialise(translated(new, "3.0")) == b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:;;;;\r\nFN:Ada\r\nEND:VCARD\r\n"


def test_a_card_is_itself_in_its_own_version_and_is_never_changed() -> None:
    for document in (IPHONE, THUNDERBIRD):
        original = tree(document)
        for version in VERSIONS:
            translated(original, version)
        assert serialise(original) == document


def test_a_card_of_21_is_told_in_both() -> None:
    original = tree(NOKIA)
    for version in VERSIONS:
        told = translated(original, version)
        assert (told.line("VERSION") or Line("", "")).value == version
        assert said_otherwise(CODEC.read(original), CODEC.read(told)) == {}
    assert serialise(original).startswith(b"BEGIN:VCARD\r\nVERSION:2.1")


def said_otherwise(before: Fields, after: Fields) -> dict[str, object]:
    return {**changed(before, after), **changed(after, before)}


WORD = st.text("abcäöß日 ABC,;:\\\"'%^-._@+", min_size=1, max_size=12)
TEXT = WORD.map(lambda text: text.strip().replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")).filter(bool)
TYPES = st.lists(st.sampled_from(["HOME", "WORK", "CELL", "FAX", "INTERNET", "x-own", "pref"]), max_size=3, unique=True)
DAYS = st.dates().map(lambda day: day.isoformat())
CODED = st.binary(min_size=1, max_size=60).map(lambda data: base64.b64encode(data).decode())


def typed(name: str, value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda types, text: f"{name}{''.join(f';TYPE={one}' for one in types)}:{text}", TYPES, value)


OWN = st.builds(
    lambda group, name, params, text: f"{group}X-{name}{params}:{text}",
    st.sampled_from(["", "item7.", "a."]),
    st.sampled_from(["OWN", "ABUID", "PHONETIC-LAST-NAME", "CRM-SOURCE", "KADDRESSBOOK-X-Profession", "ABDATE"]),
    st.sampled_from(["", ";TYPE=pref", ";type=\"a,b\"", ";ENCODING=b", ";X=1;VALUE=uri", ";CHARSET=UTF-8"]),
    TEXT,
)  # fmt: skip
# In the spelling that a translation has: then nothing but the order of lines and parameters may differ.
THIRD = st.one_of(
    typed("EMAIL", TEXT), typed("TEL", TEXT), typed("URL", TEXT), typed("IMPP", TEXT),
    typed("ADR", TEXT.map(lambda text: f";;{text};;;;")), typed("X-JABBER", TEXT), typed("X-AIM", TEXT),
    typed("X-MANAGER", TEXT), DAYS.map("X-ANNIVERSARY:{}".format), TEXT.map("NICKNAME:{}".format),
    TEXT.map("NOTE:{}".format), TEXT.map("CATEGORIES:{}".format), TEXT.map("ORG:{}".format), OWN,
    CODED.map("PHOTO;ENCODING=b;TYPE=PNG:{}".format), CODED.map("KEY;ENCODING=b;TYPE=PGP:{}".format),
    TEXT.map("AGENT:{}".format), st.sampled_from(["PUBLIC", "PRIVATE"]).map("CLASS:{}".format),
    st.just("X-ADDRESSBOOKSERVER-KIND:group"), TEXT.map("X-ADDRESSBOOKSERVER-MEMBER:{}".format),
    TEXT.map("UID:{}".format), TEXT.map("LABEL;TYPE=HOME:{}".format), st.just("GEO:1.5;-2.25"), st.just("TZ:+01:00"),
)  # fmt: skip
FOURTH = st.one_of(
    OWN, TEXT.map("RELATED;TYPE=friend;VALUE=text:{}".format), TEXT.map("RELATED:{}".format), TEXT.map("GENDER:O;{}".format),
    st.builds("EMAIL;PREF={}:{}".format, st.integers(0, 120), TEXT), typed("IMPP", TEXT), TEXT.map("KIND:{}".format),
    TEXT.map("MEMBER:{}".format), TEXT.map("TEL;VALUE=uri:tel:{}".format), TEXT.map("ANNIVERSARY:{}".format),
    TEXT.map("BDAY;VALUE=text:{}".format), TEXT.map("ADR;LABEL=\"x\":;;{};;;;".format), TEXT.map("PHOTO:{}".format),
    TEXT.map("LANG;PREF=2:{}".format), TEXT.map("N;SORT-AS=a:{};;;;".format), TEXT.map("TZ:{}".format),
    CODED.map("PHOTO:data:image/webp;base64,{}".format), TEXT.map("X-CLASS:{}".format), TEXT.map("UID:{}".format),
)  # fmt: skip


def meant(document: Component) -> list[tuple[str, str, str, tuple[tuple[str, str], ...]]]:
    """The lines regardless of their order, and of the order and letter case of their parameters."""
    return sorted(
        (
            line.group,
            line.name,
            line.value,
            # A label has the types of its address.
            tuple(sorted((name, ",".join(values).lower()) for name, values in params_of(line)))
            if line.name != "LABEL"
            else tuple(("TYPE", word) for word in sorted(types_of(line))),
        )
        for line in document.items
        if isinstance(line, Line)
    )


@given(st.lists(THIRD, max_size=6))
def test_there_and_back_is_the_same_card(stated: list[str]) -> None:
    before = card(*stated)
    after = translated(translated(before, "4.0"), "3.0")
    assert meant(after) == meant(before)


@given(st.lists(st.one_of(THIRD, FOURTH), max_size=6), st.sampled_from(VERSIONS))
def test_what_the_crm_has_columns_for_is_the_same_in_both(stated: list[str], version: str) -> None:
    original = card(*stated, version=version)
    for other in VERSIONS:
        assert said_otherwise(CODEC.read(original), CODEC.read(translated(original, other))) == {}


@given(st.lists(st.one_of(THIRD, FOURTH), max_size=6), st.sampled_from(VERSIONS))
def test_going_there_and_back_again_changes_nothing_more(stated: list[str], version: str) -> None:
    other = VERSIONS[VERSIONS.index(version) - 1]
    once = translated(translated(card(*stated, version=version), other), version)
    assert meant(translated(translated(once, other), version)) == meant(once)


@given(st.lists(OWN, max_size=5), st.sampled_from(VERSIONS))
def test_what_nobody_knows_stays_as_it_stands(stated: list[str], version: str) -> None:
    document = serialise(card(*stated, version=version))
    went, came = difference(document, translated(parse(document)[0], VERSIONS[VERSIONS.index(version) - 1]))
    assert {*went, *came} <= {"VERSION:3.0", "VERSION:4.0"}
