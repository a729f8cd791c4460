SELECT contacts.id 
FROM contacts WITH (UPDLOCK, ROWLOCK) 
WHERE contacts.id = 5 AND contacts.is_gone = 0 AND lower(contacts.name) != 'x';

SELECT crmgate.collection.id 
FROM crmgate.collection WITH (UPDLOCK, ROWLOCK) 
WHERE crmgate.collection.id IN (1, 2);

SELECT TOP 500 contacts.id 
FROM contacts 
WHERE contacts.id > 5 ORDER BY contacts.id;

SELECT anon_1.modseq 
FROM (SELECT crmgate.tombstone.modseq AS modseq, ROW_NUMBER() OVER (ORDER BY crmgate.tombstone.modseq DESC) AS mssql_rn 
FROM crmgate.tombstone) AS anon_1 
WHERE mssql_rn > 9 AND mssql_rn <= 1 + 9;

SELECT contacts.id 
FROM contacts 
WHERE 0 = 1;

SELECT TOP 500 contacts.id, contacts.modified AS modified 
FROM contacts 
WHERE contacts.modified <= '2026-03-10 09:00:00' AND (contacts.modified > '2026-03-10 09:00:00' OR contacts.modified = '2026-03-10 09:00:00' AND contacts.id > 7) ORDER BY contacts.modified, contacts.id;

INSERT INTO contacts (name) VALUES (N'Jörg');

INSERT INTO crmgate.outbox (id, entity, row_key) OUTPUT inserted.id VALUES (NEXT VALUE FOR crmgate.outbox_number, N'contact', N'5');

INSERT INTO crmgate.outbox (id, entity, row_key) OUTPUT inserted.id VALUES (NEXT VALUE FOR crmgate.outbox_number, N'contact', N'*');

SELECT t.name, QUOTENAME(SCHEMA_NAME(o.schema_id)) AS home, m.definition, t.is_disabled
FROM sys.triggers t JOIN sys.objects o ON o.object_id = t.parent_id LEFT JOIN sys.sql_modules m ON m.object_id = t.object_id
WHERE t.parent_class = 1 AND t.is_ms_shipped = 0 AND LEFT(t.name, 8) = 'crmgate_';
