"""What the law is about: people, courses, attendance; no socket, no HTTP, no image."""
