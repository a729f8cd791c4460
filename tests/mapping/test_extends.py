"""A short file on top of another: what differs, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.errors import ConfigError
from storage.crm.mapping import load
from tests.mapping.mappings import write

REFERENCE = load("reference")


def test_a_file_that_only_extends_is_the_preset(tmp_path: Path) -> None:
    made = load(write(tmp_path, 'extends = "reference"'))
    assert (made.users, made.entities, made.views) == (REFERENCE.users, REFERENCE.entities, REFERENCE.views)


def test_one_line_adds_one_custom_field(tmp_path: Path) -> None:
    made = load(write(tmp_path, 'extends = "reference"\nentity.contact.custom.X-CRM-SOURCE = "source"'))
    contact = made.entities["contact"]
    assert contact.custom == {"X-CRM-SOURCE": "x_crm_source"}
    assert contact.fields == {**REFERENCE.entities["contact"].fields, "x_crm_source": "source"}


def test_a_custom_property_may_state_a_field_that_has_a_name(tmp_path: Path) -> None:
    made = load(write(tmp_path, 'extends = "reference"\nentity.contact.custom.X-NOTES = "notes"'))
    assert made.entities["contact"].custom == {"X-NOTES": "notes"}
    assert made.entities["contact"].fields == REFERENCE.entities["contact"].fields


def test_a_field_is_said_anew_and_the_others_stay(tmp_path: Path) -> None:
    made = load(write(tmp_path, 'extends = "reference"\nentity.task.fields.status = { column = "status" }'))
    assert made.entities["task"].fields == {**REFERENCE.entities["task"].fields, "status": {"column": "status"}}


def test_views_are_added_changed_and_switched_off(tmp_path: Path) -> None:
    made = load(
        write(
            tmp_path,
            """
            extends = "reference"
            view.companies.off = true
            view.all-contacts.name = "Everybody"
            [view.team]
            entity = "contact"
            shape = "card"
            filter = "private = 0"
            """,
        )
    )
    assert set(made.views) == set(REFERENCE.views) - {"companies"} | {"team"}
    assert made.views["all-contacts"].display_name == "Everybody"
    assert made.views["all-contacts"].filter == REFERENCE.views["all-contacts"].filter


def test_fields_and_custom_properties_are_switched_off(tmp_path: Path) -> None:
    write(tmp_path, 'extends = "reference"\nentity.contact.custom.X-CRM-SOURCE = "source"', "one.toml")
    two = write(
        tmp_path,
        """
        extends = "one.toml"
        entity.contact.custom.X-CRM-SOURCE.off = true
        entity.contact.fields.photo.off = true
        """,
        "two.toml",
    )
    contact = load(two).entities["contact"]
    assert not contact.custom
    assert set(contact.fields) == set(REFERENCE.entities["contact"].fields) - {"photo"}


def test_off_may_be_taken_back(tmp_path: Path) -> None:
    write(tmp_path, 'extends = "reference"\nview.companies.off = true', "one.toml")
    two = write(tmp_path, 'extends = "one.toml"\nview.companies.off = false', "two.toml")
    assert load(two).views == REFERENCE.views


def test_files_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path, 'extends = "two.toml"', "one.toml")
    two = write(tmp_path, '\nextends = "one.toml"', "two.toml")
    with pytest.raises(ConfigError, match=r"one\.toml:1: extends: 'two\.toml' goes round in a circle"):
        load(two)


def test_what_is_extended_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"mapping\.toml:2: extends: 'refrence': no such preset or file; did you mean"
    ):
        load(write(tmp_path, '# mine\nextends = "refrence"'))
