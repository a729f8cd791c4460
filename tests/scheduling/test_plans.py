"""What changes of meetings mean, as properties: whoever is told all that is sent sees what the organizer has."""

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import SchedulingConflict
from gateway.core.ids import PrincipalId
from gateway.core.model import Principal
from gateway.core.tree import Component, Line
from gateway.formats.contentline import parse, serialise
from gateway.formats.params import set_param
from gateway.scheduling.attendee import plan_attendee
from gateway.scheduling.meaning import told
from gateway.scheduling.messages import view_for
from gateway.scheduling.objects import by_key, copied, line_of, part_stat, sequence_of, set_lines
from gateway.scheduling.organizer import plan_organizer
from gateway.scheduling.processing import take_cancel, take_reply, take_request

NOW = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
PEOPLE = ("anna", "bob", "eve")
ANNA, BOB, EVE = (
    Principal(PrincipalId(str(number)), name, name, f"{name}@crm.example") for number, name in enumerate(PEOPLE)
)
ADDRESS = {name: f"mailto:{name}@crm.example" for name in PEOPLE}
DAYS = ("20270301", "20270302", "20270303", "20270304")


def component(day: str, hour: int, summary: str, people: frozenset[str], *more: str) -> Component:
    lines = [
        "BEGIN:VEVENT", "UID:m", "DTSTAMP:20270101T000000Z", f"DTSTART:{day}T{hour:02}0000Z",
        f"DTEND:{day}T{hour + 1:02}0000Z", f"SUMMARY:{summary}", f"ORGANIZER:{ADDRESS['anna']}",
        f"ATTENDEE;PARTSTAT=ACCEPTED:{ADDRESS['anna']}", *(f"ATTENDEE:{ADDRESS[one]}" for one in sorted(people)), *more,
        "END:VEVENT",
    ]  # fmt: skip
    return parse("\r\n".join(lines).encode())[0]


@st.composite
def meetings(draw: st.DrawFn) -> Component:
    """A meeting of Anna's with Bob, Eve or both: single, or four days with exceptions."""
    people = st.frozensets(st.sampled_from(("bob", "eve")))
    hour, text = st.integers(8, 17), st.sampled_from(("Offer", "Talk"))
    is_series = draw(st.booleans())
    rule = ["RRULE:FREQ=DAILY;COUNT=4"] if is_series else []
    gone = sorted(draw(st.frozensets(st.sampled_from(DAYS[1:]), max_size=2))) if is_series else []
    start = draw(hour)
    rule += [f"EXDATE:{day}T{start:02}0000Z" for day in gone]
    parts = [component(DAYS[0], start, draw(text), draw(people), *rule)]
    if is_series:
        for day in draw(st.frozensets(st.sampled_from([one for one in DAYS[1:] if one not in gone]))):
            which = f"RECURRENCE-ID:{day}T{start:02}0000Z"
            parts.append(component(day, draw(hour), draw(text), draw(people), which))
    return Component("VCALENDAR", [Line("VERSION", "2.0"), Line("PRODID", "-//t//EN"), *parts])


def received(mine: Component | None, plan_messages: object, who: Principal) -> Component | None:
    """The attendee's copy after everything sent to him."""
    for message in plan_messages:  # type: ignore[attr-defined]
        if message.recipient != f"mailto:{who.address}":
            continue
        take = take_cancel if message.method == "CANCEL" else take_request
        outcome = take(mine, message.document, who)
        again = take(outcome.document or mine, message.document, who)
        assert again.document is None, "the same message twice makes a difference"
        mine = outcome.document or mine
    return mine


@given(meetings())
def test_a_new_meeting_is_seen_by_everybody_as_the_organizer_has_it(after: Component) -> None:
    plan = plan_organizer(None, after, ANNA, NOW)
    for who in (BOB, EVE):
        view = view_for(after, f"mailto:{who.address}")
        copy = received(None, plan.messages, who)
        assert (copy is None) == (view is None)
        if copy is not None and view is not None:
            assert told(copy) == told(view)
            assert parse(serialise(copy))


@given(meetings(), meetings())
def test_a_changed_meeting_too(before: Component, after: Component) -> None:
    first = plan_organizer(None, before, ANNA, NOW)
    second = plan_organizer(first.document, after, ANNA, NOW)
    assert second.document is not None
    for who in (BOB, EVE):
        address = f"mailto:{who.address}"
        copy = received(received(None, first.messages, who), second.messages, who)
        view = view_for(second.document, address)
        if view is not None:
            assert copy is not None
            assert told(copy) == told(view)
        elif copy is not None:
            assert {line.value for one in by_key(copy).values() for line in one.lines("STATUS")} == {"CANCELLED"}


@given(meetings())
def test_what_says_the_same_is_told_to_nobody(before: Component) -> None:
    stored = plan_organizer(None, before, ANNA, NOW).document
    assert stored is not None
    again = copied(stored)
    for one in by_key(again).values():
        set_lines(one, "DTSTAMP", [Line("DTSTAMP", "20280101T000000Z")])
        one.items.append(Component("VALARM", [Line("TRIGGER", "-PT5M")]))
    assert plan_organizer(stored, again, ANNA, NOW).messages == ()


@given(meetings(), st.sampled_from(("ACCEPTED", "DECLINED", "TENTATIVE")))
def test_an_answer_reaches_the_organizer_and_changes_nothing_else(meeting: Component, status: str) -> None:
    plan = plan_organizer(None, meeting, ANNA, NOW)
    copy = received(None, plan.messages, BOB)
    if copy is None or plan.document is None:
        return
    answered = copied(copy)
    for one in by_key(answered).values():
        line = line_of(one, ADDRESS["bob"])
        if line is not None:
            set_param(line, "PARTSTAT", [status])
    (reply,) = plan_attendee(copy, answered, BOB, NOW).messages
    assert reply.method == "REPLY"
    outcome = take_reply(plan.document, reply.document)
    assert outcome.document is not None
    assert not outcome.is_consequential
    assert told(outcome.document) == told(plan.document)
    for one in by_key(outcome.document).values():
        line = line_of(one, ADDRESS["bob"])
        assert line is None or part_stat(line) == status
    assert take_reply(outcome.document, reply.document).document is None


@given(meetings(), meetings())
def test_revisions_only_grow_and_new_times_are_new_revisions(before: Component, after: Component) -> None:
    stored = plan_organizer(before, after, ANNA, NOW).document
    assert stored is not None
    held, now = by_key(before)[""], by_key(stored)[""]
    moved = held.line("DTSTART").value != now.line("DTSTART").value  # type: ignore[union-attr]
    assert sequence_of(now) >= sequence_of(held) + (1 if moved else 0)


@given(meetings())
def test_who_leaves_tells_it_once(meeting: Component) -> None:
    copy = received(None, plan_organizer(None, meeting, ANNA, NOW).messages, EVE)
    if copy is None:
        return
    (reply,) = plan_attendee(copy, None, EVE, NOW).messages
    assert {part_stat(one.line("ATTENDEE")) for one in by_key(reply.document).values()} == {"DECLINED"}
    assert plan_attendee(copy, None, EVE, NOW, replies=False).messages == ()


def test_an_instance_the_series_does_not_have_is_not_answered() -> None:
    meeting = Component("VCALENDAR", [component("20270301", 9, "x", frozenset({"bob"}), "RRULE:FREQ=DAILY;COUNT=2")])
    reply = component("20270309", 9, "x", frozenset(), "RECURRENCE-ID:20270309T090000Z")
    set_lines(reply, "ATTENDEE", [Line("ATTENDEE", ADDRESS["bob"], ";PARTSTAT=DECLINED")])
    assert take_reply(meeting, Component("VCALENDAR", [reply])).document is None


def test_an_answer_to_an_instance_in_a_zone_makes_that_instance() -> None:
    zoned = component("20270325", 9, "x", frozenset({"bob"}), "RRULE:FREQ=DAILY;COUNT=9")
    for name, value in (("DTSTART", "20270325T090000"), ("DTEND", "20270325T100000")):
        set_lines(zoned, name, [Line(name, value, ";TZID=Europe/Berlin")])
    meeting = Component("VCALENDAR", [zoned])
    reply = component("20270330", 7, "x", frozenset(), "RECURRENCE-ID:20270330T070000Z")
    set_lines(reply, "ATTENDEE", [Line("ATTENDEE", ADDRESS["bob"], ";PARTSTAT=DECLINED")])
    document = take_reply(meeting, Component("VCALENDAR", [reply])).document
    assert document is not None
    override = by_key(document)["20270330T070000Z"]
    assert {one.value for one in override.lines("DTSTART")} == {"20270330T090000"}
    assert {one.value for one in override.lines("DTEND")} == {"20270330T100000"}
    assert not list(override.lines("RRULE"))


def test_an_answer_to_an_old_revision_counts_no_more() -> None:
    meeting = Component("VCALENDAR", [component("20270301", 9, "x", frozenset({"bob"}), "SEQUENCE:2")])
    reply = component("20270301", 9, "x", frozenset(), "SEQUENCE:1")
    set_lines(reply, "ATTENDEE", [Line("ATTENDEE", ADDRESS["bob"], ";PARTSTAT=DECLINED")])
    assert take_reply(meeting, Component("VCALENDAR", [reply])).document is None


def test_an_old_invitation_does_not_undo_a_newer_one() -> None:
    old = Component("VCALENDAR", [component("20270301", 9, "x", frozenset({"bob"}))])
    new = Component("VCALENDAR", [component("20270302", 9, "x", frozenset({"bob"}), "SEQUENCE:1")])
    assert take_request(new, old, BOB).document is None


def _add(line: str) -> Callable[[Component], None]:
    name, _, value = line.partition(":")
    return lambda one: one.items.insert(0, Line(name, value))


@pytest.mark.parametrize(
    ("change", "is_allowed"),
    [
        (_add("TRANSP:TRANSPARENT"), True),
        (_add("X-MINE:1"), True),
        (_add("COMMENT:I am late"), True),
        (_add("PERCENT-COMPLETE:50"), True),
        (_add("EXDATE:20270302T090000Z"), True),
        (_add("RDATE:20270309T090000Z"), False),
        (_add("LOCATION:My place"), False),
        (_add("STATUS:CANCELLED"), False),
    ],
)
def test_an_attendee_may_change_what_is_his(change: Callable[[Component], None], is_allowed: bool) -> None:
    held = Component("VCALENDAR", [component("20270301", 9, "x", frozenset({"bob"}), "RRULE:FREQ=DAILY;COUNT=3")])
    after = copied(held)
    change(by_key(after)[""])
    if is_allowed:
        plan_attendee(held, after, BOB, NOW)
    else:
        with pytest.raises(SchedulingConflict) as refused:
            plan_attendee(held, after, BOB, NOW)
        assert refused.value.condition == "allowed-attendee-scheduling-object-change"


def test_an_instance_taken_out_is_declined() -> None:
    held = Component("VCALENDAR", [component("20270301", 9, "x", frozenset({"bob"}), "RRULE:FREQ=DAILY;COUNT=3")])
    after = copied(held)
    by_key(after)[""].items.insert(0, Line("EXDATE", "20270302T090000Z"))
    (reply,) = plan_attendee(held, after, BOB, NOW).messages
    assert list(by_key(reply.document)) == ["20270302T090000Z"]
    outcome = take_reply(held, reply.document)
    assert outcome.document is not None
    assert part_stat(line_of(by_key(outcome.document)["20270302T090000Z"], ADDRESS["bob"])) == "DECLINED"


@pytest.mark.parametrize("method", ["REQUEST", "REPLY"])
def test_a_client_may_have_a_message_sent_again(method: str) -> None:
    held = Component("VCALENDAR", [component("20270301", 9, "x", frozenset({"bob"}))])
    forced = copied(held)
    name, who, plan = (
        ("ATTENDEE", "bob", plan_organizer) if method == "REQUEST" else ("ORGANIZER", "anna", plan_attendee)
    )
    for line in by_key(forced)[""].lines(name):
        if line.value == ADDRESS[who]:
            set_param(line, "SCHEDULE-FORCE-SEND", [method])
    made = plan(held, forced, ANNA if method == "REQUEST" else BOB, NOW)
    assert [one.method for one in made.messages] == [method]
    assert made.document is not None
    assert b"FORCE-SEND" not in serialise(made.document)
