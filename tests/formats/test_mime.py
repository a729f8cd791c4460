"""The splitter: exact offsets, RFC 3501's part numbers, and messages made to hurt."""

from __future__ import annotations

import email
import email.message
import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.mail import Part
from gateway.formats.mime import MAX_DEPTH, MAX_PARTS, find_part, header_end, leaves, summarise
from gateway.formats.mime_message import read_message

NESTED = (
    b"From: Anna <anna@example.com>\r\nSubject: outer\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"
    b"preamble\r\n--a\r\n\r\none\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n"
    b'Subject: inner\r\nContent-Type: multipart/alternative; boundary="b b"\r\n\r\n'
    b"--b b\r\nContent-Type: text/plain\r\n\r\ntwo.one\r\n--b b  \r\nContent-Type: text/html\r\n\r\n<p>two.two\r\n"
    b"--b b--\r\nepilogue of b\r\n--a\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: BASE64\r\n\r\nAAAA\r\n"
    b"--a--\r\nepilogue of a"
)


def body(raw: bytes, *numbers: int) -> bytes | None:
    part = find_part(summarise(raw).structure, numbers)
    return None if part is None else raw[part.body : part.end]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((1,), b"one"),
        ((2, 1), b"two.one"),
        ((2, 2), b"<p>two.two"),
        ((3,), b"AAAA"),
        ((4,), None),
        ((0,), None),
        ((1, 1), None),
        ((2, 3), None),
        ((2, 1, 1), None),
    ],
)
def test_part_numbers_are_those_of_rfc_3501(numbers: tuple[int, ...], expected: bytes | None) -> None:
    assert body(NESTED, *numbers) == expected


def test_the_only_part_of_a_plain_message_is_number_one() -> None:
    raw = b"Subject: x\r\n\r\nwords\r\n"
    assert body(raw, 1) == b"words\r\n"
    assert body(raw, 2) is None


def test_an_attached_message_has_an_envelope_of_its_own() -> None:
    part = find_part(summarise(NESTED).structure, (2,))
    assert part is not None
    assert part.parts[0].envelope is not None
    assert part.parts[0].envelope.subject == "inner"
    assert summarise(NESTED).envelope.subject == "outer"
    assert summarise(NESTED).structure.envelope is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", 0),
        (b"\r\nbody", 2),
        (b"\nbody", 1),
        (b"A: b\r\n\r\nbody", 8),
        (b"A: b\n\nbody", 6),
        (b"A: b\r\n\nbody", 7),
        (b"A: b\r\n \r\n\r\nbody", 11),
        (b"A: b\r\nno end", 12),
    ],
)
def test_a_header_ends_with_its_first_empty_line(raw: bytes, expected: int) -> None:
    assert header_end(raw) == expected


@pytest.mark.parametrize(
    ("raw", "structure"),
    [
        (b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\ny", "text/plain"),
        (b"Content-Type: nonsense\r\n\r\n", "text/plain"),
        (b"Content-Type: ;;;\r\n\r\n", "text/plain"),
        (b"Content-Type: TEXT/HTML (a (comment))\r\n\r\n", "text/html"),
        (b"Content-Type: multipart/mixed; boundary=x\r\n\r\n", "multipart/mixed()"),
        (b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x--", "multipart/mixed(text/plain)"),
        (
            b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: a/b\n--x",
            "multipart/mixed(a/b text/plain)",
        ),
        (
            b"Content-Type: multipart/digest; boundary=x\r\n\r\n--x\r\n\r\nSubject: a\r\n\r\nb",
            "multipart/digest(message/rfc822(text/plain))",
        ),
        # An outer delimiter ends inner parts whose own never came.
        (
            b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n"
            b"--y\r\n\r\nz\r\n--x\r\nContent-Type: a/b\r\n\r\n--x--",
            "multipart/mixed(multipart/mixed(text/plain) a/b)",
        ),
        (b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nQQ==", "application/octet-stream"),
    ],
)
def test_malformed_structure_is_read_as_the_least_surprising_one(raw: bytes, structure: str) -> None:
    def show(part: Part) -> str:
        inner = f"({' '.join(map(show, part.parts))})" if part.parts or part.type == "multipart" else ""
        return f"{part.type}/{part.subtype}{inner}"

    assert show(summarise(raw).structure) == structure


@dataclass(frozen=True)
class Leaf:
    content: bytes


@dataclass(frozen=True)
class Branch:
    children: list[Leaf | Branch]


texts = st.lists(st.sampled_from([b"", b"word", b"--", b"--b", b"- ", b"x" * 80]), max_size=4).map(b"\r\n".join)
trees: st.SearchStrategy[Leaf | Branch] = st.recursive(
    texts.map(Leaf), lambda inner: st.lists(inner, min_size=1, max_size=4).map(Branch), max_leaves=12
)


def written(tree: Leaf | Branch, numbers: list[int]) -> bytes:
    if isinstance(tree, Leaf):
        return b"Content-Type: text/plain\r\n\r\n" + tree.content
    numbers[0] += 1
    boundary = b"b%d" % numbers[0]
    out = b"Content-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n"
    for child in tree.children:
        out += b"--" + boundary + b"\r\n" + written(child, numbers) + b"\r\n"
    return out + b"--" + boundary + b"--"


def contents(tree: Leaf | Branch) -> list[bytes]:
    return [tree.content] if isinstance(tree, Leaf) else [leaf for child in tree.children for leaf in contents(child)]


@given(trees)
def test_every_part_is_found_with_its_very_bytes(tree: Leaf | Branch) -> None:
    raw = written(tree, [0])
    assert [raw[leaf.body : leaf.end] for leaf in leaves(summarise(raw).structure)] == contents(tree)


@given(trees)
def test_python_s_own_parser_sees_the_same_parts(tree: Leaf | Branch) -> None:
    raw = written(tree, [0])
    theirs = [part.get_payload() for part in email.message_from_bytes(raw).walk() if not part.is_multipart()]
    ours = [raw[leaf.body : leaf.end].decode() for leaf in leaves(summarise(raw).structure)]
    assert ours == theirs


pieces = st.sampled_from(
    [b"\r\n", b"\n", b"--", b"--a", b"--a--", b"Content-Type: multipart/mixed; boundary=a", b"boundary=", b"\x00", b"=?",
     b"From: ", b"<", b">", b"@", b",", b";", b":", b'"', b"\\", b"(", b")", b"a", b" ", b"\xff", b"message/rfc822",
     b"Content-Type: message/rfc822", b"Content-Type: text/html; charset=x", b"=?utf-8?q?=0D=0A?=", b"Date: 1", b"\r"]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=200), st.lists(pieces, max_size=60).map(b"".join)))
def test_anything_at_all_is_read_and_its_offsets_lie_within_one_another(raw: bytes) -> None:
    summary = summarise(raw)
    read_message(raw, summary)
    waiting = [(summary.structure, 0, len(raw))]
    while waiting:
        part, low, high = waiting.pop()
        assert low <= part.start <= part.body <= part.end <= high
        assert part.lines == raw.count(b"\n", part.body, part.end)
        waiting.extend((child, part.body, part.end) for child in part.parts)


MEGABYTE = 1_000_000
BOMBS = {
    "addresses": b"To: " + b"a@b," * 250_000 + b"\r\n\r\n",
    "address fields": b"To: a@b\r\n" * 100_000 + b"\r\n",
    "nested comments": b"From: " + b"(" * MEGABYTE + b"\r\n\r\n",
    "groups": b"From: " + b":;" * 500_000 + b"\r\n\r\n",
    "angles": b"From: " + b"<" * MEGABYTE + b"\r\n\r\n",
    "dots": b"From: " + b". " * 500_000 + b"@x\r\n\r\n",
    "escapes": b"From: " + b'"\\' * 500_000 + b"\r\n\r\n",
    "folds": b"Subject: " + b"\r\n " * 300_000 + b"\r\n\r\n",
    "encoded words": b"Subject: " + b"=?utf-8?B?YQ==?= " * 60_000 + b"\r\n\r\n",
    "unfinished words": b"Subject: " + b"=?" * 500_000 + b"\r\n\r\n",
    "semicolons": b"Content-Type: a/b" + b";" * MEGABYTE + b"\r\n\r\n",
    "parameters": b"Content-Type: a/b" + b"; x*1*=y" * 100_000 + b"\r\n\r\n",
    "fields": b"a:\n" * 330_000,
    "parts": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\n" * 120_000,
    "parts without headers": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n" * 200_000,
    "hyphens": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--\n" * 300_000,
    "hyphens in a header": b"--\n" * 300_000,
    "one boundary many times": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 20_000,
    "depth": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(9_000)),
    "messages in messages": b"Content-Type: message/rfc822\r\n\r\n" * 30_000,
    "tags": b"Content-Type: text/html\r\n\r\n" + b"<" * MEGABYTE,
    "styles": b"Content-Type: text/html\r\n\r\n" + b"<style" * 150_000,
    "date": b"Date: " + b"1 " * 500_000 + b"\r\n\r\n",
    "references": b"References: " + b"<" * MEGABYTE + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_of_a_megabyte_costs_little(name: str) -> None:
    started = time.process_time()
    summary = summarise(BOMBS[name])
    read_message(BOMBS[name], summary)
    assert time.process_time() - started < 4
    assert sum(1 for _ in leaves(summary.structure)) <= MAX_PARTS


def test_depth_stops_at_its_limit_with_a_whole_structure() -> None:
    part, depth = summarise(BOMBS["messages in messages"]).structure, 0
    while part.parts:
        part, depth = part.parts[0], depth + 1
    assert depth == MAX_DEPTH
    assert (part.type, part.subtype) == ("application", "octet-stream")
