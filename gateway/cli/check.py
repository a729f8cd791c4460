"""`crmgate check`: is the configuration right, does the mapping fit the database, are tables and triggers in place?"""

from __future__ import annotations

import typer

from gateway.cli.opening import DEFAULT, ConfigOption, opened


def check(config: ConfigOption = DEFAULT) -> None:
    """Say what is in order and what is not; exit code 1 where something is not."""
    problems = 0
    with opened(config) as (_, found):
        print(f"ok       {config}: read")
        print(f"ok       database: {found.database.url.render_as_string(hide_password=True)} answers")
        print(
            f"ok       mapping {found.mapping.file}: {len(found.crm.entities)} entities, {len(found.crm.views)} views"
        )
        users = found.database.read_now(found.users.all)
        if users:
            print(f"ok       users: {len(users)} may log in")
        else:
            problems += 1
            print("problem  users: nobody may log in; add one with `crmgate user add LOGIN`")
        if not found.setup.is_installed():
            problems += 1
            print("problem  tables: not installed; run `crmgate install`")
        else:
            missing = found.database.read_now(found.setup.triggers.missing)
            if missing:
                problems += 1
                print(f"problem  triggers: {len(missing)} are missing ({min(missing)} …); run `crmgate install`")
            else:
                print(f"ok       triggers: all {len(found.setup.triggers.names())} in place")
    if problems:
        raise typer.Exit(1)
