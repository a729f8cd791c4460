"""XML in and out.

In: lxml with a new parser for each body, after the text has been looked at. A document type declaration never
reaches the parser: the body is decoded here (UTF-8, UTF-16, ASCII or Latin-1), its declaration taken off, and any
`<!DOCTYPE` refused, so entities cannot be declared at all. Size, depth and number of elements are limited.

Out: string templates. What we write is flat and known, and templates are ten times faster than trees. All text goes
through `escape`, all foreign names through `tag`.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from protocols.dav.names import PREFIXES, split
from protocols.dav.types import QName

Element = etree._Element

MAX_BODY: Final = 1 << 20
"""Bytes of XML a request may have."""
MAX_DEPTH: Final = 64
MAX_ELEMENTS: Final = 10_000

_DECLARATION = re.compile(r"\s*<\?xml\b([^>]*)\?>")
_ENCODING = re.compile(rb"""\s*<\?xml\b[^>]{0,100}\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CONTROLS: Final = bytes(0x3F if code < 0x20 and code not in b"\t\n\r" else code for code in range(256))
_CODECS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
}


class Malformed(Exception):
    """A body that is not the XML it should be; `status` is 400 or 413."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def parse(body: bytes) -> Element:
    """The root element of a request body. Raises Malformed, with 413 above `MAX_BODY`."""
    if len(body) > MAX_BODY:
        raise Malformed(413, f"The request body is larger than {MAX_BODY} bytes.")
    text = _NOT_XML.sub("", _decode(body)).strip()
    declaration = _DECLARATION.match(text)
    if declaration is not None:
        text = text[declaration.end() :]
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Malformed(400, "A document type declaration is not accepted.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise Malformed(400, "The request body is not well-formed XML.") from problem
    _measure(root)
    return root


def _decode(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16"
    elif body.startswith(b"\xef\xbb\xbf"):
        codec = "utf-8-sig"
    else:
        stated = _ENCODING.match(body[:256])
        name = "utf-8" if stated is None else stated[1].decode("ascii").lower()
        if name not in _CODECS:
            raise Malformed(400, "The request body must be UTF-8 or UTF-16.")
        codec = _CODECS[name]
    try:
        return body.decode(codec)
    except UnicodeDecodeError as problem:
        raise Malformed(400, "The request body is not in the encoding it states.") from problem


def _measure(root: Element) -> None:
    count = 0
    level = [root]
    for _ in range(MAX_DEPTH):
        count += len(level)
        if count > MAX_ELEMENTS:
            raise Malformed(400, f"The request body has more than {MAX_ELEMENTS} elements.")
        level = [child for element in level for child in element]
        if not level:
            return
    raise Malformed(400, f"The request body is nested deeper than {MAX_DEPTH} levels.")


def name_of(element: Element) -> QName:
    """The element's name."""
    return QName(str(element.tag))


def text_of(element: Element | None) -> str:
    """The element's text without surrounding white space; nothing for no element."""
    return "" if element is None else "".join(map(str, element.itertext())).strip()


def child(element: Element, name: QName) -> Element | None:
    """The first child of this name."""
    return element.find(name)


def children(element: Element, name: QName) -> list[Element]:
    """The children of this name, in order."""
    return element.findall(name)


def escape(text: str) -> str:
    """Text as XML content. Carriage returns survive as references; what XML cannot say at all becomes U+FFFD."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    # XML 1.0 §2.11: a parser turns a bare CR LF into LF, and content would no longer be what its ETag says.
    if "\r" in text:
        text = text.replace("\r", "&#13;")
    return _NOT_XML.sub("\ufffd", text)


def escape_content(content: bytes) -> str:
    """A whole document as XML content; the same as `escape`, in one pass of C for what no text may hold."""
    text = content.translate(_CONTROLS).decode("utf-8", "replace")
    if "\ufffe" in text or "\uffff" in text:
        text = _NOT_XML.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def attribute(text: str) -> str:
    """Text as an attribute's value, with its quotes."""
    return '"' + escape(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;") + '"'


def tag(name: QName) -> tuple[str, str]:
    """Start and end tag of a name; with a declaration of its own where the namespace is none of `PREFIXES`."""
    namespace, local = split(name)
    prefix = PREFIXES.get(namespace)
    if prefix is not None:
        return f"<{prefix}:{local}>", f"</{prefix}:{local}>"
    if not namespace:
        return f"<{local}>", f"</{local}>"
    return f"<x:{local} xmlns:x={attribute(namespace)}>", f"</x:{local}>"


def empty(name: QName) -> str:
    """An element of this name with nothing in it."""
    return tag(name)[0][:-1] + "/>"


def href(url: str) -> str:
    """A DAV:href element."""
    return f"<D:href>{escape(url)}</D:href>"


NAMESPACES: Final = " ".join(f'xmlns:{prefix}="{namespace}"' for namespace, prefix in PREFIXES.items())
HEAD: Final = '<?xml version="1.0" encoding="utf-8"?>\n'
