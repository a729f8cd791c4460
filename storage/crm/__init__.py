"""The CRM's own tables, by mapping."""
