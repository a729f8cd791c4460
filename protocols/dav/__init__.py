"""WebDAV, CalDAV and CardDAV over the core. Only `server` knows HTTP's library; the rest is requests in, responses out."""
