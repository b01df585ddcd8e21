"""The end of a day: every receipt that was printed beside its event and the server's word."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.services.day_register import Entry, NumberSpan, Register
from app.services.desk import Desk


class Kind(StrEnum):
    """What does not agree."""

    NOT_ACKNOWLEDGED = "not_acknowledged"
    REFUSED = "refused"
    NOT_PRINTED = "not_printed"
    OUTCOME_UNKNOWN = "outcome_unknown"
    OLD_VERSION = "old_version"
    OLD_CODE = "old_code"
    PROVISIONAL = "provisional"
    EVENT_MISSING = "event_missing"
    NUMBER_MISSING = "number_missing"


WORDS: dict[Kind, tuple[str, str]] = {
    Kind.NOT_ACKNOWLEDGED: (
        "Giấy đã in hoặc hồ sơ đã nhận, máy chủ chưa xác nhận.",
        "Có mạng thì bấm F5; chưa có thì mang gói dữ liệu bằng USB.",
    ),
    Kind.REFUSED: (
        "Máy chủ để riêng, chưa tính.",
        "Mở Đồng bộ (Ctrl+S), đọc lý do rồi gửi lại.",
    ),
    Kind.NOT_PRINTED: (
        "Chưa có giấy tiếp nhận nào ra.",
        "In giấy, hoặc lưu PDF, rồi trao cho dân.",
    ),
    Kind.OUTCOME_UNKNOWN: (
        "Chưa rõ giấy đã ra hay chưa.",
        "Nhìn khay giấy; mở Chờ in (Shift+F9), chọn “Đã in” hoặc “Chưa in”.",
    ),
    Kind.OLD_VERSION: (
        "Giấy đã in là bản cũ; bản sửa đổi chưa in.",
        "In bản mới, thu lại bản cũ.",
    ),
    Kind.OLD_CODE: (
        "Giấy đã in mang mã cũ; mã chính thức chưa in.",
        "In lại giấy có mã chính thức, thu lại giấy cũ.",
    ),
    Kind.PROVISIONAL: ("Còn mang mã tạm.", "Nối mạng một lần để nhận mã chính thức, rồi in lại."),
    Kind.EVENT_MISSING: (
        "Có lệnh in đã ra giấy mà sổ không ghi.",
        "Báo quản trị chạy kiểm tra máy (doctor); giữ lại giấy.",
    ),
    Kind.NUMBER_MISSING: (
        "Số đã lấy mà không hồ sơ nào mang.",
        "Tìm giấy mang số này; báo quản trị khôi phục từ nhật ký thứ hai.",
    ),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not agree, and what to do about it."""

    kind: Kind
    about: str
    detail: str = ""

    @property
    def words(self) -> str:
        """What does not agree."""
        return f"{WORDS[self.kind][0]} {self.detail}".strip()

    @property
    def advice(self) -> str:
        """What to do."""
        return WORDS[self.kind][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of this station, held beside the server's word.

    Attributes:
        seal: SHA-256 over the register (docs/events.md, `day.closed`).
        unused: numbers this station holds for the day and did not use.
        closings: how often the day was closed before.
    """

    agency: str
    station: UUID
    day: dt.date
    entries: tuple[Entry, ...]
    differences: tuple[Difference, ...]
    unused: tuple[NumberSpan, ...]
    closings: int
    seal: str

    @property
    def received(self) -> tuple[Entry, ...]:
        """The dossiers received on the day."""
        return tuple(entry for entry in self.entries if entry.is_of_day)

    @property
    def printed(self) -> int:
        """Receipts that came out on paper on the day."""
        mine = [p for e in self.entries for p in e.prints if p.at[:10] == self.day.isoformat()]
        return sum(p.outcome == "printed" for p in mine)


def day(desk: Desk, on: dt.date) -> Day:
    """Return a day of this station with everything that does not agree, named.

    Every receipt is matched to its event and to the server's acknowledgement:
    the event's place in the stream, or that its number is not above `have`.
    """
    station = desk.store.station
    with desk.store.database.reading() as session:
        register = Register(session, station.agency, on)
        entries = tuple(register.entries())
        missing, unused = register.numbers()
        differences = [d for entry in entries for d in _differences(entry)]
        differences += [
            Difference(Kind.EVENT_MISSING, code, f"Lệnh in số {id}.")
            for code, id in register.jobs_without_event(entries)
        ]
        differences += [Difference(Kind.NUMBER_MISSING, f"số {n:04d}") for n in missing]
        closings = register.closings()
    return Day(
        agency=station.agency,
        station=station.id,
        day=on,
        entries=entries,
        differences=tuple(differences),
        unused=unused,
        closings=closings,
        seal=seal(station.agency, station.id, on, entries),
    )


def seal(agency: str, station: UUID, on: dt.date, entries: Iterable[Entry]) -> str:
    """Return the SHA-256 of a register; what the server says of it does not count in.

    Source: docs/events.md, `day.closed`.
    """
    lines = ["qmc-day-1", agency, str(station), on.isoformat()]
    for entry in entries:
        state = "void" if entry.voided else "provisional" if entry.provisional else "received"
        prints = ",".join(f"{p.version}.{p.copy}:{p.outcome}:{p.sha256}" for p in entry.prints)
        cells = (entry.code, str(entry.store), str(entry.n), entry.hash.hex(), state,
                 str(entry.version), prints)  # fmt: skip
        lines.append("\t".join(cells))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _differences(entry: Entry) -> list[Difference]:
    """Return what does not agree about one dossier."""
    found: list[Difference] = []

    def say(kind: Kind, detail: str = "") -> None:
        found.append(Difference(kind, entry.code, detail))

    if entry.refusal:
        say(Kind.REFUSED, f"Lý do: {entry.refusal}")
    elif not entry.is_stored or any(p.left and not p.is_stored for p in entry.prints):
        say(Kind.NOT_ACKNOWLEDGED)
    if any(p.outcome == "unknown" and not p.is_settled for p in entry.prints):
        say(Kind.OUTCOME_UNKNOWN)
    if entry.voided:
        return found
    left = [p for p in entry.prints if p.left]
    is_asked = any(p.outcome == "unknown" and not p.is_settled for p in entry.prints)
    if not left and not is_asked and entry.is_of_day:
        say(Kind.NOT_PRINTED)
    if left and max(p.order for p in left) < entry.coded:
        say(Kind.OLD_CODE)
    elif left and max(p.version for p in left) < entry.version:
        say(Kind.OLD_VERSION)
    if entry.provisional:
        say(Kind.PROVISIONAL)
    return found
