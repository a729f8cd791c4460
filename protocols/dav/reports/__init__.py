"""`REPORTS`: every report by the name of its body's root element."""

from __future__ import annotations

from typing import Final

from protocols.dav.names import caldav, calendarserver, carddav, dav
from protocols.dav.reports.acl_principals import acl_principal_prop_set
from protocols.dav.reports.expand_property import expand_property
from protocols.dav.reports.free_busy import free_busy_query
from protocols.dav.reports.multiget import multiget
from protocols.dav.reports.principal_match import principal_match
from protocols.dav.reports.principal_search import (
    calendarserver_principal_search,
    principal_property_search,
    principal_search_property_set,
)
from protocols.dav.reports.query import addressbook_query, calendar_query
from protocols.dav.reports.report import Report
from protocols.dav.reports.sync_collection import sync_collection
from protocols.dav.tree import Area, Kind
from protocols.dav.types import QName

_EVERYWHERE: Final = frozenset(Kind)
_COLLECTION: Final = frozenset({Kind.COLLECTION})
_IN_COLLECTION: Final = frozenset({Kind.COLLECTION, Kind.RESOURCE})
_CALENDARS: Final = frozenset({Area.CALENDARS})
_ADDRESS_BOOKS: Final = frozenset({Area.ADDRESS_BOOKS})

REPORTS: Final[dict[QName, Report]] = {
    dav("sync-collection"): Report(sync_collection, _COLLECTION, _CALENDARS | _ADDRESS_BOOKS),
    caldav("calendar-multiget"): Report(multiget, _IN_COLLECTION, _CALENDARS),
    carddav("addressbook-multiget"): Report(multiget, _IN_COLLECTION, _ADDRESS_BOOKS),
    caldav("calendar-query"): Report(calendar_query, _IN_COLLECTION, _CALENDARS),
    carddav("addressbook-query"): Report(addressbook_query, _COLLECTION, _ADDRESS_BOOKS),
    caldav("free-busy-query"): Report(free_busy_query, frozenset({Kind.COLLECTION, Kind.HOME}), _CALENDARS),
    dav("expand-property"): Report(expand_property, _EVERYWHERE),
    dav("acl-principal-prop-set"): Report(acl_principal_prop_set, _EVERYWHERE),
    calendarserver("calendarserver-principal-search"): Report(calendarserver_principal_search, _EVERYWHERE),
    dav("principal-property-search"): Report(principal_property_search, _EVERYWHERE),
    dav("principal-match"): Report(principal_match, _EVERYWHERE),
    dav("principal-search-property-set"): Report(principal_search_property_set, _EVERYWHERE),
}
