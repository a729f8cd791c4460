"""`PROPERTIES`: every live property by its name."""

from __future__ import annotations

from typing import Final

from protocols.dav.properties import (
    acl,
    apple,
    attachments,
    caldav,
    calendar_limits,
    calendar_looks,
    calendar_zones,
    carddav,
    files,
    locks,
    principal,
    proxy,
    push,
    scheduling,
    sharing,
    sync,
    webdav,
)
from protocols.dav.property import Property
from protocols.dav.types import QName

_SOURCES: Final = (
    webdav,
    locks,
    files,
    acl,
    principal,
    proxy,
    sharing,
    sync,
    caldav,
    calendar_limits,
    calendar_looks,
    calendar_zones,
    carddav,
    apple,
    attachments,
    push,
    scheduling,
)

PROPERTIES: Final[dict[QName, Property]] = {kind.name: kind() for source in _SOURCES for kind in source.ALL}
