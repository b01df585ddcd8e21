"""Scanners behind one protocol, each in a child process that may crash; no Qt."""
