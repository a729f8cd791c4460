"""Measurements, by hand: ratios between sizes or beside a peer in the same run, never absolute promises in tests."""
