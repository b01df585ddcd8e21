"""What the workstation remembers."""
