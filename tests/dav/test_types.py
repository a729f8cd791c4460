"""Depth and preferences, read from headers."""

import pytest

from protocols.dav.types import Depth, Preferences


@pytest.mark.parametrize(
    ("text", "depth"),
    [("0", Depth.ZERO), (" 1 ", Depth.ONE), ("Infinity", Depth.INFINITY), ("2", None), ("", None), ("0, 0", None)],
)
def test_depth(text: str, depth: Depth | None) -> None:
    assert Depth.parse(text) is depth


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Preferences()),
        ({"prefer": "return=minimal"}, Preferences(is_minimal=True)),
        ({"prefer": 'Return="minimal"; foo=bar'}, Preferences(is_minimal=True)),
        (
            {"prefer": "wait=10, depth-noroot, return=representation"},
            Preferences(wants_representation=True, is_without_root=True),
        ),
        ({"prefer": "return=representation, return=minimal"}, Preferences(wants_representation=True)),
        ({"brief": "t"}, Preferences(is_minimal=True)),
        ({"brief": "f", "prefer": ",,;=,"}, Preferences()),
    ],
)
def test_preferences(headers: dict[str, str], expected: Preferences) -> None:
    assert Preferences.parse(headers) == expected


def test_what_was_honoured_is_said() -> None:
    assert Preferences(is_minimal=True, is_without_root=True).applied == {
        "Vary": "Brief, Prefer",
        "Preference-Applied": "return=minimal, depth-noroot",
    }
