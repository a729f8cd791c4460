"""Address lists of RFC 5322 §3.4, as mail really has them.

One pass over tokens, no recursion (comments nest by a counter), no failure: whatever cannot be an address keeps its
text as a name and has no domain. Semicolons part addresses as commas do, since Outlook writes them so. What would be
two addresses in one (`a@b@c`) is none: nobody may be matched by half of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.core.mail import AddressGroup, AddressList, Mailbox
from gateway.formats.mime_charsets import clean
from gateway.formats.mime_headers import decode_words

MAX_ADDRESSES: Final = 1_000
"""Addresses of one message that are read; those after it are as if they were not there."""

_TOKEN: Final = re.compile(
    r"(?P<space>\s++)|\"(?P<quoted>(?:[^\"\\]|\\.)*+)\"?|(?P<comment>\()|(?P<literal>\[[^\[\]]*+\]?)"
    r"|(?P<special>[<>@,;:.)\]\\])|(?P<atom>[^\s()<>@,;:.\"\[\]\\]++)",
    re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_PARENTHESIS: Final = re.compile(r"[()\\]")


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    is_apart: bool
    """White space or a comment stood before it."""


@dataclass(slots=True)
class _Pending:
    """What has been read of one address so far."""

    words: list[_Token] = field(default_factory=list)
    angle: list[_Token] | None = None
    is_closed: bool = False
    comment: str = ""

    def is_empty(self) -> bool:
        return not self.words and self.angle is None


def parse_addresses(text: str, limit: int = MAX_ADDRESSES) -> AddressList:
    """The addresses of a field's unfolded text, at most `limit` of them (members of groups count)."""
    out: list[Mailbox | AddressGroup] = []
    group: str | None = None
    members: list[Mailbox] = []
    pending = _Pending()
    count = 0

    def finish() -> None:
        nonlocal count, pending
        if not pending.is_empty() and count < limit:
            count += 1
            (out if group is None else members).append(_mailbox(pending))
        pending = _Pending()

    for token in _tokens(text):
        if count >= limit:
            break
        in_angle = pending.angle is not None and not pending.is_closed
        if token.kind == "comment":
            pending.comment = pending.comment or token.text
        elif token.kind == "special" and token.text == "," and not (in_angle and _is_route(pending.angle)):
            finish()
        elif token.kind == "special" and token.text == ";":
            finish()
            if group is not None:
                out.append(AddressGroup(group, tuple(members)))
                group, members = None, []
        elif token.kind == "special" and token.text == ":" and not in_angle and group is None:
            group = _phrase(pending.words)
            pending = _Pending()
        elif token.kind == "special" and token.text == "<" and pending.angle is None:
            pending.angle = []
        elif token.kind == "special" and token.text == ">" and in_angle:
            pending.is_closed = True
        elif in_angle and pending.angle is not None:
            pending.angle.append(token)
        elif not pending.is_closed:
            pending.words.append(token)
    finish()
    if group is not None:
        out.append(AddressGroup(group, tuple(members)))
    return tuple(out)


def mailboxes(addresses: AddressList) -> Iterator[Mailbox]:
    """The addresses with those of groups among them."""
    for entry in addresses:
        if isinstance(entry, AddressGroup):
            yield from entry.members
        else:
            yield entry


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    is_apart = False
    while (found := _TOKEN.match(text, position)) is not None:
        position = found.end()
        kind = found.lastgroup or "special"
        if kind == "space":
            is_apart = True
            continue
        value = found[0]
        if kind == "quoted":
            value = _ESCAPED.sub(r"\1", found["quoted"])
        elif kind == "comment":
            value, position = _comment(text, position)
        yield _Token(kind, value, is_apart)
        is_apart = kind == "comment"


def _comment(text: str, start: int) -> tuple[str, int]:
    """The comment whose parenthesis opened before `start`, and where it ends."""
    depth = 1
    position = start
    while (found := _PARENTHESIS.search(text, position)) is not None:
        position = found.end()
        if found[0] == "\\":
            position = min(position + 1, len(text))
        else:
            depth += 1 if found[0] == "(" else -1
            if depth == 0:
                return text[start : found.start()].strip(), position
    return text[start:].strip(), len(text)


def _is_route(angle: list[_Token] | None) -> bool:
    # RFC 5322 §4.4: an obsolete route `<@a,@b:local@domain>` may hold commas.
    return bool(angle) and angle is not None and angle[0].text == "@" and angle[0].kind == "special"


def _mailbox(pending: _Pending) -> Mailbox:
    if pending.angle is not None:
        angle = pending.angle
        if _is_route(angle):
            colon = next((at for at, token in enumerate(angle) if token.kind == "special" and token.text == ":"), -1)
            angle = angle[colon + 1 :]
        local, domain = _address(angle)
        return Mailbox(_phrase(pending.words) or _comment_name(pending), local, domain)
    at = next((i for i, token in enumerate(pending.words) if token.kind == "special" and token.text == "@"), None)
    if at is None:
        if len(pending.words) == 1:
            return Mailbox(_comment_name(pending), clean(pending.words[0].text), "")
        return Mailbox(_phrase(pending.words), "", "")
    # `Anna Beck anna@example.com`: what is not glued to the sign is a name.
    first = at
    while first > 0 and (first == at or not pending.words[first].is_apart or _glues(pending.words[first - 1])):
        first -= 1
    local, domain = _address(pending.words[first:])
    return Mailbox(_phrase(pending.words[:first]) or _comment_name(pending), local, domain)


def _glues(token: _Token) -> bool:
    return token.kind == "special" and token.text == "."


def _address(tokens: list[_Token]) -> tuple[str, str]:
    signs = [i for i, token in enumerate(tokens) if token.kind == "special" and token.text == "@"]
    if len(signs) > 1:
        return clean("".join(token.text for token in tokens)).replace("@", "?"), ""
    at = signs[0] if signs else len(tokens)
    local = "".join(token.text for token in tokens[:at])
    domain = "".join(token.text for token in tokens[at + 1 :])
    return clean(local), clean(domain).replace("@", "?").strip(". ")


def _comment_name(pending: _Pending) -> str:
    return decode_words(clean(_ESCAPED.sub(r"\1", pending.comment)))


def _phrase(tokens: list[_Token]) -> str:
    out: list[str] = []
    for number, token in enumerate(tokens):
        # A dot or sign in a phrase stays glued as it was written; words part by one space.
        if number and token.is_apart:
            out.append(" ")
        out.append(token.text)
    return decode_words(clean("".join(out))).strip()
