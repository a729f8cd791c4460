"""Structured logs on standard error: text for people, JSON for collectors.

Everything goes through the standard library's logging, so libraries are heard too. Control characters are escaped:
a login name with a line feed in it makes one line all the same. Passwords are never handed to a logger.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def set_up(level: str, *, as_json: bool) -> None:
    """Log to standard error from now on."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: Any = structlog.processors.JSONRenderer() if as_json else _line
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("alembic", "sqlalchemy", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _line(_logger: Any, _method: str, event: Any) -> str:
    """Time, level, where, what; one line, with a trace below it where there is one."""
    trace = event.pop("exception", "")
    words = (
        str(event.get("event", "")).encode("unicode_escape").decode("ascii") if _is_odd(event) else event.get("event")
    )
    line = f"{event.get('timestamp', '')} {event.get('level', ''):<7} {event.get('logger', '')}: {words}"
    return f"{line}\n{trace}" if trace else line


def _is_odd(event: Any) -> bool:
    return any(character < " " or character == "\x7f" for character in str(event.get("event", "")))
