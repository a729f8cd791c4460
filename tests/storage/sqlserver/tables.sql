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

-- Running upgrade 0004 -> 0006

ALTER TABLE crmgate.collection ADD role NVARCHAR(20) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '';

GO

CREATE TABLE crmgate.subscription (
    principal NVARCHAR(64) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    mailbox NVARCHAR(255) COLLATE Latin1_General_100_BIN2 NOT NULL, 
    is_on INTEGER NOT NULL, 
    PRIMARY KEY (principal, mailbox)
);

GO

UPDATE crmgate.migration SET version_num='0006' WHERE crmgate.migration.version_num = '0004';

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

-- Running upgrade 0008 -> 0010

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

UPDATE crmgate.migration SET version_num='0010' WHERE crmgate.migration.version_num = '0008';

GO

COMMIT;

GO
