"""PHOTO, LOGO, SOUND and KEY: ENCODING=b with a TYPE in 3.0 (RFC 2426 §3.1.4), a data: URI in 4.0 (RFC 6350 §6.2.4).

The base64 text itself is passed on, never decoded: a photo of megabytes costs a copy. What is only pointed to stays a
URI in both. A property without a value says nothing, and is in no translation.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

from gateway.core.tree import Line
from gateway.formats.card_values import data_uri, sniffed
from gateway.formats.params import first_param, name_of, pieces_of, set_param, set_pieces, written

NAMES: Final[Mapping[str, str]] = {"PHOTO": "image", "LOGO": "image", "SOUND": "audio", "KEY": "application"}
"""The properties, and the main type of what they hold."""
_SUBTYPES: Final = {"X509": "pkix-cert", "PGP": "pgp-keys", "WAVE": "wav"}
_WORDS: Final = {subtype: word for word, subtype in _SUBTYPES.items()} | {"x-x509-ca-cert": "X509"}
_NO_FORMAT: Final = frozenset({"pref", "home", "work"})
_CODED: Final = frozenset({"B", "BASE64"})


def upward(line: Line) -> bool:
    """As 4.0 has it, in place; False for one that says nothing."""
    if _is_empty(line):
        return False
    is_coded = (first_param(line, "ENCODING") or "").upper() in _CODED and not _is_pointer(line)
    stated = data_uri(line.value)
    media = _taken_format(line) if is_coded or stated is not None or _is_pointer(line) else ""
    for name in ("ENCODING", "VALUE") if is_coded or stated is not None else ("ENCODING",):
        set_param(line, name, None)
    if stated is not None:
        line.value = f"data:{stated[0] or media or _guess(line)};base64,{_base64(stated)}"
    elif is_coded:
        line.value = f"data:{media or _guess(line)};base64,{''.join(line.value.split())}"
    elif media:
        set_param(line, "MEDIATYPE", [media])
    elif first_param(line, "VALUE") is None and "://" not in line.value:
        # RFC 6350: the default is a URI now; it was text before.
        set_param(line, "VALUE", ["text"])
    return True


def downward(line: Line) -> bool:
    """As 3.0 has it, in place; False for one that says nothing."""
    if _is_empty(line):
        return False
    stated = data_uri(line.value)
    if stated is not None:
        for name in ("VALUE", "MEDIATYPE"):
            set_param(line, name, None)
        word = _format(stated[0])
        set_pieces(line, ["ENCODING=b", *([written("TYPE", [word])] if word else []), *pieces_of(line)])
        line.value = _base64(stated)
    elif (first_param(line, "VALUE") or "uri").lower() == "uri":
        media = (first_param(line, "MEDIATYPE") or "").lower()
        if media.startswith(NAMES[line.name.upper()] + "/"):
            set_param(line, "MEDIATYPE", None)
            set_pieces(line, [*pieces_of(line), written("TYPE", [_format(media)])])
        set_param(line, "VALUE", ["uri"])
    return True


def _is_empty(line: Line) -> bool:
    value = line.value.strip()
    return not value or (value.endswith(",") and data_uri(value) is not None)


def _is_pointer(line: Line) -> bool:
    return (first_param(line, "VALUE") or "").lower() in ("uri", "url")


def _guess(line: Line) -> str:
    """The media type of what is coded in a line that names none."""
    if NAMES[line.name.upper()] != "image":
        return "application/octet-stream"
    try:
        return sniffed(base64.b64decode("".join(line.value[:48].split())[:24]))
    except ValueError:
        return "image/jpeg"


def _taken_format(line: Line) -> str:
    """The media type that a TYPE names, which is taken out; nothing where none does."""
    media = ""
    kept: list[str] = []
    for piece in pieces_of(line):
        words = piece.partition("=")[2] or piece
        if name_of(piece) != "TYPE" or "," in words or words.strip('" ').lower() in _NO_FORMAT or media:
            kept.append(piece)
            continue
        word = words.strip('" ')
        subtype = _SUBTYPES.get(word.upper(), word.lower().replace("jpg", "jpeg"))
        media = subtype if "/" in subtype else f"{NAMES[line.name.upper()]}/{subtype}"
    set_pieces(line, kept)
    return media


def _format(media: str) -> str:
    """The word 3.0 has for a media type: the subtype's name, in capitals as programs write it."""
    subtype = media.partition("/")[2]
    return _WORDS.get(subtype, subtype.upper())


def _base64(stated: tuple[str, str | bytes]) -> str:
    content = stated[1]
    return content if isinstance(content, str) else base64.b64encode(content).decode("ascii")
