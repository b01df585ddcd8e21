"""One pass: time and numbers, events, pulls, proof, pages. Knows order, not transport."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import filelock
import msgspec
from sqlalchemy.orm import Session

from app.domain import wire
from app.domain.catalogue import Catalogue
from app.errors import AppError
from app.models import events, numbers, provisional
from app.models.catalogue import CatalogueRefused, keep, newest_version
from app.models.recovered import take_in
from app.models.store import VIETNAM, Store
from app.sync import digest, pages, pull, push
from app.sync.http import Connection, ServerRefused, ServerUnreachable

ENOUGH_LEASED = 3
PRACTICE_NOTICE = "Máy tập sự: hồ sơ ở đây không gửi đi đâu cả."
MAX_SKEW = dt.timedelta(minutes=5)


class SyncOwned(AppError):
    """Another process of this profile is syncing; it will do the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassResult:
    """What one pass did.

    Attributes:
        proven: the moment both sides were shown equal, "" if not this time.
        waiting: own events the server does not have yet.
        pages_waiting: images still to be sent.
        skew_s: server's clock minus ours, seconds.
        numbered: provisional dossiers that got their final code.
        notice: words the clerk should see, "" if none.
    """

    pushed: int = 0
    pulled: int = 0
    pages: int = 0
    quarantined: int = 0
    waiting: int = 0
    pages_waiting: int = 0
    proven: str = ""
    skew_s: float = 0.0
    catalogue: int = 0
    numbered: int = 0
    notice: str = ""


class SyncEngine:
    """Syncs one profile; an OS lock makes sure that only one process does.

    Args:
        store: of the station.
        connect: opens a connection; called once for events and once for pages.
        clock: the present aware moment.
        practice: fetch catalogue and numbers, but send nothing.
    """

    def __init__(
        self,
        store: Store,
        connect: Callable[[], Connection],
        clock: Callable[[], dt.datetime],
        *,
        practice: bool = False,
    ) -> None:
        self._store = store
        self._connect = connect
        self._clock = clock
        self._practice = practice
        self._lock = filelock.FileLock(str(store.profile.lock("sync")))
        self._events: Connection | None = None
        self._pages: Connection | None = None

    def run(self, *, with_pages: bool = True) -> PassResult:
        """Make one pass.

        Raises:
            SyncOwned: another process is at it.
            ServerUnreachable: the line is down; what was done is kept.
            ServerRefused: the server will not speak with this station.
        """
        try:
            with self._lock.acquire(timeout=0):
                return self._run(with_pages=with_pages)
        except filelock.Timeout as error:
            raise SyncOwned(
                "Một cửa sổ khác của chương trình đang gửi dữ liệu.", "Không cần làm gì."
            ) from error

    def _run(self, *, with_pages: bool) -> PassResult:
        store, connection = self._store, self._events_connection()
        connection.get("/v1/time")
        self._note_reached()
        notice = self._renew_numbers(connection)
        # the server's day: a number of a day that it has not reached would be refused
        numbered = provisional.number_all(store, self._clock() + connection.skew)
        if self._practice:
            version, words = self._renew_catalogue(connection)
            return PassResult(catalogue=version, notice=words or PRACTICE_NOTICE)
        self._bring_back(connection)
        pushed = push.push_all(store, connection)
        pulled = pull.pull_all(store, connection)
        catalogue, words = self._renew_catalogue(connection)
        is_proven = digest.prove(store, connection, self._clock())
        if not is_proven:
            self._bring_back(connection)  # the first pull may have named a store of ours
            pulled += pull.pull_all(store, connection)
            is_proven = digest.prove(store, connection, self._clock())
        sent = self.send_pages() if with_pages else 0
        if numbered:
            notice = (
                f"{numbered} hồ sơ số tạm đã có số chính thức: in lại giấy tiếp nhận và báo "
                "người dân."
            )
        skew = connection.skew
        if abs(skew) > MAX_SKEW:
            words_ = f"Giờ máy lệch máy chủ {round(skew.total_seconds() / 60)} phút."
            notice = f"{words_} {notice}".strip()
        with store.database.reading() as session:
            waiting = events.waiting_count(session)
            proven = events.get_fact(session, "proven_at") if is_proven else ""
        return PassResult(
            pushed=pushed.count,
            pulled=pulled,
            pages=sent,
            quarantined=pushed.quarantined,
            waiting=waiting,
            pages_waiting=len(pages.waiting_pages(store)),
            proven=proven,
            skew_s=round(skew.total_seconds(), 1),
            catalogue=catalogue,
            numbered=numbered,
            notice=notice or words,
        )

    def send_pages(self) -> int:
        """Send waiting images; stops between chunks when an event waits."""
        if self._pages is None:
            self._pages = self._connect()
        return pages.send_pages(self._store, self._pages, now=self._clock, pause=self._events_wait)

    def close(self) -> None:
        """Close the connections."""
        for connection in (self._events, self._pages):
            if connection is not None:
                connection.close()

    def _events_connection(self) -> Connection:
        if self._events is None:
            self._events = self._connect()
        return self._events

    def _events_wait(self) -> bool:
        with self._store.database.reading() as session:
            return events.waiting_count(session) > 0

    def _note_reached(self) -> None:
        with self._store.database.writing() as session:
            events.set_fact(session, "reached_at", self._clock().isoformat(timespec="seconds"))

    def _renew_numbers(self, connection: Connection) -> str:
        """Prolong the plan once a day; keep a small lease for today. Returns a warning."""
        store = self._store
        today = self._clock().astimezone(VIETNAM).date()
        with store.database.reading() as session:
            incarnation = events.incarnation(session)
            stock = numbers.stock(session, incarnation, store.station.agency, today)
            renewed = events.get_fact(session, "plan_renewed_on")
        if renewed != today.isoformat() or stock.plan_ends is None:
            plan = connection.post_json(
                "/v1/codes/plan", wire.PlanRequest(incarnation=incarnation), wire.NumbersAnswer
            )
            self._keep_numbers(incarnation, plan, renewed_on=today)
        if stock.leased < ENOUGH_LEASED:
            self._lease(connection, incarnation, today)
        with store.database.reading() as session:
            stock = numbers.stock(session, incarnation, store.station.agency, today)
        if stock.is_low:
            return f"Dải số ngoại tuyến hôm nay còn {stock.standing} số."
        return ""

    def _lease(self, connection: Connection, incarnation: UUID, today: dt.date) -> None:
        with self._store.database.writing() as session:
            # the same key until an answer arrives: a lost answer wastes no numbers
            key = events.get_fact(session, "lease_key") or str(uuid4())
            events.set_fact(session, "lease_key", key)
        try:
            answer = connection.post_json(
                "/v1/codes/lease",
                wire.LeaseRequest(key=UUID(key), incarnation=incarnation, day=today.isoformat()),
                wire.NumbersAnswer,
            )
        except ServerRefused as refused:
            if refused.type != "other-day":
                raise
            return  # our clock is a day off: the standing range serves
        self._keep_numbers(incarnation, answer)

    def _keep_numbers(
        self, incarnation: UUID, answer: wire.NumbersAnswer, renewed_on: dt.date | None = None
    ) -> None:
        with self._store.database.writing() as session:
            numbers.keep(session, incarnation, answer.ranges)
            if renewed_on is None:
                events.set_fact(session, "lease_key", "")
            else:
                events.set_fact(session, "plan_renewed_on", renewed_on.isoformat())

    def _bring_back(self, connection: Connection) -> None:
        """After a restore: own events of earlier incarnations that only the server has."""
        with self._store.database.reading() as session:
            current = events.incarnation(session)
            earlier = [s for s in events.own_stores(session) if s != current]
            done = set(events.get_fact(session, "brought_back").split())
        for store in earlier:
            if str(store) in done:
                continue
            if self._bring_back_store(connection, store):
                done.add(str(store))
                with self._store.database.writing() as session:
                    events.set_fact(session, "brought_back", " ".join(sorted(done)))

    def _bring_back_store(self, connection: Connection, store: UUID) -> bool:
        while True:
            with self._store.database.reading() as session:
                last, _ = events.last_of(session, store)
            try:
                reply = connection.get(f"/v1/stores/{store}/events?after={last}")
            except ServerRefused as refused:
                return refused.status == 404  # it never reached the server
            head, entries = wire.read_pull(reply.content)
            found = [entry.event for entry in entries if entry.event is not None]
            with self._store.database.writing() as session:
                take_in(session, found)
                if found:  # else the server may hold less than we do: it is sent again
                    events.set_have(session, store, found[-1].n)
            if not head.more:
                return True

    def _note_agency(self, session: Session, catalogue: Catalogue) -> None:
        """Keep the agency's name at hand: the sign-in shows it without reading a catalogue."""
        station, today = self._store.station, self._clock().astimezone(VIETNAM).date()
        with contextlib.suppress(KeyError):
            events.set_fact(session, "agency_name", catalogue.agency(station.agency, today).name)

    def _renew_catalogue(self, connection: Connection) -> tuple[int, str]:
        """Take a newer catalogue; a bad one is named and the last good one stays."""
        with self._store.database.reading() as session:
            version = newest_version(session)
        try:
            reply = connection.get("/v1/catalogue", {"If-None-Match": f'"{version}"'})
        except ServerRefused as refused:
            return version, "" if refused.status == 404 else refused.title
        if reply.status == 304:
            return version, ""
        try:
            signed = msgspec.json.decode(reply.content, type=wire.SignedCatalogue)
            with self._store.database.writing() as session:
                catalogue = keep(session, signed, self._store.station.province_key, self._clock())
                self._note_agency(session, catalogue)
        except msgspec.DecodeError as error:
            raise ServerUnreachable("Máy chủ trả lời không đúng giao thức.") from error
        except CatalogueRefused as refused:
            return version, str(refused)
        return catalogue.version, ""
