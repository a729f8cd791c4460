"""A person's whole name in its parts, and together again.

    split("Dr. Vincent Willem van Gogh, Jr.", {"prefix", "first", "middle", "last", "suffix"})
    # prefix "Dr.", first "Vincent", middle "Willem", last "van Gogh", suffix "Jr."

Only the parts that somebody asks for are made: without `prefix` a title stays with the first name, without `middle`
further given names do. The last word is the last name, with the particles before it; a name with a comma has the
last name first. No split is ever sure, so nothing may hang on it: `joined(split(name))` is the name again, word for
word and comma for comma, and a part that changes leaves the way the name was written as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

PARTS: Final = ("prefix", "first", "middle", "last", "suffix")
"""In the order in which they are written."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PREFIXES: Final = _words(
    "dr dr. prof prof. mr mr. mrs mrs. ms ms. mx mx. miss sir dame herr frau hr. fr. monsieur madame mme mlle "
    "dipl.-ing. dipl.-kfm. ing. mag. med. h.c. rev. hon. br. m. sr. sra. srta. dott. sig. drs. mgr."
)
_SUFFIXES: Final = _words("Jr Sr II III IV PhD MD Esq MBA DDS DVM CPA BSc MSc LLB LLM M.A. B.A.")
"""As they are written, with or without dots. "Ma" is a name."""
_PARTICLES: Final = _words(
    "von vom van vander zu zum zur der den dem de des del della di da dal dalla do dos das du la le las los y ten ter te "
    "af av bin ibn bint al el Von Van De Der Den Del Della Di Da Du La Le Ter"
)


@dataclass(frozen=True, slots=True)
class Name:
    """The parts, those that are empty left out, and how they stand together."""

    parts: Mapping[str, str] = field(default_factory=dict)
    is_last_first: bool = False
    before_suffix: str = " "

    def with_parts(self, parts: Mapping[str, str]) -> Name:
        """The same name with these parts anew."""
        whole = dict(self.parts) | {part: " ".join(text.split()) for part, text in parts.items()}
        return replace(self, parts={part: text for part, text in whole.items() if text})


def split(text: str, wanted: Collection[str] = PARTS) -> Name:
    """The parts of a whole name, as far as they are `wanted`."""
    words = " ".join(text.split())
    parts: dict[str, str] = {}
    before_suffix = " "
    if "suffix" in wanted:
        words, before_suffix, parts["suffix"] = _cut_suffix(words)
    last, comma, rest = words.partition(", ")
    is_last_first = bool(last and comma and rest) and "," not in last + rest and {"first", "last"} <= set(wanted)
    if is_last_first:
        parts["prefix"], given = _cut_prefix(rest.split()) if "prefix" in wanted else ("", rest.split())
        parts["last"] = last
    else:
        parts["prefix"], given = _cut_prefix(words.split()) if "prefix" in wanted else ("", words.split())
        given, parts["last"] = _cut_last(given, wanted)
    many = 1 if "middle" in wanted else len(given)
    parts["first"], parts["middle"] = " ".join(given[:many]), " ".join(given[many:])
    return Name({part: text for part, text in parts.items() if text}, is_last_first, before_suffix)


def joined(name: Name) -> str:
    """The whole name."""
    parts = name.parts
    given = [parts[part] for part in ("prefix", "first", "middle") if part in parts]
    if name.is_last_first and "last" in parts and given:
        whole = f"{parts['last']}, {' '.join(given)}"
    else:
        whole = " ".join([*given, *([parts["last"]] if "last" in parts else ())])
    if "suffix" not in parts:
        return whole
    return whole + (name.before_suffix if whole else "") + parts["suffix"]


def _cut_prefix(words: list[str]) -> tuple[str, list[str]]:
    """Titles before the name; a word that nothing follows is a name."""
    many = 0
    while many < len(words) - 1 and words[many].casefold() in _PREFIXES:
        many += 1
    return " ".join(words[:many]), words[many:]


def _cut_suffix(text: str) -> tuple[str, str, str]:
    """What is before, what stands between, and the titles behind the name."""
    words = text.split(" ")
    many = len(words)
    while many > 1 and _is_suffix(words[many - 1].rstrip(",")):
        many -= 1
    head, tail = " ".join(words[:many]), " ".join(words[many:])
    if tail and head.endswith(",") and head[:-1].strip(" ,") == head[:-1]:
        return head[:-1], ", ", tail
    return head, " ", tail


def _is_suffix(word: str) -> bool:
    return word in _SUFFIXES or word.replace(".", "") in _SUFFIXES


def _cut_last(words: list[str], wanted: Collection[str]) -> tuple[list[str], str]:
    """Given names and the last name; a single word is a last name, where there are any."""
    if "last" not in wanted:
        return words, ""
    if "first" not in wanted:
        return [], " ".join(words)
    many = max(len(words) - 1, 0)
    while many > 1 and words[many - 1] in _PARTICLES:
        many -= 1
    return words[:many], " ".join(words[many:])
