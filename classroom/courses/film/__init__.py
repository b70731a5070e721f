"""Turns a stranger's video file into a report and a lesson's renditions; knows no database, no settings, no key."""
