"""When time is taken."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.filter import TimeRange
from gateway.formats.contentline import parse, serialise
from gateway.formats.freebusy import KINDS, Busy, busy, free_busy, limited_busy, merged

DAY = dt.datetime(2027, 3, 10, tzinfo=dt.UTC)
WANTED = TimeRange(DAY, DAY + dt.timedelta(days=1))


def at(hour: float) -> dt.datetime:
    return DAY + dt.timedelta(hours=hour)


def event(*lines: str) -> bytes:
    start = () if any(line.startswith("DTSTART") for line in lines) else ("DTSTART:20270310T090000Z",)
    end = () if any(line.startswith(("DTEND", "DURATION")) for line in lines) or not start else ("DURATION:PT1H",)
    inside = ("BEGIN:VEVENT", "UID:a", *start, *end, *lines, "END:VEVENT")
    return "".join(f"{line}\r\n" for line in ("BEGIN:VCALENDAR", *inside, "END:VCALENDAR")).encode()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), [(9, 10, "BUSY")]),
        (("TRANSP:TRANSPARENT",), []),
        (("TRANSP:OPAQUE", "STATUS:CONFIRMED"), [(9, 10, "BUSY")]),
        (("STATUS:CANCELLED",), []),
        (("STATUS:TENTATIVE",), [(9, 10, "BUSY-TENTATIVE")]),
        (("ATTENDEE;PARTSTAT=DECLINED:mailto:Anna@crm.example",), []),
        (("ATTENDEE;PARTSTAT=TENTATIVE:mailto:anna@crm.example",), [(9, 10, "BUSY-TENTATIVE")]),
        (("ATTENDEE;PARTSTAT=DECLINED:mailto:bob@crm.example",), [(9, 10, "BUSY")]),
        (("DTSTART:20270309T230000Z", "DTEND:20270310T013000Z"), [(0, 1.5, "BUSY")]),
        (("DTSTART;VALUE=DATE:20270310",), [(0, 24, "BUSY")]),
        (("DTSTART:20270310T120000Z",), []),
        (("RRULE:FREQ=HOURLY;COUNT=3",), [(9, 10, "BUSY"), (10, 11, "BUSY"), (11, 12, "BUSY")]),
        (("DTSTART:20270311T000000Z", "DURATION:PT1H"), []),
    ],
)
def test_what_an_event_takes(lines: tuple[str, ...], expected: list[tuple[float, float, str]]) -> None:
    found = [*busy(parse(event(*lines))[0], WANTED, address="anna@crm.example")]
    assert found == [(at(start), at(end), kind) for start, end, kind in expected]


def test_stated_free_busy_counts_and_a_kind_nobody_knows_is_busy() -> None:
    lines = ("BEGIN:VCALENDAR", "BEGIN:VFREEBUSY", "FREEBUSY;FBTYPE=FREE:20270310T010000Z/PT1H",
             "FREEBUSY;FBTYPE=X-LUNCH:20270310T110000Z/20270310T120000Z,20270312T110000Z/PT1H",
             "FREEBUSY:20270310T230000Z/PT4H", "END:VFREEBUSY", "END:VCALENDAR")  # fmt: skip
    (document,) = parse("".join(f"{line}\r\n" for line in lines).encode())
    assert [*busy(document, WANTED)] == [(at(11), at(12), "BUSY"), (at(23), at(24), "BUSY")]
    kept = serialise(limited_busy(document, WANTED)).decode()
    assert "20270310T110000Z/20270310T120000Z\r\n" in kept
    assert "20270312" not in kept
    assert "FREEBUSY:20270310T230000Z/PT4H" in kept


TIMES = st.lists(
    st.builds(
        lambda start, length, kind: (at(start), at(start + length), kind),
        st.integers(0, 40), st.integers(1, 10), st.sampled_from(KINDS),
    )
)  # fmt: skip


@given(TIMES)
def test_merged_times_say_of_every_hour_what_the_weightiest_says_and_never_overlap(times: list[Busy]) -> None:
    made = merged(times)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(made))
    for hour in range(52):
        moment = at(hour + 0.5)
        kinds = {kind for start, end, kind in times if start <= moment < end}
        told = [kind for start, end, kind in made if start <= moment < end]
        assert told == [kind for kind in KINDS if kind in kinds][:1]


def test_the_answer_is_one_component_with_the_window() -> None:
    made = serialise(free_busy(WANTED, [(at(9), at(10), "BUSY"), (at(11), at(12), "BUSY-TENTATIVE")], at(0))).decode()
    for line in (
        "BEGIN:VFREEBUSY", "DTSTART:20270310T000000Z", "DTEND:20270311T000000Z",
        "FREEBUSY;FBTYPE=BUSY:20270310T090000Z/20270310T100000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20270310T110000Z/20270310T120000Z",
    ):  # fmt: skip
        assert f"{line}\r\n" in made
