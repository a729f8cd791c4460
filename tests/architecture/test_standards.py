"""STANDARDS.md is true: what the code registers has its row there, and what a row says is there is registered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from protocols.dav.files import FILE_METHODS
from protocols.dav.methods import METHODS
from protocols.dav.names import PREFIXES
from protocols.dav.names import split as split_name
from protocols.dav.properties import PROPERTIES
from protocols.dav.reports import REPORTS
from protocols.dav.types import QName
from protocols.imap.capabilities import CAPABILITIES
from protocols.imap.commands import COMMANDS

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Row:
    """A line of one of the tables."""

    item: str
    state: str
    why: str
    file: str

    @property
    def names(self) -> frozenset[str]:
        """What stands in backticks in the first column."""
        return frozenset(re.findall(r"`([^`]+)`", self.item))


def rows() -> list[Row]:
    found = []
    for line in (ROOT / "STANDARDS.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and cells[0] != "item" and set(cells[0]) != {"-"}:
            found.append(Row(*cells))
    return found


ROWS = rows()
THERE = {name for row in ROWS if row.state in {"done", "part"} for name in row.names}
NOT_THERE = {name for row in ROWS if row.state == "no" for name in row.names}


def prefixed(names: Iterable[QName]) -> list[str]:
    """XML names as the page writes them."""
    return [f"{PREFIXES[namespace]}:{local}" for namespace, local in map(split_name, names)]


def words(names: Iterable[bytes]) -> list[str]:
    """IMAP's names, `UID FETCH` as the two it is made of."""
    return sorted({word for name in names for word in name.decode().split()})


REGISTERED = [
    *words(COMMANDS),
    *(known.name for known in CAPABILITIES),
    *METHODS,
    *FILE_METHODS,
    *prefixed(REPORTS),
    *prefixed(PROPERTIES),
]


def test_there_is_a_table_to_read() -> None:
    assert len(ROWS) > 50


@pytest.mark.parametrize("name", REGISTERED)
def test_what_the_code_registers_has_its_row(name: str) -> None:
    assert name in THERE


def test_nothing_that_is_registered_is_said_not_to_be_there() -> None:
    ambiguous = {"COPY", "MOVE", "DELETE", "ACL"}  # commands of IMAP, and methods of WebDAV
    assert set(REGISTERED) & NOT_THERE <= ambiguous


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.item)
def test_a_row_has_a_state_a_reason_where_one_is_due_and_files_that_exist(row: Row) -> None:
    assert row.state in {"done", "part", "no"}
    assert row.state == "done" or row.why
    files = re.findall(r"`([^`]+)`", row.file)
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert files if row.state != "no" else not files
