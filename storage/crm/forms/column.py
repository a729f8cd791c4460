"""A field in one column of the base row: text, number, truth, date, instant, picture, or a word from a dictionary.

    notes = "description"
    due = { column = "due_date", type = "date" }
    status = { column = "status", values = { open = ["NEEDS-ACTION", "IN-PROCESS"], done = "COMPLETED" }, default = "open" }
    description = { column = "note", html = true }

With `values`, the left side is what the column holds and the right side what the field means: the first of several
is read, all of them are written so, and a client's own word for the same stays in its document. A word the
dictionary lacks reads as "not known" and is never written over by the same nothing coming back. A date of zeros, as MySQL keeps
it, is no date. With `html` the column holds markup and the field its text: text that says what is there already does
not touch it. A column of a kind that can never hold the field's type is refused when the mapping is bound.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.entities import Fields, Photo, Value
from gateway.formats.rich_text import is_markup, to_html, to_text
from gateway.formats.sameness import normal_text
from gateway.runtime.lines import near
from storage.crm.clocks import day_of, instant_in, midnight, midnight_in
from storage.crm.forms.dictionary import Dictionary
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing, text_fits

TYPES: Final = ("text", "int", "number", "bool", "date", "datetime", "photo", "list")
"""What `type` may be."""
_UNFIT: Final[Mapping[str, tuple[type[Any], ...]]] = {
    "text": (sa.Date, sa.DateTime, sa.LargeBinary),
    "int": (sa.Date, sa.DateTime, sa.LargeBinary),
    "number": (sa.Date, sa.DateTime, sa.LargeBinary),
    "bool": (sa.Date, sa.DateTime, sa.LargeBinary),
    "date": (sa.Integer, sa.Numeric, sa.Boolean, sa.LargeBinary),
    "datetime": (sa.Integer, sa.Numeric, sa.Boolean, sa.LargeBinary),
    "photo": (sa.Integer, sa.Numeric, sa.Boolean, sa.Date, sa.DateTime),
    "list": (sa.Integer, sa.Numeric, sa.Boolean, sa.Date, sa.DateTime, sa.LargeBinary),
}
_FIT: Final[tuple[tuple[str, type[Any]], ...]] = (
    ("datetime", sa.DateTime),
    ("date", sa.Date),
    ("photo", sa.LargeBinary),
    ("bool", sa.Boolean),
    ("int", sa.Integer),
    ("number", sa.Numeric),
)
_MAGIC: Final = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n", "image/png"), (b"GIF8", "image/gif"))


class Column(Form):
    """One column, one value."""

    WORDS = ("column", "type", "values", "default", "nearest", "required", "separator", "html")

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.column = place.column(words.get("column"))
        self.clock, self.days = place.clocks.of(self.column), place.clocks.days
        self.type = str(words.get("type", "text"))
        if self.type not in TYPES:
            raise place.wrong(f"unknown type {self.type!r}{near(self.type, TYPES)} (there are {', '.join(TYPES)})")
        if not words.get("values") and isinstance(self.column.type, _UNFIT[self.type]):
            held = self.column.type
            fit = next((kind for kind, sort in _FIT if isinstance(held, sort)), "text")
            raise place.wrong(
                f"column {self.column.name!r} is {type(held).__name__.upper()} in the database, which is no "
                f"{self.type}; say type = {fit!r}, or look whether the CRM changed the column"
            )
        try:
            self.values = Dictionary(self.column, words.get("values", {}))
        except ValueError as wrong:
            raise place.wrong(f"values: {wrong}") from wrong
        self.default = words.get("default")
        if self.values and isinstance(self.default, int):
            self.default = str(self.default).lower()
        self.is_joint = any(len(of) > 1 for of in self.values.meanings.values())
        self.is_nearest = bool(words.get("nearest", False))
        self.is_required = bool(words.get("required", False))
        self.separator = str(words.get("separator", ", "))
        self.html = words.get("html", False)
        if self.html not in (True, False, "mixed"):
            raise place.wrong('html can be true or "mixed"')
        if self.html and (self.values or self.type != "text"):
            raise place.wrong("html is a text: it has no other type, and no values")
        if self.default is not None and self.values and self.default not in self.values:
            raise place.wrong(f"the default {self.default!r} is not among the values")

    def columns(self) -> Iterable[str]:
        return (self.column.name,)

    def read(self, row: Row, side: Any) -> Value:
        held = row[self.column.name]
        if self.values:
            return self.values.meaning(held)
        if held is None:
            return False if self.type == "bool" else () if self.type == "list" else None
        if self.type in ("date", "datetime"):
            return self.clock.day(held) if self.type == "date" else self.clock.instant(held)
        if self.html:
            return to_text(str(held)) or None
        return _READ[self.type](held, self.separator)

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        if self.values:
            return self._assign_word(value, row, writing)
        empty = value is None or value in ("", ())
        if empty:
            if self.is_required:
                raise self.refuse("must not be empty.")
            if self.column.name in writing.columns:
                return Assigned({})  # another field of the same column says more
            if not self.column.nullable and self.type in ("date", "datetime") and self.default is None:
                return Assigned({})  # the CRM must have one there: the one it has stays
            return Assigned({self.column.name: self._nothing(row)})
        if self.type == "text":
            text = value if isinstance(value, str) else value.isoformat() if isinstance(value, dt.date) else str(value)
            if self.html:
                held = str(row[self.column.name] or "") if row is not None else ""
                if row is not None and normal_text(text) == normal_text(to_text(held)):
                    return Assigned({})
                if self.html is True or is_markup(held) or is_markup(text):
                    text = to_html(text)
            return Assigned({self.column.name: text_fits(self, self.column, text)})
        return Assigned({self.column.name: self._typed(value, writing)})

    def _nothing(self, row: Row | None) -> Any:
        if self.default is not None and row is None:
            return self.default
        if self.type == "bool":
            return 0
        return None if self.column.nullable else 0 if self.type in ("int", "number") else ""

    def _typed(self, value: Value, writing: Writing) -> Any:
        if self.type == "bool":
            is_no = isinstance(value, str) and value.strip().lower() in ("0", "no", "false", "n")
            return 1 if value and not is_no else 0
        if self.type == "number" and isinstance(value, int | str):
            return self._number(str(value))
        if self.type == "int" and isinstance(value, int | str):
            try:
                return int(value)
            except ValueError:
                raise self.refuse("must be a number.") from None
        if self.type == "list" and isinstance(value, tuple):
            return text_fits(self, self.column, self.separator.join(str(item) for item in value))
        if self.type == "photo" and isinstance(value, Photo):
            return value.content
        if self.type in ("date", "datetime") and isinstance(value, dt.date):
            return self._moment(value, writing.who.timezone)
        if self.type == "date" and isinstance(value, str):
            try:
                return self.clock.of_reading(midnight(dt.date.fromisoformat(value)))
            except ValueError:
                raise self.refuse("needs a full date: year, month and day.") from None
        raise self.refuse("is of a kind the CRM has no room for.")

    def _moment(self, value: dt.date, zone: str) -> Any:
        if self.type == "date":
            return self.clock.of_reading(midnight(day_of(value, zone) if isinstance(value, dt.datetime) else value))
        if isinstance(value, dt.datetime):
            return self.clock.of_instant(instant_in(value, zone))
        return self.clock.of_instant(midnight_in(value, self.days))

    def _number(self, text: str) -> Decimal:
        try:
            number = Decimal(text.strip())
        except InvalidOperation:
            raise self.refuse("must be a number.") from None
        precision, scale = getattr(self.column.type, "precision", None), getattr(self.column.type, "scale", None)
        if not number.is_finite() or number.adjusted() >= (38 if precision is None else precision - (scale or 0)):
            raise self.refuse("is no number that the CRM can hold.")
        if scale is not None and number != round(number, scale):
            raise self.refuse(f"has more than {scale} decimal places, which the CRM cannot hold.")
        return number

    def _assign_word(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        name, words = self.column.name, self.values
        held = writing.columns.get(name, None if row is None else row[name])
        if (row is not None or name in writing.columns) and words.may_mean(held, value):
            return Assigned({})  # several words may mean the same; the one that is there stays
        word = words.told(value)
        if word is None and self.is_nearest and isinstance(value, int) and value > 0:
            word = words.nearest(value)
        if word is None and self.default is not None and (value is None or value in ("", 0) or row is None):
            word = self.default
        if word is not None:
            return Assigned({name: words.held(word)})
        if value is None or value == "":
            return Assigned({name: None if self.column.nullable else ""})
        raise self.refuse(f"cannot be {value!r} in this CRM.")

    def word(self, held: Any) -> str:
        """What the column holds as the dictionary has it."""
        return self.values.word(held)

    def means_same(self, stated: Fields, fields: Fields) -> bool:
        said, held = stated.get(self.place.field), fields.get(self.place.field)
        return said != held and any(said in of and of[0] == held for of in self.values.meanings.values())


def _read_number(held: Any, _: str) -> Value:
    """As people write it: no exponent, no zeros at the end."""
    text = format(Decimal(str(held)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def picture(content: bytes) -> Photo | None:
    """The picture these bytes are; of a kind we cannot tell, most readers take JPEG."""
    if not content:
        return None
    return Photo(next((kind for magic, kind in _MAGIC if content.startswith(magic)), "image/jpeg"), content)


def _read_list(held: Any, separator: str) -> Value:
    return tuple(item.strip() for item in str(held).split(separator.strip() or separator) if item.strip())


_READ: Final = {
    "text": lambda held, _: str(held) if held != "" else None,
    "int": lambda held, _: int(held),
    "number": _read_number,
    "bool": lambda held, _: bool(held),
    "photo": lambda held, _: picture(bytes(held)),
    "list": _read_list,
}
