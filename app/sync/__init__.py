"""Bringing this workstation and the server together."""
