"""Numbered, self-contained steps of the server's schema."""
