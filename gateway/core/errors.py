"""Neutral errors. Each protocol has one table that turns them into its own words.

The text of an error is meant for the person in front of the client: it says what is wrong and what to do, and
holds no secret and nothing about other people's data. `Unavailable` is the only honest answer to a read that
failed: an empty answer would make clients delete what they hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.core.ids import Href
from gateway.core.limits import Limit
from gateway.core.model import Right

if TYPE_CHECKING:
    from gateway.core.locks import Lockable


class GatewayError(Exception):
    """Anything a request may fail with on purpose."""


class ConfigError(GatewayError):
    """The configuration or mapping is wrong: names the file, the key and what to do."""


class NotFound(GatewayError):
    """No such thing for this principal; what belongs to somebody else is answered exactly like what is not there."""


class NotAuthenticated(GatewayError):
    """Wrong or missing credentials."""


class NoPermission(GatewayError):
    """Visible to the principal, but he may not do this to it. `lacks` is the right he would need, where it is one of them."""

    def __init__(self, message: str = "", lacks: Right = Right.NONE) -> None:
        super().__init__(message)
        self.lacks = lacks


class PreconditionFailed(GatewayError):
    """If-Match or its kin does not hold any more; nothing was written."""


class AlreadyExists(GatewayError):
    """The name is taken."""


class UidConflict(GatewayError):
    """Another resource of the collection has this UID property (RFC 4791 §5.3.2.1, RFC 6352 §6.3.2.1)."""

    def __init__(self, message: str, href: Href) -> None:
        super().__init__(message)
        self.href = href


class SchedulingConflict(GatewayError):
    """A change of a meeting that scheduling does not allow (RFC 6638 §3.2.4).

    `condition` is the RFC's name of it; `href` and `slug` say where the other resource stands, where there is one.
    """

    def __init__(self, message: str, condition: str, slug: str = "", href: str = "") -> None:
        super().__init__(message)
        self.condition, self.slug, self.href = condition, slug, href


class InvalidContent(GatewayError):
    """The bytes are not what they say they are."""


class InvalidObject(InvalidContent):
    """Readable, but not what one resource may be: two kinds of things, two UIDs, a METHOD (RFC 4791 §4.1)."""


class UnknownZone(InvalidContent):
    """A time zone that neither its name nor a definition explains (RFC 7809 §3.1.3)."""


class OverLimit(InvalidContent):
    """Readable, but more or further away than `limit` says."""

    def __init__(self, message: str, limit: Limit) -> None:
        super().__init__(message)
        self.limit = limit


class UnsupportedContent(GatewayError):
    """Well formed, but nothing this collection holds: wrong media type or component kind."""


class Refused(GatewayError):
    """A rule said no. `rule` is its name; the text is its why, in words a user understands."""

    def __init__(self, message: str, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class TooLarge(GatewayError):
    """Over a stated limit; `limit` is that limit, in the unit the text names."""

    def __init__(self, message: str, limit: int) -> None:
        super().__init__(message)
        self.limit = limit


class NoSpace(GatewayError):
    """There is no room left for it: the principal's quota is used up."""


class NoPlace(GatewayError):
    """Where it is to go there is no folder to put it into."""


class Locked(GatewayError):
    """A lock keeps this from happening; `roots` are what is locked, as the caller names it.

    `is_wish`: what was asked for is a lock itself, and stands against these.
    """

    def __init__(self, message: str, roots: Sequence[Lockable], *, is_wish: bool = False) -> None:
        super().__init__(message)
        self.roots, self.is_wish = tuple(roots), is_wish


class PictureTooLarge(TooLarge):
    """A photo over its limit, in bytes."""


class OverQuota(TooLarge):
    """One thing too many of what a principal may have only so many of."""


class TokenExpired(GatewayError):
    """The sync token is of another life, of the future, or older than the tombstones that are left."""


class Unavailable(GatewayError):
    """The answer is not known now: the database did not answer, or the commit's outcome is unknown. Try again."""
