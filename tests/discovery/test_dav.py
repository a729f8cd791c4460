"""The well-known addresses."""

import pytest

from protocols.discovery.dav import location


@pytest.mark.parametrize("path", ["/.well-known/caldav", "/.well-known/carddav", "/.well-known/caldav/"])
def test_well_known_addresses_lead_to_the_root(path: str) -> None:
    assert location(path) == "/dav/"


@pytest.mark.parametrize(
    "path", ["/", "/dav/", "/.well-known/", "/.well-known/caldav/x", "//evil.example/.well-known/caldav"]
)
def test_nothing_else_is_redirected(path: str) -> None:
    assert location(path) is None
