"""Shows how the sync stands, what waits, what was refused, and what clashes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from app.domain.events import kind_words
from app.errors import AppError
from app.services import settling, station
from app.services.station import StationStatus
from app.ui.jobs import Lane
from app.ui.seat import Seat
from app.ui.sync_runner import SyncRunner
from app.ui.sync_status.view import SyncView


class SyncPresenter(QObject):
    """The sync screen; the runner works whether it is open or not."""

    def __init__(self, view: SyncView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._jobs = view, seat.desk, seat.jobs
        self._runner: SyncRunner = seat.sync
        view.sync_asked.connect(self._runner.sync_now)
        self._runner.looked.connect(self._show_status)
        self._runner.chip_changed.connect(lambda chip: view.state.setText(chip.words))
        self._runner.refused.connect(self._refused)

    @Slot()
    def refresh(self) -> None:
        """Show how things stand now."""
        self._runner.refresh()

    def _show_status(self, status: StationStatus) -> None:
        self._view.facts.setText(_facts(status))
        if self._view.isVisible():
            self._jobs.run(
                Lane.DATABASE, self._rows, owner=self, done=self._view.show_rows,
                failed=self._refused,
            )  # fmt: skip
        if self._runner.problem:
            self._view.notice.say(self._runner.problem, tone="wait")
        else:
            self._view.notice.clear()

    def _refused(self, problem: AppError) -> None:
        self._view.notice.say_problem(problem)

    def _rows(self) -> list[tuple[str, str, str, str]]:
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
        return rows


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
