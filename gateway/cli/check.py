"""`crmgate check`: is the configuration right, does the mapping fit the database, are tables and triggers in place, and
can every row be served?

What is wrong with configuration or mapping comes a line each, with file and line. Rows that cannot be read, or not be
shown, are listed by entity and key: they keep nobody from the others, but nobody sees them either.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.opening import DEFAULT_FILE, ConfigOption, EachOption, heading, opened_realm, realms
from gateway.config import load
from gateway.core.errors import ConfigError
from gateway.runtime import logs

if TYPE_CHECKING:
    from storage.opened import Opened

LISTED = 20
"""Bad rows of one entity that are named; the others are counted."""

Rows = Annotated[bool, typer.Option("--rows/--no-rows", help="Read every row of the CRM once, to find bad ones.")]

FULL: Final = 50_000
"""Waiting changes that are too many."""


def check(config: ConfigOption = DEFAULT_FILE, rows: Rows = True, tenant: EachOption = None) -> None:
    """Say what is in order and what is not; exit code 1 where something is not, 2 where nothing can be looked at."""
    read = load(config)
    logs.set_up("warning", as_json=False)
    wanted, problems = realms(config, read, tenant), 0
    unopened: list[ConfigError] = []
    for number, realm in enumerate(wanted):
        try:
            with opened_realm(config, read, realm) as found:
                if not number:
                    print(f"ok       {config}: read")
                if shown := heading(read, realm):
                    print(f"ok       {shown}: opened")
                problems += _look(found)
                if rows:
                    problems += _look_at_rows(found)
        except ConfigError as wrong:
            if len(wanted) == 1:
                raise
            unopened.append(wrong)
            for line in str(wrong).splitlines():
                print(f"problem  {heading(read, realm)}: {line}")
    if len(unopened) == len(wanted):
        raise typer.Exit(2)
    if problems or unopened:
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
    if not lacking.all and setup.triggers.wanted:
        print(f"ok       triggers: all {len(setup.triggers.wanted)} in place")
    for entity, how, dear in found.database.read_now(lambda connection: list(found.polling.described(connection))):
        print(f"ok       polled without triggers: {entity}: {how}")
        if dear:
            print(f"note     {dear}")
    waiting = found.database.read_now(lambda connection: setup.outbox.waiting(connection, FULL))
    if waiting < FULL:
        print(f"ok       outbox: {waiting} changes wait to be taken over")
    else:
        yield f"outbox: {FULL} changes or more wait to be taken over; is `crmgate serve` running?"


def _look(found: Opened) -> int:
    problems = 0
    print(f"ok       database: {found.database.url.render_as_string(hide_password=True)} answers")
    print(f"ok       mapping {found.mapping.file}: {len(found.crm.entities)} entities, {len(found.crm.views)} views")
    users = found.database.read_now(found.users.all)
    if users:
        print(f"ok       users: {len(users)} may log in")
    else:
        problems += 1
        print("problem  users: nobody may log in; add one with `crmgate user add LOGIN`")
    if found.crm.users.password is None and found.setup.is_current():
        held = found.database.read_now(found.passwords.holders)
        without = [one.login for one in users if (one.id, one.login) not in held]
        if without:
            some = f"{without[0]} …" if len(without) > 1 else without[0]
            print(
                f"note     passwords: {len(without)} users have none ({some}); `crmgate user password LOGIN` gives one"
            )
    for problem in _feed(found):
        problems += 1
        print(f"problem  {problem}")
    return problems


def _look_at_rows(found: Opened) -> int:
    from storage.crm.soundness import look

    problems = 0
    for entity in found.crm.entities.values():
        if not any(True for _ in found.crm.views_of(entity.name)):
            continue
        looked = found.database.read_now(partial(look, found.crm, entity))
        print(
            f"{'problem ' if looked.bad else 'ok      '} rows of {entity.name}: {looked.count}, {len(looked.bad)} bad"
        )
        problems += 1 if looked.bad else 0
        for key, why in list(looked.bad.items())[:LISTED]:
            print(f"problem  {entity.table.name} {key}: {why}")
        if len(looked.bad) > LISTED:
            print(f"problem  {entity.table.name}: and {len(looked.bad) - LISTED} more")
        for field, words in looked.unknown.items():
            shown = ", ".join(map(repr, words[:LISTED]))
            where = found.mapping.sources.at("entity", entity.name, "fields", field)
            print(f"note     {where}: [entity.{entity.name}.fields] {field}: the dictionary lacks {shown}")
    return problems
