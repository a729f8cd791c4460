"""`crmgate init`: a configuration to start from, for a CRM that is there.

Looks which product the database is, and writes two short files: `gateway.toml`, and a mapping that extends the
product's preset, with the fields that its owners have added as lines to be switched on. The configuration holds the
database's password, so both files are their owner's alone; no password is ever shown, and nothing is overwritten unasked.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.config import absolute_sqlite
from gateway.core.errors import ConfigError

if TYPE_CHECKING:
    from storage.inquiry import Inquiry

CONFIG, MAPPING = "gateway.toml", "mapping.toml"

_CONFIG = """\
# {title}, as `crmgate init` found it. `crmgate check` says whether all is well; `crmgate install --dry-run` prints the
# SQL that puts the gateway's tables and triggers beside the CRM's.

[crm]
database = {database}
mapping = {mapping}

[http]
host = "127.0.0.1"
port = 8080

[imap]
host = "127.0.0.1"
port = 1143
"""
_MAPPING = """\
# What the tables of {title} mean: the preset, and here what differs from it. docs/mapping.md has every word.
# Lines for single fields come before the first [table].

extends = {preset}
{prefix}
"""
_NOTHING = "# No fields were found that somebody has added.\n"
_SOME = """\
# Fields that somebody has added to the CRM. Take the first # away to show one as a property of cards, events or tasks;
# its name is yours to choose, for every device.
"""


def init(
    database: Annotated[
        str, typer.Option(help="SQLAlchemy URL of the CRM's database.", envvar="CRMGATE_DATABASE", show_envvar=True)
    ],
    preset: Annotated[str, typer.Option(help="The preset; recognised by the tables when left out.")] = "",
    folder: Annotated[Path, typer.Option("--dir", help="Where the two files go.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read the database's password from standard input.")] = False,
) -> None:
    """Write gateway.toml and a mapping for a CRM's database, with its added fields as suggestions."""
    from storage.inquiry import Inquiry

    targets = (folder / CONFIG, folder / MAPPING)
    if not force and (there := [str(path) for path in targets if path.exists()]):
        raise ConfigError(f"{', '.join(there)}: there already; say --force to overwrite, or --dir for another place")
    password = sys.stdin.readline().rstrip("\n") if stdin else None
    with Inquiry(absolute_sqlite(database, Path()), password) as found:
        chosen = found.preset(preset)
        suggested = found.suggestions(chosen)
        folder.mkdir(parents=True, exist_ok=True)
        write_private(targets[1], mapping_text(found, chosen, suggested))
        write_private(targets[0], config_text(found))
        print(f"{found.title}: {found.shown}")
    fields = sum(".custom." in line for line in suggested)
    print(f"wrote {targets[0]} and {targets[1]} ({fields} fields suggested), readable by you alone")
    print(f"next: crmgate check --config {targets[0]}")


def config_text(found: Inquiry) -> str:
    """`gateway.toml`."""
    from storage.crm.discovery.suggest import toml

    return _CONFIG.format(title=found.title, database=toml(found.url), mapping=toml(MAPPING))


def mapping_text(found: Inquiry, preset: str, suggested: Sequence[str]) -> str:
    """`mapping.toml`."""
    from storage.crm.discovery.suggest import toml

    prefix = f"crm.prefix = {toml(found.prefix)}\n" if found.prefix else ""
    head = _MAPPING.format(title=found.title, preset=toml(preset), prefix=prefix)
    return head + (_SOME + "".join(f"{line}\n" for line in suggested) if suggested else _NOTHING)


def write_private(path: Path, text: str) -> None:
    """A file that only its owner may read from its first byte on; what was there is replaced at once or not at all."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
