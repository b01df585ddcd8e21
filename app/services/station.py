"""How the station itself stands: what waits, what is proven, what is wrong with it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select, text

from app.models import events, numbers
from app.models.base import DossierRow, EventRow, PageRow
from app.models.catalogue import newest_at, newest_version
from app.models.problems import StoreProblem
from app.services import intake
from app.services.desk import VIETNAM, Desk

LOW_DISK_BYTES = 2 * 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class StationStatus:
    """What the connection chip and `status` show.

    Attributes:
        agency_name: as the catalogue has it, the code before the first catalogue.
        waiting: own events the server is not known to hold.
        pages_waiting: images likewise; bytes_waiting: their size.
        sent_today: own events of today that the server holds.
        catalogue_at: when the newest catalogue came in, None without one.
        to_look_at: dossiers with a refused event or a conflict.
        proven_at: when both sides were last shown equal, None never.
        is_proof_due: something was sent or came in since then.
        reached_at: when the server last answered, None never.
        stopped: why the server does not speak with this machine, "" if it does.
        difference: the first event that differed from the server's, "" if none.
        leased, standing: numbers left today.
    """

    station: str
    agency: str
    agency_name: str
    server: str
    waiting: int
    pages_waiting: int
    bytes_waiting: int
    sent_today: int
    to_look_at: int
    proven_at: dt.datetime | None
    is_proof_due: bool
    reached_at: dt.datetime | None
    is_offline: bool
    stopped: str
    difference: str
    leased: int
    standing: int
    numbers_low: bool
    plan_ends: dt.date | None
    catalogue: int
    catalogue_at: dt.datetime | None
    journal: str
    has_second_volume: bool
    key_place: str

    @property
    def is_green(self) -> bool:
        """True only by proof: nothing waits, and both sides were shown equal."""
        return (
            self.proven_at is not None
            and not self.is_offline
            and not self.stopped
            and not self.is_proof_due
            and self.waiting == self.pages_waiting == self.to_look_at == 0
        )


def status(desk: Desk, server: str) -> StationStatus:
    """Return how the station stands now."""
    store, now = desk.store, desk.now()
    with store.database.reading() as session:
        incarnation = events.incarnation(session)
        stock = numbers.stock(session, incarnation, store.station.agency, now.date())
        pages, size = session.execute(
            select(func.count(), func.coalesce(func.sum(PageRow.size), 0)).where(
                PageRow.is_own, PageRow.stored_at.is_(None), PageRow.removed.is_(False)
            )
        ).one()
        look = session.scalar(
            select(func.count()).select_from(DossierRow).where(DossierRow.needs_look)
        )
        return StationStatus(
            station=store.station.name,
            agency=store.station.agency,
            agency_name=events.get_fact(session, "agency_name", store.station.agency),
            server=server,
            waiting=events.waiting_count(session),
            pages_waiting=pages,
            bytes_waiting=size,
            sent_today=events.sent_on(session, now.date()),
            to_look_at=look or 0,
            proven_at=_moment(events.get_fact(session, "proven_at")),
            is_proof_due=bool(events.get_fact(session, "is_proof_due")),
            reached_at=_moment(events.get_fact(session, "reached_at")),
            is_offline=intake.is_offline(session, now),
            stopped=events.get_fact(session, "stopped"),
            difference=events.get_fact(session, "difference"),
            leased=stock.leased,
            standing=stock.standing,
            numbers_low=stock.is_low,
            plan_ends=stock.plan_ends,
            catalogue=newest_version(session),
            catalogue_at=newest_at(session),
            journal=str(store.journal_folder),
            has_second_volume=store.has_second_volume,
            key_place=store.key_place,
        )


def _moment(text_: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text_).astimezone(VIETNAM) if text_ else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An own event the server set aside, with its words."""

    n: int
    kind: str
    at: str
    dossier_code: str
    reason: str


def refused_events(desk: Desk, limit: int = 100) -> tuple[Refused, ...]:
    """Return quarantined events that nobody has mended yet, newest first."""
    with desk.store.database.reading() as session:
        rows = session.execute(
            select(EventRow.n, EventRow.kind, EventRow.at, EventRow.refusal, DossierRow.code)
            .outerjoin(DossierRow, DossierRow.id == EventRow.dossier)
            .where(EventRow.refusal.is_not(None), EventRow.is_mended.is_(False))
            .order_by(EventRow.place.desc())
            .limit(limit)
        ).all()
    return tuple(
        Refused(
            n=row.n,
            kind=row.kind,
            at=row.at,
            dossier_code=row.code or "",
            reason=row.refusal or "",
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingEvent:
    """An own event that the server does not have yet."""

    n: int
    kind: str
    at: str
    dossier_code: str


def waiting_events(desk: Desk, limit: int = 200) -> tuple[WaitingEvent, ...]:
    """Return the oldest own events still to be sent."""
    with desk.store.database.reading() as session:
        store = events.incarnation(session)
        rows = session.execute(
            select(EventRow.n, EventRow.kind, EventRow.at, DossierRow.code)
            .outerjoin(DossierRow, DossierRow.id == EventRow.dossier)
            .where(EventRow.store == store, EventRow.n > events.have(session, store))
            .order_by(EventRow.n)
            .limit(limit)
        ).all()
    return tuple(
        WaitingEvent(n=row.n, kind=row.kind, at=row.at, dossier_code=row.code or "") for row in rows
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing the doctor looked at."""

    what: str
    ok: bool
    words: str


def examine(desk: Desk) -> tuple[Finding, ...]:
    """Check store, journal, keys, disk, numbers and catalogue; slow, for idle time."""
    return tuple(_examine(desk))


def glance(desk: Desk) -> tuple[Finding, ...]:
    """Check what costs nothing: disk, copies, journal, keys, numbers and catalogue."""
    return tuple(_glance(desk))


def _examine(desk: Desk) -> Iterator[Finding]:
    store = desk.store
    try:
        with store.database.reading() as session:
            checked = session.execute(text("PRAGMA quick_check")).scalar()
            cipher = session.execute(text("PRAGMA cipher_version")).scalar()
        is_sound = checked == "ok"
        words = f"toàn vẹn, mã hoá SQLCipher {cipher}" if is_sound else f"hỏng: {checked}"
    except StoreProblem as problem:
        is_sound, words = False, str(problem)
    yield Finding(what="Kho hồ sơ", ok=is_sound, words=words)
    yield from _glance(desk)


def _glance(desk: Desk) -> Iterator[Finding]:
    store = desk.store
    free = shutil.disk_usage(store.profile.root).free
    yield Finding(what="Đĩa trống", ok=free > LOW_DISK_BYTES, words=f"{free / 2**30:.1f} GB")
    yield _copy_finding(desk)
    try:
        yield from _read_from_store(desk)
    except StoreProblem as problem:  # said above where it is; what can be read was read
        yield Finding(what="Số liệu trong kho", ok=False, words=str(problem))


def _copy_finding(desk: Desk) -> Finding:
    """The second journal is the copy that is always there; a full one is made on demand."""
    made = [path.stat().st_mtime for path in desk.store.profile.backups.glob("*.db")]
    if not made:
        return Finding(what="Bản sao đầy đủ", ok=True, words="chưa có; nhật ký thứ hai đang giữ")
    at = dt.datetime.fromtimestamp(max(made), VIETNAM)
    return Finding(what="Bản sao đầy đủ", ok=True, words=f"{at:%H:%M %d/%m/%Y}")


def _read_from_store(desk: Desk) -> Iterator[Finding]:
    store, standing = desk.store, status(desk, "")
    volume = "ổ khác" if standing.has_second_volume else "cùng ổ với kho — nên cắm ổ thứ hai"
    if store.misses_journal_folder:
        volume = "tạm thời: không thấy ổ đã chọn — cắm lại ổ nhật ký"
    yield Finding(
        what="Nhật ký thứ hai",
        ok=standing.has_second_volume,
        words=f"{standing.journal} ({volume})",
    )
    in_ring = standing.key_place == "keyring"
    yield Finding(
        what="Khoá của máy",
        ok=in_ring,
        words="trong kho khoá hệ điều hành" if in_ring else "trong tệp riêng (không có kho khoá)",
    )
    ends = f", đến {standing.plan_ends:%d/%m/%Y}" if standing.plan_ends else ""
    yield Finding(
        what="Dải số hôm nay",
        ok=not standing.numbers_low,
        words=f"{standing.leased} số cấp nhanh, {standing.standing} số ngoại tuyến{ends}",
    )
    yield _catalogue_finding(desk, standing.catalogue)


def _catalogue_finding(desk: Desk, version: int) -> Finding:
    if not version:
        return Finding(what="Danh mục", ok=False, words="chưa có, cần nối mạng một lần")
    year = desk.now().year
    certain = year in desk.catalogue().official_years
    words = f"bản {version}" + ("" if certain else f", chưa có lịch nghỉ chính thức {year}")
    return Finding(what="Danh mục", ok=certain, words=words)
