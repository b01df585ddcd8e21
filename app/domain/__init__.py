"""Rules in plain Python: no clock, disk, network, Qt or database."""
