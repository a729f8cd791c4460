"""Notifications: what one is told of by others, as resources of a collection of its own (Calendar Server's
caldav-notifications). An invitation stands there until it is answered or put away; DELETE puts it away.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Final

from gateway.core.model import Principal
from gateway.core.sharing import Access, Invitation, Standing
from protocols.dav import xml
from protocols.dav.tree import collection_url, principal_url

CONTENT_TYPE: Final = "application/xml; charset=utf-8"
_COMPONENT: Final = {"event": "VEVENT", "task": "VTODO", "journal": "VJOURNAL"}
_ANSWERS: Final = {Standing.INVITED: "invite-noresponse", Standing.ACCEPTED: "invite-accepted"}


def etag_of(content: bytes) -> str:
    """The entity tag of what GET brings."""
    return hashlib.sha256(content).hexdigest()[:40]


def document(invitation: Invitation, who: Principal) -> bytes:
    """CS:notification, as GET brings it."""
    shared, owner = invitation.collection, invitation.owner
    moment = dt.datetime.fromtimestamp(invitation.when, dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    component = _COMPONENT.get(shared.shape.value)
    kind = "" if component is None else f'<C:comp name="{component}"/>'
    body = (
        f"<CS:uid>{xml.escape(invitation.token)}</CS:uid>{xml.href(principal_url(who))}"
        f"<CS:{_ANSWERS.get(invitation.standing, 'invite-declined')}/>"
        f"<CS:access><CS:{'read-write' if invitation.access is Access.WRITE else 'read'}/></CS:access>"
        f"<CS:hosturl>{xml.href(collection_url(who, shared.name))}</CS:hosturl>"
        f"<CS:organizer>{xml.href(principal_url(owner))}"
        f"<CS:common-name>{xml.escape(owner.name or owner.login)}</CS:common-name></CS:organizer>"
        f"<CS:summary>{xml.escape(invitation.summary or shared.display_name)}</CS:summary>"
        f"<C:supported-calendar-component-set>{kind}</C:supported-calendar-component-set>"
    )
    return (
        f"{xml.HEAD}<CS:notification {xml.NAMESPACES}><CS:dtstamp>{moment}</CS:dtstamp>"
        f"<CS:invite-notification>{body}</CS:invite-notification></CS:notification>\n"
    ).encode()
