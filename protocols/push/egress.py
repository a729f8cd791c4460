"""The one way out to an address that a client has named: no private network, no redirect, no patience.

Every address that a name has is looked at, and the connection goes to one of those looked at, so a name that means
something else a moment later gains nothing. IPv6 forms that hold an IPv4 address are what they hold. Nothing of an
answer is used but its status.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.formats.web_push import is_public, is_sound

TIMEOUT: Final = 10.0


class NotAllowed(OSError):
    """An address nobody may have us write to."""


class _Resolver(AbstractResolver):
    """Names by the system's resolver, all or nothing: one address that is not public spoils the name."""

    def __init__(self, *, is_private: bool) -> None:
        self._is_private = is_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        made: list[ResolveResult] = []
        for kind, _, protocol, _, address in found:
            if not self._is_private and not is_public(str(address[0])):
                raise NotAllowed(f"{host} is on a private network")
            made.append(
                ResolveResult(
                    hostname=host, host=str(address[0]), port=port, family=kind, proto=protocol,
                    flags=socket.AI_NUMERICHOST,
                )
            )  # fmt: skip
        return made

    async def close(self) -> None:
        """Nothing is held."""


class Egress:
    """Posts to push services."""

    def __init__(self, *, is_private: bool = False) -> None:
        """`is_private`: networks of one's own are allowed."""
        self._is_private = is_private
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer. Raises OSError, TimeoutError, and NotAllowed where nothing was sent."""
        if not is_sound(url, is_private=self._is_private):
            raise NotAllowed("this is no address to write to")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_Resolver(is_private=self._is_private), use_dns_cache=False, limit=20, limit_per_host=4
                ),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT),
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return answer.status
        except aiohttp.ClientConnectorError as fault:
            raise fault.os_error from fault
        except (aiohttp.ClientError, ValueError) as fault:
            raise OSError(str(fault)) from fault

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
