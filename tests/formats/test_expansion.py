"""Rules are expanded as RFC 5545 has them, and never cost more than was granted."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import time
from dataclasses import replace

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.core.errors import InvalidContent
from gateway.formats.expansion import Budget, BudgetSpent, occurrences
from gateway.formats.rules import check_cost, normal_rule, read_rule

START = dt.datetime(1997, 9, 2, 9)


def first(rule: str, count: int = 12, start: dt.datetime = START, after: dt.datetime | None = None) -> list[str]:
    walk = occurrences(read_rule(rule), start, Budget(200_000), after)
    return [
        moment.strftime("%Y%m%d" if moment.time() == start.time() else "%Y%m%dT%H%M%S")
        for moment in itertools.islice(walk, count)
    ]


# Facts from the examples of RFC 5545 §3.8.5.3.
FACTS: list[tuple[str, list[str]]] = [
    ("FREQ=DAILY;COUNT=3", ["19970902", "19970903", "19970904"]),
    ("FREQ=DAILY;INTERVAL=10;COUNT=5", ["19970902", "19970912", "19970922", "19971002", "19971012"]),
    ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;COUNT=3", ["19970902", "19970916", "19970930"]),
    ("FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH", ["19970902", "19970904", "19970909", "19970911"]),
    ("FREQ=MONTHLY;COUNT=3;BYDAY=1FR", ["19970905", "19971003", "19971107"]),
    ("FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU", ["19970907", "19970928", "19971102", "19971130"]),
    ("FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", ["19970922", "19971020", "19971117"]),
    ("FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=3", ["19970928", "19971029", "19971128"]),
    ("FREQ=MONTHLY;COUNT=4;BYMONTHDAY=1,-1", ["19970930", "19971001", "19971031", "19971101"]),
    ("FREQ=YEARLY;COUNT=4;BYMONTH=6,7", ["19980602", "19980702", "19990602", "19990702"]),
    ("FREQ=YEARLY;INTERVAL=3;COUNT=4;BYYEARDAY=1,100,200", ["20000101", "20000409", "20000718", "20030101"]),
    ("FREQ=YEARLY;BYDAY=20MO;COUNT=3", ["19980518", "19990517", "20000515"]),
    ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3", ["19980511", "19990517", "20000515"]),
    ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=3", ["19980305", "19980312", "19980319"]),
    ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3", ["19980213", "19980313", "19981113"]),
    ("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13;COUNT=3", ["19970913", "19971011", "19971108"]),
    ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=2", ["19971104", "20011106"]),
    ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", ["19970904", "19971007", "19971106"]),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=3", ["19970929", "19971030", "19971127"]),
    ("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000", ["19970902", "19970902T120000", "19970902T150000"]),
    ("FREQ=MINUTELY;INTERVAL=90;COUNT=3", ["19970902", "19970902T103000", "19970902T120000"]),
    ("FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,20;COUNT=3", ["19970902", "19970902T092000", "19970902T100000"]),
    (
        "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10;COUNT=4",
        ["19970902", "19970902T092000", "19970902T094000", "19970902T100000"],
    ),
    ("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=4", ["19970915", "19970930", "19971015", "19971030"]),
    ("FREQ=DAILY;UNTIL=19970904", ["19970902", "19970903", "19970904"]),
]


@pytest.mark.parametrize(("rule", "dates"), FACTS)
def test_the_standards_examples(rule: str, dates: list[str]) -> None:
    assert first(rule, len(dates) + (1 if "UNTIL" in rule else 0)) == dates


def test_week_start_matters() -> None:
    start = dt.datetime(1997, 8, 5, 9)
    rule = "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST="
    assert first(rule + "MO", start=start) == ["19970805", "19970810", "19970819", "19970824"]
    assert first(rule + "SU", start=start) == ["19970805", "19970817", "19970819", "19970831"]


def numbers(name: str, low: int, high: int) -> st.SearchStrategy[str]:
    several = st.lists(
        st.integers(low, high).filter(bool if low < 0 else lambda _: True), min_size=1, max_size=3, unique=True
    )
    return several.map(lambda found: f";{name}={','.join(map(str, found))}")


DAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True)
PLACED = st.lists(
    st.builds("{}{}".format, st.sampled_from([-2, -1, 1, 2, 3]), st.sampled_from(["MO", "FR", "SU"])),
    min_size=1,
    max_size=2,
    unique=True,
)
MAYBE = st.just("")
RULE = st.builds(
    "FREQ={}".format,
    st.one_of(
        st.builds("{};INTERVAL={}{}{}{}".format, st.just("YEARLY"), st.integers(1, 3), st.one_of(MAYBE, numbers("BYMONTH", 1, 12)), st.one_of(MAYBE, numbers("BYMONTHDAY", -28, 28)), st.one_of(MAYBE, PLACED.map(",".join).map(";BYDAY={}".format))),
        st.builds("{};INTERVAL={}{}{}".format, st.just("YEARLY"), st.integers(1, 3), numbers("BYYEARDAY", -365, 365), st.one_of(MAYBE, DAYS.map(",".join).map(";BYDAY={}".format))),
        st.builds("{};INTERVAL={}{}{}".format, st.just("YEARLY"), st.integers(1, 3), numbers("BYWEEKNO", 2, 51), DAYS.map(",".join).map(";BYDAY={}".format)),
        st.builds("{};INTERVAL={}{}{}{}".format, st.just("MONTHLY"), st.integers(1, 14), st.one_of(MAYBE, numbers("BYMONTH", 1, 12)), st.one_of(MAYBE, numbers("BYMONTHDAY", -31, 31)), st.one_of(MAYBE, st.one_of(PLACED, DAYS).map(",".join).map(";BYDAY={}".format))),
        st.builds("{};INTERVAL={}{}{}".format, st.just("WEEKLY"), st.integers(1, 5), st.one_of(MAYBE, DAYS.map(",".join).map(";BYDAY={}".format)), st.sampled_from([";WKST=MO", ";WKST=SU", ";WKST=TH"])),
        st.builds("{};INTERVAL={}{}{}{}".format, st.just("DAILY"), st.integers(1, 40), st.one_of(MAYBE, numbers("BYMONTH", 1, 12)), st.one_of(MAYBE, DAYS.map(",".join).map(";BYDAY={}".format)), st.one_of(MAYBE, numbers("BYHOUR", 0, 23))),
        st.builds("{};INTERVAL={}{}{}".format, st.just("HOURLY"), st.integers(1, 50), st.one_of(MAYBE, numbers("BYHOUR", 0, 23)), st.one_of(MAYBE, numbers("BYMINUTE", 0, 59))),
        st.builds("{};INTERVAL={}{}".format, st.just("MINUTELY"), st.integers(1, 5000), st.one_of(MAYBE, numbers("BYMINUTE", 0, 59))),
    ),
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(RULE, st.datetimes(dt.datetime(1995, 1, 1), dt.datetime(2030, 1, 1)), st.integers(0, 4000))
def test_we_agree_with_an_independent_expansion(rule: str, start: dt.datetime, days: int) -> None:
    start = start.replace(microsecond=0)
    until = start + dt.timedelta(days=1500)
    text = f"{rule};UNTIL={until:%Y%m%dT%H%M%S}"
    ours: list[dt.datetime] = []
    try:
        for moment in itertools.islice(occurrences(read_rule(text), start, Budget(20_000)), 60):
            ours.append(moment)
    except BudgetSpent:
        assume(False)
    try:
        theirs = list(itertools.islice(rrulestr(text, dtstart=start), 60))
    except ValueError:
        assume(False)
    assert ours == theirs
    # Beginning later gives the rest of the same series.
    after = start + dt.timedelta(days=days)
    later = [
        moment
        for moment in itertools.islice(occurrences(read_rule(text), start, Budget(20_000), after), 200)
        if moment >= after
    ]
    expected = [moment for moment in ours if moment >= after]
    assert later[: len(expected)] == expected


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYHOUR=1;BYMINUTE=1;BYSECOND=1;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
        "FREQ=SECONDLY;COUNT=10000;BYYEARDAY=-366",
        "FREQ=HOURLY;BYSETPOS=5",
        "FREQ=WEEKLY;BYMONTHDAY=31;BYMONTH=4",
        "FREQ=DAILY;BYSETPOS=300",
    ],
)
def test_a_rule_that_finds_nothing_ends_with_its_budget(rule: str) -> None:
    began = time.process_time()
    with pytest.raises(BudgetSpent):
        next(occurrences(read_rule(rule), START, Budget(5_000)))
    assert time.process_time() - began < 1


def test_a_rule_that_finds_nothing_and_has_few_periods_ends_by_itself() -> None:
    assert list(occurrences(read_rule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), START, Budget(50_000))) == []


def test_a_far_window_is_reached_without_walking_there() -> None:
    after = dt.datetime(2900, 1, 1)
    for rule in ("FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY", "FREQ=MINUTELY", "FREQ=SECONDLY"):
        walk = occurrences(read_rule(rule), START, Budget(1_000), after)
        assert next(moment for moment in walk if moment >= after).year == 2900


def test_the_calendar_ends() -> None:
    start = dt.datetime(9999, 12, 30, 9)
    assert len(list(occurrences(read_rule("FREQ=DAILY"), start, Budget(100)))) == 2
    assert len(list(occurrences(read_rule("FREQ=WEEKLY;BYDAY=SU"), start, Budget(100)))) == 0
    assert len(list(occurrences(read_rule("FREQ=MONTHLY"), start, Budget(100)))) == 1
    assert len(list(occurrences(read_rule("FREQ=YEARLY;BYWEEKNO=52"), start, Budget(100)))) <= 2
    assert len(list(occurrences(read_rule("FREQ=HOURLY;INTERVAL=20"), start, Budget(100)))) == 2


@given(st.text("FREQ=DAILYWKUNTOBH;,-+0123456789 ", max_size=60))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    normal_rule(text)
    try:
        rule = read_rule("FREQ=DAILY;" + text)
        check_cost(rule, START)
    except InvalidContent:
        return
    with contextlib.suppress(BudgetSpent):
        list(itertools.islice(occurrences(replace(rule, until=None), START, Budget(500)), 20))
