"""`crmgate install` and `uninstall`: the gateway's tables and triggers, put beside a CRM and taken off again."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.opening import DEFAULT, ConfigOption, opened

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the SQL and change nothing.")]


def install(config: ConfigOption = DEFAULT, dry_run: DryRun = False) -> None:
    """Make the gateway's tables and put its triggers on the CRM's; may be repeated."""
    with opened(config) as (_, found):
        if dry_run:
            print(found.setup.script(), end="")
            return
        found.setup.install()
        print(f"installed: {len(found.setup.triggers.names())} triggers on {len(found.setup.triggers.watched)} tables")
        if polled := {part.table.fullname for one in found.polling.subjects for part in one.parts}:
            print(f"polled without triggers: {', '.join(sorted(polled))}")


def uninstall(config: ConfigOption = DEFAULT, dry_run: DryRun = False) -> None:
    """Take the triggers off and drop the gateway's tables; the CRM is then as it was."""
    with opened(config) as (_, found):
        if dry_run:
            print(found.setup.uninstall_script(), end="")
            return
        found.setup.uninstall()
        print("uninstalled: the triggers and the gateway's tables are gone, the CRM's tables are as they were")
