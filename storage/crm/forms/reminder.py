"""How long before an event or a task the CRM reminds of it, wherever it keeps that.

    reminder = { reminder = "vtiger_activity_reminder", parent = "activity_id", minutes = "reminder_time",
                 insert = { reminder_sent = 0, recurringid = 0 } }
    reminder = { reminder = "reminder", parent = "entity_id", where = { entity_type = "Meeting", type = "Popup" },
                 seconds = "seconds", at = "remind_at", anchor = "date_start", anchor_at = "start_at", user = "user_id",
                 whose = "assigned_user_id", for = [{ table = "meeting_user", parent = "meeting_id", user = "user_id" }],
                 future = true, new_key = "{clock}{hex4}" }
    reminder = { reminder = "calendar_alarm_calendar_event_rel", parent = "calendar_event_id", catalogue = {
                 table = "calendar_alarm", ref = "calendar_alarm_id", minutes = "duration_minutes" } }
    reminder = { reminder = "meetings", seconds = "reminder_time", none = -1 }

A document has one reminder for all who see it: of several rows that of `whose`, and of those the one that comes
first. Where the CRM also keeps the moment itself (`at`), it is counted from `anchor` and moves with it. What stands in
the past, where the CRM keeps only what is to come (`future`), is the document's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.entities import Value
from gateway.core.errors import ConfigError
from storage.crm.forms.form import Assigned, Form, Place, Row, Side, Words, Writing
from storage.crm.forms.offsets import OFFSET_WORDS, Offset, fitting
from storage.crm.forms.reminder_catalogue import Catalogue
from storage.crm.forms.reminder_rows import Held, ReminderRows
from storage.crm.forms.times import times


class _Kept(Protocol):
    """Where reminders stand that are outside the row."""

    def columns(self) -> Iterable[str]: ...
    def sides(self) -> Iterable[Side]: ...
    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, list[Held]]: ...
    def write(
        self, minutes: int, shown: int | None, held: Sequence[Held], row: Row, key: Any, writing: Writing
    ) -> bool:
        """Have rows that say this in place of those that said what was shown; whether there are any now."""
        ...

    def remove(self, held: Sequence[Held], key: Any, writing: Writing) -> None:
        """Have none of these."""
        ...

    def move(
        self, held: Sequence[Held], old: dt.datetime | None, new: dt.datetime | None, key: Any, writing: Writing
    ) -> None:
        """Have these as long before the new anchor as they were before the old one."""
        ...


class Reminder(Form):
    """Minutes before the start of an event, or before a task is due."""

    WORDS = (
        "reminder", "parent", "key", "where", "alive", "delete", "insert", "new_key", *OFFSET_WORDS, "none", "at",
        "anchor", "anchor_at", "future", "user", "whose", "for", "invitees", "catalogue",
    )  # fmt: skip

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.none = words.get("none")
        self.kept: _Kept | None = None
        self.offset: Offset | None = None
        if "parent" not in words:
            self.offset = _offset(place, words)
        elif "catalogue" in words:
            self.kept = Catalogue(place, words)
        else:
            self.kept = ReminderRows(place, words)
        self.whose = place.column(words["whose"]) if "whose" in words else None
        self.anchor = times(place, words["anchor"]) if "anchor" in words else None

    def columns(self) -> Iterable[str]:
        if self.kept is None:
            return [column.name for column in self._own().columns()]
        whose = [] if self.whose is None else [self.whose.name]
        return [*self.kept.columns(), *whose, *self.follows()]

    def follows(self) -> Iterable[str]:
        return self.anchor.names if self.anchor is not None else ()

    def sides(self) -> Iterable[Side]:
        return () if self.kept is None else self.kept.sides()

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, list[Held]]:
        return {} if self.kept is None else self.kept.load(connection, keys)

    def read(self, row: Row, side: Any) -> Value:
        if self.kept is None:
            minutes = self._own().read(row)
            return None if minutes is None or self._is_none(row) else minutes
        held: Sequence[Held] = side or ()
        whose = None if self.whose is None else row[self.whose.name]
        his = [one for one in held if one.user is not None and one.user == whose] or held
        anchor = None if self.anchor is None else self.anchor.instant(row)
        return max((minutes for one in his if (minutes := one.before(anchor)) is not None), default=None)

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        if self.kept is not None:
            return Assigned({})
        columns = self._own().columns()
        minutes = _minutes(value)
        if minutes is None:
            return Assigned({column.name: fitting(column, self.none) for column in columns})
        return Assigned(self._own().write(minutes))

    def store(self, value: Value, key: Any, writing: Writing) -> Value:
        if self.kept is None:
            return None
        row, held = self._now(key, writing)
        shown, minutes = self.read(row, held), _minutes(value)
        if minutes is None:
            self.kept.remove(held, key, writing)
            return None
        before = shown if isinstance(shown, int) else None
        return None if self.kept.write(minutes, before, held, row, key, writing) else minutes

    def follow(self, before: Row, key: Any, writing: Writing) -> None:
        if self.kept is not None and self.anchor is not None:
            row, held = self._now(key, writing)
            self.kept.move(held, self.anchor.instant(before), self.anchor.instant(row), key, writing)

    def _now(self, key: Any, writing: Writing) -> tuple[Row, list[Held]]:
        base = self.place.base
        wanted = sa.select(self.place.key_column, *(base.c[name] for name in dict.fromkeys(self.columns())))
        row = writing.connection.execute(wanted.where(self.place.key_column == key)).mappings().one()
        return row, list(self.load(writing.connection, [key]).get(key, ()))

    def _own(self) -> Offset:
        if self.offset is None:
            raise ValueError("the reminder is outside the row")
        return self.offset

    def _is_none(self, row: Row) -> bool:
        return self.none is not None and any(
            row[column.name] == fitting(column, self.none) for column in self._own().columns()
        )


def _offset(place: Place, words: Words) -> Offset:
    try:
        made = Offset.of(words, place.column)
    except ValueError as wrong:
        raise place.wrong(str(wrong)) from wrong
    if not made.columns():
        raise ConfigError(f"{place.field}: say minutes, seconds, or amount, unit and units")
    return made


def _minutes(value: Value) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
