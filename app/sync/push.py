"""Offer waiting events in order; note what the server has and what it set aside."""

from __future__ import annotations

import functools
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain import wire
from app.domain.events import KINDS, Event, read_body
from app.models import events, projection
from app.models.base import EventRow, PageRow
from app.models.store import Store
from app.sync.http import Connection, ServerUnreachable, packed

_ALL = 2**31
_FIRST_BYTES, _LEAST_BYTES = 12 * 1024, 4 * 1024
_EACH_AT_FIRST = 400.0  # packed bytes of a reception
_QUICK_S, _LONG_S = 1.6, 5.0  # from the first byte of a batch to its answer
_MORE = 1.7
_UNNOTED = 4
_ONE_PACKET = 1200  # bytes; what is that small goes on every line
_SLOW_BYTES_PER_S = 100_000


@dataclass(frozen=True, slots=True)
class Pushed:
    """What one push pass did: events the server now has, and those set aside."""

    count: int
    quarantined: int


def push_all(store: Store, lines: Sequence[Connection]) -> Pushed:
    """Send everything the server lacks, of every incarnation, oldest first.

    Repeating is harmless: the server knows each event by store and number.

    Args:
        store: of this station.
        lines: one batch is under way on each; two hide the line's delay.

    Raises:
        ServerUnreachable: what was answered before is noted; try again later.
        ServerRefused: the server will not take this store (a cloned disk).
    """
    with store.database.reading() as session:
        stores = events.own_stores(session)
    done = Pushed(0, 0)
    for incarnation in stores:
        more = push_store(store, lines, incarnation)
        done = Pushed(done.count + more.count, done.quarantined + more.quarantined)
    return done


@dataclass(slots=True)
class _Pace:
    """How much goes into a batch: little while a line is slow, so that a cut costs little.

    Attributes:
        most: packed bytes that the server takes at once.
        limit: packed bytes of the next batch.
        each: packed bytes of an event, as the last batch had it.
        is_slow: a byte saved is worth more than the time it takes to pack it.
    """

    most: int = wire.MAX_PACKED_BYTES
    limit: int = _FIRST_BYTES
    each: float = _EACH_AT_FIRST
    is_slow: bool = True

    def learn(self, size: int, seconds: float) -> None:
        """Adapt to how long the last batch took: the next one should take `_QUICK_S` at most.

        Two answers often come together, and each lets the next batches grow; what is more than
        a line's queue holds is lost at its end, where the loss is noticed last.
        """
        if seconds < _QUICK_S:
            fitting = int(size * _QUICK_S / max(seconds, 0.001))
            self.limit = max(self.limit, min(int(self.limit * _MORE), fitting, self.most))
        elif seconds > _LONG_S:
            self.limit = max(self.limit // 2, _LEAST_BYTES)
        self.is_slow = size / max(seconds, 0.001) < _SLOW_BYTES_PER_S


@dataclass(frozen=True, slots=True)
class _Batch:
    """A packed push, and what the server was known to hold when it was made."""

    data: bytes
    last: int
    known: int


@dataclass(slots=True)
class _Flight:
    """A batch on its way, on one line or on all; the first answer counts."""

    batch: _Batch
    ways: list[Future[tuple[wire.PushAnswer, float]]]
    answer: wire.PushAnswer | None = None


def push_store(store: Store, lines: Sequence[Connection], incarnation: UUID) -> Pushed:
    """Send what the server lacks of one incarnation; as `push_all`.

    Answers are noted in the order of the batches, for each names only its own
    refusals. A lost answer holds up that alone, not what the other line sends.
    """
    with store.database.reading() as session:
        begun = events.have(session, incarnation)
        last, _ = events.last_of(session, incarnation)
        taken = int(events.get_fact(session, "push_bytes") or wire.MAX_PACKED_BYTES)
    if last <= begun:
        return Pushed(0, 0)
    quarantined = 0
    pace, sent = _Pace(most=min(taken, wire.MAX_PACKED_BYTES)), begun
    flying: deque[_Flight] = deque()
    while True:
        free = [line for line in lines if not line.is_busy]
        while free and len(flying) < _UNNOTED:
            batch = _next_batch(store, incarnation, sent, pace)
            if batch is None:
                break
            is_small = not flying and batch.last >= last and len(batch.data) <= _ONE_PACKET
            chosen = free if is_small else free[-1:]
            flying.append(_Flight(batch, _send(chosen, batch)))
            sent, free = batch.last, free[: -len(chosen)]
        if not flying and free:
            break
        if not flying:  # what was sent twice before is still under way
            wait([line.under_way for line in lines if line.under_way], None, FIRST_COMPLETED)
            continue
        _land(flying, pace)  # no transaction stays open while we wait
        while flying and flying[0].answer is not None:
            batch, answer = flying[0].batch, flying[0].answer
            flying.popleft()
            quarantined += len(answer.quarantined)
            have = _note(store, incarnation, batch, answer)
            if have >= batch.last:
                continue
            while any(flight.answer is None for flight in flying):
                _land(flying, pace)  # overtaken on the way, or the server was put back
            flying.clear()
            if have <= batch.known <= answer.have:
                return _pushed(store, incarnation, begun, quarantined)  # see the next pass
            sent = have
    return _pushed(store, incarnation, begun, quarantined)


def _send(
    lines: Sequence[Connection], batch: _Batch
) -> list[Future[tuple[wire.PushAnswer, float]]]:
    """Send a batch on every line given: a small one twice, for a lost packet costs a second."""

    def send(line: Connection) -> tuple[wire.PushAnswer, float]:
        started = time.monotonic()
        answer = line.post_packed("/v1/push", batch.data, wire.PushAnswer)
        return answer, time.monotonic() - started

    return [line.later(functools.partial(send, line)) for line in lines]


def _land(flying: Sequence[_Flight], pace: _Pace) -> None:
    """Wait until another batch is answered, whichever comes first.

    Raises:
        ServerUnreachable, ServerRefused: that was the answer, on every line.
    """
    waiting = [flight for flight in flying if flight.answer is None]
    wait([way for flight in waiting for way in flight.ways], None, FIRST_COMPLETED)
    for flight in waiting:
        for way in [way for way in flight.ways if way.done()]:
            flight.ways.remove(way)
            failure = way.exception()
            if failure is None:
                flight.answer, seconds = way.result()
                pace.learn(len(flight.batch.data), seconds)
                break
            if not flight.ways or not isinstance(failure, ServerUnreachable):
                raise failure


def _pushed(store: Store, incarnation: UUID, begun: int, quarantined: int) -> Pushed:
    with store.database.reading() as session:
        taken = events.have(session, incarnation) - begun
    return Pushed(max(0, taken), quarantined)


def _note(store: Store, incarnation: UUID, batch: _Batch, answer: wire.PushAnswer) -> int:
    """Write down what the server said; return what it is now known to hold."""
    refusals = [(q.n, q.reason) for q in answer.quarantined]
    with store.database.writing() as session:
        if answer.have < batch.known:
            send_again(session, incarnation, answer.have)
        events.set_have(session, incarnation, min(answer.have, _last(session, incarnation)))
        events.set_fact(session, "is_proof_due", "1")
        touched = events.mark_refused(session, incarnation, refusals)
        projection.refold(session, touched)
        return events.have(session, incarnation)


def note_answer(store: Store, incarnation: UUID, answer: wire.PushAnswer) -> tuple[int, int]:
    """Write down an answer that came by another way; return (events gained, set aside).

    It may be older than what is known here: what the server holds never goes
    back by it.
    """
    refusals = [(q.n, q.reason) for q in answer.quarantined]
    with store.database.writing() as session:
        before = events.have(session, incarnation)
        events.set_have(session, incarnation, min(answer.have, _last(session, incarnation)))
        touched = events.mark_refused(session, incarnation, refusals)
        projection.refold(session, touched)
        return events.have(session, incarnation) - before, len(refusals)


def _next_batch(store: Store, incarnation: UUID, after: int, pace: _Pace) -> _Batch | None:
    """Pack the next events, about as many as the pace allows; None if there is none."""
    count = min(wire.MAX_BATCH_EVENTS, max(1, int(pace.limit / pace.each)))
    with store.database.reading() as session:
        batch = events.of_store(session, incarnation, after, count)
        known = events.have(session, incarnation)
    if not batch:
        return None
    data, batch = _fitting(store, batch, pace)
    pace.each = len(data) / len(batch)
    return _Batch(data, batch[-1].n, known)


def send_again(session: Session, store: UUID, have: int) -> None:
    """Begin after `have` again: the server lost what it once had (put back to an older state).

    The pages of those events are offered again too; what is still there is
    not sent twice.
    """
    events.set_fact(session, f"have:{store}", str(have))
    for event in events.of_store(session, store, have, _ALL):
        if event.kind == "page.attached":
            page = read_body(event.kind, event.v, event.body).page
            session.execute(
                update(PageRow).where(PageRow.page == page).values(stored_at=None, upload="")
            )


def lost_by_server(session: Session) -> bool:
    """Tell whether the server lacks events it said it had; they then wait again.

    To be asked when the whole stream was pulled: every accepted event of a
    dossier has its place in it.
    """
    found = False
    for store in events.own_stores(session):
        n = session.scalar(
            select(func.min(EventRow.n)).where(
                EventRow.stream.is_(None),
                EventRow.store == store,
                EventRow.n <= events.have(session, store),
                EventRow.refusal.is_(None),
                EventRow.dossier.is_not(None),
                EventRow.kind.not_in([kind.name for kind in KINDS.values() if kind.is_audit]),
            )
        )
        if n is not None:
            send_again(session, store, n - 1)
            found = True
    return found


def _last(session: Session, incarnation: UUID) -> int:
    return events.last_of(session, incarnation)[0]


def _fitting(store: Store, batch: list[Event], pace: _Pace) -> tuple[bytes, list[Event]]:
    """Return a packed push of as many events as the server takes at once."""
    while True:
        data = packed(wire.write_push(head_of(store, batch), batch), is_slow=pace.is_slow)
        if len(data) <= pace.most or len(batch) == 1:
            return data, batch
        share = pace.most / len(data)
        batch = batch[: max(1, min(len(batch) - 1, int(len(batch) * share * 0.95)))]


def head_of(store: Store, batch: Sequence[Event]) -> wire.PushHead:
    """Return the signed first line of a push of `batch`."""
    last = batch[-1]
    signature = store.sign(wire.signed_bytes(last.store, last.n, last.hash))
    return wire.PushHead(
        protocol=wire.PROTOCOL,
        store=last.store,
        first=batch[0].n,
        count=len(batch),
        prev=batch[0].prev.hex(),
        head=last.hash.hex(),
        signature=signature.hex(),
    )
