"""`crmgate demo`: a CRM to try, in one folder, served on this machine only."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from gateway.cli.index import shown_progress
from gateway.cli.serve import Ready
from gateway.config import load
from gateway.core.errors import ConfigError
from gateway.runtime import logs, loop

HOST = "127.0.0.1"
HTTP_PORT, IMAP_PORT = 8080, 1143

_CONFIG = """\
# The demo CRM. Copy and change this file for a CRM of your own: docs/reference-crm.md, README.md.

[crm]
database = "sqlite:///crm.db"
mapping = "reference"

[http]
host = "127.0.0.1"
port = 8080

[imap]
host = "127.0.0.1"
port = 1143
"""


def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where crm.db and gateway.toml are made, or found.")] = Path(
        "crmgate-demo"
    ),
    http_port: Annotated[int | None, typer.Option(help="Port of HTTP; 0 for a free one.", show_default="8080")] = None,
    imap_port: Annotated[int | None, typer.Option(help="Port of IMAP; 0 for a free one.", show_default="1143")] = None,
    ready: Ready = None,
    contacts: Annotated[int, typer.Option(min=0, help="Generated contacts, beside the sample company.")] = 200,
    meetings: Annotated[int, typer.Option(min=0, help="Generated meetings, and half as many tasks.")] = 100,
    messages: Annotated[int, typer.Option(min=0, help="Generated e-mails.")] = 300,
    users: Annotated[int, typer.Option(min=0, help="More users user01 …, with the login as password.")] = 0,
) -> None:
    """Fill a SQLite CRM with a made-up company and serve it on 127.0.0.1."""
    import msgspec

    from gateway import app

    logs.set_up("warning", as_json=False)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "gateway.toml"
    if not path.exists():
        path.write_text(_CONFIG, "utf-8")
    config = load(path)
    if not (folder / "crm.db").exists():
        _fill(folder, contacts, meetings, messages, users)
    config = msgspec.structs.replace(
        config,
        http=msgspec.structs.replace(config.http, port=_port(http_port, config.http.port)),
        imap=msgspec.structs.replace(config.imap, port=_port(imap_port, config.imap.port)),
    )
    if config.crm is None:
        raise ConfigError(f"{path}: crm is missing: the demo has one CRM and no tenants")
    passwords = _passwords(config.url(config.crm))
    try:
        loop.run(lambda: app.serve(config, ready, passwords, _show))
    except OSError as wrong:
        raise ConfigError(f"cannot listen: {wrong}; say --http-port 0 --imap-port 0 for free ports") from wrong


def _fill(folder: Path, contacts: int, meetings: int, messages: int, users: int) -> None:
    """Under another name until it is whole, so that a broken-off start leaves nothing half made."""
    from storage.crm.reference import demo as reference
    from storage.opened import Opened

    part = folder / "crm.db.part"
    for name in (part, part.with_name("crm.db.part-wal"), part.with_name("crm.db.part-shm")):
        name.unlink(missing_ok=True)
    reference.fill(
        f"sqlite:///{part}",
        reference.Amount(contacts=contacts, meetings=meetings, messages=messages, users=users),
        folder / "documents",
    )
    opened = Opened(f"sqlite:///{part}")
    try:
        with shown_progress() as progress:
            reference.index(opened, progress)
    finally:
        opened.close()
    part.rename(folder / "crm.db")


def _port(asked: int | None, configured: int) -> int:
    """The port asked for; else the configured one, or a free one where that is taken."""
    if asked is not None:
        return asked
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, configured))
        except OSError:
            return 0
    return configured


def _passwords(url: str) -> dict[str, str]:
    """The demo users whose password still is their login, which the made-up ones' is by design."""
    import argon2

    from storage.opened import Opened

    opened = Opened(url)
    try:
        users = opened.database.read_now(opened.users.all)
        found = {}
        for one in users:
            stored = opened.database.read_now(lambda connection, login=one.login: opened.users.find(connection, login))  # type: ignore[misc]
            if one.login.startswith("user") and one.login[4:].isdigit():
                found[one.login] = one.login
                continue
            try:
                if stored is not None and argon2.PasswordHasher().verify(stored[1], one.login):
                    found[one.login] = one.login
            except argon2.exceptions.Argon2Error:
                continue
        return found
    finally:
        opened.close()


def _show(described: dict[str, Any]) -> None:
    console = Console()
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("CalDAV, CardDAV", described["dav"])
    table.add_row("IMAP (no TLS)", f"{described['imap']['host']}:{described['imap']['port']}")
    table.add_row("CRM database", described["database"])
    shown = [one for one in described["users"] if one["password"]]
    for one in shown[:5]:
        table.add_row("login / password", f"{one['login']} / {one['password']}")
    if len(shown) > 5:
        table.add_row("", f"… {len(shown) - 5} more, with the login as password")
    console.print(table)
    console.print("Serving on this machine only. Ctrl-C stops.")
