"""Sign in, with or without network."""
