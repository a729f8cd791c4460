"""Requests and responses without an HTTP library, and the headers of WebDAV as types.

`server` makes a `DavRequest` of what arrived and sends the `DavResponse` it gets back; everything between is tested
on these two. Header names are in lower case, values as they came (repeated ones joined by a comma). A body on its
way out is bytes, or a stream of them where it may be large.
"""

from __future__ import annotations

import enum
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Final, NewType
from urllib.parse import parse_qsl

from gateway.core.model import Principal

QName = NewType("QName", str)
"""An XML name in Clark's notation: `{namespace}local`, or `local` alone."""

Body = bytes | AsyncGenerator[bytes]

MAX_ARGUMENTS: Final = 32
"""Names a query may have; one with more is taken for none at all."""


@dataclass(frozen=True, slots=True)
class DavRequest:
    """One request of an authenticated principal. `path` is still percent-encoded and has no query; `query` no `?`."""

    method: str
    path: str
    who: Principal
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    query: str = ""
    stream: AsyncGenerator[bytes] | None = None
    """The body where it may be large, in its place; read at most once."""

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The body in pieces, however it is there."""
        if self.stream is None:
            yield self.body
            return
        async for chunk in self.stream:
            yield chunk

    def header(self, name: str) -> str:
        """The header of this name (lower case), or nothing."""
        return self.headers.get(name, "")

    @property
    def media_type(self) -> str:
        """What the body says it is, in lower case and without parameters; nothing where it does not say."""
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def arguments(self) -> Mapping[str, str]:
        """The query, decoded; of a name given twice the first counts, a name without a value has an empty one."""
        if not self.query:
            return {}
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, errors="strict", max_num_fields=MAX_ARGUMENTS)
        except ValueError:
            return {}
        return dict(reversed(pairs))


@dataclass(frozen=True, slots=True)
class DavResponse:
    """What goes back. Content-Length is the server's to add, but of a stream, where only the method can know it.

    `may_compress`: the body is a text that is worth it; XML of ours is compressed in any case.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = b""
    may_compress: bool = False


class Depth(enum.Enum):
    """How far below the request URI a method reaches (RFC 4918 §10.2)."""

    ZERO = "0"
    ONE = "1"
    INFINITY = "infinity"

    @classmethod
    def parse(cls, text: str) -> Depth | None:
        """The depth a header says; None where it is missing or none of the three."""
        wanted = text.strip().lower()
        return next((depth for depth in cls if depth.value == wanted), None)


_PREFERENCE = re.compile(r'([A-Za-z0-9-]+)(?:\s*=\s*"?([A-Za-z0-9-]*)"?)?')


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the client would rather have (RFC 7240, RFC 8144), `Brief: t` included, which means the same as minimal."""

    is_minimal: bool = False
    wants_representation: bool = False
    is_without_root: bool = False

    @classmethod
    def parse(cls, headers: Mapping[str, str]) -> Preferences:
        """Read from the headers `Prefer` and `Brief`; what is not known is ignored (RFC 7240 §2)."""
        stated: dict[str, str] = {}
        for part in headers.get("prefer", "").split(",")[:32]:
            found = _PREFERENCE.match(part.strip())
            if found is not None:
                # RFC 7240 §2: of a preference given twice the first counts.
                stated.setdefault(found[1].lower(), (found[2] or "").lower())
        is_brief = headers.get("brief", "").strip().lower() == "t"
        return cls(
            is_minimal=stated.get("return") == "minimal" or is_brief,
            wants_representation=stated.get("return") == "representation",
            is_without_root="depth-noroot" in stated,
        )

    @property
    def applied(self) -> dict[str, str]:
        """Response headers of a listing that honoured these (RFC 7240 §3, RFC 8144 §4)."""
        honoured = [
            *(["return=minimal"] if self.is_minimal else []),
            *(["depth-noroot"] if self.is_without_root else []),
        ]
        return {"Vary": "Brief, Prefer", **({"Preference-Applied": ", ".join(honoured)} if honoured else {})}


def schedule_tag(tag: str) -> dict[str, str]:
    """The Schedule-Tag header (RFC 6638 §8.2), where there is a tag."""
    return {"Schedule-Tag": f'"{tag}"'} if tag else {}
