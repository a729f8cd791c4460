"""In which zone times that name none are read (RFC 4791 §7.3): the query's own, else the calendar's, else that of the one who asks.

A query states it as C:timezone (RFC 4791 §9.8), a calendar object with one VTIMEZONE, or as C:timezone-id (RFC 7809
§5.1), a name. Both at once are a mistake of the client's, for which of them it means cannot be known.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from gateway.core.errors import InvalidContent
from gateway.core.model import Collection, Principal
from gateway.formats.calendar_zone import zone_of_calendar
from gateway.formats.zones import zone
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.names import caldav

_LONGEST = 100_000


def home_zone(who: Principal, collection: Collection | None = None) -> dt.tzinfo:
    """The zone that the principal has given the calendar, else the one he lives in."""
    given = "" if collection is None else collection.look.get("timezone", "")
    said = _described(given, _this_year()) if given else None
    if said is not None:
        return said
    own = zone(who.timezone)
    return dt.UTC if own is None else own.rules


def stated_zone(root: xml.Element) -> dt.tzinfo | None:
    """The zone that a query states; None where it states none. Raises DavError 403 with the precondition it fails."""
    name, stated = xml.child(root, caldav("timezone-id")), xml.child(root, caldav("timezone"))
    if name is not None and stated is not None:
        # RFC 7809 §5.1: the client must not send both.
        raise DavError(403, "Say C:timezone or C:timezone-id, not both.", caldav("valid-timezone"))
    if name is not None and (text := xml.text_of(name)):
        found = zone(text)
        if found is None or not found.name:
            raise DavError(403, "This time zone is not known.", caldav("valid-timezone"))
        return found.rules
    if stated is None or not (text := xml.text_of(stated)):
        return None
    said = _described(text, _this_year())
    if said is None:
        # RFC 4791 §7.8: valid-calendar-data is about the C:timezone of the query.
        raise DavError(403, "C:timezone holds an iCalendar object with one VTIMEZONE.", caldav("valid-calendar-data"))
    return said


def _this_year() -> int:
    return dt.datetime.now(dt.UTC).year


@lru_cache(maxsize=64)
def _described(text: str, year: int) -> dt.tzinfo | None:
    """The zone of a calendar object with one VTIMEZONE; None for anything else."""
    try:
        return zone_of_calendar(text, year).rules if len(text) <= _LONGEST else None
    except InvalidContent:
        return None
