"""Plumbing without opinions: the event loop, logs."""
