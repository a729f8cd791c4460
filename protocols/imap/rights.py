"""Rights as RFC 4314 writes them, drawn from what a collection allows. Pure.

They are what the configuration gives and are only shown: nobody has `a`, so nobody changes them here.
"""

from __future__ import annotations

from typing import Final

from gateway.core.model import Collection, Right

_LETTERS: Final = (
    (Right.READ, "lr"),
    (Right.FLAG, "sw"),
    (Right.CREATE, "i"),
    (Right.REMOVE, "te"),
)


def letters(collection: Collection) -> str:
    """The rights the one who asks has in a mailbox, in RFC 4314's order of them."""
    # Below every name mailboxes of one's own can be made; taken away are only those.
    held = {"k", "x"} if collection.is_own else {"k"}
    for right, written in _LETTERS:
        if right in collection.rights:
            held.update(written)
    return "".join(letter for letter in "lrswipkxte" if letter in held)
