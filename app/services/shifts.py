"""A clerk's shift: money counted at both ends, and what the events say between them."""

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
from app.models.base import ClerkRow, EventRow
from app.services.acting import NotNow, require
from app.services.desk import VIETNAM, Clerk, Desk

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


def current(desk: Desk, clerk: Clerk) -> Shift:
    """Return a clerk's shift of today as it stands."""
    with desk.store.database.reading() as session:
        return of_clerk(session, clerk.user, desk.now().date())


def of_all(desk: Desk, day: dt.date) -> tuple[tuple[str, Shift], ...]:
    """Return (name, shift) of every clerk who took money or opened a shift here on a day."""
    with desk.store.database.reading() as session:
        clerks = session.execute(
            select(ClerkRow.user, ClerkRow.display_name).order_by(ClerkRow.display_name)
        ).all()
        found = [(row.display_name, of_clerk(session, row.user, day)) for row in clerks]
    return tuple((name, shift) for name, shift in found if shift.opened_at or shift.payments)


def open_shift(desk: Desk, clerk: Clerk, float_amount: int) -> Shift:
    """Begin a shift with so much small change in the drawer, đồng.

    Raises:
        NotYours: the clerk takes no money.
        NotNow: one is open already.
    """
    require(clerk, "pay")
    with desk.store.acting(needs_journal=False) as session:
        shift = of_clerk(session, clerk.user, desk.now().date())
        if shift.opened_at is not None and shift.closed_at is None:
            raise NotNow(
                f"Ca này đã mở lúc {shift.opened_at:%H:%M}.", "Đóng ca đó trước khi mở ca mới."
            )
        body = bodies.ShiftOpened(float_amount=float_amount)
        projection.record(session, events.Act("shift.opened", body, clerk.user, desk.now()))
        return of_clerk(session, clerk.user, desk.now().date())


def close_shift(desk: Desk, clerk: Clerk, counted: int, reason: str = "") -> Shift:
    """End a shift: counted money beside what the book says, đồng.

    Raises:
        NotYours: the clerk takes no money.
        NotNow: it is closed already, or a difference has no reason; the message says how much.
    """
    require(clerk, "pay")
    with desk.store.acting(needs_journal=False) as session:
        shift = of_clerk(session, clerk.user, desk.now().date())
        if shift.closed_at is not None:
            raise NotNow(f"Ca này đã đóng lúc {shift.closed_at:%H:%M}.", "Mở ca mới nếu còn thu.")
        if counted != shift.must_hold and not reason.strip():
            raise NotNow(difference_words(counted, shift.must_hold),
                         "Đếm lại, hoặc ghi chênh lệch và lý do.")  # fmt: skip
        body = bodies.ShiftClosed(
            counted=counted, booked=shift.must_hold, reason=" ".join(reason.split())
        )
        projection.record(session, events.Act("shift.closed", body, clerk.user, desk.now()))
        return of_clerk(session, clerk.user, desk.now().date())


def difference_words(counted: int, booked: int) -> str:
    """Say how counted money differs from the book, đồng."""
    way = "thiếu" if counted < booked else "thừa"
    return (
        f"Tiền mặt đếm {in_figures(counted)} đ, sổ ghi {in_figures(booked)} đ: "
        f"{way} {in_figures(abs(counted - booked))} đ."
    )
