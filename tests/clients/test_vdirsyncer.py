"""vdirsyncer: finds everything from the base URL, copies it, and carries changes both ways.

The CRM's rows are the judge: what a copy has to hold is counted by SQL, and what the program changed is read by SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.serving import COUNTS, Served, completed, needs

CONFIG = """\
[general]
status_path = "{folder}/status/"
[pair calendars]
a = "calendars_here"
b = "calendars_there"
collections = ["from b"]
[storage calendars_here]
type = "filesystem"
path = "{folder}/calendars/"
fileext = ".ics"
[storage calendars_there]
type = "caldav"
url = "{url}"
username = "{login}"
password = "{login}"
[pair books]
a = "books_here"
b = "books_there"
collections = ["from b"]
[storage books_here]
type = "filesystem"
path = "{folder}/books/"
fileext = ".vcf"
[storage books_there]
type = "carddav"
url = "{url}"
username = "{login}"
password = "{login}"
"""

CARD = """\
BEGIN:VCARD
VERSION:3.0
UID:vds-card-1
FN:Dora Quist
N:Quist;Dora;;;
EMAIL;TYPE=INTERNET,WORK;X-SIGNED=yes:dora@quist.example
TEL;TYPE=WORK,VOICE:+46 8 123
X-SHOE-SIZE;X-UNIT=EU:39
NICKNAME:Dolly
END:VCARD
"""

EVENT = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//a client//
BEGIN:VEVENT
UID:vds-event-1
DTSTAMP:20260601T000000Z
DTSTART:20260617T090000Z
DTEND:20260617T093000Z
SUMMARY;X-MOOD=calm:Handover
LOCATION:Room 2
X-PARKING;X-LEVEL=2:P7
END:VEVENT
END:VCALENDAR
"""

TASK = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//a client//
BEGIN:VTODO
UID:vds-task-1
DTSTAMP:20260601T000000Z
DUE;VALUE=DATE:20260620
SUMMARY:Order chairs
STATUS:NEEDS-ACTION
X-EFFORT;X-UNIT=h:3
END:VTODO
END:VCALENDAR
"""


@dataclass(frozen=True)
class Copy:
    """A user's collections as files, kept in step by vdirsyncer."""

    folder: Path

    def sync(self) -> None:
        completed(["vdirsyncer", "-c", self.folder / "config", "sync"])

    def files(self, collection: str) -> dict[str, str]:
        found = (self.folder / collection).glob("*.*")
        return {path.name: path.read_bytes().decode() for path in found if path.suffix in (".vcf", ".ics")}

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_bytes(text.replace("\n", "\r\n").encode())

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        before = path.read_bytes()
        assert old.encode() in before, before.decode()
        path.write_bytes(before.replace(old.encode(), new.encode()))


def copy_of(served: Served, login: str, folder: Path) -> Copy:
    """Discover from the base URL and copy everything a first time."""
    needs("vdirsyncer")
    (folder / "config").write_text(CONFIG.format(folder=folder, url=served.http + "/", login=login))
    completed(["vdirsyncer", "-c", folder / "config", "discover"], stdin="y\n" * 20)
    copy = Copy(folder)
    copy.sync()
    return copy


@pytest.mark.parametrize("login", ["anna", "bob", "user01"])
def test_discovery_from_the_base_url_and_a_copy_of_every_row(demo: Served, login: str, tmp_path: Path) -> None:
    copy = copy_of(demo, login, tmp_path)
    found = {
        f"{path.parent.name}/{path.name}" for kind in ("books", "calendars") for path in (tmp_path / kind).iterdir()
    }
    assert found == set(COUNTS)
    for collection in COUNTS:
        assert len(copy.files(collection)) == demo.count(collection, login) > 0, collection


def test_a_card_made_here_is_a_contact_there(demo: Served, tmp_path: Path) -> None:
    copy = copy_of(demo, "user01", tmp_path)
    copy.write("books/my-contacts/new.vcf", CARD)
    copy.sync()
    key, *values = demo.row(
        "SELECT c.id, first_name, last_name, c.email, phone, u.login, c.deleted FROM contacts c "
        "JOIN users u ON u.id = c.owner_id WHERE c.email = 'dora@quist.example'"
    )
    assert values == ["Dora", "Quist", "dora@quist.example", "+46 8 123", "user01", 0]

    demo.change("UPDATE contacts SET phone = '+46 8 999', last_name = 'Berg' WHERE id = ?", key)
    copy.sync()
    text = copy.files("books/my-contacts")["new.vcf"]
    for kept in (
        "X-SHOE-SIZE;X-UNIT=EU:39",
        "NICKNAME:Dolly",
        "X-SIGNED=yes",
        "UID:vds-card-1",
        ":+46 8 999",
        "Berg;Dora",
    ):
        assert kept in text

    copy.edit("books/my-contacts/new.vcf", "+46 8 999", "+46 8 555")
    copy.edit("books/my-contacts/new.vcf", "EU:39", "EU:40")
    copy.sync()
    assert demo.row("SELECT phone, last_name FROM contacts WHERE id = ?", key) == ("+46 8 555", "Berg")
    demo.change("UPDATE contacts SET first_name = 'Dorothea' WHERE id = ?", key)
    copy.sync()
    assert "X-SHOE-SIZE;X-UNIT=EU:40" in copy.files("books/my-contacts")["new.vcf"]

    (tmp_path / "books/my-contacts/new.vcf").unlink()
    copy.sync()
    assert demo.row("SELECT deleted, first_name FROM contacts WHERE id = ?", key) == (1, "Dorothea")


def test_an_event_made_here_is_a_meeting_there(demo: Served, tmp_path: Path) -> None:
    copy = copy_of(demo, "user01", tmp_path)
    copy.write("calendars/my-calendar/new.ics", EVENT)
    copy.sync()
    key, *values = demo.row(
        "SELECT m.id, starts_at, ends_at, location, u.login, m.deleted FROM meetings m "
        "JOIN users u ON u.id = m.owner_id WHERE subject = 'Handover'"
    )
    assert [str(value)[:19] for value in values] == [
        "2026-06-17 09:00:00",
        "2026-06-17 09:30:00",
        "Room 2",
        "user01",
        "0",
    ]

    demo.change("UPDATE meetings SET location = 'Room 9', starts_at = '2026-06-17 08:00:00.000000' WHERE id = ?", key)
    copy.sync()
    text = copy.files("calendars/my-calendar")["new.ics"]
    for kept in ("X-PARKING;X-LEVEL=2:P7", "X-MOOD=calm", "UID:vds-event-1", "LOCATION:Room 9", "20260617T080000Z"):
        assert kept in text

    copy.edit("calendars/my-calendar/new.ics", "Handover", "Handover to Bob")
    copy.sync()
    assert demo.row("SELECT subject, location FROM meetings WHERE id = ?", key) == ("Handover to Bob", "Room 9")

    (tmp_path / "calendars/my-calendar/new.ics").unlink()
    copy.sync()
    assert demo.row("SELECT deleted FROM meetings WHERE id = ?", key) == (1,)


def test_a_task_made_here_is_a_task_there(demo: Served, tmp_path: Path) -> None:
    copy = copy_of(demo, "user01", tmp_path)
    copy.write("calendars/my-tasks/new.ics", TASK)
    copy.sync()
    key, *values = demo.row(
        "SELECT t.id, due_date, status, u.login FROM tasks t JOIN users u ON u.id = t.owner_id "
        "WHERE subject = 'Order chairs'"
    )
    assert values == ["2026-06-20", "open", "user01"]

    demo.change("UPDATE tasks SET due_date = '2026-06-22' WHERE id = ?", key)
    copy.sync()
    text = copy.files("calendars/my-tasks")["new.ics"]
    for kept in ("X-EFFORT;X-UNIT=h:3", "UID:vds-task-1", "VALUE=DATE:20260622"):
        assert kept in text

    copy.edit("calendars/my-tasks/new.ics", "STATUS:NEEDS-ACTION", "STATUS:COMPLETED")
    copy.sync()
    status, percent, completed_at, due = demo.row(
        "SELECT status, percent, completed_at, due_date FROM tasks WHERE id = ?", key
    )
    assert (status, percent, due) == ("done", 100, "2026-06-22")
    assert completed_at
    # The gateway filled in percent and time, and so gave no ETag for the PUT: the next run fetches what became of it.
    copy.sync()
    assert "PERCENT-COMPLETE:100" in copy.files("calendars/my-tasks")["new.ics"]

    (tmp_path / "calendars/my-tasks/new.ics").unlink()
    copy.sync()
    assert demo.row("SELECT deleted FROM tasks WHERE id = ?", key) == (1,)


def test_a_row_the_crm_deletes_goes_from_the_copy(demo: Served, tmp_path: Path) -> None:
    copy = copy_of(demo, "user02", tmp_path)
    (key,), *_ = demo.rows(
        "SELECT c.id FROM contacts c JOIN users u ON u.id = c.owner_id WHERE u.login = 'user02' AND c.deleted = 0"
    )
    before = copy.files("books/my-contacts")
    demo.change("UPDATE contacts SET deleted = 1 WHERE id = ?", key)
    copy.sync()
    after = copy.files("books/my-contacts")
    assert len(after) == len(before) - 1
    assert after.items() <= before.items()


def test_a_second_run_changes_nothing(demo: Served, tmp_path: Path) -> None:
    copy = copy_of(demo, "bob", tmp_path)
    before = {collection: copy.files(collection) for collection in COUNTS}
    numbers = demo.rows("SELECT id, epoch, modseq, members FROM gw_collection ORDER BY id")
    copy.sync()
    copy.sync()
    assert {collection: copy.files(collection) for collection in COUNTS} == before
    assert demo.rows("SELECT id, epoch, modseq, members FROM gw_collection ORDER BY id") == numbers
