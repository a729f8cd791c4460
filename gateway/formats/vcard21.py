"""vCard 2.1 turned into 3.0, in place.

Phones and old programs still write 2.1: bare type words, quoted-printable text in any character set, base64 with
blanks in it, commas that mean nothing. Nobody is served 2.1, so such a card is made a 3.0 one when it comes in, and
everything after that knows two versions only. Quoted-printable text occurs in cards that call themselves 3.0, too.
"""

from __future__ import annotations

import binascii
import re

from gateway.core.tree import Component, Line
from gateway.formats.escaping import escape
from gateway.formats.params import first_param, params_of, set_param

_STRUCTURED = frozenset({"N", "ADR", "ORG"})
_CHARSET = re.compile(
    r"utf-?8|us-ascii|iso-8859-[0-9]{1,2}|(windows-|cp)(125[0-8]|932|936|949|950)|shift_jis|euc-(jp|kr)"
    r"|iso-2022-jp|gb2312|gbk|gb18030|big5|koi8-[ru]",
    re.ASCII | re.IGNORECASE,
)
"""Character sets that cards come in; the interpreter knows codecs that are slow or no character sets at all."""
_ESCAPED_IN_21 = re.compile(r"\\([;,:\\nN])")


def is_vcard21(card: Component) -> bool:
    """Whether the card says so."""
    version = card.line("VERSION")
    return version is not None and version.value.strip() == "2.1"


def is_old(card: Component) -> bool:
    """Whether the card is of version 2.1, or has values coded as only 2.1 may have them."""
    return is_vcard21(card) or any(isinstance(item, Line) and _is_quoted_printable(item) for item in card.items)


def to_vcard30(card: Component) -> None:
    """Make a 2.1 card a 3.0 one; of a card of another version only quoted-printable values are undone."""
    if not is_vcard21(card):
        for item in card.items:
            if isinstance(item, Line) and _is_quoted_printable(item):
                _convert(item)
        return
    for item in card.items:
        if not isinstance(item, Line):
            continue
        if item.name.upper() == "VERSION":
            item.value = "3.0"
        else:
            _convert(item)


def _is_quoted_printable(line: Line) -> bool:
    return "PRINTABLE" in line.params.upper() and (first_param(line, "ENCODING") or "").upper() == "QUOTED-PRINTABLE"


def _convert(line: Line) -> None:
    encoding = (first_param(line, "ENCODING") or "").upper()
    if encoding in ("BASE64", "B"):
        line.value = "".join(line.value.split())
        _set_params(line, [("ENCODING", "b")])
        return
    if encoding in ("QUOTED-PRINTABLE", "Q"):
        raw = _decoded(line.value, first_param(line, "CHARSET") or "utf-8")
    else:
        raw = line.value
    _set_params(line, [])
    if line.name.upper().startswith("X-") and not encoding:
        return  # nobody knows what its semicolons part
    if line.name.upper() in _STRUCTURED:
        # 2.1 escapes `;` alone, and a decoded line feed belongs to the component it stands in.
        parts = re.split(r"(?<!\\);", raw)
        line.value = ";".join(_text(part) for part in parts)
    elif line.name.upper() == "CATEGORIES":
        line.value = ",".join(_text(word.strip()) for word in re.split(r"(?<!\\)[,;]", raw))
    else:
        line.value = _text(raw)


def _text(raw: str) -> str:
    plain = _ESCAPED_IN_21.sub(lambda found: "\n" if found[1] in "nN" else found[1], raw)
    return escape(plain)


def _decoded(value: str, charset: str) -> str:
    data = binascii.a2b_qp(value.encode("utf-8"))
    for name in (charset, "utf-8"):
        try:
            if _CHARSET.fullmatch(name):
                return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("cp1252", "replace")


def _set_params(line: Line, first: list[tuple[str, str]]) -> None:
    kept = [
        (name, value)
        for name, values in params_of(line)
        if name not in ("ENCODING", "CHARSET") and not (name == "VALUE" and values == ["INLINE"])
        for value in values
    ]
    line.params = ""
    texts: list[str] = []
    for name, value in (*first, *kept):
        one = Line("", "")
        set_param(one, name, [value])
        texts.append(one.params)
    line.params = "".join(texts)
