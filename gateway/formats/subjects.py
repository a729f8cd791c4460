"""The base subject of RFC 5256 §2.1: what is left of a subject when replies, forwards and list labels are taken off.

Each step of the RFC is one pass over what is left, and every pass takes something off or ends, so it is linear but for
the brackets in front, which are bounded.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 1_000
"""Characters of a subject that are looked at."""

_SPACES: Final = re.compile(r"\s+")
_TRAILER: Final = re.compile(r"(?:\(fwd\)| )$", re.IGNORECASE)
_BLOB: Final = re.compile(r"\[[^\[\]]*\] *")
_REFWD: Final = re.compile(r"(?:re|fwd?) *(?:\[[^\[\]]*\] *)?:", re.IGNORECASE)
_FORWARD: Final = "[fwd:"


def base_subject(subject: str) -> tuple[str, bool]:
    """A decoded subject's base, and whether it was that of a reply or a forward."""
    text = _SPACES.sub(" ", subject[:LONGEST])
    is_reply = False
    while True:
        text, was_reply = _trimmed(text)
        is_reply |= was_reply
        # Step 6: `[fwd: …]` around what is left, and all over again.
        if not (text[: len(_FORWARD)].lower() == _FORWARD and text.endswith("]")):
            return text, is_reply
        text, is_reply = text[len(_FORWARD) : -1], True


def _trimmed(text: str) -> tuple[str, bool]:
    """Steps 2 to 5."""
    is_reply = False
    while (found := _TRAILER.search(text)) is not None:
        is_reply |= found[0] != " "
        text = text[: found.start()]
    while True:
        rest = _without_leader(text)
        if rest is not None:
            is_reply |= not text.startswith(" ")
            text = rest
            continue
        blob = _BLOB.match(text)
        # Step 4: a label goes only where it leaves something.
        if blob is None or blob.end() == len(text):
            return text, is_reply
        text = text[blob.end() :]


def _without_leader(text: str) -> str | None:
    """Step 3: labels before `re:`, `fw:` or `fwd:`, or a space; None where none stands in front."""
    if text.startswith(" "):
        return text[1:]
    at = 0
    while (blob := _BLOB.match(text, at)) is not None:
        at = blob.end()
    found = _REFWD.match(text, at)
    return None if found is None else text[found.end() :]
