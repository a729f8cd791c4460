"""What several commands share: the options that name the configuration and the tenant, and opening what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.config import Config, load
from gateway.core.errors import ConfigError
from gateway.core.realms import DEFAULT
from gateway.runtime import logs
from gateway.runtime.lines import in_file, near

if TYPE_CHECKING:
    from storage.opened import Opened

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="Configuration file.", envvar="CRMGATE_CONFIG", show_default=True)
]
DEFAULT_FILE = Path("gateway.toml")
TenantOption = Annotated[
    str | None, typer.Option("--tenant", "-t", help="Which of several CRMs; the one of [crm] when left out.")
]
EachOption = Annotated[
    str | None, typer.Option("--tenant", "-t", help="Which of several CRMs; all of them when left out.")
]


@contextmanager
def opened(path: Path, tenant: str | None = None) -> Iterator[tuple[Config, Opened]]:
    """The configuration and one CRM, closed again afterwards. Raises ConfigError that names the file."""
    config = load(path)
    logs.set_up("warning", as_json=False)
    with opened_realm(path, config, _one(path, config, tenant)) as found:
        yield config, found


def realms(path: Path, config: Config, tenant: str | None) -> list[str]:
    """The CRMs that are meant where none said means all. Raises ConfigError."""
    return list(config.crms) if tenant is None else [_one(path, config, tenant)]


@contextmanager
def opened_realm(path: Path, config: Config, realm: str) -> Iterator[Opened]:
    """One CRM, closed again afterwards. Raises ConfigError that names the file."""
    from gateway.hosted import open_crm

    try:
        found = open_crm(config, config.crms[realm])
    except ConfigError as wrong:
        raise in_file(path, wrong) from wrong
    try:
        yield found
    finally:
        found.close()


def heading(config: Config, realm: str) -> str:
    """What tells the lines about one of several CRMs from those about the others; nothing where there is one."""
    if list(config.crms) == [DEFAULT]:
        return ""
    return f"[tenant.{realm}]" if realm else "[crm]"


def _one(path: Path, config: Config, tenant: str | None) -> str:
    """The CRM that is meant: the one said, else the one of [crm], else the only one."""
    known = config.crms
    if tenant is not None:
        if tenant not in known or not tenant:
            raise ConfigError(f"{path}: there is no [tenant.{tenant}]{near(tenant, filter(None, known))}")
        return tenant
    if DEFAULT in known:
        return DEFAULT
    if len(known) == 1:
        return next(iter(known))
    raise ConfigError(f"{path}: there are several CRMs; say --tenant {' or '.join(known)}")
