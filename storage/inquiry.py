"""A look into a CRM's database before there is any configuration: which product it is, and which fields were added.

Nothing is written, and nothing of the gateway's need be there.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from gateway.core.errors import ConfigError
from gateway.runtime.lines import near
from storage.crm import discovery, layers
from storage.crm.discovery import PRODUCTS
from storage.crm.discovery.product import column_names
from storage.crm.discovery.suggest import entities, lines
from storage.database import Database
from storage.faults import readable


class Inquiry:
    """One database. Raises ConfigError where it cannot be asked; its password is in no complaint."""

    def __init__(self, url: str, password: str | None = None) -> None:
        """`password`: in place of the URL's."""
        try:
            made = sa.make_url(url)
        except sa.exc.ArgumentError:
            raise ConfigError("database: this is no SQLAlchemy URL, as mysql+pymysql://user@host/name is") from None
        if password is not None:
            made = made.set(password=password)
        self.url = made.render_as_string(hide_password=False)
        self.shown = made.render_as_string(hide_password=True)
        if made.get_backend_name() == "sqlite" and not made.query and not _is_file(made.database):
            raise ConfigError(f"database {self.shown}: there is no such file")
        self._database = Database(self.url)
        try:
            with self._database.engine.connect() as connection:
                self._tables = sa.inspect(connection).get_table_names()
                self._found = discovery.recognise(connection, self._tables)
        except sa.exc.DBAPIError as fault:
            self._database.close()
            raise ConfigError(f"database {self.shown}: {readable(fault)}") from fault

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        self._database.close()

    @property
    def title(self) -> str:
        """What the product calls itself."""
        return "this CRM" if self._found is None else self._found.product.title

    @property
    def prefix(self) -> str:
        """What the names of its tables begin with, where the mapping has to be told."""
        return "" if self._found is None else self._found.prefix

    def preset(self, asked: str) -> str:
        """The preset to extend: the one asked for, or the product's. Raises ConfigError where there is none."""
        known = sorted(path.stem for path in layers.PRESETS.glob("*.toml"))
        if asked:
            if asked not in known:
                raise ConfigError(f"--preset: there is no {asked!r}{near(asked, known)} (presets: {', '.join(known)})")
            return asked
        if self._found is None:
            titles = ", ".join(product.title for product in PRODUCTS)
            raise ConfigError(
                f"database {self.shown}: these are not the tables of {titles}; say --preset, or write a mapping of "
                f"your own (docs/mapping.md; presets: {', '.join(known)})"
            )
        if self._found.product.preset not in known:
            raise ConfigError(f"{self.title} has no preset here (presets: {', '.join(known)})")
        return self._found.product.preset

    def suggestions(self, preset: str) -> list[str]:
        """A line for each field that was added; none where the product is not known."""
        if self._found is None:
            return []
        words = layers.read(preset).words
        with self._database.engine.connect() as connection:
            custom = self._found.custom(connection)
            known = entities(words, self.prefix or words.get("crm", {}).get("prefix", ""))
            named = {str(table["table"]) for entity in known for table in entity.tables} | {one.table for one in custom}
            columns = {name: column_names(connection, name) for name in named & set(self._tables)}
        return list(lines(custom, known, columns))


def _is_file(name: str | None) -> bool:
    return bool(name) and Path(str(name)).is_file()
