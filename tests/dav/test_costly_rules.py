"""No rule costs more than a stated bound, whoever wrote it: a client that puts one, or a CRM that holds one."""

from __future__ import annotations

import datetime as dt
import time

import pytest
import sqlalchemy as sa

from gateway.formats.contentline import parse
from gateway.formats.recurrence import bounds
from storage.crm.reference import schema
from storage.opened import Opened
from tests.dav.client import DECLARED, Client

CALENDAR = "/dav/calendars/anna/my-calendar/"
SECONDS = 1.5
"""Of CPU, for one rule and one request, on a slow and busy machine. A rule costs `STEPS` steps of some microseconds."""
COSTLY = [
    "FREQ=SECONDLY", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY", "FREQ=MINUTELY;INTERVAL=7;BYDAY=MO;BYHOUR=3",
    "FREQ=HOURLY;BYYEARDAY=366", "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31", "FREQ=DAILY;INTERVAL=99999;BYDAY=MO", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYMONTH=6", "FREQ=MONTHLY;BYDAY=5FR;BYMONTHDAY=1", "FREQ=SECONDLY;COUNT=10000",
    "FREQ=DAILY;COUNT=10000;BYMONTH=2;BYMONTHDAY=29", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-366",
    "FREQ=MINUTELY;BYSECOND=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20", "FREQ=YEARLY;INTERVAL=100000",
]  # fmt: skip


def query(start: str, end: str, data: str = "") -> str:
    window = f"start='{start}' end='{end}'"
    inner = f"<C:comp-filter name='VEVENT'><C:time-range {window}/></C:comp-filter>"
    return (
        f"<C:calendar-query {DECLARED}><D:prop><D:getetag/>{data.format(window=window)}</D:prop>"
        f"<C:filter><C:comp-filter name='VCALENDAR'>{inner}</C:comp-filter></C:filter></C:calendar-query>"
    )


ASKED = [
    query("20990101T000000Z", "20990201T000000Z"),
    query("20990101T000000Z", "20990201T000000Z", "<C:calendar-data><C:expand {window}/></C:calendar-data>"),
    query(
        "20260101T000000Z", "20990201T000000Z", "<C:calendar-data><C:limit-recurrence-set {window}/></C:calendar-data>"
    ),
    f"<C:free-busy-query {DECLARED}><C:time-range start='20990101T000000Z' end='20990201T000000Z'/></C:free-busy-query>",
]


@pytest.mark.parametrize("rule", COSTLY)
async def test_a_rule_of_the_crm_costs_little_however_it_is_asked_about(
    opened: Opened, anna: Client, rule: str
) -> None:
    with opened.database.engine.begin() as connection:
        connection.execute(sa.update(schema.meetings).values(deleted=1))
        owner = connection.execute(sa.select(schema.users.c.id).where(schema.users.c.login == "anna")).scalar()
        connection.execute(
            sa.insert(schema.meetings).values(
                subject="Costly", starts_at=dt.datetime(1990, 1, 1, 9), ends_at=dt.datetime(1990, 1, 1, 9, 30), owner_id=owner,
                recurrence=rule, status="planned",
            )
        )  # fmt: skip
    opened.follower.step()
    for body in ASKED:
        began = time.process_time()
        answer = await anna.ask("REPORT", CALENDAR, body, depth="1")
        assert answer.status in (200, 207)
        assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("rule", COSTLY)
def test_the_index_learns_the_bounds_of_a_rule_for_little(rule: str) -> None:
    text = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:19900101T090000Z\nRRULE:{rule}\nEND:VEVENT\nEND:VCALENDAR"
    began = time.process_time()
    first, _ = bounds(parse(text.encode())[0])
    assert time.process_time() - began < SECONDS
    assert first is not None
