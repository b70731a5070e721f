"""One command that says whether the platform answers in three seconds under a load."""
