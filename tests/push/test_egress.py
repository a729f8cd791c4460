"""Where the gateway writes to when a client says so, and where it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from gateway.core.pushing import PushTarget
from gateway.formats.web_push import has_sound_keys, is_public, is_sound
from protocols.push.egress import Egress, NotAllowed

KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "100.64.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "ff02::1", "nonsense", "",
    ],
)  # fmt: skip
def test_these_are_nobodys_outside(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"])
def test_these_are_the_same_to_all(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://push.example/abc?up=1", True),
        ("https://push.example:8443/abc", True),
        ("https://9.9.9.9/abc", True),
        ("http://push.example/abc", False),
        ("ftp://push.example/abc", False),
        ("https://user@push.example/abc", False),
        ("https://127.0.0.1/abc", False),
        ("https://[::1]/abc", False),
        ("https://[::ffff:127.0.0.1]/abc", False),
        ("https:///abc", False),
        ("https://push.example/a b", False),
        ("https://push.example/\r\nX: y", False),
        ("https://push.example:99999/", False),
        ("https://push.example/" + "a" * 2000, False),
        ("//push.example/", False),
    ],
)
def test_an_address_tells_much_by_itself(url: str, is_taken: bool) -> None:
    assert is_sound(url) is is_taken


@pytest.mark.parametrize(
    ("key", "secret", "is_taken"),
    [
        (KEY, SECRET, True),
        (KEY + "=", SECRET + "==", True),
        (KEY[:10] + "A" + KEY[11:], SECRET, False),
        (KEY[:20], SECRET, False),
        (KEY, SECRET[:5], False),
        (KEY, "!", False),
        ("", "", False),
    ],
)
def test_keys_are_keys(key: str, secret: str, is_taken: bool) -> None:
    assert has_sound_keys(PushTarget("https://push.example/", key, secret)) is is_taken


@pytest.fixture
async def seen() -> AsyncIterator[tuple[str, list[str]]]:
    """A server on this machine that sends everybody elsewhere, and the paths it was asked for."""
    paths: list[str] = []

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        paths.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"localhost:{runner.addresses[0][1]}", paths
    await runner.cleanup()


async def test_a_name_that_leads_home_is_not_followed(seen: tuple[str, list[str]]) -> None:
    host, paths = seen
    egress = Egress()
    for url in (f"https://{host}/a", f"http://{host}/a"):
        with pytest.raises(NotAllowed):
            await egress.post(url, b"", {})
    for name in ("127.1", "0x7f.1", "2130706433"):
        with pytest.raises(OSError, match=r".+"):
            await egress.post(f"https://{host.replace('localhost', name)}/a", b"", {})
    await egress.close()
    assert paths == []


async def test_a_redirect_is_not_followed(seen: tuple[str, list[str]]) -> None:
    host, paths = seen
    egress = Egress(is_private=True)
    assert await egress.post(f"http://{host}/a", b"x", {}) == 307
    await egress.close()
    assert paths == ["/a"]


async def test_nobody_there_is_an_error_like_others() -> None:
    egress = Egress(is_private=True)
    with pytest.raises(OSError, match=r".+"):
        await egress.post("http://127.0.0.1:9/", b"", {})
    await egress.close()
