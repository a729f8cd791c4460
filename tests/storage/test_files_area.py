"""Folders and files of users, on every database: bytes in and out, names, conditions, quota, and what goes in the end."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tracemalloc
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from gateway.core.errors import (
    AlreadyExists,
    InvalidContent,
    NoPermission,
    NoPlace,
    NoSpace,
    NotFound,
    PreconditionFailed,
    TooLarge,
)
from gateway.core.files import Carrying, FileLimits, FilePath
from gateway.core.model import UNCONDITIONAL, Condition, Principal
from gateway.edits import Edits
from storage.database import AnyRow
from storage.opened import Opened
from storage.state.contents import PIECE
from storage.state.prune import prune
from tests.crm import principal
from tests.storage.builders import INBOX, message

TEXT = "text/plain"


@pytest.fixture
def store(opened_everywhere: Opened) -> Opened:
    return opened_everywhere


@pytest.fixture
def anna(store: Opened) -> Principal:
    return principal(store, "anna")


@pytest.fixture
def ben(store: Opened) -> Principal:
    return principal(store, "ben")


async def pieces(content: bytes, size: int = 70_001) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def put(
    store: Opened, who: Principal, path: FilePath, content: bytes = b"x", when: Condition = UNCONDITIONAL
) -> bool:
    written = await Edits(store.store).write_file(who, path, TEXT, pieces(content), len(content), when)
    return written.is_new


async def get(store: Opened, who: Principal, path: FilePath, start: int = 0, length: int | None = None) -> bytes:
    _, chunks = await store.store.read_file(who, path, start, length)
    return b"".join([chunk async for chunk in chunks])


async def names(store: Opened, who: Principal, path: FilePath = ()) -> list[str]:
    _, nodes = await store.store.folder(who, path)
    return [node.name for node in nodes]


def carrying(source: FilePath, target: FilePath, *, is_move: bool = False, may_replace: bool = False) -> Carrying:
    return Carrying(source, target, UNCONDITIONAL, is_move, True, may_replace)


def held(store: Opened, table: sa.Table) -> list[AnyRow]:
    return list(store.database.read_now(lambda connection: connection.execute(sa.select(table)).all()))


def let_go(store: Opened) -> None:
    """The time has come for whatever is held."""

    def pass_time(connection: sa.Connection) -> None:
        connection.execute(sa.update(store.state.hold).values(until=0))

    store.database.write_now(lambda unit: pass_time(unit.connection))
    store.database.write_now(lambda unit: prune(unit, store.state))


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 3 * PIECE + 12_345])
async def test_a_file_comes_back_as_it_was_put_whole_and_in_part(store: Opened, anna: Principal, size: int) -> None:
    content = os.urandom(size)
    assert await put(store, anna, ("a.bin",), content)
    node = await store.store.file(anna, ("a.bin",))
    assert (node.size, node.content_type, node.is_folder) == (size, TEXT, False)
    assert await get(store, anna, ("a.bin",)) == content
    for start, length in ((0, 1), (size // 2, None), (PIECE - 1, 2), (PIECE, PIECE), (max(0, size - 1), 10)):
        end = None if length is None else start + length
        assert await get(store, anna, ("a.bin",), start, length) == content[start:end]


async def test_names_differ_by_case_and_each_user_has_a_tree_of_his_own(
    store: Opened, anna: Principal, ben: Principal
) -> None:
    writes = Edits(store.store)
    await writes.make_folder(anna, ("Plans",), UNCONDITIONAL)
    await writes.make_folder(anna, ("plans",), UNCONDITIONAL)
    assert await put(store, anna, ("Plans", "Ü 1.txt"), b"one")
    assert await put(store, anna, ("Plans", "ü 1.txt"), b"two")
    assert not await put(store, anna, ("Plans", "Ü 1.txt"), b"three")
    assert sorted(await names(store, anna)) == ["Plans", "plans"]
    assert await get(store, anna, ("Plans", "Ü 1.txt")) == b"three"
    assert await names(store, anna, ("plans",)) == []
    assert await names(store, ben) == []
    for path in (("Plans",), ("Plans", "Ü 1.txt")):
        with pytest.raises(NotFound):
            await store.store.file(ben, path)
    with pytest.raises(NotFound):
        await store.store.read_file(anna, ("Plans",))
    with pytest.raises(NotFound):
        await store.store.file(anna, ("Plans", "Ü 1.txt", "more"))


async def test_what_cannot_be_written_is_refused_and_nothing_is_there(store: Opened, anna: Principal) -> None:
    await put(store, anna, ("file",))
    await Edits(store.store).make_folder(anna, ("folder",), UNCONDITIONAL)
    for path, why in (
        (("nowhere", "a"), NoPlace),
        (("file", "a"), NoPlace),
        (("folder",), AlreadyExists),
        (("a/b",), InvalidContent),
        (("a\x01",), InvalidContent),
        (("..",), InvalidContent),
        (("x" * 256,), TooLarge),
        (("a",) * 40, TooLarge),
    ):
        with pytest.raises(why):
            await put(store, anna, path)
    taken: tuple[FilePath, ...] = (("folder",), ("file",), ())
    for one in taken:
        with pytest.raises(AlreadyExists):
            await Edits(store.store).make_folder(anna, one, UNCONDITIONAL)
    with pytest.raises(NoPlace):
        await Edits(store.store).make_folder(anna, ("no", "a"), UNCONDITIONAL)
    etag = (await store.store.file(anna, ("file",))).etag
    for when in (Condition(must_be_new=True), Condition(any_of=frozenset()), Condition(none_of=frozenset({etag}))):
        with pytest.raises(PreconditionFailed):
            await put(store, anna, ("file",), b"other", when)
    assert not await put(store, anna, ("file",), b"other", Condition(any_of=frozenset({etag})))
    assert sorted(await names(store, anna)) == ["file", "folder"]


async def test_too_much_is_refused_before_it_is_read_and_while_it_is(store: Opened, anna: Principal) -> None:
    files = store.store._files
    files.limits = FileLimits(largest=1_000, quota=1_500)
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 100
            yield b"x" * 100

    async def upload(size: int | None) -> None:
        await Edits(store.store).write_file(anna, ("big",), TEXT, endless(), size, UNCONDITIONAL)

    with pytest.raises(TooLarge):
        await upload(1_001)
    assert read == 0
    with pytest.raises(TooLarge):
        await upload(None)
    assert read == 1_100
    await put(store, anna, ("a",), b"x" * 900)
    quota = await store.store.quota(anna)
    assert (quota.used, quota.available) == (900, 600)
    with pytest.raises(NoSpace):
        await upload(601)
    with pytest.raises(NoSpace):
        await upload(None)
    await put(store, anna, ("a",), b"x" * 1_000)
    with pytest.raises(NoSpace):
        await Edits(store.store).carry_file(anna, carrying(("a",), ("b",)))
    assert await names(store, anna) == ["a"]
    await Edits(store.store).delete_tree(anna, ("a",), UNCONDITIONAL)
    assert (await store.store.quota(anna)).used == 0


async def test_copies_and_moves_take_all_below_along(store: Opened, anna: Principal) -> None:
    writes = Edits(store.store)
    for folder in (("a",), ("a", "b"), ("a", "b", "c"), ("z",)):
        await writes.make_folder(anna, folder, UNCONDITIONAL)
    await put(store, anna, ("a", "b", "c", "deep.txt"), b"deep")
    await put(store, anna, ("a", "top.txt"), b"top")
    await writes.change_file_look(anna, ("a", "b"), {"{urn:x}y": "<y xmlns='urn:x'/>"}, UNCONDITIONAL)
    assert await writes.carry_file(anna, carrying(("a",), ("z", "copy")))
    assert await get(store, anna, ("z", "copy", "b", "c", "deep.txt")) == b"deep"
    assert (await store.store.file(anna, ("z", "copy", "b"))).look == {"{urn:x}y": "<y xmlns='urn:x'/>"}
    await put(store, anna, ("z", "copy", "b", "c", "deep.txt"), b"changed")
    assert await get(store, anna, ("a", "b", "c", "deep.txt")) == b"deep"
    bare = Carrying(("a",), ("bare",), UNCONDITIONAL, False, False, False)
    assert await writes.carry_file(anna, bare)
    assert await names(store, anna, ("bare",)) == []
    with pytest.raises(PreconditionFailed):
        await writes.carry_file(anna, carrying(("a",), ("bare",), is_move=True))
    assert not await writes.carry_file(anna, carrying(("a",), ("bare",), is_move=True, may_replace=True))
    assert await names(store, anna) == ["bare", "z"]
    assert await get(store, anna, ("bare", "b", "c", "deep.txt")) == b"deep"
    assert (await store.store.quota(anna)).used == len(b"deepchanged") + 2 * len(b"top")
    for source, target, why in (
        (("bare",), ("bare",), NoPermission),
        (("bare",), ("bare", "b", "in"), NoPermission),
        (("bare", "b"), ("bare",), NoPermission),
        ((), ("x",), NoPermission),
        (("bare",), (), NoPermission),
        (("no",), ("x",), NotFound),
        (("bare",), ("no", "x"), NoPlace),
    ):
        for is_move in (True, False):
            with pytest.raises(why):
                await writes.carry_file(anna, carrying(source, target, is_move=is_move, may_replace=True))


async def test_folders_that_are_moved_into_each_other_at_once_never_become_a_ring(
    store: Opened, anna: Principal
) -> None:
    writes = Edits(store.store)
    for folder in ("a", "b"):
        await writes.make_folder(anna, (folder,), UNCONDITIONAL)
    outcomes = await asyncio.gather(
        writes.carry_file(anna, carrying(("a",), ("b", "a"), is_move=True)),
        writes.carry_file(anna, carrying(("b",), ("a", "b"), is_move=True)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["NoPlace", "bool"]
    assert len(await names(store, anna)) == 1


async def test_the_first_writes_of_a_user_may_come_at_once(store: Opened, anna: Principal) -> None:
    outcomes = await asyncio.gather(*(put(store, anna, (f"{number}.txt",), b"12") for number in range(6)))
    assert outcomes == [True] * 6
    assert (await store.store.quota(anna)).used == 12


async def test_bytes_are_held_once_and_go_when_nobody_has_them_any_more(
    store: Opened, anna: Principal, ben: Principal
) -> None:
    mail = message("one@crm.example", "Hello")
    await store.store.append(anna, INBOX, mail, frozenset(), None, lambda proposal: proposal.changes)
    large = os.urandom(2 * PIECE + 5)
    for who, name in ((anna, "a"), (anna, "b"), (ben, "c")):
        await put(store, who, (name,), large)
    await put(store, anna, ("mail.eml",), mail)
    blobs = {row[0] for row in held(store, store.state.blob)}
    assert len(blobs) == 4
    assert len(held(store, store.state.piece)) == 3
    writes = Edits(store.store)
    await writes.delete_tree(anna, ("mail.eml",), UNCONDITIONAL)
    await writes.delete_tree(anna, ("a",), UNCONDITIONAL)
    await put(store, anna, ("b",), b"small")
    let_go(store)
    assert await get(store, ben, ("c",)) == large
    _, chunks = await store.store.read_file(ben, ("c",))
    first = await anext(chunks)
    await writes.delete_tree(ben, ("c",), UNCONDITIONAL)
    # Whoever is reading it gets to its end; then it goes.
    assert first + b"".join([chunk async for chunk in chunks]) == large
    let_go(store)
    left = {row[0] for row in held(store, store.state.blob)}
    assert left == {hashlib.sha256(mail).hexdigest(), hashlib.sha256(b"small").hexdigest()}
    assert (held(store, store.state.piece), held(store, store.state.hold)) == ([], [])


async def test_an_upload_that_comes_to_no_end_leaves_nothing(store: Opened, anna: Principal) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield os.urandom(PIECE)
        yield os.urandom(PIECE)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await Edits(store.store).write_file(anna, ("a",), TEXT, broken(), None, UNCONDITIONAL)
    assert await names(store, anna) == []
    assert (held(store, store.state.blob), held(store, store.state.hold)) == ([], [])


async def test_an_upload_that_died_with_its_gateway_goes_in_the_end(store: Opened, anna: Principal) -> None:
    contents = store.store._files.contents
    store.database.write_now(lambda unit: contents.stage(unit.connection, b"half"))
    assert len(held(store, store.state.blob)) == 1
    let_go(store)
    assert (held(store, store.state.blob), held(store, store.state.hold)) == ([], [])


async def test_a_large_file_needs_no_more_memory_than_a_piece_or_two(opened: Opened) -> None:
    anna, size = principal(opened, "anna"), 24 * PIECE

    async def made() -> AsyncIterator[bytes]:
        for number in range(size // 65_536):
            yield number.to_bytes(4, "big") * 16_384

    tracemalloc.start()
    await Edits(opened.store).write_file(anna, ("large",), TEXT, made(), size, UNCONDITIONAL)
    _, chunks = await opened.store.read_file(anna, ("large",))
    read = 0
    async for chunk in chunks:
        read += len(chunk)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == size
    assert most < 10 * PIECE


async def test_what_is_said_of_files_goes_with_them(store: Opened, anna: Principal) -> None:
    writes = Edits(store.store)
    await put(store, anna, ("a",))
    await writes.change_file_look(anna, ("a",), {"{urn:x}y": "1", "{urn:x}z": "2"}, UNCONDITIONAL)
    await writes.change_file_look(anna, ("a",), {"{urn:x}z": None}, UNCONDITIONAL)
    await writes.change_file_look(anna, (), {"{urn:x}top": "1"}, UNCONDITIONAL)
    await writes.carry_file(anna, carrying(("a",), ("b",), is_move=True))
    assert (await store.store.file(anna, ("b",))).look == {"{urn:x}y": "1"}
    assert (await store.store.file(anna, ())).look == {"{urn:x}top": "1"}
    await writes.delete_tree(anna, ("b",), UNCONDITIONAL)
    await put(store, anna, ("b",))
    assert (await store.store.file(anna, ("b",))).look == {}
    with pytest.raises(NotFound):
        await writes.change_file_look(anna, ("no",), {"{urn:x}y": "1"}, UNCONDITIONAL)
