"""Many simulated learners who study through the real socket: for demos, walls and loads."""
