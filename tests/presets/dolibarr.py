"""Dolibarr's sample company behind its preset, with a site's own custom fields, served by HTTP and IMAP."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from tests.presets.dumps import installed
from tests.presets.served import Served, served

SITE = """
extends = "dolibarr"
crm.zone = "Europe/Berlin"
entity.contact.custom.X-CUSTOMER-NUMBER = "customer_number"
entity.contact.custom.X-SEGMENT = { column = "segment", values = { A = "A-Kunde", B = "B-Kunde", C = "C-Kunde" } }
"""
"""What a site says of itself: the zone of its server, and its custom fields."""


@contextlib.contextmanager
def dolibarr(server: sa.URL, place: Path) -> Iterator[Served]:
    """The sample, installed and served."""
    with installed("dolibarr", server, SITE, place) as opened, served(opened) as gateway:
        yield gateway
