"""The screen where pages are scanned, looked at and given to papers."""
