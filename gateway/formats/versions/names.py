"""Which names of the two versions mean the same, and the words for people and services.

The tables are for both directions, so that what one does the other undoes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

FORMER: Final = "X-CRMGATE-NAME"
"""A parameter of a translated line: the name it had, where its new one is that of several."""

SHARED: Final = frozenset(
    [
        "ADR",
        "ANNIVERSARY",
        "BDAY",
        "CALADRURI",
        "CALURI",
        "CATEGORIES",
        "CLIENTPIDMAP",
        "EMAIL",
        "FBURL",
        "FN",
        "GENDER",
        "GEO",
        "IMPP",
        "KEY",
        "KIND",
        "LABEL",
        "LANG",
        "LOGO",
        "MAILER",
        "MEMBER",
        "N",
        "NICKNAME",
        "NOTE",
        "ORG",
        "PHOTO",
        "PRODID",
        "RELATED",
        "REV",
        "ROLE",
        "SORT-STRING",
        "SOUND",
        "SOURCE",
        "TEL",
        "TITLE",
        "TZ",
        "UID",
        "URL",
    ]
)
"""Properties of the standards: their parameters are translated. Those of others stay as they are."""

ANNIVERSARIES: Final = ("X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "X-KADDRESSBOOK-X-ANNIVERSARY")
"""ANNIVERSARY before 4.0; the first is what most programs know."""
APPLE_DATE: Final = "X-ABDATE"
ANNIVERSARY_LABEL: Final = "_$!<Anniversary>!$_"
APPLE_RELATED: Final = "X-ABRELATEDNAMES"
APPLE_LABEL: Final = "X-ABLABEL"

RELATED: Final[Mapping[str, Sequence[str]]] = {
    "X-SPOUSE": ("spouse",),
    "X-MANAGER": ("co-worker", "manager"),
    "X-ASSISTANT": ("agent", "assistant"),
    "X-EVOLUTION-SPOUSE": ("spouse",),
    "X-EVOLUTION-MANAGER": ("co-worker", "manager"),
    "X-EVOLUTION-ASSISTANT": ("agent", "assistant"),
}
"""Extensions of 3.0 that name a person, and the types RELATED has for them (RFC 6350 §6.6.6 and what phones write)."""

LABELS: Final[Mapping[str, Sequence[str]]] = {
    "_$!<Mother>!$_": ("parent", "mother"),
    "_$!<Father>!$_": ("parent", "father"),
    "_$!<Brother>!$_": ("sibling", "brother"),
    "_$!<Sister>!$_": ("sibling", "sister"),
    "_$!<Manager>!$_": ("co-worker", "manager"),
    "_$!<Assistant>!$_": ("agent", "assistant"),
    "_$!<Partner>!$_": ("partner",),
    "_$!<Spouse>!$_": ("spouse",),
    "_$!<Child>!$_": ("child",),
    "_$!<Friend>!$_": ("friend",),
    "_$!<Parent>!$_": ("parent",),
}
"""Apple's labels of X-ABRELATEDNAMES and the same types; those that say more come first."""

SERVICES: Final[Mapping[str, str]] = {
    "X-AIM": "aim",
    "X-GADUGADU": "gg",
    "X-GOOGLE-TALK": "xmpp",
    "X-GROUPWISE": "groupwise",
    "X-ICQ": "icq",
    "X-JABBER": "xmpp",
    "X-MSN": "msnim",
    "X-QQ": "qq",
    "X-SIP": "sip",
    "X-SKYPE": "skype",
    "X-SKYPE-USERNAME": "skype",
    "X-YAHOO": "ymsgr",
}
"""Extensions that name an account somewhere, and the scheme of its URI in IMPP (RFC 4770)."""


def label_for(types: Sequence[str]) -> str:
    """Apple's label for a relation of these types; a type of no label is its own."""
    words = [word.lower() for word in types]
    for label, meant in LABELS.items():
        if all(word in words for word in meant):
            return label
    return next((word for word in words if word not in ("pref", "home", "work")), "_$!<Other>!$_")
