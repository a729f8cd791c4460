"""Whatever a client writes, one card after another: it is served, rows keep their identity, one is primary."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.entities import Fields
from gateway.core.model import Shape
from gateway.formats import codec_for
from gateway.formats.contentline import parse
from gateway.formats.sameness import normal, normal_phone
from tests.values.small import Small

CODEC = codec_for(Shape.CARD, {})
NUMBERS = st.sampled_from(["1", "22", "+49 40 333", "+49 (0)40/333", "4"])
TYPES = st.sampled_from(["", ";TYPE=WORK", ";TYPE=HOME;TYPE=CELL", ";TYPE=FAX", ";TYPE=X-CAR", ";TYPE=PREF;TYPE=WORK"])
PHONE = st.builds(lambda types, number: f"TEL{types}:{number}", TYPES, NUMBERS)
PLACES = st.sampled_from(
    [";;Hamburg;HH;20457;Germany", ";;Hamburg;Saxony;;DE", ";Weg 1;;;;", ";;Ulm;Swabia;;", ";;;;;US"]
)
ADDRESS = st.builds(
    lambda types, place: f"ADR{types}:;{place}", st.sampled_from(["", ";TYPE=HOME", ";TYPE=X-HUT"]), PLACES
)
CARD = st.lists(PHONE | ADDRESS, max_size=6, unique=True)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    folder: Path = tmp_path_factory.mktemp("values")
    made = Small(f"sqlite:///{folder / 'crm.db'}", folder)
    yield made
    made.opened.close()


def fields(*lines: str) -> Fields:
    content = "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", "UID:p", "FN:x", "N:Neu;;;;", *lines, "END:VCARD", ""])
    return CODEC.read(parse(content.encode())[0])


def said(one: Fields, field: str) -> object:
    """What a list means; one line twice, in whatever spelling, is one value."""
    value: Any = one.get(field) or ()
    return frozenset(normal(field, (item,)) for item in value)


COUNT = iter(range(10**6))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CARD, min_size=1, max_size=4))
def test_what_a_client_writes_is_what_it_is_served(small: Small, cards: list[list[str]]) -> None:
    href = f"p{next(COUNT)}.vcf"
    for lines in cards:
        served = asyncio.run(small.put(*lines, href=href))
        now = CODEC.read(parse(served.encode())[0])
        for field in ("phones", "addresses"):
            assert said(now, field) == said(fields(*lines), field)
    (person,) = small.rows("max(id)", "people")
    for table in ("phone", "place"):
        primaries = [row[0] for row in small.rows("main", table, f"person = {person[0]}")]
        assert sum(primaries) == min(1, len(primaries))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CARD, CARD)
def test_a_number_that_stays_keeps_its_row_and_no_row_is_remade(
    small: Small, first: list[str], then: list[str]
) -> None:
    href = f"p{next(COUNT)}.vcf"

    def rows() -> dict[int, str]:
        (person,) = small.rows("max(id)", "people")
        return {key: normal_phone(number) for key, number in small.rows("id, number", "phone", f"person = {person[0]}")}

    asyncio.run(small.put(*first, href=href))
    before = rows()
    asyncio.run(small.put(*then, href=href))
    after = rows()
    kept, gone, come = set(before) & set(after), set(before) - set(after), set(after) - set(before)
    # No number goes with one row and comes back with another.
    assert {before[key] for key in gone}.isdisjoint({after[key] for key in come})
    # Where a number stays in as many rows as it had, these rows have it still.
    for number in set(before.values()):
        if list(before.values()).count(number) == list(after.values()).count(number):
            assert sorted(key for key in kept if before[key] == number) == [
                key for key in after if after[key] == number
            ]
