"""Earlier incarnations of this station: send what is left, bring back what only the server has.

A store that ran on two machines has two ends. The server keeps the end that
came first; what this machine did after the fork is done again under the
present incarnation, so that nothing is lost and no event is told twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.events import Event
from app.models import events, projection
from app.models.base import EventRow
from app.models.recovered import take_in
from app.models.store import Store
from app.sync import pull, push
from app.sync.http import Connection, ServerRefused

_ALL = 2**31


def settle(store: Store, lines: Sequence[Connection]) -> int:
    """Push and bring back every earlier incarnation; return how many events were carried over.

    Raises:
        ServerUnreachable, ServerRefused: what was done is kept; a further
            call goes on.
    """
    with store.database.reading() as session:
        current = events.incarnation(session)
        earlier = [s for s in events.own_stores(session) if s != current]
        done = set(events.get_fact(session, "brought_back").split())
    carried = 0
    for incarnation in earlier:
        if str(incarnation) in done:
            continue
        try:
            push.push_store(store, lines, incarnation)
        except ServerRefused as refused:
            if refused.type != "forked" or not refused.n:
                raise
            carried += carry_over(store, incarnation, refused.n)
            continue
        if bring_back(store, lines[0], incarnation):
            done.add(str(incarnation))
            with store.database.writing() as session:
                events.set_fact(session, "brought_back", " ".join(sorted(done)))
    return carried


def carry_over(store: Store, incarnation: UUID, first: int) -> int:
    """Do the events from a fork on once more, as events of the present incarnation.

    Kind, body, moment and actor stay; place, number and chain are new. They
    remain in the old incarnation's second journal too. The old incarnation
    is the other machine's from now on: what it does is pulled like anybody's.
    """
    with store.acting(needs_journal=False) as session:
        forked = events.of_store(session, incarnation, first - 1, _ALL)
        lost = _not_done_yet(session, incarnation, forked)
        session.execute(delete(EventRow).where(EventRow.store == incarnation, EventRow.n >= first))
        for event in lost:
            _again(session, event)
        touched = dict.fromkeys(e.dossier for e in forked if e.dossier is not None)
        projection.refold(session, touched)
        events.drop_own_store(session, incarnation)
    return len(lost)


def _not_done_yet(session: Session, incarnation: UUID, forked: Sequence[Event]) -> list[Event]:
    """Leave out what an earlier rescue did again already: the old journal brings it back."""
    others = [own for own in events.own_stores(session) if own != incarnation]
    rows = session.scalars(select(EventRow).where(EventRow.store.in_(others)))
    done = Counter(_deed(events.to_event(row)) for row in rows.yield_per(500))
    left: list[Event] = []
    for event in forked:
        if done[_deed(event)] > 0:
            done[_deed(event)] -= 1
        else:
            left.append(event)
    return left


def _deed(event: Event) -> tuple[UUID | None, str, str, str, bytes]:
    return event.dossier, event.kind, event.at, event.actor, event.body


def _again(session: Session, event: Event) -> None:
    current = events.incarnation(session)
    n, head = events.last_of(session, current)
    events.add_row(
        session,
        Event(
            store=current,
            n=n + 1,
            prev=head,
            dossier=event.dossier,
            base=event.base,
            kind=event.kind,
            v=event.v,
            at=event.at,
            actor=event.actor,
            body=event.body,
        ),
    )


def bring_back(store: Store, connection: Connection, incarnation: UUID) -> bool:
    """Fetch own events that only the server has; True once there are no more."""
    while True:
        with store.database.reading() as session:
            last, _ = events.last_of(session, incarnation)
        try:
            reply = connection.get(f"/v1/stores/{incarnation}/events?after={last}")
        except ServerRefused as refused:
            return refused.status == 404  # it never reached the server
        head, entries = pull.read(reply.content)
        found = [entry.event for entry in entries if entry.event is not None]
        with store.database.writing() as session:
            taken = take_in(session, found)
            if taken:  # else the server may hold less than we do: it is sent again
                events.set_have(session, incarnation, found[-1].n)
        if not head.more or not taken:
            return not head.more
