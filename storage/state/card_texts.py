"""What cards may be found by, in a table of its own: written with each card, asked before any card is read.

A query for an e-mail address looks it up in an index; one for a part of a name searches short texts and not documents.
The answer may hold a card too many, never one too few: where a filter asks for what is not kept here, or asks in a way
that cannot be answered from it, it is not narrowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.filter import CardFilter, Junction, MatchType, PropFilter, TextMatch
from gateway.formats.searching import ANY, SEARCHED, Texts, needed
from storage.state.schema import State

_ESCAPE: Final = "!"
_SPECIAL: Final = str.maketrans({one: _ESCAPE + one for one in "%_[" + _ESCAPE})
"""`[` has a meaning in the patterns of SQL Server."""


class CardTexts:
    """The rows of cards, by the id of their resource."""

    def __init__(self, state: State) -> None:
        self.table = state.card_text

    def write(self, connection: Connection, cards: Sequence[tuple[int, Texts]], *, is_new: bool = False) -> None:
        """Have these cards be found by these texts, and by no others. `is_new`: they have no rows yet."""
        if cards and not is_new:
            connection.execute(sa.delete(self.table).where(self.table.c.resource_id.in_([id_ for id_, _ in cards])))
        rows = [
            {"resource_id": id_, "number": number, "name": name, "text": text}
            for id_, texts in cards
            for number, (name, text) in enumerate(texts)
        ]
        if rows:
            connection.execute(sa.insert(self.table), rows)


def candidates(state: State, wanted: CardFilter) -> sa.Select[int] | None:
    """The resources that may meet a filter; None where it may be any."""
    table = state.card_text
    each = [_property(table, one) for one in wanted.properties]
    known = [one for one in each if one is not None]
    if not known or (wanted.test is Junction.ANYOF and len(known) < len(each)):
        return None
    if len(known) == 1:
        return sa.select(table.c.resource_id).where(known[0])
    parts = [table.c.resource_id.in_(sa.select(table.c.resource_id).where(one)) for one in known]
    joined = sa.or_(*known) if wanted.test is Junction.ANYOF else sa.and_(*parts)
    return sa.select(table.c.resource_id).where(joined)


def _property(table: sa.Table, wanted: PropFilter) -> sa.ColumnElement[bool] | None:
    """What a row of a card that meets the condition says; None where it may say anything, or not be there."""
    name = wanted.name.upper().rpartition(".")[2]
    if wanted.is_not_defined or name not in SEARCHED:
        return None
    texts = [_text(table, one) for one in wanted.texts]
    known = [one for one in texts if one is not None]
    is_named = table.c.name == name
    if wanted.test is Junction.ALLOF:
        return sa.and_(is_named, *known)
    # With a parameter, or a text that says nothing, among what is enough, the property has to be there and no more.
    return sa.and_(is_named, sa.or_(*known)) if known and len(known) == len(texts) and not wanted.params else is_named


def _text(table: sa.Table, wanted: TextMatch) -> sa.ColumnElement[bool] | None:
    text, is_whole = needed(wanted)
    if not text:
        return None
    column: sa.Column[Any] = table.c.text
    if is_whole and wanted.match is MatchType.EQUALS:
        return column.in_([text, ANY])
    before = "" if is_whole and wanted.match is MatchType.STARTS_WITH else "%"
    after = "" if is_whole and wanted.match is MatchType.ENDS_WITH else "%"
    found = column.like(before + text.translate(_SPECIAL) + after, escape=_ESCAPE)
    return sa.or_(found, column == ANY)
