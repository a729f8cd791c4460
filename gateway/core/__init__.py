"""Types, errors and the one Store interface. Imports nothing of ours; knows no protocol, no SQL, no socket."""
