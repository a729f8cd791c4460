"""Fields that are said, not held.

    kind = { constant = "org" }
    full_name = { template = "{first_name} {last_name}" }

A template names columns of the base row; columns that are empty drop out, with the space beside them. What a client
writes into such a field goes nowhere: the parts it is made of have fields of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from gateway.core.entities import Value
from storage.crm.forms.form import Assigned, Form, Place, Row, Words, Writing


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
