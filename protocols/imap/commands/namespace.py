"""NAMESPACE (RFC 2342)."""

from __future__ import annotations

from protocols.imap.commands.command import Ok, Plain
from protocols.imap.session import Session


class Namespace(Plain):
    """NAMESPACE: one personal namespace without a prefix."""

    name = b"NAMESPACE"

    async def run(self, session: Session, arguments: None) -> Ok:
        """Shared mailboxes stand in it beside one's own."""
        session.out.add(b'* NAMESPACE (("" "/")) NIL NIL')
        return Ok("Done.")
