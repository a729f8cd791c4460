"""`crmgate check` names what keeps the gateway from hearing of changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from storage.opened import Opened
from tests.crm import make_crm, open_crm
from tests.feed.conftest import contact, sql


@pytest.fixture
def crm(sqlite_url: str, tmp_path: Path) -> Opened:
    """An installed gateway with a configuration file."""
    make_crm(sqlite_url)
    (tmp_path / "gateway.toml").write_text(f'[crm]\ndatabase = "{sqlite_url}"\n', "utf-8")
    return open_crm(sqlite_url)


def checked(folder: Path) -> Result:
    return CliRunner().invoke(app, ["check", "--config", str(folder / "gateway.toml")])


def test_a_sound_installation_has_no_problem(crm: Opened, tmp_path: Path) -> None:
    sql(crm, contact("One"))
    crm.close()
    result = checked(tmp_path)
    assert result.exit_code == 0, result.output
    assert "in place" in result.output
    assert "outbox: 1 changes wait" in result.output


def test_missing_and_altered_triggers_are_told_apart(crm: Opened, tmp_path: Path) -> None:
    first, second, *_ = crm.setup.triggers.wanted
    sql(crm, first.drop[0], second.drop[0], second.create[0].replace("CAST(", "CAST(1 + "))
    crm.close()
    result = checked(tmp_path)
    assert result.exit_code == 1
    assert f"triggers: 1 are missing ({first.name} …)" in result.output
    assert f"triggers: 1 are altered ({second.name} …)" in result.output


def test_a_gateway_that_is_not_installed_is_a_problem(crm: Opened, tmp_path: Path) -> None:
    crm.setup.uninstall()
    crm.close()
    result = checked(tmp_path)
    assert result.exit_code == 1
    assert "run `crmgate install`" in result.output


def test_polled_tables_are_named_and_nothing_is_missed_there(crm: Opened, tmp_path: Path) -> None:
    crm.close()
    (tmp_path / "polled.toml").write_text('extends = "reference"\n[crm]\nwatch = "polling"\n', "utf-8")
    text = (tmp_path / "gateway.toml").read_text("utf-8")
    (tmp_path / "gateway.toml").write_text(f'{text}mapping = "polled.toml"\n', "utf-8")
    runner, config = CliRunner(), str(tmp_path / "gateway.toml")
    # The triggers of the mapping before this one are strays now, and go.
    shown = runner.invoke(app, ["install", "--dry-run", "--config", config]).output
    assert "DROP TRIGGER" in shown
    assert "CREATE TRIGGER" not in shown
    done = runner.invoke(app, ["install", "--config", config])
    assert "polled without triggers: companies, contacts" in done.output
    result = checked(tmp_path)
    assert result.exit_code == 0, result.output
    assert "polled without triggers: contact: contacts, by modified_at and by comparing all rows" in result.output
    assert "polled without triggers: user: users, by comparing all rows" in result.output
    assert "has no index" not in result.output


def test_a_stamp_without_an_index_is_mentioned(crm: Opened, tmp_path: Path) -> None:
    sql(crm, "DROP INDEX ix_contacts_modified_at")
    crm.close()
    (tmp_path / "polled.toml").write_text('extends = "reference"\n[entity.contact]\nwatch = "polling"\n', "utf-8")
    text = (tmp_path / "gateway.toml").read_text("utf-8")
    (tmp_path / "gateway.toml").write_text(f'{text}mapping = "polled.toml"\n', "utf-8")
    result = checked(tmp_path)
    assert result.exit_code == 0, result.output
    assert "note     contacts.modified_at has no index" in result.output


def test_a_polled_table_that_nobody_reads_is_a_mistake(crm: Opened, tmp_path: Path) -> None:
    crm.close()
    (tmp_path / "polled.toml").write_text('extends = "reference"\n[crm]\npolled = ["contact"]\n', "utf-8")
    (tmp_path / "gateway.toml").write_text(
        f'[crm]\ndatabase = "sqlite:///{tmp_path / "crm.db"}"\nmapping = "polled.toml"\n', "utf-8"
    )
    result = checked(tmp_path)
    assert result.exception is not None
    assert "polled.toml:3: [crm] polled: no entity reads the table 'contact'" in str(result.exception)
    assert "'contacts'" in str(result.exception)
