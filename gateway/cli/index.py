"""`crmgate index`: build all collections, with a progress bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.cli.opening import DEFAULT_FILE, ConfigOption, EachOption, heading, opened_realm, realms
from gateway.config import load
from gateway.runtime import logs


def index(config: ConfigOption = DEFAULT_FILE, tenant: EachOption = None) -> None:
    """Build every collection of every user now, so that no first visit has to wait."""
    read = load(config)
    logs.set_up("warning", as_json=False)
    for realm in realms(config, read, tenant):
        with opened_realm(config, read, realm) as found:
            if not found.setup.is_installed():
                found.setup.install()
            begun = time.monotonic()
            with shown_progress() as progress:
                looked = found.visits.index_all(progress)
            print(f"{heading(read, realm)} {looked} rows indexed in {time.monotonic() - begun:.1f} s".lstrip())


@contextmanager
def shown_progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each kind of row on a terminal; a line for each elsewhere."""
    if not sys.stderr.isatty():
        yield _plain
        return
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        known: dict[str, object] = {}

        def progress(entity: str, done: int, total: int) -> None:
            if entity not in known:
                known[entity] = bars.add_task(entity, total=total)
            bars.update(known[entity], completed=done)  # type: ignore[arg-type]

        yield progress


def _plain(entity: str, done: int, total: int) -> None:
    if done == total:
        print(f"{entity}: {done} of {total}", file=sys.stderr)
