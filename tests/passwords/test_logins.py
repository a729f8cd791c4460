"""Logins against hashes that stand in a CRM's users' table."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from tests.mapping.mappings import crm_with, problems, write
from tests.passwords.crms import WITHOUT, gets_in, opened_with
from tests.passwords.test_schemes import MADE, PASSWORD

EXTENDS = 'extends = "reference"\n'
SUITE = EXTENDS + 'crm.users.password = { column = "password_hash", of = "md5" }'
SETTINGS = (
    "CREATE TABLE settings (name VARCHAR(40) PRIMARY KEY, value VARCHAR(200))",
    "INSERT INTO settings VALUES ('OTHER', 'no'), ('SALT', '20261122045816')",
)
FROM_TABLE = (
    EXTENDS + 'crm.users.password = { column = "password_hash", '
    'salt = { table = "settings", column = "value", where = { name = "SALT" } } }'
)


def of_anna(stored: str) -> str:
    return f"UPDATE users SET password_hash = '{stored}' WHERE login = 'anna'"


@pytest.mark.parametrize(
    ("what", "users"),
    [
        ("bcrypt of PHP, as vtiger's PHASH, EspoCRM and Dolibarr have it", EXTENDS),
        ("argon2id of PHP", EXTENDS),
        ("Odoo", EXTENDS),
        ("berliCRM", EXTENDS),
        ("vtiger 6, PHP5.3MD5", EXTENDS),
        ("Dolibarr, SHA-1 of MD5", EXTENDS),
        ("SuiteCRM", SUITE),
        ("SuiteCRM by crypt", SUITE),
        ("SuiteCRM, oldest", SUITE),
        ("EspoCRM, former", EXTENDS + 'crm.users.password = { column = "password_hash", salt = "1a2b3c4d5e6f7a8b" }'),
        ("Dolibarr, MD5 with its salt", FROM_TABLE),
    ],
)
async def test_the_crms_own_password_lets_its_user_in(tmp_path: Path, what: str, users: str) -> None:
    with opened_with(tmp_path, *SETTINGS, of_anna(MADE[what][0]), users=users) as opened:
        assert await gets_in(opened, "anna", PASSWORD)
        assert await gets_in(opened, "anna@crm.example", PASSWORD)
        assert not await gets_in(opened, "anna", "anna")
        assert not await gets_in(opened, "anna", MADE[what][0])
        assert not await gets_in(opened, "zoe", PASSWORD)


async def test_a_salt_is_read_on_every_product(database_url: str, tmp_path: Path) -> None:
    stored = MADE["Dolibarr, SHA-1 of MD5 with its salt"][0]
    with opened_with(tmp_path, *SETTINGS, of_anna(stored), users=FROM_TABLE, url=database_url) as opened:
        assert await gets_in(opened, "anna", PASSWORD)
        assert not await gets_in(opened, "anna", "anna")


async def test_a_hash_of_no_known_kind_lets_nobody_in_and_is_told_once_without_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored = "$9$CU..../....2Q9obwLhin8qvQl6sisAO/$E1HizYWxBmnIH4sdPkd1UOML9t62Gf"
    with opened_with(tmp_path, of_anna(stored)) as opened, caplog.at_level(logging.DEBUG):
        assert not await gets_in(opened, "anna", "anna")
        assert not await gets_in(opened, "anna", "other")
        assert not await gets_in(opened, "anna", stored)
        assert await gets_in(opened, "ben", "ben")
    told = [record.getMessage() for record in caplog.records if "cannot be verified" in record.getMessage()]
    assert told == [
        "the password of user 1 cannot be verified: the CRM has a hash of no known kind: it has 67 characters and "
        "begins with $9$. `crmgate user password` gives him one that the gateway keeps."
    ]
    assert "E1HizYWxBmnIH4sdPkd1UOML9t62Gf" not in caplog.text


@pytest.mark.parametrize("nothing", ["''", "' '"])
async def test_an_empty_hash_lets_nobody_in(tmp_path: Path, nothing: str) -> None:
    with opened_with(tmp_path, f"UPDATE users SET password_hash = {nothing} WHERE login = 'anna'") as opened:
        for password in ("", " ", "anna"):
            assert not await gets_in(opened, "anna", password)


async def test_nobody_costs_what_a_user_of_this_crm_costs(tmp_path: Path) -> None:
    """In the time of the processor: for a wrong password, for an unknown login, for a user who has none."""
    costly = "$2b$10$abcdefghijklmnopqrstuu3qWavo/JrKRRVDF/68ERj4rQOXSVCG2"
    statements = (
        f"UPDATE users SET password_hash = '{costly}'",
        "UPDATE users SET password_hash = '' WHERE login = 'ben'",
    )
    with opened_with(tmp_path, *statements) as opened:
        assert await gets_in(opened, "anna", "geheim")

        async def least(login: str) -> float:
            taken = []
            for number in range(5):
                begun = time.process_time_ns()
                assert not await gets_in(opened, login, f"wrong {number}")
                taken.append(time.process_time_ns() - begun)
            return min(taken)

        wrong, unknown, empty = await least("anna"), await least("zoe"), await least("ben")
    assert 0.5 < unknown / wrong < 2
    assert 0.5 < empty / wrong < 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('"pw"', "[crm.users] password: table 'users' has no column 'pw'"),
        ('{ column = "password_hash", of = "md4" }', "[crm.users] password: of: 'md4' is none of md5"),
        ('{ column = "password_hash", pepper = "x" }', "[crm.users] password: unknown word 'pepper'"),
        ('{ column = "password_hash", salt = 7 }', "[crm.users] password: salt: expected a text"),
        (
            '{ column = "password_hash", salt = { table = "nowhere" } }',
            "[crm.users] password: the database has no table",
        ),
        (
            '{ column = "password_hash", salt = { table = "users", column = "pepper" } }',
            "[crm.users] password: salt: table 'users' has no column 'pepper'",
        ),
        ("{}", "[crm.users] password: expected a column"),
        ("7", "[crm.users] password: expected text"),
    ],
)
def test_what_is_wrong_with_the_words_is_told_with_its_line(tmp_path: Path, words: str, said: str) -> None:
    text = f'[crm]\nname = "here"\n\n{WITHOUT}password = {words}\n'
    (only,) = problems(crm_with(tmp_path), write(tmp_path, text))
    assert only.startswith(f"mapping.toml:10: {said}")
