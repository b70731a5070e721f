"""A learner disputes a check or a sign-out; a person decides, two where time is given back."""
