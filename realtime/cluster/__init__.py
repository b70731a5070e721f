"""Several control processes on one database: what they say to each other, and which of them holds a seat."""
