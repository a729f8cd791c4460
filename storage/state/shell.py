"""Statements as a script that `psql`, `mariadb`, `sqlite3` or `sqlcmd` takes as it is.

The shells of MySQL and MariaDB end a statement at the first semicolon, also inside a trigger's body, so another
delimiter is set around those; and the database has to be chosen, because the tables' names are bare. SQL Server wants
every CREATE TRIGGER in a batch of its own, and keeps its text as it was sent: no semicolon is added to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

_DELIMITER: Final = "//"


def script(url: sa.URL, parts: Sequence[str], statements: Sequence[str]) -> str:
    """`parts` are SQL that is complete with its semicolons; `statements` have none at their end."""
    lines = [part for part in parts if part]
    if url.get_backend_name() == "mssql":
        own = [part if part.endswith("GO") else f"{part}\nGO" for part in lines]
        return "\n\n".join([*own, *(f"{statement}\nGO" for statement in statements)]) + "\n"
    if url.get_backend_name() not in ("mysql", "mariadb"):
        return "\n\n".join([*lines, *(f"{statement};" for statement in statements)]) + "\n"
    named = str(url.database).replace("`", "``")
    lines.insert(0, f"USE `{named}`;")
    if statements:
        lines += [f"DELIMITER {_DELIMITER}", *(f"{one} {_DELIMITER}" for one in statements), "DELIMITER ;"]
    return "\n\n".join(lines) + "\n"
