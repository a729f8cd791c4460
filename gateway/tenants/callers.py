"""Whose store a call means: the one of the caller's realm, in which he is known without it."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.core.errors import NotFound
from gateway.core.keeping import FullStore
from gateway.core.model import Principal
from gateway.tenants.tenant import Tenant, without_realm


class Callers:
    """The CRMs by realm."""

    def __init__(self, tenants: Mapping[str, Tenant]) -> None:
        self._tenants = tenants

    def _of(self, who: Principal) -> tuple[FullStore, Principal, int]:
        """The caller's store, who he is there, and the number of his realm."""
        tenant = self._tenants.get(who.realm)
        if tenant is None:
            raise NotFound("There is no such CRM.")
        return tenant.store, without_realm(who), tenant.number
