"""The tests that the Python library caldav has for servers, synchronous and asynchronous, against a served demo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.clients.serving import Served
from tests.conformance.suites import judge, run, source

_DEPRECATED = "calls a method of the library that warns, which the library's own settings make an error"
KNOWN = {
    "test_caldav::TestForServercrmgate::testCheckCompatibility": "runs caldav-server-tester: see its principal-search",
    "test_caldav::TestForServercrmgate::testPrincipals": _DEPRECATED,
    "test_async_integration::TestAsyncForcrmgate::test_principals": _DEPRECATED,
}
"""Tests that fail, and why that is right."""
TESTS = ("tests/test_caldav.py", "tests/test_async_integration.py")


@pytest.mark.timeout(900)
def test_the_library_finds_in_us_what_it_needs(demo: Served, tmp_path: Path) -> None:
    folder = source("caldav", tmp_path)
    off = {"type": "embedded", "enabled": False}
    account = {"url": demo.http + "/", "username": "user01", "password": "user01"}
    servers = {"radicale": off, "xandikos": off, "crmgate": {"type": "external", "enabled": True, **account}}
    # JSON is YAML.
    (folder / "tests" / "caldav_test_servers.yaml").write_text(json.dumps({"test-servers": servers}))
    outcome = run(
        folder,
        "-o",
        "asyncio_default_fixture_loop_scope=function",
        "-k",
        "TestForServer or Async",
        *TESTS,
        timeout=800,
        PYTHON_CALDAV_TEST_DOCKER="0",
    )
    judge(outcome, KNOWN, at_least=100)
