"""The demonstration: keys played into the real window, papers read back."""
