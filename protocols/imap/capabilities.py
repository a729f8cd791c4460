"""What we announce, each with its RFC and the commands it needs; a lie stops the program at its start.

IMAP4rev1 comes first: Outlook falls back to IMAP2 where it does not find it. UIDONLY is never announced: Microsoft's
cloud enables it and then sends sequence numbers.
"""

from __future__ import annotations

from collections.abc import Collection as Container
from dataclasses import dataclass
from typing import Final

from protocols import sasl
from protocols.imap.states import STATES, State
from protocols.imap.types import Limits


@dataclass(frozen=True, slots=True)
class Capability:
    """One word of the capability list."""

    name: str
    source: str
    commands: tuple[bytes, ...]
    is_for_strangers: bool = False
    """Announced before login too."""
    is_for_known: bool = True
    """Announced after login."""


CAPABILITIES: Final = (
    Capability("IMAP4rev1", "RFC 3501", tuple(name for name in STATES if name not in {b"STARTTLS"}), True),
    Capability("LITERAL+", "RFC 7888", (), True),
    Capability("SASL-IR", "RFC 4959", (b"AUTHENTICATE",), True),
    Capability("ID", "RFC 2971", (b"ID",), True),
    Capability("ENABLE", "RFC 5161", (b"ENABLE",), True),
    Capability("IDLE", "RFC 2177", (b"IDLE",), True),
    Capability("COMPRESS=DEFLATE", "RFC 4978", (b"COMPRESS",)),
    Capability("NAMESPACE", "RFC 2342", (b"NAMESPACE",)),
    Capability("CHILDREN", "RFC 3348", (b"LIST",)),
    Capability("UIDPLUS", "RFC 4315", (b"UID EXPUNGE", b"APPEND", b"COPY")),
    Capability("UNSELECT", "RFC 3691", (b"UNSELECT",)),
    Capability("SPECIAL-USE", "RFC 6154", (b"LIST",)),
    Capability("LIST-EXTENDED", "RFC 5258", (b"LIST",)),
    Capability("LIST-STATUS", "RFC 5819", (b"LIST", b"STATUS")),
    Capability("STATUS=SIZE", "RFC 8438", (b"STATUS",)),
    Capability("MOVE", "RFC 6851", (b"MOVE", b"UID MOVE")),
    Capability("CONDSTORE", "RFC 7162", (b"FETCH", b"STORE", b"SEARCH", b"SELECT", b"STATUS")),
    Capability("QRESYNC", "RFC 7162", (b"ENABLE", b"SELECT", b"UID FETCH")),
    Capability("CREATE-SPECIAL-USE", "RFC 6154", (b"CREATE",)),
    Capability("MULTIAPPEND", "RFC 3502", (b"APPEND",)),
    Capability("OBJECTID", "RFC 8474", (b"FETCH", b"SEARCH", b"STATUS", b"SELECT", b"CREATE")),
    Capability("SAVEDATE", "RFC 8514", (b"FETCH", b"SEARCH")),
    Capability("PREVIEW", "RFC 8970", (b"FETCH",)),
    Capability("BINARY", "RFC 3516", (b"FETCH", b"APPEND")),
    Capability("REPLACE", "RFC 8508", (b"REPLACE", b"UID REPLACE")),
    Capability("ACL", "RFC 4314", (b"MYRIGHTS", b"GETACL", b"LISTRIGHTS", b"SETACL", b"DELETEACL")),
    Capability("RIGHTS=kxte", "RFC 4314", (b"MYRIGHTS",)),
    Capability("LIST-MYRIGHTS", "RFC 8440", (b"LIST", b"MYRIGHTS")),
    Capability("QUOTA", "RFC 9208", (b"GETQUOTA", b"GETQUOTAROOT", b"SETQUOTA")),
    Capability("QUOTA=RES-MAILBOX", "RFC 9208", (b"GETQUOTA",)),
    Capability("METADATA", "RFC 5464", (b"GETMETADATA", b"SETMETADATA")),
    Capability("UTF8=ACCEPT", "RFC 6855", (b"ENABLE", b"APPEND")),
    Capability("NOTIFY", "RFC 5465", (b"NOTIFY",)),
    Capability("IMAP4rev2", "RFC 9051", (b"ENABLE", b"NAMESPACE", b"UNSELECT", b"IDLE", b"MOVE", b"UID EXPUNGE")),
    Capability("XLIST", "of no RFC", (b"XLIST",)),
    Capability("ESEARCH", "RFC 4731", (b"SEARCH", b"UID SEARCH")),
    Capability("SEARCHRES", "RFC 5182", (b"SEARCH", b"FETCH", b"STORE", b"COPY", b"MOVE", b"UID EXPUNGE")),
    Capability("SORT", "RFC 5256", (b"SORT", b"UID SORT")),
    Capability("SORT=DISPLAY", "RFC 5957", (b"SORT", b"UID SORT")),
    Capability("ESORT", "RFC 5267", (b"SORT", b"UID SORT")),
    Capability("THREAD=ORDEREDSUBJECT", "RFC 5256", (b"THREAD", b"UID THREAD")),
    Capability("THREAD=REFERENCES", "RFC 5256", (b"THREAD", b"UID THREAD")),
    Capability("INPROGRESS", "RFC 9585", (b"SEARCH", b"SORT", b"THREAD")),
    Capability("WITHIN", "RFC 5032", (b"SEARCH",)),
    Capability("PARTIAL", "RFC 9394", (b"SEARCH", b"UID SEARCH", b"UID FETCH")),
)

ENABLABLE: Final = frozenset({"CONDSTORE", "QRESYNC", "UTF8=ACCEPT", "IMAP4REV2"})
"""What ENABLE may turn on (RFC 5161 §3.1)."""


def mechanisms(*, with_tokens: bool) -> dict[str, sasl.Mechanism]:
    """The SASL mechanisms that are offered, by name: those of tokens only where somebody can judge one."""
    return {name: one for name, one in sasl.MECHANISMS.items() if with_tokens or not one.is_token}


def known() -> list[str]:
    """Every word that may be announced; the limit of messages without its number."""
    offered = [f"AUTH={name}" for name in mechanisms(with_tokens=True)]
    return [*(one.name for one in CAPABILITIES), "STARTTLS", *offered]


def announced(
    state: State,
    limits: Limits,
    *,
    may_login: bool,
    may_start_tls: bool,
    with_tokens: bool = False,
    is_compressed: bool = False,
    withheld: Container[str] = (),
) -> str:
    """The capability list of a state, as it stands in CAPABILITY and in response codes. `withheld`: words in capitals."""
    is_stranger = state is State.NOT_AUTHENTICATED
    words = [known.name for known in CAPABILITIES if (known.is_for_strangers if is_stranger else known.is_for_known)]
    if is_stranger:
        if may_start_tls:
            words.append("STARTTLS")
        # RFC 3501 §7.2.1: where passwords may not be sent, LOGINDISABLED says so and no AUTH= is listed.
        offered = [f"AUTH={name}" for name in mechanisms(with_tokens=with_tokens)]
        words += offered if may_login else ["LOGINDISABLED"]
    else:
        words.append(f"APPENDLIMIT={limits.message}")
        if is_compressed:
            # RFC 4978 §3: not announced any more once it is on.
            words.remove("COMPRESS=DEFLATE")
    return " ".join(word for word in words if word.upper() not in withheld)


def check(commands: Container[bytes]) -> None:
    """Refuses to go on where something is announced that cannot be done, or a command has no state."""
    for known in CAPABILITIES:
        missing = [name.decode() for name in known.commands if name not in commands]
        if missing:
            raise AssertionError(f"{known.name} is announced without {', '.join(missing)}")
    stateless = [name.decode() for name in commands if name not in STATES]
    if stateless or len(commands) != len(STATES):
        raise AssertionError(f"commands and the state table differ: {stateless}")
