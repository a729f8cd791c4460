"""REPORT: finds the report its body names, and runs it (RFC 3253 §3.6)."""

from __future__ import annotations

from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.names import dav
from protocols.dav.reports import REPORTS
from protocols.dav.types import DavResponse


async def report(exchange: Exchange) -> DavResponse:
    """Whatever the report answers; 403 with DAV:supported-report where it is none of ours or not meant for this place."""
    root = xml.parse(exchange.request.body)
    found = REPORTS.get(xml.name_of(root))
    if found is None or not found.applies_to(exchange.place):
        raise DavError(403, "This report is not known here.", dav("supported-report"))
    return await found.run(exchange, root)
