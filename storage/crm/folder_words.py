"""What a view has to say, and may not, where it is a mailbox for each record (`storage.crm.record_folders`)."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.core.model import Role, Shape
from storage.crm.words import View


def wrong_words(view: View) -> Iterator[tuple[str, str]]:
    """What is wrong with a view's words for mailboxes of records, each with the word it is said of."""
    if not view.each:
        for word in ("when", "link", "newest"):
            if getattr(view, word):
                yield word, "goes with `each`"
        return
    if view.shape is not Shape.MESSAGE or not view.entity:
        yield "each", "only a view of messages has a mailbox for each record"
    hole = view.display_name.find("{")
    if hole < 0 or "/" not in view.display_name[:hole]:
        yield "name", 'say it with a folder and a column, like "Contacts/{last_name}"'
    if not view.is_shared:
        yield "filter", "is over messages and does not name the user; whom a mailbox reaches is said by `when`"
    if not view.when:
        yield "when", 'is missing: say which records\' mailboxes are seen, for example "owner_id = user.id"'
    if not view.link:
        yield "link", "is missing: say which table ties messages to records"
    if view.delete not in ("hide", "refuse"):
        yield "delete", 'is "hide" (the link is taken away) or "refuse"'
    if view.role is not Role.NONE:
        yield "role", "a mailbox of a record has none"
