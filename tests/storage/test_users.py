"""Who may log in, how often that costs a hash, and how soon it ends."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from gateway.core.auth import Credentials
from gateway.core.errors import NotAuthenticated, Unavailable
from storage.crm import authenticator
from storage.crm.accounts import Accounts
from storage.crm.reference import schema
from storage.opened import Opened
from tests.crm import CHEAP

ANNA = Credentials("anna", "anna")


def change_password(opened: Opened, password: str) -> None:
    accounts = Accounts(opened.crm.users, opened.passwords, CHEAP)
    opened.database.write_now(lambda unit: accounts.change_password(unit, "anna", password))


@pytest.mark.parametrize("login", ["anna", "anna@crm.example", "Anna@CRM.example"])
async def test_login_and_address_both_work(opened: Opened, login: str) -> None:
    assert (await opened.authenticator.authenticate(Credentials(login, "anna"))).login == "anna"


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("anna", "ben"), ("anna", ""), ("nobody", "anna"), ("", ""), ("anna' OR '1'='1", "anna"), ("%", "anna"),
        ("a\x00nna", "anna"), ("anna", "x" * 5000), ("x" * 5000, "anna"), ("anna", "ann\udce4"), ("*", "*"),
    ],
)  # fmt: skip
async def test_everything_else_is_refused_in_the_same_words(opened: Opened, login: str, password: str) -> None:
    with pytest.raises(NotAuthenticated, match=r"^Login or password is wrong\.$"):
        await opened.authenticator.authenticate(Credentials(login, password))


async def test_an_address_two_users_share_is_nobodys_login(opened: Opened) -> None:
    with opened.database.engine.begin() as connection:
        connection.execute(sa.update(schema.users).values(email="both@crm.example"))
    with pytest.raises(NotAuthenticated):
        await opened.authenticator.authenticate(Credentials("both@crm.example", "anna"))


async def test_an_accepted_password_costs_no_second_hash(opened: Opened) -> None:
    await opened.authenticator.authenticate(ANNA)
    opened.authenticator.close()  # the thread that hashes is gone
    assert (await opened.authenticator.authenticate(ANNA)).login == "anna"
    with pytest.raises(RuntimeError):
        await opened.authenticator.authenticate(Credentials("ben", "ben"))


async def test_a_changed_password_is_heard_of_by_the_feed(opened: Opened) -> None:
    await opened.authenticator.authenticate(ANNA)
    change_password(opened, "new")
    opened.follower.step()
    with pytest.raises(NotAuthenticated):
        await opened.authenticator.authenticate(ANNA)
    await opened.authenticator.authenticate(Credentials("anna", "new"))


async def test_a_changed_password_is_seen_at_the_next_look_without_the_feed(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened.authenticator.authenticate(ANNA)
    change_password(opened, "new")
    monkeypatch.setattr(authenticator, "LOOKED_AT", 0.0)
    with pytest.raises(NotAuthenticated):
        await opened.authenticator.authenticate(ANNA)


@pytest.mark.parametrize("column", ["active", "deleted"])
async def test_a_user_who_is_taken_away_is_shut_out(opened: Opened, column: str) -> None:
    await opened.authenticator.authenticate(ANNA)
    with opened.database.engine.begin() as connection:
        gone = sa.update(schema.users).where(schema.users.c.login == "anna")
        connection.execute(gone.values({column: 0 if column == "active" else 1}))
    opened.follower.step()
    with pytest.raises(NotAuthenticated):
        await opened.authenticator.authenticate(ANNA)


async def test_where_the_database_is_gone_nobody_is_told_that_a_password_is_wrong(opened: Opened) -> None:
    with opened.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE users RENAME TO elsewhere")
    with pytest.raises(Unavailable):
        await opened.authenticator.authenticate(ANNA)


def test_login_and_password_are_told_apart_in_what_is_remembered(opened: Opened) -> None:
    name = opened.authenticator._name
    assert name(Credentials("a:b", "c")) != name(Credentials("a", "b:c"))
    assert name(Credentials("ab", "c")) != name(Credentials("a", "bc"))


def test_a_password_never_shows() -> None:
    assert "secret" not in repr(Credentials("anna", "secret"))
