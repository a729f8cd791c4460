"""The configuration file: one frozen structure a section, read from TOML, nothing unknown let through.

Paths in it are relative to the file. Every complaint names file, line, key and what to do, and all are made at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, get_args, get_origin
from urllib.parse import parse_qsl, urlsplit

import msgspec

from gateway.core.errors import ConfigError
from gateway.core.files import FILE_LARGEST, QUOTA, FileLimits
from gateway.core.realms import DEFAULT, DOMAIN, NAME, number_of
from gateway.runtime.lines import ConfigErrors, Sources, near

MIB: Final = 1024 * 1024


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
    colleagues: bool = True
    """Whether users see each other's names and addresses, and may share collections and delegate calendars."""


class Tenant(Crm, frozen=True, forbid_unknown_fields=True):
    """`[tenant.NAME]`: one CRM of several. Its users log in as `anna@NAME`."""

    domains: list[str] = []
    """Mail domains: whoever logs in with an address of one is meant to be in this CRM, and so known by that address."""


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


class Imap(Listen, frozen=True, forbid_unknown_fields=True):
    """`[imap]`: the same, and what only IMAP has."""

    starttls: bool = False
    """Begin in the clear and offer STARTTLS; without it a certificate means TLS from the start."""
    proxies: list[str] = []
    """Addresses or networks of proxies in front: only they may connect, and they speak the PROXY protocol."""
    withhold: list[str] = []
    """Capabilities that are not announced although they are there."""
    withhold_from: dict[str, list[str]] = {}
    """The same for one user, by login."""
    withhold_from_program: dict[str, list[str]] = {}
    """The same for one program, by the name it gives with ID."""


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[log]`: what is said, and how."""

    level: str = "info"
    """debug, info, warning or error."""
    json: bool = False
    """One JSON object a line in place of text."""


class Scheduling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[scheduling]`: what is told of meetings."""

    meetings_in_inbox: bool = True
    """Users who are invited to a meeting of the CRM find a message of it in the inbox of their calendar program."""


class Push(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[push]`: phones hear at once of what has changed, by way of the push services their programs use."""

    enabled: bool = True
    """Take registrations, and write to push services."""
    contact: str = "mailto:postmaster@localhost"
    """`mailto:` of who runs the gateway: push services write there when something is wrong with it (RFC 8292)."""
    private: bool = False
    """Push services may be in private networks, and without TLS: for one that you run yourself."""


class Files(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[files]`: what users may keep in their file area."""

    largest: int = FILE_LARGEST // MIB
    """Megabytes (MiB) of one file."""
    quota: int = QUOTA // MIB
    """Megabytes (MiB) of all files of one user."""

    @property
    def limits(self) -> FileLimits:
        """The same in bytes."""
        return FileLimits(self.largest * MIB, self.quota * MIB)


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `folder` is where it lies."""

    crm: Crm | None = None
    """The CRM of logins that name no tenant."""
    http: Listen = Listen(port=8080)
    imap: Imap = Imap(port=1143)
    log: Log = Log()
    push: Push = Push()
    scheduling: Scheduling = Scheduling()
    files: Files = Files()
    tenant: dict[str, Tenant] = {}
    folder: str = "."

    @property
    def crms(self) -> dict[str, Crm]:
        """Every CRM by the realm of its logins."""
        return {**({} if self.crm is None else {DEFAULT: self.crm}), **self.tenant}

    def url(self, crm: Crm) -> str:
        """The database's URL, with a relative SQLite path made absolute."""
        return absolute_sqlite(crm.database, Path(self.folder))

    def files_of(self, crm: Crm) -> Path | None:
        """The folder with the CRM's files."""
        return Path(self.folder) / crm.files if crm.files else None


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
        is_behind = isinstance(listen, Imap) and bool(listen.proxies)  # a proxy says itself what came by TLS
        if not (is_local or listen.certificate or listen.plaintext or is_behind):
            problems.append(
                f"{at(section, 'host')}: {section}.certificate: passwords would cross the network in the clear on "
                f"{listen.host}; name a certificate, or say plaintext = true where something in front does TLS"
            )
    problems += _problems_of_imap(config.imap, at)
    for word, megabytes in (("largest", config.files.largest), ("quota", config.files.quota)):
        if megabytes < 1:
            problems.append(f"{at('files', word)}: files.{word}: {megabytes} is too little; say 1 or more megabytes")
    problems += _problems_of_crms(config, at)
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
        elif (within := _each(fields[name].type)) is not None and isinstance(value, dict):
            for each, words_of_it in value.items():
                if isinstance(words_of_it, dict):
                    yield from _problems(words_of_it, within, at, (), *path, name, each)
                else:
                    yield f"{at(*path, name, each)}: {shown}.{each}: expected a table"
        elif (
            isinstance(value, dict)
            and get_origin(fields[name].type) is not dict
            and isinstance(_section(fields[name].type), type)
        ):
            section = _section(fields[name].type)
            if issubclass(section, msgspec.Struct):
                yield from _problems(value, section, at, (), *path, name)
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


def _each(kind: Any) -> type[msgspec.Struct] | None:
    """The structure that each of a section's tables has; None where its values are no tables."""
    within = get_args(kind)[1] if get_origin(kind) is dict else None
    return within if isinstance(within, type) and issubclass(within, msgspec.Struct) else None


def _section(kind: Any) -> Any:
    """The structure a section has, also where it may be left out."""
    return next((one for one in get_args(kind) if one is not type(None)), kind) if get_args(kind) else kind


def _problems_of_imap(imap: Imap, at: Callable[..., str]) -> Iterator[str]:
    if imap.starttls and not imap.certificate:
        yield f"{at('imap', 'starttls')}: imap.starttls: STARTTLS needs a certificate"
    for number, text in enumerate(imap.proxies):
        try:
            ip_network(text)
        except ValueError as wrong:
            yield f"{at('imap', 'proxies', number)}: imap.proxies: {wrong}"


def _problems_of_crms(config: Config, at: Callable[..., str]) -> Iterator[str]:
    """What several CRMs may not have in common, and what each must have."""
    if not config.crms:
        yield f"{at()}: crm is missing: say [crm] database, or [tenant.NAME] for each of several CRMs"
    taken: dict[str, str] = {}
    databases: dict[tuple[str, ...], str] = {}
    numbers: dict[int, str] = {}
    for realm, crm in config.crms.items():
        path = ("tenant", realm) if realm else ("crm",)
        shown = ".".join(path)
        files = config.files_of(crm)
        if files is not None and not files.is_dir():
            yield f"{at(*path, 'files')}: {shown}.files: there is no folder {crm.files!r}"
        for held in _places(config.url(crm), crm.schema):
            if held in databases:
                yield f"{at(*path, 'database')}: {shown}.database: {_HELD[held[0]].format(databases[held])}"
            databases.setdefault(held, f"[{shown}]")
        if realm and not NAME.fullmatch(realm):
            yield f"{at(*path)}: {shown}: a tenant's name has small letters, digits and hyphens, 40 at most"
        other = numbers.setdefault(number_of(realm), realm)
        if other != realm:
            yield f"{at(*path)}: {shown}: this name and {other!r} make the same number; call one of them otherwise"
        for number, domain in enumerate(crm.domains if isinstance(crm, Tenant) else ()):
            where = f"{at(*path, 'domains', number)}: {shown}.domains"
            if not DOMAIN.fullmatch(domain):
                yield f"{where}: {domain!r} is no mail domain in small letters"
            elif domain in taken:
                yield f"{where}: {domain!r} is one of {taken[domain]} already"
            taken.setdefault(domain, f"[{shown}]")


def _places(url: str, schema: str) -> Iterator[tuple[str, ...]]:
    """What only one CRM may have: its database, and on MariaDB the gateway's own beside it on the server."""
    scheme, _, rest = url.partition("://")
    kind = "mysql" if scheme.startswith(("mysql", "mariadb")) else scheme.partition("+")[0]
    if kind == "sqlite":
        yield ("database", kind, rest)
        return
    parts = urlsplit(f"//{rest}")
    place = dict(parse_qsl(parts.query)).get("unix_socket") or f"{(parts.hostname or 'localhost')}:{parts.port or ''}"
    yield ("database", kind, place, parts.path)
    if kind == "mysql":
        yield ("schema", kind, place, schema or "crmgate")


_HELD: Final = {
    "database": "this is the database of {}, too",
    "schema": "on this server the gateway's own tables would stand in one database with those of {}; name another one as schema",
}


def absolute_sqlite(url: str, folder: Path) -> str:
    """`sqlite:///crm.db` as a path from the root, seen from `folder`; other URLs as they are."""
    scheme, sign, path = url.partition(":///")
    if not sign or not scheme.startswith("sqlite") or not path or path.startswith(("/", ":memory:")):
        return url
    return f"{scheme}:///{(folder / path).resolve()}"
