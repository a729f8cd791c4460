"""mbsync and offlineimap3: a user's mailboxes as Maildirs, kept in step both ways.

Both run the same story: copy everything, carry a new message and flags up, flags and a message down, and then, with
nothing to do, change nothing, on either side.
"""

from __future__ import annotations

import imaplib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.serving import Served, completed, needs

MBSYNC = """\
IMAPAccount gateway
Host {host}
Port {port}
User {login}
Pass {login}
SSLType None
AuthMechs LOGIN

IMAPStore there
Account gateway

MaildirStore here
Path {folder}/mail/
Inbox {folder}/mail/INBOX
SubFolders Verbatim

Channel all
Far :there:
Near :here:
Patterns *
Create Near
Remove Near
Expunge Both
CopyArrivalDate yes
SyncState {folder}/state/
"""

OFFLINEIMAP = """\
[general]
accounts = gateway
metadata = {folder}/state
ui = basic
[Account gateway]
localrepository = here
remoterepository = there
[Repository here]
type = Maildir
localfolders = {folder}/mail
[Repository there]
type = IMAP
remotehost = {host}
remoteport = {port}
remoteuser = {login}
remotepass = {login}
ssl = no
starttls = no
auth_mechanisms = PLAIN, LOGIN
"""

MESSAGE = """\
From: Me Myself <{login}@crm.example>
To: Dora Quist <dora@quist.example>, bob@nordwind.example
Cc: carl@quist.example
Subject: Offer for {login}
Message-ID: <{login}-1@mirror.example>
Date: Mon, 01 Jun 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
X-Mirror: kept

Grüße aus der Küche
"""

MAILBOXES = {"INBOX", "Sent", "Drafts", "Archive", "Trash"}
OF_RECORDS = {"Contacts", "Opportunities"}
"""Below these there is a mailbox for each record that has mail."""


@dataclass(frozen=True)
class Mirror:
    """A user's mailboxes as Maildirs."""

    folder: Path
    sync: Callable[[], None]

    def files(self, mailbox: str) -> dict[str, Path]:
        """Message-ID to file."""
        found = {}
        for part in ("cur", "new"):
            for path in (self.folder / "mail" / mailbox / part).iterdir():
                (key,) = re.findall(rb"(?im)^Message-ID:\s*(<[^>]*>)", path.read_bytes())
                assert key.decode() not in found
                found[key.decode()] = path
        return found

    def flags(self, mailbox: str) -> dict[str, str]:
        """Message-ID to letters of flags."""
        return {key: path.name.partition(":2,")[2] for key, path in self.files(mailbox).items()}

    def content(self) -> dict[str, bytes]:
        """Everything that is there."""
        mail = self.folder / "mail"
        return {f"{path.relative_to(mail)}": path.read_bytes() for path in mail.glob("*/*/*") if path.is_file()}


def mbsync(demo: Served, login: str, folder: Path) -> Mirror:
    needs("mbsync")
    (folder / "state").mkdir()
    (folder / "mail").mkdir()
    return _mirror(demo, login, folder, MBSYNC, ["mbsync", "-c", folder / "config", "all"])


def offlineimap(demo: Served, login: str, folder: Path) -> Mirror:
    needs("offlineimap")
    return _mirror(demo, login, folder, OFFLINEIMAP, ["/usr/bin/offlineimap", "-o", "-c", folder / "config"])


def _mirror(demo: Served, login: str, folder: Path, config: str, command: list[str | Path]) -> Mirror:
    host, port = demo.imap_address
    (folder / "config").write_text(config.format(folder=folder, host=host, port=port, login=login))

    def sync() -> None:
        completed(command, HOME=str(folder), timeout=60)

    return Mirror(folder, sync)


@pytest.mark.parametrize(("program", "login"), [(mbsync, "anna"), (offlineimap, "anna")])
def test_a_mirror_holds_every_message_of_every_mailbox(
    demo: Served, program: Callable[[Served, str, Path], Mirror], login: str, tmp_path: Path
) -> None:
    mirror = program(demo, login, tmp_path)
    mirror.sync()
    mail = tmp_path / "mail"
    # One program writes a mailbox below another as a folder in its folder, the other with a dot.
    assert {path.name.partition(".")[0] for path in mail.iterdir() if path.is_dir()} == MAILBOXES | OF_RECORDS
    assert [path for part in ("cur", "new") for path in mail.glob(f"Contacts*/**/{part}/*")]
    for mailbox in ("INBOX", "Sent"):
        assert len(mirror.files(mailbox)) == expected(demo, login, mailbox) > 0
    for mailbox in ("Drafts", "Archive", "Trash"):
        assert mirror.files(mailbox) == {}


@pytest.mark.parametrize(("program", "login"), [(mbsync, "user01"), (offlineimap, "user02")])
def test_a_new_message_and_flags_go_both_ways_and_then_nothing_more(
    demo: Served, program: Callable[[Served, str, Path], Mirror], login: str, tmp_path: Path
) -> None:
    with demo.imap(login) as session:
        append(session, "INBOX", f"{login}-in@x.example", "First")
        append(session, "INBOX", f"{login}-in2@x.example", "Second")
    mirror = program(demo, login, tmp_path)
    mirror.sync()
    first, second = f"<{login}-in@x.example>", f"<{login}-in2@x.example>"

    # Up: a message of our own into Sent, and a flag.
    own = tmp_path / "mail" / "Sent" / "cur" / "1.mirror.host:2,S"
    own.write_text(MESSAGE.format(login=login), "utf-8")
    path = mirror.files("INBOX")[first]
    path.rename(path.parent.parent / "cur" / f"{path.name.partition(':')[0]}:2,FS")
    # Down: a flag set elsewhere, and a message.
    with demo.imap(login) as session:
        session.select("INBOX")
        uid = found(session, second)
        assert session.uid("STORE", uid, "+FLAGS", r"(\Answered)")[0] == "OK"
        append(session, "INBOX", f"{login}-in3@x.example", "Third")
    mirror.sync()

    with demo.imap(login) as session:
        session.select("INBOX", readonly=True)
        flags = session.uid("FETCH", found(session, first), "(FLAGS)")[1][0]
        assert rb"\Flagged" in flags
        assert rb"\Seen" in flags
        session.select("Sent", readonly=True)
        assert rb"\Seen" in session.uid("FETCH", found(session, f"<{login}-1@mirror.example>"), "(FLAGS)")[1][0]
    assert "R" in mirror.flags("INBOX")[second]
    assert f"<{login}-in3@x.example>" in mirror.files("INBOX")

    key, *values = demo.row(
        "SELECT e.id, direction, status, subject, from_address, from_name, sent_at, body_text, u.login FROM emails e "
        "JOIN users u ON u.id = e.owner_id WHERE message_id LIKE ? AND e.deleted = 0",
        f"%{login}-1@mirror.example%",
    )
    assert [
        values[0],
        values[1],
        values[2],
        values[3],
        values[4],
        str(values[5])[:19],
        values[6].strip(),
        values[7],
    ] == [
        "out",
        "sent",
        f"Offer for {login}",
        f"{login}@crm.example",
        "Me Myself",
        "2026-06-01 10:00:00",
        "Grüße aus der Küche",
        login,
    ]
    addresses = demo.rows("SELECT kind, address, name FROM email_addresses WHERE email_id = ? AND deleted = 0", key)
    assert {(kind, address, name or "") for kind, address, name in addresses if kind != "from"} == {
        ("to", "dora@quist.example", "Dora Quist"),
        ("to", "bob@nordwind.example", ""),
        ("cc", "carl@quist.example", ""),
    }

    # With nothing to do nothing is done, on either side, however often.
    mirror.sync()
    before, numbers = mirror.content(), state(demo)
    mirror.sync()
    mirror.sync()
    assert mirror.content() == before
    assert state(demo) == numbers
    text = mirror.files("Sent")[f"<{login}-1@mirror.example>"].read_text("utf-8")
    assert "X-Mirror: kept" in text
    assert "Grüße aus der Küche" in text


def state(demo: Served) -> list[list[tuple[object, ...]]]:
    """Every number a client could see change."""
    return [
        demo.rows("SELECT id, epoch, modseq, uid_next, members FROM gw_collection ORDER BY id"),
        demo.rows("SELECT * FROM gw_entry ORDER BY collection_id, uid"),
        demo.rows("SELECT * FROM gw_flag ORDER BY collection_id, principal, uid"),
        demo.rows("SELECT * FROM gw_outbox"),
        demo.rows("SELECT * FROM emails ORDER BY id"),
    ]


def expected(demo: Served, login: str, mailbox: str) -> int:
    """How many messages the CRM has for a user in a mailbox."""
    if mailbox == "Sent":
        where = "direction = 'out' AND (owner_id = u.id OR lower(from_address) = lower(u.email))"
    else:
        where = (
            "direction = 'in' AND (owner_id = u.id OR EXISTS (SELECT 1 FROM email_addresses a WHERE a.email_id = e.id "
            "AND a.deleted = 0 AND a.kind != 'from' AND lower(a.address) = lower(u.email)))"
        )
    (count,) = demo.row(
        f"SELECT count(*) FROM emails e JOIN users u ON u.login = ? WHERE e.deleted = 0 AND {where}", login
    )
    return int(count)


def append(session: imaplib.IMAP4, mailbox: str, key: str, subject: str) -> None:
    text = f"From: a@x.example\r\nTo: b@x.example\r\nSubject: {subject}\r\nMessage-ID: <{key}>\r\n\r\n{subject}\r\n"
    assert session.append(mailbox, "", "", text.encode())[0] == "OK"


def found(session: imaplib.IMAP4, key: str) -> str:
    """UID of the one message with that Message-ID."""
    (uid,) = session.uid("SEARCH", "HEADER", "Message-ID", f'"{key}"')[1][0].split()
    return str(uid.decode())
