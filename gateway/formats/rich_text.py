"""HTML as the plain text people write, and such text as HTML.

A column that a CRM's editor fills with HTML is a note or a description to a client, which knows no markup. lxml's
parser reads whatever a browser would, event by event, so no depth of nesting is a danger. Blocks become lines,
paragraphs are parted by an empty one, items get a dash, a link keeps its target. What `to_html` makes reads back as
the same text; other markup is lost only when somebody changes the text, and what has no markup at all is text.
"""

from __future__ import annotations

import html
import re
from typing import Any, Final

from lxml import etree

_MARKUP: Final = re.compile(
    r"</?[a-zA-Z][a-zA-Z0-9]*(?:[\s/][^<>]*)?>|<!--|&(?:[a-zA-Z]\w{1,30}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});"
)
_INVISIBLE: Final = frozenset({"head", "script", "style", "template", "title", "noscript", "svg", "object"})
_APART: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "figure"})
"""Blocks with an empty line around them."""
_BLOCKS: Final = _APART | {
    "address", "article", "aside", "body", "center", "dd", "div", "dl", "dt", "fieldset", "footer", "form", "header", "hr",
    "html", "li", "main", "nav", "ol", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
}  # fmt: skip
_BLANKS: Final = re.compile(r"[ \t\n\r\f]+")
_LINK: Final = re.compile(r"\bhttps?://[^\s<>\"]*[^\s<>\"'.,;:!?)\]}]")
_NBSP: Final = "\xa0"
_TOLD: Final = ("http://", "https://", "mailto:", "tel:")
"""Links whose targets say something outside the page."""
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What neither a page nor a note has."""


def is_markup(text: str) -> bool:
    """Whether there is anything of HTML in a text."""
    return _MARKUP.search(text) is not None


def to_text(markup: str) -> str:
    """What HTML says. Text without any markup is what it is."""
    if not is_markup(markup):
        return _tidy(markup)
    reader = _Reader()
    target: Any = reader  # the parser's stubs speak of bytes, which Python 2 had
    parser = etree.HTMLParser(target=target, huge_tree=True, recover=True, encoding="utf-8")
    parser.feed(b"<html><body>" + _storable(markup).encode())
    parser.close()
    return _tidy("".join(reader.out))


def to_html(text: str) -> str:
    """Paragraphs where empty lines are, breaks where lines end, links where addresses of the web stand."""
    tidy = _tidy(text)
    if not tidy:
        return ""
    paragraphs = ["<br>".join(map(_line, part.split("\n"))) or "<br>" for part in tidy.split("\n\n")]
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def _line(text: str) -> str:
    """A line as HTML; blanks that a browser would take for one are held apart."""
    parts: list[str] = []
    place = 0
    for found in _LINK.finditer(text):
        address = html.escape(found[0])
        parts += [_spaced(text[place : found.start()]), f'<a href="{address}">{address}</a>']
        place = found.end()
    parts.append(_spaced(text[place:]))
    line = "".join(parts)
    return _NBSP + line[1:] if line.startswith(" ") else line


def _spaced(text: str) -> str:
    return html.escape(text, quote=False).replace("  ", f" {_NBSP}")


def _tidy(text: str) -> str:
    """Lines without what nobody sees: blanks at their ends, tabs, odd line ends."""
    text = _storable(text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ").replace(_NBSP, " ")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def _storable(text: str) -> str:
    return _UNSEEN.sub(" ", text)


class _Reader:
    """Takes the parser's events and keeps the words, with the line ends that are owed before the next one."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.owed = 0
        """Line ends of blocks that are done with."""
        self.gap = 0
        """Line ends around the block that has just ended or begun; of two margins the wider counts."""
        self.breaks = 0
        """Line breaks since the last word; the last of them shows nothing where its block ends."""
        self.is_apart = False
        """Whether a blank is owed."""
        self.mark = ""
        """What an item of a list begins with."""
        self.hidden = 0
        self.verbatim = 0
        self.lists: list[int] = []
        self.links: list[tuple[str, int]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _INVISIBLE or self.hidden:
            self.hidden += tag in _INVISIBLE
            return
        if tag in _BLOCKS:
            self._block(tag)
        if tag == "br":
            self.breaks, self.is_apart = self.breaks + 1, False
        elif tag == "pre":
            self.verbatim += 1
        elif tag in ("ul", "ol"):
            self.lists.append(int(tag == "ol"))
        elif tag == "li":
            self.mark = self._mark()
        elif tag in ("td", "th"):
            self.is_apart = True
        elif tag == "a":
            self.links.append((attributes.get("href", "").strip(), len(self.out)))
        elif tag == "img":
            self.data(attributes.get("alt", ""))

    def end(self, tag: str) -> None:
        if tag in _INVISIBLE:
            self.hidden = max(0, self.hidden - 1)
        if self.hidden:
            return
        if tag == "a" and self.links:
            self._tell_target(*self.links.pop())
        elif tag == "pre":
            self.verbatim = max(0, self.verbatim - 1)
        elif tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        if tag in _BLOCKS:
            self._block(tag)

    def data(self, data: str) -> None:
        if self.hidden:
            return
        if self.verbatim:
            first, *rest = data.replace("\r", "").split("\n")
            self._words(first)
            for line in rest:
                self.breaks += 1
                self._words(line)
            return
        text = _BLANKS.sub(" ", data)
        self.is_apart = self.is_apart or text.startswith(" ")
        self._words(text.strip(" "))
        self.is_apart = self.is_apart or text.endswith(" ")

    def comment(self, text: str) -> None:
        """Nobody sees comments."""

    def close(self) -> None:
        """Asked for by the parser."""

    def _words(self, words: str) -> None:
        if not words:
            return
        lines = self.owed + self.gap + self.breaks
        if lines:
            self.out.append("\n" * lines)
        elif self.is_apart:
            self.out.append(" ")
        self.out += [self.mark, words]
        self.owed = self.gap = self.breaks = 0
        self.is_apart, self.mark = False, ""

    def _block(self, tag: str) -> None:
        if self.breaks:
            self.owed, self.gap, self.breaks = self.owed + self.gap + self.breaks - 1, 0, 0
        self.gap = max(self.gap, 2 if tag in _APART else 1)
        self.is_apart = False

    def _mark(self) -> str:
        indent = "  " * (len(self.lists) - 1)
        if self.lists and self.lists[-1]:
            self.lists[-1] += 1
            return f"{indent}{self.lists[-1] - 1}. "
        return f"{indent}- "

    def _tell_target(self, target: str, begin: int) -> None:
        shown = "".join(self.out[begin:]).strip()
        if shown and shown not in (target, target.partition(":")[2]) and target.startswith(_TOLD):
            self.is_apart = True
            self._words(f"<{target}>")
