"""Fixtures for the tests of whole flows."""

from __future__ import annotations

from tests.flows.shells import company

__all__ = ["company"]
