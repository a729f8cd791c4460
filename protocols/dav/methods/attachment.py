"""POST of a file to a calendar object (RFC 8607 §3): attachment-add, attachment-update, attachment-remove.

The file is kept first and the object written after that, under the condition that it is what was read; whoever
meanwhile wrote it is not undone, and the file that then belongs to nothing goes by itself. A name is the client's, cut
to what a header and a URL can hold; a media type is passed on only where it is one.
"""

from __future__ import annotations

import re
from email.message import Message
from typing import Final

from gateway.core.attachments import KeptFile
from gateway.core.errors import NotFound, PreconditionFailed
from gateway.core.ids import ETag
from gateway.core.limits import ATTACHMENT_LARGEST, ATTACHMENTS_MOST
from gateway.core.model import Condition, Right
from gateway.core.tree import Component
from gateway.formats.contentline import parse, serialise
from gateway.scheduling.attachments import Attached, NoInstance, attach, count, detach, replace
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.methods.representation import represented
from protocols.dav.names import caldav
from protocols.dav.preconditions import condition_of
from protocols.dav.tree import attachment_url
from protocols.dav.types import DavResponse, schedule_tag

_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}")
_HOST: Final = re.compile(r"[A-Za-z0-9.\-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f/\\\"<>|:*?]+")
NAME_LONGEST: Final = 120
_ADD: Final = "attachment-add"
_UPDATE: Final = "attachment-update"
_REMOVE: Final = "attachment-remove"


async def attachment(exchange: Exchange) -> DavResponse:
    """201 for a file that is new, 204 for others, with Cal-Managed-ID. Raises DavError with RFC 8607 §3.11's preconditions."""
    arguments = exchange.request.arguments
    action, managed_id, rid = (arguments.get(name, "") for name in ("action", "managed-id", "rid"))
    if action not in {_ADD, _UPDATE, _REMOVE}:
        raise _refused("action is attachment-add, attachment-update or attachment-remove.", "valid-action")
    if (action == _ADD) is bool(managed_id):
        raise _refused("managed-id names the file to update or remove, and none to add.", "valid-managed-id")
    if action == _UPDATE and rid:
        raise _refused("A file is updated wherever it is.", "valid-rid")
    document, etag = await _read(exchange)
    file = None if action == _REMOVE else await _kept(exchange, document, is_new=action == _ADD)
    try:
        is_found = True
        if file is None:
            is_found = detach(document, managed_id, rid)
        elif action == _ADD:
            attach(document, file, rid)
        else:
            is_found = replace(document, managed_id, file)
    except NoInstance as wrong:
        raise _refused(str(wrong), "valid-rid") from wrong
    if not is_found:
        raise _refused("The event has no such file.", "valid-managed-id")
    return await _written(exchange, document, etag, file, 201 if action == _ADD else 204)


async def _read(exchange: Exchange) -> tuple[Component, ETag]:
    place = exchange.place
    collection, found = await exchange.store.resources(exchange.who, place.name, [place.href])
    if not found:
        raise NotFound
    if Right.CHANGE not in collection.rights:
        raise DavError(403, "You may read this but not change it.")
    etag = found[0].entry.etag
    if not (await condition_of(exchange)).holds(etag):
        raise PreconditionFailed("It has been changed meanwhile.")
    return parse(found[0].content)[0], etag


async def _kept(exchange: Exchange, document: Component, *, is_new: bool) -> Attached:
    request = exchange.request
    if len(request.body) > ATTACHMENT_LARGEST:
        raise _refused(f"At most {ATTACHMENT_LARGEST} bytes are taken.", "max-attachment-size")
    if is_new and count(document) >= ATTACHMENTS_MOST:
        raise _refused(f"An event has at most {ATTACHMENTS_MOST} files.", "max-attachments-per-resource")
    stated = request.media_type
    media_type = stated if _MEDIA_TYPE.fullmatch(stated) else "application/octet-stream"
    name = file_name(request.header("content-disposition"))
    kept = await exchange.edits.keep_attachment(exchange.who, name, media_type, request.body)
    return Attached(kept.managed_id, _url(exchange, kept), kept.name, kept.media_type, kept.size)


async def _written(
    exchange: Exchange, document: Component, etag: ETag, file: Attached | None, status: int
) -> DavResponse:
    place = exchange.place
    when = Condition(any_of=frozenset({etag}))
    written = await exchange.edits.put(exchange.who, place.name, place.href, "text/calendar", serialise(document), when)
    headers = schedule_tag(written.schedule_tag)
    if written.is_verbatim:
        headers["ETag"] = f'"{written.etag}"'
    if file is not None:
        headers["Cal-Managed-ID"] = file.managed_id
    return await represented(exchange, DavResponse(status, headers), place.url)


def file_name(disposition: str) -> str:
    """The name that a Content-Disposition gives a file (RFC 6266), without path and what no file system likes."""
    parsed = Message()
    try:
        parsed["Content-Disposition"] = "".join(character for character in disposition if character >= " ")[:2_000]
        stated = parsed.get_filename() or ""
    except (ValueError, LookupError):
        stated = ""
    name = _UNFIT.sub("_", stated.replace("\\", "/").rpartition("/")[2]).strip(" .")
    if len(name) > NAME_LONGEST:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem[: NAME_LONGEST - 20]}.{extension[:19]}" if dot else name[:NAME_LONGEST]
    return name or "attachment"


def _url(exchange: Exchange, file: KeptFile) -> str:
    """An absolute URL under the host the client knows us by. RFC 8607 §6.1: others put theirs in its place."""
    headers = exchange.request.headers
    host = headers.get("host", "")
    scheme = "http" if headers.get("x-forwarded-proto", "").strip().lower() == "http" else "https"
    return f"{scheme}://{host if _HOST.fullmatch(host) else 'localhost'}{attachment_url(file.managed_id, file.name)}"


def _refused(text: str, precondition: str) -> DavError:
    return DavError(403, text, caldav(precondition))
