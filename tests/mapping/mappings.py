"""Short mapping files, and a CRM opened with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import sqlalchemy as sa

from gateway.runtime.lines import ConfigErrors
from storage.opened import Opened
from tests.crm import make_crm


def crm_with(folder: Path, *statements: str, url: str = "") -> str:
    """The reference CRM with anna and ben in it, and some SQL run there; its URL."""
    wanted = url or f"sqlite:///{folder / 'crm.db'}"
    make_crm(wanted)
    run(wanted, statements)
    return wanted


def run(url: str, statements: Sequence[str]) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def write(folder: Path, text: str, name: str = "mapping.toml") -> str:
    """A mapping file's path."""
    path = folder / name
    path.write_text(dedent(text).lstrip("\n"), "utf-8")
    return str(path)


def problems(url: str, mapping: str) -> list[str]:
    """What is said about a mapping, without the folder; nothing where it is right."""
    try:
        Opened(url, mapping).close()
    except ConfigErrors as wrong:
        return [line.replace(str(Path(mapping).parent) + "/", "") for line in wrong.problems]
    return []
