"""What a column's dictionary says: words, truths, ranges of numbers, and two fields that share a column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage.crm.forms.dictionary import Dictionary
from storage.opened import Opened
from tests.mapping.mappings import crm_with, problems, write
from tests.mapping.served import card, component, row, served

PROGRESS = {"0": "NEEDS-ACTION", "1..99": "IN-PROCESS", "100": "COMPLETED", "-5..-1": "CANCELLED"}


@pytest.mark.parametrize(
    ("held", "meaning"),
    [
        (0, "NEEDS-ACTION"), (1, "IN-PROCESS"), (50, "IN-PROCESS"), (99, "IN-PROCESS"), (100, "COMPLETED"),
        (-1, "CANCELLED"), (-5, "CANCELLED"), (-6, None), (101, None), (None, None), ("40", "IN-PROCESS"), (40.5, "IN-PROCESS"),
        ("x", None), ("1..99", "IN-PROCESS"),
    ],
)  # fmt: skip
def test_a_range_means_all_its_numbers(held: Any, meaning: str | None) -> None:
    assert Dictionary(sa.column("x", sa.Integer()), PROGRESS).meaning(held) == meaning


@pytest.mark.parametrize(
    ("kind", "word", "held"),
    [
        (sa.Integer(), "1..99", 1), (sa.Integer(), "-5..-1", -5), (sa.Integer(), "7", 7), (sa.Integer(), "true", 1),
        (sa.Integer(), "x", "x"), (sa.String(), "7", "7"), (sa.Boolean(), "true", True), (sa.Boolean(), "0", False),
    ],
)  # fmt: skip
def test_a_word_is_what_its_column_takes(kind: Any, word: str, held: Any) -> None:
    made = Dictionary(sa.column("x", kind), {}).held(word)
    assert made == held
    assert type(made) is type(held)


SHARED = """
extends = "reference"
entity.task.fields.percent = { column = "percent", type = "int" }
entity.task.fields.status = { column = "percent", values = { 0 = "NEEDS-ACTION", "1..99" = "IN-PROCESS", 100 = "COMPLETED" }, default = 0 }
entity.task.fields.completed.off = true
entity.contact.fields.notes = { column = "notes", html = "mixed" }
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return crm_with(tmp_path)


@pytest.fixture
def mapping(tmp_path: Path) -> str:
    return write(tmp_path, SHARED)


async def test_a_status_and_a_percentage_may_be_one_column(url: str, mapping: str) -> None:
    with served(url, mapping) as (opened, client):
        for said, percent in (
            ((), 0),
            (("STATUS:IN-PROCESS",), 1),
            (("PERCENT-COMPLETE:40", "STATUS:IN-PROCESS"), 40),
            (("PERCENT-COMPLETE:40", "STATUS:COMPLETED"), 100),
            (("PERCENT-COMPLETE:60", "STATUS:IN-PROCESS"), 60),
            (("STATUS:COMPLETED",), 100),
            (("STATUS:NEEDS-ACTION",), 0),
        ):
            document = component("VTODO", "t", "SUMMARY:Call", *said)
            path = "/dav/calendars/anna/my-tasks/t.ics"
            standing = await client.ask("GET", path)
            when = {"If_Match": standing.etag} if standing.status == 200 else {}
            answer = await client.ask("PUT", path, document, **when)
            assert answer.status in (201, 204)
            assert row(opened, "SELECT percent FROM tasks")["percent"] == percent, said


@pytest.mark.parametrize(
    ("held", "said", "kept"),
    [
        ("Old", "a & b", "a & b"),
        ("", "a\\nb", "a\nb"),
        ("Old", "a <b> c", "<p>a &lt;b&gt; c</p>"),  # would be read as markup
        ("<p>Old</p>", "a & b", "<p>a &amp; b</p>"),
        ("<p>Old <b>one</b></p>", "Old one", "<p>Old <b>one</b></p>"),
        ("Line\nLine", "Line\\nLine", "Line\nLine"),
    ],
)
async def test_a_note_that_may_be_html_stays_what_it_is(
    url: str, mapping: str, held: str, said: str, kept: str
) -> None:
    with served(url, mapping) as (opened, client):
        path = "/dav/addressbooks/anna/my-contacts/c.vcf"
        await client.ask("PUT", path, card("c", "FN:Ada", "N:Neu;Ada;;;"))
        with opened.database.engine.begin() as connection:
            connection.execute(sa.text("UPDATE contacts SET notes = :held"), {"held": held})
        settle(opened)
        assert (await client.ask("PUT", path, card("c", "FN:Ada", "N:Neu;Ada;;;", f"NOTE:{said}"))).status == 204
        assert row(opened, "SELECT notes FROM contacts")["notes"] == kept


def settle(opened: Opened) -> None:
    while opened.follower.step():
        pass


def test_what_html_can_be_is_told(url: str, tmp_path: Path) -> None:
    wrong = write(tmp_path, 'extends = "reference"\nentity.contact.fields.notes = { column = "notes", html = "some" }')
    assert problems(url, wrong) == ['mapping.toml:2: [entity.contact.fields] notes: html can be true or "mixed"']
