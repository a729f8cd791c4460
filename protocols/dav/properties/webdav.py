"""The properties of RFC 4918, but for those of locks (`locks`) and times, which only files have (`files`)."""

from __future__ import annotations

from typing import Final

from gateway.core.ids import Href
from gateway.core.model import LIST_EXTENSION, Collection, Right, Shape
from protocols.dav import xml
from protocols.dav.names import dav
from protocols.dav.notifications import CONTENT_TYPE as NOTIFICATION_TYPE
from protocols.dav.notifications import document, etag_of
from protocols.dav.properties.proxy import group_type
from protocols.dav.properties.sharing import shared_type
from protocols.dav.property import ANY_PRINCIPAL, EVERYWHERE, ONLY_COLLECTION, ONLY_DOCUMENT, ONLY_RESOURCE, Property
from protocols.dav.tree import ADD_MEMBER, Area, Kind, Node

CONTENT_TYPE: Final = {
    Shape.CARD: "text/vcard; charset=utf-8",
    Shape.EVENT: "text/calendar; charset=utf-8; component=VEVENT",
    Shape.TASK: "text/calendar; charset=utf-8; component=VTODO",
    Shape.JOURNAL: "text/calendar; charset=utf-8; component=VJOURNAL",
}
"""What a GET says of its content, by the collection's shape (RFC 4791 §5.2, RFC 6350 §10.1)."""


def content_type(collection: Collection, href: Href) -> str | None:
    """What a GET says of an item of a collection."""
    if collection.shape is Shape.CARD and href.endswith(LIST_EXTENSION):
        return "text/x-vlist; charset=utf-8"
    return "text/calendar; charset=utf-8" if collection.is_mixed else CONTENT_TYPE.get(collection.shape)


_NAMES: Final = {Kind.PRINCIPALS: "Principals", Kind.NOTIFICATIONS: "Notifications"}
_HOME_NAMES: Final = {Area.CALENDARS: "Calendars", Area.ADDRESS_BOOKS: "Address books", Area.FILES: "Files"}


class ResourceType(Property):
    """RFC 4918 §15.9, RFC 4791 §4.2, RFC 6352 §5.2, RFC 3744 §4."""

    name = dav("resourcetype")
    in_allprop = True

    def value(self, node: Node) -> str:
        """Collection, with calendar, address book or principal where it is one."""
        if node.kind in ONLY_DOCUMENT:
            return ""
        if node.kind is Kind.NOTIFICATIONS:
            return "<D:collection/><CS:notification/>"
        if node.kind in ANY_PRINCIPAL:
            return "<D:collection/><D:principal/>"
        if node.kind is Kind.GROUP:
            return group_type(node)
        if node.kind is Kind.OUTBOX:
            return "<D:collection/><C:schedule-outbox/>"
        if node.collection is None:
            return "<D:collection/>"
        if node.collection.is_schedule_inbox:
            return "<D:collection/><C:schedule-inbox/>"
        if node.collection.is_directory:
            return "<D:collection/><CR:directory/>"
        if node.collection.shape is Shape.CARD:
            return "<D:collection/><CR:addressbook/>" + shared_type(node)
        return "<D:collection/><C:calendar/>" + shared_type(node)


class DisplayName(Property):
    """RFC 4918 §15.2."""

    name = dav("displayname")
    kinds = EVERYWHERE - {Kind.NOTIFICATION}
    in_allprop = True
    word = "display_name"
    read_along = ONLY_RESOURCE

    def may_be_said(self, node: Node) -> bool:
        """Of what is a principal's own to name; he himself has his name from the CRM."""
        return node.kind in {Kind.COLLECTION, Kind.RESOURCE, Kind.FOLDER, Kind.FILE}

    def value(self, node: Node) -> str | None:
        """The collection's name, the principal's name, and something readable for what is above."""
        if node.kind is Kind.RESOURCE:
            said = node.look.get(self.word)
            return None if said is None else xml.escape(said)
        if node.file is not None and node.file.path:
            return xml.escape(node.look.get(self.word) or node.file.name)
        if node.collection is not None:
            return xml.escape(node.collection.display_name)
        if node.kind in ANY_PRINCIPAL:
            return xml.escape(node.subject.name or node.subject.login)
        if node.kind is Kind.GROUP:
            return f"{xml.escape(node.subject.name)}: {node.url.rstrip('/').rpartition('/')[2]}"
        if node.kind is Kind.OUTBOX:
            return "Outbox"
        if node.area is not None:
            return _HOME_NAMES[node.area]
        return _NAMES.get(node.kind, "crmgate")


class GetETag(Property):
    """RFC 4918 §15.6: of resources only; a collection's would be taken for that of its content."""

    name = dav("getetag")
    kinds = ONLY_DOCUMENT
    in_allprop = True

    def value(self, node: Node) -> str | None:
        """The strong entity tag, quoted."""
        if node.invitation is not None:
            return f'"{etag_of(document(node.invitation, node.who))}"'
        if node.file is not None:
            return f'"{node.file.etag}"'
        return None if node.entry is None else f'"{xml.escape(node.entry.etag)}"'


class GetContentType(Property):
    """RFC 4918 §15.5."""

    name = dav("getcontenttype")
    kinds = ONLY_DOCUMENT
    in_allprop = True

    def value(self, node: Node) -> str | None:
        """What a GET would say."""
        if node.invitation is not None:
            return NOTIFICATION_TYPE
        if node.file is not None:
            return xml.escape(node.file.content_type)
        return None if node.collection is None or node.entry is None else content_type(node.collection, node.entry.href)


class GetContentLength(Property):
    """RFC 4918 §15.4."""

    name = dav("getcontentlength")
    kinds = ONLY_DOCUMENT
    in_allprop = True

    def value(self, node: Node) -> str | None:
        """Size of what a GET would bring, in bytes."""
        if node.invitation is not None:
            return str(len(document(node.invitation, node.who)))
        if node.file is not None:
            return str(node.file.size)
        return None if node.entry is None else str(node.entry.size)


class AddMember(Property):
    """RFC 5995 §3.2: where to post what is to get a name from us."""

    name = dav("add-member")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """The collection's own URL with a query, where the principal may add to it."""
        if node.collection is None or Right.CREATE not in node.collection.rights:
            return None
        return xml.href(f"{node.url}?{ADD_MEMBER}")


ALL: Final = (ResourceType, DisplayName, GetETag, GetContentType, GetContentLength, AddMember)
