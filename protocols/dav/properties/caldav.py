"""The properties of RFC 4791 and RFC 7809's neighbours that a calendar needs to be shown and read."""

from __future__ import annotations

from typing import Final

from gateway.core.model import Shape
from protocols.dav import xml
from protocols.dav.errors import DavError
from protocols.dav.floating import home_zone
from protocols.dav.names import caldav
from protocols.dav.partial import Part, read_part
from protocols.dav.properties.collection import CollationSet, Description, LargestResource, OfCollection
from protocols.dav.property import ANY_PRINCIPAL, ONLY_COLLECTION, ONLY_RESOURCE, Need, Property
from protocols.dav.representations import CALENDARS, Form, form
from protocols.dav.told import Told, read_told
from protocols.dav.tree import Area, Kind, Node, home_url

COMPONENT: Final = {Shape.EVENT: "VEVENT", Shape.TASK: "VTODO", Shape.JOURNAL: "VJOURNAL"}


def is_calendar(node: Node) -> bool:
    """Whether the node is a calendar, or in one."""
    return node.collection is not None and node.collection.shape in COMPONENT


class CalendarHomeSet(Property):
    """RFC 4791 §6.2.1."""

    name = caldav("calendar-home-set")
    kinds = ANY_PRINCIPAL | {Kind.ROOT}
    needs = Need.TIES_OF_OTHERS

    def value(self, node: Node) -> str | None:
        """The one home; of a colleague only where one acts for him."""
        if node.whose is not None:
            people = () if node.ties is None else node.ties.acts_for
            if all(one.person.id != node.whose.id for one in people):
                return None
        return xml.href(home_url(node.subject, Area.CALENDARS))


class SupportedCalendarComponentSet(Property):
    """RFC 4791 §5.2.3: one component for a calendar; some clients show a calendar without this property nowhere."""

    name = caldav("supported-calendar-component-set")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """One C:comp; all where the calendar was made without a kind."""
        if node.collection is not None and node.collection.is_mixed:
            return "".join(f'<C:comp name="{component}"/>' for component in COMPONENT.values())
        component = None if node.collection is None else COMPONENT.get(node.collection.shape)
        return None if component is None else f'<C:comp name="{component}"/>'


class SupportedCalendarData(Property):
    """RFC 4791 §5.2.4."""

    name = caldav("supported-calendar-data")
    kinds = ONLY_COLLECTION

    def value(self, node: Node) -> str | None:
        """ICalendar 2.0."""
        return '<C:calendar-data content-type="text/calendar" version="2.0"/>' if is_calendar(node) else None


class OfCalendar(OfCollection):
    """A property of calendars."""

    def belongs(self, node: Node) -> bool:
        """Whether the node is a calendar, or in one."""
        return is_calendar(node)


class SupportedCollationSet(OfCalendar, CollationSet):
    """RFC 4791 §7.5.1."""

    name = caldav("supported-collation-set")
    prefix = "C"


class MaxResourceSize(OfCalendar, LargestResource):
    """RFC 4791 §5.2.5."""

    name = caldav("max-resource-size")


class CalendarDescription(OfCalendar, Description):
    """RFC 4791 §5.2.1."""

    name = caldav("calendar-description")


class CalendarData(Property):
    """RFC 4791 §9.6: the content itself, told in another way or in part; only reports have it."""

    name = caldav("calendar-data")
    kinds = ONLY_RESOURCE
    needs_content = True

    def __init__(self, part: Part | None = None, told: Told | None = None, wanted: Form = CALENDARS[0]) -> None:
        super().__init__()
        self.part, self.told, self.form = part, told, wanted

    def asked(self, element: xml.Element) -> Property:
        """With the part that C:comp describes. Raises DavError for another media type or version."""
        wanted_form = form(CALENDARS, element.get("content-type", "text/calendar"), element.get("version", "2.0"))
        if wanted_form is None:
            # RFC 4791 §7.8: supported-calendar-data
            raise DavError(403, "Content is text/calendar, version 2.0.", caldav("supported-calendar-data"))
        told = read_told(element)
        wanted = xml.child(element, caldav("comp"))
        if wanted is None:
            return CalendarData(None, told, wanted_form)
        if wanted.get("name", "").upper() != "VCALENDAR":
            raise DavError(400, "The outermost C:comp is VCALENDAR.")
        return CalendarData(read_part(wanted), told, wanted_form)

    def value(self, node: Node) -> str | None:
        """The document as a GET would bring it, or the part that is wanted."""
        if node.content is None or not is_calendar(node):
            return None
        content = (
            node.content if self.told is None else self.told.of(node.content, home_zone(node.who, node.collection))
        )
        return xml.escape_content(self.form.of(content, self.part))


ALL: Final = (
    CalendarHomeSet,
    SupportedCalendarComponentSet,
    SupportedCalendarData,
    SupportedCollationSet,
    MaxResourceSize,
    CalendarDescription,
    CalendarData,
)
