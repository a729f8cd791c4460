"""How many connections there may be, and what an address is counted by. Pure."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Caps:
    """How many connections there may be."""

    per_address: int = 50
    """From one address (a /64 of IPv6). This machine itself is not counted: proxies connect from there."""
    unauthenticated: int = 200
    """Not logged in, over all addresses; beyond it the one that has waited longest goes."""


class Counted:
    """Connections by network."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_network: Counter[str] = Counter()

    def enter(self, network: str) -> bool:
        """One more; False, and nothing is counted, where there are enough. The empty network is not counted."""
        if network and self._by_network[network] >= self._most:
            return False
        self._by_network[network] += 1
        return True

    def leave(self, network: str) -> None:
        """One less."""
        self._by_network[network] -= 1
        if self._by_network[network] <= 0:
            del self._by_network[network]


def network_of(host: str) -> str:
    """What an address is counted by; empty for this machine itself."""
    address = parsed(host)
    if address is None:
        return host
    if address.is_loopback:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def is_within(host: str, networks: Iterable[Network]) -> bool:
    """Whether an address is of one of these networks."""
    address = parsed(host)
    return address is not None and any(address in network for network in networks)


def parsed(host: str) -> Address | None:
    """An address; one of IPv4 that is written as IPv6 is one of IPv4."""
    try:
        address: Address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
