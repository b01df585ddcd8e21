"""Streams in large parts for a first fill: packed once, kept as files, never changed."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from uuid import uuid4

import zstandard
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.wire import Snapshot, write_pull
from server.models.base import EventRow, StreamRow
from server.services import streams
from server.services.files import folder_name

PART_ENTRIES = 2_000
_LEVEL = 12


def offer(session: Session, agency: str) -> Snapshot:
    """Return how many whole parts of a stream there are."""
    last = streams.cursor(session, agency)
    return Snapshot(stream=agency, part=PART_ENTRIES, parts=last // PART_ENTRIES)


def part(session: Session, blobs: Path, agency: str, number: int, now: dt.datetime) -> Path | None:
    """Return the file of a part, packed now if it was never asked for; None if it is not whole.

    The name carries the hash of the part's last event: a server that was put
    back to an older state does not answer with a part of the lost stream.
    """
    after = number * PART_ENTRIES
    last = session.scalar(
        select(EventRow.hash)
        .join(StreamRow, streams.event_of_place())
        .where(StreamRow.agency == agency, StreamRow.seq == after + PART_ENTRIES)
    )
    if last is None:
        return None
    target = blobs / "snapshots" / folder_name(agency) / f"{number}-{last.hex()[:16]}.zst"
    if not target.exists():
        head, entries = streams.part(session, agency, after, PART_ENTRIES, now)
        _write(target, zstandard.compress(write_pull(head, entries), _LEVEL))
    return target


def _write(target: Path, data: bytes) -> None:
    """Put a whole file in place; several workers may do the same at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{uuid4().hex}")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(target)
