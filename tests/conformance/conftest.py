"""Fixtures for the suites that others have written."""

from __future__ import annotations

from tests.clients.serving import demo

__all__ = ["demo"]
