"""Scheduling (RFC 5546, RFC 6638) as pure functions on documents: what a change means to whom, and what comes of it."""
