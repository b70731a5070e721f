"""The database as one file, taken while the platform runs, checked whole before anything of it is believed."""
