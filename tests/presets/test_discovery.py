"""What `crmgate init` finds in real products: which they are, and the fields their owners have added."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.cli.init import mapping_text
from storage.crm import layers
from storage.crm.discovery import Found, recognise
from storage.crm.discovery.product import Custom
from storage.crm.discovery.suggest import Entity, entities, lines
from storage.crm.php import unserialised
from storage.inquiry import Inquiry
from storage.opened import Opened
from tests.presets.dumps import loaded

# product: its server, title, prefix, and what the sample's two added fields are made of
EXPECTED = {
    "vtiger": ("mariadb", "vtiger", "", "vtiger_contactscf", "cf_852", "cf_854", {}),
    "berlicrm": ("mariadb", "berliCRM", "", "vtiger_contactscf", "", "", {}),
    "suitecrm": ("mariadb", "SuiteCRM", "", "contacts_cstm", "customer_number_c", "segment_c", {}),
    "espocrm": ("mariadb", "EspoCRM", "", "contact", "c_customer_number", "c_segment", {}),
    "espocrm-pgsql": ("postgresql", "EspoCRM", "", "contact", "c_customer_number", "c_segment", {}),
    "odoo18": ("postgresql", "Odoo", "", "res_partner", "x_customer_number", "x_segment", {"A": "A-Kunde"}),
    "dolibarr": (
        "mariadb", "Dolibarr", "llx_", "llx_socpeople_extrafields", "customer_number", "segment", {"A": "A-Kunde"},
    ),
    "civicrm": ("mariadb", "CiviCRM", "", "civicrm_value_gateway_4", "customer_number_7", "", {}),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(EXPECTED))
def product(request: pytest.FixtureRequest) -> Iterator[tuple[str, sa.URL]]:
    server = request.getfixturevalue(f"{EXPECTED[request.param][0]}_server")
    with loaded(request.param, server) as url:
        yield request.param, url


def found(url: sa.URL) -> tuple[Found, list[Custom]]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        recognised = recognise(connection, sa.inspect(connection).get_table_names())
        assert recognised is not None
        custom = recognised.custom(connection)
    engine.dispose()
    return recognised, custom


def test_it_is_recognised_and_its_own_list_of_fields_is_read(product: tuple[str, sa.URL]) -> None:
    name, url = product
    _, title, prefix, table, number, segment, values = EXPECTED[name]
    recognised, custom = found(url)
    assert (recognised.product.title, recognised.prefix) == (title, prefix)
    mine = {one.label.capitalize(): one for one in custom if one.table == table}
    assert {"Customer number", "Segment"} <= mine.keys()
    assert number in ("", mine["Customer number"].column)
    assert segment in ("", mine["Segment"].column)
    assert values.items() <= dict(mine["Segment"].values).items()


def test_its_mapping_is_written_and_every_suggestion_fits(product: tuple[str, sa.URL], tmp_path: Path) -> None:
    _, url = product
    recognised, _ = found(url)
    preset = recognised.product.preset
    if not (layers.PRESETS / f"{preset}.toml").is_file():
        pytest.skip(f"no preset {preset}")
    with Inquiry(url.render_as_string(hide_password=False)) as inquiry:
        suggested = inquiry.suggestions(inquiry.preset(""))
        text = mapping_text(inquiry, preset, suggested)
    assert any(".custom.X-CUSTOMER-NUMBER = " in line for line in suggested)
    assert any(".custom.X-SEGMENT = " in line for line in suggested)
    all_on = "".join(line.removeprefix("# ") + "\n" if "entity." in line else f"{line}\n" for line in text.splitlines())
    for number, written in enumerate((text, all_on)):
        tomllib.loads(written)
        path = tmp_path / f"{number}.toml"
        path.write_text(written, "utf-8")
        Opened(url.render_as_string(hide_password=False), str(path), schema=f"{url.database}_gw").close()


# --- lines -----------------------------------------------------------------------------------------------------------

ONE = Custom("people", "people", "id", "c_one", "Größe (m²) & Co.")
SIDE = Custom("people", "people_more", "person", "name", "Name", "int")
CHOICE = Custom("people", "people", "id", "kind", "Kind", values={"a b": 'The "first"', "c": "Second"})
PRESET = [Entity("person", [{"table": "people", "key": "id", "set": {"is_a": True}}])]


def test_a_field_is_one_line_that_is_toml_once_it_is_switched_on() -> None:
    (line,) = lines([ONE], PRESET, {})
    assert line.startswith("# entity.person.custom.X-GROSSE-M2-CO = ")
    assert tomllib.loads(line.removeprefix("# ")) == {"entity": {"person": {"custom": {"X-GROSSE-M2-CO": "c_one"}}}}


def test_a_table_the_preset_does_not_read_is_added_first_and_names_that_meet_are_told_apart() -> None:
    first, second = lines([SIDE], [Entity("person", PRESET[0].tables)], {"people": ["id", "name"]})
    words = tomllib.loads(first.removeprefix("# "))["entity"]["person"]["tables"]
    assert words == [{"table": "people", "key": "id", "set": {"is_a": True}}, {"table": "people_more", "key": "person"}]
    assert '{ column = "people_more.name", type = "int" }' in second


def test_choices_are_a_dictionary_and_names_are_never_given_twice() -> None:
    entity = Entity("person", PRESET[0].tables, {"X-KIND"})
    first, second = lines([CHOICE, CHOICE], [entity], {})
    said = tomllib.loads(first.removeprefix("# "))["entity"]["person"]["custom"]["X-KIND-2"]
    assert said == {"column": "kind", "values": {"a b": 'The "first"', "c": "Second"}}
    assert "X-KIND-3" in second


def test_fields_of_records_the_preset_does_not_have_are_not_suggested() -> None:
    assert list(lines([ONE], [Entity("other", [{"table": "others"}])], {})) == []


def test_fields_of_one_kind_of_record_are_not_suggested_for_another_kind_of_the_same_table() -> None:
    field = Custom("people", "people", "id", "c_one", "One", of={"kind": "staff"})
    told = [Entity(kind, [{"table": "people", "key": "id", "set": {"kind": kind}}]) for kind in ("staff", "guest")]
    untold = Entity("anybody", [{"table": "people", "key": "id"}])
    assert [line.split(".")[1] for line in lines([field], [*told, untold], {})] == ["staff", "anybody"]


def test_entities_of_a_preset_are_known_by_their_tables() -> None:
    words = {"entity": {"a": {"table": "{prefix}one"}, "b": {"tables": [{"table": "two"}, {"table": "{prefix}three"}]}}}
    one, two = entities(words, "p_")
    assert (one.has("p_one"), two.has("two"), two.has("p_three"), two.has("three")) == (True, True, True, False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('a:1:{s:7:"options";a:2:{s:1:"A";s:8:"Grün;"x";i:2;s:1:"B";}}', {"options": {"A": 'Grün;"x', 2: "B"}}),
        ("a:0:{}", {}),
        ('a:2:{i:0;N;i:1;b:1;}', {0: None, 1: True}),
        ("d:1.5;", 1.5),
    ],
)  # fmt: skip
def test_values_that_php_has_serialised_are_read(text: str, value: object) -> None:
    assert unserialised(text) == value


@pytest.mark.parametrize("text", ["", "x", "s:5:abc", 's:9:"a";', "a:1:{i:0;", "i:1;i:2;", "O:1:{}", "a:x:{}"])
def test_what_is_no_such_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unserialised(text)
