"""IMAP4rev1 and its extensions: a grammar and a conversation without sockets, and one file that opens ports."""
