"""Killed at any moment during a thousand writes: nothing answered is missing, nothing is there twice, index and CRM agree."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.crm.reference import schema
from storage.opened import Opened
from tests.crm import make_crm, open_crm
from tests.faults import agreement, picture
from tests.faults.writer import name_of

ROOT = Path(__file__).parents[2]
WRITES = 1000
KILLS = 12


def _run(url: str, own: str, first: int, alive_for: float | None) -> int:
    """Run the writer from a number on and kill it some time after its first answer; the last number it answered."""
    command = [sys.executable, "-m", "tests.faults.writer", url, own, str(first), str(WRITES)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        answered = first - 1
        ends = None
        for line in writer.stdout:
            if not line.endswith("\n"):
                break  # killed in the middle of saying it
            answered = int(line)
            if alive_for is not None and ends is None:
                ends = time.monotonic() + alive_for
            if ends is not None and time.monotonic() > ends:
                writer.send_signal(signal.SIGKILL)
                ends = None
                alive_for = None
        writer.wait()
    return answered


@pytest.mark.timeout(400)
def test_killed_again_and_again_it_loses_and_doubles_nothing(database_url: str) -> None:
    make_crm(database_url)
    opened = open_crm(database_url)
    own = opened.state.schema or ""
    chance = random.Random(20261124)
    numbers: dict[int, tuple[int, int, int]] = {}
    first = 0
    for _ in range(KILLS):
        first = _run(database_url, own, first, chance.uniform(0.0, 0.5)) + 1
        numbers = _grown(opened, numbers)
        if first == WRITES:
            break
    assert _run(database_url, own, first, None) == WRITES - 1
    _grown(opened, numbers)
    while opened.follower.step():
        pass
    with opened.database.engine.connect() as connection:
        seen = picture.take(opened, connection)
        assert agreement.disagreements(opened, seen, connection) == []
        contacts = connection.execute(sa.select(schema.contacts.c.notes)).scalars().all()
        subjects = connection.execute(sa.select(schema.emails.c.subject)).scalars().all()
        meetings = connection.execute(sa.select(schema.meetings.c.subject)).scalars().all()
    cards = {name_of(number): number for number in range(WRITES) if number % 8 in (0, 2)}
    events = {name_of(number): number for number in range(WRITES) if number % 8 in (1, 5)}
    assert sorted(map(str, contacts)) == sorted(map(str, cards.values()))
    assert sorted(map(str, meetings)) == sorted(map(str, events.values()))
    assert sorted(map(str, subjects)) == sorted(str(number) for number in range(WRITES) if number % 8 in (3, 6))
    opened.close()


def _grown(opened: Opened, before: dict[int, tuple[int, int, int]]) -> dict[int, tuple[int, int, int]]:
    """The collections' numbers, none of which has gone back."""
    table = opened.state.collection
    with opened.database.engine.connect() as connection:
        rows = connection.execute(sa.select(table.c.id, table.c.epoch, table.c.modseq, table.c.uid_next)).all()
    now = {row.id: (row.epoch, row.modseq, row.uid_next) for row in rows}
    for collection, (epoch, modseq, uid_next) in before.items():
        assert now[collection][0] == epoch
        assert now[collection][1] >= modseq
        assert now[collection][2] >= uid_next
    return now
