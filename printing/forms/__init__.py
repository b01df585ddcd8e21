"""The paper forms: builders from words, ready to print, to documents in millimetres."""
