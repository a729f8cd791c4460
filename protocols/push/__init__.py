"""Pushes on their way out: WebDAV-Push messages over Web Push (RFC 8030, RFC 8291, RFC 8292)."""
