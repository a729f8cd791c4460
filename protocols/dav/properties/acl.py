"""The properties of RFC 3744 and RFC 5397 (current-user-principal), and supported-report-set of RFC 3253.

Privileges are drawn from the core's rights. Clients decide by them whether to show a collection as read-only, and
which of create, change and delete to offer.
"""

from __future__ import annotations

from typing import Final

from gateway.core.model import Right, Shape
from protocols.dav import xml
from protocols.dav.names import caldav, dav
from protocols.dav.property import EVERYWHERE, ONLY_PRINCIPAL, Property
from protocols.dav.tree import PREFIX, SECTION, Area, Kind, Node, principal_url
from protocols.dav.types import QName

_WRITE: Final = Right.CREATE | Right.CHANGE | Right.REMOVE

_CARD_REPORTS: Final = (
    dav("sync-collection"),
    *[QName("{urn:ietf:params:xml:ns:carddav}addressbook-" + word) for word in ("multiget", "query")],
)
_CALENDAR_REPORTS: Final = (dav("sync-collection"), caldav("calendar-multiget"), caldav("calendar-query"))


def reports_of(node: Node) -> tuple[QName, ...]:
    """The reports that make sense at a node."""
    reports = [dav("expand-property")]
    is_home_or_below = node.kind in {Kind.HOME, Kind.COLLECTION, Kind.RESOURCE}
    # macOS looks for sync-collection on the home and then uses it on the collections.
    if is_home_or_below and node.area is Area.ADDRESS_BOOKS:
        reports += _CARD_REPORTS
    if is_home_or_below and node.area is Area.CALENDARS:
        reports += _CALENDAR_REPORTS
    return tuple(reports)


def privileges_of(node: Node) -> tuple[str, ...]:
    """The privileges of the principal at a node, as elements, aggregates first (RFC 3744 §3)."""
    granted = ["<D:read/>", "<D:read-current-user-privilege-set/>"]
    if node.kind in {Kind.PRINCIPAL, Kind.HOME, Kind.COLLECTION, Kind.RESOURCE}:
        # A look is each principal's own; some programs offer no colours without this.
        granted.append("<D:write-properties/>")
    if node.kind is Kind.HOME and node.area in SECTION:
        # Collections of one's own are made and taken away here.
        granted += ["<D:bind/>", "<D:unbind/>"]
    if node.collection is None:
        return tuple(granted)
    rights = node.collection.rights
    if node.collection.shape is not Shape.CARD:
        granted.append("<C:read-free-busy/>")
    if rights & _WRITE == _WRITE:
        granted.append("<D:write/>")
    if Right.CHANGE in rights:
        granted.append("<D:write-content/>")
    if Right.CREATE in rights:
        granted.append("<D:bind/>")
    if Right.REMOVE in rights:
        granted.append("<D:unbind/>")
    return tuple(granted)


class CurrentUserPrincipal(Property):
    """RFC 5397 §3."""

    name = dav("current-user-principal")

    def value(self, node: Node) -> str:
        """Who is asking; there is always somebody."""
        return xml.href(principal_url(node.who))


class PrincipalUrl(Property):
    """RFC 3744 §4.2."""

    name = dav("principal-URL")
    kinds = ONLY_PRINCIPAL | {Kind.ROOT}

    def value(self, node: Node) -> str:
        """Of a principal itself; on the root, where several clients begin, of the one who asks."""
        return xml.href(principal_url(node.who))


class Owner(Property):
    """RFC 3744 §5.1."""

    name = dav("owner")
    kinds = EVERYWHERE - {Kind.ROOT, Kind.PRINCIPALS, Kind.HOMES}

    def value(self, node: Node) -> str:
        """The principal for what is his own; nobody for what is shared."""
        if node.collection is not None and node.collection.is_shared:
            return ""
        return xml.href(principal_url(node.who))


class CurrentUserPrivilegeSet(Property):
    """RFC 3744 §5.5."""

    name = dav("current-user-privilege-set")

    def value(self, node: Node) -> str:
        """One DAV:privilege each."""
        return "".join(f"<D:privilege>{privilege}</D:privilege>" for privilege in privileges_of(node))


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
    PrincipalUrl,
    Owner,
    CurrentUserPrivilegeSet,
    PrincipalCollectionSet,
    SupportedReportSet,
)
