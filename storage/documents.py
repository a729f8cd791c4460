"""Writes of documents, whoever keeps them: each goes to the CRM's side or to the gateway's own, a move may cross.

A move or copy between two collections that show the same kind of row changes only where the row is seen, by
placement against the views' filters: its identity, document and history stay (the row is not touched). Between all
others it is a new thing with the same document on the one side, and on the other, for a move, what the view says a
delete is. Either way it is one transaction.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from gateway.core.changes import Written
from gateway.core.errors import NoPermission, NotFound, PreconditionFailed, UidConflict, UnsupportedContent
from gateway.core.ids import UID, CollectionId, EntityKey, ETag, Href
from gateway.core.keeping import Placing
from gateway.core.model import LIST_EXTENSION, Collection, Condition, Principal, Right, Section
from gateway.core.store import Decide, Draft
from gateway.formats import read_draft
from gateway.formats.drafts import LIST
from storage.attachments import Attachments
from storage.collection_locks import CollectionLocks
from storage.crm.bound import BoundEntity, BoundView
from storage.crm.forms.fixed import Constant
from storage.crm.users import Users
from storage.database import Unit
from storage.indexer import Given, Indexer
from storage.keeping import DOCUMENT, Keeping, check_uid
from storage.scheduling import Scheduling
from storage.state.looks import Looks
from storage.writing import Writing

Place = tuple[BoundView, Collection]


class Documents:
    """Puts, deletes, copies and moves of cards, events, tasks and journals."""

    def __init__(self, indexer: Indexer, writing: Writing, attachments: Attachments) -> None:
        self.indexer, self.state = indexer, indexer.state
        self.writing, self.keeping = writing, Keeping(indexer)
        self.scheduling = Scheduling(self.keeping, Users(indexer.crm.users))
        self.looks, self.attachments = Looks(indexer.state), attachments
        self.locks = CollectionLocks(indexer)

    def put(
        self, unit: Unit, place: Place, who: Principal, href: Href, draft: Draft, when: Condition, decide: Decide
    ) -> Written:
        """See `Store.put`."""
        bound, collection = place
        if draft.document.name.upper() == LIST and not href.endswith(LIST_EXTENSION):
            # A list is told from a card by its name alone, in listings that have no content.
            href = Href(href.removesuffix(".vcf") + LIST_EXTENSION)
        self.locks.guard(unit.connection, collection, who, href, when)
        if self._is_kept(unit.connection, place, href) or self._is_to_be_kept(unit.connection, place, href, draft):
            written = self.scheduling.put(unit, collection, who, href, draft, when)
        else:
            self._check_tag(when)
            before = self._content(unit.connection, collection.id, href) if self.scheduling.tells(draft) else b""
            written = self.writing.put(unit, bound, collection, who, href, draft, when, decide)
            self.scheduling.tell_invited(unit.connection, before, draft, who)
        standing = self._standing(unit.connection, collection.id, written.href)
        if standing is not None and collection.name.section is Section.CALENDARS:
            self.attachments.follow(unit.connection, standing[4], draft.content, who)
        self.locks.guard_again(unit.connection, collection, who, href, when, is_member=written.is_new)
        return written

    def delete(self, unit: Unit, place: Place, who: Principal, href: Href, when: Condition, decide: Decide) -> None:
        """See `Store.delete`."""
        bound, collection = place
        is_any = self.locks.guard(unit.connection, collection, who, href, when, is_removal=True)
        if self._is_kept(unit.connection, place, href):
            self.scheduling.delete(unit, collection, who, href, when)
        else:
            self._check_tag(when)
            self.writing.delete(unit, bound, collection, who, href, when, decide)
        self.locks.guard_again(unit.connection, collection, who, href, when, is_member=True)
        if is_any:
            self.locks.forget(unit.connection, collection, href)

    def place(self, unit: Unit, source: Place, target: Place, who: Principal, how: Placing, decide: Decide) -> Written:
        """See `KeepsDocuments.place`."""
        connection = unit.connection
        here, there = source[1], target[1]
        standing = self._standing(connection, here.id, how.href)
        if not how.when.holds(None if standing is None else standing[2]):
            raise PreconditionFailed("It has been changed meanwhile.")
        if standing is None:
            raise NotFound("There is no such item.")
        if here.is_schedule_inbox:
            raise NoPermission("Messages are not moved out of the inbox: delete what you have read.")
        is_invited = self.scheduling.is_one(connection, standing[4])
        if here.shape is not there.shape:
            raise UnsupportedContent("That collection does not hold such things.")
        if Right.CREATE not in there.rights:
            raise NoPermission("You may read that collection but not add to it.", Right.CREATE)
        if how.is_move and Right.REMOVE not in here.rights:
            raise NoPermission("Items are not moved out of this collection.", Right.REMOVE)
        is_any = self._guard(connection, here, there, who, how)
        is_replaced = self._clear(unit, target, who, how, decide)
        entity, key, _, uid, _ = standing
        if entity == DOCUMENT and how.is_move and (self._holds_kept(target) or is_invited):
            self._check_name(connection, here, there, key, how)
            self.keeping.move(unit, here, how.href, there, how.new_href)
        elif target[0].entity is not None and entity == target[0].entity.name:
            self._show(unit, source, target, target[0].entity, key, how)
        else:
            self._cross(unit, source, target, who, how, decide)
        landed = self._standing(connection, there.id, how.new_href)
        if landed is None:
            raise NoPermission("It would not be shown there.")
        self.looks.carry(connection, (here.id, uid), (there.id, landed[3]))
        self.locks.guard_again(connection, there, who, how.new_href, how.when, is_member=not is_replaced)
        if how.is_move:
            self.locks.guard_again(connection, here, who, how.href, how.when, is_member=True)
        if how.is_move and is_any:
            # RFC 4918 §7.6: a lock does not move along.
            self.locks.forget(connection, here, how.href)
        return Written(how.new_href, landed[2], not is_replaced, True)

    def _guard(self, connection: Connection, here: Collection, there: Collection, who: Principal, how: Placing) -> bool:
        """Raises Locked; whether there are locks where it comes from."""
        self.locks.guard(connection, there, who, how.new_href, how.when)
        return how.is_move and self.locks.guard(connection, here, who, how.href, how.when, is_removal=True)

    def _clear(self, unit: Unit, target: Place, who: Principal, how: Placing, decide: Decide) -> bool:
        """Make the new name free; whether something stood there."""
        if how.source == how.target and how.href == how.new_href:
            raise NoPermission("It is there already.")
        if self._standing(unit.connection, target[1].id, how.new_href) is None:
            return False
        if not how.may_replace:
            raise PreconditionFailed("Something of that name is there already.")
        self.delete(unit, target, who, how.new_href, Condition(tokens=how.when.tokens), decide)
        return True

    def _show(
        self, unit: Unit, source: Place, target: Place, entity: BoundEntity, key: EntityKey, how: Placing
    ) -> None:
        """Have a row seen in the target under its new name, and for a move no longer in the source."""
        here, there = source[1].id, target[1].id
        connection, value = unit.connection, entity.key_value(key)
        self.indexer.rows.lock(connection, entity, value)
        known = self.indexer.index.known(connection, entity.name, [key])[key]
        held = known.entries.get(there)
        if held is not None:
            if not how.is_move:
                raise UidConflict("It is there already, under another name.", held[1])
            self._set(unit, there, entity, key, is_in=False)
            self.indexer.refresh(unit, entity, [value], required=there)
        self._set(unit, there, entity, key, is_in=True)
        if how.is_move and here != there:
            self._set(unit, here, entity, key, is_in=False)
        given = Given(known.object_uid, known.residue, known.overflow, {there: how.new_href})
        self.indexer.refresh(unit, entity, [value], {key: given}, required=there)

    def _set(self, unit: Unit, collection: CollectionId, entity: BoundEntity, key: EntityKey, *, is_in: bool) -> None:
        """Have a row stand in a collection or not: by its filter where that says so, else against it."""
        placements, connection = self.writing.placements, unit.connection
        placements.clear(connection, collection, entity.name, [key])
        members = self.indexer.membership.of(connection, entity, [entity.key_value(key)])
        if (collection in members.get(key, frozenset())) is not is_in:
            placements.set(connection, collection, entity.name, [key], is_in=is_in)

    def _cross(self, unit: Unit, source: Place, target: Place, who: Principal, how: Placing, decide: Decide) -> None:
        """The same document as a new thing, and for a move without the old one."""
        draft = read_draft(target[1].shape, self._content(unit.connection, source[1].id, how.href))
        if how.is_move and how.source == how.target:
            self.delete(unit, source, who, how.href, how.when, decide)
            self.put(unit, target, who, how.new_href, draft, Condition(must_be_new=True), decide)
            return
        self.put(unit, target, who, how.new_href, draft, Condition(must_be_new=True), decide)
        if how.is_move:
            self.delete(unit, source, who, how.href, how.when, decide)

    def _check_name(
        self, connection: Connection, here: Collection, there: Collection, key: EntityKey, how: Placing
    ) -> None:
        if here.id != there.id:
            known = self.indexer.index.known(connection, DOCUMENT, [key])[key]
            check_uid(self.indexer, connection, there.id, known.object_uid, how.new_href)

    def _is_kept(self, connection: Connection, place: Place, href: Href) -> bool:
        """Whether the gateway keeps what is (to be) under this name."""
        if self._holds_kept(place):
            return True
        standing = self._standing(connection, place[1].id, href)
        return standing is not None and standing[0] == DOCUMENT

    def _is_to_be_kept(self, connection: Connection, place: Place, href: Href, draft: Draft) -> bool:
        """Whether a new document is none of the CRM's: a group of contacts where the mapping has no rows for groups."""
        entity = place[0].entity
        if not draft.is_group or entity is None or self._standing(connection, place[1].id, href) is not None:
            return False
        kind = entity.forms.get("kind")
        return kind is None or (isinstance(kind, Constant) and kind.value != "group")

    @staticmethod
    def _holds_kept(place: Place) -> bool:
        return place[0].entity is None

    def _standing(
        self, connection: Connection, collection: CollectionId, href: Href
    ) -> tuple[str, EntityKey, ETag, UID, int] | None:
        entry, resource = self.state.entry, self.state.resource
        wanted = (
            sa.select(resource.c.entity, resource.c.row_key, resource.c.etag, entry.c.uid, resource.c.id)
            .select_from(entry.join(resource, resource.c.id == entry.c.resource_id))
            .where(entry.c.collection_id == collection, entry.c.href == href)
        )
        row = connection.execute(wanted).first()
        return None if row is None else (row[0], EntityKey(row[1]), ETag(row[2]), UID(row[3]), int(row[4]))

    @staticmethod
    def _check_tag(when: Condition) -> None:
        # RFC 6638 §8.3: the CRM's meetings have no schedule tag, so none can match.
        if when.schedule_tag is not None:
            raise PreconditionFailed("This has no schedule tag.")

    def _content(self, connection: Connection, collection: CollectionId, href: Href) -> bytes:
        entry, resource = self.state.entry, self.state.resource
        wanted = (
            sa.select(resource.c.content)
            .select_from(entry.join(resource, resource.c.id == entry.c.resource_id))
            .where(entry.c.collection_id == collection, entry.c.href == href)
        )
        return bytes(connection.execute(wanted).scalar() or b"")
