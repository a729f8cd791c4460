"""Documents and what they mean: content lines, cards, events, tasks, sameness, recurrence, filters.

Pure: bytes, trees and fields in, the same out; no socket, no SQL, no clock. From outside, `read_draft` takes a
client's bytes in, `shape_of` tells their kind, `codec_for` gives what reads and states fields, and `gateway.formats.contentline.serialise` writes.
"""

from gateway.formats.drafts import codec_for, read_draft, shape_of

__all__ = ["codec_for", "read_draft", "shape_of"]
