"""Several addresses in columns of one row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.mapping.mappings import crm_with, problems, write
from tests.mapping.served import card, row, served

HOME = (
    "ALTER TABLE contacts ADD COLUMN home_street VARCHAR(40)",
    "ALTER TABLE contacts ADD COLUMN home_city VARCHAR(40)",
)
MAPPING = """
extends = "reference"
[entity.contact.fields.addresses]
addresses = [
  { address = { street = "street", city = "city" }, types = ["work"] },
  { address = { street = "home_street", city = "home_city" }, types = ["home"] },
]
"""
WORK, HOUSE, OTHER = "ADR;TYPE=WORK:;;Am Hafen 1;Kiel;;;", "ADR;TYPE=HOME:;;Weg 2;Bonn;;;", "ADR:;;Insel 3;Ulm;;;"
CASES = [
    ((WORK, HOUSE), ("Am Hafen 1", "Kiel", "Weg 2", "Bonn")),
    ((HOUSE, WORK), ("Am Hafen 1", "Kiel", "Weg 2", "Bonn")),
    ((HOUSE,), (None, None, "Weg 2", "Bonn")),
    ((OTHER, HOUSE), ("Insel 3", "Ulm", "Weg 2", "Bonn")),
    ((HOUSE, OTHER, WORK), ("Am Hafen 1", "Kiel", "Weg 2", "Bonn")),
    ((WORK, WORK.replace("Kiel", "Jena")), ("Am Hafen 1", "Kiel", "Am Hafen 1", "Jena")),
    ((), (None, None, None, None)),
]


@pytest.mark.parametrize(("given", "expected"), CASES)
async def test_each_goes_where_its_type_is(tmp_path: Path, given: tuple[str, ...], expected: tuple[str | None]) -> None:
    with served(crm_with(tmp_path, *HOME), write(tmp_path, MAPPING)) as (opened, anna):
        path = f"{anna.books}my-contacts/c.vcf"
        assert (await anna.ask("PUT", path, card("c", "FN:A B", "N:B;A;;;", *given))).status == 201
        found = row(opened, "SELECT street, city, home_street, home_city FROM contacts")
        assert tuple(found.values()) == expected
        # What has no column of its own the document keeps: nothing is lost, whatever the columns hold.
        said = re.findall(r"ADR[^:]*:(.*)\r\n", (await anna.ask("GET", path)).body.decode())
        assert sorted(said) == sorted(line.split(":", 1)[1] for line in given)


async def test_a_change_touches_the_one_it_means(tmp_path: Path) -> None:
    with served(crm_with(tmp_path, *HOME), write(tmp_path, MAPPING)) as (opened, anna):
        path = f"{anna.books}my-contacts/c.vcf"
        content = card("c", "FN:A B", "N:B;A;;;", WORK, HOUSE)
        await anna.ask("PUT", path, content)
        assert (await anna.ask("PUT", path, content.replace(b"Bonn", b"Berlin"))).status in (200, 204)
        found = row(opened, "SELECT city, home_city FROM contacts")
        assert found == {"city": "Kiel", "home_city": "Berlin"}
        assert (await anna.ask("PUT", path, card("c", "FN:A B", "N:B;A;;;", HOUSE))).status in (200, 204)
        assert row(opened, "SELECT city, home_city FROM contacts") == {"city": None, "home_city": "Bonn"}


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('types = ["home"]', 'type = ["home"]', "addresses: unknown word 'type'; did you mean 'types'?"),
        ('city = "home_city"', 'town = "home_city"', "unknown part 'town'"),
        ('address = { street = "street", city = "city" }, ', "", "one of them has no address"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    (said,) = problems(crm_with(tmp_path, *HOME), write(tmp_path, MAPPING.replace(right, wrong)))
    assert "[entity.contact.fields] addresses:" in said
    assert told in said
