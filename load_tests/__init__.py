"""Benches and load scenarios: ``python -m load_tests.NAME``; the last line printed is one JSON object."""
