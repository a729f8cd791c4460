"""The file area: folders and files by plain WebDAV, as its clients use it."""

from __future__ import annotations

import pytest

from gateway.core.files import FileLimits
from storage.opened import Opened
from tests.dav.client import DECLARED, Client

HOME = "/dav/files/anna/"
TEXT = b"".join(b"line %d of a text\n" % number for number in range(1_000))


async def _fill(anna: Client) -> None:
    for folder in ("plans/", "plans/old/"):
        assert (await anna.ask("MKCOL", HOME + folder)).status == 201
    for file in ("plans/a.txt", "plans/old/b%20%C3%BC.txt", "top.bin"):
        assert (await anna.ask("PUT", HOME + file, file)).status == 201


async def test_a_tree_is_listed_with_what_clients_ask_for(anna: Client) -> None:
    await _fill(anna)
    names = [
        "D:resourcetype",
        "D:displayname",
        "D:getetag",
        "D:getcontenttype",
        "D:getcontentlength",
        "D:getlastmodified",
        "D:creationdate",
        "D:quota-used-bytes",
        "D:quota-available-bytes",
        "D:supportedlock",
        "D:lockdiscovery",
    ]
    answer = await anna.propfind(HOME + "plans/", *names, depth="1")
    assert answer.hrefs == [HOME + "plans/", HOME + "plans/a.txt", HOME + "plans/old/"]
    folder, file = answer.at(HOME + "plans/old/"), answer.at(HOME + "plans/a.txt")
    assert folder.children("D:resourcetype") == ["D:collection"]
    assert file.children("D:resourcetype") == []
    assert (file.text("D:getcontenttype"), file.text("D:getcontentlength")) == ("text/plain", "11")
    assert file.text("D:getlastmodified").endswith(" GMT")
    assert file.text("D:creationdate").endswith("Z")
    assert folder.lacks("D:getetag")
    assert folder.lacks("D:getcontentlength")
    used = sum(len(name) for name in ("plans/a.txt", "plans/old/b%20%C3%BC.txt", "top.bin"))
    assert (folder.text("D:quota-used-bytes"), file.lacks("D:quota-used-bytes")) == (str(used), True)
    assert int(folder.text("D:quota-available-bytes")) == FileLimits().quota - used
    assert folder.children("D:supportedlock") == ["D:lockentry", "D:lockentry"]
    assert (await anna.propfind(HOME, "D:resourcetype", depth="1")).hrefs == [HOME, HOME + "plans/", HOME + "top.bin"]
    assert (await anna.propfind(HOME + "plans", "D:resourcetype")).hrefs == [HOME + "plans/"]
    assert (await anna.propfind(HOME + "plans/old/b%20%C3%BC.txt", "D:getetag")).status == 207
    assert (await anna.propfind(HOME, "D:resourcetype", depth="infinity")).status == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("MKCOL", "plans/", b"", 405),
        ("MKCOL", "plans/a.txt", b"", 405),
        ("MKCOL", "", b"", 405),
        ("MKCOL", "no/new/", b"", 409),
        ("MKCOL", "plans/a.txt/new", b"", 409),
        ("MKCOL", "new/", b"<x/>", 415),
        ("MKCOL", "a%2Fb", b"", 403),
        ("PUT", "plans", b"x", 405),
        ("PUT", "new.txt/", b"x", 405),
        ("PUT", "", b"x", 405),
        ("PUT", "no/new.txt", b"x", 409),
        ("PUT", "a%01b", b"x", 403),
        ("DELETE", "no", b"", 404),
        ("DELETE", "", b"", 405),
        ("GET", "no", b"", 404),
        ("GET", "plans/", b"", 200),
        ("POST", "plans/", b"", 405),
        ("PROPFIND", "plans/a.txt/more", b"", 404),
        ("COPY", "top.bin", b"", 400),
        ("MKCALENDAR", "new/", b"", 405),
    ],
)
async def test_what_cannot_be_done_is_told_as_the_rfc_has_it(
    anna: Client, method: str, path: str, body: bytes, status: int
) -> None:
    await _fill(anna)
    assert (await anna.ask(method, HOME + path, body)).status == status
    assert (await anna.propfind(HOME, "D:resourcetype", depth="1")).hrefs == [HOME, HOME + "plans/", HOME + "top.bin"]


async def test_a_put_obeys_its_conditions_and_gives_the_tag_of_what_is_served(anna: Client) -> None:
    made = await anna.ask("PUT", HOME + "a", b"one", if_none_match="*")
    assert (made.status, (await anna.ask("GET", HOME + "a")).etag) == (201, made.etag)
    assert (await anna.ask("PUT", HOME + "a", b"two", if_none_match="*")).status == 412
    assert (await anna.ask("PUT", HOME + "a", b"two", if_match='"stale"')).status == 412
    assert (await anna.ask("PUT", HOME + "b", b"two", if_match="*")).status == 412
    assert (await anna.ask("PUT", HOME + "a", b"two", content_range="bytes 0-2/9")).status == 400
    changed = await anna.ask("PUT", HOME + "a", b"two", if_match=made.etag)
    assert changed.status == 204
    assert changed.etag != made.etag
    assert (await anna.ask("DELETE", HOME + "a", if_match=made.etag)).status == 412
    assert (await anna.ask("DELETE", HOME + "a", if_match=changed.etag)).status == 204


async def test_a_get_says_enough_for_caches_and_lets_no_browser_run_anything(anna: Client) -> None:
    await anna.ask("PUT", HOME + "evil.html", b"<script>1</script>", content_type="text/html")
    got = await anna.ask("GET", HOME + "evil.html")
    assert (got.status, got.body, got.headers["Content-Type"]) == (200, b"<script>1</script>", "text/html")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["Content-Security-Policy"].startswith("sandbox")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert (await anna.ask("GET", HOME + "evil.html", if_none_match=got.etag)).status == 304
    modified = got.headers["Last-Modified"]
    assert (await anna.ask("GET", HOME + "evil.html", if_modified_since=modified)).status == 304
    assert (await anna.ask("GET", HOME + "evil.html", if_unmodified_since=modified)).status == 200
    long_ago = "Tue, 01 Jan 2019 00:00:00 GMT"
    assert (await anna.ask("GET", HOME + "evil.html", if_modified_since=long_ago)).status == 200
    assert (await anna.ask("GET", HOME + "evil.html", if_unmodified_since=long_ago)).status == 412
    assert (await anna.ask("GET", HOME + "evil.html", if_match='"stale"')).status == 412
    head = await anna.ask("HEAD", HOME + "evil.html")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, "18", b"")


async def test_ranges_bring_a_part_or_several(anna: Client) -> None:
    tag = (await anna.ask("PUT", HOME + "t.txt", TEXT)).etag
    one = await anna.ask("GET", HOME + "t.txt", range="bytes=10-19")
    assert (one.status, one.body) == (206, TEXT[10:20])
    assert one.headers["Content-Range"] == f"bytes 10-19/{len(TEXT)}"
    assert one.headers["Content-Length"] == "10"
    assert (await anna.ask("GET", HOME + "t.txt", range="bytes=-7", if_range=tag)).body == TEXT[-7:]
    assert (await anna.ask("GET", HOME + "t.txt", range="bytes=0-1", if_range='"stale"')).status == 200
    assert (await anna.ask("GET", HOME + "t.txt", range="bytes=0-1", if_range=f"W/{tag}")).status == 200
    none = await anna.ask("GET", HOME + "t.txt", range=f"bytes={len(TEXT)}-")
    assert (none.status, none.headers["Content-Range"]) == (416, f"bytes */{len(TEXT)}")
    several = await anna.ask("GET", HOME + "t.txt", range="bytes=0-4, 100-104")
    assert several.status == 206
    assert several.headers["Content-Length"] == str(len(several.body))
    boundary = several.headers["Content-Type"].partition("boundary=")[2].encode()
    parts = several.body.split(b"\r\n--" + boundary)[1:-1]
    assert [part.partition(b"\r\n\r\n")[2] for part in parts] == [TEXT[:5], TEXT[100:105]]
    assert f"Content-Range: bytes 100-104/{len(TEXT)}".encode() in parts[1]


async def test_copy_and_move_hold_to_overwrite_and_depth(anna: Client) -> None:
    await _fill(anna)
    there = {"destination": f"http://crm.example{HOME}copy/"}
    assert (await anna.ask("COPY", HOME + "plans/", **there)).status == 201
    assert (await anna.ask("GET", HOME + "copy/old/b%20%C3%BC.txt")).status == 200
    assert (await anna.ask("COPY", HOME + "plans/", overwrite="F", **there)).status == 412
    assert (await anna.ask("COPY", HOME + "plans/", depth="0", **there)).status == 204
    assert (await anna.propfind(HOME + "copy/", "D:resourcetype", depth="1")).hrefs == [HOME + "copy/"]
    assert (await anna.ask("MOVE", HOME + "plans/", depth="0", **there)).status == 400
    assert (await anna.ask("MOVE", HOME + "plans/", **there)).status == 204
    assert (await anna.ask("GET", HOME + "plans/a.txt")).status == 404
    assert (await anna.ask("GET", HOME + "copy/a.txt")).body == b"plans/a.txt"
    for destination, status in (
        ("/dav/files/anna/copy/in/", 403),
        ("/dav/files/anna/no/x", 409),
        ("/dav/files/bob/x", 409),
        ("/dav/calendars/anna/my-calendar/x.ics", 403),
        ("/elsewhere", 409),
    ):
        assert (await anna.ask("COPY", HOME + "copy/", destination=destination)).status == status
    assert (await anna.ask("COPY", HOME + "top.bin", destination=HOME + "x", overwrite="?")).status == 400
    assert (await anna.ask("DELETE", HOME + "copy/", depth="1")).status == 400
    assert (await anna.ask("DELETE", HOME + "copy/")).status == 204
    assert (await anna.propfind(HOME, "D:resourcetype", depth="1")).hrefs == [HOME, HOME + "top.bin"]


async def test_what_does_not_fit_is_told_before_it_is_stored(anna: Client, opened: Opened) -> None:
    opened.store._files.limits = FileLimits(largest=10, quota=15)
    assert (await anna.ask("PUT", HOME + "a", b"x" * 11)).status == 413
    assert (await anna.ask("PUT", HOME + "a", b"x" * 10)).status == 201
    full = await anna.ask("PUT", HOME + "b", b"x" * 6)
    assert (full.status, full.preconditions) == (507, ["D:quota-not-exceeded"])
    assert (await anna.ask("COPY", HOME + "a", destination=HOME + "b")).status == 507


async def test_nobody_sees_anothers_files(anna: Client, bob: Client) -> None:
    await _fill(anna)
    for method in ("GET", "PUT", "DELETE", "MKCOL", "PROPFIND", "PROPPATCH", "LOCK", "UNLOCK", "COPY", "MOVE"):
        for path in ("", "top.bin", "plans/", "none"):
            mine = await bob.ask(method, HOME + path, b"", destination="/dav/files/bob/x")
            nobodys = await bob.ask(method, f"/dav/files/nobody/{path}", b"", destination="/dav/files/bob/x")
            assert (mine.status, mine.body) == (nobodys.status, nobodys.body)
            assert mine.status in {404, 409}
    assert (await bob.propfind("/dav/files/bob/", "D:resourcetype", depth="1")).hrefs == ["/dav/files/bob/"]


async def test_calendars_are_no_files_and_files_no_calendars(anna: Client) -> None:
    report = f"<D:sync-collection {DECLARED}><D:sync-token/><D:prop/></D:sync-collection>"
    assert (await anna.ask("REPORT", HOME, report)).status == 403
    told = (await anna.ask("OPTIONS", HOME + "x")).headers
    assert {"PUT", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "PROPPATCH"} <= set(told["Allow"].split(", "))
    assert told["MS-Author-Via"] == "DAV"


async def test_whoever_has_files_is_told_that_he_may_write_them(anna: Client) -> None:
    await _fill(anna)
    for path in ("", "plans/", "top.bin"):
        told = (await anna.propfind(HOME + path, "D:current-user-privilege-set")).only
        assert {"D:read", "D:write", "D:write-content", "D:bind", "D:unbind"} <= set(
            told.descendants("D:current-user-privilege-set")
        )
