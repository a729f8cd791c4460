"""Texts out of what PHP serializes, and nothing out of what it does not."""

from __future__ import annotations

import base64

import pytest

from storage.crm.php import text_in
from storage.crm.user_table import Zones

HELD = 'a:3:{s:2:"ut";s:1:"1";s:8:"timezone";s:13:"Europe/Berlin";s:4:"note";s:9:"a"; s:1:ü";}'


@pytest.mark.parametrize("held", [HELD, base64.b64encode(HELD.encode()).decode(), f" {HELD}\n"])
def test_a_text_is_found_by_its_name(held: str) -> None:
    assert text_in(held, "timezone") == "Europe/Berlin"
    assert text_in(held, "ut") == "1"
    assert text_in(held, "zone") == ""
    assert Zones(php="timezone").of(held) == "Europe/Berlin"


def test_what_a_text_holds_ends_where_its_length_says() -> None:
    # The length is in bytes, so the sign that has two of them counts twice.
    assert text_in('a:1:{s:4:"note";s:11:"a"; s:1:"ü";}', "note") == 'a"; s:1:"ü'
    assert text_in(HELD, "note") == ""


@pytest.mark.parametrize(
    "held",
    [
        "", "not base64!", "YQ", 'a:1:{s:8:"timezone";i:5;}', 'a:1:{s:8:"timezone";s:99:"Europe/Berlin";}',
        'a:1:{s:8:"timezone";s:1234567890:"x";}', 'a:1:{s:8:"timezone";s:-1:"";}', 's:8:"timezone";s:',
    ],
)  # fmt: skip
def test_what_is_nothing_is_the_default(held: str) -> None:
    assert text_in(held, "timezone") == ""
    assert Zones(php="timezone", default="Europe/Paris").of(held) == "Europe/Paris"


def test_a_zone_that_is_none_is_the_default() -> None:
    assert Zones(php="timezone").of('a:1:{s:8:"timezone";s:4:"Mars";}') == "UTC"
