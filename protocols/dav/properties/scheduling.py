"""The properties of RFC 6638 on principals, inbox and outbox, and the privileges of its §6."""

from __future__ import annotations

from typing import Final

from protocols.dav import xml
from protocols.dav.names import caldav
from protocols.dav.property import ONLY_PRINCIPAL, ONLY_RESOURCE, Property
from protocols.dav.tree import Kind, Node, inbox_url, outbox_url

_SEND: Final = ("schedule-send", "schedule-send-invite", "schedule-send-reply", "schedule-send-freebusy")
_DELIVER: Final = ("schedule-deliver", "schedule-deliver-invite", "schedule-deliver-reply", "schedule-query-freebusy")


def scheduling_privileges(node: Node) -> tuple[str, ...]:
    """What the owner of an outbox may send from it (RFC 6638 §6.2), and what comes to an inbox (§6.1)."""
    words: tuple[str, ...] = ()
    if node.kind is Kind.OUTBOX:
        words = _SEND
    elif node.kind is Kind.COLLECTION and node.collection is not None and node.collection.is_schedule_inbox:
        words = _DELIVER
    return tuple(f"<C:{word}/>" for word in words)


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


class CalendarUserType(Property):
    """RFC 6638 §2.4.2."""

    name = caldav("calendar-user-type")
    kinds = ONLY_PRINCIPAL

    def value(self, node: Node) -> str:
        """A CRM's users are people."""
        return "INDIVIDUAL"


class ScheduleTag(Property):
    """RFC 6638 §3.2.10."""

    name = caldav("schedule-tag")
    kinds = ONLY_RESOURCE

    def value(self, node: Node) -> str | None:
        """The tag, quoted, of what people are invited by."""
        return f'"{node.entry.schedule_tag}"' if node.entry is not None and node.entry.schedule_tag else None


ALL: Final = (ScheduleInboxUrl, ScheduleOutboxUrl, CalendarUserType, ScheduleTag)
