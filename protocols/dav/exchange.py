"""One request on its way through: what was asked, where, and what there is to answer it with."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.core.keeping import FullStore
from gateway.core.model import Principal
from gateway.edits import Edits
from protocols.dav.tree import Place
from protocols.dav.types import DavRequest, Preferences


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request at its place, with the store to read from and the one way in for writes."""

    request: DavRequest
    place: Place
    store: FullStore
    edits: Edits
    preferences: Preferences = field(default_factory=Preferences)

    @property
    def who(self) -> Principal:
        """The principal who asks."""
        return self.request.who
