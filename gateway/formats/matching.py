"""Whether a document meets a filter (RFC 4791 §9.7–9.9, RFC 6352 §10.5).

Each condition asks for one component, line or parameter value that meets it. Times are asked of every instance of a
series; where a series is too costly to follow, the answer is yes, because a document too many does no harm and one
too few looks like a loss.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from gateway.core.filter import CardFilter, CompFilter, Filter, Junction, ParamFilter, PropFilter, TimeRange
from gateway.core.tree import Component, Line
from gateway.formats.escaping import unescape
from gateway.formats.expansion import Budget, BudgetSpent
from gateway.formats.moments import read_moment
from gateway.formats.params import read
from gateway.formats.ranges import Query, alarm_in_range, component_in_range
from gateway.formats.recurrence import STEPS
from gateway.formats.spans import DAY
from gateway.formats.textmatch import text_matches

_MOST_CANDIDATES: Final = 5_000
"""Components one condition looks at before it says yes."""


def matches(document: Component, wanted: Filter, floating: dt.tzinfo = dt.UTC) -> bool:
    """Whether the document meets the filter. `floating` is the zone of times and dates that have none."""
    query = Query(Budget(STEPS), floating)
    if isinstance(wanted, CardFilter):
        if not wanted.properties:
            return True
        return _tested(wanted.test, (_property(document, one, document, query) for one in wanted.properties))
    try:
        return _component([document], wanted, (), document, query)
    except BudgetSpent:
        return True


def _tested(test: Junction, outcomes: Iterable[bool]) -> bool:
    return any(outcomes) if test is Junction.ANYOF else all(outcomes)


def _component(
    candidates: Sequence[Component],
    wanted: CompFilter,
    around: tuple[Component, ...],
    document: Component,
    query: Query,
) -> bool:
    """Whether one of the candidates meets the filter; `around` are the components they stand in, outermost first."""
    named = [one for one in candidates if one.name.upper() == wanted.name.upper()]
    if wanted.is_not_defined:
        return not named
    if len(named) > _MOST_CANDIDATES:
        return True
    return any(_meets(one, wanted, around, document, query) for one in named)


def _meets(
    component: Component,
    wanted: CompFilter,
    around: tuple[Component, ...],
    document: Component,
    query: Query,
) -> bool:
    if wanted.properties or wanted.components:
        inside = _inside(component, wanted, around, document, query)
        if not _tested(wanted.test, inside):
            return False
    if wanted.time_range is None:
        return True
    if component.name.upper() == "VALARM" and around:
        return alarm_in_range(component, around[-1], document, wanted.time_range, query)
    return component_in_range(component, document, wanted.time_range, query)


def _inside(
    component: Component, wanted: CompFilter, around: tuple[Component, ...], document: Component, query: Query
) -> Iterator[bool]:
    for one in wanted.properties:
        yield _property(component, one, document, query)
    candidates = list(component.components()) if wanted.components else []
    for below in wanted.components:
        yield _component(candidates, below, (*around, component), document, query)


def _property(component: Component, wanted: PropFilter, document: Component, query: Query) -> bool:
    lines = _lines(component, wanted.name)
    if wanted.is_not_defined:
        return not lines
    return any(_line(line, wanted, document, query) for line in lines)


def _lines(component: Component, name: str) -> list[Line]:
    """RFC 6352 §10.5.1: a name with a group means that group's lines, one without means those of any group."""
    found = list(component.lines(name))
    group, dot, rest = name.partition(".")
    if dot:
        found += [line for line in component.lines(rest) if line.group.upper() == group.upper()]
    return found


def _line(line: Line, wanted: PropFilter, document: Component, query: Query) -> bool:
    if wanted.time_range is not None and not _moment(line, wanted.time_range, document, query.floating):
        return False
    if not wanted.texts and not wanted.params:
        return True
    value = unescape(line.value)
    return _tested(
        wanted.test,
        (
            *(text_matches(value, text) for text in wanted.texts),
            *(_param(line, one) for one in wanted.params),
        ),
    )


def _param(line: Line, wanted: ParamFilter) -> bool:
    name = wanted.name.upper()
    values = [value for found, several in read(line.params) if found == name for value in several]
    if wanted.is_not_defined:
        return not values
    if wanted.text is None:
        return bool(values)
    text = wanted.text
    # TYPE="home,work" is one parameter with two values to everybody but the grammar.
    return any(
        text_matches(one, text)
        for value in values
        for one in ({value, *value.split(",")} if name == "TYPE" else (value,))
    )


def _moment(line: Line, wanted: TimeRange, document: Component, floating: dt.tzinfo) -> bool:
    """Whether a property's own time lies in a range (RFC 4791 §9.7.2)."""
    moment = read_moment(line, document)
    if moment is None:
        return False
    start = moment.utc if moment.zone.name else moment.aware.replace(tzinfo=floating).astimezone(dt.UTC)
    if wanted.end is not None and start >= wanted.end:
        return False
    if wanted.start is None:
        return True
    return start + DAY > wanted.start if moment.is_date else start >= wanted.start
