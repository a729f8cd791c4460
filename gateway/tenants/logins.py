"""Which CRM a login means, and who that is there.

    anna@nord                 the tenant nord, its user anna
    anna@crm.example@nord     the tenant nord, its user with the login or address anna@crm.example
    anna@nord.example         the tenant whose `domains` has nord.example, its user with this login or address
    anna, anna@elsewhere      the CRM of logins that name no tenant; nobody where there is none

A login that means no CRM costs what a wrong one costs at some CRM, and is refused in the same words.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

from gateway.core.auth import Credentials
from gateway.core.errors import NotAuthenticated, Unavailable
from gateway.core.model import Principal
from gateway.core.realms import DEFAULT
from gateway.tenants.tenant import Tenant, with_realm


class Logins:
    """Judges logins of all CRMs (`gateway.core.auth.Authenticator`)."""

    def __init__(self, tenants: Mapping[str, Tenant], domains: Mapping[str, str]) -> None:
        """`domains`: mail domain → realm."""
        self._tenants, self._domains = tenants, domains

    async def authenticate(self, credentials: Credentials) -> Principal:
        """See the interface."""
        realm, login = self.meant(credentials.login)
        tenant = self._tenants.get(realm)
        if tenant is None or (realm and not login):
            await self._refuse(credentials)
            raise NotAuthenticated("Login or password is wrong.")
        found = await tenant.authenticator.authenticate(replace(credentials, login=login))
        return with_realm(found, realm)

    def meant(self, login: str) -> tuple[str, str]:
        """The realm a login names, and what it is within it."""
        before, at, behind = login.rpartition("@")
        realm = behind.lower()
        if at and realm and realm in self._tenants:
            return realm, before
        return self._domains.get(realm, DEFAULT) if at else DEFAULT, login

    async def _refuse(self, credentials: Credentials) -> None:
        """Take the time of a wrong login, with one that nobody can have."""
        for tenant in self._tenants.values():
            try:
                nobody = replace(credentials, login=secrets.token_urlsafe(32))
                await tenant.authenticator.authenticate(nobody)
            except Unavailable:
                continue
            except NotAuthenticated:
                return
