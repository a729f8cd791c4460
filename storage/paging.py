"""Long lists in pages, because every database bounds how many values one statement may name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

PAGE: Final = 500


def pages(items: Sequence[T], most: int = PAGE) -> Iterator[Sequence[T]]:
    """The items, at most so many at a time."""
    return (items[start : start + most] for start in range(0, len(items), most))
