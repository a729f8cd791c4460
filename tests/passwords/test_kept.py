"""Passwords the gateway keeps by itself, where the CRM has none or none that can be verified."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.core.errors import ConfigError, NotFound
from storage.crm.accounts import Accounts, Stands
from storage.opened import Opened
from storage.state import migrations
from tests.mapping.mappings import run
from tests.passwords.crms import CHEAP, MANY_ROWS, WITHOUT, gets_in, opened_with
from tests.passwords.test_schemes import MADE, PASSWORD

BCRYPT = MADE["bcrypt $2b$"][0]
OTHERS = f"UPDATE users SET password_hash = '{BCRYPT}'"


def accounts(opened: Opened) -> Accounts:
    return Accounts(opened.crm.users, opened.passwords, CHEAP)


def set_password(opened: Opened, login: str, password: str, *, keep: bool = False) -> Stands:
    return opened.database.write_now(lambda unit: accounts(opened).change_password(unit, login, password, keep=keep))


def forget(opened: Opened, login: str) -> Stands:
    return opened.database.write_now(lambda unit: accounts(opened).forget_password(unit, login))


@pytest.mark.parametrize("users", [WITHOUT, MANY_ROWS], ids=["one table", "more than one row"])
async def test_where_the_crm_has_no_passwords_the_gateway_keeps_them(
    database_url: str, tmp_path: Path, users: str
) -> None:
    with opened_with(tmp_path, users=users, url=database_url) as opened:
        assert not await gets_in(opened, "anna", "anna")
        assert set_password(opened, "anna", "first") is Stands.GATEWAY
        assert await gets_in(opened, "anna", "first")
        assert not await gets_in(opened, "anna", "anna")
        assert not await gets_in(opened, "ben", "first")
        assert set_password(opened, "anna", "second") is Stands.GATEWAY
        opened.follower.step()
        assert not await gets_in(opened, "anna", "first")
        assert await gets_in(opened, "anna", "second")
        assert forget(opened, "anna") is Stands.NOWHERE
        opened.follower.step()
        assert not await gets_in(opened, "anna", "second")


async def test_one_kept_stands_in_place_of_the_crms_until_it_is_forgotten(tmp_path: Path) -> None:
    with opened_with(tmp_path, OTHERS) as opened:
        assert await gets_in(opened, "anna", PASSWORD)
        assert set_password(opened, "anna", "kept") is Stands.GATEWAY
        opened.follower.step()
        assert await gets_in(opened, "anna", "kept")
        assert not await gets_in(opened, "anna", PASSWORD)
        assert await gets_in(opened, "ben", PASSWORD)
        assert forget(opened, "anna") is Stands.CRM
        opened.follower.step()
        assert await gets_in(opened, "anna", PASSWORD)
        with pytest.raises(NotFound):
            forget(opened, "anna")


async def test_the_crms_own_hash_is_written_only_where_the_crm_has_such(tmp_path: Path) -> None:
    with opened_with(tmp_path) as opened:
        assert set_password(opened, "anna", "in the crm") is Stands.CRM
        assert set_password(opened, "ben", "with the gateway", keep=True) is Stands.GATEWAY
        assert set_password(opened, "anna", "kept", keep=True) is Stands.GATEWAY
        assert set_password(opened, "anna", "in the crm again") is Stands.CRM
        assert await gets_in(opened, "anna", "in the crm again")
        assert await gets_in(opened, "ben", "with the gateway")
        assert not await gets_in(opened, "ben", "ben")
        run(opened.database.url.render_as_string(), [OTHERS])
        assert set_password(opened, "anna", "kept") is Stands.GATEWAY


async def test_a_key_that_is_given_out_again_brings_nobody_anothers_password(tmp_path: Path) -> None:
    with opened_with(tmp_path, users=WITHOUT) as opened:
        set_password(opened, "anna", "hers")
        run(opened.database.url.render_as_string(), ["UPDATE users SET login = 'zoe' WHERE login = 'anna'"])
        opened.follower.step()
        assert not await gets_in(opened, "zoe", "hers")
        assert not await gets_in(opened, "anna", "hers")


async def test_a_new_user_gets_his_password_where_the_others_have_theirs(tmp_path: Path) -> None:
    def add(opened: Opened, login: str) -> Stands:
        return opened.database.write_now(
            lambda unit: accounts(opened).add(unit, login, "secret", name="Z", address="", timezone="UTC")
        )

    with opened_with(tmp_path, OTHERS) as opened:
        assert add(opened, "zoe") is Stands.GATEWAY
        assert await gets_in(opened, "zoe", "secret")
        run(opened.database.url.render_as_string(), ["UPDATE users SET password_hash = 'x' WHERE login != 'zoe'"])
        assert add(opened, "yan") is Stands.CRM
        assert await gets_in(opened, "yan", "secret")


async def test_who_is_removed_is_shut_out_wherever_his_password_stands(tmp_path: Path) -> None:
    with opened_with(tmp_path, users=MANY_ROWS) as opened:
        set_password(opened, "anna", "hers")
        opened.database.write_now(lambda unit: accounts(opened).remove(unit, "anna"))
        opened.follower.step()
        assert not await gets_in(opened, "anna", "hers")
    with_active = WITHOUT + 'active = "active"\n'
    (tmp_path / "second").mkdir()
    with opened_with(tmp_path / "second", users=with_active) as opened:
        set_password(opened, "anna", "hers")
        assert await gets_in(opened, "anna", "hers")
        run(opened.database.url.render_as_string(), ["UPDATE users SET active = 0 WHERE login = 'anna'"])
        opened.follower.step()
        assert not await gets_in(opened, "anna", "hers")
        with pytest.raises(NotFound):
            opened.database.write_now(lambda unit: accounts(opened).remove(unit, "anna"))


def test_users_of_several_rows_are_added_and_removed_in_the_crm(tmp_path: Path) -> None:
    with opened_with(tmp_path, users=MANY_ROWS + 'password = "password_hash"\n') as opened:
        made, write = accounts(opened), opened.database.write_now
        with pytest.raises(ConfigError, match="in the CRM"):
            write(lambda unit: made.add(unit, "zoe", "x", name="", address="", timezone="UTC"))
        with pytest.raises(ConfigError, match="in the CRM"):
            write(lambda unit: made.remove(unit, "anna"))


async def test_a_gateway_of_the_first_version_gets_the_table_at_its_next_start(
    database_url: str, tmp_path: Path
) -> None:
    with opened_with(tmp_path, url=database_url) as opened:
        state = opened.state
        with opened.database.engine.begin() as connection:
            state.password.drop(connection)
            version = sa.Table(migrations.version_table(state), sa.MetaData(), schema=state.schema)
            version.append_column(sa.Column("version_num", sa.String(32)))
            connection.execute(sa.update(version).values(version_num="0001"))
        assert not opened.setup.is_current()
        assert "password" in opened.setup.script()
        opened.setup.install()
        assert opened.setup.is_current()
        set_password(opened, "anna", "kept", keep=True)
        assert await gets_in(opened, "anna", "kept")
