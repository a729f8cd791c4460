"""New keys, as the CRM makes its own.

    new_key = "autoincrement"          # the database makes it; what holds where nothing is said
    new_key = "{uuid}"                 # 36 characters, as SuiteCRM has them
    new_key = "{clock}{hex4}"          # 13 hexadecimal digits of the time in µs, and 4 of chance, as EspoCRM has them

`{clock}` grows with time (8 digits of the second, 5 of the microsecond), `{hexN}` is N digits of chance.
"""

from __future__ import annotations

import re
import secrets
import time
import uuid
from typing import Final

from gateway.core.errors import ConfigError

AUTOINCREMENT: Final = "autoincrement"
_PART: Final = re.compile(r"\{(uuid|clock|hex([1-9]\d?))\}")


def check(template: str) -> None:
    """Raises ConfigError for a template that says nothing, or something unknown."""
    if template == AUTOINCREMENT:
        return
    rest = _PART.sub("", template)
    if rest == template or set(rest) & set("{}"):
        raise ConfigError(f"{template!r} makes no key; say {AUTOINCREMENT!r}, or use {{uuid}}, {{clock}}, {{hex4}}")


def new_key(template: str) -> str | None:
    """A key nobody has; None where the database makes it."""
    return None if template == AUTOINCREMENT else _PART.sub(_part, template)


def _part(found: re.Match[str]) -> str:
    if found[1] == "uuid":
        return str(uuid.uuid4())
    if found[1] == "clock":
        seconds, rest = divmod(time.time_ns() // 1000, 1_000_000)
        return f"{seconds:08x}{rest:05x}"
    digits = int(found[2])
    return secrets.token_hex((digits + 1) // 2)[:digits]
