"""The properties that only folders and files have: times of RFC 4918, quotas of RFC 4331."""

from __future__ import annotations

from typing import Final

from protocols.dav.dates import http_date, iso_date
from protocols.dav.names import dav
from protocols.dav.property import Property
from protocols.dav.tree import Kind, Node

FILES: Final = frozenset({Kind.FOLDER, Kind.FILE})
FOLDERS: Final = frozenset({Kind.HOME, Kind.FOLDER})


class CreationDate(Property):
    """RFC 4918 §15.1."""

    name = dav("creationdate")
    kinds = FILES
    in_allprop = True

    def value(self, node: Node) -> str | None:
        """When it was made."""
        return None if node.file is None else iso_date(node.file.created)


class GetLastModified(Property):
    """RFC 4918 §15.7."""

    name = dav("getlastmodified")
    kinds = FILES
    in_allprop = True

    def value(self, node: Node) -> str | None:
        """When a file was written last, or something came into a folder or went."""
        return None if node.file is None else http_date(node.file.modified)


class QuotaUsed(Property):
    """RFC 4331 §4."""

    name = dav("quota-used-bytes")
    kinds = FOLDERS
    needs_quota = True

    def value(self, node: Node) -> str | None:
        """Bytes of all the principal's files."""
        return None if node.file is None or node.quota is None else str(node.quota.used)


class QuotaAvailable(Property):
    """RFC 4331 §3."""

    name = dav("quota-available-bytes")
    kinds = FOLDERS
    needs_quota = True

    def value(self, node: Node) -> str | None:
        """Bytes there is room for."""
        return None if node.file is None or node.quota is None else str(node.quota.available)


ALL: Final = (CreationDate, GetLastModified, QuotaUsed, QuotaAvailable)
