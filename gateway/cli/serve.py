"""`crmgate serve`: serve a CRM until told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.opening import DEFAULT_FILE, ConfigOption
from gateway.config import load
from gateway.core.errors import ConfigError
from gateway.runtime import logs, loop
from gateway.runtime.lines import in_file

Ready = Annotated[
    Path | None, typer.Option("--ready", help="Write this file, as JSON, once everything is being served.")
]


def serve(config: ConfigOption = DEFAULT_FILE, ready: Ready = None) -> None:
    """Serve the CRM that a configuration file describes."""
    found = load(config)
    logs.set_up(found.log.level, as_json=found.log.json)
    from gateway import app

    def started(described: dict[str, Any]) -> None:
        imap = described["imap"]
        print(f"serving {described['dav']} and IMAP at {imap['host']}, port {imap['port']}", flush=True)

    try:
        loop.run(lambda: app.serve(found, ready, started=started))
    except ConfigError as wrong:
        raise in_file(config, wrong) from wrong
    except OSError as wrong:
        raise ConfigError(f"{config}: cannot listen: {wrong}") from wrong
