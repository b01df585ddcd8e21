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
        requests_per_s, requests_burst: of one station, or one address if unsigned.
        requests_at_once: under way in one process; beyond it stations come again later.
        silence_s: how long the body of a request may stand still before it counts as gone.
        gap_wait_s: how long a push that overtook the one before it waits for that one.
        oldest_pull: protocol that a station must speak to pull; any may push.
        pool: connections to PostgreSQL that one process holds at most.
    """

    database: str
    blobs: Path
    trusts_proxy: bool = False
    page_quota_bytes: int = 200 * 2**30
    upload_hours: int = 72
    requests_per_s: float = 300
    requests_burst: int = 1_000
    requests_at_once: int = 200
    silence_s: float = 120
    gap_wait_s: float = 15
    oldest_pull: int = 1
    pool: int = 10
