"""The hand-over screen: paper goes on, with a slip."""
