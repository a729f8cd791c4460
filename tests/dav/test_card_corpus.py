"""Cards as programs write them, put and read again over real HTTP, line by line.

`tests/corpus/cards` has a document for each thing that a program says in its own way, written for these tests. What is
served is what was sent, to the byte; where it is not, `SERVED` says which lines went and which came, and so why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from gateway.core.auth import Credentials
from gateway.core.errors import InvalidContent
from gateway.core.keeping import FullStore
from gateway.core.model import Principal
from gateway.core.tree import Line
from gateway.edits import Edits
from gateway.formats.card import CardCodec
from gateway.formats.contentline import params_of, parse, serialise
from gateway.formats.sameness import changed
from gateway.formats.versions import translated, version_of
from protocols.dav.server import listen
from protocols.discovery.dav import location
from storage.crm.reference import schema
from storage.opened import Opened
from tests.dav.client import Client

CORPUS = Path(__file__).parents[1] / "corpus" / "cards"
DIALECTS = sorted({path.name.partition("-")[0] for path in CORPUS.glob("*.vcf")})
BOOK = "/dav/addressbooks/anna/my-contacts/"
SERVED: dict[str, tuple[set[str], set[str]]] = {
    # What is not UTF-8 is taken for what old programs on Windows write.
    "broken-05-windows-1252": (
        {"FN:Zo\udceb Gr\udcf6\udcdfe", "N:Gr\udcf6\udcdfe;Zo\udceb;;;"},
        {"N:Größe;Zoë;;;", "FN:Zoë Größe"},
    ),
    "broken-06-lower-case": ({"end:vcard", "begin:vcard"}, {"BEGIN:vcard", "END:vcard"}),
    # FN must be there, and say something (RFC 6350 §6.2.1); the CRM has its own parts of a name.
    "broken-08-no-name": (set(), {"FN:nobody@x.example"}),
    "broken-25-uid-in-parts": (set(), {"N:Kern;Rosa;;;"}),
    # Other programs cannot read a card with such a line.
    "broken-10-empty-photo": ({"PHOTO;VALUE=URI:"}, set()),
    # Neither the format nor XML can carry these.
    "broken-15-control-character": ({"Kern", "FN:Rosa ", "NOTE:a\x07b"}, {"NOTE:ab", "FN:Rosa Kern"}),
    "broken-18-quoted-printable-in-3": (
        {
            "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Rosa K=C3=A4rn",
            "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:K=C3=A4rn;Rosa;;;",
        },
        {"FN:Rosa Kärn", "N:Kärn;Rosa;;;"},
    ),
    # The reference CRM has one column of text for all categories, parted by commas.
    "outlook-08-categories": ({"CATEGORIES:Kunden,Messe 2025,A\\, B"}, {"CATEGORIES:Kunden,Messe 2025,A,B"}),
}
REFUSED: dict[str, int] = {
    "broken-90-no-card": 403,
    "broken-91-open": 403,
    "broken-92-two-cards": 403,
    "broken-93-a-calendar": 403,
    "broken-94-version-5": 403,
    "broken-95-wrong-end": 403,
}


class Anybody:
    def __init__(self, who: Principal) -> None:
        self._who = who

    async def authenticate(self, credentials: Credentials) -> Principal:
        return self._who


@dataclass
class Book:
    """An address book of a served gateway, as a program with an HTTP library sees it."""

    session: aiohttp.ClientSession
    url: str

    async def put(self, name: str, content: bytes) -> tuple[int, str]:
        headers = {"Content-Type": "text/vcard"}
        async with self.session.put(self.url + name, data=content, headers=headers) as answer:
            await answer.read()
            return answer.status, answer.headers.get("ETag", "")

    async def get(self, name: str, accept: str = "*/*") -> tuple[bytes, str]:
        async with self.session.get(self.url + name, headers={"Accept": accept}) as answer:
            content = await answer.read()
            assert answer.status == 200, (name, content)
            return content, answer.headers["ETag"]


@pytest.fixture
async def book(store: FullStore, anna: Client) -> AsyncIterator[Book]:
    listening = await listen(store, Edits(store), Anybody(anna.who), "127.0.0.1", 0, redirect=location)
    auth = {"Authorization": aiohttp.encode_basic_auth("anna", "anna")}
    async with aiohttp.ClientSession(headers=auth) as session:
        yield Book(session, f"http://127.0.0.1:{listening.port}{BOOK}")
    await listening.stop()


def documents(dialect: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(CORPUS.glob(f"{dialect}-*.vcf")):
        yield path.stem, path.read_bytes()


def lines(content: bytes) -> list[str]:
    """The lines, unfolded; what is no line is left out."""
    unfolded = re.sub(rb"\r?\n[ \t]", b"", content.removeprefix(b"\xef\xbb\xbf"))
    return [line for line in unfolded.decode("utf-8", "surrogateescape").splitlines() if line.strip()]


def difference(sent: bytes, served: bytes) -> tuple[set[str], set[str]]:
    before, after = lines(sent), lines(served)
    return {line for line in before if line not in after}, {line for line in after if line not in before}


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(list(CORPUS.glob("*.vcf"))) >= 150
    assert {*SERVED, *REFUSED} <= {path.stem for path in CORPUS.glob("*.vcf")}


@pytest.mark.parametrize("dialect", [one for one in DIALECTS if one != "old"])
async def test_what_was_sent_is_served(book: Book, dialect: str) -> None:
    for name, content in documents(dialect):
        status, etag = await book.put(f"{name}.vcf", content)
        assert status == REFUSED.get(name, 201), name
        if name in REFUSED:
            continue
        served, tag = await book.get(f"{name}.vcf")
        assert difference(content, served) == SERVED.get(name, (set(), set())), name
        # A tag comes with a PUT exactly where what is served is what was sent.
        assert etag == (tag if served == content else ""), name


async def test_cards_of_21_are_served_as_30_and_say_the_same(book: Book) -> None:
    codec = CardCodec()
    for name, content in documents("old"):
        assert await book.put(f"{name}.vcf", content) == (201, ""), name
        served, _ = await book.get(f"{name}.vcf")
        before, after = (parse(text)[0] for text in (content, served))
        assert (after.line("VERSION") or Line("", "")).value == "3.0"
        stated = {field: value for field, value in codec.read(before).items() if value}
        assert changed(codec.read(after), stated) == {}, name
        own = [item for item in before.items if isinstance(item, Line) and item.name.startswith("X-")]
        assert all(line in after.items for line in own), name


def rows(opened: Opened) -> list[tuple[object, ...]]:
    columns = [one for one in schema.contacts.c if one.name != "modified_at"]
    with opened.database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(schema.contacts.c.id))]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_read_in_one_version_and_written_back_in_it_nothing_changes(
    book: Book, opened: Opened, dialect: str
) -> None:
    """As a program does that speaks the other version: not in the CRM, and not for those who speak the first."""
    for name, content in documents(dialect):
        if name in REFUSED:
            continue
        await book.put(f"{name}.vcf", content)
        for version in ("4.0", "3.0", "4.0"):
            held = rows(opened)
            before, _ = await book.get(f"{name}.vcf", "text/vcard;version=3.0")
            told, _ = await book.get(f"{name}.vcf", f"text/vcard;version={version}")
            assert version_of(parse(told)[0]) == version, name
            assert (await book.put(f"{name}.vcf", told))[0] == 204, name
            assert rows(opened) == held, name
            after, _ = await book.get(f"{name}.vcf", "text/vcard;version=3.0")
            assert meant(after) == meant(before), (name, version)


def meant(content: bytes) -> Sequence[object]:
    """The lines, in the spelling of a translation: of letter case, the order of parameters and dates there are others."""
    (card,) = parse(content)
    told = translated(translated(card, "4.0"), "3.0")
    before, after = (
        Counter(item.name.upper() for item in one.items if item.name.upper() != "VERSION") for one in (card, told)
    )
    assert not before - after
    assert {*(after - before)} <= {"N", "X-ADDRESSBOOKSERVER-KIND"}
    return sorted(
        (line.group, line.name.upper(), line.value, sorted((name, word.lower()) for name, words in params_of(line) for one in words for word in one.split(",")))
        for line in told.items
        if isinstance(line, Line)
    )  # fmt: skip


def test_every_document_that_is_taken_is_read_as_it_stands() -> None:
    for path in CORPUS.glob("*.vcf"):
        try:
            documents_in = parse(path.read_bytes())
        except InvalidContent:
            assert path.stem in REFUSED, path.stem
            continue
        again = parse(b"".join(map(serialise, documents_in)))
        assert again == documents_in, path.stem
