"""Benchmarks: each figure beside its limit or peer from the same run."""
