"""The settings screen: how the window is to be, the PIN, practice, and what this station is."""
