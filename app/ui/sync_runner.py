"""Runs the sync passes in the background and says how things stand; screens only watch."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.errors import AppError
from app.services import station
from app.services.desk import Desk
from app.services.station import StationStatus
from app.sync.engine import PassResult, SyncEngine, SyncOwned
from app.sync.http import ServerUnreachable
from app.sync.listener import Listener
from app.sync.schedule import Schedule
from app.ui.jobs import JobRunner, Lane


@dataclass(frozen=True, slots=True)
class Chip:
    """What the connection chip says, and in which tone."""

    words: str
    tone: str


def chip_of(status: StationStatus, *, is_syncing: bool, is_line_down: bool) -> Chip:
    """Return the chip's words; it is green only by proof, and says since when."""
    waiting = status.waiting + status.pages_waiting
    if status.stopped:
        return Chip("✖ Máy bị dừng gửi", "bad")
    if status.to_look_at:
        return Chip(f"✖ Cần xem {status.to_look_at}", "bad")
    if is_line_down:
        return Chip(f"▲ Ngoại tuyến · {waiting} chờ gửi", "wait")
    if status.is_green and status.proven_at is not None:
        return Chip(f"● Trực tuyến · khớp lúc {status.proven_at:%H:%M}", "good")
    if status.is_offline:
        return Chip(f"▲ Ngoại tuyến · {waiting} chờ gửi", "wait")
    if is_syncing or waiting:
        return Chip(f"◐ Đang gửi · còn {waiting}", "work")
    return Chip("◐ Đang đối chiếu", "work")


class SyncRunner(QObject):
    """Passes, the timer between them, and the chip.

    Attributes:
        problem: why the last pass did not come through, "" if it did.
        last: what the last pass that came through did, None before.
        skew_s: how far the server's clock is ahead, seconds; None before the first pass.

    Signals:
        chip_changed: a Chip.
        looked: how the station stands (StationStatus); after each pass and act.
        news: others' events came in (int).
        refused: something could not be read or done here (AppError).
    """

    chip_changed = Signal(object)
    looked = Signal(object)
    news = Signal(int)
    refused = Signal(object)

    def __init__(
        self,
        desk: Desk,
        engine: SyncEngine,
        jobs: JobRunner,
        server: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk, self._engine, self._jobs = desk, engine, jobs
        self._server = server
        self._schedule = Schedule()
        self._is_syncing = self._again = False
        self.problem = ""
        self.skew_s: float | None = None
        self.last: PassResult | None = None
        self._catalogue = 0
        self._listener = Listener(engine, self._heard)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.sync)

    def start(self) -> None:
        """Begin passes, the first one at once, and listen for news between them.

        A practice that has no server begins nothing: its chip says so.
        """
        if not self._server:
            self.chip_changed.emit(Chip("◆ Tập sự · không gửi đi đâu", "wait"))
            return
        self.refresh()
        self._timer.start(0)
        self._listener.start()

    def stop(self) -> None:
        """Begin no further pass."""
        self._timer.stop()
        self._listener.stop()

    @property
    def is_syncing(self) -> bool:
        """True while a pass is under way."""
        return self._is_syncing

    def _heard(self, count: int) -> None:
        """What others did came in (another thread); a pass proves it."""

        def tell() -> None:
            self.news.emit(count)
            self.soon()

        self._jobs.tell(self, tell)

    @Slot()
    def sync_now(self) -> None:
        """F5: a pass at once, whatever the schedule says."""
        if not self._server:
            return
        self._schedule = Schedule()
        self.sync()

    @Slot()
    def soon(self) -> None:
        """Something is to be sent: do not wait for the idle timer, unless the line is down."""
        if not self._server:
            return
        if self._schedule.failures == 0:
            self._timer.start(200)
        self.refresh()

    @Slot()
    def sync(self) -> None:
        """Start a pass, or one more right after the one under way."""
        if self._is_syncing:
            self._again = True
            return
        self._is_syncing = True
        self._timer.stop()
        self._jobs.run(
            Lane.NETWORK, self._engine.run, owner=self, done=self._done, failed=self._failed
        )

    def _done(self, result: PassResult) -> None:
        self._schedule = self._schedule.succeeded()
        self.problem = result.notice
        self.last, self.skew_s = result, result.skew_s
        if result.catalogue != self._catalogue:
            self._catalogue = result.catalogue
            self._run(self._desk.reload_catalogue, lambda _: None)
        if result.pulled:
            self.news.emit(result.pulled)
        self._ended(0)

    def _failed(self, problem: AppError) -> None:
        retry = problem.retry_after_s if isinstance(problem, ServerUnreachable) else 0
        self.problem = "" if isinstance(problem, SyncOwned) else str(problem)
        self._schedule = self._schedule.failed()
        self._ended(retry)

    def _ended(self, retry_after_s: float) -> None:
        self._is_syncing = False
        if self._again:
            self._again = False
            self._timer.start(0)
        else:
            delay = self._schedule.delay_s(random.random(), retry_after_s=retry_after_s)
            self._timer.start(int(delay * 1000))
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Say how things stand now."""
        if not self._server:
            return
        self._run(lambda: station.status(self._desk, self._server), self._show)

    def _show(self, status: StationStatus) -> None:
        chip = chip_of(
            status, is_syncing=self._is_syncing, is_line_down=self._schedule.failures > 0
        )
        self.chip_changed.emit(chip)
        self.looked.emit(status)

    def _run(self, work: Callable[[], object], done: Callable[..., None]) -> None:
        self._jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=self.refused.emit)
