"""How changes the CRM makes by itself reach the index, and how readers are woken."""
