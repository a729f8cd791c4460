"""What is taken at most, where more than one place has to say the same number."""

from __future__ import annotations

from typing import Final

DOCUMENT_LARGEST: Final = 10 * 1024 * 1024
"""Bytes of a vCard or iCalendar object."""
MESSAGE_LARGEST: Final = 50 * 1024 * 1024
"""Bytes of a message."""
