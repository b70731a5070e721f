"""Fills a database for a load, by the use cases of classroom; the only part of load_tests that knows them."""
