"""Fields that are said, not held.

    kind = { constant = "org" }
    full_name = { template = "{first_name} {last_name}" }
    percent = { column = "probability", type = "int", read_only = true }

A template names columns of the base row; columns that are empty drop out, with the space beside them. What a client
writes into such a field goes nowhere: the parts it is made of have fields of their own. Any form may be read only: what the
CRM works out from more than the gateway knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from gateway.core.entities import Value
from storage.crm.forms.form import Assigned, Form, Place, Row, Shown, Side, Words, Writing


class Constant(Form):
    """The same for every row."""

    WORDS = ("constant",)

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.value = words["constant"]

    def read(self, row: Row, side: Any) -> Value:
        value: Value = self.value
        return value

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        return Assigned({})


class Template(Form):
    """Text made of columns."""

    WORDS = ("template",)

    is_derived = True

    def __init__(self, place: Place, words: Words) -> None:
        super().__init__(place)
        self.template = str(words["template"])
        self.names = [place.column(name).name for name in re.findall(r"\{(\w+)\}", self.template)]

    def columns(self) -> Iterable[str]:
        return self.names

    def read(self, row: Row, side: Any) -> Value:
        parts = {name: "" if row[name] is None else str(row[name]) for name in self.names}
        return " ".join(self.template.format_map(parts).split()) or None

    def assign(self, value: Value, row: Row | None, writing: Writing) -> Assigned:
        return Assigned({})


class ReadOnly(Form):
    """Another form, read and never written."""

    def __init__(self, form: Form) -> None:
        super().__init__(form.place)
        self.form = form

    def columns(self) -> Iterable[str]:
        return self.form.columns()

    def sides(self) -> Iterable[Side]:
        return self.form.sides()

    def shown(self) -> Iterable[Shown]:
        return self.form.shown()

    def load(self, connection: Connection, keys: Sequence[Any]) -> Mapping[Any, Any]:
        return self.form.load(connection, keys)

    def read(self, row: Row, side: Any) -> Value:
        return self.form.read(row, side)
