"""Thiết bị: what is attached, how it stands, what goes where."""
