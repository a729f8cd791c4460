"""Columns that hold the key of a dictionary's row."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.errors import ConfigError, Refused
from storage.opened import Opened
from tests.values.small import MAPPING, Small

PREFIX = '{ table = "words", key = "held", shows = "label", where = { list = 6 } }'


async def test_a_word_becomes_its_key_and_is_shown_by_it(small: Small) -> None:
    await small.put("N:Neu;;;dr.;")
    assert small.rows("title_id", "people") == [(4,)]
    small.sql("UPDATE people SET title_id = 3")
    assert "N:Neu;;;Mr.;" in await small.get()


async def test_a_word_the_dictionary_lacks_is_kept_in_the_document(small: Small) -> None:
    assert "N:Neu;;;Sir;" in await small.put("N:Neu;;;Sir;")
    assert small.rows("title_id", "people") == [(None,)]
    small.sql("UPDATE people SET title_id = 4")
    assert "N:Neu;;;Dr.;" in await small.get()


async def test_a_key_without_a_word_stays_until_a_client_says_another(small: Small) -> None:
    await small.put()
    small.sql("UPDATE people SET title_id = 99")
    await small.put("N:Alt;;;;")
    assert small.rows("last, title_id", "people") == [("Alt", 99)]
    await small.put("N:Alt;;;Mr.;")
    await small.put("N:Alt;;;;")
    assert small.rows("title_id", "people") == [(None,)]


async def test_a_word_is_found_in_every_language_and_shown_in_one(sqlite_url: str, tmp_path: Path) -> None:
    lookup = '{ table = "words", key = "held", shows = "label", where = { list = 8 }, json = "en_US" }'
    small = Small(sqlite_url, tmp_path, MAPPING.replace(PREFIX, lookup))
    await small.put("N:Neu;;;PROFESSORIN;")
    assert small.rows("title_id", "people") == [(5,)]
    small.sql("UPDATE people SET title_id = 5")
    await small.put(href="q.vcf")
    small.sql("UPDATE people SET title_id = 5")
    assert "N:Neu;;;Professor;" in await small.get("q.vcf")
    small.opened.close()


async def test_the_rows_that_are_meant_may_be_told_by_a_condition(sqlite_url: str, tmp_path: Path) -> None:
    lookup = """{ table = "words", key = "held", shows = "label", where = "list = 6 and label != 'Mr.'" }"""
    small = Small(sqlite_url, tmp_path, MAPPING.replace(PREFIX, lookup))
    assert "N:Neu;;;Mr.;" in await small.put("N:Neu;;;Mr.;")
    assert small.rows("title_id", "people") == [(None,)]
    small.sql("UPDATE people SET title_id = 4")
    assert "N:Neu;;;Dr.;" in await small.get()
    small.opened.close()


async def test_a_word_that_must_be_known_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    small = Small(sqlite_url, tmp_path, MAPPING.replace(f"lookup = {PREFIX}", f'lookup = {PREFIX}, missing = "refuse"'))
    with pytest.raises(Refused, match="Sir"):
        await small.put("N:Neu;;;Sir;")
    assert small.rows("id", "people") == []
    small.opened.close()


@pytest.mark.parametrize(
    ("said", "instead", "told"),
    [
        ('shows = "label"', 'shows = "lable"', "did you mean 'label'"),
        ('shows = "label"', 'show = "label"', "lookup: unknown word 'show'"),
        (f"lookup = {PREFIX}", f'lookup = {PREFIX}, missing = "drop"', "missing must be one of refuse, keep"),
        ("where = { list = 6 }", 'where = "lists = 6"', "lookup: condition 'lists = 6': no column 'lists'"),
        ("within = { country_id", "within = { region", "no column 'region'"),
        ('country_id = "country" }', 'country_id = "land" }', "no part 'land'"),
        ('postal_code = "code"', 'zip = "code"', "unknown part 'zip'"),
        ("where = { role = 2 } }", "where = { rolle = 2 } }", "owner: table 'owners' has no column 'rolle'"),
        ('user = "staff"', 'user = "staff", why = 1', "owner: unknown word 'why'"),
        ('also = { digits = "digits" }', 'also = { digits = "numbers" }', "'numbers' is none of"),
        ("types = [ { set = { sort = 1 }, ", "types = [ { sets = { sort = 1 }, ", "expected tables with set and types"),
    ],
)
def test_a_mistake_is_told_before_anything_is_served(
    sqlite_url: str, tmp_path: Path, said: str, instead: str, told: str
) -> None:
    Small(sqlite_url, tmp_path).opened.close()
    assert said in MAPPING
    (tmp_path / "small.toml").write_text(MAPPING.replace(said, instead), "utf-8")
    with pytest.raises(ConfigError, match=told):
        Opened(sqlite_url, "small.toml", folder=tmp_path)
