"""The forms a field may take: the language in which a mapping says how columns become meaning."""

from __future__ import annotations

from typing import Any, Final

from gateway.runtime.lines import near
from storage.crm.forms.address import PostalAddress
from storage.crm.forms.addresses import PostalAddresses
from storage.crm.forms.children import Children
from storage.crm.forms.column import Column
from storage.crm.forms.day_or_moment import DayOrMoment
from storage.crm.forms.file import FilePhoto
from storage.crm.forms.fixed import Constant, ReadOnly, Template
from storage.crm.forms.form import Form, Place
from storage.crm.forms.link_column import LinkColumn
from storage.crm.forms.looked_up import LookedUp
from storage.crm.forms.name_part import NamePart
from storage.crm.forms.participants import Participants
from storage.crm.forms.period import PeriodColumns
from storage.crm.forms.reference import Owner, Reference, Users
from storage.crm.forms.reminder import Reminder
from storage.crm.forms.shared_values import SharedValues
from storage.crm.forms.slots import Slots

__all__ = ["Form", "Place", "Reference", "Users", "form", "forms"]

_KNOWN: Final[tuple[tuple[str, type[Any]], ...]] = (
    ("children", Children),
    ("slots", Slots),
    ("address", PostalAddress),
    ("addresses", PostalAddresses),
    ("participants", Participants),
    ("shared", SharedValues),
    ("part", NamePart),
    ("reminder", Reminder),
    ("file", FilePhoto),
    ("of_link", LinkColumn),
    ("moment", DayOrMoment),
    ("constant", Constant),
    ("template", Template),
    ("entity", Reference),
    ("start", PeriodColumns),
    ("lookup", LookedUp),
    ("column", Column),
)
"""The word that tells which form it is. The first that is there decides."""


def form(place: Place, words: Any, users: Users) -> Form:
    """The form these words of a mapping describe. Raises ConfigError."""
    if isinstance(words, str):
        words = {"column": words}
    if not isinstance(words, dict):
        raise place.wrong("expected a column or a table of words")
    if words.get("read_only") is True:
        return ReadOnly(form(place, {name: word for name, word in words.items() if name != "read_only"}, users))
    if "owner" in words:
        _check(place, words, Owner)
        return Owner(place, words, users)
    for word, kind in _KNOWN:
        if word in words:
            _check(place, words, kind)
            made: Form = kind(place, words)
            return made
    telling = ("owner", *(word for word, _ in _KNOWN))
    hint = next((hint for word in words if (hint := near(word, telling))), "")
    raise place.wrong(f"no form has the words {', '.join(sorted(words))}; say one of {', '.join(telling)}{hint}")


def forms() -> dict[str, type[Form]]:
    """Every form by the word that tells it."""
    return {"owner": Owner, **dict(_KNOWN)}


def _check(place: Place, words: dict[str, Any], kind: type[Form]) -> None:
    unknown = [name for name in words if kind.WORDS and name not in kind.WORDS]
    if unknown:
        told = "; ".join(f"unknown word {name!r}{near(name, kind.WORDS)}" for name in unknown)
        raise place.wrong(f"{told} (known here: {', '.join(kind.WORDS)})")
