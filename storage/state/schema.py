"""The gateway's own tables.

They live beside the CRM's, in a schema of their own (`crmgate` on PostgreSQL, a database of that name on MariaDB),
or with the prefix `gw_` on SQLite, which has no schemas. What follows from one transaction follows from the other:
a write and its bookkeeping commit together. The migrations beside this file make the tables; a test compares both.

    collection   a set of entries: its epoch, its number line, its next uid; its shape where no view says it; the name of a record's mailbox
    look         what one principal has said of a collection (uid 0), an entry, or a spot of his home (collection 0)
    share        a collection of one principal's own that another is let into, and what it is called in his home
    proxy        who acts for whom in his calendars
    resource     one CRM row as one document: identity, bytes, residue; bytes are held once however many see them
    card_text    what a card may be found by, folded
    message      what a resource has beside it when it is a message; its bytes are in `blob`
    words        a message's text as searches compare it, and which segment of the index of words it is in
    heading      what a message is sorted and threaded by
    segment      some thousand messages whose words are indexed together
    posting      which messages of a segment have which three bytes
    entry        a resource in a collection: href, uid, etag, modseq; when it happens, as far as numbers tell
    tombstone    an entry that went, and when
    flag         one principal's flags on one entry
    placement    what a user put into a collection, or took out of it, against the view's filter
    version      what a resource's document was before
    outbox       filled by triggers: rows of the CRM that changed
    polled       what rows looked like that no trigger watches
    lease        who does what only one may do
    counter      numbers that only grow
    password     of users whose CRM keeps none that can be verified
    annotation   what users note about mailboxes, shared or their own
    subscription which mailboxes a user wants listed, by name
    tree         one principal's tree of folders and files: what it takes up; its row is locked by whoever writes
    file         a folder or file in a tree; its bytes are one blob, or the pieces of its content
    piece        a part of a large content, in order
    hold         a blob that nobody may drop yet: of an upload that goes on, or let go of a moment ago
    write_lock   a lock that a client holds on a path of a realm (a collection, or a tree)
    schedule     the schedule tag of a document that people are invited by
    errand       a scheduling message on its way to a user; it goes when it has been delivered
    attachment   a file that belongs to calendar objects; its bytes are in `blob`
    attached     which resources have it
    secret       keys the gateway has made for itself
    push         where somebody wants to hear that a collection has moved, and until when
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql

from gateway.formats.searching import LONGEST

SQLITE_PREFIX: Final = "gw_"
DEFAULT_SCHEMA: Final = "crmgate"

HREF_LENGTH: Final = 255
KEY_LENGTH: Final = 64
UID_LENGTH: Final = 255
NAME_LENGTH: Final = 255
ETAG_LENGTH: Final = 40
TEXT_LENGTH: Final = LONGEST

UNREAD: Final = -1
"""In place of a segment: the text of this message has not been taken yet."""
UNHELD: Final = -2
"""In place of a segment: the text of this message is too long to be kept, or cannot be had."""
LOOSE: Final = 0
"""In place of a segment: the text is kept, and in no segment yet."""

BINARY: Final = "Latin1_General_100_BIN2"
"""SQL Server's collation of our texts: hrefs and keys differ by letter case."""

Bytes: Final = (
    sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb").with_variant(mssql.VARBINARY("max"), "mssql")  # type: ignore[no-untyped-call]
)
Long: Final = sa.Text().with_variant(mssql.NVARCHAR(None, collation=BINARY), "mssql")
Longer: Final = (
    sa.Text()
    .with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
    .with_variant(mssql.NVARCHAR(None, collation=BINARY), "mssql")
)
"""Text that may have more than the 64 kB of MariaDB's TEXT."""
BigInt: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column whose type is exactly INTEGER; its integers have 64 bits anyway."""


def text(length: int) -> sa.types.TypeEngine[str]:
    """Text of any language, up to a length."""
    return sa.String(length).with_variant(mssql.NVARCHAR(length, collation=BINARY), "mssql")


class State:
    """The tables under the names one database gives them."""

    def __init__(self, dialect: str, schema: str | None = None) -> None:
        """`schema`: None for the default; without meaning on SQLite."""
        self.schema = None if dialect == "sqlite" else schema or DEFAULT_SCHEMA
        self.prefix = SQLITE_PREFIX if dialect == "sqlite" else ""
        self.metadata = sa.MetaData(schema=self.schema)
        self.collection = self._table(
            "collection",
            sa.Column("id", BigInt, primary_key=True, autoincrement=True),
            sa.Column("view", text(100), nullable=False),
            sa.Column("principal", text(KEY_LENGTH), nullable=False),
            sa.Column("epoch", BigInt, nullable=False),
            sa.Column("modseq", BigInt, nullable=False),
            sa.Column("uid_next", BigInt, nullable=False),
            sa.Column("pruned", BigInt, nullable=False),
            sa.Column("members", BigInt, nullable=False),
            sa.Column("is_built", sa.Integer, nullable=False),
            sa.Column("shape", text(10)),
            sa.Column("title", text(255)),
            sa.Column("role", text(20), nullable=False, server_default=""),
            sa.UniqueConstraint("view", "principal"),
        )
        sa.Index(f"{self.prefix}ix_collection_title", self.collection.c.title)
        self.look = self._table(
            "look",
            sa.Column("collection_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("principal", text(KEY_LENGTH), primary_key=True),
            sa.Column("uid", BigInt, primary_key=True, autoincrement=False),
            sa.Column("words", Longer, nullable=False),
        )
        self.share = self._table(
            "share",
            sa.Column("id", BigInt, primary_key=True, autoincrement=True),
            sa.Column("collection_id", BigInt, nullable=False),
            sa.Column("principal", text(KEY_LENGTH), nullable=False),
            sa.Column("view", text(100), nullable=False),
            sa.Column("access", text(10), nullable=False),
            sa.Column("standing", text(10), nullable=False),
            sa.Column("is_told", sa.Integer, nullable=False),
            sa.Column("token", text(40), nullable=False),
            sa.Column("summary", text(255), nullable=False),
            sa.Column("changed", BigInt, nullable=False),
            sa.UniqueConstraint("collection_id", "principal"),
            sa.UniqueConstraint("principal", "view"),
        )
        self.proxy = self._table(
            "proxy",
            sa.Column("principal", text(KEY_LENGTH), primary_key=True),
            sa.Column("member", text(KEY_LENGTH), primary_key=True),
            sa.Column("access", text(10), nullable=False),
        )
        sa.Index(f"{self.prefix}ix_proxy_member", self.proxy.c.member)
        self.resource = self._table(
            "resource",
            sa.Column("id", BigInt, primary_key=True, autoincrement=True),
            sa.Column("entity", text(60), nullable=False),
            sa.Column("row_key", text(KEY_LENGTH), nullable=False),
            sa.Column("variant", text(20), nullable=False),
            sa.Column("object_uid", text(UID_LENGTH), nullable=False),
            sa.Column("etag", text(ETAG_LENGTH), nullable=False),
            sa.Column("size", BigInt, nullable=False),
            sa.Column("content", Bytes),
            sa.Column("residue", Bytes),
            sa.Column("overflow", Bytes),
            sa.Column("first_instant", BigInt),
            sa.Column("last_instant", BigInt),
            sa.UniqueConstraint("entity", "row_key", "variant"),
        )
        sa.Index(f"{self.prefix}ix_resource_object_uid", self.resource.c.object_uid)
        self.card_text = self._table(
            "card_text",
            sa.Column("resource_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("name", text(20), nullable=False),
            sa.Column("text", text(TEXT_LENGTH), nullable=False),
        )
        sa.Index(
            f"{self.prefix}ix_card_text_text",
            self.card_text.c.name,
            self.card_text.c.text,
            self.card_text.c.resource_id,
        )
        self.message = self._table(
            "message",
            sa.Column("resource_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("digest", text(64), nullable=False),
            sa.Column("source_digest", text(64), nullable=False),
            sa.Column("message_id", text(255), nullable=False),
            sa.Column("body_digest", text(64), nullable=False),
            sa.Column("date", BigInt, nullable=False),
            sa.Column("header", Bytes, nullable=False),
            sa.Column("summary", Bytes, nullable=False),
        )
        sa.Index(f"{self.prefix}ix_message_message_id", self.message.c.message_id)
        sa.Index(f"{self.prefix}ix_message_digest", self.message.c.digest)
        self.words = self._table(
            "words",
            sa.Column("resource_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("digest", text(64), nullable=False),
            sa.Column("segment_id", BigInt, nullable=False),
            sa.Column("header", Bytes),
            sa.Column("body", Bytes),
        )
        sa.Index(f"{self.prefix}ix_words_segment", self.words.c.segment_id)
        self.heading = self._table(
            "heading",
            sa.Column("resource_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("sent_day", BigInt),
            sa.Column("content", Bytes, nullable=False),
            sa.Column("fields", Bytes),
        )
        self.segment = self._table(
            "segment",
            sa.Column("id", BigInt, primary_key=True, autoincrement=True),
            sa.Column("messages", BigInt, nullable=False),
            sa.Column("members", Bytes, nullable=False),
        )
        self.posting = self._table(
            "posting",
            sa.Column("bucket", BigInt, primary_key=True, autoincrement=False),
            sa.Column("segment_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("content", Bytes, nullable=False),
        )
        sa.Index(f"{self.prefix}ix_posting_segment", self.posting.c.segment_id)
        self.blob = self._table(
            "blob",
            sa.Column("digest", text(64), primary_key=True),
            sa.Column("size", BigInt, nullable=False),
            sa.Column("content", Bytes, nullable=False),
        )
        self.entry = self._table(
            "entry",
            sa.Column("collection_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("uid", BigInt, primary_key=True, autoincrement=False),
            sa.Column("resource_id", BigInt, nullable=False),
            sa.Column("href", text(HREF_LENGTH), nullable=False),
            sa.Column("etag", text(ETAG_LENGTH), nullable=False),
            sa.Column("size", BigInt, nullable=False),
            sa.Column("modseq", BigInt, nullable=False),
            sa.Column("saved", BigInt),
            sa.Column("first_instant", BigInt),
            sa.Column("last_instant", BigInt),
            sa.Column("timing", sa.Integer),
            sa.UniqueConstraint("collection_id", "href"),
            sa.UniqueConstraint("resource_id", "collection_id"),
        )
        sa.Index(f"{self.prefix}ix_entry_modseq", self.entry.c.collection_id, self.entry.c.modseq)
        sa.Index(f"{self.prefix}ix_entry_time", self.entry.c.collection_id, self.entry.c.last_instant)
        self.tombstone = self._table(
            "tombstone",
            sa.Column("collection_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("uid", BigInt, primary_key=True, autoincrement=False),
            sa.Column("href", text(HREF_LENGTH), nullable=False),
            sa.Column("modseq", BigInt, nullable=False),
        )
        sa.Index(f"{self.prefix}ix_tombstone_modseq", self.tombstone.c.collection_id, self.tombstone.c.modseq)
        self.flag = self._table(
            "flag",
            sa.Column("collection_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("principal", text(KEY_LENGTH), primary_key=True),
            sa.Column("uid", BigInt, primary_key=True, autoincrement=False),
            sa.Column("flags", Long, nullable=False),
            sa.Column("is_seen", sa.Integer, nullable=False),
            sa.Column("modseq", BigInt, nullable=False),
        )
        sa.Index(f"{self.prefix}ix_flag_modseq", self.flag.c.collection_id, self.flag.c.principal, self.flag.c.modseq)
        self.placement = self._table(
            "placement",
            sa.Column("collection_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("entity", text(60), primary_key=True),
            sa.Column("row_key", text(KEY_LENGTH), primary_key=True),
            sa.Column("is_in", sa.Integer, nullable=False),
        )
        sa.Index(f"{self.prefix}ix_placement_row", self.placement.c.entity, self.placement.c.row_key)
        self.version = self._table(
            "version",
            sa.Column("id", BigInt, primary_key=True, autoincrement=True),
            sa.Column("resource_id", BigInt, nullable=False),
            sa.Column("etag", text(ETAG_LENGTH), nullable=False),
            sa.Column("content", Bytes, nullable=False),
        )
        sa.Index(f"{self.prefix}ix_version_resource", self.version.c.resource_id, self.version.c.etag)
        self.outbox_numbers = sa.Sequence("outbox_number", start=1, schema=self.schema, data_type=sa.BigInteger())
        self.outbox = self._table(
            "outbox",
            *self._number(dialect),
            sa.Column("entity", text(60), nullable=False),
            sa.Column("row_key", text(KEY_LENGTH), nullable=False),
        )
        sa.Index(f"{self.prefix}ix_outbox_row", self.outbox.c.entity, self.outbox.c.row_key)
        self.polled = self._table(
            "polled",
            sa.Column("entity", text(60), primary_key=True),
            sa.Column("row_key", text(KEY_LENGTH), primary_key=True),
            sa.Column("digest", text(64), nullable=False),
        )
        self.lease = self._table(
            "lease",
            sa.Column("name", text(60), primary_key=True),
            sa.Column("holder", text(100), nullable=False),
            sa.Column("expires", BigInt, nullable=False),
        )
        self.counter = self._table(
            "counter",
            sa.Column("name", text(60), primary_key=True),
            sa.Column("value", BigInt, nullable=False),
        )
        self.password = self._table(
            "password",
            sa.Column("principal", text(KEY_LENGTH), primary_key=True),
            sa.Column("login", text(255), nullable=False),
            sa.Column("hash", text(255), nullable=False),
        )
        self.annotation = self._table(
            "annotation",
            sa.Column("collection_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("principal", text(KEY_LENGTH), primary_key=True),
            sa.Column("name", text(NAME_LENGTH), primary_key=True),
            sa.Column("content", Bytes, nullable=False),
        )
        self.subscription = self._table(
            "subscription",
            sa.Column("principal", text(KEY_LENGTH), primary_key=True),
            sa.Column("mailbox", text(NAME_LENGTH), primary_key=True),
            sa.Column("is_on", sa.Integer, nullable=False),
        )
        self._file_area()

    def _file_area(self) -> None:
        self.tree = self._table(
            "tree",
            sa.Column("principal", text(KEY_LENGTH), primary_key=True),
            sa.Column("used", BigInt, nullable=False),
            sa.Column("nodes", BigInt, nullable=False),
        )
        self.file = self._table(
            "file",
            sa.Column("id", BigInt, primary_key=True, autoincrement=True),
            sa.Column("principal", text(KEY_LENGTH), nullable=False),
            sa.Column("parent", BigInt, nullable=False),
            sa.Column("name", text(HREF_LENGTH), nullable=False),
            sa.Column("is_folder", sa.Integer, nullable=False),
            sa.Column("content", text(64), nullable=False),
            sa.Column("size", BigInt, nullable=False),
            sa.Column("content_type", text(255), nullable=False),
            sa.Column("etag", text(ETAG_LENGTH), nullable=False),
            sa.Column("created", BigInt, nullable=False),
            sa.Column("modified", BigInt, nullable=False),
            sa.Column("words", Longer),
            sa.UniqueConstraint("principal", "parent", "name"),
        )
        sa.Index(f"{self.prefix}ix_file_content", self.file.c.content)
        self.piece = self._table(
            "piece",
            sa.Column("content", text(64), primary_key=True),
            sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("digest", text(64), nullable=False),
            sa.Column("size", BigInt, nullable=False),
        )
        sa.Index(f"{self.prefix}ix_piece_digest", self.piece.c.digest)
        self.hold = self._table(
            "hold",
            sa.Column("id", BigInt, primary_key=True, autoincrement=True),
            sa.Column("digest", text(64), nullable=False),
            sa.Column("until", BigInt, nullable=False),
        )
        sa.Index(f"{self.prefix}ix_hold_digest", self.hold.c.digest)
        sa.Index(f"{self.prefix}ix_hold_until", self.hold.c.until)
        self.write_lock = self._table(
            "write_lock",
            sa.Column("token", text(64), primary_key=True),
            sa.Column("realm", text(80), nullable=False),
            sa.Column("path", Long, nullable=False),
            sa.Column("principal", text(KEY_LENGTH), nullable=False),
            sa.Column("is_exclusive", sa.Integer, nullable=False),
            sa.Column("is_deep", sa.Integer, nullable=False),
            sa.Column("owner", Long, nullable=False),
            sa.Column("timeout", BigInt, nullable=False),
            sa.Column("expires", BigInt, nullable=False),
        )
        sa.Index(f"{self.prefix}ix_write_lock_realm", self.write_lock.c.realm, self.write_lock.c.expires)
        sa.Index(f"{self.prefix}ix_write_lock_expires", self.write_lock.c.expires)

        self.schedule = self._table(
            "schedule",
            sa.Column("resource_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("tag", text(ETAG_LENGTH), nullable=False),
        )
        self.errand = self._table(
            "errand",
            sa.Column("id", BigInt, primary_key=True, autoincrement=True),
            sa.Column("sender", text(KEY_LENGTH), nullable=False),
            sa.Column("recipient", text(KEY_LENGTH), nullable=False),
            sa.Column("method", text(20), nullable=False),
            sa.Column("object_uid", text(UID_LENGTH), nullable=False),
            sa.Column("address", text(255), nullable=False),
            sa.Column("source", BigInt, nullable=False),
            sa.Column("content", Bytes, nullable=False),
            sa.Column("tries", sa.Integer, nullable=False),
            sa.Column("due", BigInt, nullable=False),
        )
        sa.Index(f"{self.prefix}ix_errand_due", self.errand.c.due)
        sa.Index(f"{self.prefix}ix_errand_sender", self.errand.c.sender)
        self.attachment = self._table(
            "attachment",
            sa.Column("managed_id", text(KEY_LENGTH), primary_key=True),
            sa.Column("digest", text(64), nullable=False),
            sa.Column("name", text(255), nullable=False),
            sa.Column("media_type", text(127), nullable=False),
            sa.Column("size", BigInt, nullable=False),
            sa.Column("principal", text(KEY_LENGTH), nullable=False),
            sa.Column("made", BigInt, nullable=False),
        )
        sa.Index(f"{self.prefix}ix_attachment_digest", self.attachment.c.digest)
        self.attached = self._table(
            "attached",
            sa.Column("resource_id", BigInt, primary_key=True, autoincrement=False),
            sa.Column("managed_id", text(KEY_LENGTH), primary_key=True),
        )
        sa.Index(f"{self.prefix}ix_attached_managed_id", self.attached.c.managed_id)
        self.push = self._table(
            "push",
            sa.Column("name", text(KEY_LENGTH), primary_key=True),
            sa.Column("collection_id", BigInt, nullable=False),
            sa.Column("principal", text(KEY_LENGTH), nullable=False),
            sa.Column("resource_digest", text(64), nullable=False),
            sa.Column("words", Long, nullable=False),
            sa.Column("expires", BigInt, nullable=False),
            sa.Column("known", BigInt, nullable=False),
            sa.UniqueConstraint("collection_id", "principal", "resource_digest"),
        )
        self.secret = self._table(
            "secret",
            sa.Column("name", text(60), primary_key=True),
            sa.Column("value", Long, nullable=False),
        )

    def _number(self, dialect: str) -> list[sa.Column[int]]:
        """The outbox's own numbers: on SQL Server no IDENTITY, which a CRM would find in its `@@IDENTITY`."""
        if dialect != "mssql":
            return [sa.Column("id", BigInt, primary_key=True, autoincrement=True)]
        following = self.outbox_numbers.next_value()
        return [sa.Column("id", BigInt, self.outbox_numbers, server_default=following, primary_key=True)]

    def _table(self, name: str, *items: sa.schema.SchemaItem) -> sa.Table:
        return sa.Table(
            self.prefix + name,
            self.metadata,
            *items,
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
            mysql_collate="utf8mb4_bin",  # hrefs and keys differ by letter case
            mariadb_engine="InnoDB",
            mariadb_charset="utf8mb4",
            mariadb_collate="utf8mb4_bin",
            sqlite_autoincrement=True,  # a number once given out never comes back
        )
