"""`PROPERTIES`: every live property by its name."""

from __future__ import annotations

from typing import Final

from protocols.dav.properties import (
    acl,
    apple,
    caldav,
    calendar_limits,
    carddav,
    principal,
    proxy,
    scheduling,
    sharing,
    sync,
    webdav,
)  # fmt: skip
from protocols.dav.property import Property
from protocols.dav.types import QName

PROPERTIES: Final[dict[QName, Property]] = {
    kind.name: kind()
    for source in (webdav, acl, principal, proxy, sharing, sync, caldav, calendar_limits, carddav, apple, scheduling)
    for kind in source.ALL
}
