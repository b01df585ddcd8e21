"""Take a batch of events: every authentic one is stored, accepted or quarantined.

Idempotent by (store, n): what is there already is passed over, so a
repeated, doubled or half-lost request changes nothing.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import sealing, wire
from app.domain.bodies import EventMended
from app.domain.events import BrokenChain, Event, verify_chain
from app.domain.wire import PushAnswer, PushHead, Quarantined
from server.errors import ServerProblem, forbidden, unreadable
from server.models.base import EventRow, StationRow, StoreRow
from server.services.case_files import taking_part
from server.services.enrolment import register_store
from server.services.judging import judge
from server.services.tails import Tails


def take(
    session: Session,
    station: StationRow,
    head: PushHead,
    events: Sequence[Event],
    now: dt.datetime,
) -> PushAnswer:
    """Store a batch and answer what the server has.

    Args:
        session: one writing transaction.
        station: authenticated sender.
        head: first line of the push.
        events: chained by their reader; signature not yet checked.
        now: moment of storing.

    Raises:
        ServerProblem: the store is not this station's, the signature does not
            hold, an envelope could not be kept as it is, or the chain forks
            from what is stored (a cloned disk).
    """
    _check_storable(events)
    tails = Tails(session, now)
    tails.lock(taking_part(session, station.agency, events))
    if tails.seq(station.agency) is None:
        raise forbidden("Máy chủ không còn cơ quan này.")
    store = register_store(session, station, head.store, now)
    last_hash = events[-1].hash
    signed = wire.signed_bytes(head.store, events[-1].n, last_hash)
    if last_hash.hex() != head.head or not sealing.is_signed(
        station.signing_key, bytes.fromhex(head.signature), signed
    ):
        raise unreadable("chữ ký của lô sự kiện không khớp")
    quarantined: list[Quarantined] = []
    if head.first <= store.have + 1:  # else a gap: the answer says what is here
        _check_fork(session, station.agency, events, store)
        repeated = [event.n for event in events if event.n <= store.have]
        fresh = [event for event in events if event.n > store.have]
        if fresh:
            try:
                verify_chain(fresh, n=store.have, head=store.head)
            except BrokenChain as error:
                raise _forked(error.n) from error
            quarantined = judge(session, station, tails, fresh, now)
            store.have, store.head = fresh[-1].n, fresh[-1].hash
        quarantined += _former_refusals(session, station.agency, head.store, repeated)
    return PushAnswer(
        have=store.have,
        cursor=tails.seq(station.agency) or 0,
        server_time=now.isoformat(),
        quarantined=tuple(sorted(quarantined, key=lambda q: q.n)),
    )


def _check_storable(events: Sequence[Event]) -> None:
    """Refuse what would have to be changed to be kept: its chain would not verify again."""
    for event in events:
        for text, longest in ((event.kind, 40), (event.at, 40), (event.actor, 64)):
            if len(text) > longest or "\0" in text:
                raise unreadable(f"sự kiện {event.n}: kind, at hoặc actor không lưu được")


def _check_fork(session: Session, agency: str, events: Sequence[Event], store: StoreRow) -> None:
    """Refuse a repeated event that is not the one stored under its number."""
    repeated = {event.n: event.hash for event in events if event.n <= store.have}
    if not repeated:
        return
    rows = session.execute(
        select(EventRow.n, EventRow.hash).where(
            EventRow.agency == agency,
            EventRow.store == store.id,
            EventRow.n.between(min(repeated), max(repeated)),
        )
    )
    for n, stored in rows:
        if n in repeated and repeated[n] != stored:
            raise _forked(n)


def _forked(n: int) -> ServerProblem:
    return ServerProblem(
        409,
        "forked",
        "Hai máy đang dùng cùng một kho hồ sơ.",
        f"Sự kiện số {n} khác với bản máy chủ đã có. Ổ đĩa này là bản sao của máy khác: "
        "dừng dùng máy này và báo quản trị; hồ sơ trên máy vẫn còn.",
        n=n,
    )


def _former_refusals(
    session: Session, agency: str, store: UUID, numbers: Sequence[int]
) -> list[Quarantined]:
    if not numbers:
        return []
    rows = session.execute(
        select(EventRow.n, EventRow.refusal).where(
            EventRow.agency == agency,
            EventRow.store == store,
            EventRow.n.between(min(numbers), max(numbers)),
            EventRow.refusal.is_not(None),
        )
    )
    return [Quarantined(n=n, reason=reason or "") for n, reason in rows]


def refused(session: Session, agency: str = "", limit: int = 500) -> list[EventRow]:
    """Return the quarantined events that nothing stands in for yet, newest first.

    Args:
        session: reading.
        agency: whose stations made them; "" for all.
        limit: at most so many.
    """
    query = select(EventRow).where(EventRow.refusal.is_not(None))
    mended = select(EventRow.body).where(
        EventRow.kind == "event.mended", EventRow.refusal.is_(None)
    )
    if agency:
        query, mended = (
            query.where(EventRow.agency == agency),
            mended.where(EventRow.agency == agency),
        )
    bodies_ = (msgspec.json.decode(raw, type=EventMended) for raw in session.scalars(mended))
    done = {(body.store, body.n) for body in bodies_}
    rows = session.scalars(query.order_by(EventRow.recorded_at.desc(), EventRow.n.desc()))
    waiting = (row for row in rows if (row.store, row.n) not in done)
    return list(itertools.islice(waiting, limit))
