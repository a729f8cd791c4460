"""Locks as WebDAV writes them (RFC 4918 §14): what is asked for, and what is told of those that are there."""

from __future__ import annotations

import re
from typing import Final

from gateway.core.locks import LONGEST, OWNER_LARGEST, USUAL, Lock, Lockable, LockWish
from gateway.core.model import Principal
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.lockable import url_of
from protocols.dav.names import dav
from protocols.dav.standing import standing
from protocols.dav.types import Depth

SUPPORTED: Final = "".join(
    f"<D:lockentry><D:lockscope><D:{scope}/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>"
    for scope in ("exclusive", "shared")
)
"""The value of DAV:supportedlock."""
_SECONDS = re.compile(r"second-([0-9]{1,18})", re.IGNORECASE)
_TOKEN = re.compile(r"\s*<([^<>\s]{1,200})>\s*")


def read_timeout(header: str) -> int:
    """Seconds, by the first of the client's wishes that can be read (RFC 4918 §10.7), within our limits."""
    for wish in header.split(",")[:16]:
        word = wish.strip()
        if word.lower() == "infinite":
            return LONGEST
        found = _SECONDS.fullmatch(word)
        if found is not None:
            return max(1, min(int(found[1]), LONGEST))
    return USUAL


def read_wish(root: xml.Element, depth: Depth, timeout: int) -> LockWish:
    """What a DAV:lockinfo asks for (RFC 4918 §14.11). Raises DavError 400, 422 for locks there are none of."""
    if xml.name_of(root) != dav("lockinfo"):
        raise DavError(400, "The body of a LOCK must be a DAV:lockinfo element.")
    scope, kind = xml.child(root, dav("lockscope")), xml.child(root, dav("locktype"))
    if scope is None or kind is None:
        raise DavError(400, "A DAV:lockinfo holds a DAV:lockscope and a DAV:locktype.")
    is_exclusive = xml.child(scope, dav("exclusive")) is not None
    if is_exclusive is (xml.child(scope, dav("shared")) is not None) or xml.child(kind, dav("write")) is None:
        raise DavError(422, "There are exclusive and shared write locks, and no others.")
    element = xml.child(root, dav("owner"))
    owner = "" if element is None else standing(element)
    if len(owner) > OWNER_LARGEST:
        raise DavError(413, f"What is said of the owner has at most {OWNER_LARGEST} characters.")
    return LockWish(is_exclusive, depth is Depth.INFINITY, owner, timeout)


def read_token(header: str) -> str:
    """The token of a Lock-Token header (RFC 4918 §10.5). Raises DavError 400."""
    found = _TOKEN.fullmatch(header)
    if found is None:
        raise DavError(400, "A Lock-Token header is needed, with a token in angle brackets.")
    return found[1]


def active(lock: Lock, at: Lockable, who: Principal) -> str:
    """A DAV:activelock (RFC 4918 §14.1), as `who` sees it; `at` says in which realm it stands."""
    scope = "exclusive" if lock.is_exclusive else "shared"
    depth = "infinity" if lock.is_deep else "0"
    root = url_of(who, Lockable(lock.path, at.name))
    return (
        f"<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:{scope}/></D:lockscope>"
        f"<D:depth>{depth}</D:depth>{lock.owner}<D:timeout>Second-{lock.left}</D:timeout>"
        f"<D:locktoken>{xml.href(lock.token)}</D:locktoken><D:lockroot>{xml.href(root)}</D:lockroot></D:activelock>"
    )
