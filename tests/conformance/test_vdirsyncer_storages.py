"""vdirsyncer's tests of its CalDAV and CardDAV storages, against a served demo; every test in a collection of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.serving import Served
from tests.conformance.suites import judge, run, source

KNOWN: dict[str, str] = {}
"""Tests that fail, and why that is right."""

SERVER = """\
import os

import pytest


class ServerMixin:
    @pytest.fixture
    def get_storage_args(self, slow_create_collection, aio_connector):
        async def inner(collection="test"):
            account = {"username": os.environ["DAV_USER"], "password": os.environ["DAV_USER"]}
            args = {"url": os.environ["DAV_URL"], "connector": aio_connector, **account}
            if collection is not None:
                args = await slow_create_collection(self.storage_class, args, collection)
            return args

        return inner
"""


@pytest.mark.timeout(600)
def test_its_storages_find_in_us_what_they_need(demo: Served, tmp_path: Path) -> None:
    folder = source("vdirsyncer", tmp_path)
    server = folder / "tests" / "storage" / "servers" / "external"
    server.mkdir()
    (server / "__init__.py").write_text(SERVER)
    settings = {"DAV_SERVER": "external", "DAV_URL": demo.http + "/", "DAV_USER": "user01"}
    outcome = run(folder, "-o", "addopts=", "tests/storage/dav", timeout=500, DETERMINISTIC_TESTS="true", **settings)
    judge(outcome, KNOWN, at_least=120)
