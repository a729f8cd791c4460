"""With whom a collection is shared, in both dialects: Calendar Server's caldav-sharing and draft-pot-webdav-resource-sharing.

The owner sees everybody he has let in and what they answered; a sharee sees himself, and whose it is. A view of the
CRM is shared by the CRM: it has nothing of this, and cannot be shared further.
"""

from __future__ import annotations

import uuid
from typing import Final

from gateway.core.model import Principal, Right
from gateway.core.sharing import Access, Share, Standing
from protocols.dav import xml
from protocols.dav.names import calendarserver, dav
from protocols.dav.property import ONLY_COLLECTION, ONLY_PRINCIPAL, Need, Property
from protocols.dav.tree import Kind, Node, notifications_url, principal_url

_ANSWERS: Final = {
    Standing.INVITED: "invite-noresponse",
    Standing.ACCEPTED: "invite-accepted",
    Standing.DECLINED: "invite-declined",
}
_WORDS: Final = {Access.READ: "read", Access.WRITE: "read-write"}
_INSTANCES: Final = uuid.UUID("b9f5e4c8-3f6b-5f0e-8c0f-9a6a8f5b7d21")
"""The space of names in which shared collections have their URIs."""


def is_shareable(node: Node) -> bool:
    """Whether the one who looks may share it."""
    one = node.collection
    return one is not None and one.is_own and one.owner is None and not one.name.of


def is_lent(node: Node) -> bool:
    """Whether another shares it with the one who looks."""
    return node.collection is not None and node.collection.owner is not None and not node.collection.name.of


def answered(share: Share, prefix: str) -> str:
    """What a sharee has answered, as an element."""
    return f"<{prefix}:{_ANSWERS[share.standing]}/>"


def address_of(who: Principal) -> str:
    """How a person is named in lists of sharees."""
    return f"mailto:{who.address}" if who.address else principal_url(who)


def common_name(who: Principal) -> str:
    """CS:common-name."""
    return f"<CS:common-name>{xml.escape(who.name or who.login)}</CS:common-name>"


def shared_type(node: Node) -> str:
    """What DAV:resourcetype says beside the kind of collection: CS:shared-owner to who shares it, CS:shared to who is let in."""
    if node.collection is None:
        return ""
    if is_lent(node):
        return "<CS:shared/>"
    return "<CS:shared-owner/>" if node.collection.is_offered else ""


class Invite(Property):
    """Calendar Server's list of sharees."""

    name = calendarserver("invite")
    kinds = ONLY_COLLECTION
    needs = Need.SHARES

    def value(self, node: Node) -> str | None:
        """One CS:user each, after the CS:organizer where that is another."""
        if not is_shareable(node) and not is_lent(node):
            return None
        owner = node.who if node.collection is None or node.collection.owner is None else node.collection.owner
        text = f"<CS:organizer>{xml.href(principal_url(owner))}{common_name(owner)}</CS:organizer>"
        for share in node.shares:
            text += (
                f"<CS:user>{xml.href(address_of(share.sharee))}{common_name(share.sharee)}{answered(share, 'CS')}"
                f"<CS:access><CS:{_WORDS[share.access]}/></CS:access>"
                f"<CS:summary>{xml.escape(share.summary)}</CS:summary></CS:user>"
            )
        return text


class AllowedSharingModes(Property):
    """What can be done with it."""

    name = calendarserver("allowed-sharing-modes")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """Sharing of what one made oneself; nothing is published."""
        return "<CS:can-be-shared/>" if is_shareable(node) else None


class SharedUrl(Property):
    """Where a shared collection stands in the home of the one whose it is."""

    name = calendarserver("shared-url")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """One's own URL for it: the owner's leads nowhere for a sharee."""
        return xml.href(node.url) if is_lent(node) else None


class DavInvite(Property):
    """The draft's list of sharees (§4.2)."""

    name = dav("invite")
    kinds = ONLY_COLLECTION
    needs = Need.SHARES

    def value(self, node: Node) -> str | None:
        """One DAV:sharee each."""
        if not is_shareable(node) and not is_lent(node):
            return None
        return "".join(
            f"<D:sharee>{xml.href(address_of(share.sharee))}"
            f"<D:prop><D:displayname>{xml.escape(share.sharee.name or share.sharee.login)}</D:displayname></D:prop>"
            f"<D:comment>{xml.escape(share.summary)}</D:comment>"
            f"<D:share-access><D:{_WORDS[share.access]}/></D:share-access>{answered(share, 'D')}</D:sharee>"
            for share in node.shares
        )


class ShareAccess(Property):
    """The draft's word for how one is let in (§4.3)."""

    name = dav("share-access")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """Of what is shared or could be."""
        if is_lent(node) and node.collection is not None:
            return "<D:read-write/>" if Right.CHANGE in node.collection.rights else "<D:read/>"
        if not is_shareable(node) or node.collection is None:
            return None
        return "<D:shared-owner/>" if node.collection.is_offered else "<D:not-shared/>"


class ShareResourceUri(Property):
    """One URI for all instances of a shared collection (§4.4)."""

    name = dav("share-resource-uri")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """The same for everybody who has it."""
        if node.collection is None or not (is_shareable(node) or is_lent(node)):
            return None
        one = node.collection
        return xml.href(uuid.uuid5(_INSTANCES, f"{one.id}/{one.epoch}").urn)


class NotificationType(Property):
    """What a notification is about (Calendar Server's caldav-notifications §4.3)."""

    name = calendarserver("notificationtype")
    kinds = frozenset({Kind.NOTIFICATION})

    def value(self, node: Node) -> str:
        """An invitation."""
        return "<CS:invite-notification/>"


class NotificationUrl(Property):
    """Where invitations are told (Calendar Server's caldav-notifications §4.1)."""

    name = calendarserver("notification-URL")
    kinds = ONLY_PRINCIPAL

    def value(self, node: Node) -> str:
        """The one collection of them."""
        return xml.href(notifications_url(node.who))


ALL: Final = (
    Invite,
    AllowedSharingModes,
    SharedUrl,
    DavInvite,
    ShareAccess,
    ShareResourceUri,
    NotificationType,
    NotificationUrl,
)
