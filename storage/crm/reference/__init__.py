"""The reference CRM: a small, plain schema for a company that has no CRM yet, its sample and a generator of more."""
