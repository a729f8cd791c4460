"""What a CRM row and a client's document both mean.

An entity is a mapping from *field names* to values. The names are this page's: a CRM mapping says which columns
hold a field, a format says which properties state it, and neither knows the other. A field that is absent was not
spoken of; a field that is None (or an empty tuple) is stated to be empty. Values are immutable.

Cards    kind (`individual`, `org`, `group`), full_name, first_name, middle_name, last_name, prefix, suffix,
         nickname, organisation, department, title, emails, phones, addresses, urls, birthday, notes, photo,
         categories, private
Events   summary, description, location, period, status, private, transparent, categories, recurrence, reminder,
         organizer, attendees, url
Tasks    summary, description, due, start, completed, percent, priority, status, private, categories, recurrence,
         reminder, url; due and start are days, or date-times: aware, or naive where the client's float
Journals summary, description, start, status, private, categories, recurrence, organizer, attendees, url; start as of tasks
Messages: see `gateway.core.mail`; a row of the CRM becomes one through `MessageSource`.

Any other name is a custom field, a string, stated by the property the mapping gives it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.core.ids import EntityKey


@dataclass(frozen=True, slots=True)
class Typed:
    """A value with its types in lower case (`work`, `home`, `cell`, `fax`), the preferred one first in its list."""

    value: str
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; lines of the street are parted by a line feed."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """When an event is. Both ends are dates (all day, the end exclusive) or both are aware UTC date-times.

    `zone` is the IANA name of the zone the times are meant in: "UTC" for plain UTC, "" for floating times, whose
    clock reading is then held as if it were UTC. None is a zone that nobody knows: whatever a document says stays.
    """

    start: dt.date | dt.datetime
    end: dt.date | dt.datetime
    zone: str | None = "UTC"

    @property
    def is_all_day(self) -> bool:
        """Whether the period is of whole days."""
        return not isinstance(self.start, dt.datetime)


@dataclass(frozen=True, slots=True)
class Attendee:
    """Who takes part. `status` is a PARTSTAT and `role` a ROLE of RFC 5545, in capitals; `address` has no `mailto:`.

    An empty status, or role, is one that nobody knows: whatever a document says of it stays.
    """

    address: str
    name: str = ""
    status: str = "NEEDS-ACTION"
    role: str = "REQ-PARTICIPANT"


@dataclass(frozen=True, slots=True)
class Completed:
    """What a row can say of a value, and the whole of it: for as long as the row says this, the whole is meant."""

    part: Typed | Address | Attendee
    whole: Typed | Address | Attendee


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture: its bytes and media type (`image/jpeg`)."""

    media_type: str
    content: bytes


Value = (
    str | bool | int | dt.date | dt.datetime | Period | Photo | Attendee | tuple[str, ...] | tuple[Typed, ...]
    | tuple[Address, ...] | tuple[Attendee, ...] | tuple[Typed | Address | Attendee | Completed, ...] | None
)  # fmt: skip
Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing of the CRM: which kind the mapping calls it, its key, and what its fields say."""

    kind: str
    key: EntityKey
    fields: Fields
    created: dt.datetime | None = None
    modified: dt.datetime | None = None
    uid: str = ""
    """What the CRM says its document's UID is; empty where it says nothing."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to an e-mail. `size` is None where its bytes are missing; `load` gives them, if they may be had."""

    name: str
    media_type: str
    size: int | None
    load: Callable[[], bytes | None] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MessageSource:
    """An e-mail as the CRM's columns know it, from which a message is composed where the original bytes are not kept.

    Addresses are (kind, address, name) with kind one of `from`, `to`, `cc`, `bcc`. `unheld` names the parts (fields of
    this class, and kinds of addresses) for which the CRM has no column: of these the row says nothing.
    """

    key: EntityKey
    message_id: str
    subject: str
    sent: dt.datetime | None
    addresses: tuple[tuple[str, str, str], ...]
    text: str
    html: str
    in_reply_to: str = ""
    references: str = ""
    unheld: frozenset[str] = frozenset()
    attachments: tuple[Attachment, ...] = ()
