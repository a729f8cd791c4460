"""Values in rows of their own: matched with what a client writes, changed in place, one of them primary."""

from __future__ import annotations

import pytest

from gateway.core.errors import Refused
from tests.values.small import Small

PHONES = ("TEL;TYPE=WORK:+49 40 1", "TEL;TYPE=WORK;TYPE=CELL:+49 171 2", "TEL;TYPE=HOME;TYPE=FAX:+49 40 3")
ALL = "number, digits, place, kind, main, billing"


async def test_a_new_card_has_a_row_for_each_value_and_the_first_is_primary(small: Small) -> None:
    card = await small.put(*PHONES, "EMAIL:a@x.example", "EMAIL;TYPE=PREF:b@x.example")
    assert small.rows(ALL, "phone") == [
        ("+49 40 1", "49401", 2, 1, 1, 0),
        ("+49 171 2", "491712", 2, 2, 0, 0),
        ("+49 40 3", "49403", 1, 3, 0, 0),
    ]
    assert small.rows("address, main, gone", "mail") == [("b@x.example", 1, 0), ("a@x.example", 0, 0)]
    assert [line for line in PHONES if line not in card.split("\r\n")] == []


async def test_a_changed_number_is_an_update_and_the_other_rows_stay(small: Small) -> None:
    await small.put(*PHONES)
    before = small.rows("*", "phone")
    await small.put(PHONES[0], PHONES[1].replace("171 2", "172 9"), PHONES[2])
    after = small.rows("*", "phone")
    assert (before[0], before[2]) == (after[0], after[2])
    assert (after[1][0], *after[1][2:4]) == (before[1][0], "+49 172 9", "491729")


async def test_a_number_of_another_type_keeps_its_row(small: Small) -> None:
    await small.put(*PHONES)
    keys = small.rows("id", "phone")
    await small.put(PHONES[0].replace("WORK", "HOME"), *PHONES[1:])
    assert small.rows("id", "phone") == keys
    assert small.rows("place, kind", "phone", "number = '+49 40 1'") == [(1, 1)]


async def test_who_was_primary_stays_it_and_when_he_goes_another_becomes_it(small: Small) -> None:
    await small.put(*PHONES)
    await small.put("TEL;TYPE=HOME:+49 40 0", *PHONES)
    assert small.rows("number", "phone", "main = 1") == [("+49 40 1",)]
    await small.put("TEL;TYPE=HOME:+49 40 0", *PHONES[1:])
    assert small.rows("number", "phone", "main = 1") == [("+49 40 0",)]
    assert len(small.rows("id", "phone")) == 3


async def test_two_primaries_of_the_crm_become_one_at_the_next_write(small: Small) -> None:
    await small.put(*PHONES)
    small.sql("UPDATE phone SET main = 1")
    await small.put(*PHONES, "TEL;TYPE=HOME:+49 40 0")
    assert small.rows("main", "phone") == [(1,), (0,), (0,), (0,)]


async def test_a_row_whose_type_has_no_word_is_left_as_it_is(small: Small) -> None:
    await small.put("TEL:+49 40 1")
    assert small.rows("place, kind", "phone") == [(4, 1)]
    small.sql("UPDATE phone SET place = 3, kind = 9")
    await small.put("TEL:+49 40 2")
    assert small.rows("number, place, kind", "phone") == [("+49 40 2", 3, 9)]


async def test_a_type_that_no_row_has_is_kept_until_the_crm_changes_the_row(small: Small) -> None:
    card = await small.put("TEL;TYPE=WORK;TYPE=X-CAR:+49 40 1", "TEL;TYPE=X-A:7", "TEL;TYPE=X-B:7")
    assert "TEL;TYPE=WORK;TYPE=X-CAR:+49 40 1" in card
    assert "TEL;TYPE=X-A:7" in card
    assert "TEL;TYPE=X-B:7" in card
    assert len(small.rows("id", "phone")) == 3
    small.sql("UPDATE phone SET place = 1 WHERE number = '+49 40 1'")
    assert "TEL;TYPE=HOME:+49 40 1" in await small.get()


async def test_a_type_that_the_crm_takes_away_does_not_come_back(small: Small) -> None:
    await small.put("TEL;TYPE=WORK:+49 40 1")
    small.sql("UPDATE phone SET place = 4")
    assert "TEL:+49 40 1" in await small.get()


async def test_rows_that_are_marked_in_place_of_removed_are_marked(small: Small) -> None:
    await small.put("EMAIL:a@x.example", "EMAIL:b@x.example")
    card = await small.put("EMAIL:b@x.example")
    assert "a@x.example" not in card
    assert small.rows("address, main, gone", "mail") == [("a@x.example", 1, 1), ("b@x.example", 1, 0)]


async def test_a_value_too_long_for_its_column_is_refused_and_nothing_is_written(small: Small) -> None:
    await small.put(*PHONES)
    before = small.rows("*", "phone")
    with pytest.raises(Refused, match="too long"):
        await small.put("TEL:" + "1" * 33)
    assert small.rows("*", "phone") == before


async def test_a_change_by_sql_reaches_the_person_it_concerns_and_no_other(small: Small) -> None:
    await small.put(*PHONES)
    other = await small.put("TEL:9", href="q.vcf")
    small.sql("UPDATE phone SET number = '+49 40 8' WHERE number = '+49 40 1'")
    assert "TEL;TYPE=WORK:+49 40 8" in await small.get()
    small.sql("DELETE FROM phone WHERE number = '+49 40 8'")
    assert "+49 40 8" not in await small.get()
    assert await small.get("q.vcf") == other


async def test_one_text_is_the_first_row_and_the_others_are_not_touched(small: Small) -> None:
    await small.put("NOTE:Likes cats")
    small.sql("INSERT INTO remark (about, about_id, body, author) SELECT 'person', id, 'Later', 2 FROM people")
    small.sql("INSERT INTO remark (about, about_id, body, author) SELECT 'event', id, 'Else', 2 FROM people")
    assert "NOTE:Likes cats" in await small.get()
    await small.put("NOTE:Likes dogs")
    assert small.rows("about, body, author", "remark") == [
        ("person", "Likes dogs", 1),
        ("person", "Later", 2),
        ("event", "Else", 2),
    ]


async def test_addresses_are_matched_by_type_and_then_by_what_agrees(small: Small) -> None:
    home = "ADR;TYPE=HOME:;;Am Weg 1;Hamburg;HH;20457;Germany"
    other = "ADR;TYPE=HOME:;;Hof 2\\nHaus B;Hamburg;HH;20459;DE"
    card = await small.put(home, other, "ADR;TYPE=WORK:;;;Dresden;Saxony;;Germany")
    assert home in card
    assert other.replace("\\n", ",") in card or other in card
    assert small.rows("line1, line2, code, town, region_id, country_id, sort, main", "place") == [
        ("Am Weg 1", None, "20457", "Hamburg", 10, 49, 1, 1),
        ("Hof 2", "Haus B", "20459", "Hamburg", 10, 49, 1, 0),
        (None, None, None, "Dresden", 11, 49, 2, 0),
    ]
    keys = small.rows("id", "place")
    await small.put(other.replace("Hof 2", "Hof 3"), home)
    assert small.rows("id, line1", "place") == [(keys[0][0], "Am Weg 1"), (keys[1][0], "Hof 3")]


async def test_a_region_is_looked_for_in_its_country_and_one_that_is_not_known_is_kept(small: Small) -> None:
    card = await small.put("ADR;TYPE=HOME:;;;Paris;HH;;US", "ADR;TYPE=WORK:;;;Ulm;Swabia;;DE")
    assert small.rows("region_id, country_id", "place") == [(20, 1), (None, 49)]
    assert "ADR;TYPE=HOME:;;;Paris;HH;;US" in card
    assert "ADR;TYPE=WORK:;;;Ulm;Swabia;;DE" in card
    small.sql("UPDATE place SET town = 'Neu-Ulm' WHERE town = 'Ulm'")
    card = await small.get()
    assert "ADR;TYPE=WORK:;;;Neu-Ulm;;;Germany" in card
    assert "Swabia" not in card


async def test_a_country_that_must_be_known_is_refused(small: Small) -> None:
    with pytest.raises(Refused, match="Atlantis"):
        await small.put("ADR:;;;Deep;;;Atlantis")
    assert small.rows("id", "people") == []
