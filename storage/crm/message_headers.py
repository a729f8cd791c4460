"""Several addresses in one column: `Anna Schmidt <anna@crm.example>, bob@crm.example`, or a JSON array.

Read as headers are read: commas or semicolons part them, names may be quoted, and what is no address is left out.
Written so that the CRM and everybody else read the same: names that could be mistaken are quoted, and of a list too
long for its column whole addresses are left off at its end, never a part of one.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from gateway.formats.mime_addresses import mailboxes, parse_addresses

_PLAIN: Final = re.compile(r"[^\s()<>@,;:\\\".\[\]]+(?: [^\s()<>@,;:\\\"\[\]]+)*")
"""Names that need no quotes."""
_MISREAD: Final = re.compile(r"[\s()<>,;:\\\"\x00]")
"""Signs by which others would find somebody else in an address."""
_LONGEST: Final = 15_000
"""Characters of a list in a column without a length; MySQL's TEXT has 65,535 bytes."""


def read(held: Any) -> list[tuple[str, str]]:
    """The addresses and names in a column, whichever way they stand there."""
    found: list[tuple[str, str]] = []
    for text in _texts(held):
        for one in mailboxes(parse_addresses(text)):
            if one.local and one.domain:
                found.append((one.address, one.name))
    return found


def written(people: Iterable[tuple[str, str]], column: sa.ColumnElement[Any], *, is_json: bool) -> Any:
    """What the column gets for these (address, name); JSON has the addresses alone."""
    length = getattr(column.type, "length", None) or _LONGEST
    made: list[str] = []
    for address, name in people:
        if not address or _MISREAD.search(address) or "\x00" in name:
            continue
        # Of somebody whose name does not fit the address still tells who he is.
        for entry in [address] if is_json else [_entry(address, name), address]:
            if len(_whole([*made, entry], is_json=is_json)) <= length:
                made.append(entry)
                break
        else:
            break
    if isinstance(column.type, sa.JSON):
        return made
    return _whole(made, is_json=is_json)


def _whole(entries: Sequence[str], *, is_json: bool) -> str:
    return json.dumps(entries, ensure_ascii=False) if is_json else ", ".join(entries)


def _entry(address: str, name: str) -> str:
    if not name:
        return address
    if _PLAIN.fullmatch(name):
        return f"{name} <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def _texts(held: Any) -> Iterator[str]:
    if held is None:
        return
    if not isinstance(held, str):
        yield from (str(one) for one in (held if isinstance(held, list) else [held]) if one)
        return
    # Some CRMs keep what they show, with its quotes as HTML has them.
    text = html.unescape(held) if held.lstrip().startswith("[&quot;") else held
    if text.lstrip().startswith("["):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list):
            yield from (str(one) for one in listed if one)
            return
    yield text
