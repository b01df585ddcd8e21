"""Chờ in: jobs that wait for a printer or an eye."""
