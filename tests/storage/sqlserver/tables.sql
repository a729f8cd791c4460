IF SCHEMA_ID(N'crmgate') IS NULL EXEC(N'CREATE SCHEMA crmgate AUTHORIZATION dbo')
GO

BEGIN TRANSACTION;

CREATE TABLE crmgate.migration (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT migration_pkc PRIMARY KEY (version_num)
);

GO

-- Running upgrade  -> 0001

CREATE TABLE crmgate.collection (
    id BIGINT NOT NULL IDENTITY, 
    [view] NVARCHAR(100) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    epoch BIGINT NOT NULL, 
    modseq BIGINT NOT NULL, 
    uid_next BIGINT NOT NULL, 
    pruned BIGINT NOT NULL, 
    members BIGINT NOT NULL, 
    is_built INTEGER NOT NULL, 
    PRIMARY KEY (id), 
    UNIQUE ([view], principal)
);

GO

CREATE TABLE crmgate.resource (
    id BIGINT NOT NULL IDENTITY, 
    entity NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    row_key NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    variant NVARCHAR(20) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    object_uid NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    etag NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    size BIGINT NOT NULL, 
    content VARBINARY(max) NULL, 
    residue VARBINARY(max) NULL, 
    overflow VARBINARY(max) NULL, 
    first_instant BIGINT NULL, 
    last_instant BIGINT NULL, 
    PRIMARY KEY (id), 
    UNIQUE (entity, row_key, variant)
);

GO

CREATE INDEX ix_resource_object_uid ON crmgate.resource (object_uid);

GO

CREATE TABLE crmgate.message (
    resource_id BIGINT NOT NULL, 
    digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    source_digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    message_id NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    body_digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    date BIGINT NOT NULL, 
    header VARBINARY(max) NOT NULL, 
    summary VARBINARY(max) NOT NULL, 
    PRIMARY KEY (resource_id)
);

GO

CREATE INDEX ix_message_message_id ON crmgate.message (message_id);

GO

CREATE INDEX ix_message_digest ON crmgate.message (digest);

GO

CREATE TABLE crmgate.blob (
    digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    size BIGINT NOT NULL, 
    content VARBINARY(max) NOT NULL, 
    PRIMARY KEY (digest)
);

GO

CREATE TABLE crmgate.entry (
    collection_id BIGINT NOT NULL, 
    uid BIGINT NOT NULL, 
    resource_id BIGINT NOT NULL, 
    href NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    etag NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    size BIGINT NOT NULL, 
    modseq BIGINT NOT NULL, 
    PRIMARY KEY (collection_id, uid), 
    UNIQUE (collection_id, href), 
    UNIQUE (resource_id, collection_id)
);

GO

CREATE INDEX ix_entry_modseq ON crmgate.entry (collection_id, modseq);

GO

CREATE TABLE crmgate.tombstone (
    collection_id BIGINT NOT NULL, 
    uid BIGINT NOT NULL, 
    href NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    modseq BIGINT NOT NULL, 
    PRIMARY KEY (collection_id, uid)
);

GO

CREATE INDEX ix_tombstone_modseq ON crmgate.tombstone (collection_id, modseq);

GO

CREATE TABLE crmgate.flag (
    collection_id BIGINT NOT NULL, 
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    uid BIGINT NOT NULL, 
    flags NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    is_seen INTEGER NOT NULL, 
    modseq BIGINT NOT NULL, 
    PRIMARY KEY (collection_id, principal, uid)
);

GO

CREATE INDEX ix_flag_modseq ON crmgate.flag (collection_id, principal, modseq);

GO

CREATE TABLE crmgate.placement (
    collection_id BIGINT NOT NULL, 
    entity NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    row_key NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    is_in INTEGER NOT NULL, 
    PRIMARY KEY (collection_id, entity, row_key)
);

GO

CREATE INDEX ix_placement_row ON crmgate.placement (entity, row_key);

GO

CREATE TABLE crmgate.version (
    id BIGINT NOT NULL IDENTITY, 
    resource_id BIGINT NOT NULL, 
    etag NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    content VARBINARY(max) NOT NULL, 
    PRIMARY KEY (id)
);

GO

CREATE INDEX ix_version_resource ON crmgate.version (resource_id, etag);

GO

CREATE SEQUENCE crmgate.outbox_number AS BIGINT START WITH 1;

GO

CREATE TABLE crmgate.outbox (
    id BIGINT NOT NULL DEFAULT NEXT VALUE FOR crmgate.outbox_number, 
    entity NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    row_key NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    PRIMARY KEY (id)
);

GO

CREATE INDEX ix_outbox_row ON crmgate.outbox (entity, row_key);

GO

CREATE TABLE crmgate.lease (
    name NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    holder NVARCHAR(100) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    expires BIGINT NOT NULL, 
    PRIMARY KEY (name)
);

GO

CREATE TABLE crmgate.counter (
    name NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    value BIGINT NOT NULL, 
    PRIMARY KEY (name)
);

GO

INSERT INTO crmgate.migration (version_num) OUTPUT inserted.version_num VALUES ('0001');

GO

-- Running upgrade 0001 -> 0002

CREATE TABLE crmgate.password (
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    login NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    hash NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    PRIMARY KEY (principal)
);

GO

UPDATE crmgate.migration SET version_num='0002' WHERE crmgate.migration.version_num = '0001';

GO

-- Running upgrade 0002 -> 0003

CREATE TABLE crmgate.polled (
    entity NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    row_key NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    PRIMARY KEY (entity, row_key)
);

GO

UPDATE crmgate.migration SET version_num='0003' WHERE crmgate.migration.version_num = '0002';

GO

-- Running upgrade 0003 -> 0004

ALTER TABLE crmgate.collection ADD shape NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NULL;

GO

CREATE TABLE crmgate.look (
    collection_id BIGINT NOT NULL, 
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    uid BIGINT NOT NULL, 
    words NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    PRIMARY KEY (collection_id, principal, uid)
);

GO

UPDATE crmgate.migration SET version_num='0004' WHERE crmgate.migration.version_num = '0003';

GO

-- Running upgrade 0004 -> 0005

CREATE TABLE crmgate.words (
    resource_id BIGINT NOT NULL, 
    digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    segment_id BIGINT NOT NULL, 
    header VARBINARY(max) NULL, 
    body VARBINARY(max) NULL, 
    PRIMARY KEY (resource_id)
);

GO

CREATE INDEX ix_words_segment ON crmgate.words (segment_id);

GO

CREATE TABLE crmgate.heading (
    resource_id BIGINT NOT NULL, 
    sent_day BIGINT NULL, 
    content VARBINARY(max) NOT NULL, 
    fields VARBINARY(max) NULL, 
    PRIMARY KEY (resource_id)
);

GO

CREATE TABLE crmgate.segment (
    id BIGINT NOT NULL IDENTITY, 
    messages BIGINT NOT NULL, 
    members VARBINARY(max) NOT NULL, 
    PRIMARY KEY (id)
);

GO

CREATE TABLE crmgate.posting (
    bucket BIGINT NOT NULL, 
    segment_id BIGINT NOT NULL, 
    content VARBINARY(max) NOT NULL, 
    PRIMARY KEY (bucket, segment_id)
);

GO

CREATE INDEX ix_posting_segment ON crmgate.posting (segment_id);

GO

INSERT INTO crmgate.words (resource_id, digest, segment_id) SELECT crmgate.message.resource_id, crmgate.message.digest, -1 
FROM crmgate.message 
WHERE NOT (EXISTS (SELECT 1 AS anon_1 
FROM crmgate.words 
WHERE crmgate.words.resource_id = crmgate.message.resource_id));

GO

UPDATE crmgate.migration SET version_num='0005' WHERE crmgate.migration.version_num = '0004';

GO

-- Running upgrade 0005 -> 0006

ALTER TABLE crmgate.collection ADD role NVARCHAR(20) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

ALTER TABLE crmgate.entry ADD saved BIGINT NULL;

GO

CREATE TABLE crmgate.subscription (
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    mailbox NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    is_on INTEGER NOT NULL, 
    PRIMARY KEY (principal, mailbox)
);

GO

CREATE TABLE crmgate.annotation (
    collection_id BIGINT NOT NULL, 
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    name NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    content VARBINARY(max) NOT NULL, 
    PRIMARY KEY (collection_id, principal, name)
);

GO

UPDATE crmgate.migration SET version_num='0006' WHERE crmgate.migration.version_num = '0005';

GO

-- Running upgrade 0006 -> 0008

ALTER TABLE crmgate.entry ADD first_instant BIGINT NULL;

GO

ALTER TABLE crmgate.entry ADD last_instant BIGINT NULL;

GO

ALTER TABLE crmgate.entry ADD timing INTEGER NULL;

GO

UPDATE crmgate.entry SET first_instant=(SELECT coalesce(crmgate.resource.first_instant, -1152921504606846976) AS coalesce_1 
FROM crmgate.resource 
WHERE crmgate.resource.id = crmgate.entry.resource_id);

GO

UPDATE crmgate.entry SET last_instant=(SELECT coalesce(crmgate.resource.last_instant, 1152921504606846976) AS coalesce_1 
FROM crmgate.resource 
WHERE crmgate.resource.id = crmgate.entry.resource_id);

GO

CREATE INDEX ix_entry_time ON crmgate.entry (collection_id, last_instant);

GO

UPDATE crmgate.migration SET version_num='0008' WHERE crmgate.migration.version_num = '0006';

GO

-- Running upgrade 0008 -> 0007

CREATE TABLE crmgate.card_text (
    resource_id BIGINT NOT NULL, 
    number INTEGER NOT NULL, 
    name NVARCHAR(20) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    text NVARCHAR(190) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    PRIMARY KEY (resource_id, number)
);

GO

CREATE INDEX ix_card_text_text ON crmgate.card_text (name, text, resource_id);

GO

UPDATE crmgate.migration SET version_num='0007' WHERE crmgate.migration.version_num = '0008';

GO

-- Running upgrade 0007 -> 0011

CREATE TABLE crmgate.schedule (
    resource_id BIGINT NOT NULL, 
    tag NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    PRIMARY KEY (resource_id)
);

GO

CREATE TABLE crmgate.errand (
    id BIGINT NOT NULL IDENTITY, 
    sender NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    recipient NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    method NVARCHAR(20) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    object_uid NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    address NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    source BIGINT NOT NULL, 
    content VARBINARY(max) NOT NULL, 
    tries INTEGER NOT NULL, 
    due BIGINT NOT NULL, 
    PRIMARY KEY (id)
);

GO

CREATE INDEX ix_errand_due ON crmgate.errand (due);

GO

CREATE INDEX ix_errand_sender ON crmgate.errand (sender);

GO

CREATE TABLE crmgate.attachment (
    managed_id NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    name NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    media_type NVARCHAR(127) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    size BIGINT NOT NULL, 
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    made BIGINT NOT NULL, 
    PRIMARY KEY (managed_id)
);

GO

CREATE INDEX ix_attachment_digest ON crmgate.attachment (digest);

GO

CREATE TABLE crmgate.attached (
    resource_id BIGINT NOT NULL, 
    managed_id NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    PRIMARY KEY (resource_id, managed_id)
);

GO

CREATE INDEX ix_attached_managed_id ON crmgate.attached (managed_id);

GO

CREATE TABLE crmgate.push (
    name NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    collection_id BIGINT NOT NULL, 
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    resource_digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    words NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    expires BIGINT NOT NULL, 
    known BIGINT NOT NULL, 
    PRIMARY KEY (name), 
    UNIQUE (collection_id, principal, resource_digest)
);

GO

CREATE TABLE crmgate.secret (
    name NVARCHAR(60) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    value NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    PRIMARY KEY (name)
);

GO

UPDATE crmgate.migration SET version_num='0011' WHERE crmgate.migration.version_num = '0007';

GO

-- Running upgrade 0011 -> 0012

ALTER TABLE crmgate.collection ADD title NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NULL;

GO

CREATE INDEX ix_collection_title ON crmgate.collection (title);

GO

UPDATE crmgate.migration SET version_num='0012' WHERE crmgate.migration.version_num = '0011';

GO

-- Running upgrade 0012 -> 0009

CREATE TABLE crmgate.tree (
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    used BIGINT NOT NULL, 
    nodes BIGINT NOT NULL, 
    PRIMARY KEY (principal)
);

GO

CREATE TABLE crmgate.[file] (
    id BIGINT NOT NULL IDENTITY, 
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    parent BIGINT NOT NULL, 
    name NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    is_folder INTEGER NOT NULL, 
    content NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    size BIGINT NOT NULL, 
    content_type NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    etag NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    created BIGINT NOT NULL, 
    modified BIGINT NOT NULL, 
    words NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL, 
    PRIMARY KEY (id), 
    UNIQUE (principal, parent, name)
);

GO

CREATE INDEX ix_file_content ON crmgate.[file] (content);

GO

CREATE TABLE crmgate.piece (
    content NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    number INTEGER NOT NULL, 
    digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    size BIGINT NOT NULL, 
    PRIMARY KEY (content, number)
);

GO

CREATE INDEX ix_piece_digest ON crmgate.piece (digest);

GO

CREATE TABLE crmgate.hold (
    id BIGINT NOT NULL IDENTITY, 
    digest NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    until BIGINT NOT NULL, 
    PRIMARY KEY (id)
);

GO

CREATE INDEX ix_hold_digest ON crmgate.hold (digest);

GO

CREATE INDEX ix_hold_until ON crmgate.hold (until);

GO

CREATE TABLE crmgate.write_lock (
    token NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    realm NVARCHAR(80) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    path NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    is_exclusive INTEGER NOT NULL, 
    is_deep INTEGER NOT NULL, 
    owner NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    timeout BIGINT NOT NULL, 
    expires BIGINT NOT NULL, 
    PRIMARY KEY (token)
);

GO

CREATE INDEX ix_write_lock_realm ON crmgate.write_lock (realm, expires);

GO

CREATE INDEX ix_write_lock_expires ON crmgate.write_lock (expires);

GO

UPDATE crmgate.migration SET version_num='0009' WHERE crmgate.migration.version_num = '0012';

GO

-- Running upgrade 0009 -> 0010

CREATE TABLE crmgate.share (
    id BIGINT NOT NULL IDENTITY, 
    collection_id BIGINT NOT NULL, 
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    [view] NVARCHAR(100) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    access NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    standing NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    is_told INTEGER NOT NULL, 
    token NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    summary NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    changed BIGINT NOT NULL, 
    PRIMARY KEY (id), 
    UNIQUE (collection_id, principal), 
    UNIQUE (principal, [view])
);

GO

CREATE TABLE crmgate.proxy (
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    member NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    access NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    PRIMARY KEY (principal, member)
);

GO

CREATE INDEX ix_proxy_member ON crmgate.proxy (member);

GO

UPDATE crmgate.migration SET version_num='0010' WHERE crmgate.migration.version_num = '0009';

GO

COMMIT;

GO
