"""Chồng giấy: paper of many dossiers, looked through before it is kept."""
