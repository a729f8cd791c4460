"""Parameters are read as meant and set one at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.tree import Line
from gateway.formats.contentline import first_param, params_of, set_param

CLEAN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", []),
        (";TYPE=home", [("TYPE", ["home"])]),
        (";type=CELL;type=pref", [("TYPE", ["CELL"]), ("TYPE", ["pref"])]),
        (";TYPE=home,work", [("TYPE", ["home", "work"])]),
        (';TYPE="home,work"', [("TYPE", ["home,work"])]),
        (';X=a,"b,c",d', [("X", ["a", "b,c", "d"])]),
        (";CN=G^'olf ^n ^^ ^x", [("CN", ['G"olf \n ^ ^x'])]),
        (";HOME;VOICE", [("TYPE", ["HOME"]), ("TYPE", ["VOICE"])]),
        (";QUOTED-PRINTABLE;CHARSET=UTF-8", [("ENCODING", ["QUOTED-PRINTABLE"]), ("CHARSET", ["UTF-8"])]),
        (';X-EVOLUTION-E164=5550177,"+1"', [("X-EVOLUTION-E164", ["5550177", "+1"])]),
        (";TZID=Europe/Berlin ", [("TZID", ["Europe/Berlin"])]),
        (";X=", [("X", [""])]),
        (';CN="open', [("CN", ['"open'])]),
    ],
)
def test_parameters_are_read_as_meant(raw: str, expected: list[tuple[str, list[str]]]) -> None:
    assert params_of(Line("X", "", raw)) == expected


@given(st.text("AXB", min_size=1), st.lists(CLEAN, min_size=1, max_size=3))
def test_what_is_set_is_read_back(name: str, values: list[str]) -> None:
    line = Line("X", "", ';FIRST="a;b";SECOND=c')
    set_param(line, name, values)
    assert params_of(line)[2:] == [(name, values)]
    assert line.params.startswith(';FIRST="a;b";SECOND=c;')


def test_setting_one_leaves_the_others_as_they_stand() -> None:
    line = Line("X", "", ';cn="A, B";partstat=NEEDS-ACTION;X-Y="open;RSVP=TRUE')
    set_param(line, "PARTSTAT", ["ACCEPTED"])
    assert line.params == ';cn="A, B";PARTSTAT=ACCEPTED;X-Y="open;RSVP=TRUE'
    assert first_param(line, "PARTSTAT") == "ACCEPTED"


def test_removing_takes_every_occurrence() -> None:
    line = Line("X", "", ";type=a;HOME;Y=1;TYPE=b")
    set_param(line, "type", None)
    assert line.params == ";Y=1"
    set_param(line, "y", [])
    assert line.params == ""
