"""The properties of RFC 6638 on principals, inbox and outbox."""

from __future__ import annotations

from typing import Final

from protocols.dav import xml
from protocols.dav.names import caldav
from protocols.dav.property import ONLY_PRINCIPAL, ONLY_RESOURCE, Property
from protocols.dav.tree import Node, inbox_url, outbox_url


class ScheduleInboxUrl(Property):
    """RFC 6638 §2.2.1."""

    name = caldav("schedule-inbox-URL")
    kinds = ONLY_PRINCIPAL

    def value(self, node: Node) -> str:
        """The one inbox."""
        return xml.href(inbox_url(node.who))


class ScheduleOutboxUrl(Property):
    """RFC 6638 §2.1.1."""

    name = caldav("schedule-outbox-URL")
    kinds = ONLY_PRINCIPAL

    def value(self, node: Node) -> str:
        """The one outbox."""
        return xml.href(outbox_url(node.who))


class ScheduleTag(Property):
    """RFC 6638 §3.2.10."""

    name = caldav("schedule-tag")
    kinds = ONLY_RESOURCE

    def value(self, node: Node) -> str | None:
        """The tag, quoted, of what people are invited by."""
        return f'"{node.entry.schedule_tag}"' if node.entry is not None and node.entry.schedule_tag else None


ALL: Final = (ScheduleInboxUrl, ScheduleOutboxUrl, ScheduleTag)
