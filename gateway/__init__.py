"""What things mean: collections, documents, rules, edits, accounts. No SQL and no socket below this package's top."""
