"""caldav-server-tester: what a CalDAV server can do, feature by feature, against a served demo."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.clients.serving import Served, environment
from tests.conformance.suites import interpreter

KNOWN = {
    "search.time-range.comp-type-optional": "a time-range of a whole VCALENDAR means nothing in RFC 4791 §9.9",
    "search.text.comp-type-optional": "a prop-filter under VCALENDAR asks for the properties of the VCALENDAR",
    "url.encode-at.identity": "%40 and @ are one resource, so the second of the two that the tester wants is refused",
    "principal-search": "the tester asks for its properties beside DAV:prop instead of in it, so it is told none",
    "scheduling.schedule-tag.stable-partstat": "the answer is the attendee's own PUT, and RFC 6638 §3.2.10 spares others'",
}
"""Features that are not found, and why that is right."""
UNKNOWN = {"url.encode-at.literal.principal", "well-known"}
"""What the tester cannot find out about this server: its users have no @ in their names, and it is on localhost."""
FOUND = {"calendar-color", "calendar-order", "save.no-uid-conflict", "synchronous-write", "url.encode-at.encoded"}
"""Some of what must be found, lest nothing was looked for."""


@pytest.mark.timeout(400)
def test_every_feature_is_found(demo: Served, tmp_path: Path) -> None:
    # More than one account, for scheduling needs somebody to invite.
    accounts = {
        login: {"caldav_url": demo.http + "/", "caldav_username": login, "caldav_password": login}
        for login in ("user01", "user02", "user03")
    }
    config = tmp_path / "accounts.json"
    config.write_text(json.dumps(accounts))
    sections = [word for login in accounts for word in ("--config-section", login)]
    done = subprocess.run(
        [str(interpreter().with_name("caldav-server-tester")), *sections, "--format", "json"],
        env=environment(PYTHONPATH="", CALDAV_CONFIG_FILE=str(config)),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout.startswith("{"), done.stderr[-4000:]
    features = json.loads(done.stdout)["features"]
    lacking = {name: said for name, said in features.items() if said.get("support") not in {"full", "unknown"}}
    assert lacking.keys() == KNOWN.keys(), {name: lacking.get(name) for name in lacking.keys() ^ KNOWN.keys()}
    assert {name for name, said in features.items() if said.get("support") == "unknown"} == UNKNOWN
    assert features.keys() >= FOUND, sorted(features)
