"""`[tenant.NAME]` in gateway.toml: what it says, and what is wrong with it, by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import load
from gateway.runtime.lines import ConfigErrors
from tests.mapping.mappings import write


def wrong(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigErrors) as told:
        load(Path(write(folder, text, "gateway.toml")))
    return [line.replace(f"{folder}/", "") for line in told.value.problems]


def test_several_crms_are_read_with_and_without_one_for_logins_that_name_none(tmp_path: Path) -> None:
    tenants = '[tenant.nord]\ndatabase = "sqlite:///nord.db"\n[tenant.sued]\ndatabase = "sqlite:///sued.db"\n'
    path = Path(write(tmp_path, tenants, "gateway.toml"))
    assert list(load(path).crms) == ["nord", "sued"]
    path.write_text('[crm]\ndatabase = "sqlite:///crm.db"\n' + tenants + 'domains = ["sued.example"]\n', "utf-8")
    config = load(path)
    assert list(config.crms) == ["", "nord", "sued"]
    assert config.tenant["sued"].domains == ["sued.example"]
    assert config.url(config.tenant["nord"]) == f"sqlite:///{tmp_path}/nord.db"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["gateway.toml: crm is missing: say [crm] database, or [tenant.NAME] for each of several CRMs"]),
        ('[tenant.nord]\nmapping = "reference"\n', ["gateway.toml:1: tenant.nord.database is missing"]),
        (
            '[tenant.nord]\ndatabse = "sqlite:///a.db"\n',
            [
                "gateway.toml:1: tenant.nord.database is missing",
                "gateway.toml:2: tenant.nord.databse: unknown key; did you mean 'database'?",
            ],
        ),
        ('tenant = "nord"\n', ["gateway.toml:1: tenant: Expected object, got str"]),
        ('[tenant]\nnord = "x"\n', ["gateway.toml:2: tenant.nord: expected a table"]),
        (
            '[tenant.nord]\ndatabase = "sqlite:///a.db"\ndomains = "x"\n',
            ["gateway.toml:3: tenant.nord.domains: Expected array, got str"],
        ),
        (
            '[tenant.Nord]\ndatabase = "sqlite:///a.db"\n',
            ["gateway.toml:1: tenant.Nord: a tenant's name has small letters, digits and hyphens, 40 at most"],
        ),
        (
            '[tenant."nord.example"]\ndatabase = "sqlite:///a.db"\n',
            ["gateway.toml:1: tenant.nord.example: a tenant's name has small letters, digits and hyphens, 40 at most"],
        ),
        (
            '[tenant.a]\ndatabase = "sqlite:///a.db"\ndomains = [\n"a.example",\n"A.example", "a b"]\n',
            [
                "gateway.toml:5: tenant.a.domains: 'A.example' is no mail domain in small letters",
                "gateway.toml:5: tenant.a.domains: 'a b' is no mail domain in small letters",
            ],
        ),
        (
            '[tenant.a]\ndatabase = "sqlite:///a.db"\ndomains = ["x.example"]\n'
            '[tenant.b]\ndatabase = "sqlite:///b.db"\ndomains = ["x.example"]\n',
            ["gateway.toml:6: tenant.b.domains: 'x.example' is one of [tenant.a] already"],
        ),
        (
            '[crm]\ndatabase = "sqlite:///a.db"\n[tenant.b]\ndatabase = "sqlite:///./a.db"\nfiles = "none"\n',
            [
                "gateway.toml:4: tenant.b.database: this is the database of [crm], too",
                "gateway.toml:5: tenant.b.files: there is no folder 'none'",
            ],
        ),
        (
            '[tenant.a]\ndatabase = "postgresql+psycopg://u:p@DB/crm"\n'
            '[tenant.b]\ndatabase = "postgresql://v@db/crm?x=y"\nschema = "other"\n'
            '[tenant.c]\ndatabase = "postgresql://v@db/crm2"\n',
            ["gateway.toml:4: tenant.b.database: this is the database of [tenant.a], too"],
        ),
        (
            '[tenant.a]\ndatabase = "mysql+pymysql://u@db/a"\n[tenant.b]\ndatabase = "mariadb+pymysql://u@db/b"\n'
            '[tenant.c]\ndatabase = "mysql+pymysql://u@db/c"\nschema = "c_gw"\n'
            '[tenant.d]\ndatabase = "mysql+pymysql://u@elsewhere/d"\n',
            [
                "gateway.toml:4: tenant.b.database: on this server the gateway's own tables would stand in one database "
                "with those of [tenant.a]; name another one as schema"
            ],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, said: list[str]) -> None:
    assert wrong(tmp_path, text) == said


def test_the_example_of_the_page_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "tenants.md").read_text("utf-8")
    config = load(Path(write(tmp_path, page.partition("```toml\n")[2].partition("```")[0], "gateway.toml")))
    assert list(config.crms) == ["", "nord", "sued"]
    assert config.tenant["sued"].domains == ["sued.example"]
