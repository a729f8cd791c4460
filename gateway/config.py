"""The configuration file: one frozen structure a section, read from TOML, nothing unknown let through.

Paths in it are relative to the file. Every complaint names the file, the key and what to do.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from gateway.core.errors import ConfigError


class Crm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[crm]`: which database, and what its tables mean."""

    database: str
    """SQLAlchemy URL: sqlite:///crm.db, postgresql+psycopg://user@host/name, mysql+pymysql://user@host/name."""
    mapping: str = "reference"
    """A preset's name, or the path of a mapping file."""
    schema: str = ""
    """Where the gateway's own tables live: a schema on PostgreSQL, a database on MariaDB; empty for `crmgate`."""


class Listen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[http]`, `[imap]`: where to listen, and with which certificate."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 0
    """Port to listen on; 0 for a free one."""
    certificate: str = ""
    """PEM file with the certificate chain; empty for no TLS, which is for 127.0.0.1 and for a proxy in front only."""
    key: str = ""
    """PEM file with the private key; empty where it is in the certificate's file."""
    plaintext: bool = False
    """Allow passwords without TLS on an address other than this machine's own."""


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[log]`: what is said, and how."""

    level: str = "info"
    """debug, info, warning or error."""
    json: bool = False
    """One JSON object a line in place of text."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `folder` is where it lies."""

    crm: Crm
    http: Listen = Listen(port=8080)
    imap: Listen = Listen(port=1143)
    log: Log = Log()
    folder: str = "."

    @property
    def database_url(self) -> str:
        """The database's URL, with a relative SQLite path made absolute."""
        return absolute_sqlite(self.crm.database, Path(self.folder))


def load(path: Path) -> Config:
    """Read a configuration. Raises ConfigError."""
    try:
        words = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; `crmgate demo` makes one to start from") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise ConfigError(f"{path}: {wrong}") from wrong
    if "folder" in words:
        raise ConfigError(f"{path}: folder: unknown key")
    try:
        config = msgspec.convert({**words, "folder": str(path.resolve().parent)}, Config)
    except msgspec.ValidationError as wrong:
        raise ConfigError(f"{path}: {str(wrong).replace('$.', '').replace('`', '')}") from wrong
    for section, listen in (("http", config.http), ("imap", config.imap)):
        if not 0 <= listen.port <= 65535:
            raise ConfigError(f"{path}: {section}.port: {listen.port} is no port; say 0 to 65535")
        is_local = listen.host in ("localhost", "::1") or listen.host.startswith("127.")
        if not is_local and not listen.certificate and not listen.plaintext:
            raise ConfigError(
                f"{path}: {section}.certificate: passwords would cross the network in the clear on {listen.host}; "
                f"name a certificate, or say plaintext = true where something in front does TLS"
            )
    if config.log.level not in ("debug", "info", "warning", "error"):
        raise ConfigError(f"{path}: log.level: {config.log.level!r} is none of debug, info, warning, error")
    return config


def absolute_sqlite(url: str, folder: Path) -> str:
    """`sqlite:///crm.db` as a path from the root, seen from `folder`; other URLs as they are."""
    scheme, sign, path = url.partition(":///")
    if not sign or not scheme.startswith("sqlite") or not path or path.startswith(("/", ":memory:")):
        return url
    return f"{scheme}:///{(folder / path).resolve()}"
