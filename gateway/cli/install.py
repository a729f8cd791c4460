"""`crmgate install` and `uninstall`: the gateway's tables and triggers, put beside a CRM and taken off again."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.opening import (
    DEFAULT_FILE,
    ConfigOption,
    EachOption,
    TenantOption,
    heading,
    opened,
    opened_realm,
    realms,
)
from gateway.config import load
from gateway.core.errors import ConfigError
from gateway.runtime import logs

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the SQL and change nothing.")]


def install(config: ConfigOption = DEFAULT_FILE, dry_run: DryRun = False, tenant: EachOption = None) -> None:
    """Make the gateway's tables and put its triggers on the CRM's; may be repeated."""
    read = load(config)
    logs.set_up("warning", as_json=False)
    wanted = realms(config, read, tenant)
    if dry_run and len(wanted) > 1:
        raise ConfigError(f"{config}: there are several CRMs; say --tenant for the SQL of one")
    for realm in wanted:
        with opened_realm(config, read, realm) as found:
            if dry_run:
                print(found.setup.script(), end="")
                return
            found.setup.install()
            made = f"{len(found.setup.triggers.names())} triggers on {len(found.setup.triggers.watched)} tables"
            print(f"{heading(read, realm)} installed: {made}".lstrip())
            if polled := {part.table.fullname for one in found.polling.subjects for part in one.parts}:
                print(f"polled without triggers: {', '.join(sorted(polled))}")


def uninstall(config: ConfigOption = DEFAULT_FILE, dry_run: DryRun = False, tenant: TenantOption = None) -> None:
    """Take the triggers off and drop the gateway's tables; the CRM is then as it was."""
    with opened(config, tenant) as (_, found):
        if dry_run:
            print(found.setup.uninstall_script(), end="")
            return
        found.setup.uninstall()
        print("uninstalled: the triggers and the gateway's tables are gone, the CRM's tables are as they were")
