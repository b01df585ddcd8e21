"""Compare what the server stores of an agency with what its events say."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.domain.events import genesis
from app.domain.wire import roll
from server.models.base import (
    AgencyRow,
    EventRow,
    PageRow,
    StationRow,
    StoreRow,
    StreamDayRow,
    StreamRow,
)
from server.services.files import PageFolder
from server.services.findings import Finding
from server.services.streams import to_event

_SLICE = 1000
_RESTORE = (
    "Dữ liệu đã bị sửa hoặc hỏng ngoài chương trình. Ngừng máy chủ, giữ nguyên ổ đĩa, "
    "phục hồi từ bản sao lưu hoặc máy dự phòng (docs/operations.md)."
)


def counter(session: Session, agency: str) -> Finding:
    """The counter is the stream's highest number, and no number is missing below it."""
    last_seq = session.scalar(select(AgencyRow.last_seq).where(AgencyRow.agency == agency)) or 0
    rows = select(func.count(), func.max(StreamRow.seq)).where(StreamRow.agency == agency)
    count, highest = session.execute(rows).one()
    facts = {"last_seq": last_seq, "highest": highest or 0, "count": count}
    if last_seq == (highest or 0) == count:
        says = f"Luồng có {count} sự kiện, không thiếu số nào."
        return Finding("counter", "right", says, agency=agency, facts=facts)
    facts["first_missing"] = _first_missing(session, agency)
    says = (
        f"Bộ đếm của luồng là {last_seq}, số cao nhất là {highest or 0}, có {count} sự kiện; "
        f"thiếu từ số {facts['first_missing']}."
    )
    return Finding("counter", "wrong", says, _RESTORE, agency, facts)


def _first_missing(session: Session, agency: str) -> int:
    expected = 1
    query = select(StreamRow.seq).where(StreamRow.agency == agency).order_by(StreamRow.seq)
    for seq in _slices(session.scalars(query, execution_options={"yield_per": _SLICE})):
        if seq != expected:
            return expected
        expected += 1
    return expected


def digests(session: Session, agency: str) -> Finding:
    """The kept count, hash and end of every day are those of the stream's events."""
    made: dict[str, tuple[int, str, int]] = {}
    for place, event_hash in _places(session, agency):
        count, before, _ = made.get(place.recorded_at[:10], (0, "", 0))
        made[place.recorded_at[:10]] = (count + 1, roll(before, event_hash or b""), place.seq)
        if event_hash is None:
            says = f"Luồng có số {place.seq} mà không có sự kiện {place.n} của kho {place.store}."
            facts = {"store": str(place.store), "n": place.n, "seq": place.seq}
            return Finding("digests", "wrong", says, _RESTORE, agency, facts)
    rows = session.scalars(select(StreamDayRow).where(StreamDayRow.agency == agency))
    kept = {row.day: (row.count, row.hash, row.upto) for row in rows if row.count}
    differing = sorted(day for day in made.keys() | kept if made.get(day) != kept.get(day))
    if not differing:
        says = f"Số tổng hợp của {len(kept)} ngày khớp với các sự kiện."
        return Finding("digests", "right", says, agency=agency, facts={"days": len(kept)})
    says = f"Số tổng hợp của {len(differing)} ngày không khớp, sớm nhất là {differing[0]}."
    return Finding("digests", "wrong", says, _RESTORE, agency, {"days": differing[:20]})


def _places(session: Session, agency: str) -> Iterator[tuple[StreamRow, bytes | None]]:
    query = (
        select(StreamRow, EventRow.hash)
        .outerjoin(
            EventRow,
            (EventRow.agency == StreamRow.origin)
            & (EventRow.store == StreamRow.store)
            & (EventRow.n == StreamRow.n),
        )
        .where(StreamRow.agency == agency)
        .order_by(StreamRow.seq)
    )
    for row in _slices(session.execute(query, execution_options={"yield_per": _SLICE})):
        yield row[0], row[1]


def chains(session: Session, agency: str) -> Finding:
    """Every store's events follow each other up to `have`, and each hash is that of its event."""
    events = 0
    stores = list(
        session.execute(
            select(StoreRow.id, StoreRow.have, StoreRow.head)
            .where(StoreRow.agency == agency)
            .order_by(StoreRow.created_at, StoreRow.id)
        )
    )
    for store in stores:
        broken = _first_broken(session, agency, store)
        if broken is not None:
            return broken
        events += store.have
    says = f"Chuỗi của {len(stores)} kho, {events} sự kiện, liền mạch và đúng mã băm."
    facts = {"stores": len(stores), "events": events}
    return Finding("chains", "right", says, agency=agency, facts=facts)


def _first_broken(session: Session, agency: str, store: Row[UUID, int, bytes]) -> Finding | None:
    head, n = genesis(store.id), 0
    query = (
        select(EventRow)
        .where(EventRow.agency == agency, EventRow.store == store.id)
        .order_by(EventRow.n)
    )
    for row in _slices(session.scalars(query, execution_options={"yield_per": _SLICE})):
        n += 1
        if row.n != n:
            return _broken(agency, store.id, n, None, "bị thiếu")
        if to_event(row).hash != row.hash:
            return _broken(agency, store.id, n, row.seq, "không còn đúng mã băm")
        if row.prev != head:
            return _broken(agency, store.id, n, row.seq, "không nối vào sự kiện trước nó")
        head = row.hash
        session.expunge(row)
    if n < store.have:
        return _broken(agency, store.id, n + 1, None, "bị thiếu")
    if n > store.have or head != store.head:
        return _broken(agency, store.id, n, None, "không phải là sự kiện cuối như đã ghi ở kho")
    return None


def _broken(agency: str, store: UUID, n: int, seq: int | None, how: str) -> Finding:
    place = "" if seq is None else f", số {seq} của luồng"
    says = f"Sự kiện {n} của kho {store}{place}, {how}."
    facts = {"store": str(store), "n": n, "seq": seq}
    return Finding("chains", "wrong", says, _RESTORE, agency, facts)


def pages(session: Session, agency: str, blobs: Path, *, deep: bool) -> Finding:
    """Every page that counts as stored lies on disk, whole."""
    folder = PageFolder(blobs)
    query = select(PageRow.sha256, PageRow.size).where(
        PageRow.agency == agency, PageRow.stored_at.is_not(None)
    )
    looked, faults = 0, []
    for sha256, size in session.execute(query.distinct()):
        looked += 1
        fault = _fault_of(folder.stored(agency, sha256), sha256, size, deep=deep)
        if fault:
            faults.append(f"{sha256}: {fault}")
    facts: dict[str, Any] = {"pages": looked, "deep": deep, "faults": faults[:20]}
    if not faults:
        depth = "đúng nội dung" if deep else "đúng kích thước"
        return Finding("pages", "right", f"{looked} trang quét có đủ trên đĩa, {depth}.",
                       agency=agency, facts=facts)  # fmt: skip
    says = f"{len(faults)} trong {looked} trang quét hỏng hoặc thiếu, như {faults[0]}."
    advice = (
        "Chép lại tệp từ bản sao lưu của thư mục pages; máy đã gửi có thể còn giữ trang ấy "
        "trong thư mục blobs của nó."
    )
    return Finding("pages", "wrong", says, advice, agency, facts)


def _fault_of(path: Path, sha256: str, size: int, *, deep: bool) -> str:
    try:
        found = path.stat().st_size
        if found != size:
            return f"{found} byte, phải là {size}"
        if deep:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                    return "nội dung đã khác"
    except OSError as error:
        return f"không đọc được ({error.strerror})"
    return ""


def quarantine(session: Session, agency: str) -> Finding:
    """How many events were set aside."""
    count = session.scalar(
        select(func.count())
        .select_from(EventRow)
        .where(EventRow.agency == agency, EventRow.refusal.is_not(None))
    )
    facts = {"count": count}
    if not count:
        return Finding("quarantine", "right", "Không có sự kiện nào bị để riêng.",
                       agency=agency, facts=facts)  # fmt: skip
    says = f"{count} sự kiện bị để riêng (không được tính)."
    advice = "Cán bộ thấy lý do trên máy của mình và sửa ở đó; xem cột refusal của bảng event."
    return Finding("quarantine", "watch", says, advice, agency, facts)


def stations(session: Session, agency: str, now: dt.datetime, days: int) -> Finding:
    """Which stations have not been seen for long."""
    rows = session.execute(
        select(StationRow.name, StationRow.seen_at, StationRow.enrolled_at)
        .where(StationRow.agency == agency, StationRow.revoked_at.is_(None))
        .order_by(StationRow.name)
    ).all()
    since = now - dt.timedelta(days=days)
    silent = [row.name for row in rows if (row.seen_at or row.enrolled_at) < since]
    facts: dict[str, Any] = {"stations": len(rows), "silent": silent}
    if not silent:
        says = f"{len(rows)} máy đều đã gửi trong {days} ngày qua."
        return Finding("stations", "right", says, agency=agency, facts=facts)
    says = f"{len(silent)} trong {len(rows)} máy không gửi gì đã {days} ngày: {', '.join(silent)}."
    advice = "Hỏi nơi đặt máy: hỏng, nghỉ, hay mất mạng. Quá 45 ngày máy sẽ hết số hồ sơ."
    return Finding("stations", "watch", says, advice, agency, facts)


def _slices(result: Any) -> Iterator[Any]:
    for part in result.partitions(_SLICE):
        yield from part
