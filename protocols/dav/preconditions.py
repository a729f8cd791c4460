"""If-Match, If-None-Match (RFC 9110 §13) and If (RFC 4918 §10.4), read into the core's `Condition`.

Clients quote badly: no quotes, or the quotes escaped, or a tag that a proxy has made weak on the way. Our tags are
strong and hashes of the bytes served, so all of these are taken for the tag they hold. The lists of an If header are
any-of, what stands within a list all-of; there are no locks, so no state token holds, and a list with one is false.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.core.errors import NotFound, PreconditionFailed
from gateway.core.ids import ETag
from gateway.core.model import Condition, Principal
from protocols.dav.errors import DavError
from protocols.dav.tree import canonical, path_of

_TAG = re.compile(r'\s*(?:W/)?(?:\\?"([^"\\]*)\\?"|([^\s,"\\]+))\s*(?:,|$)')
MAX_TAGS = 1_000


def condition(headers: Mapping[str, str], path: str, who: Principal) -> Condition:
    """What must hold of the resource at `path` for the request to go ahead.

    Raises DavError 400 for a header that cannot be read, PreconditionFailed where an If header can never hold.
    """
    must_exist, any_of = _tags(headers.get("if-match"))
    must_be_new, none_of = _tags(headers.get("if-none-match"))
    stated = headers.get("if")
    if stated is not None:
        if_any_of, if_none_of = _if_header(stated, path, who)
        if if_any_of is not None:
            any_of = if_any_of if any_of is None else any_of & if_any_of
        if if_none_of is not None:
            none_of = if_none_of | (none_of or frozenset())
    return Condition(any_of, none_of, must_exist, must_be_new, _schedule_tag(headers), _is_silent(headers))


def _schedule_tag(headers: Mapping[str, str]) -> str | None:
    """If-Schedule-Tag-Match (RFC 6638 §8.3); quoted as badly as other tags."""
    stated = headers.get("if-schedule-tag-match")
    if stated is None:
        return None
    found = _TAG.fullmatch(stated)
    if found is None:
        raise DavError(400, "The If-Schedule-Tag-Match header cannot be read.")
    return str(found[2] if found[1] is None else found[1])


def _is_silent(headers: Mapping[str, str]) -> bool:
    """Schedule-Reply: F (RFC 6638 §8.1)."""
    return headers.get("schedule-reply", "").strip().upper() == "F"


def _tags(header: str | None) -> tuple[bool, frozenset[ETag] | None]:
    """Whether the header says `*`, and else its tags; None where there is no header."""
    if header is None:
        return False, None
    if header.strip() == "*":
        return True, None
    tags: set[ETag] = set()
    position = 0
    while position < len(header):
        found = _TAG.match(header, position)
        if found is None or len(tags) == MAX_TAGS:
            raise DavError(400, "The If-Match or If-None-Match header cannot be read.")
        tags.add(ETag(found[2] if found[1] is None else found[1]))
        position = found.end()
    return False, frozenset(tags)


@dataclass(frozen=True, slots=True)
class _List:
    """One parenthesised list about this resource, with its state tokens already judged."""

    required: frozenset[ETag]
    forbidden: frozenset[ETag]


_PIECE = re.compile(
    r'\s*(?:<([^<>]*)>\s*(?=\()|(\()|(\))|(?i:(not)\b)\s*|<([^<>]*)>|\[\s*(?:W/)?\\?"?([^\]"\\]*)\\?"?\s*\])'
)


def _if_header(header: str, path: str, who: Principal) -> tuple[frozenset[ETag] | None, frozenset[ETag] | None]:
    lists = _lists(header, path, who)
    if not lists:
        raise PreconditionFailed("The If header does not hold.")
    wanted = [one for one in lists if one.required]
    open_ones = [one for one in lists if not one.required]
    if any(not one.forbidden for one in open_ones):
        return None, None
    any_of = frozenset(tag for one in wanted for tag in one.required - one.forbidden if len(one.required) == 1)
    if not open_ones:
        return any_of, None
    return None, frozenset.intersection(*(one.forbidden for one in open_ones)) - any_of


def _lists(header: str, path: str, who: Principal) -> list[_List]:
    """The lists that are about this resource and have no false state token in them."""
    lists: list[_List] = []
    position, depth = 0, 0
    is_here, is_false, is_negated = True, False, False
    required: set[ETag] = set()
    forbidden: set[ETag] = set()
    while position < len(header.rstrip()):
        found = _PIECE.match(header, position)
        if found is None or len(lists) > MAX_TAGS:
            raise DavError(400, "The If header cannot be read.")
        position = found.end()
        resource, start, end, negation, token, tag = found.groups()
        if resource is not None and depth == 0:
            is_here = _is_same(resource, path, who)
        elif start is not None and depth == 0:
            depth, is_false, is_negated = 1, False, False
            required, forbidden = set(), set()
        elif end is not None and depth == 1:
            depth = 0
            if is_here and not is_false:
                lists.append(_List(frozenset(required), frozenset(forbidden)))
        elif depth == 1 and negation is not None:
            is_negated = True
        elif depth == 1 and (token is not None or resource is not None):
            # RFC 4918 §10.4.4: a state token that is not the resource's makes its list false; `Not` makes it true.
            is_false = is_false or not is_negated
            is_negated = False
        elif depth == 1 and tag is not None:
            (forbidden if is_negated else required).add(ETag(tag))
            is_negated = False
        else:
            raise DavError(400, "The If header cannot be read.")
    if depth:
        raise DavError(400, "The If header cannot be read.")
    return lists


def _is_same(reference: str, path: str, who: Principal) -> bool:
    try:
        return canonical(path_of(reference), who) == canonical(path, who)
    except NotFound:
        return False
