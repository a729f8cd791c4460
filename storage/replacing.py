"""One message in place of another: taken in and removed in one transaction (RFC 8508)."""

from __future__ import annotations

from gateway.core.errors import NoPermission
from gateway.core.ids import UID
from gateway.core.mail import Appended, FlagMode
from gateway.core.mail_more import Incoming
from gateway.core.model import Collection, Principal, Right
from gateway.core.store import Decide
from storage.crm.bound import BoundView
from storage.database import Unit
from storage.filing import Filing
from storage.letter import Letter


def replace_message(
    filing: Filing,
    unit: Unit,
    bounds: tuple[BoundView, BoundView],
    collections: tuple[Collection, Collection],
    who: Principal,
    uid: UID,
    message: Incoming,
    letter: Letter,
    decide: Decide,
) -> Appended | None:
    """See `Replaces.replace`. `bounds` and `collections`: source, then target; `letter` is the message's bytes."""
    source, target = collections
    if Right.REMOVE not in source.rights:
        raise NoPermission("Messages of this mailbox are not deleted from here.")
    if not list(filing.mailing.rows(unit.connection, source, who.id, [uid])):
        return None
    appended = filing.append(unit, bounds[1], target, who, letter, message.flags, message.date, decide)
    if source.id == target.id and appended.uid == uid:
        return appended  # the very same message: it stays
    marked = frozenset({"\\Deleted"})
    filing.mailing.flag(unit, source, who.id, [uid], FlagMode.ADD, marked, None)
    filing.expunge(unit, bounds[0], source, who, [uid], decide)
    return appended
