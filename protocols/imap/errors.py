"""Every NO and BAD: the error that is one, and the one table from core errors to IMAP's words.

RFC 5530 gives the codes. What belongs to somebody else comes out of the store as NotFound, so it is answered
exactly like what is not there. What nobody foresaw is the server's fault and says nothing about itself.
"""

from __future__ import annotations

from typing import Final

from gateway.core import errors as core


class ImapError(Exception):
    """A command's failure as the client is told it: `status` NO or BAD, `code` without brackets (may be empty)."""

    def __init__(self, status: str, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text


class Bad(ImapError):
    """RFC 3501 §7.1.3: the client's syntax or its use of a command is wrong."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__("BAD", code, text)


class No(ImapError):
    """RFC 3501 §7.1.2: understood, and not done."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__("NO", code, text)


class Bye(Exception):
    """The conversation ends here, and why."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text


_CODES: Final[tuple[tuple[type[core.GatewayError], str], ...]] = (
    (core.NotFound, "NONEXISTENT"),
    (core.NotAuthenticated, "AUTHENTICATIONFAILED"),
    (core.NoPermission, "NOPERM"),
    (core.AlreadyExists, "ALREADYEXISTS"),
    (core.UidConflict, "ALREADYEXISTS"),
    (core.OverQuota, "OVERQUOTA"),
    (core.TooLarge, "TOOBIG"),
    (core.Unavailable, "UNAVAILABLE"),
    (core.Refused, "CANNOT"),
    (core.InvalidContent, "CANNOT"),
    (core.UnsupportedContent, "CANNOT"),
    (core.PreconditionFailed, "INUSE"),
)

NO_SUCH_MAILBOX: Final = "There is no such mailbox."


def answer(error: core.GatewayError) -> ImapError:
    """A core error as NO, with its code."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            # The wording of what is missing may not depend on whether it is missing or somebody else's.
            return No(NO_SUCH_MAILBOX if kind is core.NotFound else str(error), code)
    return No(str(error))


def server_bug() -> ImapError:
    """What the client is told of a failure nobody foresaw."""
    return No("Something went wrong in the server; its log says what.", "SERVERBUG")
