"""Every table the gateway touches: the CRM's (by mapping), its own state, and the feed that reports changes."""
