"""SQL typed into sqlite3, psql and mariadb: clients that wait or ask know of it within two seconds, and of nothing else.

One test is one change and everything that has to follow from it on one product: the news, its number, the new content,
and then silence however often clients look.
"""

from __future__ import annotations

import time

import pytest

from tests.flows.looking import PROMPT, Delta, Session, delta, next_delta, session
from tests.flows.shells import Company

pytestmark = pytest.mark.timeout(180)


def collections(company: Company) -> dict[str, str]:
    """View to URL."""
    served = company.served
    books = {name: served.book("anna", name) for name in ("my-contacts", "all-contacts", "companies")}
    return {**books, **{name: served.calendar("anna", name) for name in ("my-calendar", "my-tasks")}}


def start(company: Company) -> dict[str, Delta]:
    """Copy everything a first time."""
    return {name: delta(company.served, url) for name, url in collections(company).items()}


def heard(company: Company, before: dict[str, Delta], expected: dict[str, int], statement: str) -> dict[str, Delta]:
    """Type a statement; `expected` collections have so many changes within two seconds, with the right numbers.

    Returns what each of them said. All others stay as they were, and looking changes nothing.
    """
    company.shell.type(statement)
    begun = time.monotonic()
    news = {}
    for name, count in expected.items():
        left = PROMPT - (time.monotonic() - begun)
        news[name] = next_delta(company.served, collections(company)[name], before[name].token, count, left)
        number = company.shell.number(name)
        assert news[name].number == number
        assert before[name].number < number <= before[name].number + count
        if news[name].changed:
            assert company.shell.modseqs(name)[-1] == number
    quiet(company, {**before, **news})
    return news


def quiet(company: Company, last: dict[str, Delta]) -> None:
    """However often clients look, nothing changes."""
    with session(company.served, "anna") as mail, session(company.served, "ben") as other:
        # A user's collections are built when he first comes; from then on looking writes nothing.
        numbers = look(company, last, mail, other)
        state = company.shell.state()
        for _ in range(4):
            assert look(company, last, mail, other) == numbers
    assert company.shell.state() == state


def look(company: Company, last: dict[str, Delta], mail: Session, other: Session) -> dict[str, int]:
    """Look at everything in every way; the mailboxes' numbers."""
    for name, url in collections(company).items():
        assert delta(company.served, url, last[name].token) == Delta(last[name].token, frozenset(), frozenset())
        assert company.served.ask("PROPFIND", url, "anna", Depth="1").status == 207
    for box in ("INBOX", "Sent"):
        for one in (mail, other):
            one.ask(f"EXAMINE {box}")
            one.ask("NOOP")
    return {box: mail.highest(box) for box in ("INBOX", "Sent")}


def body(company: Company, href: str) -> str:
    """A resource as it is served."""
    answer = company.served.ask("GET", company.served.http + href, "anna")
    assert answer.status == 200
    return answer.text


def test_a_changed_contact(company: Company) -> None:
    before = start(company)
    news = heard(
        company,
        before,
        {"my-contacts": 1, "all-contacts": 1},
        "UPDATE contacts SET phone = '+46 8 777' WHERE last_name = 'Berg';",
    )
    for name in ("my-contacts", "all-contacts"):
        (href,) = news[name].changed
        assert href in before[name].changed
        assert "+46 8 777" in body(company, href)
        assert news[name].number == before[name].number + 1


def test_an_update_that_changes_nothing_is_no_news(company: Company) -> None:
    before = start(company)
    quiet(company, before)
    state = company.shell.state()
    company.shell.type("UPDATE contacts SET phone = phone; UPDATE emails SET subject = subject;")
    company.shell.type("UPDATE meetings SET deleted = 0; UPDATE companies SET name = name;")
    until = time.monotonic() + PROMPT
    while company.shell.type(f"SELECT id FROM {company.shell.own}outbox;"):
        assert time.monotonic() < until, "nobody follows"
    assert company.shell.state() == state
    quiet(company, before)


def test_a_changed_meeting_and_a_changed_task(company: Company) -> None:
    before = start(company)
    news = heard(company, before, {"my-calendar": 1}, "UPDATE meetings SET location = 'Room 9' WHERE id = 1;")
    assert "LOCATION:Room 9" in body(company, *news["my-calendar"].changed)
    before = {**before, **news}
    news = heard(company, before, {"my-tasks": 1}, "UPDATE tasks SET status = 'done', percent = 100 WHERE id = 1;")
    assert "STATUS:COMPLETED" in body(company, *news["my-tasks"].changed)


def test_rows_that_go_and_rows_that_come(company: Company) -> None:
    before = start(company)
    gone = heard(
        company,
        before,
        {"my-contacts": 1, "all-contacts": 1},
        "UPDATE contacts SET deleted = 1 WHERE last_name = 'Berg';",
    )
    for name in ("my-contacts", "all-contacts"):
        (href,) = gone[name].gone
        assert href in before[name].changed
        assert company.served.ask("GET", company.served.http + href, "anna").status == 404
    before = {**before, **gone}
    gone = heard(company, before, {"my-tasks": 1}, "DELETE FROM tasks WHERE id = 1;")
    assert gone["my-tasks"].gone == before["my-tasks"].changed
    before = {**before, **gone}
    new = heard(
        company,
        before,
        {"my-calendar": 1},
        "INSERT INTO meetings (subject, starts_at, ends_at, owner_id) "
        "VALUES ('Café', '2026-07-01 09:00:00', '2026-07-01 10:00:00', 1);",
    )
    assert "SUMMARY:Café" in body(company, *new["my-calendar"].changed)


def test_a_company_that_is_renamed_changes_the_cards_of_its_people(company: Company) -> None:
    before = start(company)
    news = heard(
        company,
        before,
        {"companies": 1, "my-contacts": 2, "all-contacts": 2},
        "UPDATE companies SET name = 'Quist & Daughters' WHERE id = 1;",
    )
    for href in news["my-contacts"].changed | news["companies"].changed:
        assert "Quist & Daughters" in body(company, href)


def test_mail_that_comes_changes_and_goes_is_heard_in_idle(company: Company) -> None:
    before = start(company)
    with session(company.served, "anna") as idle:
        idle.ask("SELECT INBOX (CONDSTORE)")
        number = idle.highest("INBOX")
        assert number == company.shell.number("inbox")

        lines = told(
            company,
            idle,
            "INSERT INTO emails (message_id, direction, status, subject, from_address, sent_at, body_text, owner_id) "
            "VALUES ('<3@quist.example>', 'in', 'received', 'News', 'nils@berg.example', '2026-06-03 10:00:00', 'Hi', 1);",
            r"^\* 3 EXISTS",
        )
        assert not [line for line in lines if "EXPUNGE" in line]
        number = numbered(company, idle, number)
        assert "Subject: News" in idle.ask("FETCH 3 (UID MODSEQ BODY.PEEK[HEADER.FIELDS (SUBJECT)])")

        # RFC 3501 §2.3.1.1: a message does not change; one whose row changed is another one, with another UID.
        lines = told(company, idle, "UPDATE emails SET subject = 'Better offer' WHERE id = 1;", r"^\* 3 EXISTS")
        assert "* 1 EXPUNGE" in lines
        number = numbered(company, idle, number)
        assert "Subject: Better offer" in idle.ask("FETCH 3 (UID MODSEQ BODY.PEEK[HEADER.FIELDS (SUBJECT)])")

        told(company, idle, "UPDATE emails SET deleted = 1 WHERE id = 2;", r"^\* 1 EXPUNGE")
        numbered(company, idle, number, has_entry=False)
    quiet(company, before)


def told(company: Company, idle: Session, statement: str, pattern: str) -> list[str]:
    """What an idle session is told within two seconds of a statement."""
    idle.idle()
    company.shell.type(statement)
    lines = idle.wait(pattern)
    return lines + idle.done()


def numbered(company: Company, idle: Session, before: int, *, has_entry: bool = True) -> int:
    """The new HIGHESTMODSEQ, which is the collection's number and, but for a deletion, its last message's."""
    number = idle.highest("INBOX")
    assert number > before
    assert number == company.shell.number("inbox")
    if has_entry:
        assert company.shell.modseqs("inbox")[-1] == number
        assert f"MODSEQ ({number})" in idle.ask("FETCH * (MODSEQ)")[0]
    return number
