"""From a registration to what a push service receives, over real HTTP, read as the client reads it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import http_ece  # type: ignore[import-untyped]
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from py_vapid import Vapid02  # type: ignore[import-untyped]

from gateway.core.model import CollectionName, Section
from protocols.dav.service import Service
from protocols.push.egress import Egress
from protocols.push.sender import Sender
from storage.opened import Opened
from tests.dav.client import Client
from tests.dav.conftest import _client, anna, bob, opened, service, store, template
from tests.dav.documents import an_event

__all__ = ["anna", "bob", "opened", "service", "store", "template"]

CALENDAR = "/dav/calendars/anna/my-calendar/"
PUSH = "{https://bitfire.at/webdav-push}"


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@dataclass
class PushService:
    """A push service that keeps what it gets."""

    port: int = 0
    status: int = 201
    got: asyncio.Queue[tuple[dict[str, str], bytes]] = field(default_factory=asyncio.Queue)
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"0123456789abcdef"

    @property
    def resource(self) -> str:
        return f"http://127.0.0.1:{self.port}/up/abc"

    @property
    def key(self) -> str:
        point = self.private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return base64url(point)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        await self.got.put(({k.lower(): v for k, v in request.headers.items()}, await request.read()))
        return web.Response(status=self.status)

    async def received(self) -> tuple[dict[str, str], etree._Element]:
        """The headers of the next push, and what it says once decrypted."""
        headers, body = await asyncio.wait_for(self.got.get(), 20)
        clear = http_ece.decrypt(body, private_key=self.private, auth_secret=self.secret, version="aes128gcm")
        return headers, etree.fromstring(clear)

    def register(
        self, *, key: str = "client-public-key", trigger: str = "<content-update/>", resource: str = ""
    ) -> str:
        return (
            '<push-register xmlns="https://bitfire.at/webdav-push"><subscription><web-push-subscription>'
            f"<push-resource>{resource or self.resource}</push-resource>"
            f'<content-encoding>aes128gcm</content-encoding><{key} type="p256dh">{self.key}</{key}>'
            f"<auth-secret>{base64url(self.secret)}</auth-secret></web-push-subscription></subscription>"
            f"<trigger>{trigger}</trigger></push-register>"
        )


@pytest.fixture
async def phone() -> AsyncIterator[PushService]:
    made = PushService()
    runner = web.ServerRunner(web.Server(made.handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = int(runner.addresses[0][1])
    yield made
    await runner.cleanup()


@pytest.fixture
async def sending(opened: Opened) -> AsyncIterator[Opened]:
    """A CRM that pushes, also to this machine."""
    opened.store.pushes.offer(is_private=True)
    opened.bus.attach(asyncio.get_running_loop())
    sender = Sender(opened.store.pushes, Egress(is_private=True), "mailto:admin@crm.example", quiet=0.1)
    opened.bus.heard = sender.heard
    running = asyncio.create_task(sender.run())
    yield opened
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def register(client: Client, body: str, path: str = CALENDAR) -> str:
    answer = await client.ask("POST", path, body, content_type="application/xml; charset=utf-8")
    assert answer.status == 204, answer.body
    assert answer.headers["Expires"].endswith("GMT")
    return answer.headers["Location"]


async def put(client: Client, name: str, **headers: str) -> None:
    assert (await client.ask("PUT", CALENDAR + name + ".ics", an_event(name), **headers)).status == 201


async def test_a_change_is_pushed_encrypted_and_signed(sending: Opened, anna: Client, phone: PushService) -> None:
    await register(anna, phone.register())
    await put(anna, "a")
    headers, said = await phone.received()
    found = await anna.propfind(CALENDAR, "D:sync-token")
    assert said.tag == PUSH + "push-message"
    assert said.findtext(f"{PUSH}content-update/{{DAV:}}sync-token") == found.only.text("D:sync-token")
    offer = (await sending.store.collection(anna.who, CollectionName(Section.CALENDARS, "my-calendar"))).push
    assert offer is not None
    assert said.findtext(PUSH + "topic") == offer.topic == headers["topic"]
    assert headers["content-encoding"] == "aes128gcm"
    assert int(headers["ttl"]) > 0
    assert Vapid02.verify(headers["authorization"])
    assert offer.key in headers["authorization"]


async def test_a_collection_says_how_to_hear_of_it(sending: Opened, anna: Client) -> None:
    body = (
        '<D:propfind xmlns:D="DAV:" xmlns:P="https://bitfire.at/webdav-push"><D:prop><P:transports/><P:topic/>'
        "<P:supported-triggers/></D:prop></D:propfind>"
    )
    found = (await anna.ask("PROPFIND", CALENDAR, body, depth="0")).xml
    key = found.find(f".//{PUSH}transports/{PUSH}web-push/{PUSH}vapid-public-key")
    assert key is not None
    assert key.get("type") == "p256ecdsa"
    assert found.findtext(f".//{PUSH}topic")
    assert found.findtext(f".//{PUSH}supported-triggers/{PUSH}content-update/{{DAV:}}sync-level") == "1"
    assert "webdav-push" in (await anna.ask("OPTIONS", CALENDAR)).headers["DAV"]


@pytest.mark.parametrize(
    ("key", "trigger"), [("subscription-public-key", ""), ("client-public-key", "<content-update/>")]
)
async def test_clients_of_either_spelling_are_heard(
    sending: Opened, anna: Client, phone: PushService, key: str, trigger: str
) -> None:
    await register(anna, phone.register(key=key, trigger=trigger))
    await put(anna, "a")
    await phone.received()


async def test_who_registers_again_is_registered_once(sending: Opened, anna: Client, phone: PushService) -> None:
    first = await register(anna, phone.register())
    assert await register(anna, phone.register()) == first
    await put(anna, "a")
    await phone.received()
    assert phone.got.empty()


async def test_who_made_a_change_need_not_hear_of_it(sending: Opened, anna: Client, phone: PushService) -> None:
    url = await register(anna, phone.register())
    await put(anna, "a", push_dont_notify=f'"http://any.host{url}"')
    await put(anna, "b", push_dont_notify="*")
    await put(anna, "c", push_dont_notify='"/dav/push/of-somebody-else"')
    _, said = await phone.received()
    token = said.findtext(f"{PUSH}content-update/{{DAV:}}sync-token")
    assert token == (await anna.propfind(CALENDAR, "D:sync-token")).only.text("D:sync-token")
    assert phone.got.empty()


async def test_a_registration_is_ended_by_its_owner_alone(
    sending: Opened, anna: Client, bob: Client, phone: PushService
) -> None:
    url = await register(anna, phone.register())
    assert (await bob.ask("DELETE", url)).status == 404
    assert (await anna.ask("DELETE", url)).status == 204
    assert (await anna.ask("DELETE", url)).status == 404
    other = await register(anna, phone.register(), "/dav/calendars/anna/my-tasks/")
    await put(anna, "a")
    assert other != url
    await asyncio.sleep(1.5)
    assert phone.got.empty()


async def test_a_subscription_that_is_gone_is_forgotten(sending: Opened, anna: Client, phone: PushService) -> None:
    url = await register(anna, phone.register())
    phone.status = 410
    await put(anna, "a")
    await phone.received()
    for _ in range(100):
        if (await anna.ask("DELETE", url)).status == 404:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it is kept")


async def test_nobody_registers_for_what_he_does_not_see(sending: Opened, bob: Client, phone: PushService) -> None:
    answer = await bob.ask("POST", CALENDAR, phone.register(), content_type="application/xml")
    assert answer.status == 404


@pytest.mark.parametrize(
    ("before", "after", "precondition"),
    [
        ("push-resource>http://127.0.0.1", "push-resource>ftp://127.0.0.1", "invalid-subscription"),
        ("aes128gcm", "aesgcm", "invalid-subscription"),
        ("auth-secret>", "other-secret>", "invalid-subscription"),
        ("web-push-subscription>", "other-subscription>", "invalid-subscription"),
        ("<content-update/>", "<property-update/>", "no-supported-trigger"),
    ],
)
async def test_what_cannot_be_pushed_to_is_refused(
    sending: Opened, anna: Client, phone: PushService, before: str, after: str, precondition: str
) -> None:
    body = phone.register().replace(before, after)
    answer = await anna.ask("POST", CALENDAR, body, content_type="application/xml")
    assert answer.status == 403
    assert answer.xml.find(PUSH + precondition) is not None


async def test_where_networks_of_ones_own_are_not_allowed_nobody_registers_one(
    opened: Opened, service: Service, phone: PushService
) -> None:
    opened.store.pushes.offer()
    client = _client(opened, service, "anna")
    answer = await client.ask("POST", CALENDAR, phone.register(), content_type="application/xml")
    assert answer.xml.find(PUSH + "invalid-subscription") is not None


async def test_without_pushes_nothing_is_said_of_them(anna: Client, phone: PushService) -> None:
    answer = await anna.ask("POST", CALENDAR, phone.register(), content_type="application/xml")
    assert answer.status == 403
    assert answer.xml.find(PUSH + "push-not-available") is not None
    assert "webdav-push" not in (await anna.ask("OPTIONS", CALENDAR)).headers["DAV"]
