"""Đồng bộ: what waits, what was refused, what is proven."""
