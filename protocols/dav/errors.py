"""What went wrong, as HTTP status and DAV:error element.

`DavError` is what this package raises itself. `answer` has the one table from the core's errors to statuses and
preconditions (RFC 4918 §16, RFC 4791 §1.3, RFC 6352 §6.3.2.1). An error that is in no table is a fault of ours: it is
logged, and the client is told no more than 500.

Two answers are shaped by what clients do with them. 403 with `valid-sync-token` is the only one on which every client
starts afresh. A refusal carries `need-privileges` beside its text, for then clients undo their change and go on with
the rest instead of giving the whole synchronisation up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import (
    AlreadyExists,
    GatewayError,
    InvalidContent,
    InvalidObject,
    Locked,
    NoPermission,
    NoPlace,
    NoSpace,
    NotAuthenticated,
    NotFound,
    OverLimit,
    PictureTooLarge,
    PreconditionFailed,
    Refused,
    SchedulingConflict,
    TokenExpired,
    TooLarge,
    UidConflict,
    Unavailable,
    UnknownZone,
    UnsupportedContent,
)
from gateway.core.locks import Lockable
from gateway.core.model import Right
from protocols.dav import xml
from protocols.dav.names import OURS, caldav, carddav, dav
from protocols.dav.types import DavResponse, QName

_log = logging.getLogger(__name__)

RETRY_AFTER: Final = 30
"""Seconds a client should wait when the store does not answer."""

CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="crmgate", charset="UTF-8"'}
"""What a client without, or with wrong, credentials is told (RFC 7617 §2.1)."""

NOT_FOUND_TEXT: Final = "There is nothing here."
"""One text for all that is not there or not this principal's, so that the two cannot be told apart."""

NO_PLACE_TEXT: Final = "There is no collection here to put this into."


class DavError(Exception):
    """A request that cannot be answered as asked. `inner` is XML within the precondition's element, already escaped."""

    def __init__(
        self,
        status: int,
        message: str,
        precondition: QName | None = None,
        inner: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.precondition = precondition
        self.inner = inner
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Scene:
    """What an error's answer may need to know of its request.

    `sibling` is the URL of another resource of the same collection, by its href, `elsewhere` of one of another
    collection of the home, by slug and href; `creates`: the method makes new URLs. `destination` is where a COPY or
    MOVE was to go.
    """

    path: str
    is_cards: bool
    creates: bool
    sibling: Callable[[str], str]
    method: str = ""
    destination: str = ""
    elsewhere: Callable[[str, str], str] = lambda _slug, _href: ""
    is_files: bool = False
    locked: Callable[[Lockable], str] = lambda _at: ""
    """The URL of what a lock stands on."""

    def ours(self, local: str, local_cards: str = "") -> QName:
        """A precondition that CalDAV and CardDAV each have under their own namespace."""
        return carddav(local_cards or local) if self.is_cards else caldav(local)


def answer(error: Exception, scene: Scene) -> DavResponse:
    """The response an error means. Logs what nobody foresaw."""
    if isinstance(error, DavError):
        return respond(error)
    if isinstance(error, xml.Malformed):
        return respond(DavError(error.status, str(error)))
    for kind, shape in _TABLE:
        if isinstance(error, kind):
            return respond(shape(error, scene))
    _log.error("unforeseen error in a DAV request", exc_info=error)
    return respond(DavError(500, "The server made a mistake; it has been logged."))


def respond(error: DavError) -> DavResponse:
    """The response of a DavError: DAV:error where it names a precondition, else one line of text."""
    if error.precondition is None:
        headers = {"Content-Type": "text/plain; charset=utf-8", **error.headers}
        return DavResponse(error.status, headers, f"{error}\n".encode())
    return DavResponse(
        error.status, {"Content-Type": "application/xml; charset=utf-8", **error.headers}, error_body(error).encode()
    )


def error_body(error: DavError) -> str:
    """The DAV:error document (RFC 4918 §14.5), with the text for the person in front of the client in it."""
    assert error.precondition is not None
    return (
        f"{xml.HEAD}<D:error {xml.NAMESPACES}>{precondition(error.precondition, error.inner)}"
        f"<x:message xmlns:x={xml.attribute(OURS)}>{xml.escape(str(error))}</x:message></D:error>"
    )


def precondition(name: QName, inner: str = "") -> str:
    """The element that names a precondition."""
    if not inner:
        return xml.empty(name)
    start, end = xml.tag(name)
    return f"{start}{inner}{end}"


def _not_found(_error: GatewayError, scene: Scene) -> DavError:
    # RFC 4918 §9.7.1: a new resource without a collection to stand in is a conflict; some clients take a 404 to a PUT
    # for the loss of what they had.
    return DavError(409, NO_PLACE_TEXT) if scene.creates else DavError(404, NOT_FOUND_TEXT)


def needed(url: str, privilege: QName) -> str:
    """What is in DAV:need-privileges (RFC 3744 §7.1.1): a resource, and the privilege that is lacking there."""
    return f"<D:resource>{xml.href(url)}<D:privilege>{xml.empty(privilege)}</D:privilege></D:resource>"


_OF_METHOD: Final = {
    "PROPPATCH": dav("write-properties"),
    "ACL": dav("write-acl"),
    "POST": dav("write-acl"),
    "REPORT": dav("read-acl"),
}
"""What a method that is refused would have needed, where no right says it (RFC 3744, appendix B)."""


def _no_permission(error: GatewayError, scene: Scene) -> DavError:
    lacks = error.lacks if isinstance(error, NoPermission) else Right.NONE
    if Right.CREATE in lacks:
        # RFC 5995 §3.2: a POST is to the collection itself.
        url = scene.path if scene.method == "POST" else _parent(scene.destination or scene.path)
        inner = needed(url, dav("bind"))
    elif Right.REMOVE in lacks:
        inner = needed(_parent(scene.path), dav("unbind"))
    elif Right.CHANGE in lacks:
        inner = needed(scene.destination or scene.path, dav("write-content"))
    else:
        inner = needed(scene.path, _OF_METHOD.get(scene.method, dav("write")))
    return DavError(403, str(error), dav("need-privileges"), inner)


def _parent(url: str) -> str:
    return url.rstrip("/").rpartition("/")[0] + "/"


def _uid_conflict(error: GatewayError, scene: Scene) -> DavError:
    assert isinstance(error, UidConflict)
    # RFC 4791 §5.3.2.1, RFC 6352 §6.3.2.1: the element holds the URL of the resource that has the UID.
    return DavError(409, str(error), scene.ours("no-uid-conflict"), xml.href(scene.sibling(error.href)))


def _scheduling(error: GatewayError, scene: Scene) -> DavError:
    assert isinstance(error, SchedulingConflict)
    # RFC 6638 §3.2.4.1: unique-scheduling-object-resource holds the URL of the resource that is there already.
    inner = xml.href(scene.elsewhere(error.slug, error.href)) if error.href else ""
    return DavError(403, str(error), caldav(error.condition), inner)


def _invalid(error: GatewayError, scene: Scene) -> DavError:
    if scene.is_files:
        return DavError(403, str(error))
    return DavError(403, str(error), scene.ours("valid-calendar-data", "valid-address-data"))


def _invalid_object(error: GatewayError, scene: Scene) -> DavError:
    return DavError(403, str(error), scene.ours("valid-calendar-object-resource", "valid-address-data"))


def _over_limit(error: GatewayError, scene: Scene) -> DavError:
    assert isinstance(error, OverLimit)
    return DavError(403, str(error), scene.ours(error.limit.value, "valid-address-data"))


def _unsupported(error: GatewayError, scene: Scene) -> DavError:
    return DavError(403, str(error), scene.ours("supported-calendar-component", "supported-address-data"))


def _locked(error: GatewayError, scene: Scene) -> DavError:
    assert isinstance(error, Locked)
    # RFC 4918 §16: which locks stand against it, so that a client can find the tokens it has.
    name = dav("no-conflicting-lock" if error.is_wish else "lock-token-submitted")
    return DavError(423, str(error), name, "".join(xml.href(scene.locked(root)) for root in error.roots))


def _too_large(error: GatewayError, scene: Scene) -> DavError:
    if scene.is_files:
        return DavError(413, str(error))
    return DavError(403, str(error), scene.ours("max-resource-size"))


_Shape = Callable[[GatewayError, Scene], DavError]

_TABLE: Final[tuple[tuple[type[GatewayError], _Shape], ...]] = (
    (NotFound, _not_found),
    (
        NotAuthenticated,
        lambda _error, _scene: DavError(401, "Log in with your CRM name and password.", headers=CHALLENGE),
    ),
    (NoPermission, _no_permission),
    (SchedulingConflict, _scheduling),
    (Refused, _no_permission),
    (PreconditionFailed, lambda error, _scene: DavError(412, str(error))),
    (UidConflict, _uid_conflict),
    (InvalidObject, _invalid_object),
    (OverLimit, _over_limit),
    (UnknownZone, lambda error, scene: DavError(403, str(error), scene.ours("valid-timezone", "valid-address-data"))),
    (InvalidContent, _invalid),
    (UnsupportedContent, _unsupported),
    (PictureTooLarge, lambda error, _scene: DavError(403, str(error), carddav("max-image-size"))),
    (TooLarge, _too_large),
    # RFC 6578 §3.2: 403, and nothing else: some clients take another status for an error that will go away.
    (TokenExpired, lambda error, _scene: DavError(403, str(error), dav("valid-sync-token"))),
    (Locked, _locked),
    (NoPlace, lambda error, _scene: DavError(409, str(error))),
    # RFC 4331 §6.
    (NoSpace, lambda error, _scene: DavError(507, str(error), dav("quota-not-exceeded"))),
    (AlreadyExists, lambda error, _scene: DavError(409, str(error))),
    (Unavailable, lambda error, _scene: DavError(503, str(error), headers={"Retry-After": str(RETRY_AFTER)})),
)
