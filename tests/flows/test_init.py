"""`crmgate init`: two short files for a CRM that is there; its password is nobody else's, and nothing is lost."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from gateway.core.errors import ConfigError
from tests.mapping.mappings import crm_with, run


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The reference CRM with columns that somebody added."""
    return crm_with(
        tmp_path,
        "ALTER TABLE contacts ADD COLUMN origin VARCHAR(40)",
        "ALTER TABLE contacts ADD COLUMN shoe_size INTEGER",
        "ALTER TABLE tasks ADD COLUMN billed_on DATE",
    )


def init(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, ["init", *arguments], input=stdin)


def test_it_writes_a_configuration_that_passes_its_check(url: str, tmp_path: Path) -> None:
    place = tmp_path / "here"
    result = init("--database", url, "--dir", str(place))
    assert result.exit_code == 0, result.output
    assert "the reference CRM" in result.output
    assert "3 fields suggested" in result.output
    config = str(place / "gateway.toml")
    installed = CliRunner().invoke(app, ["install", "--config", config])
    assert installed.exit_code == 0, installed.output
    checked = CliRunner().invoke(app, ["check", "--config", config])
    assert "database" in checked.output
    assert "problem" not in checked.output


def test_added_fields_are_lines_that_work_once_they_are_switched_on(url: str, tmp_path: Path) -> None:
    init("--database", url, "--dir", str(tmp_path))
    path = tmp_path / "mapping.toml"
    text = path.read_text("utf-8")
    assert '\n# entity.contact.custom.X-ORIGIN = "origin"  # Origin\n' in text
    assert '\n# entity.contact.custom.X-SHOE-SIZE = { column = "shoe_size", type = "int" }  # Shoe size\n' in text
    assert '\n# entity.task.custom.X-BILLED-ON = { column = "billed_on", type = "date" }  # Billed on\n' in text
    path.write_text(text.replace("# entity.", "entity."), "utf-8")
    config = str(tmp_path / "gateway.toml")
    assert CliRunner().invoke(app, ["install", "--config", config]).exit_code == 0
    assert CliRunner().invoke(app, ["check", "--config", config]).exit_code == 0


def test_both_files_are_their_owners_alone(url: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        init("--database", url, "--dir", str(tmp_path))
    finally:
        os.umask(before)
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("gateway.toml", "mapping.toml")}
    assert set(modes.values()) == {0o600}


def test_nothing_is_overwritten_unless_that_is_said(url: str, tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text("mine", "utf-8")
    result = init("--database", url, "--dir", str(tmp_path))
    assert isinstance(result.exception, ConfigError)
    assert "mapping.toml: there already; say --force" in str(result.exception)
    assert not (tmp_path / "gateway.toml").exists()
    assert (tmp_path / "mapping.toml").read_text("utf-8") == "mine"
    (tmp_path / "mapping.toml").chmod(0o644)
    assert init("--database", url, "--dir", str(tmp_path), "--force").exit_code == 0
    assert 'extends = "reference"' in (tmp_path / "mapping.toml").read_text("utf-8")
    assert stat.S_IMODE((tmp_path / "mapping.toml").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


@pytest.mark.parametrize(
    "database",
    [
        "postgresql+psycopg://crm:s3cret-word@127.0.0.1:1/crm",
        "mysql+pymysql://crm:s3cret-word@127.0.0.1:1/crm",
        "mssql+pymssql://crm:s3cret-word@127.0.0.1/crm",
        "oracle://crm:s3cret-word@127.0.0.1/crm",
        "crm:s3cret-word@127.0.0.1/crm",
    ],
)
def test_a_password_is_in_no_complaint(database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    result = init("--database", database, "--dir", str(tmp_path))
    assert isinstance(result.exception, ConfigError)
    assert "s3cret-word" not in f"{result.output}{result.exception}{caplog.text}"
    assert list(tmp_path.iterdir()) == []


def test_a_password_from_standard_input_is_written_to_the_configuration_and_shown_nowhere(
    postgresql_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    crm_with(tmp_path, url=postgresql_url)
    result = init("--database", postgresql_url, "--dir", str(tmp_path), "--stdin", stdin="s3cret/word\n")
    text = f"{result.output}{result.exception or ''}{caplog.text}"
    assert "s3cret" not in text
    if result.exit_code == 0:  # a server that asks local users for no password
        assert "s3cret%2Fword" in (tmp_path / "gateway.toml").read_text("utf-8")


def test_tables_that_nobody_knows_need_a_preset(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    run(url, ["CREATE TABLE people (id INTEGER PRIMARY KEY)"])
    result = init("--database", url, "--dir", str(tmp_path))
    assert "these are not the tables of berliCRM, vtiger, SuiteCRM" in str(result.exception)
    assert "--preset" in str(result.exception)
    wrong = init("--database", url, "--dir", str(tmp_path), "--preset", "espocrn")
    assert "did you mean 'espocrm'" in str(wrong.exception)
    assert init("--database", url, "--dir", str(tmp_path), "--preset", "espocrm").exit_code == 0
    assert 'extends = "espocrm"' in (tmp_path / "mapping.toml").read_text("utf-8")


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    result = init("--database", f"sqlite:///{tmp_path / 'none.db'}", "--dir", str(tmp_path))
    assert "there is no such file" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_path_seen_from_here_is_the_same_file_seen_from_the_configuration(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert init("--database", "sqlite:///crm.db", "--dir", "elsewhere").exit_code == 0
    assert f'database = "{url}"' in (tmp_path / "elsewhere" / "gateway.toml").read_text("utf-8")
