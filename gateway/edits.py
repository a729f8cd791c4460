"""The one way in for a write: access, read, rules, store.

Protocols hand over bytes and conditions; nothing else calls the store's writing side. The content is read for form
before a transaction is opened; the rules run inside it, on what the client really changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from collections.abc import Collection as Some
from dataclasses import replace
from typing import Final

from gateway.core.attachments import KeptFile
from gateway.core.changes import Written
from gateway.core.errors import TooLarge, UnsupportedContent
from gateway.core.files import Carrying, FilePath, FileWritten
from gateway.core.ids import UID, Href, ModSeq, PrincipalId
from gateway.core.keeping import FullStore, Look, LookChange, Placing, Spot
from gateway.core.limits import ATTACHMENT_LARGEST, DOCUMENT_LARGEST, MESSAGE_LARGEST
from gateway.core.locks import Lock, Lockable, LockMade, LockWish
from gateway.core.mail import Appended, Copied, Flagged, FlagMode, Flags
from gateway.core.mail_more import Incoming
from gateway.core.model import UNCONDITIONAL, CollectionName, Condition, Principal, Role, Shape
from gateway.core.pushing import PushRegistration, PushTarget
from gateway.core.sharing import Access, Offer
from gateway.core.store import Decide, Draft
from gateway.formats import json, read_draft
from gateway.rules.chain import decide as decide_by_chain

LARGE: Final = 64 * 1024
"""Bytes from which reading a document would keep others waiting: it goes to a thread."""

_JSON: Final = (json.JCARD, json.JCAL)
_MEDIA: Final = {
    Shape.CARD: ("text/vcard", "text/x-vcard", "text/directory", "text/x-vlist", json.JCARD),
    Shape.EVENT: ("text/calendar", json.JCAL),
    Shape.TASK: ("text/calendar", json.JCAL),
    Shape.JOURNAL: ("text/calendar", json.JCAL),
}


def _draft(shape: Shape, content: bytes, media: str) -> Draft:
    return read_draft(shape, json.read(content, media) if media in _JSON else content)


class Edits:
    """Writes for every protocol."""

    def __init__(self, store: FullStore, decide: Decide = decide_by_chain) -> None:
        self._store, self._decide = store, decide

    async def put(
        self,
        who: Principal,
        name: CollectionName,
        href: Href,
        content_type: str,
        content: bytes,
        when: Condition,
    ) -> Written:
        """Create or change one resource. `content_type` may have parameters, and may be empty: then the content tells.

        Raises what `Store.put` raises, and InvalidContent, UnsupportedContent, TooLarge.
        """
        collection = await self._store.collection(who, name)
        if len(content) > DOCUMENT_LARGEST:
            raise TooLarge(f"At most {DOCUMENT_LARGEST} bytes are taken.", DOCUMENT_LARGEST)
        media = content_type.partition(";")[0].strip().lower()
        if media and media not in _MEDIA.get(collection.shape, ()) and media != "application/octet-stream":
            raise UnsupportedContent(f"This collection does not hold {media}.")
        if len(content) > LARGE:
            draft = await asyncio.to_thread(_draft, collection.shape, content, media)
        else:
            draft = _draft(collection.shape, content, media)
        written = await self._store.put(who, name, href, draft, when, self._decide)
        # What came as JSON is served as text.
        return replace(written, is_verbatim=False) if media in _JSON else written

    async def delete(self, who: Principal, name: CollectionName, href: Href, when: Condition) -> None:
        """Remove one resource. Raises what `Store.delete` raises."""
        await self._store.delete(who, name, href, when, self._decide)

    async def create_collection(self, who: Principal, name: CollectionName, shape: Shape, look: Look) -> None:
        """A collection of the principal's own. Raises what `KeepsDocuments.create_collection` raises."""
        await self._store.create_collection(who, name, shape, look)

    async def delete_collection(self, who: Principal, name: CollectionName, when: Condition = UNCONDITIONAL) -> None:
        """Take away a collection of the principal's own. Raises NotFound, NoPermission, Locked."""
        await self._store.delete_collection(who, name, when)

    async def rename_collection(
        self, who: Principal, old: CollectionName, new: CollectionName, when: Condition = UNCONDITIONAL
    ) -> None:
        """Another name for a collection of the principal's own. Raises what `KeepsDocuments.rename_collection` raises."""
        await self._store.rename_collection(who, old, new, when)

    async def place(self, who: Principal, placing: Placing) -> Written:
        """Copy or move one resource. Raises what `KeepsDocuments.place` raises."""
        return await self._store.place(who, placing, self._decide)

    async def change_look(
        self,
        who: Principal,
        name: CollectionName,
        href: Href | None,
        change: LookChange,
        when: Condition = UNCONDITIONAL,
    ) -> None:
        """Say something of a resource or (None) of a collection. Raises NotFound, TooLarge, InvalidContent, Locked."""
        await self._store.change_look(who, name, href, change, when)

    async def change_spot(self, who: Principal, spot: Spot, change: LookChange) -> None:
        """Say something of a fixed spot of the principal's home. Raises TooLarge, InvalidContent."""
        await self._store.change_spot(who, spot, change)

    async def keep_attachment(self, who: Principal, name: str, media_type: str, content: bytes) -> KeptFile:
        """Keep a file that is about to be given to an event. Raises TooLarge."""
        if len(content) > ATTACHMENT_LARGEST:
            raise TooLarge(f"At most {ATTACHMENT_LARGEST} bytes are taken.", ATTACHMENT_LARGEST)
        return await self._store.keep_attachment(who, name, media_type, content)

    async def set_proxies(self, who: Principal, access: Access, people: Some[PrincipalId]) -> None:
        """These act for him so far, and nobody else. Raises NotFound, TooLarge."""
        await self._store.set_proxies(who, access, people)

    async def share(self, who: Principal, name: CollectionName, offers: Sequence[Offer]) -> None:
        """Let people into a collection, or no more. Raises NotFound, NoPermission, TooLarge."""
        await self._store.share(who, name, offers)

    async def reply(self, who: Principal, token: str, *, accepts: bool, summary: str = "") -> CollectionName:
        """Keep a share, or have it go. Raises NotFound, TooLarge."""
        return await self._store.reply(who, token, accepts=accepts, summary=summary)

    async def put_away(self, who: Principal, token: str) -> None:
        """Be told no more of an invitation. Raises NotFound."""
        await self._store.put_away(who, token)

    async def register_push(
        self, who: Principal, name: CollectionName, target: PushTarget, expires: int | None
    ) -> PushRegistration:
        """Have a target hear of a collection. Raises what `KeepsPushes.register_push` raises."""
        return await self._store.register_push(who, name, target, expires)

    async def unregister_push(self, who: Principal, registration: str) -> None:
        """End a registration. Raises NotFound."""
        await self._store.unregister_push(who, registration)

    async def hush_pushes(
        self, who: Principal, name: CollectionName, before: ModSeq, registrations: Sequence[str] | None
    ) -> None:
        """Have these registrations not hear of what has just been done. Raises NotFound."""
        await self._store.hush_pushes(who, name, before, registrations)

    async def write_file(
        self,
        who: Principal,
        path: FilePath,
        content_type: str,
        chunks: AsyncIterator[bytes],
        size: int | None,
        when: Condition,
    ) -> FileWritten:
        """Create or replace a file. Raises what `KeepsFiles.write_file` raises."""
        return await self._store.write_file(who, path, content_type, chunks, size, when)

    async def make_folder(self, who: Principal, path: FilePath, when: Condition) -> None:
        """A new folder. Raises what `KeepsFiles.make_folder` raises."""
        await self._store.make_folder(who, path, when)

    async def delete_tree(self, who: Principal, path: FilePath, when: Condition) -> Sequence[FilePath]:
        """Remove a folder or file; what had to stay. Raises what `KeepsFiles.delete_tree` raises."""
        return await self._store.delete_tree(who, path, when)

    async def carry_file(self, who: Principal, how: Carrying) -> bool:
        """Copy or move a folder or file; whether its target is new. Raises what `KeepsFiles.carry_file` raises."""
        return await self._store.carry_file(who, how)

    async def change_file_look(self, who: Principal, path: FilePath, change: LookChange, when: Condition) -> None:
        """Say something of a folder or file. Raises what `KeepsFiles.change_file_look` raises."""
        await self._store.change_file_look(who, path, change, when)

    async def lock(self, who: Principal, at: Lockable, wish: LockWish, when: Condition) -> LockMade:
        """Lock something. Raises what `KeepsLocks.lock` raises."""
        return await self._store.lock(who, at, wish, when)

    async def refresh_lock(self, who: Principal, at: Lockable, seconds: int, when: Condition) -> Lock:
        """Start a lock's time anew. Raises PreconditionFailed, NoPermission."""
        return await self._store.refresh_lock(who, at, seconds, when)

    async def unlock(self, who: Principal, at: Lockable, token: str) -> None:
        """Take a lock away. Raises NotFound, NoPermission."""
        await self._store.unlock(who, at, token)

    async def append(
        self, who: Principal, name: CollectionName, raw: bytes, flags: Flags, date: int | None
    ) -> Appended:
        """Take a message in. Raises what `KeepsMail.append` raises, and TooLarge."""
        _check_size(len(raw))
        return await self._store.append(who, name, raw, flags, date, self._decide)

    async def append_all(
        self, who: Principal, name: CollectionName, messages: Sequence[Incoming]
    ) -> Sequence[Appended]:
        """Take all of these messages in, or none. Raises what `append` raises."""
        for one in messages:
            _check_size(len(one.raw))
        return await self._store.append_all(who, name, messages, self._decide)

    async def replace(
        self, who: Principal, source: CollectionName, uid: UID, target: CollectionName, message: Incoming
    ) -> Appended | None:
        """Take a message in and remove that one, or neither. Raises what `append` raises."""
        _check_size(len(message.raw))
        return await self._store.replace(who, source, uid, target, message, self._decide)

    async def copy(
        self, who: Principal, source: CollectionName, uids: Sequence[UID], target: CollectionName, *, is_move: bool
    ) -> Copied:
        """Place messages in another mailbox, or move them there."""
        return await self._store.copy(who, source, uids, target, self._decide, is_move=is_move)

    async def expunge(self, who: Principal, name: CollectionName, uids: Sequence[UID] | None) -> Sequence[UID]:
        r"""Remove what is flagged \Deleted."""
        return await self._store.expunge(who, name, uids, self._decide)

    async def flag(
        self,
        who: Principal,
        name: CollectionName,
        uids: Sequence[UID],
        mode: FlagMode,
        flags: Flags,
        unchanged_since: ModSeq | None = None,
    ) -> Flagged:
        """Change flags."""
        return await self._store.flag(who, name, uids, mode, flags, unchanged_since)

    async def create_mailbox(self, who: Principal, name: CollectionName, role: Role = Role.NONE) -> None:
        """A mailbox of the principal's own."""
        await self._store.create_mailbox(who, name, role)

    async def rename_mailbox(self, who: Principal, old: CollectionName, new: CollectionName) -> None:
        """Another name for a mailbox of the principal's own."""
        await self._store.rename_mailbox(who, old, new)

    async def delete_mailbox(self, who: Principal, name: CollectionName) -> None:
        """Take away a mailbox of the principal's own."""
        await self._store.delete_mailbox(who, name)

    async def annotate(self, who: Principal, name: CollectionName | None, changes: Mapping[str, bytes | None]) -> None:
        """Note something on a mailbox, or on the server. Raises what `KeepsAnnotations.annotate` raises."""
        await self._store.annotate(who, name, changes)

    async def subscribe(self, who: Principal, mailbox: str, *, is_on: bool) -> None:
        """Have a mailbox listed among one's own choice, or not."""
        await self._store.subscribe(who, mailbox, is_on=is_on)


def _check_size(size: int) -> None:
    if size > MESSAGE_LARGEST:
        raise TooLarge(f"At most {MESSAGE_LARGEST} bytes are taken.", MESSAGE_LARGEST)
