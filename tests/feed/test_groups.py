"""Who is in which group decides what he sees: `user.groups` in a filter, and what becomes of it when members change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.core.model import CollectionName, Section
from storage.opened import Opened
from tests.crm import principal
from tests.feed.conftest import settle, sql
from tests.mapping.mappings import crm_with, problems, write

OURS = CollectionName(Section.ADDRESS_BOOKS, "ours")
MEMBERS = "CREATE TABLE team_user (user_id INTEGER NOT NULL, team INTEGER NOT NULL, deleted INTEGER DEFAULT 0 NOT NULL)"
MAPPING = """
extends = "reference"

[crm.users]
groups = { table = "team_user", user = "user_id", group = "team", alive = { deleted = 0 } }

[view.ours]
entity = "contact"
shape = "card"
name = "Ours"
filter = "owner_id = user.id or company_id in user.groups"

[view.linked]
entity = "contact"
shape = "card"
name = "Linked"
filter = "exists (record_team where record_id = row.id and kind = 'Contact' and team in user.groups and deleted = 0)"
"""
RECORDS = (
    "CREATE TABLE record_team (record_id INTEGER NOT NULL, kind VARCHAR(20) NOT NULL, team INTEGER NOT NULL, "
    "deleted INTEGER DEFAULT 0 NOT NULL)"
)
LINKED = CollectionName(Section.ADDRESS_BOOKS, "linked")


@pytest.fixture
def crm(database_url: str, tmp_path: Path) -> Iterator[Opened]:
    """Contacts of groups 1 and 2 (which here are companies), one of anna's own; she is in 1, ben in both."""
    crm_with(
        tmp_path,
        MEMBERS,
        RECORDS,
        "INSERT INTO companies (name) VALUES ('sales'), ('buying'), ('none')",
        "INSERT INTO contacts (last_name, company_id) VALUES ('Sold', 1), ('Bought', 2), ('Nobody', NULL)",
        "INSERT INTO contacts (last_name, owner_id) VALUES ('Own', 1)",
        "INSERT INTO team_user (user_id, team) VALUES (1, 1), (2, 1), (2, 2)",
        "INSERT INTO team_user (user_id, team, deleted) VALUES (1, 2, 1)",
        url=database_url,
    )
    made = sa.make_url(database_url)
    own = f"{made.database}_gw" if made.get_backend_name() in ("mysql", "mariadb") else None
    opened = Opened(database_url, write(tmp_path, MAPPING), schema=own)
    opened.setup.install()
    yield opened
    opened.close()


async def seen(opened: Opened, login: str, name: CollectionName = OURS) -> set[str]:
    """The last names on the cards a user is served."""
    who = principal(opened, login)
    _, entries = await opened.store.entries(who, name)
    _, resources = await opened.store.resources(who, name, [entry.href for entry in entries])
    lines = [line for one in resources for line in one.content.decode().splitlines() if line.startswith("N:")]
    return {line[2:].split(";")[0] for line in lines}


async def test_everybody_sees_his_own_and_what_his_groups_have(crm: Opened) -> None:
    assert await seen(crm, "anna") == {"Own", "Sold"}
    assert await seen(crm, "ben") == {"Sold", "Bought"}


async def test_all_collections_are_told_apart_in_one_statement(crm: Opened) -> None:
    for login in ("anna", "ben"):
        await crm.store.collection(principal(crm, login), OURS)
    contacts = crm.crm.entities["contact"]
    members = crm.database.read_now(lambda connection: crm.indexer.membership.of(connection, contacts, [1, 2, 3, 4]))
    table = crm.state.collection

    def owners(key: str) -> set[str]:
        wanted = sa.select(table.c.principal).where(table.c.view == "ours", table.c.id.in_(members.get(key, ())))  # type: ignore[call-overload]
        return crm.database.read_now(lambda connection: {row.principal for row in connection.execute(wanted)})

    assert [owners(key) for key in "1234"] == [{"1", "2"}, {"2"}, set(), {"1"}]


@pytest.mark.parametrize(
    ("change", "anna", "ben"),
    [
        ("INSERT INTO team_user (user_id, team) VALUES (1, 2)", {"Own", "Sold", "Bought"}, {"Sold", "Bought"}),
        ("UPDATE team_user SET deleted = 0 WHERE user_id = 1", {"Own", "Sold", "Bought"}, {"Sold", "Bought"}),
        ("UPDATE team_user SET deleted = 1 WHERE team = 1", {"Own"}, {"Bought"}),
        ("DELETE FROM team_user WHERE user_id = 2 AND team = 1", {"Own", "Sold"}, {"Bought"}),
        ("UPDATE team_user SET user_id = 1 WHERE user_id = 2", {"Own", "Sold", "Bought"}, set[str]()),
        ("UPDATE team_user SET team = 3", {"Own"}, set[str]()),
    ],
)
async def test_who_joins_or_leaves_a_group_sees_the_difference(
    crm: Opened, change: str, anna: set[str], ben: set[str]
) -> None:
    for login in ("anna", "ben"):
        await seen(crm, login)
    assert settle(crm) <= 1
    sql(crm, change)
    settle(crm)
    assert (await seen(crm, "anna"), await seen(crm, "ben")) == (anna, ben)


async def test_a_contact_that_changes_its_group_goes_to_its_members(crm: Opened) -> None:
    for login in ("anna", "ben"):
        await seen(crm, login)
    sql(crm, "UPDATE contacts SET company_id = 2 WHERE last_name = 'Sold'")
    settle(crm)
    assert (await seen(crm, "anna"), await seen(crm, "ben")) == ({"Own"}, {"Sold", "Bought"})


async def test_a_record_that_is_given_to_a_group_is_seen_by_its_members_at_once(crm: Opened) -> None:
    for login in ("anna", "ben"):
        assert await seen(crm, login, LINKED) == set()
    for change, anna, ben in (
        ("INSERT INTO record_team (record_id, kind, team) VALUES (3, 'Contact', 1)", {"Nobody"}, {"Nobody"}),
        ("INSERT INTO record_team (record_id, kind, team) VALUES (4, 'Lead', 1)", {"Nobody"}, {"Nobody"}),
        ("UPDATE record_team SET team = 2 WHERE kind = 'Contact'", set[str](), {"Nobody"}),
        ("UPDATE record_team SET kind = 'Contact' WHERE record_id = 4", {"Own"}, {"Nobody", "Own"}),
        ("UPDATE record_team SET record_id = 1 WHERE record_id = 4", {"Sold"}, {"Nobody", "Sold"}),
        ("UPDATE record_team SET deleted = 1 WHERE record_id = 3", {"Sold"}, {"Sold"}),
        ("DELETE FROM record_team", set[str](), set[str]()),
    ):
        sql(crm, change)
        settle(crm)
        assert (await seen(crm, "anna", LINKED), await seen(crm, "ben", LINKED)) == (anna, ben), change


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('{ table = "team_users", user = "user_id", group = "team" }', "the database has no table 'team_users'"),
        ('{ table = "team_user", user = "uid", group = "team" }', "user: table 'team_user' has no column 'uid'"),
        ('{ table = "team_user", user = "user_id" }', "group: table 'team_user' has no column None"),
        (
            '{ table = "team_user", user = "user_id", group = "team", alive = { gone = 0 } }',
            "alive: table 'team_user' has",
        ),
        ('{ table = "team_user", users = "user_id", group = "team" }', "unknown word 'users'"),
        ('"team_user"', "expected a table, not text"),
    ],
)
def test_what_is_wrong_with_groups_is_told_with_its_line(tmp_path: Path, words: str, said: str) -> None:
    text = f'extends = "reference"\n\n[crm.users]\ngroups = {words}\n'
    (only,) = problems(crm_with(tmp_path, MEMBERS), write(tmp_path, text))
    assert only.startswith(f"mapping.toml:4: [crm.users] groups: {said}")


def test_a_filter_asks_for_groups_only_where_there_are_any(tmp_path: Path) -> None:
    text = MAPPING.replace("groups =", "# groups =")
    ours, linked = problems(crm_with(tmp_path, MEMBERS, RECORDS), write(tmp_path, text))
    assert ours.startswith("mapping.toml:10: [view.ours] filter: ")
    assert linked.startswith("mapping.toml:16: [view.linked] filter: ")
    assert "user.groups" in ours
