"""Texts out of what PHP's `serialize` makes of an array: `a:1:{s:8:"timezone";s:13:"Europe/Berlin";}`, also in base64.

Only texts under a name of their own are looked for; nothing is made of objects, which is where reading such data is
dangerous. The first of the name counts, at whichever depth.
"""

from __future__ import annotations

import base64
import binascii


def text_in(held: str, name: str) -> str:
    """The text under this name; nothing where there is none."""
    content = held.strip().encode("utf-8", "replace")
    if b'"' not in content:
        try:
            content = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            return ""
    key = name.encode()
    head = b's:%d:"%s";s:' % (len(key), key)
    start = content.find(head)
    if start < 0:
        return ""
    # The length is in bytes, and what it measures may hold quotes.
    length, quote, rest = content[start + len(head) :].partition(b':"')
    if not quote or not length.isdigit() or len(length) > 9:
        return ""
    size = int(length)
    text, end = rest[:size], rest[size : size + 2]
    return text.decode("utf-8", "replace") if end == b'";' else ""
