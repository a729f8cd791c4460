"""The well-known addresses of CalDAV and CardDAV (RFC 6764 §5).

The target is a constant path on the same origin: no part of the request is in it, so it can lead nowhere else, and
behind a proxy it holds whatever name and port the client used.
"""

from __future__ import annotations

from typing import Final

WELL_KNOWN: Final = {"/.well-known/caldav": "/dav/", "/.well-known/carddav": "/dav/"}


def location(path: str) -> str | None:
    """Where a request for this path is sent, with 301 and for every method; None where it is no well-known address."""
    return WELL_KNOWN.get(path.removesuffix("/"))
