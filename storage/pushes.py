"""Registrations for pushes: kept with their ends, read when collections have moved, dropped when they lead nowhere.

Each remembers the modseq that its client has been told of or need not be, so a push is sent when there is something to
hear and not otherwise. Whoever does not see a collection any more hears nothing of it. The key pair by which push
services know the gateway is made once for each CRM.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.engine import Connection

from gateway.core.errors import InvalidContent, NotFound, TooLarge
from gateway.core.ids import CollectionId, Epoch, ModSeq, PrincipalId, SyncToken
from gateway.core.model import Collection, Principal, PushOffer
from gateway.core.pushing import DuePush, PushRegistration, PushTarget
from gateway.formats.web_push import has_sound_keys, is_sound
from storage.crm.users import Users
from storage.database import Database, Unit
from storage.locking import locked
from storage.state.collections import Collections

DAY: Final = 86_400
USUAL: Final = 7 * DAY
LONGEST: Final = 21 * DAY
MOST: Final = 300
"""Registrations of one principal."""
_KEY: Final = "vapid"


class Pushes:
    """Of one CRM."""

    def __init__(self, database: Database, collections: Collections, users: Users) -> None:
        self._database, self._collections, self._users = database, collections, users
        self._state = collections.state
        self.table = self._state.push
        self._is_private = False
        self.private_key = b""
        """In PEM; empty while there are no pushes."""

    def offer(self, *, is_private: bool = False) -> None:
        """Make or read the key pair, and let every collection say that it can be heard of.

        `is_private`: push services may be in networks of one's own.
        """
        self._is_private = is_private
        pem = self._database.write_now(self._keep_key)
        private = serialization.load_pem_private_key(pem.encode(), None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise TypeError("the key of pushes is of another kind")
        public = private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.private_key = pem.encode()
        key, seed = _base64url(public), hashlib.sha256(self.private_key).digest()

        def offered(collection: CollectionId) -> PushOffer:
            named = hmac.new(seed, str(collection).encode(), hashlib.sha256).digest()[:18]
            return PushOffer(_base64url(named), key)

        self._collections.push = offered

    def _keep_key(self, unit: Unit) -> str:
        table = self._state.secret
        held = unit.connection.execute(locked(sa.select(table.c.value).where(table.c.name == _KEY), table)).scalar()
        if held is not None:
            return str(held)
        pem = (
            ec.generate_private_key(ec.SECP256R1())
            .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            .decode()
        )
        unit.connection.execute(sa.insert(table).values(name=_KEY, value=pem))
        return pem

    def register(
        self, unit: Unit, collection: Collection, who: Principal, target: PushTarget, expires: int | None
    ) -> PushRegistration:
        """See `KeepsPushes`."""
        if not is_sound(target.resource, is_private=self._is_private):
            raise InvalidContent("The address of the push service must be https, and none of a private network.")
        if not has_sound_keys(target):
            raise InvalidContent("The subscription's key or secret is none.")
        table, connection, moment = self.table, unit.connection, int(time.time())
        until = min(moment + USUAL if expires is None else expires, moment + LONGEST)
        digest = hashlib.sha256(target.resource.encode()).hexdigest()
        words = msgspec.json.encode([target.resource, target.key, target.secret]).decode()
        mine = sa.and_(
            table.c.collection_id == collection.id, table.c.principal == who.id, table.c.resource_digest == digest
        )
        held = connection.execute(locked(sa.select(table.c.name).where(mine), table)).scalar()
        if held is not None:
            connection.execute(sa.update(table).where(mine).values(words=words, expires=until))
            return PushRegistration(str(held), until, False)
        connection.execute(sa.delete(table).where(table.c.expires < moment))
        count = sa.select(sa.func.count()).where(table.c.principal == who.id)
        if connection.execute(count).scalar_one() >= MOST:
            raise TooLarge(f"At most {MOST} push registrations are kept.", MOST)
        name = secrets.token_urlsafe(24)
        connection.execute(
            sa.insert(table).values(
                name=name, collection_id=collection.id, principal=who.id, resource_digest=digest, words=words,
                expires=until, known=collection.modseq,
            )
        )  # fmt: skip
        return PushRegistration(name, until, True)

    def unregister(self, unit: Unit, who: Principal, name: str) -> None:
        """See `KeepsPushes`."""
        gone = sa.delete(self.table).where(self.table.c.name == name, self.table.c.principal == who.id)
        if not unit.connection.execute(gone).rowcount:
            raise NotFound("There is no such registration.")

    def hush(
        self, unit: Unit, collection: Collection, who: Principal, before: ModSeq, names: Sequence[str] | None
    ) -> None:
        """See `KeepsPushes`."""
        table = self.table
        if collection.modseq != before + 1:
            return  # somebody else has been here, or nothing has happened
        mine = sa.and_(table.c.collection_id == collection.id, table.c.principal == who.id, table.c.known == before)
        wanted = mine if names is None else sa.and_(mine, table.c.name.in_(list(names)))
        unit.connection.execute(sa.update(table).where(wanted).values(known=collection.modseq))

    def due(self, connection: Connection, moved: Iterable[CollectionId]) -> list[DuePush]:
        """What is to be sent now that these have moved."""
        table, collection = self.table, self._state.collection
        wanted = (
            sa.select(table.c.name, table.c.words, table.c.principal, collection)
            .select_from(table.join(collection, collection.c.id == table.c.collection_id))
            .where(
                table.c.collection_id.in_(sorted(moved)),
                table.c.expires > int(time.time()),
                table.c.known < collection.c.modseq,
            )
        )
        seen: dict[str, frozenset[int]] = {}
        found: list[DuePush] = []
        for row in connection.execute(wanted).all():
            if row[2] not in seen:
                seen[row[2]] = self._seen_by(connection, PrincipalId(row[2]))
            if row.id in seen[row[2]] and self._collections.push is not None:
                resource, key, secret = msgspec.json.decode(row[1], type=tuple[str, str, str])
                token = SyncToken(CollectionId(row.id), Epoch(row.epoch), ModSeq(row.modseq))
                topic = self._collections.push(CollectionId(row.id)).topic
                target = PushTarget(resource, key, secret)
                found.append(DuePush(row[0], target, topic, str(token), ModSeq(row.modseq)))
        return found

    def _seen_by(self, connection: Connection, principal: PrincipalId) -> frozenset[int]:
        """The collections a principal sees; none where he may not log in any more."""
        who = self._users.by_key(connection, principal)
        return frozenset() if who is None else frozenset(r.id for r in self._collections.home(connection, who).values())

    def told(self, unit: Unit, push: DuePush) -> None:
        """It has been sent."""
        table = self.table
        reached = sa.and_(table.c.name == push.name, table.c.known < push.modseq)
        unit.connection.execute(sa.update(table).where(reached).values(known=push.modseq))

    def drop(self, unit: Unit, name: str) -> None:
        """It leads nowhere any more."""
        unit.connection.execute(sa.delete(self.table).where(self.table.c.name == name))

    async def due_pushes(self, moved: Iterable[CollectionId]) -> Sequence[DuePush]:
        """What is to be sent now that these have moved. Raises Unavailable."""
        return await self._database.read(lambda connection: self.due(connection, moved))

    async def push_sent(self, push: DuePush) -> None:
        """It has been taken. Raises Unavailable."""
        await self._database.write(lambda unit: self.told(unit, push))

    async def push_failed_for_good(self, name: str) -> None:
        """It leads nowhere any more. Raises Unavailable."""
        await self._database.write(lambda unit: self.drop(unit, name))


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
