"""${message}"""

from __future__ import annotations

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Forward only: what is older than a release is restored from a backup."""
    ${upgrades if upgrades else "pass"}
