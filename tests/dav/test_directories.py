"""Directories: address books that are searched where they are, and offered to nobody as a book of his own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.edits import Edits
from gateway.runtime.lines import ConfigErrors
from protocols.dav.service import Service
from storage.crm.mapping import PRESETS
from storage.opened import Opened
from tests.dav.client import DECLARED, Client
from tests.dav.documents import a_card

BOOKS = "/dav/addressbooks/anna/"
DIRECTORY = BOOKS + "everybody/"
WORDS = """
[view.everybody]
entity = "contact"
shape = "card"
name = "Everybody"
filter = "private = 0"
rights = "read"
directory = true
order = 9
"""


@pytest.fixture
def with_directory(template: Path, tmp_path: Path) -> Iterator[Opened]:
    folder = tmp_path / "company"
    shutil.copytree(template, folder)
    mapping = folder / "mapping.toml"
    mapping.write_text((PRESETS / "reference.toml").read_text("utf-8") + WORDS, "utf-8")
    opened = Opened(f"sqlite:///{folder / 'crm.db'}", str(mapping))
    yield opened
    opened.close()


@pytest.fixture
def anna(with_directory: Opened) -> Client:
    found = with_directory.database.read_now(lambda connection: with_directory.users.find(connection, "anna"))
    assert found is not None
    return Client(Service(with_directory.store, Edits(with_directory.store)), found[0])


async def test_a_principal_knows_where_people_are_looked_up(anna: Client) -> None:
    answer = await anna.propfind("/dav/principals/anna/", "CR:directory-gateway", "D:displayname")
    assert answer.only.hrefs("CR:directory-gateway") == [DIRECTORY]
    found = (await anna.propfind(DIRECTORY, "D:resourcetype")).only
    assert found.children("D:resourcetype") == ["D:collection", "CR:directory"]


async def test_a_directory_is_not_listed_among_the_books(anna: Client) -> None:
    listed = (await anna.propfind(BOOKS, "D:resourcetype", depth="1")).hrefs
    assert DIRECTORY not in listed
    assert BOOKS + "all-contacts/" in listed


async def test_people_are_found_in_it_and_nothing_is_written_to_it(anna: Client) -> None:
    await anna.ask("PUT", BOOKS + "my-contacts/a.vcf", a_card("a", "Zdenka", "Quarz", "EMAIL:zdenka@quarz.example"))
    body = (
        f"<CR:addressbook-query {DECLARED}><D:prop><CR:address-data/></D:prop><CR:filter><CR:prop-filter name='EMAIL'>"
        "<CR:text-match match-type='starts-with'>zdenka</CR:text-match></CR:prop-filter></CR:filter>"
        "<CR:limit><CR:nresults>10</CR:nresults></CR:limit></CR:addressbook-query>"
    )
    answer = await anna.ask("REPORT", DIRECTORY, body)
    assert "FN:Zdenka Quarz" in answer.only.text("CR:address-data")
    refused = await anna.ask("PUT", DIRECTORY + "b.vcf", a_card("b"))
    assert (refused.status, refused.preconditions) == (403, ["D:need-privileges"])


async def test_where_there_is_no_directory_the_property_is_missing(bob: Client) -> None:
    answer = await bob.propfind("/dav/principals/bob/", "CR:directory-gateway")
    assert answer.only.lacks("CR:directory-gateway")


def test_a_directory_is_of_cards_that_are_only_read(template: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text((PRESETS / "reference.toml").read_text("utf-8") + WORDS.replace('"read"', '"write"'), "utf-8")
    with pytest.raises(ConfigErrors, match=r"view\.everybody\] directory: is for shape"):
        Opened(f"sqlite:///{template / 'crm.db'}", str(mapping))
