"""How full the platform is against the load it was declared for, with the 70 % alarm and its log (row 25)."""
