"""What is wrong with a mapping is said with file, line and key, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.errors import ConfigError
from storage.crm.forms import forms
from storage.crm.forms.column import Column
from storage.crm.mapping import load
from storage.opened import Opened
from tests.mapping.mappings import crm_with, problems, write


@pytest.fixture
def url(tmp_path: Path) -> str:
    return crm_with(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('entity.contact.fields.notes = "notess"',
         "[entity.contact.fields] notes: table 'contacts' has no column 'notess'; did you mean 'notes'?"),
        ('entity.contact.fields.notes = { colum = "notes" }',
         f"[entity.contact.fields] notes: no form has the words colum; say one of {', '.join(forms())}; "
         "did you mean 'column'?"),
        ('entity.contact.fields.title = { column = "title", typ = "text" }',
         "[entity.contact.fields] title: unknown word 'typ'; did you mean 'type'? "
         f"(known here: {', '.join(Column.WORDS)})"),
        ('entity.contact.fields.birthday = { column = "birthday", type = "dat" }',
         "[entity.contact.fields] birthday: unknown type 'dat'; did you mean 'date'? (there are text, int, number, "
         "bool, date, datetime, photo, list)"),
        ("entity.contact.fields.title = 5", "[entity.contact.fields] title: expected a column or a table of words"),
        ('entity.contact.fields.phones = { slots = { work = "telephone" } }',
         "[entity.contact.fields] phones: table 'contacts' has no column 'telephone'; did you mean 'phone'?"),
        ('entity.contact.custom.X-SOURCE = "sourse"',
         "[entity.contact.custom] X-SOURCE: table 'contacts' has no column 'sourse'; did you mean 'source'?"),
        ('entity.contact.custom."X SOURCE" = "source"',
         "[entity.contact.custom] X SOURCE: a property has letters, digits and hyphens only"),
        ('entity.contact.table = "contact"',
         "[entity.contact] table: the database has no table 'contact'; did you mean 'contacts'?"),
        ('entity.contact.key = "ident"', "[entity.contact] key: table 'contacts' has no column 'ident'"),
        ('entity.contact.owner = "owner"',
         "[entity.contact] owner: table 'contacts' has no column 'owner'; did you mean 'owner_id'?"),
        ('entity.contact.stamps = { modifed = "modified_at" }',
         "[entity.contact] stamps modifed: unknown stamp 'modifed'; did you mean 'modified'?"),
        ("entity.contact.delete = { delet = 1 }",
         "[entity.contact] delete delet: table 'contacts' has no column 'delet'; did you mean 'deleted'?"),
        ('entity.contact.alive = "deleted ="',
         "[entity.contact] alive: condition 'deleted =': expected a name, found 'the end'"),
        ('entity.contact.alive = 5', "[entity.contact] alive: expected text, not a whole number"),
        ('entity.email.message.subjct = "subject"',
         "[entity.email.message] subjct: unknown word 'subjct'; did you mean 'subject'?"),
        ('view.my-contacts.filter = "owner = user.id"',
         "[view.my-contacts] filter: condition 'owner = user.id': no column 'owner'; did you mean 'owner_id'?"),
        ('view.my-contacts.filter = "exists (contact where id = row.id)"',
         "[view.my-contacts] filter: the database has no table 'contact'; did you mean 'contacts'?"),
        ('view.my-contacts.shape = "crad"',
         "[view.my-contacts] shape: 'crad' is none of card, event, journal, message, task; did you mean 'card'?"),
        ('view.my-contacts.entity = "contct"',
         "[view.my-contacts] entity: there is no entity 'contct'; did you mean 'contact'?"),
        ('view.my-contacts.colour = "#fff"',
         "[view.my-contacts] colour: unknown word 'colour'; did you mean 'color'?"),
        ('view.my-contcts.off = true',
         "[view] my-contcts: nothing to switch off; did you mean 'my-contacts'?"),
        ('crm.user.table = "users"', "[crm] user: unknown word 'user'; did you mean 'users'?"),
        ('crm.users.login = "log_in"',
         "[crm.users] login: table 'users' has no column 'log_in'; did you mean 'login'?"),
        ("views = 1", "[views]: unknown word 'views'; did you mean 'view'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_what_was_meant(url: str, tmp_path: Path, text: str, said: str) -> None:
    assert problems(url, write(tmp_path, f'extends = "reference"\n\n{text}\n')) == [f"mapping.toml:3: {said}"]


def test_an_entity_has_one_shape(url: str, tmp_path: Path) -> None:
    mapping = write(
        tmp_path, 'extends = "reference"\nview.tasks = { entity = "contact", shape = "task", filter = "private = 0" }'
    )
    assert problems(url, mapping) == [
        "mapping.toml:2: [view.tasks] shape: [view.my-contacts] shows contact as card; for a second shape, make a "
        "second entity of the same table"
    ]


def test_all_mistakes_of_a_file_are_told_at_once_in_the_order_of_their_lines(url: str, tmp_path: Path) -> None:
    mapping = write(
        tmp_path,
        """
        extends = "reference"
        [entity.contact]
        tabel = "contacts"
        [entity.contact.fields]
        notes = "notess"
        title = { column = "title", typ = "text" }
        [entity.task]
        alive = "deletd = 0"
        [view.my-tasks]
        filter = "owner_id = user.ident"
        [view.new]
        shape = "card"
        """,
    )
    assert [line.partition(": ")[0] for line in problems(url, mapping)] == [
        f"mapping.toml:{line}" for line in (3, 5, 6, 8, 10, 11)
    ]


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mapping\.toml: .*line 2"):
        load(write(tmp_path, "a = 1\nb = = 2\n"))


def test_a_preset_nobody_has_is_answered_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="did you mean 'reference'"):
        load("referense")


def test_an_empty_file_says_what_is_missing(url: str, tmp_path: Path) -> None:
    said = problems(url, write(tmp_path, ""))
    assert {"mapping.toml: [crm]: is missing", "mapping.toml: [crm]: name is missing"} <= set(said)
    assert {f"mapping.toml: [crm.users]: {word} is missing" for word in ("table", "login")} <= set(said)


def test_the_reference_mapping_is_right(url: str) -> None:
    Opened(url).close()
