"""Moments as HTTP and WebDAV write them (RFC 9110 §5.6.7, RFC 4918 §15.1), from and to seconds since 1970."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime, parsedate_to_datetime


def http_date(seconds: int) -> str:
    """`Tue, 24 Nov 2026 12:00:00 GMT`."""
    return format_datetime(dt.datetime.fromtimestamp(seconds, dt.UTC), usegmt=True)


def read_http_date(text: str) -> int | None:
    """Seconds; None for what is no date."""
    try:
        found = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return int(found.replace(tzinfo=found.tzinfo or dt.UTC).timestamp())
    except (ValueError, OverflowError):
        return None


def iso_date(seconds: int) -> str:
    """`2026-11-24T12:00:00Z` (RFC 3339)."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
