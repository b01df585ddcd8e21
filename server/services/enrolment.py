"""Stations and their incarnations: enrol once by code, number ranges for each."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from uuid import UUID, uuid4, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.codes import OFFLINE_NUMBERS, ONLINE_NUMBERS
from app.domain.events import genesis
from app.domain.wire import EnrolRequest, NumberRange
from server.errors import ServerProblem, forbidden, unreadable
from server.models.base import EnrolmentRow, RangeRow, StationRow, StoreRow
from server.models.database import lock_agency

CODE_HOURS = 24
CODE_BYTES = 15  # 120 bits
RANGE_SIZE = 400
PLAN_DAYS = 45
LEASE_SIZE = 5
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def make_code(
    session: Session, agency: str, station_name: str, now: dt.datetime, replaces: UUID | None = None
) -> str:
    """Return a new one-time enrolment code of 24 characters in groups of four.

    Args:
        session: writing.
        agency: the station's.
        station_name: shown to people.
        now: the code holds for 24 hours from here.
        replaces: the station whose place a new machine takes.
    """
    raw = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_BYTES * 8 // 5))
    session.add(
        EnrolmentRow(
            code_sha256=_hash(raw),
            agency=agency,
            station_name=station_name,
            replaces=replaces,
            expires_at=now + dt.timedelta(hours=CODE_HOURS),
        )
    )
    return "-".join(raw[i : i + 4] for i in range(0, len(raw), 4))


def _hash(code: str) -> str:
    bare = code.replace("-", "").replace(" ", "").upper()
    return hashlib.sha256(b"qmc-enrol\n" + bare.encode()).hexdigest()


def enrol(session: Session, request: EnrolRequest, now: dt.datetime) -> StationRow:
    """Use up a code; return the new (or replaced) station with its first incarnation.

    Raises:
        ServerProblem: unknown, used or expired code, or unusable keys.
    """
    row = session.get(EnrolmentRow, _hash(request.code), with_for_update=True)
    if row is None or row.used_at is not None or row.expires_at < now:
        raise ServerProblem(
            403, "bad-code", "Mã đăng ký máy sai, đã dùng hoặc quá 24 giờ.",
            "Nhờ quản trị cấp mã mới (add-station).",
        )  # fmt: skip
    row.used_at = now
    try:
        signing, sealing = bytes.fromhex(request.signing_key), bytes.fromhex(request.sealing_key)
    except ValueError as error:
        raise unreadable("khoá không phải số hex") from error
    if len(signing) != 32 or len(sealing) != 32:
        raise unreadable("khoá phải dài 32 byte")
    station = _station(session, row, signing, sealing, now)
    add_incarnation(session, station, request.incarnation, now)
    return station


def _station(
    session: Session, row: EnrolmentRow, signing: bytes, sealing: bytes, now: dt.datetime
) -> StationRow:
    station = None if row.replaces is None else session.get(StationRow, (row.agency, row.replaces))
    if station is None:
        station = StationRow(agency=row.agency, id=uuid4(), enrolled_at=now)
        session.add(station)
    station.name, station.signing_key, station.sealing_key = row.station_name, signing, sealing
    session.flush()
    return station


def add_incarnation(
    session: Session, station: StationRow, incarnation: UUID, now: dt.datetime
) -> Sequence[NumberRange]:
    """Register a new store of a station and return its ranges. Safe to repeat.

    Raises:
        ServerProblem: the id belongs to another station.
    """
    lock_agency(session, station.agency)
    register_store(session, station, incarnation, now)
    return plan(session, station, incarnation, now)


def register_store(
    session: Session, station: StationRow, incarnation: UUID, now: dt.datetime
) -> StoreRow:
    """Return a station's store; an incarnation begun offline is noted at first sight.

    Raises:
        ServerProblem: the id belongs to another station.
    """
    store = session.scalars(select(StoreRow).where(StoreRow.id == incarnation)).first()
    if store is None:
        store = StoreRow(
            agency=station.agency,
            id=incarnation,
            station=station.id,
            have=0,
            head=genesis(incarnation),
            created_at=now,
        )
        session.add(store)
        session.flush()
    if store.station != station.id:
        raise forbidden("Kho này không thuộc máy vừa gửi.")
    return store


def plan(
    session: Session, station: StationRow, incarnation: UUID, now: dt.datetime
) -> Sequence[NumberRange]:
    """Return the incarnation's standing range, prolonged to 45 days from today.

    A free stretch is found among the ranges whose plan has not ended; the
    same numbers are kept when a plan is prolonged.
    """
    today = local_day(now)
    until = today + dt.timedelta(days=PLAN_DAYS)
    live = list(
        session.scalars(
            select(RangeRow).where(
                RangeRow.agency == station.agency,
                RangeRow.kind == "range",
                RangeRow.to_day >= today - dt.timedelta(days=1),
            )
        )
    )
    mine = [row for row in live if row.store == incarnation]
    if mine:
        for row in mine:
            row.to_day = max(row.to_day, until)
    else:
        first = _free_stretch([(row.first, row.last) for row in live])
        if first is not None:
            row = RangeRow(
                agency=station.agency,
                id=f"range-{incarnation}-{today:%y%m%d}",  # a plan that ended leaves its own
                store=incarnation,
                kind="range",
                first=first,
                last=min(first + RANGE_SIZE, OFFLINE_NUMBERS.stop) - 1,
                from_day=today - dt.timedelta(days=1),
                to_day=until,
            )
            session.add(row)
            mine = [row]
    session.flush()
    return [to_wire(row) for row in mine]


def _free_stretch(taken: Sequence[tuple[int, int]]) -> int | None:
    first = OFFLINE_NUMBERS.start
    for start, last in sorted(taken):
        if start - first >= RANGE_SIZE:
            return first
        first = max(first, last + 1)
    return first if first + RANGE_SIZE <= OFFLINE_NUMBERS.stop else None


def lease(
    session: Session, station: StationRow, incarnation: UUID, key: UUID, day: dt.date
) -> Sequence[NumberRange]:
    """Return a block of five of the day's low numbers; the same key gets the same block.

    The key counts for one incarnation: a restored copy may hold one of the former's.

    Raises:
        ServerProblem: the incarnation is not this station's.
    """
    lock_agency(session, station.agency)
    store = session.get(StoreRow, (station.agency, incarnation))
    if store is None or store.station != station.id:
        raise forbidden("Kho này không thuộc máy vừa gửi.")
    id = f"lease-{uuid5(incarnation, str(key))}"
    row = session.get(RangeRow, (station.agency, id))
    if row is None:
        last = session.scalar(
            select(RangeRow.last)
            .where(
                RangeRow.agency == station.agency,
                RangeRow.kind == "lease",
                RangeRow.from_day == day,
                RangeRow.to_day == day,
            )
            .order_by(RangeRow.last.desc())
            .limit(1)
        )
        first = ONLINE_NUMBERS.start if last is None else last + 1
        if first + LEASE_SIZE > ONLINE_NUMBERS.stop:
            return []
        row = RangeRow(
            agency=station.agency, id=id, store=incarnation, kind="lease",
            first=first, last=first + LEASE_SIZE - 1, from_day=day, to_day=day,
        )  # fmt: skip
        session.add(row)
        session.flush()
    return [to_wire(row)]


def to_wire(row: RangeRow) -> NumberRange:
    """Return a range as it travels."""
    return NumberRange(
        id=row.id,
        agency=row.agency,
        first=row.first,
        last=row.last,
        from_day=row.from_day.isoformat(),
        to_day=row.to_day.isoformat(),
        kind=row.kind,
    )


def local_day(now: dt.datetime) -> dt.date:
    """Return the calendar day in Vietnam."""
    return now.astimezone(dt.timezone(dt.timedelta(hours=7))).date()
