"""Evolution's store (Evolution, GNOME Calendar and Contacts): events, tasks and cards, both ways, every step."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import scripted
from tests.clients.serving import COUNTS, Served, needs, not_run

PYTHON = Path("/usr/bin/python3")
"""The system's own: the bindings are packages of the system."""


@pytest.mark.timeout(240)
def test_every_step_passes(demo: Served) -> None:
    script = scripted.folder("eds") / "eds.py"
    needs("dbus-run-session")
    if not (Path("/usr/libexec/evolution-calendar-factory").exists() and PYTHON.exists()):
        not_run("evolution-data-server is not installed")
    before = counts(demo)
    account = ["--user", "user02", "--password", "user02", "--caldav", demo.http + "/", "--carddav", demo.http + "/"]
    steps = scripted.steps_of([PYTHON, script, *account], 200)
    assert steps.failed == {}
    assert len(steps.passed) == 49

    # What it saw is what the CRM has; what it made has gone again, by the CRM's own mark.
    for kind in ("calendar", "tasks", "contacts"):
        found = steps.found[kind]
        collection = found["discovered"][0]["href"].removesuffix("/").split("/dav/")[1].replace("user02/", "")
        assert len(found["list"]) == before[collection.replace("addressbooks", "books")], collection
    assert counts(demo) == before
    made = demo.row(
        "SELECT (SELECT count(*) FROM contacts WHERE deleted = 1 AND last_name LIKE 'Person%' AND first_name = 'Eds'), "
        "(SELECT count(*) FROM meetings WHERE deleted = 1 AND subject LIKE 'Eds VEVENT % changed'), "
        "(SELECT count(*) FROM tasks WHERE deleted = 1 AND subject LIKE 'Eds VTODO % changed')"
    )
    assert made == (1, 1, 1)


def counts(demo: Served) -> dict[str, int]:
    """What there is to see for the user whose account it is."""
    return {collection: demo.count(collection, "user02") for collection in COUNTS}
