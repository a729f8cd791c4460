"""Fixtures for all tests."""

from __future__ import annotations

from tests.crm import (
    anna_principal,
    ben_principal,
    edits,
    opened,
    opened_everywhere,
    sample,
    sample_template,
    template,
)
from tests.databases import database_url, mariadb_server, mariadb_url, postgresql_server, postgresql_url, sqlite_url

__all__ = [
    "anna_principal",
    "ben_principal",
    "database_url",
    "edits",
    "mariadb_server",
    "mariadb_url",
    "opened",
    "opened_everywhere",
    "postgresql_server",
    "postgresql_url",
    "sample",
    "sample_template",
    "sqlite_url",
    "template",
]
