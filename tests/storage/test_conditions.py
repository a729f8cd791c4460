"""The language of conditions: what it says in SQL, and what it does not understand."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.errors import ConfigError
from storage.crm.conditions import Scope, condition, uses_user
from storage.crm.user_groups import Groups

METADATA = sa.MetaData()
ROWS = sa.Table(
    "rows", METADATA, sa.Column("id", sa.Integer), sa.Column("owner", sa.Integer), sa.Column("name", sa.String)
)
USERS = sa.Table("users", METADATA, sa.Column("id", sa.Integer), sa.Column("email", sa.String))
LINKS = sa.Table("links", METADATA, sa.Column("row_id", sa.Integer), sa.Column("user_id", sa.Integer))


def table(name: str) -> sa.Table:
    if name not in ("links", "users"):
        raise ConfigError(f"no table {name}")
    return METADATA.tables[name]


MEMBERS = sa.Table(
    "members", METADATA, sa.Column("u", sa.Integer), sa.Column("g", sa.Integer), sa.Column("gone", sa.Boolean)
)
GROUPS = Groups(MEMBERS, "u", "g", {"gone": 0})
SCOPE = Scope(ROWS, USERS, table, lambda group: GROUPS.have(USERS.c.id, group))


def sql(text: str) -> str:
    query = sa.select(ROWS.c.id).join(USERS, condition(text, SCOPE))
    made = str(query.compile(compile_kwargs={"literal_binds": True}))
    return " ".join(made.split()).partition(" ON ")[2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("owner = user.id", "rows.owner = users.id"),
        ("name != 'O''Brien; DROP TABLE rows'", "rows.name != 'O''Brien; DROP TABLE rows'"),
        ("owner is null or not name is not null", "rows.owner IS NULL OR rows.name IS NULL"),
        ("owner in (1, 2) and (id < 3 or id >= 9)", "rows.owner IN (1, 2) AND (rows.id < 3 OR rows.id >= 9)"),
        ("owner not in (1)", "(rows.owner NOT IN (1))"),
        ("lower(user.email) = lower(name)", "lower(users.email) = lower(rows.name)"),
        (
            "exists (links where row_id = row.id and user_id = user.id)",
            "EXISTS (SELECT 1 AS anon_1 FROM links AS links_1 "
            "WHERE links_1.row_id = rows.id AND links_1.user_id = users.id)",
        ),
        (
            "exists (links where row_id = row.id and exists (users where id = links.user_id and email = 'x'))",
            "EXISTS (SELECT 1 AS anon_1 FROM links AS links_1 WHERE links_1.row_id = rows.id AND "
            "(EXISTS (SELECT 1 AS anon_2 FROM users AS users_1 "
            "WHERE users_1.id = links_1.user_id AND users_1.email = 'x')))",
        ),
        (
            "owner in user.groups",
            "EXISTS (SELECT 1 AS anon_1 FROM members AS members_1 "
            "WHERE members_1.u = users.id AND members_1.g = rows.owner AND members_1.gone = false)",
        ),
        (
            "exists (links where row_id = row.id and user_id in user . groups)",
            "EXISTS (SELECT 1 AS anon_1 FROM links AS links_1 WHERE links_1.row_id = rows.id AND (EXISTS "
            "(SELECT 1 AS anon_2 FROM members AS members_1 "
            "WHERE members_1.u = users.id AND members_1.g = links_1.user_id AND members_1.gone = false)))",
        ),
        (
            "owner not in user.groups",
            "NOT (EXISTS (SELECT 1 AS anon_1 FROM members AS members_1 "
            "WHERE members_1.u = users.id AND members_1.g = rows.owner AND members_1.gone = false))",
        ),
    ],
)
def test_a_condition_becomes_sql_of_bound_values(text: str, expected: str) -> None:
    assert sql(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "owner", "owner =", "owner = = 1", "owner = 1 1", "(owner = 1", "owner = 1)", "nothing = 1", "user.nothing = 1",
        "other.id = 1", "exists (nowhere where id = 1)", "owner = 1; DROP TABLE rows", "owner = 'open", "owner like 'x'",
        "id in ()", "owner in user", "owner in row.groups", "owner in groups", "owner = user.groups", "owner in user.group", "owner = -- 1", "row.id", "exists (links where row_id = 1) and links.row_id = 1", "(" * 50 + "id = 1" + ")" * 50,
    ],
)  # fmt: skip
def test_what_it_does_not_understand_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(ConfigError):
        condition(text, SCOPE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("owner = user.id", True),
        ("owner in user.groups", True),
        ("name = 'user.id'", False),
        ("deleted = 0", False),
        ("a = 1 and b = user . id", True),
    ],
)
def test_a_condition_that_names_the_user_makes_a_collection_for_each(text: str, expected: bool) -> None:
    assert uses_user(text) is expected


def test_groups_are_asked_for_only_where_there_are_any() -> None:
    with pytest.raises(ConfigError, match=r"user\.groups"):
        condition("owner in user.groups", Scope(ROWS, USERS, table))
