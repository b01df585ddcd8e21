"""One pass: time and numbers, events, pulls, proof, pages. Knows order, not transport."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

import filelock
import msgspec

from app.domain import sealing, wire
from app.errors import AppError
from app.models import events, provisional
from app.models.store import Store
from app.sync import digest, earlier, fill, pages, pull, push, supply
from app.sync.http import Connection, ServerRefused, ServerUnreachable

PRACTICE_NOTICE = "Máy tập sự: hồ sơ ở đây không gửi đi đâu cả."
MAX_SKEW = dt.timedelta(minutes=5)
PAGE_LINE = 3
_LOOK_S = 0.1  # for events that come while pages are sent
_USED_TWICE = ("cloned", "forked")  # another machine may print the same numbers


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
        connect: opens a connection.
        clock: the present aware moment.
        practice: fetch catalogue and numbers, but send nothing.
        progress: of a first fill: parts taken, of how many.
    """

    def __init__(
        self,
        store: Store,
        connect: Callable[[], Connection],
        clock: Callable[[], dt.datetime],
        *,
        practice: bool = False,
        progress: Callable[[int, int], None] = lambda _taken, _of: None,
    ) -> None:
        self._store = store
        self._connect = connect
        self._clock = clock
        self._practice = practice
        self._lock = filelock.FileLock(str(store.profile.lock("sync")))
        self._lines: dict[int, Connection] = {}
        self._filling = fill.Filling(store, progress)

    def run(self, *, with_pages: bool = True) -> PassResult:
        """Make one pass.

        Raises:
            SyncOwned: another process is at it.
            ServerUnreachable: the line is down; what was done is kept.
            ServerRefused: the server will not speak with this station.
        """
        self._check_stopped()
        try:
            with self._lock.acquire(timeout=0):
                return self._run(with_pages=with_pages)
        except ServerRefused as refused:
            self._note_stopped(refused)
            raise
        except filelock.Timeout as error:
            raise SyncOwned(
                "Một cửa sổ khác của chương trình đang gửi dữ liệu.", "Không cần làm gì."
            ) from error

    def _run(self, *, with_pages: bool) -> PassResult:
        store, connection = self._store, self._line(0)
        welcome = self._greet(connection)
        notice = ""
        is_urgent = self._practice or supply.is_urgent(store, self._clock())
        if is_urgent:
            notice = supply.renew_numbers(store, connection, self._clock())
        # the server's day: a number of a day that it has not reached would be refused
        numbered = provisional.number_all(store, self._clock() + connection.skew)
        if self._practice:
            version, words = supply.renew_catalogue(store, connection, self._clock())
            return PassResult(catalogue=version, notice=words or PRACTICE_NOTICE)
        lines = (connection, self._line(1))
        earlier.settle(store, lines)
        pushed = push.push_all(store, lines)
        if not is_urgent:  # the standing range serves meanwhile: what waits goes first
            notice = supply.renew_numbers(store, connection, self._clock())
        pulled = self._pull(connection, welcome)
        catalogue, words = supply.renew_catalogue(store, connection, self._clock())
        is_proven = digest.prove(store, connection, self._clock())
        if not is_proven:
            earlier.settle(store, lines)  # the first pull may have named a store of ours
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

    def _check_stopped(self) -> None:
        """Stay away from the server while two machines run on this store.

        A count that goes on would overtake the other machine's some night.
        Only a new incarnation (`restore`) ends this.

        Raises:
            ServerRefused: as the server said it.
        """
        with self._store.database.reading() as session:
            kept = events.get_fact(session, "used_twice")
        if kept:
            raise ServerRefused(msgspec.json.decode(kept, type=wire.Problem))

    def _note_stopped(self, refused: ServerRefused) -> None:
        """Keep why the server does not speak with this machine; no final code leaves if two run."""
        if refused.type not in (*_USED_TWICE, "forbidden", "not-authentic"):
            return
        with self._store.database.writing() as session:
            events.set_fact(session, "stopped", refused.title)
            if refused.type in _USED_TWICE:
                problem = msgspec.json.encode(refused.problem).decode()
                events.set_fact(session, "used_twice", problem)

    def _greet(self, connection: Connection) -> wire.Welcome:
        """Say who we are; a second machine on a copy of this store is stopped here.

        Raises:
            ServerRefused: the store is used by another machine too.
        """
        store = self._store
        with store.database.writing() as session:
            contacts = int(events.get_fact(session, "contacts") or 0) + 1
            events.set_fact(session, "contacts", str(contacts))
            incarnation = events.incarnation(session)
        hello = wire.Hello(store=incarnation, contacts=contacts, passing=uuid4())
        welcome = connection.post_json("/v1/hello", hello, wire.Welcome)
        courier = bytes.fromhex(welcome.courier_key)
        is_signed = sealing.is_signed(
            store.station.province_key,
            bytes.fromhex(welcome.courier_signature),
            wire.courier_bytes(courier),
        )
        with store.database.writing() as session:
            events.set_fact(session, "reached_at", self._clock().isoformat(timespec="seconds"))
            events.set_fact(session, "stopped", "")
            events.set_fact(session, "push_bytes", str(welcome.policy.push_bytes))
            if is_signed:
                events.set_fact(session, "courier_key", welcome.courier_key)
            if contacts == 1:  # a fresh store: what this station was before may be only there
                for own in welcome.own_stores:
                    events.add_own_store(session, own)
        return welcome

    def _pull(self, connection: Connection, welcome: wire.Welcome) -> int:
        with self._store.database.reading() as session:
            ahead = welcome.cursor - pull.cursor(session, welcome.stream)
        return self._filling.run(connection, ahead) + pull.pull_all(self._store, connection)

    def wait_for_news(self, wait_s: float, is_wanted: Callable[[], bool] = lambda: True) -> int:
        """Wait on a line of its own until others have done something; return how many events came.

        Args:
            wait_s: at most so long.
            is_wanted: asked before anything is written.

        Raises:
            ServerUnreachable, ServerRefused: nothing is known.
        """
        if self._practice:
            raise ServerUnreachable(PRACTICE_NOTICE)
        self._check_stopped()
        return pull.wait_for_news(self._store, self._line(2), wait_s, is_wanted)

    def send_pages(self) -> int:
        """Send waiting images; an event that comes meanwhile goes at once, on its own line."""
        lines = (self._line(0), self._line(1))
        push.push_all(self._store, lines)  # what came since the pass began
        with _EventsFirst(self._store, lines) as first:
            return pages.send_pages(
                self._store, self._line(PAGE_LINE), now=self._clock, pause=first.hold
            )

    def close(self) -> None:
        """Close the connections."""
        for line in self._lines.values():
            line.close()

    def _line(self, number: int) -> Connection:
        """Return a connection: two for events, one to wait on, one for pages."""
        if number not in self._lines:
            self._lines[number] = self._connect()
            if number == PAGE_LINE:
                self._lines[number].keep_queue_short()
        return self._lines[number]


class _EventsFirst:
    """Pushes events as they come while pages are sent; the pages hold still meanwhile."""

    def __init__(self, store: Store, lines: Sequence[Connection]) -> None:
        self._store, self._lines = store, lines
        self._idle, self._ended = threading.Event(), threading.Event()
        self._idle.set()
        self._failure: AppError | None = None
        self._thread = threading.Thread(target=self._watch, name="events first", daemon=True)

    def __enter__(self) -> _EventsFirst:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def hold(self) -> bool:
        """Wait while an event is under way; True if pages must stop, for the line is gone."""
        self._idle.wait()
        return self._failure is not None

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_S):
            with self._store.database.reading() as session:
                waits = events.waiting_count(session) > 0
            if not waits:
                continue
            self._idle.clear()
            try:
                push.push_all(self._store, self._lines)
            except AppError as problem:
                self._failure = problem  # the next pass says what it is
                return
            finally:
                self._idle.set()
