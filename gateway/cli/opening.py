"""What several commands share: the option that names the configuration, and opening what it describes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.config import Config, load
from gateway.core.errors import ConfigError
from gateway.runtime import logs
from gateway.runtime.lines import in_file

if TYPE_CHECKING:
    from storage.opened import Opened

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="Configuration file.", envvar="CRMGATE_CONFIG", show_default=True)
]
DEFAULT = Path("gateway.toml")


@contextmanager
def opened(path: Path) -> Iterator[tuple[Config, Opened]]:
    """The configuration and its CRM, closed again afterwards. Raises ConfigError that names the file."""
    from storage.opened import Opened

    config = load(path)
    logs.set_up("warning", as_json=False)
    try:
        found = Opened(
            config.database_url,
            config.crm.mapping,
            schema=config.crm.schema or None,
            folder=Path(config.folder),
            files=config.files,
        )
    except ConfigError as wrong:
        raise in_file(path, wrong) from wrong
    try:
        yield config, found
    finally:
        found.close()
