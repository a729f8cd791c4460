"""GET and HEAD: the bytes of a resource, and a line of text for whoever opens a collection in a browser.

What is served was written by clients. So a browser is told to save it, not to guess what it is, and to run nothing.
A form other than the stored one has a weak entity tag; such a tag answers an If-None-Match, a strong one does not,
for it was given for other octets.
"""

from __future__ import annotations

from typing import Final

from gateway.core.errors import NotFound, PreconditionFailed
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.names import caldav, carddav
from protocols.dav.notifications import CONTENT_TYPE as NOTIFICATION_TYPE
from protocols.dav.notifications import document, etag_of
from protocols.dav.preconditions import condition_of
from protocols.dav.properties.webdav import content_type
from protocols.dav.representations import FORMS, negotiated
from protocols.dav.timezones import in_asked_form
from protocols.dav.tree import Kind, encode, resolve
from protocols.dav.types import DavResponse, schedule_tag

GUARDS: Final = {
    "Content-Disposition": "attachment",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-cache",
}
_GREETING: Final = (
    "This is a CalDAV and CardDAV server. Give this address, or only the server's name, to your calendar or contacts "
    "program.\n"
)


async def get(exchange: Exchange) -> DavResponse:
    """The resource with its ETag; 304 or 412 where the conditions say so (RFC 9110 §13.2.2). Raises NotFound."""
    place = exchange.place
    if place.kind is Kind.ATTACHMENT:
        return await _attachment(exchange)
    if place.kind is not Kind.RESOURCE:
        node = await resolve(place, exchange.store, exchange.who)
        if node.invitation is not None:
            content = document(node.invitation, exchange.who)
            return DavResponse(
                200, {"Content-Type": NOTIFICATION_TYPE, "ETag": f'"{etag_of(content)}"', **GUARDS}, content
            )
        return DavResponse(200, {"Content-Type": "text/plain; charset=utf-8"}, _GREETING.encode())
    collection, found = await exchange.store.resources(exchange.who, place.name, [place.href])
    if not found:
        raise NotFound
    resource = in_asked_form(exchange.request, found[0])
    header = exchange.request.header("accept")
    form = negotiated(header, FORMS[collection.shape], resource.content) if header else None
    if header and form is None:
        # RFC 6352 §5.1.1.1.
        cards, calendars = carddav("supported-address-data-conversion"), caldav("supported-calendar-data")
        precondition = cards if place.is_among_cards else calendars
        raise DavError(406, "It cannot be had in the form asked for.", precondition)
    is_stored = form is None or form.is_of(resource.content)
    when = await condition_of(exchange)
    etag = resource.entry.etag
    tag = f'"{etag}"' if is_stored else f'W/"{etag}"'
    if when.any_of is not None and etag not in when.any_of:
        raise PreconditionFailed("The resource has changed since you read it.")
    is_known = when.none_of is not None and etag in when.none_of
    if when.must_be_new or (is_known and (is_stored or tag in exchange.request.header("if-none-match"))):
        return DavResponse(304, {"ETag": tag, "Vary": "Accept"})
    return DavResponse(
        200,
        {
            "Content-Type": content_type(collection, place.href) or ""
            if form is None or is_stored
            else form.content_type,
            "ETag": tag,
            "Vary": "Accept, CalDAV-Timezones",
            **GUARDS,
            **schedule_tag(resource.entry.schedule_tag),
            "Content-Disposition": f"attachment; filename*=UTF-8''{encode(place.href)}",
        },
        resource.content if form is None or is_stored else form.of(resource.content),
    )


async def _attachment(exchange: Exchange) -> DavResponse:
    """A file of a calendar object (RFC 8607 §3.9), for whoever sees the object. Raises NotFound."""
    file, content = await exchange.store.attachment(exchange.who, exchange.place.href)
    name = f"attachment; filename*=UTF-8''{encode(file.name)}"
    # RFC 8607 §3.7: an update gives a file another name, so what has this name never changes.
    lasting = {"ETag": f'"{file.managed_id}"', "Cache-Control": "private, max-age=604800, immutable"}
    headers = {"Content-Type": file.media_type, **GUARDS, **lasting, "Content-Disposition": name}
    if file.managed_id in exchange.request.header("if-none-match"):
        return DavResponse(304, lasting)
    return DavResponse(200, headers, content)
