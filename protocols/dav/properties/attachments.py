"""The properties of RFC 8607: how large files of events may be, how many, and under which host they are."""

from __future__ import annotations

from typing import Final

from gateway.core.limits import ATTACHMENT_LARGEST, ATTACHMENTS_MOST
from protocols.dav.names import caldav
from protocols.dav.properties.caldav import OfCalendar
from protocols.dav.property import Property
from protocols.dav.tree import Area, Kind, Node


class ManagedAttachmentsServerUrl(Property):
    """RFC 8607 §6.1."""

    name = caldav("managed-attachments-server-URL")
    kinds = frozenset({Kind.HOME})

    def value(self, node: Node) -> str | None:
        """Empty: under whatever host the client knows us by."""
        return "" if node.area is Area.CALENDARS else None


class MaxAttachmentSize(OfCalendar):
    """RFC 8607 §6.2."""

    name = caldav("max-attachment-size")

    def said(self, node: Node) -> str:
        """Bytes."""
        return str(ATTACHMENT_LARGEST)


class MaxAttachmentsPerResource(OfCalendar):
    """RFC 8607 §6.3."""

    name = caldav("max-attachments-per-resource")

    def said(self, node: Node) -> str:
        """How many."""
        return str(ATTACHMENTS_MOST)


ALL: Final = (ManagedAttachmentsServerUrl, MaxAttachmentSize, MaxAttachmentsPerResource)
