"""Filters, read from XML."""

import datetime as dt

import pytest
from lxml import etree

from gateway.core.filter import (
    CardFilter,
    Collation,
    CompFilter,
    Junction,
    MatchType,
    ParamFilter,
    PropFilter,
    TextMatch,
    TimeRange,
)
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.filters import MAX_FILTERS, calendar_filter, card_filter
from tests.dav.client import DECLARED


def _calendar(inner: str) -> etree._Element:
    return xml.parse(
        f"<C:filter {DECLARED}><C:comp-filter name='VCALENDAR'>{inner}</C:comp-filter></C:filter>".encode()
    )


def _cards(inner: str, attributes: str = "") -> etree._Element:
    return xml.parse(f"<CR:filter {attributes} {DECLARED}>{inner}</CR:filter>".encode())


def _utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("", CompFilter("VCALENDAR")),
        ('<C:comp-filter name="VTODO"><C:is-not-defined/></C:comp-filter>', CompFilter("VCALENDAR", components=(CompFilter("VTODO", is_not_defined=True),))),
        (
            '<C:comp-filter name="VEVENT"><C:time-range start="20270101T000000Z" end="20270201T000000Z"/></C:comp-filter>',
            CompFilter("VCALENDAR", components=(CompFilter("VEVENT", time_range=TimeRange(_utc(2027, 1, 1), _utc(2027, 2, 1))),)),
        ),
        (
            '<C:comp-filter name="VEVENT"><C:time-range start="20270101T000000Z"/></C:comp-filter>',
            CompFilter("VCALENDAR", components=(CompFilter("VEVENT", time_range=TimeRange(_utc(2027, 1, 1), None)),)),
        ),
        (
            '<C:comp-filter name="VEVENT"><C:prop-filter name="UID"><C:text-match collation="i;octet">a b</C:text-match></C:prop-filter></C:comp-filter>',
            CompFilter("VCALENDAR", components=(CompFilter("VEVENT", properties=(PropFilter("UID", texts=(TextMatch("a b", Collation.OCTET),)),)),)),
        ),
        (
            '<C:comp-filter name="VEVENT"><C:prop-filter name="ATTENDEE"><C:text-match negate-condition="yes">x</C:text-match>'
            '<C:param-filter name="PARTSTAT"><C:text-match>DECLINED</C:text-match></C:param-filter>'
            '<C:param-filter name="CN"><C:is-not-defined/></C:param-filter></C:prop-filter></C:comp-filter>',
            CompFilter(
                "VCALENDAR",
                components=(
                    CompFilter(
                        "VEVENT",
                        properties=(
                            PropFilter(
                                "ATTENDEE",
                                texts=(TextMatch("x", negate=True),),
                                params=(
                                    ParamFilter("PARTSTAT", text=TextMatch("DECLINED")),
                                    ParamFilter("CN", is_not_defined=True),
                                ),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ],
)  # fmt: skip
def test_calendar_filters(inner: str, expected: CompFilter) -> None:
    assert calendar_filter(_calendar(inner)) == expected


@pytest.mark.parametrize(
    ("attributes", "inner", "expected"),
    [
        ("", "", CardFilter()),
        (
            'test="allof"',
            '<CR:prop-filter name="TEL"/>',
            CardFilter((PropFilter("TEL", test=Junction.ANYOF),), Junction.ALLOF),
        ),
        (
            "",
            '<CR:prop-filter name="FN" test="allof"><CR:text-match match-type="starts-with">Ä</CR:text-match>'
            '<CR:text-match collation="i;ascii-casemap" match-type="equals">x</CR:text-match></CR:prop-filter>'
            '<CR:prop-filter name="NOTE"><CR:is-not-defined/></CR:prop-filter>',
            CardFilter(
                (
                    PropFilter(
                        "FN",
                        texts=(
                            TextMatch("Ä", Collation.UNICODE_CASEMAP, MatchType.STARTS_WITH),
                            TextMatch("x", Collation.ASCII_CASEMAP, MatchType.EQUALS),
                        ),
                    ),
                    PropFilter("NOTE", is_not_defined=True, test=Junction.ANYOF),
                ),
            ),
        ),
    ],
)
def test_card_filters(attributes: str, inner: str, expected: CardFilter) -> None:
    assert card_filter(_cards(inner, attributes)) == expected


@pytest.mark.parametrize(
    ("inner", "precondition"),
    [
        ('<C:comp-filter/>', "valid-filter"),
        ('<C:comp-filter name="VEVENT"><C:time-range/></C:comp-filter>', "valid-filter"),
        ('<C:comp-filter name="VEVENT"><C:time-range start="2027-01-01T00:00:00Z"/></C:comp-filter>', "valid-filter"),
        ('<C:comp-filter name="VEVENT"><C:time-range start="20270101T000000"/></C:comp-filter>', "valid-filter"),
        ('<C:comp-filter name="VEVENT"><C:time-range start="20271301T000000Z"/></C:comp-filter>', "valid-filter"),
        ('<C:comp-filter name="VEVENT"><C:time-range start="20270102T000000Z" end="20270101T000000Z"/></C:comp-filter>', "valid-filter"),
        ('<C:comp-filter name="VEVENT"><C:is-not-defined/><C:prop-filter name="X"/></C:comp-filter>', "valid-filter"),
        ('<C:prop-filter name="X"><C:text-match negate-condition="maybe">x</C:text-match></C:prop-filter>', "valid-filter"),
        ('<C:prop-filter name="X"><C:text-match>x</C:text-match><C:text-match>y</C:text-match></C:prop-filter>', "valid-filter"),
        ('<C:prop-filter name="X"><C:text-match collation="i;nonsense">x</C:text-match></C:prop-filter>', "supported-collation"),
        ('<C:prop-filter name="X"><x:new xmlns:x="urn:x"/></C:prop-filter>', "supported-filter"),
        ('<C:prop-filter name="X"/>' * MAX_FILTERS, "supported-filter"),
        (f'<C:prop-filter name="X"><C:text-match>{"x" * 2_000}</C:text-match></C:prop-filter>', "supported-filter"),
    ],
)  # fmt: skip
def test_filters_that_cannot_be_obeyed_are_refused(inner: str, precondition: str) -> None:
    with pytest.raises(DavError) as refused:
        calendar_filter(_calendar(inner))
    assert refused.value.status == 403
    assert refused.value.precondition == f"{{urn:ietf:params:xml:ns:caldav}}{precondition}"


@pytest.mark.parametrize(
    "body",
    [
        "<C:filter {}/>",
        '<C:filter {}><C:comp-filter name="VEVENT"/></C:filter>',
        '<C:filter {0}><C:comp-filter name="VCALENDAR"/><C:comp-filter name="VCALENDAR"/></C:filter>',
    ],
)
def test_a_calendar_filter_is_about_one_vcalendar(body: str) -> None:
    with pytest.raises(DavError):
        calendar_filter(xml.parse(body.format(DECLARED).encode()))


@pytest.mark.parametrize(
    ("attributes", "inner", "precondition"),
    [
        ('test="some"', "", "supported-filter"),
        ("", '<CR:prop-filter name="X"><CR:text-match match-type="near">x</CR:text-match></CR:prop-filter>', "supported-filter"),
        ("", '<CR:prop-filter name="X"><CR:text-match collation="i;x">x</CR:text-match></CR:prop-filter>', "supported-collation"),
        ("", '<CR:comp-filter name="X"/>', "supported-filter"),
    ],
)  # fmt: skip
def test_card_filters_that_cannot_be_obeyed_are_refused(attributes: str, inner: str, precondition: str) -> None:
    with pytest.raises(DavError) as refused:
        card_filter(_cards(inner, attributes))
    assert refused.value.precondition == f"{{urn:ietf:params:xml:ns:carddav}}{precondition}"
