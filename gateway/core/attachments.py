"""Files that belong to events and tasks: kept once, and to be had by whoever sees something they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gateway.core.model import Principal


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file by the name that the gateway has given it. `size` in bytes."""

    managed_id: str
    name: str
    media_type: str
    size: int


class KeepsAttachments(Protocol):
    """A store that keeps files of calendar objects."""

    async def keep_attachment(self, who: Principal, name: str, media_type: str, content: bytes) -> KeptFile:
        """Keep a file that is about to be given to something; where it is not within a day, it goes."""
        ...

    async def attachment(self, who: Principal, managed_id: str) -> tuple[KeptFile, bytes]:
        """A file that belongs to something the principal sees. Raises NotFound."""
        ...
