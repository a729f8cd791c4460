"""Fixtures of the store tests: the reference CRM on every product, and its two users."""

from __future__ import annotations

import pytest

from gateway.core.model import Principal
from gateway.edits import Edits
from storage.opened import Opened
from tests.crm import principal


@pytest.fixture
def store(opened_everywhere: Opened) -> Opened:
    return opened_everywhere


@pytest.fixture
def anna(store: Opened) -> Principal:
    return principal(store, "anna")


@pytest.fixture
def ben(store: Opened) -> Principal:
    return principal(store, "ben")


@pytest.fixture
def writes(store: Opened) -> Edits:
    return Edits(store.store)
