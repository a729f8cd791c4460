"""Everything a mapping says about time, on the columns of every database product."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.entities import Period, Value
from gateway.core.errors import ConfigError, Refused
from gateway.core.ids import PrincipalId
from gateway.core.model import Principal
from storage.crm.clocks import Clocks
from storage.crm.forms import Users, form
from storage.crm.forms.form import Form, Place, Writing

BERLIN = Clocks("Europe/Berlin", "Europe/Berlin")
UTC = Clocks("UTC", "Europe/Berlin")
TABLE = """
CREATE TABLE happenings (id INTEGER PRIMARY KEY, starts {naive}, ends {naive}, due {naive}, begin_at {aware},
  end_at {aware}, day DATE, day2 DATE, clock VARCHAR(50), clock2 VARCHAR(5), t TIME, whole SMALLINT, hours VARCHAR(10),
  minutes INTEGER, seconds INTEGER, place {naive})
"""
NAIVE = {"sqlite": "DATETIME", "postgresql": "TIMESTAMP", "mariadb": "DATETIME"}
AWARE = {"sqlite": "DATETIME", "postgresql": "TIMESTAMPTZ", "mariadb": "TIMESTAMP NULL"}
WHO = Principal(PrincipalId("2"), "anna", "Anna", "anna@crm.example", "America/New_York")


class World:
    """One table, and forms over it."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        with engine.begin() as connection:
            kind = engine.dialect.name
            connection.exec_driver_sql(TABLE.format(naive=NAIVE[kind], aware=AWARE[kind]))
        self.table = sa.Table("happenings", sa.MetaData(), autoload_with=engine)

    def form(self, words: dict[str, Any], clocks: Clocks = BERLIN) -> Form:
        def shared(_: str) -> Any:
            raise LookupError

        place = Place("file", "x", "period", self.table, "id", lambda _: self.table, shared, clocks)
        nobody = sa.literal("")
        return form(place, words, Users(nobody, nobody, nobody, self.table))

    def kept(self, made: Form, value: Value, due_is: Value = None, **held: Any) -> tuple[Value, dict[str, Any]]:
        """A value written into a row (that holds something), and read again; and the row."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(self.table))
            row = {**dict.fromkeys(self.table.c.keys()), **held} if held else None
            writing = Writing(connection, WHO, BERLIN.now(), lambda *_: None, {"due": due_is})
            columns = made.assign(value, row, writing).columns
            connection.execute(sa.insert(self.table).values({**held, **columns, "id": 1}))
        return self.read(made), self.row()

    def row(self) -> dict[str, Any]:
        with self.engine.connect() as connection:
            return dict(connection.execute(sa.select(self.table)).mappings().one())

    def read(self, made: Form, **held: Any) -> Value:
        """What a form makes of the row, or of a new one."""
        if held:
            with self.engine.begin() as connection:
                connection.execute(sa.delete(self.table))
                connection.execute(sa.insert(self.table).values(id=1, **held))
        found = made.read(self.row(), None)
        # None of the forms here has a column for the zone.
        return replace(found, zone="UTC") if isinstance(found, Period) and found.zone is None else found


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    engine = sa.create_engine(database_url)
    if engine.dialect.name in ("mysql", "mariadb"):
        sa.event.listen(
            engine, "connect", lambda connection, _: connection.cursor().execute("SET time_zone = '+00:00'")
        )
    yield World(engine)
    engine.dispose()


def naive(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def at(text: str) -> dt.datetime:
    return naive(text).replace(tzinfo=dt.UTC)


def timed(start: str, end: str, zone: str = "UTC") -> Period:
    return Period(at(start), at(end), zone)


def days(first: str, after: str) -> Period:
    return Period(dt.date.fromisoformat(first), dt.date.fromisoformat(after))


LOCAL = {
    "start": "starts", "end": "ends", "seconds": "seconds", "all_day": "whole", "edges": ["00:00:00", "23:59:59"],
}  # fmt: skip
PLAIN = {"start": "starts", "end": "ends", "all_day": "whole"}
INSTANT = {"start": "begin_at", "end": "end_at", "all_day": "whole"}
PAIRS = {
    "start": ["day", "clock"], "end": ["day2", "clock2"], "hours": "hours", "minutes": "minutes",
    "whole_days": "midnights",
}  # fmt: skip
TIMES = {"start": ["day", "t"], "minutes": "minutes", "usual": 30, "whole_days": "midnights"}
SPAN = {"start": "starts", "minutes": "minutes", "usual": 30, "all_day": "whole"}
BOUNDED = {"start": "starts", "end": "ends", "all_day": "whole", "first_day": "day", "last_day": "day2"}
OFFICE = BOUNDED | {"edges": ["08:00:00", "18:00:00"]}
WAYS = [
    ("LOCAL", LOCAL), ("PLAIN", PLAIN), ("INSTANT", INSTANT), ("PAIRS", PAIRS), ("TIMES", TIMES), ("SPAN", SPAN),
    ("BOUNDED", BOUNDED), ("OFFICE", OFFICE),
]  # fmt: skip
PERIODS = [
    timed("2026-03-10 09:00", "2026-03-10 10:30"),
    timed("2026-07-01 12:00", "2026-07-01 13:00"),
    timed("2026-03-28 23:30", "2026-03-29 02:30"),  # over the hour that is skipped
    timed("2026-10-24 22:30", "2026-10-25 03:30"),  # over the hour that comes twice
    timed("2026-10-25 00:30", "2026-10-25 00:45"),  # in the first of the two
    timed("2026-12-31 22:30", "2027-01-01 00:30"),
    timed("2026-03-10 09:00", "2026-03-10 09:00"),
    days("2026-04-02", "2026-04-04"),
    days("2026-03-29", "2026-03-30"),  # 23 hours
    days("2026-10-24", "2026-10-27"),  # with one of 25
    days("2026-12-31", "2027-01-01"),
]


@pytest.mark.parametrize("clocks", [BERLIN, UTC])
@pytest.mark.parametrize(("_name", "words"), WAYS, ids=[name for name, _ in WAYS])
def test_a_period_comes_back_from_columns_of_any_kind(
    world: World, _name: str, words: dict[str, Any], clocks: Clocks
) -> None:
    made = world.form(words, clocks)
    for period in PERIODS:
        assert world.kept(made, period)[0] == period


def test_local_times_with_edges_stand_as_the_product_writes_them(world: World) -> None:
    made = world.form(LOCAL)
    _, row = world.kept(made, timed("2026-03-10 09:00", "2026-03-10 10:30"))
    assert (row["starts"], row["ends"]) == (naive("2026-03-10 10:00"), naive("2026-03-10 11:30"))
    assert (row["whole"], row["seconds"]) == (0, 5400)
    _, row = world.kept(made, days("2026-04-02", "2026-04-04"))
    assert (row["starts"], row["ends"]) == (naive("2026-04-02 00:00"), naive("2026-04-03 23:59:59"))
    assert (row["whole"], row["seconds"]) == (1, 172799)


def test_edges_are_clock_times_that_no_zone_shifts(world: World) -> None:
    for clocks in (BERLIN, UTC, Clocks("UTC", "UTC"), Clocks("America/New_York", "Asia/Tokyo")):
        _, row = world.kept(world.form(OFFICE, clocks), days("2026-04-02", "2026-04-04"))
        assert (row["starts"], row["ends"]) == (naive("2026-04-02 08:00"), naive("2026-04-03 18:00"))
        assert (row["day"], row["day2"]) == (dt.date(2026, 4, 2), dt.date(2026, 4, 3))


def test_whole_days_by_midnights_are_those_of_the_crms_days(world: World) -> None:
    words = {"start": "starts", "end": "ends", "whole_days": "midnights"}
    made = world.form(words, UTC)
    _, row = world.kept(made, days("2026-04-02", "2026-04-03"))
    assert (row["starts"], row["ends"]) == (naive("2026-04-01 22:00"), naive("2026-04-02 22:00"))
    read = world.read(made, starts=naive("2026-04-01 22:00"), ends=naive("2026-04-01 22:00"))
    assert read == timed("2026-04-01 22:00", "2026-04-01 22:00")  # no day long
    read = world.read(made, starts=naive("2026-04-01 22:00"), ends=naive("2026-04-02 21:00"))
    assert read == timed("2026-04-01 22:00", "2026-04-02 21:00")


def test_a_length_stands_beside_the_end_and_in_its_place(world: World) -> None:
    made = world.form(PAIRS, UTC)
    _, row = world.kept(made, timed("2026-03-10 09:00", "2026-03-10 10:45"))
    assert (row["hours"], row["minutes"]) == ("1", 45)
    assert (row["day"], row["clock"], row["clock2"]) == (dt.date(2026, 3, 10), "09:00:00", "10:45")
    no_end = world.read(made, day=dt.date(2026, 3, 10), clock="9:00", hours="2", minutes=5)
    assert no_end == timed("2026-03-10 09:00", "2026-03-10 11:05")


@pytest.mark.parametrize(("minutes", "end"), [(None, "09:30"), (0, "09:00"), (90, "10:30"), (-5, "09:00")])
def test_a_length_that_is_not_told_is_the_usual_one(world: World, minutes: int | None, end: str) -> None:
    made = world.form(SPAN, Clocks())
    period = world.read(made, starts=naive("2026-03-10 09:00"), minutes=minutes)
    assert period == timed("2026-03-10 09:00", f"2026-03-10 {end}")


def test_an_end_before_its_start_is_in_the_hour_that_comes_again(world: World) -> None:
    made = world.form(LOCAL)
    over = timed("2026-10-25 00:45", "2026-10-25 01:15")  # from 02:45 to 02:15, as the clock shows
    assert world.kept(made, over)[0] == over
    assert world.row()["seconds"] == 1800
    wrong = world.read(made, starts=naive("2026-03-10 10:00"), ends=naive("2026-03-10 09:00"))
    assert wrong == timed("2026-03-10 09:00", "2026-03-10 09:00")


def test_an_event_that_the_crm_cannot_tell_from_one_an_hour_before_is_refused(world: World) -> None:
    twice = timed("2026-10-25 01:30", "2026-10-25 01:45")
    with pytest.raises(Refused, match="twice"):
        world.kept(world.form(LOCAL), twice)
    assert world.kept(world.form(LOCAL, Clocks()), twice)[0] == twice
    if world.engine.dialect.name != "sqlite":
        assert world.kept(world.form(INSTANT), twice)[0] == twice


def test_a_floating_time_is_taken_in_the_zone_of_its_user(world: World) -> None:
    made = world.form(LOCAL)
    read, row = world.kept(made, timed("2026-03-10 09:00", "2026-03-10 10:00", ""))
    assert read == timed("2026-03-10 13:00", "2026-03-10 14:00")  # New York is on summer time, Berlin is not yet
    assert row["starts"] == naive("2026-03-10 14:00")


def test_whole_days_are_refused_where_nothing_can_tell_them(world: World) -> None:
    with pytest.raises(Refused, match="whole days"):
        world.kept(world.form({"start": "starts", "end": "ends"}), days("2026-04-02", "2026-04-03"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"start": "starts"}, "the end is missing"),
        ({"start": ["day"], "end": "ends"}, "expected a column, or two"),
        ({"start": ["day", "minutes"], "end": "ends"}, "is no time"),
        ({"start": "minutes", "end": "ends"}, "is no date"),
        ({"start": "starts", "minutes": "ends"}, "is no length"),
        ({"start": "starts", "minutes": "minutes", "usual": "30"}, "usual is a number"),
        ({"start": "starts", "end": "ends", "edges": ["8", "18"]}, "edges are two times"),
        ({"start": "starts", "end": "ends", "edges": ["08:00", "18:00"]}, "edges need a column"),
        ({"start": "starts", "end": "ends", "whole_days": "noon"}, "midnights"),
        ({"start": "starts", "end": "ends", "all_day": "whole", "whole_days": "midnights"}, "stands alone"),
        ({"moment": "starts", "edge": "noon"}, "edge is before, after"),
        ({"moment": "starts", "day": "day", "all_day": "whole"}, "say one of"),
        ({"moment": "starts", "whole_days": "noon"}, "midnights"),
    ],
)
def test_what_makes_no_time_is_told(sqlite_url: str, words: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        World(sa.create_engine(sqlite_url)).form(words)


MOMENTS: list[tuple[dict[str, Any], Callable[[dict[str, Any]], object], str, str]] = [
    ({"moment": "due", "day": "day"}, lambda row: (row["due"], row["day"]), "2026-03-12 00:00", "2026-03-12"),
    ({"moment": "due", "day": "day", "edge": "after"}, lambda row: (row["due"], row["day"]), "2026-03-13 00:00", "2026-03-12"),
    ({"moment": "due", "all_day": "whole", "edge": "23:59:59"}, lambda row: (row["due"], row["whole"]), "2026-03-12 23:59:59", "1"),
    ({"moment": "due", "all_day": "whole", "edge": "after"}, lambda row: (row["due"], row["whole"]), "2026-03-13 00:00", "1"),
    ({"moment": "due", "whole_days": "midnights"}, lambda row: (row["due"],), "2026-03-12 00:00", ""),
    ({"moment": "due", "whole_days": "midnights", "edge": "after"}, lambda row: (row["due"],), "2026-03-13 00:00", ""),
    ({"moment": "due", "whole_days": "midnights", "edge": "18:00"}, lambda row: (row["due"],), "2026-03-12 18:00", ""),
]  # fmt: skip


@pytest.mark.parametrize(("words", "told", "moment", "beside"), MOMENTS)
def test_a_day_and_a_moment_come_back_as_what_they_are(
    world: World, words: dict[str, Any], told: Callable[[dict[str, Any]], Any], moment: str, beside: str
) -> None:
    made = world.form(words)
    value: Value
    for value in (dt.date(2026, 3, 12), dt.date(2026, 3, 29), at("2026-03-12 13:30"), at("2026-10-25 02:30"), None):
        assert world.kept(made, value)[0] == value
    _, row = world.kept(made, dt.date(2026, 3, 12))
    assert [str(one) for one in told(row)] == [str(naive(moment)), *([beside] if beside else [])]


def test_a_start_with_a_time_is_a_day_where_the_due_is_one(world: World) -> None:
    made = world.form({"moment": ["day", "clock"], "day_with": "day2"}, UTC)
    evening = {"day": dt.date(2026, 3, 9), "clock": "23:30"}
    assert world.read(made, **evening) == at("2026-03-09 23:30")
    assert world.read(made, **evening, day2=dt.date(2026, 3, 12)) == dt.date(2026, 3, 10)  # half past midnight
    _, row = world.kept(made, dt.date(2026, 3, 9), day2=dt.date(2026, 3, 12))
    assert (row["day"], row["clock"]) == (dt.date(2026, 3, 8), "23:00:00")
    assert world.read(made) == dt.date(2026, 3, 9)


def test_a_start_that_the_crm_needs_is_like_the_due_or_now(world: World) -> None:
    made = world.form({"moment": "starts", "all_day": "whole", "edge": "00:00", "like": "due"})
    _, row = world.kept(made, None, due_is=dt.date(2026, 3, 12))
    assert (row["starts"], row["whole"]) == (naive("2026-03-12 00:00"), 1)
    _, row = world.kept(made, None, due_is=at("2026-03-12 09:00"))
    assert (row["starts"], row["whole"]) == (naive("2026-03-12 10:00"), 0)
    held, _ = world.kept(made, None)
    assert isinstance(held, dt.datetime)
    assert abs(held - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)
    _, row = world.kept(made, None, starts=naive("2026-03-01 10:00"))
    assert row["starts"] == naive("2026-03-01 10:00")  # it cannot be emptied


@pytest.mark.parametrize("column", ["starts", "begin_at"])
def test_a_column_of_moments_tells_them_in_its_own_way(world: World, column: str) -> None:
    made = world.form({"column": column, "type": "datetime"})
    for value in (at("2026-03-10 09:00"), at("2026-07-01 12:00")):
        read, row = world.kept(made, value)
        assert read == value
        if world.engine.dialect.name == "postgresql" and column == "begin_at":
            assert row[column] == value
        elif column == "begin_at" and world.engine.dialect.name != "sqlite":
            assert row[column] == value.replace(tzinfo=None)
        else:
            assert row[column].hour == value.hour + (1 if value.month == 3 else 2)
    assert world.kept(made, dt.date(2026, 3, 12))[0] == at("2026-03-11 23:00")
    assert world.kept(made, naive("2026-03-12 09:00"))[0] == at("2026-03-12 13:00")  # floating, in New York


@pytest.mark.parametrize("column", ["starts", "begin_at", "day"])
def test_a_column_of_days_tells_them_whatever_it_is_made_of(world: World, column: str) -> None:
    made = world.form({"column": column, "type": "date"})
    for day in (dt.date(2026, 3, 29), dt.date(1980, 5, 17)):
        assert world.kept(made, day)[0] == day
    assert world.kept(made, at("2026-03-12 03:30"))[0] == dt.date(2026, 3, 11)  # still the day before in New York


def test_what_cannot_be_read_is_an_error_of_its_row(world: World) -> None:
    made = world.form(PAIRS)
    with pytest.raises(ValueError, match="is no time"):
        world.read(made, day=dt.date(2026, 3, 10), clock="noon", clock2="")
    made = world.form({"start": "starts", "hours": "hours"})
    with pytest.raises(ValueError, match="is no number"):
        world.read(made, starts=naive("2026-03-10 09:00"), hours="some")
