"""Numbers of products that look for the highest one there is, on every database product."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from gateway.core.errors import ConfigError
from storage.crm.clocks import Clocks, Now
from storage.crm.counters import Highest, bind_number

WORDS = {"column": "ref", "highest": "PJ{yy}{mm}-", "digits": 4, "where": {"entity": 1}}


@pytest.fixture
def projects(database_url: str) -> Iterator[tuple[sa.Engine, sa.Table]]:
    engine = sa.create_engine(database_url)
    table = sa.Table(
        "projects", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("ref", sa.String(50)),
        sa.Column("entity", sa.Integer),
    )  # fmt: skip
    table.create(engine)
    yield engine, table
    engine.dispose()


def next_of(projects: tuple[sa.Engine, sa.Table], *held: tuple[str | None, int], text: str = "PJ{yy}{mm}-") -> str:
    engine, table = projects
    number = bind_number({**WORDS, "highest": text}, lambda _: table, table)
    assert isinstance(number, Highest)
    with engine.begin() as connection:
        connection.execute(sa.delete(table))
        for ref, entity in held:
            connection.execute(sa.insert(table).values(ref=ref, entity=entity))
        # Half past midnight in Berlin, where it is March already.
        return number.made(
            connection, Now(dt.datetime(2026, 2, 28, 23, 30, tzinfo=dt.UTC), Clocks("UTC", "Europe/Berlin"))
        )


def test_the_number_is_one_more_than_the_highest_of_any_month(projects: tuple[sa.Engine, sa.Table]) -> None:
    assert next_of(projects) == "PJ2603-0001"
    assert next_of(projects, ("PJ2602-0007", 1), ("PJ2512-0012", 1), ("PJ2603-0003", 1)) == "PJ2603-0013"
    assert next_of(projects, ("PJ2602-9999", 1)) == "PJ2603-10000"
    assert next_of(projects, ("PJ2602-10000", 1), ("PJ2602-9999", 1)) == "PJ2603-10001"


def test_what_is_no_such_number_does_not_count(projects: tuple[sa.Engine, sa.Table]) -> None:
    odd = [
        ("PJ2602-0009", 2),
        ("PJ2602-old", 1),
        ("PJ2602-", 1),
        ("XX2602-0009", 1),
        ("PJ26022-0009", 1),
        (None, 1),
        ("PJ2602-12345-x", 1),
    ]
    assert next_of(projects, *odd, ("PJ2601-0004", 1)) == "PJ2603-0005"
    assert next_of(projects, ("A_B%-03", 1), ("AxBy-09", 1), text="A_B%-") == "A_B%-0004"
    assert next_of(projects, ("2025/0003", 1), ("2026/0002", 1), text="{yyyy}/") == "2026/0004"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"column": "rev"}, "no column 'rev'"),
        ({"digits": "four"}, "digits is a number"),
        ({"table": "numbers"}, "highest stands alone"),
        ({"where": {"company": 1}}, "no column 'company'"),
    ],
)
def test_what_makes_no_number_is_told(
    projects: tuple[sa.Engine, sa.Table], words: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        bind_number({**WORDS, **words}, lambda _: projects[1], projects[1])
