"""The configuration file: one frozen structure a section, read from TOML, nothing unknown let through.

Paths in it are relative to the file. Every complaint names file, line, key and what to do, and all are made at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from gateway.core.errors import ConfigError
from gateway.runtime.lines import ConfigErrors, Sources, near


class Crm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[crm]`: which database, and what its tables mean."""

    database: str
    """SQLAlchemy URL: sqlite:///crm.db, postgresql+psycopg://user@host/name, mysql+pymysql://user@host/name,
    mssql+pymssql://user@host/name."""
    mapping: str = "reference"
    """A preset's name, or the path of a mapping file."""
    schema: str = ""
    """Where the gateway's own tables live: a schema on PostgreSQL, a database on MariaDB; empty for `crmgate`."""
    files: str = ""
    """The folder with the CRM's files (photos, attachments), as its mapping means it; empty for none."""


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

    @property
    def files(self) -> Path | None:
        """The folder with the CRM's files."""
        return Path(self.folder) / self.crm.files if self.crm.files else None


def load(path: Path) -> Config:
    """Read a configuration. Raises ConfigErrors, one for each place."""
    try:
        text = path.read_bytes().decode("utf-8")
        words = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file; `crmgate init` and `crmgate demo` make one to start from"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as wrong:
        raise ConfigError(f"{path}: {wrong}") from wrong
    at = Sources([(str(path), text)]).at
    problems = list(_problems(words, Config, at, ("folder",)))
    if problems:
        raise ConfigErrors(problems)
    config = msgspec.convert({**words, "folder": str(path.resolve().parent)}, Config)
    for section, listen in (("http", config.http), ("imap", config.imap)):
        if not 0 <= listen.port <= 65535:
            problems.append(f"{at(section, 'port')}: {section}.port: {listen.port} is no port; say 0 to 65535")
        is_local = listen.host in ("localhost", "::1") or listen.host.startswith("127.")
        if not is_local and not listen.certificate and not listen.plaintext:
            problems.append(
                f"{at(section, 'host')}: {section}.certificate: passwords would cross the network in the clear on "
                f"{listen.host}; name a certificate, or say plaintext = true where something in front does TLS"
            )
    if config.files is not None and not config.files.is_dir():
        problems.append(f"{at('crm', 'files')}: crm.files: there is no folder {config.crm.files!r}")
    levels = ("debug", "info", "warning", "error")
    if config.log.level not in levels:
        problems.append(
            f"{at('log', 'level')}: log.level: {config.log.level!r} is none of {', '.join(levels)}"
            f"{near(config.log.level, levels)}"
        )
    if problems:
        raise ConfigErrors(problems)
    return config


def _problems(
    words: dict[str, Any], kind: type[msgspec.Struct], at: Callable[..., str], hidden: tuple[str, ...] = (), *path: str
) -> Iterator[str]:
    """What keeps these words from being a section, key by key: unknown, missing, of the wrong type."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind) if field.name not in hidden}
    for name, value in words.items():
        shown = ".".join((*path, name))
        if name not in fields:
            yield f"{at(*path, name)}: {shown}: unknown key{near(name, fields)}"
        elif isinstance(value, dict) and isinstance(fields[name].type, type):
            if issubclass(fields[name].type, msgspec.Struct):
                yield from _problems(value, fields[name].type, at, (), *path, name)
            else:
                yield f"{at(*path, name)}: {shown}: expected a value, not a table"
        else:
            try:
                msgspec.convert(value, fields[name].type)
            except msgspec.ValidationError as wrong:
                yield f"{at(*path, name)}: {shown}: {str(wrong).replace('`', '')}"
    for name, field in fields.items():
        if name not in words and field.required:
            yield f"{at(*path)}: {'.'.join((*path, name))} is missing"


def absolute_sqlite(url: str, folder: Path) -> str:
    """`sqlite:///crm.db` as a path from the root, seen from `folder`; other URLs as they are."""
    scheme, sign, path = url.partition(":///")
    if not sign or not scheme.startswith("sqlite") or not path or path.startswith(("/", ":memory:")):
        return url
    return f"{scheme}:///{(folder / path).resolve()}"
