"""All commands, by name. A new one is a file and a line here."""

from __future__ import annotations

from typing import Any, Final

from protocols.imap.commands.acl import DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from protocols.imap.commands.any import Capability, Id, Logout, Noop
from protocols.imap.commands.append import Append
from protocols.imap.commands.auth import Authenticate, Login, StartTls
from protocols.imap.commands.command import Command, Ok
from protocols.imap.commands.compress import Compress
from protocols.imap.commands.copy import Copy, Move, UidCopy, UidMove
from protocols.imap.commands.create import Create, Delete, Rename
from protocols.imap.commands.enable import Enable
from protocols.imap.commands.expunge import Expunge, UidExpunge
from protocols.imap.commands.fetch import Fetch, UidFetch
from protocols.imap.commands.idle import Idle
from protocols.imap.commands.list import List, Lsub, Xlist
from protocols.imap.commands.metadata import GetMetadata, SetMetadata
from protocols.imap.commands.namespace import Namespace
from protocols.imap.commands.notify import Notify
from protocols.imap.commands.quota import GetQuota, GetQuotaRoot, SetQuota
from protocols.imap.commands.replace import Replace, UidReplace
from protocols.imap.commands.search import Search, UidSearch
from protocols.imap.commands.select import Check, Close, Examine, Select, Unselect
from protocols.imap.commands.sort import Sort, Thread, UidSort, UidThread
from protocols.imap.commands.status import Status
from protocols.imap.commands.store import Store, UidStore
from protocols.imap.commands.subscribe import Subscribe, Unsubscribe

__all__ = ["COMMANDS", "Command", "Ok"]

_ALL: Final[tuple[Command[Any], ...]] = (
    Capability(), Noop(), Logout(), Id(),
    StartTls(), Authenticate(), Login(),
    Enable(), Compress(), Namespace(), List(), Lsub(), Xlist(), Subscribe(), Unsubscribe(), Status(),
    Select(), Examine(), Close(), Unselect(), Check(),
    GetMetadata(), SetMetadata(), Notify(),
    MyRights(), GetAcl(), ListRights(), SetAcl(), DeleteAcl(), GetQuota(), GetQuotaRoot(), SetQuota(),
    Create(), Delete(), Rename(), Append(), Replace(), UidReplace(),
    Fetch(), UidFetch(), Store(), UidStore(), Search(), UidSearch(),
    Sort(), UidSort(), Thread(), UidThread(),
    Copy(), UidCopy(), Move(), UidMove(), Expunge(), UidExpunge(), Idle(),
)  # fmt: skip

COMMANDS: Final[dict[bytes, Command[Any]]] = {command.name: command for command in _ALL}
