"""Who a principal is: the properties of RFC 3744 §4, RFC 6638 §2.4, and Calendar Server's own for people.

All of it is known of colleagues as well (`Kind.COLLEAGUE`), for it is what inviting and letting in go by. The homes,
mailboxes and passwords of others are not here.
"""

from __future__ import annotations

import uuid
from typing import Final

from gateway.core.model import Principal
from protocols.dav import xml
from protocols.dav.names import caldav, calendarserver, dav
from protocols.dav.property import ANY_PRINCIPAL, Property
from protocols.dav.tree import Kind, Node, principal_url

_NUMBERS: Final = uuid.UUID("6b0c9a52-6d0e-5c6f-9a39-0f5d6f1f3f5d")
"""The space of names in which principals have their UUIDs."""


def urn_of(who: Principal) -> str:
    """The principal's `urn:uuid:`, which stays when his login or address changes."""
    return uuid.uuid5(_NUMBERS, f"{who.realm}/{who.id}").urn


class PrincipalUrl(Property):
    """RFC 3744 §4.2."""

    name = dav("principal-URL")
    kinds = ANY_PRINCIPAL | {Kind.ROOT, Kind.GROUP}

    def value(self, node: Node) -> str:
        """Of a principal itself; on the root, where several clients begin, of the one who asks."""
        return xml.href(node.url if node.kind is Kind.GROUP else principal_url(node.subject))


class AlternateUriSet(Property):
    """RFC 3744 §4.1."""

    name = dav("alternate-URI-set")
    kinds = ANY_PRINCIPAL

    def value(self, node: Node) -> str:
        """His address, and the name that never changes."""
        who = node.subject
        return (xml.href(f"mailto:{who.address}") if who.address else "") + xml.href(urn_of(who))


class CalendarUserAddressSet(Property):
    """RFC 6638 §2.4.1."""

    name = caldav("calendar-user-address-set")
    kinds = ANY_PRINCIPAL

    def value(self, node: Node) -> str:
        """The e-mail address first, for most clients take the first; then the principal's URL and his UUID."""
        who = node.subject
        mailto = f'<D:href preferred="1">mailto:{xml.escape(who.address)}</D:href>' if who.address else ""
        return mailto + xml.href(principal_url(who)) + xml.href(urn_of(who))


class CalendarUserType(Property):
    """RFC 6638 §2.4.2."""

    name = caldav("calendar-user-type")
    kinds = ANY_PRINCIPAL

    def value(self, node: Node) -> str:
        """A user of a CRM is a person."""
        return "INDIVIDUAL"


class RecordType(Property):
    """Calendar Server's name for what kind of principal this is."""

    name = calendarserver("record-type")
    kinds = ANY_PRINCIPAL

    def value(self, node: Node) -> str:
        """A user."""
        return "users"


class EmailAddressSet(Property):
    """A principal's e-mail addresses."""

    name = calendarserver("email-address-set")
    kinds = ANY_PRINCIPAL

    def value(self, node: Node) -> str | None:
        """One CS:email-address, where the CRM knows one."""
        address = node.subject.address
        return f"<CS:email-address>{xml.escape(address)}</CS:email-address>" if address else None


class FirstName(Property):
    """What stands before the last word of the name."""

    name = calendarserver("first-name")
    kinds = ANY_PRINCIPAL

    def value(self, node: Node) -> str | None:
        """Nothing where the name is one word."""
        first = node.subject.name.rpartition(" ")[0].strip()
        return xml.escape(first) if first else None


class LastName(Property):
    """The last word of the name."""

    name = calendarserver("last-name")
    kinds = ANY_PRINCIPAL

    def value(self, node: Node) -> str | None:
        """The whole of it where it is one word."""
        last = node.subject.name.rpartition(" ")[2]
        return xml.escape(last) if last else None


ALL: Final = (
    PrincipalUrl,
    AlternateUriSet,
    CalendarUserAddressSet,
    CalendarUserType,
    RecordType,
    EmailAddressSet,
    FirstName,
    LastName,
)
