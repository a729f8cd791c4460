"""gateway.toml: every mistake with its line, all at once; and what `crmgate check` makes of one."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.config import load
from gateway.core.errors import ConfigError
from gateway.core.files import FileLimits
from gateway.runtime.lines import ConfigErrors
from storage.opened import Opened
from tests.clients import serving
from tests.mapping.mappings import crm_with, run, write


def test_all_mistakes_are_told_with_their_lines(tmp_path: Path) -> None:
    path = Path(
        write(
            tmp_path,
            """
            [crm]
            databse = "sqlite:///crm.db"
            [http]
            port = "8080"
            [imap]
            prot = 1143
            [lgo]
            level = "debug"
            """,
            "gateway.toml",
        )
    )
    with pytest.raises(ConfigErrors) as wrong:
        load(path)
    assert [line.replace(f"{tmp_path}/", "") for line in wrong.value.problems] == [
        "gateway.toml:1: crm.database is missing",
        "gateway.toml:2: crm.databse: unknown key; did you mean 'database'?",
        "gateway.toml:4: http.port: Expected int, got str",
        "gateway.toml:6: imap.prot: unknown key; did you mean 'port'?",
        "gateway.toml:7: lgo: unknown key; did you mean 'log'?",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[http]\nport = 99999', "gateway.toml:4: http.port: 99999 is no port; say 0 to 65535"),
        ('[log]\nlevel = "debgu"', "gateway.toml:4: log.level: 'debgu' is none of debug, info, warning, error; did you mean 'debug'?"),
        ('[imap]\nhost = "0.0.0.0"', "gateway.toml:4: imap.certificate: passwords would cross the network in the clear on 0.0.0.0; "
         "name a certificate, or say plaintext = true where something in front does TLS"),
        ("[imap]\nstarttls = true", "gateway.toml:4: imap.starttls: STARTTLS needs a certificate"),
        ('[imap]\nproxies = ["10.0.0.1/8"]', "gateway.toml:4: imap.proxies: 10.0.0.1/8 has host bits set"),
        ('[imap]\nwithhold_from = 1', "gateway.toml:4: imap.withhold_from: Expected object, got int"),
        ('[imap.withhold_from]\nanna = "MOVE"', "gateway.toml:3: imap.withhold_from: Expected array, got str - at $[...]"),
        ("[files]\nquota = 0", "gateway.toml:4: files.quota: 0 is too little; say 1 or more megabytes"),
        ("folder = 1", "gateway.toml:3: crm.folder: unknown key"),
        ("http = 1", "gateway.toml:3: crm.http: unknown key"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = Path(write(tmp_path, f'[crm]\ndatabase = "sqlite:///crm.db"\n{text}\n', "gateway.toml"))
    with pytest.raises(ConfigErrors) as wrong:
        load(path)
    assert str(wrong.value).replace(f"{tmp_path}/", "") == said


def test_a_right_configuration_is_read(tmp_path: Path) -> None:
    path = Path(write(tmp_path, '[crm]\ndatabase = "sqlite:///crm.db"\n[http]\nport = 1\n', "gateway.toml"))
    assert load(path).http.port == 1


def test_limits_of_files_are_said_in_megabytes(tmp_path: Path) -> None:
    path = Path(write(tmp_path, '[crm]\ndatabase = "sqlite:///crm.db"\n[files]\nlargest = 5\n', "gateway.toml"))
    assert load(path).files.limits == FileLimits(5 * 1024 * 1024)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="crmgate demo"):
        load(tmp_path / "gateway.toml")


def check(folder: Path, mapping: str) -> tuple[int, list[str]]:
    text = f'[crm]\ndatabase = "sqlite:///crm.db"\nmapping = "{mapping}"\n'
    done = CliRunner().invoke(app, ["check", "--config", write(folder, text, "gateway.toml")])
    return done.exit_code, done.output.replace(f"{folder}/", "").splitlines()


@pytest.mark.parametrize("command", ["check", "serve"])
def test_every_problem_of_a_mapping_is_told_on_its_line_and_nothing_served(command: str, tmp_path: Path) -> None:
    crm_with(tmp_path)
    write(tmp_path, 'extends = "reference"\nentity.contact.fields.notes = "notess"\nview.companies.ordr = 1')
    text = '[crm]\ndatabase = "sqlite:///crm.db"\nmapping = "mapping.toml"\n[http]\nport = 0\n[imap]\nport = 0\n'
    # In a process of its own: what serves takes Twisted's reactor, which can be had once.
    done = serving.run(command, "--config", write(tmp_path, text, "gateway.toml"), folder=tmp_path, expected=2)
    told = done.stderr.replace(f"{tmp_path}/", "")
    assert [line.partition(": [")[0] for line in told.splitlines()] == [
        "crmgate: mapping.toml:2",
        "crmgate: mapping.toml:3",
    ]


def test_check_lists_rows_that_cannot_be_read_and_words_the_dictionary_lacks(tmp_path: Path) -> None:
    url = crm_with(tmp_path)
    opened = Opened(url)
    opened.setup.install()
    opened.close()
    insert = "INSERT INTO tasks (subject, owner_id, due_date, status, notes) VALUES "
    run(
        url,
        [
            insert + "('good', 1, '2026-03-01', 'open', 'ü')",
            insert + "('no such day', 1, '2026-02-31', 'open', '')",
            insert + "('old bytes', 1, NULL, 'open', CAST(x'E42020' AS TEXT))",
            insert + "('own word', 1, NULL, 'waiting', '')",
        ],
    )
    code, lines = check(tmp_path, "reference")
    assert code == 1
    told = "\n".join(lines)
    assert "problem  rows of task: 4, 2 bad" in told
    assert "problem  tasks 2: due_date: cannot be read: ValueError: " in told
    assert "problem  tasks 3: notes: cannot be read: OperationalError: Could not decode to UTF-8 column" in told
    assert "[entity.task.fields] status: the dictionary lacks 'waiting'" in told
    assert "ok       rows of contact: 0, 0 bad" in told


def test_check_is_content_with_what_is_right(tmp_path: Path) -> None:
    opened = Opened(crm_with(tmp_path))
    opened.setup.install()
    opened.close()
    code, lines = check(tmp_path, "reference")
    assert code == 0
    assert all(line.startswith("ok ") for line in lines)


def test_what_only_imap_has_is_read(tmp_path: Path) -> None:
    text = """
        [crm]
        database = "sqlite:///crm.db"
        [imap]
        host = "0.0.0.0"
        proxies = ["10.0.0.2", "2001:db8::/64"]
        withhold = ["XLIST"]
        [imap.withhold_from]
        "anna@crm.example" = ["MOVE", "QRESYNC"]
        [imap.withhold_from_program]
        "Odd Mail" = ["CONDSTORE"]
        """
    found = load(Path(write(tmp_path, text, "gateway.toml"))).imap
    assert (found.proxies, found.withhold) == (["10.0.0.2", "2001:db8::/64"], ["XLIST"])
    assert found.withhold_from == {"anna@crm.example": ["MOVE", "QRESYNC"]}
    assert found.withhold_from_program == {"Odd Mail": ["CONDSTORE"]}
