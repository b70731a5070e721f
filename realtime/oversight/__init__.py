"""The regulators' socket: how many are online in the own region, pushed as it changes."""
