"""Our policy: rules, one a file, and the order in which they run. Pure."""
