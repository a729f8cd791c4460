"""Tasks: days and times, progress, done and not done."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping

import pytest

from gateway.core.entities import Value
from gateway.formats.contentline import serialise
from gateway.formats.sameness import same
from gateway.formats.task import TaskCodec
from tests.formats.calendars import calendar, lines_of, tree, unfolded, written

CODEC = TaskCodec()
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
LAST_SECOND = dt.datetime(2026, 3, 16, 23, 59, 59, tzinfo=BERLIN)


def test_a_task_of_outlooks_connector_is_understood() -> None:
    document = calendar(
        "SUMMARY:Call back",
        "DTSTART;TZID=Europe/Berlin:20260315T000000",
        "DUE;TZID=Europe/Berlin:20260316T235959",
        "COMPLETED;VALUE=DATE-TIME:20260316T101112Z",
        "PERCENT-COMPLETE:100",
        "PRIORITY:1",
        "STATUS:COMPLETED",
        "CLASS:CONFIDENTIAL",
        "CATEGORIES:Sales",
        kind="VTODO",
    )
    assert CODEC.read(document) == {
        "start": dt.datetime(2026, 3, 15, tzinfo=BERLIN),
        "due": LAST_SECOND,
        "recurrence": None,
        "summary": "Call back",
        "description": None,
        "url": None,
        "categories": ("Sales",),
        "private": True,
        "priority": 1,
        "status": "COMPLETED",
        "percent": 100,
        "completed": dt.datetime(2026, 3, 16, 10, 11, 12, tzinfo=dt.UTC),
        "reminder": None,
    }


def test_an_empty_task_says_nothing() -> None:
    assert set(map(bool, CODEC.read(calendar(kind="VTODO")).values())) == {False}


@pytest.mark.parametrize(
    ("line", "due"),
    [
        ("DUE;VALUE=DATE:20260316", dt.date(2026, 3, 16)),
        ("DUE:20260316", dt.date(2026, 3, 16)),
        ("DUE;VALUE=DATE:20260316T235959", dt.date(2026, 3, 16)),
        ("DUE;TZID=Europe/Berlin:20260316T235959", LAST_SECOND),
        ("DUE:20260316T235959", dt.datetime(2026, 3, 16, 23, 59, 59)),
        ("DUE:20260316T120000Z", dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC)),
    ],
)
def test_a_crm_that_knows_days_alone_leaves_any_time_on_that_day(line: str, due: dt.date) -> None:
    document = calendar(line, kind="VTODO")
    text = serialise(document)
    assert CODEC.read(document)["due"] == due
    CODEC.write(document, {"due": dt.date(2026, 3, 16)})
    assert serialise(document) == text
    CODEC.write(document, {"due": dt.date(2026, 3, 17)})
    assert lines_of(document, "DUE") == ["DUE;VALUE=DATE:20260317"]


def test_a_day_told_as_its_midnight_or_last_second_is_that_day() -> None:
    day = dt.date(2026, 3, 16)
    assert same("due", day, LAST_SECOND)
    assert same("due", dt.datetime(2026, 3, 16, tzinfo=BERLIN), day)
    assert not same("due", day, dt.datetime(2026, 3, 16, 14, tzinfo=BERLIN))
    assert not same("due", day, None)


TIMES: list[tuple[str, Value, list[str]]] = [
    ("SUMMARY:x", dt.date(2026, 3, 17), ["DUE;VALUE=DATE:20260317"]),
    ("SUMMARY:x", dt.datetime(2026, 3, 17, 9, tzinfo=dt.UTC), ["DUE:20260317T090000Z"]),
    ("SUMMARY:x", dt.datetime(2026, 3, 17, 9, tzinfo=BERLIN), ["DUE;TZID=Europe/Berlin:20260317T090000"]),
    (
        "DUE;TZID=Europe/Berlin;X-A=1:20260316T100000",
        dt.datetime(2026, 3, 17, 9, tzinfo=dt.UTC),
        ["DUE;TZID=Europe/Berlin;X-A=1:20260317T100000"],
    ),
    ("DUE;VALUE=DATE:20260316", dt.datetime(2026, 3, 17, 9, tzinfo=dt.UTC), ["DUE:20260317T090000Z"]),
    ("DUE;VALUE=DATE:20260316", None, []),
]


@pytest.mark.parametrize(("line", "due", "lines"), TIMES)
def test_due_is_written_in_the_zone_it_has(line: str, due: Value, lines: list[str]) -> None:
    document = calendar(line, kind="VTODO")
    CODEC.write(document, {"due": due})
    assert lines_of(document, "DUE") == lines
    assert same("due", CODEC.read(tree(serialise(document)))["due"], due)


def test_due_may_be_told_by_a_duration() -> None:
    document = calendar("DTSTART:20260316T100000Z", "DURATION:PT2H", kind="VTODO")
    assert CODEC.read(document)["due"] == dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC)
    CODEC.write(document, {"due": dt.datetime(2026, 3, 16, 13, tzinfo=dt.UTC)})
    assert lines_of(document, "DUE", "DURATION") == ["DUE:20260316T130000Z"]


DONE = ("STATUS:COMPLETED", "COMPLETED:20260316T101112Z", "PERCENT-COMPLETE:100")


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"status": "IN-PROCESS"}, ["STATUS:IN-PROCESS"]),
        ({"status": None}, []),
        ({"status": "completed"}, list(DONE)),
        (
            {"status": "IN-PROCESS", "percent": 50, "completed": None},
            ["STATUS:IN-PROCESS", "PERCENT-COMPLETE:50"],
        ),
        ({"percent": 0, "priority": 0}, ["STATUS:COMPLETED", "COMPLETED:20260316T101112Z", "PERCENT-COMPLETE:0"]),
    ],
)
def test_a_task_that_is_not_done_bears_no_marks_of_one(fields: Mapping[str, Value], lines: list[str]) -> None:
    document = calendar(*DONE, kind="VTODO")
    CODEC.write(document, fields)
    assert lines_of(document, "STATUS", "COMPLETED", "PERCENT-COMPLETE", "PRIORITY") == lines


def test_a_reminder_of_a_task_counts_from_when_it_is_due() -> None:
    document = written({"due": dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC), "reminder": 60}, CODEC)
    assert "TRIGGER;RELATED=END:-PT1H" in unfolded(document)
    assert CODEC.read(document)["reminder"] == 60


def test_out_of_range_numbers_are_brought_into_range() -> None:
    document = calendar("PRIORITY:77", "PERCENT-COMPLETE:1000", kind="VTODO")
    assert (CODEC.read(document)["priority"], CODEC.read(document)["percent"]) == (9, 100)
    assert CODEC.read(calendar("PRIORITY:high", kind="VTODO"))["priority"] is None


def test_what_is_stated_is_read_back() -> None:
    fields: dict[str, Value] = {
        "summary": "x",
        "description": "a\nb",
        "due": dt.date(2026, 3, 16),
        "start": dt.date(2026, 3, 10),
        "completed": dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC),
        "percent": 100,
        "priority": 5,
        "status": "COMPLETED",
        "private": True,
        "categories": ("A", "B"),
        "recurrence": "FREQ=DAILY;COUNT=3",
        "reminder": 90,
        "url": "https://example.com/?a=1,2;b",
    }
    document = written(fields, CODEC)
    assert CODEC.read(tree(serialise(document))) == fields
