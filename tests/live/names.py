"""What the seeded class is called."""

INSTITUTION, CLASS, PASSWORD = "live-institution", "live-class", "Correct-horse-7"
