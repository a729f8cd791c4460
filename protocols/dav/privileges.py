"""Privileges (RFC 3744 §3): which there are, which a principal has at a node, and who has which (§5.5).

Who may do what is said by the CRM, through the rights of a collection, and by owners who let others in. Privileges
are drawn from there and from nowhere else, so what a client is told is what the store will do. Everything is granted,
nothing denied; what the CRM grants is protected.

Looks (names, colours, a client's own properties) are each principal's own, also where he may only read. They are not
called `write-properties` there: some clients take that for the right to write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.model import Right, Shape
from gateway.core.sharing import Access, Standing
from protocols.dav import xml
from protocols.dav.names import caldav, dav
from protocols.dav.tree import Area, Kind, Node, group_url, home_url, principal_url
from protocols.dav.types import QName

READ: Final = dav("read")
WRITE: Final = dav("write")
ALL: Final = dav("all")
READ_FREE_BUSY: Final = caldav("read-free-busy")
_SEND: Final = tuple(
    map(caldav, ("schedule-send", "schedule-send-invite", "schedule-send-reply", "schedule-send-freebusy"))
)
_DELIVER: Final = tuple(
    map(caldav, ("schedule-deliver", "schedule-deliver-invite", "schedule-deliver-reply", "schedule-query-freebusy"))
)
_WRITER: Final = Right.CREATE | Right.CHANGE | Right.REMOVE


@dataclass(frozen=True, slots=True)
class Privilege:
    """One privilege, and those it is the sum of."""

    name: QName
    description: str
    parts: tuple[Privilege, ...] = ()

    def names(self) -> list[QName]:
        """Its own and those of all within it."""
        return [self.name, *(name for part in self.parts for name in part.names())]


_READS: Final = (
    Privilege(dav("read-acl"), "See who may do what"),
    Privilege(dav("read-current-user-privilege-set"), "See what one may do oneself"),
)
# RFC 4791 §6.1.1: read-free-busy is part of read.
_FREE_BUSY: Final = Privilege(READ_FREE_BUSY, "See when the owner is busy")
_OTHERS: Final = (
    Privilege(
        WRITE,
        "Write",
        (
            Privilege(dav("write-properties"), "Change properties"),
            Privilege(dav("write-content"), "Change what is there"),
            Privilege(dav("bind"), "Add to it"),
            Privilege(dav("unbind"), "Take from it"),
        ),
    ),
    Privilege(dav("write-acl"), "Say who may do what"),
    Privilege(dav("share"), "Let others in"),
    Privilege(dav("unlock"), "Take off the locks of others"),
)
PLAIN: Final = Privilege(ALL, "Everything", (Privilege(READ, "Read", _READS), *_OTHERS))
CALENDARS: Final = Privilege(ALL, "Everything", (Privilege(READ, "Read", (*_READS, _FREE_BUSY)), *_OTHERS))


def supported(node: Node) -> Privilege:
    """The tree of privileges that mean something at a node (RFC 3744 §5.3)."""
    is_of_calendars = node.area is Area.CALENDARS and node.kind in {Kind.HOME, Kind.COLLECTION, Kind.RESOURCE}
    return CALENDARS if is_of_calendars else PLAIN


def is_owner(node: Node) -> bool:
    """Whether the node belongs to the one who looks at it."""
    if node.whose is not None or node.kind in {Kind.ROOT, Kind.PRINCIPALS, Kind.HOMES}:
        return False
    return node.collection is None or not (node.collection.is_shared or node.collection.owner)


def held(node: Node) -> tuple[QName, ...]:
    """The privileges of the one who looks, sums first (RFC 3744 §5.5, of which §5.4 is a part)."""
    privileges = [READ, dav("read-current-user-privilege-set"), *_of_scheduling(node)]
    if is_owner(node) or (node.collection is not None and node.collection.is_shared):
        privileges.append(dav("read-acl"))
    if node.file is not None:
        # A tree of files is its principal's alone.
        return (*privileges, WRITE, *(dav(word) for word in ("write-properties", "write-content", "bind", "unbind")))
    if node.collection is None:
        if is_owner(node) and node.kind is Kind.HOME:
            privileges += [dav("write-properties"), dav("bind"), dav("unbind")]
        return tuple(privileges)
    found = (*privileges, *of_rights(node))
    # Of what he made himself everything is his to say; what the CRM shows is the CRM's.
    return (ALL, *found, dav("write-acl"), dav("share"), dav("unlock")) if _is_made_by(node) else found


def _is_made_by(node: Node) -> bool:
    return is_owner(node) and node.collection is not None and node.collection.is_own


def _of_scheduling(node: Node) -> tuple[QName, ...]:
    """What the owner of an outbox may send from it (RFC 6638 §6.2), and what comes to an inbox (§6.1)."""
    if node.kind is Kind.OUTBOX:
        return _SEND
    is_inbox = node.kind is Kind.COLLECTION and node.collection is not None and node.collection.is_schedule_inbox
    return _DELIVER if is_inbox else ()


def of_rights(node: Node) -> tuple[QName, ...]:
    """What a collection's rights come to, beside reading."""
    collection = node.collection
    if collection is None:
        return ()
    rights, privileges = collection.rights, []
    if collection.shape is not Shape.CARD and not collection.is_schedule_inbox:
        privileges.append(READ_FREE_BUSY)
    if rights & _WRITER == _WRITER:
        privileges += [WRITE, dav("write-properties")]
    if Right.CHANGE in rights:
        privileges.append(dav("write-content"))
    if Right.CREATE in rights:
        privileges.append(dav("bind"))
    if Right.REMOVE in rights:
        privileges.append(dav("unbind"))
    return tuple(privileges)


@dataclass(frozen=True, slots=True)
class Ace:
    """One entry of an access control list (RFC 3744 §5.5). `principal` is XML within DAV:principal."""

    principal: str
    privileges: tuple[QName, ...]
    is_protected: bool = True
    inherited: str = ""
    """The URL of the resource it comes from."""

    def element(self) -> str:
        """DAV:ace."""
        granted = "".join(f"<D:privilege>{xml.empty(name)}</D:privilege>" for name in self.privileges)
        text = f"<D:ace><D:principal>{self.principal}</D:principal><D:grant>{granted}</D:grant>"
        if self.is_protected:
            text += "<D:protected/>"
        if self.inherited:
            text += f"<D:inherited>{xml.href(self.inherited)}</D:inherited>"
        return text + "</D:ace>"


AUTHENTICATED: Final = "<D:authenticated/>"


def aces(node: Node) -> list[Ace] | None:
    """Who may do what at a node; None where the one who looks may not know."""
    if dav("read-acl") not in held(node):
        return None
    if node.collection is not None and node.collection.is_shared:
        # The CRM shows it to all its users alike.
        return [_from_above(node, Ace(AUTHENTICATED, _reading(node) + of_rights(node)))]
    owner = xml.href(principal_url(node.who))
    if node.collection is None:
        found = [Ace(owner, held(node))]
        if node.kind is Kind.PRINCIPAL:
            found.append(Ace(AUTHENTICATED, (READ,)))
        return found + (_of_proxies(node) if node.kind is Kind.HOME else [])
    return [_from_above(node, Ace(owner, held(node))), *_of_sharees(node), *_of_proxies(node)]


def _of_sharees(node: Node) -> list[Ace]:
    """Those who are let in, and have not declined."""
    reading: tuple[QName, ...] = (READ, dav("read-current-user-privilege-set"))
    if node.area is Area.CALENDARS:
        reading += (READ_FREE_BUSY,)
    privileges = {
        Access.READ: reading,
        Access.WRITE: (*reading, *(one for one in of_rights(node) if one not in reading)),
    }
    return [
        _from_above(node, Ace(xml.href(principal_url(one.sharee)), privileges[one.access], is_protected=False))
        for one in node.shares
        if one.standing is not Standing.DECLINED
    ]


def _of_proxies(node: Node) -> list[Ace]:
    """What those may do who act for the owner in his calendars; it comes from their home."""
    if node.area is not Area.CALENDARS:
        return []
    above = "" if node.kind is Kind.HOME else home_url(node.who, Area.CALENDARS)
    reading = (READ, dav("read-current-user-privilege-set"), READ_FREE_BUSY)
    writing = of_rights(node) if node.collection is not None else (WRITE,)
    return [
        Ace(xml.href(group_url(node.who, access)), tuple(dict.fromkeys(privileges)), inherited=above)
        for access, privileges in ((Access.READ, reading), (Access.WRITE, (*reading, *writing)))
    ]


def _reading(node: Node) -> tuple[QName, ...]:
    return (READ, dav("read-current-user-privilege-set"), dav("read-acl"))


def _from_above(node: Node, ace: Ace) -> Ace:
    """On a resource everything is its collection's."""
    if node.kind is not Kind.RESOURCE:
        return ace
    return Ace(ace.principal, ace.privileges, ace.is_protected, node.url.rpartition("/")[0] + "/")
