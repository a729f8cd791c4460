"""COPY and MOVE of files and folders (RFC 4918 §9.8, §9.9), within the principal's own tree."""

from __future__ import annotations

from gateway.core.errors import NotFound
from gateway.core.files import Carrying, FilePath
from protocols.dav.errors import DavError
from protocols.dav.exchange import Exchange
from protocols.dav.preconditions import condition_of
from protocols.dav.tree import Area, Kind, file_url, locate, path_of
from protocols.dav.types import DavResponse, Depth


async def copy(exchange: Exchange) -> DavResponse:
    """201 for a new target, 204 for one replaced. Raises what `KeepsFiles.carry_file` raises."""
    depth = _depth(exchange)
    if depth is Depth.ONE:
        raise DavError(400, "A COPY has Depth 0 or infinity.")
    return await _carry(exchange, is_move=False, is_deep=depth is not Depth.ZERO)


async def move(exchange: Exchange) -> DavResponse:
    """The same, and the source is gone."""
    # RFC 4918 §9.9.2: a folder is moved whole, whatever else is said.
    if _depth(exchange) is not Depth.INFINITY and (await _is_folder(exchange)):
        raise DavError(400, "A folder is moved with Depth: infinity.")
    return await _carry(exchange, is_move=True, is_deep=True)


async def _carry(exchange: Exchange, *, is_move: bool, is_deep: bool) -> DavResponse:
    target = _target(exchange)
    how = Carrying(exchange.place.path, target, await condition_of(exchange), is_move, is_deep, _may_replace(exchange))
    is_new = await exchange.edits.carry_file(exchange.who, how)
    if not is_new:
        return DavResponse(204)
    return DavResponse(201, {"Location": file_url(exchange.who, target, is_folder=False)})


def _depth(exchange: Exchange) -> Depth:
    stated = exchange.request.header("depth")
    depth = Depth.parse(stated) if stated else Depth.INFINITY
    if depth is None:
        raise DavError(400, "Depth must be 0, 1 or infinity.")
    return depth


async def _is_folder(exchange: Exchange) -> bool:
    return (await exchange.store.file(exchange.who, exchange.place.path)).is_folder


def _may_replace(exchange: Exchange) -> bool:
    stated = exchange.request.header("overwrite").strip().upper() or "T"
    if stated not in {"T", "F"}:
        raise DavError(400, "Overwrite must be T or F.")
    return stated == "T"


def _target(exchange: Exchange) -> FilePath:
    stated = exchange.request.header("destination")
    if not stated.strip():
        raise DavError(400, "A Destination is needed.")
    try:
        place = locate(path_of(stated), exchange.who)
    except NotFound:
        # RFC 4918 §9.8.5: 409 for a destination without a place; what is another's is no place at all.
        raise DavError(409, "There is no folder here to put this into.") from None
    if place.area is not Area.FILES or place.kind not in {Kind.FILE, Kind.HOME}:
        raise DavError(403, "Files stay among files.")
    return place.path
