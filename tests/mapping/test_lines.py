"""Where keys stand: the walk finds what tomllib finds, and names the lines people see."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.runtime.lines import ConfigErrors, Sources, index_of, leaves, near
from storage.crm.mapping import PRESETS

TEXT = """\
# the first line
top = 1
[a]   # a table
"quoted key" = 'x # no comment'
b.c = [ 1,
  [2, 3], { d = '''
a = "]" ''' } ]
long = \"\"\"
[not.a.table]
key = 1 \\\"\"\" still ""\"\"\"
after = { e.f = "}", g = true }
[[rows]]
n = 1
[[rows]]
n = 2
[rows.inner]
z = 1979-05-27 07:32:00
[deep . "er".est]
k = 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2), (("a",), 3), (("a", "quoted key"), 4), (("a", "b"), 5), (("a", "b", "c"), 5),
        (("a", "b", "c", 0), 5), (("a", "b", "c", 1, 1), 6), (("a", "b", "c", 2, "d"), 6), (("a", "long"), 8),
        (("a", "after", "e", "f"), 11), (("a", "after", "g"), 11), (("rows", 0, "n"), 13), (("rows", 1), 14),
        (("rows", 1, "inner", "z"), 17), (("deep", "er", "est", "k"), 19),
    ],
)  # fmt: skip
def test_a_key_stands_on_the_line_it_is_written_on(path: tuple[str | int, ...], line: int) -> None:
    assert index_of(TEXT)[path] == line


@pytest.mark.parametrize("file", sorted(PRESETS.glob("*.toml")), ids=lambda file: file.stem)
def test_every_key_of_a_preset_is_found_and_none_invented(file: Any) -> None:
    text = file.read_bytes().decode()
    assert set(index_of(text)) == leaves(tomllib.loads(text))


keys = st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True), st.text("a.\"'#[]{}=é \\", max_size=6))
scalars = st.one_of(
    st.integers(-99, 99), st.booleans(), st.floats(allow_nan=False, allow_infinity=False),
    st.text("ab\"'#[]{},=\n\\é ", max_size=12), st.dates(),
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)
documents = st.dictionaries(keys, values | st.dictionaries(keys, values, min_size=1, max_size=4), max_size=5)


def quoted(text: str) -> str:
    plain = {"\n": "\\n", '"': '\\"', "\\": "\\\\"}
    return '"' + "".join(plain.get(sign, sign) for sign in text) + '"'


@st.composite
def spelled(draw: st.DrawFn) -> str:
    """A TOML text in spellings drawn at random."""

    def key(name: str) -> str:
        is_bare = name and name.isascii() and all(sign.isalnum() or sign in "_-" for sign in name)
        return name if is_bare and draw(st.booleans()) else quoted(name)

    def scalar(value: Any) -> str:
        if isinstance(value, str):
            if "'" not in value and draw(st.booleans()):
                return f"'''\n{value}'''" if "\n" in value or draw(st.booleans()) else f"'{value}'"
            if draw(st.booleans()):
                return '"""\n' + quoted(value)[1:-1].replace("\\n", "\n") + '"""'
            return quoted(value)
        return str(value).lower() if isinstance(value, bool) else str(value)

    def written(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key(name)} = {written(within)}" for name, within in value.items()) + "}"
        if isinstance(value, list):
            gap = draw(st.sampled_from([" ", "\n", " # ], {\n\t"]))
            return "[" + gap + f",{gap}".join(written(item) for item in value) + gap + "]"
        return scalar(value)

    lines: list[str] = []
    document = draw(documents)
    tables = {name: value for name, value in document.items() if isinstance(value, dict) and draw(st.booleans())}
    for name, value in document.items():
        if name not in tables:
            if isinstance(value, dict) and len(value) > 0 and draw(st.booleans()):
                lines += [f"{key(name)} . {key(within)}={written(held)}" for within, held in value.items()]
            else:
                lines.append(f"  {key(name)} = {written(value)}  # = [ {{")
    for name, value in tables.items():
        lines.append(draw(st.sampled_from(["", "# comment"])))
        lines.append(f"[{key(name)}]")
        lines += [f"{key(within)} = {written(held)}" for within, held in value.items()]
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


@given(spelled())
def test_the_walk_finds_exactly_the_keys_that_tomllib_finds(text: str) -> None:
    assert set(index_of(text)) == leaves(tomllib.loads(text))


@given(spelled())
def test_a_named_key_begins_on_its_line(text: str) -> None:
    lines = text.split("\n")
    for path, line in index_of(text).items():
        name = path[-1]
        if isinstance(name, str):
            assert name in lines[line - 1] or quoted(name) in lines[line - 1]


def test_the_uppermost_file_that_has_a_key_answers() -> None:
    sources = Sources([("short.toml", "[a]\nx = 1\n"), ("preset.toml", "\n\n[a]\ny = 1\n[b]\nz = 1\n")])
    assert sources.at("a", "x") == "short.toml:2"
    assert sources.at("a", "y") == "preset.toml:4"
    assert sources.at("b", "nothing") == "preset.toml:5"
    assert sources.at("a", "nothing") == "short.toml:1"
    assert sources.at("nothing") == "short.toml"


def test_problems_are_told_once_and_in_the_order_of_their_lines() -> None:
    assert str(ConfigErrors(["f:10: b", "f:9: a", "f:10: b"])) == "f:9: a\nf:10: b"


def test_a_near_name_is_suggested_and_a_far_one_is_not() -> None:
    assert near("notess", ["notes", "title"]) == "; did you mean 'notes'?"
    assert near("xyz", ["notes", "title"]) == ""
