"""The first run: a machine becomes a station, and its first clerk signs in."""
