"""The type a property's value has where none is stated, and which values are lists or structures.

RFC 6350 §6 and what adds to it (RFC 6474, RFC 6715); RFC 5545 §3.7, §3.8, RFC 7986, RFC 9073.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.formats.json.lines import Dialect


def _types(**names: str) -> Mapping[str, str]:
    return {name: kind.replace("_", "-") for kind, several in names.items() for name in several.split()}


CARD: Final = Dialect(
    _types(
        text="KIND FN N NICKNAME GENDER ADR TEL EMAIL TZ TITLE ROLE ORG CATEGORIES NOTE PRODID VERSION CLIENTPIDMAP XML "
        "BIRTHPLACE DEATHPLACE EXPERTISE HOBBY INTEREST",
        uri="SOURCE PHOTO IMPP GEO LOGO MEMBER RELATED SOUND UID URL KEY FBURL CALADRURI CALURI ORG-DIRECTORY CONTACT-URI",
        date_and_or_time="BDAY ANNIVERSARY DEATHDATE",
        timestamp="REV",
        language_tag="LANG",
    ),
    lists=frozenset({"NICKNAME", "CATEGORIES"}),
    structures=frozenset({"N", "ADR", "ORG", "GENDER", "CLIENTPIDMAP"}),
    is_nested=False,
)

CALENDAR: Final = Dialect(
    _types(
        text="CALSCALE METHOD PRODID VERSION CATEGORIES CLASS COMMENT DESCRIPTION LOCATION RESOURCES STATUS SUMMARY TRANSP "
        "TZID TZNAME CONTACT RELATED-TO UID ACTION REQUEST-STATUS NAME COLOR LOCATION-TYPE PARTICIPANT-TYPE",
        uri="ATTACH TZURL URL SOURCE IMAGE CONFERENCE",
        date_time="DTSTART DTEND DUE RECURRENCE-ID EXDATE RDATE COMPLETED CREATED DTSTAMP LAST-MODIFIED ACKNOWLEDGED",
        duration="DURATION TRIGGER REFRESH-INTERVAL",
        utc_offset="TZOFFSETFROM TZOFFSETTO",
        cal_address="ATTENDEE ORGANIZER CALENDAR-ADDRESS",
        integer="PERCENT-COMPLETE PRIORITY REPEAT SEQUENCE",
        period="FREEBUSY",
        recur="RRULE EXRULE",
        float="GEO",
    ),
    lists=frozenset({"CATEGORIES", "RESOURCES", "EXDATE", "RDATE", "FREEBUSY"}),
    structures=frozenset({"REQUEST-STATUS", "GEO"}),
    is_nested=True,
)
