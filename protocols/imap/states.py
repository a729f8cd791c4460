"""The state table: which command in which state (RFC 3501 §3). One dict a reader can see; a test holds it to the commands."""

from __future__ import annotations

import enum
from typing import Final


class State(enum.Enum):
    """RFC 3501 §3."""

    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"
    LOGOUT = "logout"


_ANY: Final = frozenset({State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED})
_STRANGER: Final = frozenset({State.NOT_AUTHENTICATED})
_KNOWN: Final = frozenset({State.AUTHENTICATED, State.SELECTED})
_SELECTED: Final = frozenset({State.SELECTED})

STATES: Final[dict[bytes, frozenset[State]]] = {
    b"CAPABILITY": _ANY,
    b"NOOP": _ANY,
    b"LOGOUT": _ANY,
    b"ID": _ANY,
    b"STARTTLS": _STRANGER,
    b"AUTHENTICATE": _STRANGER,
    b"LOGIN": _STRANGER,
    b"ENABLE": _KNOWN,
    b"COMPRESS": _KNOWN,
    b"NAMESPACE": _KNOWN,
    b"LIST": _KNOWN,
    b"LSUB": _KNOWN,
    b"XLIST": _KNOWN,
    b"SUBSCRIBE": _KNOWN,
    b"UNSUBSCRIBE": _KNOWN,
    b"STATUS": _KNOWN,
    b"NOTIFY": _KNOWN,
    b"GETMETADATA": _KNOWN,
    b"SETMETADATA": _KNOWN,
    b"MYRIGHTS": _KNOWN,
    b"GETACL": _KNOWN,
    b"LISTRIGHTS": _KNOWN,
    b"SETACL": _KNOWN,
    b"DELETEACL": _KNOWN,
    b"GETQUOTA": _KNOWN,
    b"GETQUOTAROOT": _KNOWN,
    b"SETQUOTA": _KNOWN,
    b"SELECT": _KNOWN,
    b"EXAMINE": _KNOWN,
    b"CREATE": _KNOWN,
    b"DELETE": _KNOWN,
    b"RENAME": _KNOWN,
    b"APPEND": _KNOWN,
    # RFC 2177 §3: also where no mailbox is selected; Outlook does so.
    b"IDLE": _KNOWN,
    b"CHECK": _SELECTED,
    b"CLOSE": _SELECTED,
    b"UNSELECT": _SELECTED,
    b"EXPUNGE": _SELECTED,
    b"SEARCH": _SELECTED,
    b"SORT": _SELECTED,
    b"THREAD": _SELECTED,
    b"FETCH": _SELECTED,
    b"STORE": _SELECTED,
    b"COPY": _SELECTED,
    b"REPLACE": _SELECTED,
    b"MOVE": _SELECTED,
    b"UID EXPUNGE": _SELECTED,
    b"UID SEARCH": _SELECTED,
    b"UID SORT": _SELECTED,
    b"UID THREAD": _SELECTED,
    b"UID FETCH": _SELECTED,
    b"UID STORE": _SELECTED,
    b"UID COPY": _SELECTED,
    b"UID REPLACE": _SELECTED,
    b"UID MOVE": _SELECTED,
}

HOLDS_EXPUNGE: Final = frozenset({b"FETCH", b"STORE", b"SEARCH", b"SORT", b"THREAD"})
"""RFC 3501 §7.4.1, RFC 5256 §3: no EXPUNGE while one of these runs or is answered, because sequence numbers would shift under it."""
