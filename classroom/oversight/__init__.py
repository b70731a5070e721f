"""What regulators look at: how many were online when, who is searched for."""
