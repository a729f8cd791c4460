"""Tags of resources as headers say them."""

from __future__ import annotations


def schedule_tag(tag: str) -> dict[str, str]:
    """The Schedule-Tag header (RFC 6638 §8.2), where there is a tag."""
    return {"Schedule-Tag": f'"{tag}"'} if tag else {}
