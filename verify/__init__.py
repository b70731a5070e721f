"""The media plane: ends WebRTC, watches a face follow a script, returns a verdict with its evidence."""
