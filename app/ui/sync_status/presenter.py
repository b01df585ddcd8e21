"""Runs the sync passes in the background and says how things stand."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.events import kind_words
from app.errors import AppError
from app.services import settling, station
from app.services.desk import Desk
from app.services.station import StationStatus
from app.sync.engine import PassResult, SyncEngine, SyncOwned
from app.sync.http import ServerUnreachable
from app.sync.listener import Listener
from app.sync.schedule import Schedule
from app.ui.jobs import JobRunner, Lane
from app.ui.sync_status.view import SyncView


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


class SyncPresenter(QObject):
    """The sync screen, the chip and the timer behind them.

    Signals:
        chip_changed: a Chip.
        news: others' events came in (int).
    """

    chip_changed = Signal(object)
    news = Signal(int)

    def __init__(
        self, view: SyncView, desk: Desk, engine: SyncEngine, jobs: JobRunner, server: str
    ) -> None:
        super().__init__(view)
        self._view, self._desk, self._engine, self._jobs = view, desk, engine, jobs
        self._server = server
        self._schedule = Schedule()
        self._is_syncing = self._again = False
        self._problem = ""
        self._catalogue = 0
        self._listener = Listener(engine, self._heard)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.sync)
        view.sync_asked.connect(self.sync_now)

    def start(self) -> None:
        """Begin passes, the first one at once, and listen for news between them."""
        self.refresh()
        self._timer.start(0)
        self._listener.start()

    def stop(self) -> None:
        """Begin no further pass."""
        self._timer.stop()
        self._listener.stop()

    def _heard(self, count: int) -> None:
        """What others did came in (another thread); a pass proves it."""

        def tell() -> None:
            self.news.emit(count)
            self.soon()

        self._jobs.tell(self, tell)

    @Slot()
    def sync_now(self) -> None:
        """F5: a pass at once, whatever the schedule says."""
        self._schedule = Schedule()
        self.sync()

    def soon(self) -> None:
        """Something is to be sent: do not wait for the idle timer, unless the line is down."""
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
        self._problem = result.notice
        if result.catalogue != self._catalogue:
            self._catalogue = result.catalogue
            self._run(self._desk.reload_catalogue)
        if result.pulled:
            self.news.emit(result.pulled)
        self._ended(0)

    def _failed(self, problem: AppError) -> None:
        retry = problem.retry_after_s if isinstance(problem, ServerUnreachable) else 0
        self._problem = "" if isinstance(problem, SyncOwned) else str(problem)
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

    def _run(self, work: Callable[[], None]) -> None:
        self._jobs.run(
            Lane.DATABASE,
            work,
            owner=self,
            done=lambda _: None,
            failed=self._view.notice.say_problem,
        )

    @Slot()
    def refresh(self) -> None:
        """Show how things stand now."""
        self._jobs.run(
            Lane.DATABASE,
            self._look,
            owner=self,
            done=self._show,
            failed=self._view.notice.say_problem,
        )

    def _look(self) -> tuple[StationStatus, list[tuple[str, str, str, str]]]:
        status = station.status(self._desk, self._server)
        rows = [
            (
                _short(d.second.at),
                d.code,
                _words(d.second.kind),
                f"⚠ trái với “{_words(d.first.kind)}” của {d.first.actor}: "
                "báo người phụ trách chọn",
            )
            for d in settling.disputes(self._desk)
        ]
        rows += [
            (_short(r.at), r.dossier_code, _words(r.kind), f"✖ máy chủ chưa nhận: {r.reason}")
            for r in station.refused_events(self._desk)
        ]
        rows += [
            (_short(w.at), w.dossier_code, _words(w.kind), "⇡ chờ gửi")
            for w in station.waiting_events(self._desk)
        ]
        return status, rows

    def _show(self, found: tuple[StationStatus, list[tuple[str, str, str, str]]]) -> None:
        status, rows = found
        chip = chip_of(
            status,
            is_syncing=self._is_syncing,
            is_line_down=self._schedule.failures > 0,
        )
        self.chip_changed.emit(chip)
        self._view.state.setText(chip.words)
        self._view.facts.setText(_facts(status))
        self._view.show_rows(rows)
        if self._problem:
            self._view.notice.say(self._problem, tone="wait")
        else:
            self._view.notice.clear()

    @property
    def is_syncing(self) -> bool:
        """True while a pass is under way."""
        return self._is_syncing


def _facts(status: StationStatus) -> str:
    proven = f"{status.proven_at:%H:%M:%S %d/%m/%Y}" if status.proven_at else "chưa lần nào"
    reached = f"{status.reached_at:%H:%M %d/%m/%Y}" if status.reached_at else "chưa lần nào"
    plan = f", đến {status.plan_ends:%d/%m/%Y}" if status.plan_ends else ""
    volume = "ổ thứ hai" if status.has_second_volume else "cùng ổ với kho — cần ổ thứ hai"
    trouble = f"Máy chủ dừng máy này: {status.stopped}\n" if status.stopped else ""
    if status.difference:
        trouble += f"Khác với máy chủ từ {status.difference}\n"
    return trouble + (
        f"Chờ gửi: {status.waiting} việc, {status.pages_waiting} trang · "
        f"Cần xem: {status.to_look_at}\n"
        f"Khớp với máy chủ lần cuối: {proven} · Máy chủ trả lời lần cuối: {reached}\n"
        f"Số hôm nay: {status.leased} số cấp nhanh, {status.standing} số ngoại tuyến{plan} · "
        f"Danh mục bản {status.catalogue}\n"
        f"Nhật ký thứ hai: {status.journal} ({volume})"
    )


def _short(at: str) -> str:
    return f"{at[11:16]} {at[8:10]}/{at[5:7]}"


def _words(kind: str) -> str:
    words = kind_words(kind)
    return words[0].upper() + words[1:]
