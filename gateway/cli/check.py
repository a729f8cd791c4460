"""`crmgate check`: is the configuration right, does the mapping fit the database, are tables and triggers in place?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import typer

from gateway.cli.opening import DEFAULT, ConfigOption, opened

if TYPE_CHECKING:
    from storage.opened import Opened

FULL: Final = 50_000
"""Waiting changes that are too many."""


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
        for problem in _feed(found):
            problems += 1
            print(f"problem  {problem}")
    if problems:
        raise typer.Exit(1)


def _feed(found: Opened) -> Iterator[str]:
    """What keeps the gateway from hearing of the CRM's own changes."""
    setup = found.setup
    if not setup.is_installed():
        yield "tables: not installed; run `crmgate install`"
        return
    if not setup.is_current():
        yield "tables: of an older version; run `crmgate install`"
        return
    lacking = found.database.read_now(setup.triggers.lacking)
    for kind, those in (("missing", lacking.missing), ("altered", lacking.altered)):
        if those:
            first = min(trigger.name for trigger in those)
            yield f"triggers: {len(those)} are {kind} ({first} …); run `crmgate install`"
    if not lacking.all:
        print(f"ok       triggers: all {len(setup.triggers.wanted)} in place")
    waiting = found.database.read_now(lambda connection: setup.outbox.waiting(connection, FULL))
    if waiting < FULL:
        print(f"ok       outbox: {waiting} changes wait to be taken over")
    else:
        yield f"outbox: {FULL} changes or more wait to be taken over; is `crmgate serve` running?"
