DROP TRIGGER IF EXISTS dbo.crmgate_crm_entity_0f7c04e9_insert
GO

DROP TRIGGER IF EXISTS dbo.crmgate_crm_entity_0f7c04e9_update
GO

DROP TRIGGER IF EXISTS dbo.crmgate_crm_entity_0f7c04e9_delete
GO

DROP TRIGGER IF EXISTS dbo.crmgate_customers_9ba95fe8_insert
GO

DROP TRIGGER IF EXISTS dbo.crmgate_customers_9ba95fe8_update
GO

DROP TRIGGER IF EXISTS dbo.crmgate_customers_9ba95fe8_delete
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_link_afa4a15c_insert
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_link_afa4a15c_update
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_link_afa4a15c_delete
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_address_d2484208_insert
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_address_d2484208_update
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_address_d2484208_delete
GO

DROP TRIGGER IF EXISTS dbo.crmgate_staff_e8b24d12_insert
GO

DROP TRIGGER IF EXISTS dbo.crmgate_staff_e8b24d12_update
GO

DROP TRIGGER IF EXISTS dbo.crmgate_staff_e8b24d12_delete
GO

DROP TABLE IF EXISTS crmgate.write_lock
GO

DROP TABLE IF EXISTS crmgate.words
GO

DROP TABLE IF EXISTS crmgate.version
GO

DROP TABLE IF EXISTS crmgate.tree
GO

DROP TABLE IF EXISTS crmgate.tombstone
GO

DROP TABLE IF EXISTS crmgate.subscription
GO

DROP TABLE IF EXISTS crmgate.share
GO

DROP TABLE IF EXISTS crmgate.segment
GO

DROP TABLE IF EXISTS crmgate.secret
GO

DROP TABLE IF EXISTS crmgate.schedule
GO

DROP TABLE IF EXISTS crmgate.resource
GO

DROP TABLE IF EXISTS crmgate.push
GO

DROP TABLE IF EXISTS crmgate.proxy
GO

DROP TABLE IF EXISTS crmgate.posting
GO

DROP TABLE IF EXISTS crmgate.polled
GO

DROP TABLE IF EXISTS crmgate.placement
GO

DROP TABLE IF EXISTS crmgate.piece
GO

DROP TABLE IF EXISTS crmgate.password
GO

DROP TABLE IF EXISTS crmgate.outbox
GO

DROP TABLE IF EXISTS crmgate.message
GO

DROP TABLE IF EXISTS crmgate.look
GO

DROP TABLE IF EXISTS crmgate.lease
GO

DROP TABLE IF EXISTS crmgate.hold
GO

DROP TABLE IF EXISTS crmgate.heading
GO

DROP TABLE IF EXISTS crmgate.flag
GO

DROP TABLE IF EXISTS crmgate.[file]
GO

DROP TABLE IF EXISTS crmgate.errand
GO

DROP TABLE IF EXISTS crmgate.entry
GO

DROP TABLE IF EXISTS crmgate.counter
GO

DROP TABLE IF EXISTS crmgate.collection
GO

DROP TABLE IF EXISTS crmgate.card_text
GO

DROP TABLE IF EXISTS crmgate.blob
GO

DROP TABLE IF EXISTS crmgate.attachment
GO

DROP TABLE IF EXISTS crmgate.attached
GO

DROP TABLE IF EXISTS crmgate.annotation
GO

DROP TABLE IF EXISTS crmgate.migration
GO

DROP SEQUENCE IF EXISTS crmgate.outbox_number
GO

DROP SCHEMA IF EXISTS crmgate
GO
