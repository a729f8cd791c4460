"""A modification stamp as the database keeps it: what is newer than what, without knowing the CRM's clock.

Stamps are compared in the database and handed back as the driver gave them, so fractions and zones stay what they
are. The CRM's clock may be in any zone; a stamp further ahead than any zone is nobody's present and is passed over,
because whoever waited for it to come would see nothing until then.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import sqlalchemy as sa

FURTHEST: Final = dt.timedelta(hours=14)
"""How far a clock on earth is ahead of UTC."""


class Stamp:
    """One column of date-times. On SQLite these are texts."""

    def __init__(self, column: sa.ColumnElement[Any], key: sa.ColumnElement[Any], dialect: str) -> None:
        self.column: sa.ColumnElement[Any] = sa.type_coerce(column, sa.types.NullType())
        self.key = key
        self._is_text = dialect == "sqlite"
        self._is_aware = bool(getattr(column.type, "timezone", False))

    @staticmethod
    def fits(column: sa.ColumnElement[Any]) -> bool:
        """Whether a column's values can be told apart by time."""
        return isinstance(column.type, sa.DateTime)

    def text(self, value: Any) -> str:
        """A stamp to be kept."""
        return value.isoformat() if isinstance(value, dt.datetime) else str(value)

    def value(self, text: str) -> Any:
        """One that was kept."""
        return text if self._is_text else dt.datetime.fromisoformat(text)

    def before(self, value: Any, span: dt.timedelta) -> Any:
        """The stamp `span` earlier, or None where that cannot be said."""
        try:
            moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
            return self._bound(moment - span, value)
        except (ValueError, TypeError, OverflowError):
            return None

    def page(self, beyond: tuple[Any, Any] | None, since: Any, up_to: Any, limit: int) -> sa.Select[Any]:
        """(key, stamp) in the order of the stamps: behind `beyond` (a stamp, and the last key that had it, or None for
        all that had it), from `since`, up to `up_to`.
        """
        latest = self._bound(dt.datetime.now(dt.UTC) + FURTHEST) if up_to is None else up_to
        wanted = sa.select(self.key, self.column).where(self.column <= latest)
        if since is not None:
            wanted = wanted.where(self.column >= since)
        if beyond is not None:
            stamp, key = beyond
            later = self.column > stamp
            wanted = wanted.where(
                later if key is None else sa.or_(later, sa.and_(self.column == stamp, self.key > key))
            )
        return wanted.order_by(self.column, self.key).limit(limit)

    def newest(self) -> sa.Select[Any]:
        """The latest stamp there is."""
        latest = self._bound(dt.datetime.now(dt.UTC) + FURTHEST)
        return sa.select(sa.func.max(self.column)).where(self.column <= latest)

    def _bound(self, moment: dt.datetime, like: Any = None) -> Any:
        """A moment as the column has it; as text, written as `like` is."""
        if self._is_text:
            return moment.replace(tzinfo=None).isoformat(like[10] if isinstance(like, str) else " ", "seconds")
        return moment if self._is_aware else moment.replace(tzinfo=None)
