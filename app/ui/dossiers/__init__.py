"""Hồ sơ: lists, search and quick view."""
