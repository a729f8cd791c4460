"""Fixtures for all tests."""

from __future__ import annotations

from tests.databases import database_url, mariadb_server, mariadb_url, postgresql_server, postgresql_url, sqlite_url

__all__ = ["database_url", "mariadb_server", "mariadb_url", "postgresql_server", "postgresql_url", "sqlite_url"]
