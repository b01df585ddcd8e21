"""The cash screen: what came in, what is still to come, and the end of a shift."""
