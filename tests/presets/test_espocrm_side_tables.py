"""What SQL changes in EspoCRM's side tables is seen by HTTP and IMAP in the entries it concerns, and in no other."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from gateway.core.model import Shape
from storage.opened import Opened
from tests.presets.served import Mail, Served, User, served

MAILBOXES = ("INBOX", "Sent", "Archive", "Trash", "Documents")
ERIKA, NORDWIND, LARA = "Dr. Erika Mustermann", "Nordwind GmbH", "Ms. Lara Lead"
KICKOFF, DENTIST, FAIR, CALL = "Kick-off Nordwind", "Private dentist", "Spring fair", "Call Erika"
OFFER, ANSWER, PAPER = "Your offer 2026-001", "AW: Your offer 2026-001", "Angebot 2026-001"
State = dict[tuple[str, str, str], str]


@pytest.fixture(scope="module")
def gateway(espo: Opened) -> Iterator[Served]:
    with served(espo) as one:
        yield one


def documents(gateway: Served, user: User) -> Iterator[tuple[str, str, str]]:
    """View, name and etag of everything a user has."""
    for name, bound in gateway.opened.crm.views.items():
        if bound.view.shape is not Shape.MESSAGE:
            yield from ((name, href, etag) for href, etag in user.etags(name).items())


def state(gateway: Served) -> State:
    """Everything both users see: etags, messages with their flags."""
    found: State = {}
    for user in (gateway.user("anna"), gateway.user("bob")):
        for view, href, etag in documents(gateway, user):
            found[user.login, view, href] = etag
        for mailbox in MAILBOXES:
            for mail in user.messages(mailbox):
                found[user.login, mailbox, mail.subject] = _told(mail)
    return found


def _told(mail: Mail) -> str:
    """Header fields in any order: one that went and comes back stands elsewhere."""
    header, _, body = mail.raw.partition(b"\r\n\r\n")
    fields = sorted(header.replace(b"\r\n ", b" ").split(b"\r\n"))
    return f"{fields} {body!r} {sorted(mail.flags)}"


def titles(gateway: Served) -> dict[tuple[str, str, str], str]:
    """What each thing is called."""
    found: dict[tuple[str, str, str], str] = {}
    for user in (gateway.user("anna"), gateway.user("bob")):
        for view, href, _ in documents(gateway, user):
            named = re.search(r"^(?:SUMMARY|FN):(.*?)\r?$", user.get(view, href), re.MULTILINE)
            assert named
            found[user.login, view, href] = named[1]
        found |= {(user.login, box, mail.subject): mail.subject for box in MAILBOXES for mail in user.messages(box)}
    return found


def address(old: str, new: str) -> str:
    return f"UPDATE email_address SET name = '{new}', `lower` = '{new.lower()}' WHERE `lower` = '{old}'"


def flip(table: str, where: str) -> tuple[str, str]:
    """Mark a link as gone, and back."""
    return (f"UPDATE {table} SET deleted = NOT deleted WHERE {where}",) * 2


def put(table: str, old: str, new: str, where: str = "") -> tuple[str, str]:
    """Change a column, and back; `where` beside the value it has."""
    column, _, former = old.partition("=")
    more = f" AND {where}" if where else ""
    return (
        f"UPDATE {table} SET {column} = {new} WHERE {column} = {former}{more}",
        f"UPDATE {table} SET {column} = {former} WHERE {column} = {new}{more}",
    )


def of(table: str, column: str, name: str) -> str:
    return f"(SELECT id FROM {table} WHERE {column} = '{name}')"


BOB, MEETING = of("`user`", "user_name", "bob"), of("meeting", "name", KICKOFF)
LEAD = "SELECT l.id, w.id, 'None', l.deleted FROM `lead` l CROSS JOIN {0} w WHERE w.name = '{1}'"
CHANGES: dict[str, tuple[str, tuple[str, str], set[str]]] = {
    "contact's second address": (
        "email_address", (address("erika@privat.example", "e@p.example"), address("e@p.example", "Erika@privat.example")),
        {ERIKA}),
    "contact's first address": (
        "email_address", (address("erika.mustermann@nordwind.example", "e@n.example"),
                          address("e@n.example", "erika.mustermann@nordwind.example")),
        {ERIKA, KICKOFF, CALL, OFFER, ANSWER}),
    "lead's address": (
        "email_address", (address("lara@prospect.example", "l@p.example"), address("l@p.example", "lara@prospect.example")),
        {LARA}),
    "company's address": (
        "email_address", (address("info@nordwind.example", "i@n.example"), address("i@n.example", "info@nordwind.example")),
        {NORDWIND}),
    "user's address": (
        "email_address", (address("bob@crm.example", "b@c.example"), address("b@c.example", "bob@crm.example")),
        {KICKOFF, FAIR, CALL, OFFER}),
    "link to an address": (
        "entity_email_address",
        flip("entity_email_address", f"email_address_id = {of('email_address', '`lower`', 'erika@privat.example')}"),
        {ERIKA}),
    "number": ("phone_number", put("phone_number", "name='+4940777'", "'+4940778'"), {ERIKA}),
    "company's number": ("phone_number", put("phone_number", "name='+494012345699'", "'+494012345690'"),
                         {NORDWIND}),
    "link to a number": (
        "entity_phone_number",
        flip("entity_phone_number", f"phone_number_id = {of('phone_number', 'name', '+4940777')}"), {ERIKA}),
    "title": ("account_contact", put("account_contact", "role='Head of Purchasing'", "'CFO'"), {ERIKA}),
    "company's site": ("account", put("account", "website='https://www.nordwind.example'", "'https://n.example'"), {NORDWIND}),
    "user who comes": ("meeting_user", put("meeting_user", "status='Accepted'", "'Declined'"), {KICKOFF}),
    "contact who comes": ("contact_meeting", put("contact_meeting", "status='Tentative'", "'Declined'"), {KICKOFF}),
    "lead who comes": (
        "lead_meeting", (f"INSERT INTO lead_meeting (lead_id, meeting_id, status, deleted) {LEAD.format('meeting', DENTIST)}",
                         "DELETE FROM lead_meeting"), {DENTIST}),
    "user who calls": ("call_user", put("call_user", "status='None'", "'Accepted'"), {CALL}),
    "contact who is called": ("call_contact", put("call_contact", "status='None'", "'Accepted'"), {CALL}),
    "lead who is called": (
        "call_lead", (f"INSERT INTO call_lead (lead_id, call_id, status, deleted) {LEAD.format('`call`', CALL)}",
                      "DELETE FROM call_lead"), {CALL}),
    "reminder": ("reminder", put("reminder", "seconds=900", "600"), {KICKOFF}),
    "reader": ("email_user", flip("email_user", f"email_id = {of('email', 'name', ANSWER)}"), {ANSWER}),
    "recipient": ("email_email_address", flip("email_email_address", "address_type = 'cc'"), {OFFER}),
    "attachment": ("attachment", put("attachment", "name='Angebot 2026-001.pdf'", "'A.pdf'", "parent_type = 'Email'"), {OFFER}),
    "document's file": ("attachment", put("attachment", "name='Angebot 2026-001.pdf'", "'A.pdf'", "related_type = 'Document'"),
                        {PAPER}),
    "contact's team": ("entity_team", flip("entity_team", "entity_type = 'Contact'"), {ERIKA}),
    "meeting's team": ("entity_team", flip("entity_team", "entity_type = 'Meeting'"), {KICKOFF}),
    "company's team": ("entity_team", flip("entity_team", "entity_type = 'Account'"), {NORDWIND}),
    "member of a team": ("team_user", flip("team_user", f"user_id = {BOB}"), {ERIKA, NORDWIND, KICKOFF}),
    "zone": ("preferences", ("UPDATE preferences SET data = '{\"timeZone\":\"Asia/Tokyo\"}' WHERE id = " + BOB,
                             "UPDATE preferences SET data = '{\"timeZone\":\"America/New_York\"}' WHERE id = " + BOB), set()),
    "user's name": ("user", put("`user`", "last_name='Miller'", "'Müller'"), {KICKOFF, FAIR, CALL}),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_reaches_what_it_concerns_and_nothing_else(gateway: Served, what: str) -> None:
    _, (do, undo), expected = CHANGES[what]
    before, called = state(gateway), titles(gateway)
    assert gateway.sql(do) >= 1
    after = state(gateway)
    called = titles(gateway) | called
    changed = {called[one] for one in before.keys() | after.keys() if before.get(one) != after.get(one)}
    assert changed == expected
    gateway.sql(undo)
    assert state(gateway) == before, "and back"


def test_no_side_table_is_left_out(gateway: Served) -> None:
    bases = {entity.table.name for entity in gateway.opened.crm.entities.values()}
    watched = {one.table.name for one in gateway.opened.setup.triggers.watched}
    assert watched - bases <= {table for table, _, _ in CHANGES.values()}
