"""What a server process is told at start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Settings of one server process.

    Attributes:
        database: SQLAlchemy URL; SQLite for one office, PostgreSQL in production.
        blobs: folder of page images, uploads and the province's keys.
        trusts_proxy: take the client's address from X-Forwarded-For.
        page_quota_bytes: how much one agency may store.
        upload_hours: how long an unfinished upload is kept.
        pool: connections to PostgreSQL that one process holds at most.
    """

    database: str
    blobs: Path
    trusts_proxy: bool = False
    page_quota_bytes: int = 200 * 2**30
    upload_hours: int = 72
    pool: int = 10
