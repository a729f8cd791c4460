"""What is taken at most, where more than one place has to say the same number."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Final

DOCUMENT_LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a vCard or iCalendar object."""
ATTACHMENT_LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a file of an event."""
ATTACHMENTS_MOST: Final = 50
"""Files of one event."""
INSTANCES_MOST: Final = 10_000
"""Instances of a series that says how many there are: daily for 27 years. One without end is not counted."""
ATTENDEES_MOST: Final = 5_000
"""People in one component of a calendar object."""
EARLIEST: Final = dt.datetime(1583, 1, 1, tzinfo=dt.UTC)
"""Before it our calendar and its clocks mean nothing, and not every database has such days."""
LATEST: Final = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)


class Limit(enum.Enum):
    """Which of the limits on a calendar object was passed (RFC 4791 §5.2.6–§5.2.9)."""

    INSTANCES = "max-instances"
    ATTENDEES = "max-attendees-per-instance"
    EARLIEST = "min-date-time"
    LATEST = "max-date-time"


MESSAGE_LARGEST: Final = 50 * 1024 * 1024
"""Bytes of a message."""
PICTURE_LARGEST: Final = 4 * 1024 * 1024
"""Bytes of a photo in a card that a client sends."""
