"""POST: many things have one method, so a table says which is meant, by place, query and media type.

`POSTINGS` is asked from the top; the first line that fits runs. A line fits where all that it names does: the kinds of
place, the area, the action (`?action=attachment-add`, or a query that is a word alone: `?add-member`), the media types
of the body. Whoever adds a line puts it above those that fit more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.methods.add_member import add_member
from protocols.dav.methods.attachment import attachment
from protocols.dav.methods.invite_reply import invite_reply
from protocols.dav.methods.post_outbox import post_outbox
from protocols.dav.methods.push_register import REGISTER, push_register
from protocols.dav.methods.put import MEDIA_TYPES
from protocols.dav.methods.share import SHARING_TYPES, share
from protocols.dav.tree import ADD_MEMBER, Area, Kind
from protocols.dav.types import DavResponse, QName


@dataclass(frozen=True, slots=True)
class Posting:
    """What runs, and when. None: whatever it may be; `action` empty: no query at all."""

    run: Callable[[Exchange], Awaitable[DavResponse]]
    kinds: frozenset[Kind]
    areas: frozenset[Area] | None = None
    action: str | None = None
    media: frozenset[str] | None = None
    root: QName | None = None
    """The body's root element: some kinds of XML are told apart by it alone."""

    def fits(self, exchange: Exchange) -> bool:
        """Whether this is what is meant."""
        place, request = exchange.place, exchange.request
        return (
            place.kind in self.kinds
            and (self.areas is None or place.area in self.areas)
            and (self.action is None or self.action == action_of(exchange))
            and (self.media is None or request.media_type in self.media)
            and (self.root is None or xml.name_of(xml.parse(request.body)) == self.root)
        )


def action_of(exchange: Exchange) -> str:
    """The action that the query names; empty for no query."""
    arguments = exchange.request.arguments
    return arguments.get("action", next(iter(arguments), ""))


_COLLECTION: Final = frozenset({Kind.COLLECTION})
_DOCUMENTS: Final = frozenset({Area.CALENDARS, Area.ADDRESS_BOOKS})
_XML: Final = frozenset({"application/xml", "text/xml"})
_DOCUMENT_TYPES: Final = frozenset(media for area in MEDIA_TYPES.values() for media in area)

POSTINGS: Final[tuple[Posting, ...]] = (
    Posting(attachment, frozenset({Kind.RESOURCE}), frozenset({Area.CALENDARS})),
    Posting(post_outbox, frozenset({Kind.OUTBOX})),
    Posting(push_register, _COLLECTION, _DOCUMENTS, media=_XML, root=REGISTER),
    Posting(add_member, _COLLECTION, _DOCUMENTS, action=ADD_MEMBER),
    Posting(add_member, _COLLECTION, _DOCUMENTS, action="", media=_DOCUMENT_TYPES),
    Posting(share, _COLLECTION, _DOCUMENTS, action="", media=SHARING_TYPES),
    Posting(invite_reply, frozenset({Kind.HOME}), _DOCUMENTS, action="", media=SHARING_TYPES),
)

POSTED_TO: Final = frozenset(kind for posting in POSTINGS for kind in posting.kinds)
"""Places where POST may mean something."""


async def post(exchange: Exchange) -> DavResponse:
    """Whatever the line that fits answers. Raises NotFound; DavError 415 where none fits."""
    for posting in POSTINGS:
        if posting.fits(exchange):
            return await posting.run(exchange)
    if exchange.place.kind in {Kind.COLLECTION, Kind.RESOURCE}:
        await exchange.store.collection(exchange.who, exchange.place.name)
    raise DavError(415, "Nothing of this kind can be posted here.")
