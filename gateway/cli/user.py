"""`crmgate user`: who may log in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gateway.cli.opening import DEFAULT, ConfigOption, opened
from gateway.core.errors import InvalidContent

app = typer.Typer(help="Users of the CRM who may log in.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The user's login.")]
Stdin = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input.")]


@app.command("list")
def list_users(config: ConfigOption = DEFAULT) -> None:
    """Everybody who may log in."""
    with opened(config) as (_, found):
        for one in found.database.read_now(found.users.all):
            print(f"{one.login}\t{one.name}\t{one.address}\t{one.timezone}")


@app.command("add")
def add(
    login: Login,
    config: ConfigOption = DEFAULT,
    name: Annotated[str, typer.Option(help="Full name.")] = "",
    email: Annotated[str, typer.Option(help="E-mail address.")] = "",
    timezone: Annotated[str, typer.Option(help="Time zone, as Europe/Berlin.")] = "UTC",
    stdin: Stdin = False,
) -> None:
    """Add a user to the CRM."""
    from storage.crm.accounts import Accounts

    _check_zone(timezone)
    with opened(config) as (_, found):
        accounts, password = Accounts(found.crm.users), _password(stdin)
        found.database.write_now(
            lambda unit: accounts.add(unit, login, password, name=name or login, address=email, timezone=timezone)
        )
    print(f"{login}: added")


@app.command("password")
def change_password(login: Login, config: ConfigOption = DEFAULT, stdin: Stdin = False) -> None:
    """Give a user a new password."""
    from storage.crm.accounts import Accounts

    with opened(config) as (_, found):
        accounts, password = Accounts(found.crm.users), _password(stdin)
        found.database.write_now(lambda unit: accounts.change_password(unit, login, password))
    print(f"{login}: password changed")


@app.command("remove")
def remove(login: Login, config: ConfigOption = DEFAULT) -> None:
    """Take away a user's login; the user's row and everything it owns stay."""
    from storage.crm.accounts import Accounts

    with opened(config) as (_, found):
        accounts = Accounts(found.crm.users)
        found.database.write_now(lambda unit: accounts.remove(unit, login))
    print(f"{login}: removed")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not password:
        raise InvalidContent("A password must not be empty.")
    return password


def _check_zone(name: str) -> None:
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise InvalidContent(f"There is no time zone {name!r}; say one like Europe/Berlin.") from None
