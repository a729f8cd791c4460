DROP TRIGGER IF EXISTS dbo.crmgate_crm_entity_0f7c04e9_insert
GO

CREATE TRIGGER dbo.crmgate_crm_entity_0f7c04e9_insert ON dbo.crm_entity AFTER INSERT AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT inserted.id AS row_key FROM inserted WHERE inserted.kind = 'Customer''s') changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_crm_entity_0f7c04e9_update
GO

CREATE TRIGGER dbo.crmgate_crm_entity_0f7c04e9_update ON dbo.crm_entity AFTER UPDATE AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT inserted.id AS row_key FROM inserted WHERE inserted.kind = 'Customer''s' UNION SELECT deleted.id AS row_key FROM deleted WHERE deleted.kind = 'Customer''s') changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_crm_entity_0f7c04e9_delete
GO

CREATE TRIGGER dbo.crmgate_crm_entity_0f7c04e9_delete ON dbo.crm_entity AFTER DELETE AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT deleted.id AS row_key FROM deleted WHERE deleted.kind = 'Customer''s') changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_customers_9ba95fe8_insert
GO

CREATE TRIGGER dbo.crmgate_customers_9ba95fe8_insert ON dbo.customers AFTER INSERT AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT inserted.id AS row_key FROM inserted) changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_customers_9ba95fe8_update
GO

CREATE TRIGGER dbo.crmgate_customers_9ba95fe8_update ON dbo.customers AFTER UPDATE AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT inserted.id AS row_key FROM inserted UNION SELECT deleted.id AS row_key FROM deleted) changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_customers_9ba95fe8_delete
GO

CREATE TRIGGER dbo.crmgate_customers_9ba95fe8_delete ON dbo.customers AFTER DELETE AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT deleted.id AS row_key FROM deleted) changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_link_afa4a15c_insert
GO

CREATE TRIGGER dbo.crmgate_email_link_afa4a15c_insert ON dbo.email_link AFTER INSERT AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT inserted.parent_id AS row_key FROM inserted WHERE inserted.kind = 'Customer''s') changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_link_afa4a15c_update
GO

CREATE TRIGGER dbo.crmgate_email_link_afa4a15c_update ON dbo.email_link AFTER UPDATE AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT inserted.parent_id AS row_key FROM inserted WHERE inserted.kind = 'Customer''s' UNION SELECT deleted.parent_id AS row_key FROM deleted WHERE deleted.kind = 'Customer''s') changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_link_afa4a15c_delete
GO

CREATE TRIGGER dbo.crmgate_email_link_afa4a15c_delete ON dbo.email_link AFTER DELETE AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT deleted.parent_id AS row_key FROM deleted WHERE deleted.kind = 'Customer''s') changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_address_d2484208_insert
GO

CREATE TRIGGER dbo.crmgate_email_address_d2484208_insert ON dbo.email_address AFTER INSERT AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT held.parent_id AS row_key FROM inserted JOIN dbo.email_link held ON held.email_id = inserted.id AND held.kind = 'Customer''s') changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_address_d2484208_update
GO

CREATE TRIGGER dbo.crmgate_email_address_d2484208_update ON dbo.email_address AFTER UPDATE AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT held.parent_id AS row_key FROM inserted JOIN dbo.email_link held ON held.email_id = inserted.id AND held.kind = 'Customer''s' UNION SELECT held.parent_id AS row_key FROM deleted JOIN dbo.email_link held ON held.email_id = deleted.id AND held.kind = 'Customer''s') changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_email_address_d2484208_delete
GO

CREATE TRIGGER dbo.crmgate_email_address_d2484208_delete ON dbo.email_address AFTER DELETE AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'customer', CAST(row_key AS NVARCHAR(64)) FROM (SELECT held.parent_id AS row_key FROM deleted JOIN dbo.email_link held ON held.email_id = deleted.id AND held.kind = 'Customer''s') changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_staff_e8b24d12_insert
GO

CREATE TRIGGER dbo.crmgate_staff_e8b24d12_insert ON dbo.staff AFTER INSERT AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'user', CAST(row_key AS NVARCHAR(64)) FROM (SELECT inserted.id AS row_key FROM inserted) changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_staff_e8b24d12_update
GO

CREATE TRIGGER dbo.crmgate_staff_e8b24d12_update ON dbo.staff AFTER UPDATE AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'user', CAST(row_key AS NVARCHAR(64)) FROM (SELECT id AS row_key FROM (SELECT id, login, pw, name, mail FROM inserted EXCEPT SELECT id, login, pw, name, mail FROM deleted) ins UNION SELECT id AS row_key FROM (SELECT id, login, pw, name, mail FROM deleted EXCEPT SELECT id, login, pw, name, mail FROM inserted) del) changed; END
GO

DROP TRIGGER IF EXISTS dbo.crmgate_staff_e8b24d12_delete
GO

CREATE TRIGGER dbo.crmgate_staff_e8b24d12_delete ON dbo.staff AFTER DELETE AS BEGIN SET NOCOUNT ON; INSERT INTO crmgate.outbox (entity, row_key) SELECT N'user', CAST(row_key AS NVARCHAR(64)) FROM (SELECT deleted.id AS row_key FROM deleted) changed; END
GO
