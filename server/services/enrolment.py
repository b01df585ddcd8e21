"""Stations and their incarnations: enrol once by code, greet in every pass."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.events import genesis
from app.domain.wire import EnrolRequest, Hello, NumberRange
from server.errors import ServerProblem, forbidden, unreadable
from server.models.base import EnrolmentRow, StationRow, StoreRow
from server.models.database import lock_agency
from server.services.numbers import plan

CODE_HOURS = 24
CODE_BYTES = 15  # 120 bits
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
    session: Session,
    station: StationRow,
    incarnation: UUID,
    now: dt.datetime,
    *,
    wants_more: bool = False,
    holds: Sequence[NumberRange] = (),
) -> Sequence[NumberRange]:
    """Register a new store of a station and return its ranges. Safe to repeat.

    Args:
        session: writing.
        station: whose store it is.
        incarnation: its id.
        now: the present moment.
        wants_more, holds: see `numbers.plan`.

    Raises:
        ServerProblem: the id belongs to another station.
    """
    lock_agency(session, station.agency)
    register_store(session, station, incarnation, now)
    return plan(session, station.agency, incarnation, now, wants_more=wants_more, holds=holds)


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


def greet(session: Session, station: StationRow, hello: Hello, now: dt.datetime) -> StoreRow:
    """Note a store's contact; return the store.

    Every contact is counted at the station before it is made, so a count
    that was heard before, in another pass, comes from a second machine that
    runs on a copy of the store.

    Raises:
        ServerProblem: 409 the store is used twice; 403 it is another station's.
    """
    store = register_store(session, station, hello.store, now)
    is_repeated = (hello.contacts, hello.passing) == (store.contacts, store.last_pass)
    if hello.contacts <= store.contacts and not is_repeated:
        raise ServerProblem(
            409,
            "cloned",
            "Hai máy đang dùng cùng một kho hồ sơ.",
            "Ổ đĩa này là bản sao của máy khác, hoặc được chép lại từ bản cũ. Máy này tạm không "
            "gửi và không cấp số chính thức; hồ sơ trên máy vẫn còn. Báo quản trị chạy “restore”.",
        )
    store.contacts, store.last_pass = hello.contacts, hello.passing
    station.seen_at = now
    return store


def stores_of(session: Session, station: StationRow) -> list[UUID]:
    """Return every incarnation of a station, oldest first."""
    return list(
        session.scalars(
            select(StoreRow.id)
            .where(StoreRow.agency == station.agency, StoreRow.station == station.id)
            .order_by(StoreRow.created_at, StoreRow.id)
        )
    )
