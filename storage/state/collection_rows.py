"""The rows of collections as one principal sees them: each with what he has said of it, and how he comes to it.

Three ways lead to a collection: it stands in his own home (`access` is empty), its owner shares it with him (it then
has the name it has in his home), or he acts for its owner. In the last two `access` says how far he is let in, and
`owner_words` what the owner calls it; his own words go before.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from gateway.core.ids import PrincipalId
from gateway.core.keeping import Look
from gateway.core.sharing import Access, Standing
from storage.database import AnyRow
from storage.state.looks import read_look
from storage.state.schema import State

_NEUTRAL: Final = ("display_name", "color", "order", "description")
"""Words of an owner's look that others are shown; what else he has said is his own."""


class Rows:
    """Queries for them."""

    def __init__(self, state: State) -> None:
        self.collection, self.share = state.collection, state.share
        self._mine, self._theirs = state.look.alias("mine"), state.look.alias("theirs")

    def own(self, who: PrincipalId) -> sa.Select[Any]:
        """All collections, to be narrowed; `is_sharee` says whether anybody shares anything with him."""
        table, share = self.collection, self.share
        of_it = sa.exists(sa.select(sa.literal(1)).where(share.c.collection_id == table.c.id))
        with_him = sa.exists(sa.select(sa.literal(1)).select_from(share).where(share.c.principal == who))
        return sa.select(
            table,
            self._mine.c.words,
            sa.literal("").label("access"),
            sa.literal("").label("owner_words"),
            sa.case((of_it, 1), else_=0).label("is_offered"),
            sa.case((with_him, 1), else_=0).label("is_sharee"),
        ).select_from(table.outerjoin(self._mine, self._said(self._mine, who)))

    def lent(self, who: PrincipalId, view: str | None = None) -> sa.Select[Any]:
        """What others share with him, all of it or that of one name."""
        table, share = self.collection, self.share
        columns = [column for column in table.c if column.name != "view"]
        wanted = (
            sa.select(
                share.c.view,
                *columns,
                self._mine.c.words,
                share.c.access,
                self._theirs.c.words.label("owner_words"),
                sa.literal(0).label("is_offered"),
            )
            .select_from(
                share.join(table, table.c.id == share.c.collection_id)
                .outerjoin(self._mine, self._said(self._mine, who))
                .outerjoin(self._theirs, self._said(self._theirs, table.c.principal))
            )
            .where(share.c.principal == who, share.c.standing != Standing.DECLINED.value)
        )
        return wanted if view is None else wanted.where(share.c.view == view)

    def delegated(self, who: PrincipalId, owner: PrincipalId, access: Access) -> sa.Select[Any]:
        """All collections as one sees them who acts for `owner`, to be narrowed."""
        table = self.collection
        return sa.select(
            table,
            self._mine.c.words,
            sa.literal(access.value).label("access"),
            self._theirs.c.words.label("owner_words"),
            sa.literal(0).label("is_offered"),
        ).select_from(
            table.outerjoin(self._mine, self._said(self._mine, who)).outerjoin(
                self._theirs, self._said(self._theirs, owner)
            )
        )

    def _said(self, look: sa.FromClause, principal: Any) -> sa.ColumnElement[bool]:
        return sa.and_(look.c.collection_id == self.collection.c.id, look.c.principal == principal, look.c.uid == 0)


def looks_of(row: AnyRow) -> tuple[Look, Look]:
    """How a collection is shown, and what of that the principal has said himself; in whose zone its times float is its
    owner's word until he says otherwise.
    """
    mine = read_look(row.words)
    if not row.owner_words:
        return mine, mine
    theirs = read_look(row.owner_words)
    zone = {"timezone": theirs["timezone"]} if "timezone" in theirs else {}
    return {**{word: theirs[word] for word in _NEUTRAL if word in theirs}, **mine}, {**zone, **mine}
