"""EspoCRM's e-mails as each user has them there: read, important, archived, in the trash, both ways by IMAP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.presets.documents import message
from tests.presets.dumps import difference, snapshot
from tests.presets.served import Mail, Row, Served, User, served

MINE = (
    "SELECT is_read, is_important, in_trash, in_archive, r.deleted FROM email_user r JOIN email e ON e.id = r.email_id "
    "JOIN `user` u ON u.id = r.user_id WHERE e.name = :subject AND u.user_name = :login"
)
OFFER, ANSWER = "Your offer 2026-001", "AW: Your offer 2026-001"


@pytest.fixture(scope="module")
def gateway(espo: Opened) -> Iterator[Served]:
    with served(espo) as one:
        yield one


def mine(gateway: Served, login: str, subject: str) -> Row:
    return gateway.row(MINE, login=login, subject=subject)


def found(user: User, mailbox: str, subject: str) -> Mail | None:
    return next((one for one in user.messages(mailbox) if one.subject == subject), None)


def there(user: User, mailbox: str, subject: str) -> Mail:
    one = found(user, mailbox, subject)
    assert one is not None, (mailbox, subject)
    return one


def test_what_a_client_flags_is_the_users_row_and_nobody_elses(gateway: Served, anna: User, bob: User) -> None:
    before = snapshot(gateway.opened.database.engine)
    uid = there(bob, "INBOX", OFFER).uid
    bob.flag("INBOX", uid, r"+FLAGS (\Seen \Flagged \Answered $Work)")
    assert mine(gateway, "bob", OFFER) == {
        "is_read": 1,
        "is_important": 1,
        "in_trash": 0,
        "in_archive": 0,
        "deleted": 0,
    }
    assert difference(before, snapshot(gateway.opened.database.engine)) == {"email_user": (1, 1)}
    gateway.settle()
    assert there(bob, "INBOX", OFFER).flags == {r"\Seen", r"\Flagged", r"\Answered", "$Work"}
    assert r"\Seen" not in there(anna, "Sent", OFFER).flags
    bob.flag("INBOX", uid, r"-FLAGS (\Seen)")
    assert mine(gateway, "bob", OFFER)["is_read"] == 0


def test_what_a_user_does_in_espocrm_is_flagged_for_him_alone(gateway: Served, anna: User, bob: User) -> None:
    his = "WHERE user_id = (SELECT id FROM `user` WHERE user_name = 'bob')"
    there(anna, "INBOX", ANSWER)
    before = anna.messages("INBOX"), anna.messages("Sent")
    gateway.sql(f"UPDATE email_user SET is_read = NOT deleted, is_important = deleted {his}")
    flags = there(bob, "INBOX", OFFER).flags
    assert r"\Seen" in flags
    assert r"\Flagged" not in flags
    assert "$Work" in flags
    assert (anna.messages("INBOX"), anna.messages("Sent")) == before


def test_a_message_that_is_filed_seen_is_read_in_espocrm(gateway: Served, anna: User) -> None:
    raw = message("Message-ID: <seen@crm.example>", "From: anna@crm.example", "To: bob@crm.example", "Subject: Seen",
                  "Date: Mon, 11 May 2026 07:45:00 +0000", "", "Hello")  # fmt: skip
    anna.append("Sent", raw, r"(\Seen)")
    assert mine(gateway, "anna", "Seen")["is_read"] == 1
    assert mine(gateway, "bob", "Seen")["is_read"] == 0
    gateway.settle()
    assert r"\Seen" in there(anna, "Sent", "Seen").flags


def test_moving_to_the_trash_and_back_is_espocrms_trash(gateway: Served, anna: User) -> None:
    one = there(anna, "INBOX", ANSWER)
    anna.move("INBOX", one.uid, "Trash")
    assert mine(gateway, "anna", ANSWER)["in_trash"] == 1
    assert found(anna, "INBOX", ANSWER) is None
    gateway.settle()
    moved = there(anna, "Trash", ANSWER)
    assert moved.raw == one.raw
    anna.move("Trash", moved.uid, "INBOX")
    assert mine(gateway, "anna", ANSWER)["in_trash"] == 0
    assert found(anna, "Trash", ANSWER) is None
    there(anna, "INBOX", ANSWER)


def test_archiving_is_espocrms_archive_both_ways(gateway: Served, anna: User) -> None:
    anna.move("INBOX", there(anna, "INBOX", ANSWER).uid, "Archive")
    assert mine(gateway, "anna", ANSWER)["in_archive"] == 1
    assert found(anna, "INBOX", ANSWER) is None
    his = "WHERE user_id = (SELECT id FROM `user` WHERE user_name = 'anna')"
    gateway.sql(f"UPDATE email_user SET in_archive = deleted {his}")
    assert found(anna, "Archive", ANSWER) is None
    there(anna, "INBOX", ANSWER)


def test_deleting_goes_by_the_trash_and_ends_there_for_that_user_alone(gateway: Served, anna: User, bob: User) -> None:
    bob.expunge("INBOX", there(bob, "INBOX", OFFER).uid)
    assert mine(gateway, "bob", OFFER)["in_trash"] == 1
    assert found(bob, "INBOX", OFFER) is None
    bob.expunge("Trash", there(bob, "Trash", OFFER).uid)
    assert mine(gateway, "bob", OFFER)["deleted"] == 1
    gateway.settle()
    assert found(bob, "Trash", OFFER) is None
    assert found(bob, "INBOX", OFFER) is None
    there(anna, "Sent", OFFER)
    assert gateway.row("SELECT deleted FROM email WHERE name = :name", name=OFFER) == {"deleted": 0}


def test_a_copy_in_the_trash_leaves_the_message_where_it_is_until_it_is_expunged(gateway: Served, anna: User) -> None:
    uid = there(anna, "INBOX", ANSWER).uid
    with anna.imap() as session:
        session.select("INBOX")
        assert session.uid("COPY", str(uid), "Trash")[0] == "OK"
    assert mine(gateway, "anna", ANSWER)["in_trash"] == 1
    gateway.settle()
    assert there(anna, "INBOX", ANSWER).uid == uid
    there(anna, "Trash", ANSWER)
    anna.expunge("INBOX", uid)
    assert found(anna, "INBOX", ANSWER) is None
    there(anna, "Trash", ANSWER)


def test_a_message_dropped_into_the_archive_is_archived_in_espocrm(gateway: Served, anna: User) -> None:
    raw = message("Message-ID: <old@crm.example>", "From: x@else.example", "To: anna@crm.example", "Subject: Old",
                  "Date: Mon, 11 May 2020 07:45:00 +0000", "", "Hello")  # fmt: skip
    anna.append("Archive", raw)
    assert mine(gateway, "anna", "Old")["in_archive"] == 1
    assert there(anna, "Archive", "Old").raw == raw
    assert found(anna, "INBOX", "Old") is None
