"""`crmgate user`: who may log in.

Where the CRM's own passwords cannot be verified, or where it has none, the gateway keeps passwords of its own, and
every command says where a password stands.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.opening import DEFAULT_FILE, ConfigOption, TenantOption, opened
from gateway.core.errors import InvalidContent

if TYPE_CHECKING:
    from storage.crm.accounts import Accounts
    from storage.opened import Opened

app = typer.Typer(help="Users of the CRM who may log in.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The user's login.")]
Stdin = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input.")]


@app.command("list")
def list_users(config: ConfigOption = DEFAULT_FILE, tenant: TenantOption = None) -> None:
    """Everybody who may log in."""
    with opened(config, tenant) as (_, found):
        for one in found.database.read_now(found.users.all):
            print(f"{one.login}\t{one.name}\t{one.address}\t{one.timezone}")


@app.command("add")
def add(
    login: Login,
    config: ConfigOption = DEFAULT_FILE,
    tenant: TenantOption = None,
    name: Annotated[str, typer.Option(help="Full name.")] = "",
    email: Annotated[str, typer.Option(help="E-mail address.")] = "",
    timezone: Annotated[str, typer.Option(help="Time zone, as Europe/Berlin.")] = "UTC",
    stdin: Stdin = False,
) -> None:
    """Add a user to the CRM."""
    from storage.crm.accounts import Stands

    _check_zone(timezone)
    with opened(config, tenant) as (_, found):
        accounts, password = _accounts(found), _password(stdin)
        stands = found.database.write_now(
            lambda unit: accounts.add(unit, login, password, name=name or login, address=email, timezone=timezone)
        )
    print(f"{login}: added" + ("; the gateway keeps his password" if stands is Stands.GATEWAY else ""))


@app.command("password")
def change_password(
    login: Login,
    config: ConfigOption = DEFAULT_FILE,
    tenant: TenantOption = None,
    stdin: Stdin = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep it with the gateway and leave the CRM's as it is.")
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Keep none any more: the CRM's counts again.")] = False,
) -> None:
    """Give a user a new password, in the CRM where that may be, else one that the gateway keeps in its place."""
    from storage.crm.accounts import Stands

    with opened(config, tenant) as (_, found):
        accounts = _accounts(found)
        if forget:
            stands = found.database.write_now(lambda unit: accounts.forget_password(unit, login))
            left = "the CRM's counts again" if stands is Stands.CRM else "he can no longer log in"
            print(f"{login}: the gateway keeps no password of his; {left}")
            return
        password = _password(stdin)
        stands = found.database.write_now(lambda unit: accounts.change_password(unit, login, password, keep=keep))
    in_place = "" if found.crm.users.password is None else "; the CRM's is not asked any more"
    print(f"{login}: password changed" + (f", the gateway keeps it{in_place}" if stands is Stands.GATEWAY else ""))


@app.command("remove")
def remove(login: Login, config: ConfigOption = DEFAULT_FILE, tenant: TenantOption = None) -> None:
    """Take away a user's login; the user's row and everything it owns stay."""
    with opened(config, tenant) as (_, found):
        accounts = _accounts(found)
        found.database.write_now(lambda unit: accounts.remove(unit, login))
    print(f"{login}: removed")


def _accounts(found: Opened) -> Accounts:
    from storage.crm.accounts import Accounts

    return Accounts(found.crm.users, found.passwords if found.setup.is_current() else None)


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
