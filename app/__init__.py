"""The workstation of Quầy Một Cửa."""

VERSION = "0.1.0"
"""Of the program; `pyproject.toml` says the same."""
