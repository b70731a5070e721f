"""What staff do about learners who study now: acts with a reason, alerts, devices that are blocked."""
