"""A CRM with a few rows on each product, the gateway serving it, and the product's own shell to type SQL into.

The rows are typed in too, before the gateway is first started: nothing here knows the gateway's code but `make_crm`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.clients.serving import Served, completed, needs, serving
from tests.crm import make_crm

ROWS = """
INSERT INTO companies (name, owner_id) VALUES ('Quist AB', 1), ('Berg AB', 1);
INSERT INTO contacts (first_name, last_name, email, company_id, owner_id) VALUES
  ('Dora', 'Quist', 'dora@quist.example', 1, 1), ('Carl', 'Quist', 'carl@quist.example', 1, 1),
  ('Nils', 'Berg', 'nils@berg.example', 2, 1);
INSERT INTO emails (message_id, direction, status, subject, from_address, from_name, sent_at, body_text, owner_id) VALUES
  ('<1@quist.example>', 'in', 'received', 'Offer', 'dora@quist.example', 'Dora Quist', '2026-06-01 10:00:00', 'Hello', 1),
  ('<2@quist.example>', 'in', 'received', 'Thanks', 'carl@quist.example', 'Carl Quist', '2026-06-02 10:00:00', 'Bye', 1);
INSERT INTO email_addresses (email_id, kind, address) VALUES (1, 'to', 'anna@crm.example'), (2, 'to', 'anna@crm.example');
INSERT INTO meetings (subject, starts_at, ends_at, timezone, owner_id) VALUES
  ('Kick-off', '2026-06-17 09:00:00', '2026-06-17 10:00:00', 'Europe/Berlin', 1);
INSERT INTO tasks (subject, due_date, owner_id) VALUES ('Order chairs', '2026-06-20', 1);
"""

TABLES = ("collection", "resource", "message", "entry", "tombstone", "flag", "placement", "version", "outbox")
"""The gateway's tables, but for who holds the lease."""


@dataclass(frozen=True)
class Shell:
    """A product's own shell on one database."""

    command: Sequence[str | Path]
    own: str
    """What the gateway's tables' names begin with."""

    def type(self, statements: str) -> str:
        """Type SQL; what it answers."""
        return completed(self.command, stdin=statements + "\n").stdout

    def state(self) -> dict[str, str]:
        """Everything in the gateway's tables."""
        return {table: self.type(f"SELECT * FROM {self.own}{table} ORDER BY 1, 2;") for table in TABLES}

    def number(self, view: str) -> int:
        """The collection's highest modseq."""
        return int(
            self.type(f"SELECT modseq FROM {self.own}collection WHERE view = '{view}' AND principal IN ('1', '');")
        )

    def modseqs(self, view: str) -> list[int]:
        """The modseqs of its entries."""
        found = self.type(
            f"SELECT e.modseq FROM {self.own}entry e JOIN {self.own}collection c ON c.id = e.collection_id "
            f"WHERE c.view = '{view}' AND c.principal IN ('1', '') ORDER BY e.modseq;"
        )
        return [int(word) for word in found.split()]


def shell_of(address: str) -> Shell:
    """The shell for a database. Skips where it is not installed."""
    url = sa.make_url(address)
    match url.get_backend_name():
        case "sqlite":
            needs("sqlite3")
            return Shell(["sqlite3", "-batch", "-bail", "-cmd", ".timeout 10000", str(url.database)], "gw_")
        case "postgresql":
            needs("psql")
            named = url.set(drivername="postgresql").render_as_string(hide_password=False)
            return Shell(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", named], "crmgate.")
        case _:
            needs("mariadb")
            places = {
                "--socket": url.query.get("unix_socket"),
                "--host": url.host if "unix_socket" not in url.query else None,
                "--port": url.port,
                "--user": url.username,
                "--password": url.password,
            }
            words = [f"{name}={value}" for name, value in places.items() if value]
            quiet = ["--no-defaults", "--batch", "--skip-column-names", "--default-character-set=utf8mb4"]
            return Shell(["mariadb", *quiet, *words, str(url.database)], f"{url.database}_gw.")


def configure(folder: Path, url: str) -> Path:
    """A configuration file for a CRM; on MariaDB the gateway's own database gets the test's name."""
    made = sa.make_url(url)
    own = f'schema = "{made.database}_gw"\n' if made.get_backend_name() in ("mysql", "mariadb") else ""
    path = folder / "gateway.toml"
    listen = 'host = "127.0.0.1"\nport = 0\n'
    path.write_text(f'[crm]\ndatabase = "{url}"\n{own}\n[http]\n{listen}\n[imap]\n{listen}', "utf-8")
    return path


@dataclass(frozen=True)
class Company:
    """A CRM, its shell and the gateway beside it."""

    shell: Shell
    served: Served


@pytest.fixture
def company(database_url: str, tmp_path: Path) -> Iterator[Company]:
    """A served CRM with a few rows of anna's, on each product."""
    shell = shell_of(database_url)
    make_crm(database_url)
    shell.type(ROWS)
    with serving("serve", "--config", configure(tmp_path, database_url), folder=tmp_path) as served:
        yield Company(shell, served)
