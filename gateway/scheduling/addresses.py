"""Calendar user addresses (RFC 5545 §3.3.3, RFC 6638 §2.4.1): which are one, and whose they are.

A user is known by his e-mail address as a `mailto:` URI and by the URL of his principal, absolute or not, whatever
host it names: we are reached under many. Letter case of an e-mail address means nothing.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from gateway.core.model import Principal

_PRINCIPAL: Final = re.compile(r"(?:.*/)?principals/([^/]+)/?")
ADDRESS_LONGEST: Final = 1_000


def normal(address: str) -> str:
    """An address in the form in which equal ones are equal."""
    text = address.strip()
    mail = mail_of(text)
    if mail:
        return f"mailto:{mail}"
    login = login_of(text)
    return f"principal:{login}" if login else text


def mail_of(address: str) -> str:
    """The e-mail address of a `mailto:` URI, in lower case; empty for any other address."""
    scheme, _, rest = address.strip().partition(":")
    if scheme.lower() != "mailto":
        return ""
    return unquote(rest.partition("?")[0]).strip().lower()


def login_of(address: str) -> str:
    """The login in the URL of a principal; empty for any other address."""
    text = address.strip()
    if len(text) > ADDRESS_LONGEST:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if parts.scheme not in ("", "http", "https") or not parts.path.startswith("/"):
        return ""
    found = _PRINCIPAL.fullmatch(parts.path)
    return "" if found is None else unquote(found[1])


def is_of(address: str, who: Principal) -> bool:
    """Whether this is an address of a principal's."""
    mail = mail_of(address)
    if mail:
        return mail == who.address.strip().lower()
    login = login_of(address)
    # A store of one CRM among several knows no realm, and the login in a URL has it.
    return bool(login) and who.login in (login, login.rpartition("@")[0])


def address_of(who: Principal) -> str:
    """The address a principal is known to others by; empty where the CRM has none of him."""
    return f"mailto:{who.address.strip()}" if who.address.strip() else ""
