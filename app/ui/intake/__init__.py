"""Tiếp nhận: receive a dossier."""
