"""Numbered, self-contained steps of the store's schema."""
