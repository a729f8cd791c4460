"""The properties of RFC 6638 on principals, inbox and outbox."""

from __future__ import annotations

from typing import Final

from gateway.core.errors import InvalidContent, NotFound
from gateway.core.keeping import AVAILABILITY
from gateway.core.model import CollectionName, Section
from gateway.formats.availability import check_availability
from gateway.formats.contentline import parse
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.names import caldav, dav
from protocols.dav.property import ONLY_COLLECTION, ONLY_PRINCIPAL, ONLY_RESOURCE, Property
from protocols.dav.tree import (
    INBOX,
    Area,
    Kind,
    Node,
    collection_url,
    inbox_url,
    locate,
    outbox_url,
    path_of,
)


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


class OfInbox(Property):
    """A property that the owner of an inbox says of it."""

    kinds = ONLY_COLLECTION

    def may_be_said(self, node: Node) -> bool:
        """Of the inbox alone."""
        return is_inbox(node)


class ScheduleDefaultCalendarUrl(OfInbox):
    """RFC 6638 §9.2: the calendar that invitations are put into."""

    name = caldav("schedule-default-calendar-URL")
    word = "default_calendar"

    def read_at(self, node: Node, element: xml.Element) -> str:
        """The calendar's slug; empty for none. Raises DavError for what is no calendar of one's own."""
        href = xml.child(element, dav("href"))
        if href is None:
            return ""
        try:
            place = locate(path_of(xml.text_of(href)), node.who)
        except NotFound:
            place = None
        if place is None or (place.kind, place.area) != (Kind.COLLECTION, Area.CALENDARS) or place.slug == INBOX:
            raise DavError(403, "This is no calendar of yours.", caldav("valid-schedule-default-calendar-URL"))
        return place.slug

    def value(self, node: Node) -> str | None:
        """Its URL; empty as long as the gateway chooses."""
        if not is_inbox(node):
            return None
        slug = node.look.get(self.word, "")
        return xml.href(collection_url(node.who, CollectionName(Section.CALENDARS, slug))) if slug else ""


class CalendarAvailability(OfInbox):
    """RFC 7953 §7.2.4: when its owner is not to be had."""

    name = caldav("calendar-availability")
    word = AVAILABILITY

    def read(self, element: xml.Element) -> str:
        """The object as it is. Raises DavError for one that cannot be read."""
        text = "".join(map(str, element.itertext())).strip().replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n"
        try:
            documents = parse(text.encode())
            if len(documents) != 1 or documents[0].name.upper() != "VCALENDAR":
                raise InvalidContent("One VCALENDAR is taken.")
            check_availability(documents[0])
        except InvalidContent as wrong:
            raise DavError(403, str(wrong), caldav("valid-calendar-data")) from wrong
        return text

    def value(self, node: Node) -> str | None:
        """The object that was said."""
        text = node.look.get(self.word) if is_inbox(node) else None
        return None if text is None else xml.escape(text)


def is_inbox(node: Node) -> bool:
    """Whether scheduling messages come here."""
    return node.kind is Kind.COLLECTION and node.collection is not None and node.collection.is_schedule_inbox


class ScheduleTag(Property):
    """RFC 6638 §3.2.10."""

    name = caldav("schedule-tag")
    kinds = ONLY_RESOURCE

    def value(self, node: Node) -> str | None:
        """The tag, quoted, of what people are invited by."""
        return f'"{node.entry.schedule_tag}"' if node.entry is not None and node.entry.schedule_tag else None


ALL: Final = (ScheduleInboxUrl, ScheduleOutboxUrl, ScheduleDefaultCalendarUrl, CalendarAvailability, ScheduleTag)
