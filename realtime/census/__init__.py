"""How many learners are online, studying, in a check: every process counts its own, all of them add up (row 20)."""
