"""Groups of those who act for a principal in his calendars (Calendar Server's caldav-proxy), and who is in which.

A group is seen by the one whose it is, with its members, and by each member, without the others.
"""

from __future__ import annotations

from typing import Final

from gateway.core.sharing import Access
from protocols.dav import xml
from protocols.dav.names import calendarserver, dav
from protocols.dav.property import ANY_PRINCIPAL, FORBIDDEN, ONLY_PRINCIPAL, Need, Property
from protocols.dav.tree import GROUPS, Kind, Node, group_url, principal_url


def _delegators(node: Node, access: Access) -> str:
    people = () if node.ties is None else node.ties.acts_for
    return "".join(xml.href(principal_url(one.person)) for one in people if one.access is access)


class GroupMemberSet(Property):
    """RFC 3744 §4.3: set by PROPPATCH of a group (`methods.proppatch_group`)."""

    name = dav("group-member-set")
    kinds = ANY_PRINCIPAL | {Kind.GROUP}
    needs = Need.TIES

    def value(self, node: Node) -> str:
        """Of a group whoever is in it; a person has no members."""
        if node.kind is not Kind.GROUP:
            return ""
        if node.whose is not None or node.ties is None:
            return FORBIDDEN
        return "".join(
            xml.href(principal_url(one.person))
            for one in node.ties.proxies
            if group_url(node.who, one.access) == node.url
        )


class GroupMembership(Property):
    """RFC 3744 §4.4."""

    name = dav("group-membership")
    kinds = ANY_PRINCIPAL | {Kind.GROUP}
    needs = Need.TIES

    def value(self, node: Node) -> str:
        """The groups one is in; of a colleague, those of one's own that he is in."""
        if node.kind is Kind.GROUP or node.ties is None:
            return ""
        if node.kind is Kind.PRINCIPAL:
            return "".join(xml.href(group_url(one.person, one.access)) for one in node.ties.acts_for)
        mine = [one.access for one in node.ties.proxies if one.person.id == node.subject.id]
        return "".join(xml.href(group_url(node.who, access)) for access in mine)


class ProxyReadFor(Property):
    """Whose calendars one may read."""

    name = calendarserver("calendar-proxy-read-for")
    kinds = ONLY_PRINCIPAL
    needs = Need.TIES

    def value(self, node: Node) -> str:
        """Their principals."""
        return _delegators(node, Access.READ)


class ProxyWriteFor(Property):
    """Whose calendars one may change."""

    name = calendarserver("calendar-proxy-write-for")
    kinds = ONLY_PRINCIPAL
    needs = Need.TIES

    def value(self, node: Node) -> str:
        """Their principals."""
        return _delegators(node, Access.WRITE)


def group_type(node: Node) -> str:
    """What DAV:resourcetype says of a group."""
    slug = next((slug for slug in GROUPS.values() if node.url.endswith(f"/{slug}/")), GROUPS[Access.READ])
    return f"<D:principal/><D:collection/><CS:{slug}/>"


ALL: Final = (GroupMemberSet, GroupMembership, ProxyReadFor, ProxyWriteFor)
