"""Real products' databases for tests: dumps that stand outside the repository, loaded into a fresh database.

They are derived from the products themselves and no part of this project. The folder is what CRMGATE_TEST_DUMPS
names, or `shared/crm` beside or above the checkout; without it the tests are skipped with a line that says so.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.opened import Opened

Snapshot = dict[str, list[tuple[str, ...]]]


def folder(product: str) -> Path:
    """Where a product's dump is. Skips the test where there is none."""
    named = os.environ.get("CRMGATE_TEST_DUMPS")
    above = [parent / "shared" / "crm" for parent in Path(__file__).resolve().parents]
    for place in [Path(named)] if named else above:
        if (place / product / "schema.sql.gz").is_file():
            return place / product
    pytest.skip(f"no dump of {product}: CRMGATE_TEST_DUMPS may name the folder that has it")


@contextlib.contextmanager
def loaded(product: str, server: sa.URL) -> Iterator[sa.URL]:
    """The product's schema and sample in a database of its own, dropped at the end with the gateway's."""
    place = folder(product)
    name = f"crmgate_dump_{os.getpid():x}_{secrets.token_hex(3)}"
    url = server.set(database=name)
    is_postgresql = server.get_backend_name() == "postgresql"
    _execute(server, f"CREATE DATABASE {name}" + ("" if is_postgresql else " CHARACTER SET utf8mb4"))
    try:
        text = b"".join(gzip.decompress((place / part).read_bytes()) for part in ("schema.sql.gz", "sample.sql.gz"))
        _feed(url, text)
        yield url
    finally:
        if is_postgresql:
            _execute(server, f"DROP DATABASE {name} WITH (FORCE)")
        else:
            _execute(server, f"DROP DATABASE {name}")
            _execute(server, f"DROP DATABASE IF EXISTS {name}_gw")


@contextlib.contextmanager
def installed(product: str, server: sa.URL, mapping: str, place: Path) -> Iterator[Opened]:
    """The product's dump behind a mapping (its text, written into the folder `place`), with the gateway installed.

    The product's files, where the dump has any, are in `place/files`.
    """
    (place / "here.toml").write_text(mapping, "utf-8")
    with loaded(product, server) as url:
        own = None if url.get_backend_name() == "postgresql" else f"{url.database}_gw"
        address = url.render_as_string(hide_password=False)
        opened = Opened(address, "here.toml", schema=own, folder=place, files=unpacked(product, place / "files"))
        try:
            opened.setup.install()
            yield opened
        finally:
            opened.close()


def unpacked(product: str, place: Path) -> Path:
    """The product's own files, laid out as it has them, in a folder of the test's."""
    place.mkdir()
    for archive in folder(product).glob("*.tar.gz"):
        with tarfile.open(archive) as packed:
            packed.extractall(place, filter="data")
    return place


def snapshot(engine: sa.Engine) -> Snapshot:
    """Every row of every table of the CRM, as text."""
    quote = engine.dialect.identifier_preparer.quote
    found: Snapshot = {}
    with engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            rows = connection.exec_driver_sql(f"SELECT * FROM {quote(table)}")
            found[table] = sorted(tuple(str(value) for value in row) for row in rows)
    return found


def difference(before: Snapshot, after: Snapshot) -> dict[str, tuple[int, int]]:
    """For each table that changed: how many rows went and how many came."""
    changed = {}
    for table in before:
        old, new = set(before[table]), set(after[table])
        if old != new:
            changed[table] = len(old - new), len(new - old)
    return changed


def _feed(url: sa.URL, text: bytes) -> None:
    host = str(url.query.get("host") or url.query.get("unix_socket") or url.host or "localhost")
    environment = dict(os.environ)
    if url.get_backend_name() == "postgresql":
        client = "psql"
        command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", host, "-U", str(url.username)]
        command += ["-p", str(url.port)] if url.port else []
        environment["PGPASSWORD"] = url.password or ""
    else:
        client = "mariadb"
        place = f"--socket={host}" if host.startswith("/") else f"--host={host}"
        command = ["mariadb", "--no-defaults", place, f"--user={url.username}", "--default-character-set=utf8mb4"]
        command += [f"--port={url.port}"] if url.port else []
        environment["MYSQL_PWD"] = url.password or ""
    if shutil.which(client) is None:
        pytest.skip(f"the client {client} is not installed")
    done = subprocess.run([*command, str(url.database)], input=text, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[:500]


def _execute(server: sa.URL, statement: str) -> None:
    engine = sa.create_engine(server, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
