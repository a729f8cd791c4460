"""What cards may be found by is kept in step with them, and never hides one that a filter lets through."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.filter import CardFilter, Collation, Junction, MatchType, ParamFilter, PropFilter, TextMatch
from gateway.core.ids import Href
from gateway.core.model import UNCONDITIONAL, CollectionName, Section
from gateway.core.tree import Component, Line
from gateway.edits import Edits
from gateway.formats.contentline import parse, serialise
from gateway.formats.escaping import escape
from gateway.formats.matching import matches
from gateway.formats.searching import LONGEST, MOST, texts_of
from storage.opened import Opened
from storage.state import migrations
from storage.state.card_texts import CardTexts, candidates
from storage.state.migrations.versions import m0007_card_texts
from storage.state.schema import State
from tests.crm import make_crm, open_crm, principal

# Letters that fold to others, to several, or change their order when they do.
TEXT = st.text("aAbBkK éÉe\u0301\u0323İıſßẞΣςσﬁÅ日%_!['\\,;@.+1", max_size=7)
LINES = st.lists(st.tuples(st.sampled_from(["FN", "EMAIL", "TEL", "NOTE", "item1.EMAIL"]), TEXT), max_size=3)
MATCH = st.builds(
    TextMatch, TEXT, st.sampled_from(Collation), st.sampled_from(MatchType), negate=st.booleans() | st.just(False)
)
PROP = st.builds(
    PropFilter,
    st.sampled_from(["FN", "email", "TEL", "NOTE", "ITEM1.EMAIL"]),
    is_not_defined=st.just(False) | st.booleans(),
    texts=st.lists(MATCH, max_size=2).map(tuple),
    params=st.just(()) | st.just((ParamFilter("TYPE"),)),
    test=st.sampled_from(Junction),
)
FILTER = st.builds(CardFilter, st.lists(PROP, max_size=3).map(tuple), st.sampled_from(Junction))


def card(lines: list[tuple[str, str]]) -> Component:
    made = Component("VCARD")
    for name, text in lines:
        group, _, rest = name.rpartition(".")
        made.items.append(Line(rest, escape(text), ";TYPE=home", group))
    (document,) = parse(serialise(made))
    return document


@pytest.fixture
def table(database_url: str) -> Iterator[tuple[sa.Engine, State]]:
    engine = sa.create_engine(database_url)
    state = State(engine.dialect.name, None)
    with engine.begin() as connection:
        if state.schema and engine.dialect.name == "postgresql":
            connection.execute(sa.schema.CreateSchema(state.schema))
    if state.schema and engine.dialect.name != "postgresql":
        state.card_text.schema = None
    state.card_text.create(engine)
    yield engine, state
    engine.dispose()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(LINES, min_size=1, max_size=4), FILTER)
def test_no_card_that_meets_a_filter_is_missed(
    table: tuple[sa.Engine, State], cards: list[list[tuple[str, str]]], wanted: CardFilter
) -> None:
    engine, state = table
    documents = {number: card(lines) for number, lines in enumerate(cards, 1)}
    found_by = candidates(state, wanted)
    with engine.begin() as connection:
        connection.execute(sa.delete(state.card_text))
        CardTexts(state).write(connection, [(number, texts_of(one)) for number, one in documents.items()])
        if found_by is None:
            return
        found = set(connection.execute(found_by).scalars())
    assert {number for number, one in documents.items() if matches(one, wanted)} <= found


def found(table: tuple[sa.Engine, State], text: TextMatch, name: str = "EMAIL") -> list[int]:
    engine, state = table
    wanted = candidates(state, CardFilter((PropFilter(name, texts=(text,)),)))
    assert wanted is not None
    with engine.connect() as connection:
        return sorted({row[0] for row in connection.execute(wanted)})


def test_few_are_found_by_what_few_have(table: tuple[sa.Engine, State]) -> None:
    engine, state = table
    values = ["anna@x.example", "anna_b@x.example", "annaxb@x.example", "ANNA%B@x.example", "hannah[1]@x.example"]
    with engine.begin() as connection:
        cards = [(number, texts_of(card([("EMAIL", value)]))) for number, value in enumerate(values, 1)]
        CardTexts(state).write(connection, cards)
    assert found(table, TextMatch("ANNA@x.example", match=MatchType.EQUALS)) == [1]
    assert found(table, TextMatch("anna_b")) == [2]
    assert found(table, TextMatch("a%b")) == [4]
    assert found(table, TextMatch("h[1]")) == [5]
    assert found(table, TextMatch("anna", match=MatchType.STARTS_WITH)) == [1, 2, 3, 4]
    assert found(table, TextMatch("]@x.example", match=MatchType.ENDS_WITH)) == [5]
    assert found(table, TextMatch("anna"), "TEL") == []
    with engine.begin() as connection:
        CardTexts(state).write(connection, [(1, texts_of(card([("EMAIL", "b@y.example")])))])
    assert found(table, TextMatch("anna@x.example")) == []


def test_what_is_too_long_or_too_much_is_always_a_candidate(table: tuple[sa.Engine, State]) -> None:
    engine, state = table
    long = card([("EMAIL", "a" * (LONGEST + 1))])
    many = card([("EMAIL", f"{number}@x") for number in range(MOST + 1)])
    with engine.begin() as connection:
        CardTexts(state).write(connection, [(1, texts_of(long)), (2, texts_of(many))])
        assert len(connection.execute(sa.select(state.card_text)).all()) < 10
    assert found(table, TextMatch("whatever")) == [1, 2]


@pytest.mark.parametrize(
    ("test", "names", "is_narrowed"),
    [
        (Junction.ANYOF, ["FN", "EMAIL"], True),
        (Junction.ANYOF, ["FN", "NOTE"], False),
        (Junction.ALLOF, ["FN", "NOTE"], True),
        (Junction.ALLOF, ["NOTE", "X-OWN"], False),
    ],
)
def test_what_is_not_kept_is_not_asked_for(test: Junction, names: list[str], is_narrowed: bool) -> None:
    props = tuple(PropFilter(name, texts=(TextMatch("a"),)) for name in itertools.chain(names))
    assert (candidates(State("sqlite"), CardFilter(props, test)) is not None) is is_narrowed


async def test_cards_that_were_there_before_the_table_are_entered(database_url: str) -> None:
    make_crm(database_url, with_sample=True)
    opened = open_crm(database_url)
    opened.visits.index_all()
    state = opened.state
    wanted = sa.select(state.card_text).order_by(state.card_text.c.resource_id, state.card_text.c.number)
    before = opened.database.read_now(lambda connection: connection.execute(wanted).all())
    assert len({row.resource_id for row in before}) > 3
    table = sa.Table(migrations.version_table(state), sa.MetaData(schema=state.schema), sa.Column("version_num"))
    with opened.database.engine.begin() as connection:
        state.card_text.drop(connection)
        connection.execute(sa.update(table).values(version_num=m0007_card_texts.down_revision))
    opened.setup.install()
    after = opened.database.read_now(lambda connection: connection.execute(wanted).all())
    opened.close()
    assert after == before


async def test_a_card_is_found_by_what_it_says_now(opened_everywhere: Opened) -> None:
    store, who = opened_everywhere.store, principal(opened_everywhere, "anna")
    name = CollectionName(Section.ADDRESS_BOOKS, "my-contacts")

    async def holders(email: str) -> list[str]:
        like = CardFilter((PropFilter("EMAIL", texts=(TextMatch(email, match=MatchType.EQUALS),)),))
        return [entry.href for entry in (await store.entries(who, name, like=like))[1]]

    edits = Edits(store)
    document = b"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:r\r\nFN:Rosa\r\nN:;Rosa;;;\r\nEMAIL:Rosa@x.example\r\nEND:VCARD\r\n"
    group = document.replace(b"UID:r", b"UID:g\r\nX-ADDRESSBOOKSERVER-KIND:group")
    await edits.put(who, name, Href("r.vcf"), "text/vcard", document, UNCONDITIONAL)
    await edits.put(who, name, Href("g.vcf"), "text/vcard", group, UNCONDITIONAL)
    assert await holders("rosa@x.example") == ["r.vcf", "g.vcf"]
    await edits.put(who, name, Href("r.vcf"), "text/vcard", document.replace(b"Rosa@", b"kern@"), UNCONDITIONAL)
    await edits.delete(who, name, Href("g.vcf"), UNCONDITIONAL)
    assert (await holders("rosa@x.example"), await holders("KERN@x.example")) == ([], ["r.vcf"])
