"""The form `file`: photos in files, in a store by content, and in rows elsewhere, on every database product."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.edits import Edits
from protocols.dav.service import Service
from storage.opened import Opened
from tests.crm import principal
from tests.dav.client import Client
from tests.mapping.mappings import crm_with, problems, write
from tests.mapping.served import card

TABLES = """
CREATE TABLE staff (id INTEGER PRIMARY KEY, login VARCHAR(40), mail VARCHAR(80), pw VARCHAR(80));
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(80), photo VARCHAR(30), gone INTEGER NOT NULL DEFAULT 0);
CREATE TABLE stored (id INTEGER PRIMARY KEY, model VARCHAR(20), person INTEGER, field VARCHAR(20), path VARCHAR(80),
  sum VARCHAR(40), mime VARCHAR(40), length INTEGER, data BLOB, gone INTEGER NOT NULL DEFAULT 0);
CREATE TABLE records (id INTEGER PRIMARY KEY, kind VARCHAR(20), gone INTEGER NOT NULL DEFAULT 0);
CREATE TABLE bytes_of (record INTEGER PRIMARY KEY, folder VARCHAR(80), stored VARCHAR(80), name VARCHAR(80));
CREATE TABLE person_records (person INTEGER, record INTEGER, PRIMARY KEY (person, record));
CREATE TABLE last_record (id INTEGER);
INSERT INTO last_record VALUES (100);
INSERT INTO staff VALUES (1, 'anna', 'anna@crm.example', '')
"""
WAYS = {
    "own": '{ file = "upload/{id}_photo", made = { photo = "photo{suffix}" } }',
    "store": '{ file = "{path}", table = "stored", parent = "person", where = { model = "person", field = "big" }, '
    'copies = { field = ["small"] }, type = "mime", size = "length", bytes = "data", alive = { gone = 0 }, '
    'made = { path = "{sha1:2}/{sha1}", sum = "{sha1}" } }',
    "blob": '{ file = "", bytes = "data", table = "stored", parent = "person", where = { model = "blob" }, '
    'alive = { gone = 0 }, delete = { gone = 1 }, type = "mime" }',
    "linked": '{ file = "{folder}{record}_{stored}", new_key = { counter = "last_record.id" }, tables = ['
    '{ table = "records", key = "id", set = { kind = "photo" } }, { table = "bytes_of", key = "record" }], '
    'link = { table = "person_records", parent = "person", ref = "record" }, delete = { gone = 1 }, '
    'alive = { gone = 0 }, name = "name", made = { folder = "storage/{year}/", stored = "{md5}{suffix}" } }',
}  # fmt: skip
HEAD = """
[crm]
name = "people"
[crm.users]
table = "staff"
login = "login"
name = "login"
address = "mail"
password = "pw"
"""
ENTITY = """
[entity.WAY]
table = "people"
alive = "gone = 0"
delete = { gone = 1 }
[entity.WAY.fields]
full_name = "name"
photo = PHOTO
[view.WAY]
entity = "WAY"
shape = "card"
filter = "gone = 0"
"""
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
OTHER = b"\xff\xd8\xff\xe0 another picture"


class Crm:
    """The CRM, its folder, and anna's address book."""

    def __init__(self, opened: Opened, folder: Path) -> None:
        self.opened, self.folder = opened, folder
        self.anna = Client(Service(opened.store, Edits(opened.store)), principal(opened, "anna"))

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with self.opened.database.engine.begin() as connection:
            done = connection.exec_driver_sql(statement)
            found = [tuple(row) for row in done] if done.returns_rows else []
        while self.opened.follower.step():
            pass
        return found

    async def put(self, way: str, photo: bytes | None, *, expected: tuple[int, ...] = (201, 204)) -> None:
        kind = "PNG" if photo is not None and photo.startswith(b"\x89PNG") else "JPEG"
        shown = [] if photo is None else [f"PHOTO;ENCODING=b;TYPE={kind}:{base64.b64encode(photo).decode()}"]
        path = f"{self.anna.books}{way}/p.vcf"
        standing = await self.anna.ask("HEAD", path)
        when = {"if_match": standing.etag} if standing.status == 200 else {"if_none_match": "*"}
        content = card("p", "FN:Erika", "N:Erika;;;;", *shown)
        answer = await self.anna.ask("PUT", path, content, content_type="text/vcard", **when)
        assert answer.status in expected, answer.body

    async def photo(self, way: str) -> bytes | None:
        answer = await self.anna.ask("GET", f"{self.anna.books}{way}/p.vcf")
        text = answer.body.decode().replace("\r\n ", "")
        found = [line.partition(":")[2] for line in text.split("\r\n") if line.startswith("PHOTO")]
        return base64.b64decode(found[0]) if found else None

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()
        }


def opened_crm(database_url: str, folder: Path, files: Path | None) -> Opened:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        for statement in TABLES.split(";"):
            text = statement
            if engine.dialect.name == "postgresql":
                text = text.replace("BLOB", "BYTEA")
            if engine.dialect.name != "sqlite":
                serial = "SERIAL" if engine.dialect.name == "postgresql" else "INTEGER AUTO_INCREMENT"
                for table in ("people", "stored"):
                    text = text.replace(f"TABLE {table} (id INTEGER", f"TABLE {table} (id {serial}")
            connection.exec_driver_sql(text)
    engine.dispose()
    words = [ENTITY.replace("WAY", way).replace("PHOTO", said) for way, said in WAYS.items()]
    (folder / "people.toml").write_text("".join([HEAD, *words]), "utf-8")
    url = sa.make_url(database_url)
    own = f"{url.database}_gw" if url.get_backend_name() == "mariadb" else None
    opened = Opened(database_url, "people.toml", schema=own, folder=folder, files=files)
    opened.setup.install()
    return opened


@pytest.fixture
def crm(database_url: str, tmp_path: Path) -> Iterator[Crm]:
    (tmp_path / "files").mkdir()
    opened = opened_crm(database_url, tmp_path, tmp_path / "files")
    yield Crm(opened, tmp_path / "files")
    opened.close()


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


async def test_a_photo_is_the_rows_own_file(crm: Crm) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    await crm.put("own", PNG)
    ((key, name),) = crm.sql("SELECT id, photo FROM people")
    assert name == "photo.png"
    assert crm.files() == {f"upload/{key}_photo": PNG}
    assert await crm.photo("own") == PNG
    await crm.put("own", OTHER)
    assert crm.sql("SELECT photo FROM people") == [("photo.jpg",)]
    assert crm.files() == {f"upload/{key}_photo": OTHER}
    assert await crm.photo("own") == OTHER
    await crm.put("own", None)
    assert crm.sql("SELECT photo FROM people") == [(None,)]
    assert await crm.photo("own") is None


async def test_a_photo_is_stored_by_its_content_and_so_are_its_copies(crm: Crm) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    await crm.put("store", PNG)
    rows = "SELECT field, path, sum, mime, length, data FROM stored ORDER BY field"
    name = f"{sha1(PNG)[:2]}/{sha1(PNG)}"
    assert crm.sql(rows) == [(field, name, sha1(PNG), "image/png", len(PNG), None) for field in ("big", "small")]
    assert crm.files() == {name: PNG}
    assert await crm.photo("store") == PNG
    await crm.put("store", OTHER)
    other = f"{sha1(OTHER)[:2]}/{sha1(OTHER)}"
    assert [row[:2] for row in crm.sql(rows)] == [("big", other), ("small", other)]
    assert await crm.photo("store") == OTHER
    # Others may have the same picture: what is stored by content stays.
    assert set(crm.files()) == {name, other}
    await crm.put("store", None)
    assert crm.sql(rows) == []
    assert await crm.photo("store") is None


async def test_a_photo_is_the_bytes_of_another_row(crm: Crm) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    await crm.put("blob", PNG)
    assert [(row[0], bytes(row[1])) for row in crm.sql("SELECT mime, data FROM stored")] == [("image/png", PNG)]
    assert await crm.photo("blob") == PNG
    assert await crm.photo("store") is None
    await crm.put("blob", None)
    assert crm.sql("SELECT gone FROM stored") == [(1,)]
    assert await crm.photo("blob") is None
    assert crm.files() == {}


async def test_a_photo_is_a_record_of_its_own_behind_a_link(crm: Crm) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    await crm.put("linked", PNG)
    assert crm.sql("SELECT id, kind, gone FROM records") == [(101, "photo", 0)]
    ((folder, stored, name),) = crm.sql("SELECT folder, stored, name FROM bytes_of")
    assert (stored, name) == (f"{md5(PNG)}.png", "photo.png")
    assert crm.sql("SELECT record FROM person_records") == [(101,)]
    assert crm.files() == {f"{folder}101_{stored}": PNG}
    assert await crm.photo("linked") == PNG
    await crm.put("linked", None)
    assert crm.sql("SELECT gone FROM records") == [(1,)]
    assert crm.sql("SELECT * FROM person_records") == []


async def test_what_the_crm_does_to_a_photos_row_is_served(crm: Crm) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    await crm.put("linked", PNG)
    (crm.folder / "other").write_bytes(OTHER)
    (crm.folder / "elsewhere").mkdir()
    (crm.folder / "elsewhere" / "101_x").write_bytes(OTHER)
    crm.sql("UPDATE bytes_of SET folder = 'elsewhere/', stored = 'x'")
    assert await crm.photo("linked") == OTHER
    crm.sql("UPDATE bytes_of SET folder = '../', stored = 'x'")
    assert await crm.photo("linked") is None
    crm.sql("UPDATE bytes_of SET folder = 'elsewhere/'")
    crm.sql("UPDATE records SET gone = 1")
    assert await crm.photo("linked") is None


async def test_a_file_that_is_missing_or_too_large_is_no_photo(crm: Crm) -> None:
    crm.opened.bus.attach(asyncio.get_running_loop())
    await crm.put("own", PNG)
    ((key,),) = crm.sql("SELECT id FROM people")
    (crm.folder / "upload" / f"{key}_photo").write_bytes(PNG + bytes(3_000_000))
    crm.sql("UPDATE people SET name = 'Erika M.'")
    assert await crm.photo("own") is None
    (crm.folder / "upload" / f"{key}_photo").unlink()
    crm.sql("UPDATE people SET name = 'Erika'")
    assert await crm.photo("own") is None


@pytest.mark.parametrize("way", ["own", "linked"])
async def test_without_a_folder_the_document_keeps_the_photo(database_url: str, tmp_path: Path, way: str) -> None:
    opened = opened_crm(database_url, tmp_path, None)
    try:
        crm = Crm(opened, tmp_path)
        opened.bus.attach(asyncio.get_running_loop())
        await crm.put(way, PNG)
        assert crm.sql("SELECT photo FROM people") == [(None,)]
        assert crm.sql("SELECT * FROM records") == []
        assert await crm.photo(way) == PNG
        crm.sql("UPDATE people SET name = 'Erika M.'")
        assert await crm.photo(way) == PNG
        await crm.put(way, OTHER)
        assert await crm.photo(way) == OTHER
    finally:
        opened.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('{ file = "a/{nothing}" }', "file: there is no column 'nothing'"),
        ('{ file = "fixed" }', "file: 'fixed' is no path with columns in braces"),
        ('{ file = "{id}", made = { email = "{sha5}" } }', "made: email: there is no 'sha5'"),
        ('{ file = "{id}", table = "emails" }', "the file's row has no column None"),
    ],
)
def test_what_is_wrong_with_the_words_is_said(tmp_path: Path, words: str, said: str) -> None:
    mapping = write(tmp_path, f'extends = "reference"\nentity.contact.fields.photo = {words}\n')
    (problem,) = problems(crm_with(tmp_path), mapping)
    assert said in problem
