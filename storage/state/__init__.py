"""The gateway's own tables, and the only code that touches them."""
