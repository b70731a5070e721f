"""What was done on the platform, by whom: append-only, hash-linked, searchable (row 22)."""
