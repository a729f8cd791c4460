"""The sample company of CiviCRM as it is served by HTTP and IMAP; and what SQL beside the gateway changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.opened import Opened
from tests.presets.documents import lines, one_of
from tests.presets.dumps import installed
from tests.presets.served import Served, User, served

HERE = """
extends = "civicrm"
crm.zone = "Europe/Berlin"
crm.days = "Europe/Berlin"
"""


@pytest.fixture(scope="module")
def civi(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    server = request.getfixturevalue("mariadb_server")
    with installed("civicrm", server, HERE, tmp_path_factory.mktemp("mapping")) as opened:
        yield opened


@pytest.fixture(scope="module")
def gateway(civi: Opened) -> Iterator[Served]:
    with served(civi) as one:
        yield one


@pytest.fixture
def anna(gateway: Served) -> User:
    return gateway.user("anna@crm.example")


@pytest.fixture
def bob(gateway: Served) -> User:
    return gateway.user("bob@crm.example")


def test_it(anna: User, bob: User) -> None:
    for view in ("contacts", "organisations", "households", "meetings", "calls", "tasks"):
        for who in (anna, bob):
            found = who.documents(view)
            print("=====", view, who.login, len(found))
            for doc in list(found.values()):
                if view not in ("contacts", "organisations", "households") or any(x in doc for x in ("Erika", "Nordwind", "ller &", "Jean-Luc", "Gerda")) or view=="households" and doc==list(found.values())[0]:
                    print(doc)
    for who in (anna, bob):
        for box in ("INBOX", "Sent"):
            for m in who.messages(box):
                print("=====", who.login, box); print(m.text)
    assert 0
