"""The properties of RFC 3744 that say who may do what, RFC 5397's current-user-principal, and supported-report-set of
RFC 3253.

Clients decide by the privileges whether to show a collection as read-only, and which of create, change and delete to
offer. Where they come from is `protocols.dav.privileges`.
"""

from __future__ import annotations

from typing import Final

from protocols.dav import xml
from protocols.dav.names import caldav, calendarserver, carddav, dav
from protocols.dav.privileges import Privilege, aces, held, supported
from protocols.dav.property import EVERYWHERE, FORBIDDEN, Need, Property
from protocols.dav.tree import PREFIX, Area, Kind, Node, principal_url
from protocols.dav.types import QName

_OF_PRINCIPALS: Final = (
    dav("expand-property"),
    dav("acl-principal-prop-set"),
    dav("principal-match"),
    dav("principal-property-search"),
    dav("principal-search-property-set"),
    calendarserver("calendarserver-principal-search"),
)
_CARD_REPORTS: Final = (dav("sync-collection"), carddav("addressbook-multiget"), carddav("addressbook-query"))
_CALENDAR_REPORTS: Final = (dav("sync-collection"), caldav("calendar-multiget"), caldav("calendar-query"))


def reports_of(node: Node) -> tuple[QName, ...]:
    """The reports that make sense at a node."""
    reports: tuple[QName, ...] = _OF_PRINCIPALS
    is_home_or_below = node.kind in {Kind.HOME, Kind.COLLECTION, Kind.RESOURCE}
    # macOS looks for sync-collection on the home and then uses it on the collections.
    if is_home_or_below and node.area is Area.ADDRESS_BOOKS:
        reports += _CARD_REPORTS
    if is_home_or_below and node.area is Area.CALENDARS:
        reports += _CALENDAR_REPORTS
    return reports


class CurrentUserPrincipal(Property):
    """RFC 5397 §3."""

    name = dav("current-user-principal")

    def value(self, node: Node) -> str:
        """Who is asking; there is always somebody."""
        return xml.href(principal_url(node.who))


class Owner(Property):
    """RFC 3744 §5.1."""

    name = dav("owner")
    kinds = EVERYWHERE - {Kind.ROOT, Kind.PRINCIPALS, Kind.HOMES}

    def value(self, node: Node) -> str:
        """The principal for what is his own; nobody for what the CRM shows to all."""
        if node.collection is None:
            return xml.href(principal_url(node.subject))
        if node.collection.is_shared:
            return ""
        return xml.href(principal_url(node.collection.owner or node.who))


class Group(Property):
    """RFC 3744 §5.2: no resource has a group of its own."""

    name = dav("group")
    kinds = EVERYWHERE - {Kind.ROOT, Kind.PRINCIPALS, Kind.HOMES}

    def value(self, node: Node) -> str:
        """Nobody."""
        return ""


class SupportedPrivilegeSet(Property):
    """RFC 3744 §5.3."""

    name = dav("supported-privilege-set")

    def value(self, node: Node) -> str:
        """The whole tree."""
        return _told(supported(node))


def _told(privilege: Privilege) -> str:
    parts = "".join(map(_told, privilege.parts))
    return (
        f"<D:supported-privilege><D:privilege>{xml.empty(privilege.name)}</D:privilege>"
        f'<D:description xml:lang="en">{xml.escape(privilege.description)}</D:description>{parts}'
        "</D:supported-privilege>"
    )


class CurrentUserPrivilegeSet(Property):
    """RFC 3744 §5.4."""

    name = dav("current-user-privilege-set")

    def value(self, node: Node) -> str:
        """One DAV:privilege each."""
        return "".join(f"<D:privilege>{xml.empty(name)}</D:privilege>" for name in held(node))


class Acl(Property):
    """RFC 3744 §5.5."""

    name = dav("acl")
    needs = Need.SHARES

    def value(self, node: Node) -> str:
        """One DAV:ace each; forbidden to whoever has no read-acl."""
        found = aces(node)
        return FORBIDDEN if found is None else "".join(ace.element() for ace in found)


class AclRestrictions(Property):
    """RFC 3744 §5.6."""

    name = dav("acl-restrictions")

    def value(self, node: Node) -> str:
        """Nothing is denied, nobody is meant by not being somebody."""
        return "<D:grant-only/><D:no-invert/>"


class InheritedAclSet(Property):
    """RFC 3744 §5.7."""

    name = dav("inherited-acl-set")

    def value(self, node: Node) -> str:
        """None: what a list says it says alone, and what it has from above is marked in it."""
        return ""


class PrincipalCollectionSet(Property):
    """RFC 3744 §5.8."""

    name = dav("principal-collection-set")

    def value(self, node: Node) -> str:
        """The one collection of principals."""
        return xml.href(PREFIX + "principals/")


class SupportedReportSet(Property):
    """RFC 3253 §3.1.5."""

    name = dav("supported-report-set")

    def value(self, node: Node) -> str:
        """One DAV:supported-report each."""
        return "".join(
            f"<D:supported-report><D:report>{xml.empty(report)}</D:report></D:supported-report>"
            for report in reports_of(node)
        )


ALL: Final = (
    CurrentUserPrincipal,
    Owner,
    Group,
    SupportedPrivilegeSet,
    CurrentUserPrivilegeSet,
    Acl,
    AclRestrictions,
    InheritedAclSet,
    PrincipalCollectionSet,
    SupportedReportSet,
)
