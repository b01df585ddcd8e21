"""The shift sheet: a clerk's receptions, payments and money between opening and closing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import bodies
from app.domain.amounts import in_figures
from app.domain.events import Event, moment, read_body
from app.models import events, projection
from app.models.base import EventRow
from app.services.desk import VIETNAM
from app.services.paperwork import phrases
from app.services.paperwork.order import Setting
from printing.document import PrintDocument
from printing.forms import shift_sheet

_METHODS = {"cash": "Tiền mặt", "transfer": "Chuyển khoản", "online": "Trực tuyến"}
_SLACK = dt.timedelta(days=1)  # a clock that was set back must not hide what came before


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came in, or went back (negative), đồng."""

    at: dt.datetime
    code: str
    payer: str
    method: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One clerk's shift as the events tell it.

    Attributes:
        opened_at: None if no shift was opened that day; then it is the whole day.
        counted, booked: as closed, None while it is open.
    """

    begins_at: dt.datetime
    opened_at: dt.datetime | None
    closed_at: dt.datetime | None
    float_amount: int
    counted: int | None
    booked: int | None
    reason: str
    received: int
    voided: int
    returned: int
    printed: int
    payments: tuple[Payment, ...]

    def taken(self, *methods: str) -> int:
        """Return what came in by these ways, đồng."""
        return sum(p.amount for p in self.payments if p.amount > 0 and p.method in methods)

    @property
    def given_back(self) -> int:
        """What went back in cash, đồng."""
        return -sum(p.amount for p in self.payments if p.amount < 0)

    @property
    def must_hold(self) -> int:
        """What must be in the drawer, đồng."""
        return self.float_amount + self.taken("cash") - self.given_back


def of_clerk(session: Session, user: str, day: dt.date) -> Shift:
    """Return a clerk's last shift that was opened on a day, or else the whole day."""
    own = _own_events(session, user, day)
    opened = next((e for e in reversed(own) if e.kind == "shift.opened"), None)
    if opened is not None:
        own = own[own.index(opened) :]
    closed = next((e for e in own if e.kind == "shift.closed"), None)
    if closed is not None:
        own = own[: own.index(closed) + 1]
    opening = (
        bodies.ShiftOpened() if opened is None else read_body(opened.kind, opened.v, opened.body)
    )
    closing = None if closed is None else read_body(closed.kind, closed.v, closed.body)
    kinds = [event.kind for event in own]
    return Shift(
        begins_at=_at(opened) if opened else dt.datetime.combine(day, dt.time(), VIETNAM),
        opened_at=_at(opened) if opened else None,
        closed_at=_at(closed) if closed else None,
        float_amount=opening.float_amount,
        counted=None if closing is None else closing.counted,
        booked=None if closing is None else closing.booked,
        reason="" if closing is None else closing.reason,
        received=kinds.count("dossier.received"),
        voided=kinds.count("dossier.voided"),
        returned=kinds.count("result.returned"),
        printed=sum(_came_out(event) for event in own),
        payments=tuple(_payments(session, own)),
    )


def _own_events(session: Session, user: str, day: dt.date) -> list[Event]:
    """Return what a clerk did at this station on a day, in order; nothing refused."""
    begin = dt.datetime.combine(day, dt.time(), VIETNAM)
    end = begin + dt.timedelta(days=1)
    found: list[tuple[dt.datetime, Event]] = []
    for store in events.own_stores(session):
        rows = session.scalars(
            select(EventRow)
            .where(EventRow.store == store)
            .order_by(EventRow.n.desc())
            .execution_options(yield_per=200)
        )
        for row in rows:
            at = moment(row.at)
            if at is None or at < begin - _SLACK:
                break
            if row.actor == user and row.refusal is None and begin <= at < end:
                found.append((at, events.to_event(row)))
    found.sort(key=lambda item: (item[0], str(item[1].store), item[1].n))
    return [event for _, event in found]


def _at(event: Event) -> dt.datetime:
    at = moment(event.at)
    assert at is not None  # an envelope without a moment is never stored
    return at.astimezone(VIETNAM)


def _came_out(event: Event) -> bool:
    if event.kind != "document.printed":
        return False
    return read_body(event.kind, event.v, event.body).outcome in ("printed", "unknown")


def _payments(session: Session, own: Iterable[Event]) -> Iterable[Payment]:
    for event in own:
        if event.kind not in ("fee.paid", "fee.refunded") or event.dossier is None:
            continue
        body = read_body(event.kind, event.v, event.body)
        dossier = projection.load(session, event.dossier)
        is_paid = event.kind == "fee.paid"
        yield Payment(
            at=_at(event),
            code=dossier.code if dossier else "",
            payer=dossier.submitter.name if dossier else "",
            method=body.method if is_paid else "cash",
            amount=body.amount if is_paid else -body.amount,
        )


def sheet(setting: Setting) -> PrintDocument:
    """Return the shift sheet of the clerk who asks."""
    desk, clerk, day = setting.desk, setting.clerk, setting.first_day
    with desk.store.database.reading() as session:
        shift = of_clerk(session, clerk.user, day)
    words = shift_sheet.ShiftSheetWords(
        head=phrases.head(desk.agency(), day),
        title="Phiếu chốt ca",
        lines=(
            ("Cán bộ", clerk.display_name),
            ("Máy (quầy)", desk.store.station.name),
            ("Từ", _begin(shift)),
            ("Đến", phrases.long_moment(shift.closed_at) if shift.closed_at else "chưa đóng ca"),
        ),
        counts=(
            ("Hồ sơ đã tiếp nhận", str(shift.received)),
            ("Hồ sơ đã hoàn tác", str(shift.voided)),
            ("Kết quả đã trả", str(shift.returned)),
            ("Giấy đã in", str(shift.printed)),
        ),
        money=(
            ("Tiền lẻ đầu ca", in_figures(shift.float_amount)),
            ("Thu tiền mặt", in_figures(shift.taken("cash"))),
            ("Hoàn tiền mặt", in_figures(shift.given_back)),
            ("Thu chuyển khoản, trực tuyến (không có trong két)",
             in_figures(shift.taken("transfer", "online"))),
            ("Phải có trong két", in_figures(shift.must_hold)),
        ),
        payments=tuple(
            (f"{p.at:%H:%M}", p.code, p.payer,
             _METHODS[p.method] if p.amount > 0 else "Hoàn tiền",
             in_figures(p.amount) if p.amount > 0 else f"−{in_figures(-p.amount)}")
            for p in shift.payments
        ),
        counted=_counted(shift),
        reason=shift.reason,
        clerk_name=clerk.display_name,
    )  # fmt: skip
    return shift_sheet.build(words, setting.paper)


def _begin(shift: Shift) -> str:
    words = phrases.long_moment(shift.begins_at)
    return words if shift.opened_at else f"{words} (chưa mở ca, tính cả ngày)"


def _counted(shift: Shift) -> tuple[tuple[str, str], ...]:
    if shift.counted is None or shift.booked is None:
        return ()
    difference = shift.counted - shift.booked
    sign = "−" if difference < 0 else ""
    return (
        ("Thực đếm", in_figures(shift.counted)),
        ("Theo sổ", in_figures(shift.booked)),
        ("Chênh lệch", sign + in_figures(abs(difference))),
    )
