"""EspoCRM by HTTP and IMAP, on both of its databases: the way every preset is asked from outside."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator

import pytest

from storage.opened import Opened
from tests.presets.documents import calendar, card, lines, message, one_of
from tests.presets.served import Served, User, served


@pytest.fixture(scope="module")
def gateway(espo: Opened) -> Iterator[Served]:
    with served(espo) as one:
        yield one


def test_a_wrong_password_opens_nothing(gateway: Served) -> None:
    stranger = gateway.user("anna", "wrong")
    assert stranger.ask("GET", "/dav/").status == 401
    with pytest.raises(imaplib.IMAP4.error), stranger.imap():
        pass


def test_the_collections_of_a_user_are_listed(anna: User) -> None:
    books = anna.propfind("/dav/addressbooks/anna/", "D:displayname", depth="1").resources
    names = {one.href.strip("/").rsplit("/", 1)[1]: one.text("D:displayname") for one in books[1:]}
    assert names == {
        "my-contacts": "My contacts", "all-contacts": "All contacts", "accounts": "Accounts", "leads": "Leads",
        "team-contacts": "Contacts of my teams", "team-accounts": "Accounts of my teams",
    }  # fmt: skip
    assert {"INBOX", "Sent", "Drafts", "Archive", "Trash"} <= set(anna.mailboxes())


def test_the_facts_are_found(anna: User, bob: User) -> None:
    lines(one_of(anna.documents("all-contacts").values(), "Erika"), "FN:Dr. Erika Mustermann", "ORG:Nordwind GmbH")
    assert not any("Gerda" in card for card in anna.documents("all-contacts").values())
    lines(one_of(bob.documents("tasks").values(), "website"), "STATUS:COMPLETED")
    assert [one.subject for one in anna.messages("INBOX")] == ["AW: Your offer 2026-001"]
    assert one_of([one.text for one in bob.messages("INBOX")], "Your offer") in [
        one.text for one in anna.messages("Sent")
    ]


def test_a_contact_comes_changes_and_goes(gateway: Served, anna: User) -> None:
    token, _, _ = anna.sync("my-contacts")
    neu = card("UID:s1", "FN:Ada Neu", "N:Neu;Ada;;;", "EMAIL:ada@neu.example")
    anna.put("my-contacts", "s1.vcf", neu)
    assert gateway.row("SELECT first_name, deleted FROM contact WHERE last_name = 'Neu'") == {
        "first_name": "Ada", "deleted": 0,
    }  # fmt: skip
    token, changed, gone = anna.sync("my-contacts", token)
    assert (changed, gone) == ({"s1.vcf"}, set())
    anna.put("my-contacts", "s1.vcf", neu.replace(b"Ada", b"Ida"))
    assert gateway.row("SELECT first_name FROM contact WHERE last_name = 'Neu'") == {"first_name": "Ida"}
    anna.delete("my-contacts", "s1.vcf")
    assert gateway.row("SELECT deleted FROM contact WHERE last_name = 'Neu'") == {"deleted": 1}
    assert anna.sync("my-contacts", token)[1:] == (set(), {"s1.vcf"})


def test_a_meeting_is_seen_by_who_takes_part(anna: User, bob: User) -> None:
    meeting = ("UID:s2", "SUMMARY:Review", "DTSTART:20260511T070000Z", "DTEND:20260511T080000Z")
    token, _, _ = bob.sync("meetings")
    anna.put("meetings", "s2.ics", calendar("VEVENT", *meeting, "ATTENDEE:mailto:bob@crm.example"))
    _, (href,), _ = bob.sync("meetings", token)
    assert "SUMMARY:Review" in bob.get("meetings", href)
    anna.delete("meetings", "s2.ics")


def test_a_change_by_sql_is_served(gateway: Served, anna: User) -> None:
    before = anna.etags("all-contacts")
    assert gateway.sql("UPDATE contact SET description = 'Grüße' WHERE last_name = 'Mustermann'") == 1
    (moved,) = [href for href, etag in anna.etags("all-contacts").items() if before[href] != etag]
    assert "NOTE:Grüße" in anna.get("all-contacts", moved)


def test_a_message_is_filed_flagged_moved_and_gone(gateway: Served, anna: User) -> None:
    raw = message("Message-ID: <s@crm.example>", "From: anna@crm.example", "To: bob@crm.example", "Subject: News",
                  "Date: Mon, 11 May 2026 07:45:00 +0000", "", "Hello")  # fmt: skip
    uid = anna.append("Sent", raw, r"(\Seen)")
    (mail,) = [one for one in anna.messages("Sent") if one.uid == uid]
    assert mail.raw == raw
    assert r"\Seen" in mail.flags
    assert gateway.row("SELECT status FROM email WHERE name = 'News'") == {"status": "Sent"}
    anna.flag("Sent", uid, r"+FLAGS (\Flagged)")
    assert {one.uid: one.flags >= {r"\Seen", r"\Flagged"} for one in anna.messages("Sent")}[uid]
    anna.move("Sent", uid, "Archive")
    (moved,) = anna.messages("Archive")
    assert moved.raw == raw
    anna.expunge("Archive", moved.uid)
    assert anna.messages("Archive") == []
