"""What the README tells people to type is right."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import sqlalchemy as sa
from typer.main import get_command

from gateway.cli.main import app
from gateway.config import load
from storage.crm.reference import schema

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_configuration_shown_is_one(tmp_path: Path) -> None:
    block = re.search(r"^    \[crm\]\n(?:    .*\n|\n)+", README, re.MULTILINE)
    assert block is not None
    path = tmp_path / "gateway.toml"
    path.write_text(textwrap.dedent(block[0]), encoding="utf-8")
    config = load(path)
    assert config.crm is not None
    assert (config.crm.mapping, config.http.port) == ("reference", 443)


def test_the_sql_shown_does_something() -> None:
    statements = re.findall(r'sqlite3 demo/crm\.db "([^"]+)"', README)
    assert len(statements) == 2
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        schema.create(connection)
        connection.exec_driver_sql("INSERT INTO users (login) VALUES ('anna')")
        connection.exec_driver_sql("INSERT INTO contacts (last_name) VALUES ('Mustermann')")
        assert [connection.exec_driver_sql(statement).rowcount for statement in statements] == [1, 1]
    engine.dispose()


def test_the_commands_shown_are_there() -> None:
    known = set(getattr(get_command(app), "commands", {}))
    shown = set(re.findall(r"^    crmgate (\w+)", README, re.MULTILINE))
    assert len(shown) >= 5
    assert shown <= known
