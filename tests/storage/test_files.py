"""The CRM's folder of files: what is in it, nothing that is outside, and transactions that end badly."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.core.errors import ConfigError, Refused, Unavailable
from storage.crm.file_names import FilePath, Made, new_file, shortened
from storage.crm.files import Files

OUTSIDE = ["../secret", "a/../../secret", "/etc/passwd", "a//b", "./a", "a\\b", "a\x00b", "", ".", "link/secret", "a/."]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "files"
    (root / "a").mkdir(parents=True)
    (root / "a" / "photo.png").write_bytes(b"picture")
    (tmp_path / "secret").write_bytes(b"secret")
    os.symlink(tmp_path, root / "link")
    return root


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_out_of_the_folder(folder: Path, path: str) -> None:
    files = Files(folder)
    assert files.size(path) is None
    assert files.read(path, 100) is None
    with sa.create_engine("sqlite://").connect() as connection, pytest.raises(Refused):
        files.write(connection, path, b"x")
    assert (folder.parent / "secret").read_bytes() == b"secret"


def test_what_is_missing_too_large_or_a_folder_is_nothing(folder: Path) -> None:
    files = Files(folder)
    assert files.read("a/photo.png", 7) == b"picture"
    assert files.read("a/photo.png", 6) is None
    assert files.read("a/none", 100) is None
    assert files.read("a", 100) is None
    assert Files(None).read("a/photo.png", 100) is None


def test_bytes_are_there_for_good_once_their_transaction_is(folder: Path) -> None:
    files = Files(folder)
    with sa.create_engine("sqlite://").connect() as connection:
        with connection.begin():
            files.write(connection, "new/deep/one.pdf", b"one")
            files.write(connection, "a/photo.png", b"other")
        with connection.begin() as transaction:
            files.write(connection, "new/deep/two.pdf", b"two")
            files.write(connection, "a/photo.png", b"never")
            assert files.read("a/photo.png", 100) == b"never"
            transaction.rollback()
    assert files.read("new/deep/one.pdf", 100) == b"one"
    assert files.read("new/deep/two.pdf", 100) is None
    assert files.read("a/photo.png", 100) == b"other"
    assert sorted(os.listdir(folder / "a")) == ["photo.png"]
    assert sorted(os.listdir(folder / "new" / "deep")) == ["one.pdf"]


def test_a_folder_that_takes_nothing_is_told_to_the_client(folder: Path) -> None:
    with sa.create_engine("sqlite://").connect() as connection, pytest.raises(Unavailable):
        Files(folder).write(connection, "a/photo.png/below", b"x")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Angebot 2026-001.pdf", "Angebot 2026-001.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\a\\b.doc", "C_a_b.doc"),
        ("a\r\nb\x00.txt", "a_b_.txt"),
        (" .. ", "file"),
        ("", "file"),
        ("日本語.png", "日本語.png"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_clients_name_for_a_file_is_no_path(given: str, name: str) -> None:
    assert new_file(given, "application/pdf", b"").name == name


def test_a_path_is_made_of_the_first_columns_that_hold_something() -> None:
    path = FilePath("upload/{source|id}_{name}", ["source", "id", "name"])
    assert path.of({"source": None, "id": 7, "name": "a"}) == "upload/7_a"
    assert path.of({"source": "s", "id": 7, "name": "a"}) == "upload/s_a"
    assert path.of({"source": "", "id": 7, "name": None}) is None
    url = FilePath("{image@photo=}", ["image"])
    assert url.of({"image": "http://crm.example/imagefile?photo=erika%20m.png"}) == "erika m.png"
    assert url.of({"image": "http://elsewhere.example/erika.png"}) is None


@pytest.mark.parametrize("template", ["fixed", "{nothing}", "{id}{", "{id|nothing}"])
def test_a_path_of_no_columns_is_refused(template: str) -> None:
    with pytest.raises(ConfigError):
        FilePath(template, ["id"])


def test_columns_are_made_of_new_bytes() -> None:
    words = {"path": "{sha1:2}/{sha1}", "name": "{md5}{suffix}", "size": "{size}", "kind": "{type}", "fixed": 1}
    made = Made(words).of(new_file("a.PDF", "application/pdf", b"bytes"))
    assert made == {
        "path": "da/daf529a73101c2be626b99fc6938163e7a27620b",
        "name": "4b3a6218bb3e3a7303e8a171a60fcf92.pdf",
        "size": "5",
        "kind": "application/pdf",
        "fixed": 1,
    }
    with pytest.raises(ConfigError):
        Made({"a": "{sha3}"})


def test_a_name_is_cut_before_its_end() -> None:
    assert shortened("Angebot.pdf", 8) == "Ange.pdf"
    assert shortened("Angebot", 4) == "Ange"
    assert shortened("a.pdf", 100) == "a.pdf"
