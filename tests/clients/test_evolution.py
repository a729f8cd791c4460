"""Evolution's store (Evolution, GNOME Calendar and Contacts): events, tasks and cards, both ways, every step."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import scripted
from tests.clients.serving import COUNTS, Served, needs, not_run

PYTHON = Path("/usr/bin/python3")
"""The system's own: the bindings are packages of the system."""


STUMBLE = "No such source for UID"
"""Evolution's own processes have not told each other of a new account in time; no server was asked anything yet."""


@pytest.mark.timeout(400)
def test_every_step_passes(demo: Served) -> None:
    script = scripted.folder("eds") / "eds.py"
    needs("dbus-run-session")
    if not (Path("/usr/libexec/evolution-calendar-factory").exists() and PYTHON.exists()):
        not_run("evolution-data-server is not installed")
    for login in ("user02", "user04", "bob"):
        before = counts(demo, login)
        steps = scripted.steps_of(
            [PYTHON, script, "--user", login, "--password", login, "--caldav", demo.http, "--carddav", demo.http], 160
        )
        if not any(STUMBLE in why for why in steps.failed.values()):
            break
    assert steps.failed == {}
    assert len(steps.passed) == 49

    # What it saw is what the CRM has; what it made has gone again, by the CRM's own mark.
    for kind in ("calendar", "tasks", "contacts"):
        found = steps.found[kind]
        place, _, collection = found["discovered"][0]["href"].removesuffix("/").split("/dav/")[1].split("/")
        folder = "books" if place == "addressbooks" else place
        assert len(found["list"]) == before[f"{folder}/{collection}"], collection
    # A card's company is made where there is none, and stays.
    assert counts(demo, login) == {**before, "books/companies": before["books/companies"] + 1}
    made = demo.row(
        "WITH u AS (SELECT id FROM users WHERE login = ?) SELECT "
        "(SELECT count(*) FROM contacts, u WHERE deleted = 1 AND owner_id = u.id AND email LIKE 'eds-%@example.test'), "
        "(SELECT count(*) FROM meetings, u WHERE deleted = 1 AND owner_id = u.id AND subject LIKE 'Eds VEVENT % changed'), "
        "(SELECT count(*) FROM tasks, u WHERE deleted = 1 AND owner_id = u.id AND subject LIKE 'Eds VTODO % changed')",
        login,
    )
    assert made == (1, 1, 1)


def counts(demo: Served, login: str) -> dict[str, int]:
    """What there is to see for a user."""
    return {collection: demo.count(collection, login) for collection in COUNTS}
