"""Fixture: the small CRM on every product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.values.small import Small


@pytest.fixture
def small(database_url: str, tmp_path: Path) -> Iterator[Small]:
    """The small CRM, empty."""
    made = Small(database_url, tmp_path)
    yield made
    made.opened.close()
