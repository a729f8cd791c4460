"""`crmgate`: the table of commands. Each file beside this one holds what its name says and imports what it needs when it runs."""

from __future__ import annotations

import sys

import typer

from gateway.cli import check, demo, index, init, install, serve, user
from gateway.core.errors import GatewayError

app = typer.Typer(
    name="crmgate",
    help="A CRM's SQL database opened as standard mail, calendar and contact folders.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they would show local variables, and with them secrets
    add_completion=False,
)
app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("serve")(serve.serve)
app.command("check")(check.check)
app.command("install")(install.install)
app.command("uninstall")(install.uninstall)
app.command("index")(index.index)
app.add_typer(user.app, name="user")


def main() -> None:
    """Run; what goes wrong on purpose is a line for each problem on standard error and exit code 2."""
    try:
        app()
    except GatewayError as wrong:
        for line in str(wrong).splitlines():
            print(f"crmgate: {line}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
