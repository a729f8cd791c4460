"""docs/mapping.md names every word the code takes, and no other; its examples work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.core.model import Role
from storage.crm import (
    also,
    counters,
    derived,
    file_names,
    message_files,
    message_links,
    message_words,
    names,
    parts,
    passwords,
    record_folders,
    shared,
    stored_files,
    user_groups,
    user_password,
    user_table,
)
from storage.crm.forms import forms, link, owner_link, reminder_catalogue, reminder_rows
from storage.crm.forms.address_parts import PART_WORDS
from storage.crm.forms.column import TYPES
from storage.crm.forms.lookup import LOOKUP_WORDS
from storage.crm.forms.participant_address import ADDRESS_WORDS
from storage.crm.forms.participant_link import LINK_WORDS, MIRROR_WORDS, OWNER_WORDS
from storage.crm.forms.type_columns import TYPE_WORDS
from storage.crm.mapping import words_read
from tests.mapping.mappings import crm_with, problems, write

PAGE = Path(__file__).parents[2] / "docs" / "mapping.md"
TEXT = PAGE.read_text("utf-8")


def sections() -> dict[tuple[str, str], list[str]]:
    """(heading, head of the table) → the words it lists."""
    found: dict[tuple[str, str], list[str]] = {}
    heading = head = ""
    for line in TEXT.splitlines():
        if made := re.fullmatch(r"#+ (.*)", line):
            heading = made[1].replace("`", "")
        elif made := re.fullmatch(r"\| (word.*?) \| what it is \|", line):
            head = made[1].replace("`", "")
            found[heading, head] = []
        elif (heading, head) in found and (row := re.match(r"\| `(\w+)` \|", line)):
            found[heading, head].append(row[1])
    return found


LISTED = sections()


@pytest.mark.parametrize(
    ("heading", "kind"),
    [("[crm]", "crm"), ("[crm.users]", "users"), ("[entity.NAME]", "entity"), ("[view.NAME]", "view")],
)
def test_a_section_lists_exactly_the_words_its_reading_takes(heading: str, kind: str) -> None:
    assert sorted(LISTED[heading, "word"]) == sorted(words_read()[kind])


@pytest.mark.parametrize("told", forms())
def test_a_form_lists_exactly_the_words_it_takes(told: str) -> None:
    assert forms()[told].WORDS
    assert sorted(LISTED[f"Form {told}", "word"]) == sorted(forms()[told].WORDS)


def test_no_form_is_listed_that_is_none() -> None:
    assert {heading.removeprefix("Form ") for heading, _ in LISTED if heading.startswith("Form ")} == set(forms())


def test_the_tables_within_forms_and_messages_are_whole() -> None:
    for part, words in (
        ("word of a participant", LINK_WORDS),
        ("word of a participant's address", ADDRESS_WORDS),
        ("word of owner", OWNER_WORDS),
        ("word of mirror", MIRROR_WORDS),
    ):
        assert sorted(LISTED["Form participants", part]) == sorted(words)
    assert sorted(LISTED["Form reminder", "word of one of for"]) == sorted(reminder_rows.FOR_WORDS)
    assert sorted(LISTED["Form reminder", "word of one of invitees"]) == sorted(reminder_rows.INVITEE_WORDS)
    assert sorted(LISTED["Form file", "word of link"]) == sorted(stored_files.LINK_WORDS)
    assert sorted(LISTED["Form reminder", "word of catalogue"]) == sorted(reminder_catalogue.CATALOGUE_WORDS)
    assert sorted(LISTED["Form entity", "word of link"]) == sorted(link.LINK_WORDS)
    assert sorted(LISTED["Form lookup", "word of lookup"]) == sorted(LOOKUP_WORDS)
    assert sorted(LISTED["Form address", "word of a part"]) == sorted(PART_WORDS)
    assert sorted(LISTED["Form children", "word of types"]) == sorted(TYPE_WORDS)
    assert sorted(LISTED["[entity.NAME]", "word of owner"]) == sorted(owner_link.OWNER_WORDS)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("word", message_words.MESSAGE_WORDS),
        ("word of from_address", message_words.SENDER_WORDS),
        ("word of in_reply_to", message_words.ANSWERED_WORDS),
        ("word of addresses", message_words.ADDRESS_WORDS),
        ("word of lists", message_words.LIST_WORDS),
        ("word of readers", message_words.READER_WORDS),
        ("word of attachments", message_files.ATTACHMENT_WORDS),
        ("word of links", message_links.LINK_WORDS),
    ],
)
def test_the_tables_of_messages_are_whole(part: str, words: Sequence[str]) -> None:
    assert sorted(LISTED["[entity.NAME.message]", part]) == sorted(words)


@pytest.mark.parametrize(("part", "words"), [("word", shared.WORDS), ("word of link", shared.LINK_WORDS)])
def test_the_tables_of_shared_values_are_whole(part: str, words: Sequence[str]) -> None:
    assert sorted(LISTED["[crm.shared.NAME]", part]) == sorted(words)


def test_the_tables_of_users_elsewhere_are_whole() -> None:
    assert sorted(LISTED["[crm.users]", "word of name"]) == sorted(user_table.BESIDE_WORDS)
    assert sorted(LISTED["[crm.users]", "word of address"]) == sorted(user_table.ADDRESS_WORDS)
    assert sorted(LISTED["[crm.users]", "word of timezone"]) == sorted(user_table.ZONE_WORDS)


def test_the_tables_of_passwords_and_groups_are_whole() -> None:
    assert sorted(LISTED["[crm.users]", "word of password"]) == sorted(user_password.PASSWORD_WORDS)
    assert sorted(LISTED["[crm.users]", "word of salt"]) == sorted(user_password.SALT_WORDS)
    assert sorted(LISTED["[crm.users]", "word of groups"]) == sorted(user_groups.GROUP_WORDS)
    assert all(f"| `of` | `{made}`" in TEXT for made in passwords.OF)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("word of one of tables", parts.PART_WORDS),
        ("word of number", counters.NUMBER_WORDS),
        ("word of derived", derived.DERIVED_WORDS),
        ("word of also", {*also.ANY_WORDS, *also.KINDS, *(word for words in also.KINDS.values() for word in words)}),
    ],
)
def test_the_tables_of_what_an_entity_writes_are_whole(part: str, words: Sequence[str]) -> None:
    assert set(LISTED["[entity.NAME]", part]) == set(words)


def test_every_form_a_shared_value_may_have_is_listed() -> None:
    assert set(words_of("## `[crm.shared.NAME]`", "as")) == set(shared.FOLDS)


def words_of(heading: str, word: str) -> list[str]:
    part = TEXT[TEXT.index(f"\n{heading}\n") :]
    (row,) = re.findall(rf"^\| `{word}` \| (.*) \|$", part, re.MULTILINE)[:1]
    return re.findall(r"`([a-z_0-9]+)`", row)


def test_everything_new_bytes_may_be_told_by_is_listed() -> None:
    part = TEXT[TEXT.index("### Form `file`") :]
    (row,) = re.findall(r"^\| `made` \| (.*) \|$", part, re.MULTILINE)[:1]
    assert set(re.findall(r"`\{(\w+)\}`", row)) == set(file_names.NAMES)


def test_every_type_of_a_column_is_listed() -> None:
    assert tuple(words_of("### Form `column`", "type")) == TYPES


def test_every_part_of_a_name_is_listed() -> None:
    assert words_of("### Form `part`", "part") == list(names.PARTS)


def test_the_words_of_a_records_link_are_listed() -> None:
    assert sorted(LISTED["A mailbox for each record", "word of link"]) == sorted(record_folders.LINK_WORDS)


def test_every_role_of_a_mailbox_is_listed() -> None:
    assert set(words_of("## `[view.NAME]`", "role")) == {role.value for role in Role if role.value}


@pytest.mark.parametrize(
    "example", [block for block in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL) if "extends" in block]
)
def test_the_examples_fit_the_reference_crm(tmp_path: Path, example: str) -> None:
    assert problems(crm_with(tmp_path), write(tmp_path, example)) == []
