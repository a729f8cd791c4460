"""XML namespaces, their prefixes in what we write, and names made from them.

Every multistatus declares all of `PREFIXES` at its root, so a name of ours is written without a declaration.
"""

from __future__ import annotations

from typing import Final

from protocols.dav.types import QName

DAV: Final = "DAV:"
CALDAV: Final = "urn:ietf:params:xml:ns:caldav"
CARDDAV: Final = "urn:ietf:params:xml:ns:carddav"
CALENDARSERVER: Final = "http://calendarserver.org/ns/"
APPLE: Final = "http://apple.com/ns/ical/"
PUSH: Final = "https://bitfire.at/webdav-push"
OURS: Final = "urn:crmgate:dav"

PREFIXES: Final = {DAV: "D", CALDAV: "C", CARDDAV: "CR", CALENDARSERVER: "CS", APPLE: "A", PUSH: "P"}


def dav(local: str) -> QName:
    """A name of WebDAV itself (RFC 4918 and those that add to it)."""
    return QName("{DAV:}" + local)


def caldav(local: str) -> QName:
    """A name of CalDAV (RFC 4791 and those that add to it)."""
    return QName(f"{{{CALDAV}}}{local}")


def carddav(local: str) -> QName:
    """A name of CardDAV (RFC 6352)."""
    return QName(f"{{{CARDDAV}}}{local}")


def calendarserver(local: str) -> QName:
    """A name of Apple's Calendar Server extensions."""
    return QName(f"{{{CALENDARSERVER}}}{local}")


def apple(local: str) -> QName:
    """A name of Apple's iCal properties."""
    return QName(f"{{{APPLE}}}{local}")


def push(local: str) -> QName:
    """A name of WebDAV-Push."""
    return QName(f"{{{PUSH}}}{local}")


def split(name: QName) -> tuple[str, str]:
    """Namespace (empty for none) and local name."""
    if name.startswith("{"):
        namespace, _, local = name[1:].partition("}")
        return namespace, local
    return "", name
