"""What docs/mapping.md promises under "When something is wrong", line by line."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.core.errors import ConfigError
from storage.opened import Opened
from tests.mapping.mappings import crm_with, problems, run, write
from tests.mapping.served import card, component, only_document, row, served


@pytest.mark.parametrize("url", ["nonsense", "oracel://x", "sqlite:////nowhere/at/all/crm.db"])
def test_a_wrong_url_is_refused_at_start(url: str) -> None:
    with pytest.raises(ConfigError, match="database"):
        Opened(url)


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "mysql+pymysql"])
def test_a_server_that_is_not_there_is_named_and_the_password_is_not(driver: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # bound and not listening: nobody else takes the port meanwhile
        with pytest.raises(ConfigError) as wrong:
            Opened(f"{driver}://anna:secret-word@127.0.0.1:{listener.getsockname()[1]}/crm")
    assert "127.0.0.1" in str(wrong.value)
    assert "secret-word" not in str(wrong.value)


def test_a_wrong_password_is_told_and_not_shown(mariadb_url: str) -> None:
    wrong = sa.make_url(mariadb_url).set(username="crmgate_nobody", password="secret-word")
    with pytest.raises(ConfigError, match="Access denied") as refused:
        Opened(wrong.render_as_string(hide_password=False))
    assert "secret-word" not in str(refused.value)


def test_a_missing_table_is_named_with_its_line(tmp_path: Path) -> None:
    url = crm_with(tmp_path, "ALTER TABLE leads RENAME TO chances")
    mapping = write(
        tmp_path,
        """
        extends = "reference"
        [entity.chance]
        table = "chanses"
        """,
    )
    assert problems(url, mapping) == [
        "mapping.toml:3: [entity.chance] table: the database has no table 'chanses'; did you mean 'chances'?"
    ]


@pytest.fixture
def limited(postgresql_url: str, tmp_path: Path) -> str:
    """The reference CRM, installed, as an account sees it that may do nothing until it is granted."""
    crm_with(tmp_path, url=postgresql_url)
    opened = Opened(postgresql_url)
    opened.setup.install()
    opened.close()
    return postgresql_url


def as_limited(url: str, *grants: str) -> tuple[str, str]:
    """The URL as a fresh role, with these grants, and the role's name."""
    name = f"limited_{sa.make_url(url).database}"
    run(
        url,
        [f'CREATE ROLE "{name}" LOGIN', f'GRANT USAGE ON SCHEMA public TO "{name}"', *(g.format(name) for g in grants)],
    )
    return sa.make_url(url).set(username=name).render_as_string(hide_password=False), name


def drop(url: str, name: str) -> None:
    run(url, [f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"'])


def test_a_missing_right_to_read_is_told_at_start_for_every_table(limited: str) -> None:
    url, name = as_limited(
        limited, 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{}"', 'REVOKE SELECT ON tasks, emails FROM "{}"'
    )
    try:
        said = problems(url, "reference")
    finally:
        drop(limited, name)
    assert sorted(line.partition(": ")[2].partition(": ")[0] for line in said) == [
        "the database account may not read the table 'emails'",
        "the database account may not read the table 'tasks'",
    ]


async def test_a_missing_right_to_write_refuses_the_write_and_does_not_ask_to_try_again(limited: str) -> None:
    url, name = as_limited(
        limited,
        'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{}"',
        'GRANT USAGE ON SCHEMA crmgate TO "{}"',
        'GRANT ALL ON ALL TABLES IN SCHEMA crmgate TO "{}"',
        'GRANT ALL ON ALL SEQUENCES IN SCHEMA crmgate TO "{}"',
    )
    try:
        with served(url, "reference", install=False) as (_, anna):
            task = component("VTODO", "t", "SUMMARY:T")
            answer = await anna.ask("PUT", f"{anna.home}my-tasks/t.ics", task)
            assert answer.status == 403
            assert "does not let the gateway write this" in answer.body.decode()
    finally:
        drop(limited, name)


@pytest.mark.parametrize(
    ("column", "kind", "said"),
    [
        ("tasks.starts_on", "INTEGER", "is INTEGER in the database, which is no date; say type = 'int'"),
        ("contacts.notes", "BLOB", "is BLOB in the database, which is no text; say type = 'photo'"),
        ("contacts.title", "DATE", "is DATE in the database, which is no text; say type = 'date'"),
    ],
)
def test_a_column_that_changed_type_is_refused_with_its_line(tmp_path: Path, column: str, kind: str, said: str) -> None:
    table, _, name = column.partition(".")
    url = crm_with(tmp_path, f"ALTER TABLE {table} DROP COLUMN {name}", f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
    (told,) = problems(url, "reference")
    assert "reference.toml:" in told
    assert said in told


async def test_a_pick_list_value_the_dictionary_lacks_stays_until_another_is_set(tmp_path: Path) -> None:
    url = crm_with(tmp_path, "INSERT INTO tasks (subject, owner_id, status) VALUES ('T', 1, 'waiting')")
    with served(url, "reference") as (opened, anna):
        href, text = await only_document(anna, f"{anna.home}my-tasks/")
        assert "STATUS" not in text
        renamed = text.replace("SUMMARY:T", "SUMMARY:U").encode()
        assert (await anna.ask("PUT", href, renamed)).status == 204
        assert row(opened, "SELECT subject, status FROM tasks") == {"subject": "U", "status": "waiting"}
        done = text.replace("SUMMARY:T", "SUMMARY:U\r\nSTATUS:COMPLETED").encode()
        assert (await anna.ask("PUT", href, done)).status == 204
        assert row(opened, "SELECT status FROM tasks") == {"status": "done"}


async def test_a_word_from_a_client_that_the_dictionary_lacks_is_refused(tmp_path: Path) -> None:
    url = crm_with(tmp_path, "INSERT INTO tasks (subject, owner_id, status) VALUES ('T', 1, 'done')")
    with served(url, "reference") as (opened, anna):
        href, text = await only_document(anna, f"{anna.home}my-tasks/")
        answer = await anna.ask("PUT", href, text.replace("STATUS:COMPLETED", "STATUS:X-ODD").encode())
        assert answer.status == 403
        assert "cannot be" in answer.body.decode()
        assert row(opened, "SELECT status FROM tasks") == {"status": "done"}


async def test_text_longer_than_its_column_is_refused_and_nothing_is_half_written(tmp_path: Path) -> None:
    with served(crm_with(tmp_path), "reference") as (opened, anna):
        answer = await anna.ask(
            "PUT", f"{anna.books}my-contacts/a.vcf", card("a", "FN:A", "N:A;;;;", "TITLE:" + "x" * 5000)
        )
        assert answer.status == 403
        assert "too long for the CRM: 5000 characters" in answer.body.decode()
        assert row(opened, "SELECT count(*) AS n FROM contacts") == {"n": 0}


@pytest.mark.parametrize(
    ("column", "value"), [("notes", "CAST(x'E42020' AS TEXT)"), ("due_date", "'2026-02-31'"), ("due_date", "'soon'")]
)
async def test_one_bad_row_does_not_stop_the_others(tmp_path: Path, column: str, value: str) -> None:
    url = crm_with(
        tmp_path,
        f"INSERT INTO tasks (subject, owner_id, {column}) VALUES ('bad', 1, {value})",
        "INSERT INTO tasks (subject, owner_id) VALUES ('good', 1)",
    )
    with served(url, "reference") as (_, anna):
        _, text = await only_document(anna, f"{anna.home}my-tasks/")
        assert "SUMMARY:good" in text


async def test_a_row_that_goes_bad_is_left_as_it_was_last_served(tmp_path: Path) -> None:
    url = crm_with(tmp_path, "INSERT INTO tasks (subject, owner_id, due_date) VALUES ('T', 1, '2026-02-01')")
    with served(url, "reference") as (opened, anna):
        href, text = await only_document(anna, f"{anna.home}my-tasks/")
        run(url, ["UPDATE tasks SET subject = 'U', due_date = '2026-02-31'"])
        opened.follower.step()
        assert (await anna.ask("GET", href)).body.decode() == text
        run(url, ["UPDATE tasks SET due_date = '2026-02-28'"])
        opened.follower.step()
        assert "DUE;VALUE=DATE:20260228" in (await anna.ask("GET", href)).body.decode()


async def test_a_date_of_zeros_is_no_date(mariadb_url: str, tmp_path: Path) -> None:
    crm_with(tmp_path, url=mariadb_url)
    run(
        mariadb_url,
        ["SET SESSION sql_mode = ''", "INSERT INTO tasks (subject, owner_id, due_date) VALUES ('T', 1, '0000-00-00')"],
    )
    with served(mariadb_url, "reference") as (_, anna):
        _, text = await only_document(anna, f"{anna.home}my-tasks/")
        assert "SUMMARY:T" in text
        assert "DUE" not in text


def test_a_mapping_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such preset or file"):
        Opened("sqlite://", str(tmp_path / "mapping.toml"))
