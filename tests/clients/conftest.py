"""Fixtures for the tests with real client programs."""

from __future__ import annotations

from tests.clients.serving import demo

__all__ = ["demo"]
