"""What came of asking for changes, and of writing.

`Changes` carries the token that is true for *that list*: where the list was cut at the caller's limit, it is the
token of what was sent, never the newest (RFC 6578 §3.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.ids import ETag, Href, SyncToken
from gateway.core.model import Collection, Entry


@dataclass(frozen=True, slots=True)
class Changes:
    """Entries that are new or changed, hrefs that went, and the token that describes exactly this."""

    collection: Collection
    changed: Sequence[Entry]
    removed: Sequence[Href]
    token: SyncToken
    is_truncated: bool


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of a put. `is_verbatim`: what will be served is byte for byte what was sent (RFC 4791 §5.3.4)."""

    href: Href
    etag: ETag
    is_new: bool
    is_verbatim: bool
    schedule_tag: str = ""
    """Of what people are invited by; empty for anything else."""
