"""CalDAV-Timezones (RFC 7809 §7.1): whether a client wants the definitions of time zones in what it is given.

`T`: all that are needed, `F`: none that it knows by name, nothing said: as they are kept, which for what the CRM has is
whole. The entity tag is that of what is kept in any case: clients compare it with what they have of the resource, and
the form they get it in is always the same one.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.core.model import Resource
from gateway.formats.zone_form import with_zones, without_known
from protocols.dav.types import DavRequest

HEADER = "caldav-timezones"


def in_asked_form(request: DavRequest, resource: Resource) -> Resource:
    """The resource with or without the definitions of time zones, as the request wants it."""
    wanted = request.header(HEADER).strip().upper()
    if wanted not in {"T", "F"} or b"TZID" not in resource.content:
        return resource
    told = with_zones(resource.content) if wanted == "T" else without_known(resource.content)
    return replace(resource, content=told)
