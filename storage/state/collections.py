"""Collections: the rows that give a view its life for one principal, or for all.

A collection comes to life when its home is first looked at, with a fresh epoch; it is built (its entries indexed)
when it is first opened. Epochs come from one counter that starts at the time of installation, so no two collections
share one and none comes back after the state is lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.ids import UID, CollectionId, Epoch, ModSeq, PrincipalId
from gateway.core.model import SECTION_OF, Collection, CollectionName, Principal, PushOffer, Right, Role, Section, Shape
from gateway.core.sharing import GRANTS, Access
from storage.crm.bound import BoundView
from storage.crm.mapping import View
from storage.database import AnyRow
from storage.state.collection_rows import Rows, looks_of
from storage.state.folders import Folders
from storage.state.schema import State

_EPOCH: Final = "epoch"
PERSONAL: Final = "@"
"""Stands before the name of a mailbox that a user made himself, where others have the name of their view."""
OWN: Final = "+"
"""The same before section and name of a collection of documents."""
INBOX: Final = "!inbox"
"""What stands for a view where scheduling messages come to; everybody has one."""
INBOX_NAME: Final = CollectionName(Section.CALENDARS, "inbox")
_SHAPES: Final = {Section.ADDRESS_BOOKS: Shape.CARD, Section.CALENDARS: Shape.EVENT}
"""What an own collection holds, as far as its section tells; its row knows better."""


class Collections:
    """The collection table, seen with the views it belongs to."""

    def __init__(self, state: State, views: Mapping[str, BoundView]) -> None:
        self.state = state
        self.views = views
        self._rows = Rows(state)
        self.folders = Folders(state, views)
        # Those that are one collection, or one for each user.
        plain = {name: bound for name, bound in views.items() if bound.folders is None}
        self._by_name = {
            CollectionName(SECTION_OF[bound.view.shape], slug_of(bound)): bound for bound in plain.values()
        }
        self._shared = [name for name, bound in plain.items() if bound.view.is_shared]
        self._by_name[INBOX_NAME] = _INBOX
        self.everybodys = {**plain, INBOX: _INBOX}
        """What every principal has, by view: what the mapping says but the mailboxes of records, and the inbox."""
        self.push: Callable[[CollectionId], PushOffer] | None = None
        """What a collection says of how it can be heard of; None where there are no pushes."""

    def view(self, name: CollectionName) -> BoundView:
        """The view behind a name, in whosever home; any other name may be one of a user's own making."""
        bound = self._by_name.get(at_home(name))
        if bound is not None:
            return bound
        if name.section is not Section.MAILBOXES:
            return own(name)
        return self.folders.view(name.slug) or personal(name.slug)

    def is_view(self, name: CollectionName) -> bool:
        """Whether the mapping makes this collection."""
        is_mail = name.section is Section.MAILBOXES
        return at_home(name) in self._by_name or (is_mail and self.folders.view(name.slug) is not None)

    def row(self, connection: Connection, bound: BoundView, who: Principal) -> AnyRow | None:
        """The collection's row, where it lives already; it may be another's, who shares it under this name."""
        table = self.state.collection
        if bound.folders is not None:
            return self.folders.row(connection, self._rows.own(who.id), bound, who)
        wanted = self._rows.own(who.id).where(
            table.c.view == bound.view.name, table.c.principal == owner_of(bound, who.id)
        )
        row = connection.execute(wanted).first()
        if row is None and bound.view.name.startswith(OWN):
            return connection.execute(self._rows.lent(who.id, bound.view.name)).first()
        return row

    def delegated(
        self, connection: Connection, bound: BoundView, who: Principal, owner: PrincipalId, access: Access
    ) -> AnyRow | None:
        """The row of a collection in the home of one for whom the principal acts."""
        table = self.state.collection
        wanted = self._rows.delegated(who.id, owner, access)
        wanted = wanted.where(table.c.view == bound.view.name, table.c.principal == owner_of(bound, owner))
        return connection.execute(wanted).first()

    def home(self, connection: Connection, who: Principal) -> dict[str, AnyRow]:
        """The living collections of a principal's home, by view; those that others share with him among them."""
        table = self.state.collection
        is_his = sa.or_(table.c.principal == who.id, self._is_everybodys())
        found = connection.execute(self._rows.own(who.id).where(is_his)).all()
        living = self._living(found, who.id)
        return living | self.lent(connection, who) if not found or found[0].is_sharee else living

    def lent(self, connection: Connection, who: Principal) -> dict[str, AnyRow]:
        """What others share with him, by the views it has in his home."""
        return {row.view: row for row in connection.execute(self._rows.lent(who.id))}

    def delegated_home(
        self, connection: Connection, who: Principal, owner: PrincipalId, access: Access
    ) -> dict[str, AnyRow]:
        """The same of one for whom the principal acts, without what others share with that one and what is sent to him."""
        table = self.state.collection
        wanted = self._rows.delegated(who.id, owner, access).where(
            sa.or_(table.c.principal == owner, self._is_everybodys())
        )
        return self._living(connection.execute(wanted.where(table.c.view != INBOX)).all(), owner)

    def _is_everybodys(self) -> sa.ColumnElement[bool]:
        table = self.state.collection
        return sa.and_(table.c.principal == "", table.c.view.in_(self._shared))

    def _living(self, rows: Sequence[AnyRow], owner: PrincipalId) -> dict[str, AnyRow]:
        return {
            row.view: row
            for row in rows
            if row.view.startswith((PERSONAL, OWN))
            or (row.view in self.everybodys and row.principal == owner_of(self.everybodys[row.view], owner))
        }

    def own(self, connection: Connection, principal: PrincipalId) -> list[CollectionId]:
        """The collections that are a principal's alone; whoever watches his home watches these."""
        table = self.state.collection
        found = connection.execute(sa.select(table.c.id).where(table.c.principal == principal))
        return [CollectionId(row.id) for row in found]

    def record_folders(self, connection: Connection, who: Principal) -> tuple[list[AnyRow], bool]:
        """The mailboxes of records that a principal is shown, and whether all of them have come to life."""
        return self.folders.rows(connection, self._rows.own(who.id), who)

    def bound(self, view: str) -> BoundView:
        """The view of a row's name."""
        if (folder := self.folders.bound(view)) is not None:
            return folder
        if view.startswith(OWN):
            return own(name_of(view))
        return personal(view.removeprefix(PERSONAL)) if view.startswith(PERSONAL) else self.everybodys[view]

    def create(
        self,
        connection: Connection,
        bounds: Sequence[BoundView],
        principal: PrincipalId,
        shape: Shape | None = None,
        role: Role = Role.NONE,
        title: str | None = None,
    ) -> None:
        """Bring collections to life.

        `shape` where no view says it, `role` that of a mailbox that a user makes himself, `title` of a record's.
        """
        table = self.state.collection
        for bound in bounds:
            epoch = self._next_epoch(connection)
            connection.execute(
                sa.insert(table).values(
                    view=bound.view.name,
                    principal=owner_of(bound, principal),
                    epoch=epoch,
                    modseq=1,
                    uid_next=1,
                    pruned=0,
                    members=0,
                    is_built=0 if bound.entity is not None else 1,
                    shape=None if shape is None else shape.value,
                    role=role.value,
                    title=title,
                )
            )

    def mark_built(self, connection: Connection, collections: Sequence[CollectionId]) -> None:
        """All that these show has been indexed."""
        table = self.state.collection
        for start in range(0, len(collections), 500):
            page = list(collections[start : start + 500])
            connection.execute(sa.update(table).where(table.c.id.in_(page)).values(is_built=1))

    def renew(self, connection: Connection, collection: CollectionId) -> None:
        """A new epoch: clients start afresh, and nothing in the CRM is touched."""
        table = self.state.collection
        connection.execute(sa.update(table).where(table.c.id == collection).values(epoch=self._next_epoch(connection)))

    def _next_epoch(self, connection: Connection) -> Epoch:
        table = self.state.counter
        raised = sa.update(table).where(table.c.name == _EPOCH).values(value=table.c.value + 1)
        if not connection.execute(raised).rowcount:
            connection.execute(sa.insert(table).values(name=_EPOCH, value=int(time.time())))
        return Epoch(connection.execute(sa.select(table.c.value).where(table.c.name == _EPOCH)).scalar_one())

    def seen(self, bound: BoundView, row: AnyRow) -> Collection:
        """The row as protocols know a collection."""
        view = bound.view
        look, own_look = looks_of(row)
        rights = view.rights & GRANTS[Access(row.access)] if row.access else view.rights
        return Collection(
            id=CollectionId(row.id),
            name=CollectionName(SECTION_OF[view.shape], row.title or slug_of(bound)),
            shape=Shape(row.shape) if row.shape else view.shape,
            display_name=look.get("display_name") or row.title or view.display_name,
            role=Role(row.role) if row.role else view.role,
            is_shared=view.is_shared and bound.folders is None,
            rights=rights,
            epoch=Epoch(row.epoch),
            modseq=ModSeq(row.modseq),
            uid_next=UID(row.uid_next),
            count=row.members,
            color=look.get("color", view.color),
            order=_number(look.get("order"), view.order),
            description=look.get("description", ""),
            is_own=view.name.startswith((OWN, PERSONAL)),
            is_mixed=row.shape is None and view.name.startswith(OWN),
            look=own_look,
            is_offered=bool(row.is_offered),
            is_directory=view.is_directory,
            push=None if self.push is None else self.push(CollectionId(row.id)),
        )


def at_home(name: CollectionName) -> CollectionName:
    """The name without whose home it is in."""
    return CollectionName(name.section, name.slug) if name.of else name


def name_of(view: str) -> CollectionName:
    """The name of a collection of documents that a user made himself, from that of its view."""
    section, _, slug = view.removeprefix(OWN).partition("/")
    return CollectionName(Section(section), slug)


def personal(slug: str) -> BoundView:
    """The view of a mailbox that a user made himself: it holds what he puts there."""
    view = View(
        name=PERSONAL + slug,
        entity="",
        shape=Shape.MESSAGE,
        display_name=slug,
        role=Role.NONE,
        filter="",
        is_shared=False,
        rights=Right.WRITER,
        order=1_000,
        color="",
        delete="delete",
    )
    return BoundView(view, None, None, None)


def own(name: CollectionName) -> BoundView:
    """The view of a collection of documents that a user made himself."""
    view = View(
        name=f"{OWN}{name.section.value}/{name.slug}",
        entity="",
        shape=_SHAPES[name.section],
        display_name=name.slug,
        role=Role.NONE,
        filter="",
        is_shared=False,
        rights=Right.WRITER,
        order=1_000,
        color="",
        delete="delete",
    )
    return BoundView(view, None, None, None)


def _inbox() -> BoundView:
    """The view of a schedule inbox (RFC 6638 §2.2): what comes there is read and taken out, and put there by us alone."""
    view = View(
        name=INBOX,
        entity="",
        shape=Shape.EVENT,
        display_name="Inbox",
        role=Role.INBOX,
        filter="",
        is_shared=False,
        rights=Right.READ | Right.REMOVE | Right.FLAG,
        order=2_000,
        color="",
        delete="delete",
    )
    return BoundView(view, None, None, None)


_INBOX: Final = _inbox()


def slug_of(bound: BoundView) -> str:
    """The collection's name in its home: the view's for documents, the shown one for mailboxes."""
    if bound.view.name == INBOX:
        return INBOX_NAME.slug
    if bound.view.name.startswith(OWN):
        return bound.view.display_name
    return bound.view.name if bound.view.shape is not Shape.MESSAGE else bound.view.display_name


def owner_of(bound: BoundView, principal: PrincipalId) -> str:
    """Whose row it is: nobody's for a shared view."""
    return "" if bound.view.is_shared else principal


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.removeprefix("-").isdecimal() else otherwise
