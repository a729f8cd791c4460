"""What cards may be found by; the cards that are there already are entered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import mssql
from sqlalchemy.engine import Connection

from gateway.core.errors import InvalidContent
from gateway.formats.contentline import parse
from gateway.formats.searching import texts_of
from storage.state.card_texts import CardTexts
from storage.state.schema import State

revision = "0007"
down_revision = "0008"

_BATCH = 500


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(mssql.NVARCHAR(length, collation="Latin1_General_100_BIN2"), "mssql")


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table, unless it is there, and fill it anew: MariaDB keeps what was made before a crash."""
    state: State = context.config.attributes["state"]
    name = f"{state.prefix}card_text"
    if context.is_offline_mode() or not sa.inspect(op.get_bind()).has_table(name, schema=state.schema):
        op.create_table(
            name,
            sa.Column("resource_id", _big(), primary_key=True, autoincrement=False),
            sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("name", _text(20), nullable=False),
            sa.Column("text", _text(190), nullable=False),
            schema=state.schema,
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
            mysql_collate="utf8mb4_bin",
            mariadb_engine="InnoDB",
            mariadb_charset="utf8mb4",
            mariadb_collate="utf8mb4_bin",
        )
        op.create_index(f"{state.prefix}ix_card_text_text", name, ["name", "text", "resource_id"], schema=state.schema)
    if not context.is_offline_mode():
        _fill(op.get_bind(), state)


def _fill(connection: Connection, state: State) -> None:
    resource, texts = state.resource, CardTexts(state)
    last = 0
    while True:
        wanted = (
            sa.select(resource.c.id, resource.c.content)
            .where(resource.c.id > last, resource.c.content.is_not(None))
            .order_by(resource.c.id)
            .limit(_BATCH)
        )
        rows = connection.execute(wanted).all()
        if not rows:
            return
        last = rows[-1].id
        cards = []
        for row in rows:
            content = bytes(row.content)
            if not content[:11].upper().endswith(b"VCARD"):
                continue
            try:
                cards.append((row.id, texts_of(parse(content)[0])))
            except InvalidContent:
                continue
        texts.write(connection, cards)
