"""Thunderbird: mail, calendar and contacts by its own code, without a window.

The script puts a task into the first calendar; the steps that cannot pass are listed with the reason, and one of them
that passes fails the test. The task is made, done and deleted in the task list besides.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.clients import scripted
from tests.clients.serving import Served, needs

EVENTS_ONLY = "the first calendar is the CRM's meetings, which takes no tasks"
EXPECTED = {
    "caldav_add": EVENTS_ONLY,
    "server has the task": EVENTS_ONLY,
    "caldav_complete": EVENTS_ONLY,
    "server sees the task done": EVENTS_ONLY,
}


@pytest.mark.timeout(240)
def test_every_step_passes_but_those_with_a_reason(demo: Served) -> None:
    script = scripted.folder("thunderbird") / "tb.py"
    needs("thunderbird", "python3")
    host, port = demo.imap_address
    account = ["--user", "user01", "--password", "user01", "--email", "user01@crm.example", "--move-to", "Archive"]
    places = ["--caldav", demo.http + "/", "--carddav", demo.http + "/", "--imap", f"{host}:{port}"]
    steps = scripted.steps_of(["python3", script, *account, *places, "--limit", "180"], 200)
    assert set(steps.failed) == set(EXPECTED), steps.failed
    assert len(steps.passed) == 37

    # What it wrote into mail, calendar and address book is rows.
    (user,) = demo.row("SELECT id FROM users WHERE login = 'user01'")
    assert demo.row(
        "SELECT count(*) FROM emails WHERE owner_id = ? AND from_address LIKE 'carol_@example.test'", user
    ) == (3,)
    event = demo.row(
        "SELECT location, timezone, reminder_minutes, deleted FROM meetings WHERE owner_id = ? AND subject LIKE 'Tb event %'",
        user,
    )
    assert event == ("Room 1", "Europe/Berlin", 15, 1)
    card = demo.row(
        "SELECT c.first_name, c.phone, o.name, c.notes LIKE 'Note crm%' FROM contacts c JOIN companies o "
        "ON o.id = c.company_id WHERE c.owner_id = ? AND c.email LIKE 'tb-%@example.test'",
        user,
    )
    assert card == ("Tb", "+1 555 0199", "Tb GmbH", 1)


TASK = """\
BEGIN:VTODO
UID:tb-task-1
DTSTAMP:20260601T000000Z
DUE;VALUE=DATE:20260618
SUMMARY:Water the plants
PRIORITY:1
END:VTODO
""".replace("\n", "\r\n")


@pytest.mark.timeout(240)
def test_a_task_is_made_done_and_deleted_in_the_task_list(demo: Served, tmp_path: Path) -> None:
    tasks = demo.calendar("user03", "my-tasks")
    with thunderbird(scripted.folder("thunderbird"), tmp_path) as client:
        found = client("caldav_detect", {"user": "user03", "password": "user03", "url": demo.http + "/"})
        assert {one["uri"] for one in found if not one["readOnly"]} == {demo.calendar("user03", "my-calendar"), tasks}
        client("caldav_add", tasks, None, TASK)
        (key, *values) = demo.row("SELECT id, due_date, status, priority FROM tasks WHERE subject = 'Water the plants'")
        assert values == ["2026-06-18", "open", "high"]
        client("caldav_complete", tasks, "tb-task-1")
        assert demo.row("SELECT subject, status, percent, deleted FROM tasks WHERE id = ?", key) == (
            "Water the plants (done)",
            "done",
            100,
            0,
        )
        demo.change("UPDATE tasks SET subject = 'Water the ferns' WHERE id = ?", key)
        until = time.monotonic() + 10
        while "Water the ferns" not in [item["title"] for one in client("caldav_list") for item in one["items"]]:
            assert time.monotonic() < until, "the change does not come"
        client("caldav_delete", tasks, "tb-task-1")
        assert demo.row("SELECT subject, deleted FROM tasks WHERE id = ?", key) == ("Water the ferns", 1)


@contextmanager
def thunderbird(scripts: Path, profile: Path) -> Iterator[Any]:
    """A running Thunderbird; called with the name of one of the script's steps and its arguments."""
    needs("thunderbird")
    sys.path.insert(0, str(scripts))
    try:
        script, marionette = importlib.import_module("tb"), importlib.import_module("marion")
    finally:
        sys.path.remove(str(scripts))
    process, session = marionette.launch(str(profile), script.PREFS, headless=True, env={}, log=None)
    try:
        yield lambda step, *words: session.js(script.HEAD + script.JS[step], *words, timeout=60)
    finally:
        session.quit()
        process.wait(20)
