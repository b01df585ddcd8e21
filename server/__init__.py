"""The central server of a province."""
