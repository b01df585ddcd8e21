"""Shows how the sync stands, what waits, was refused or clashes, and leads out of each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.events import kind_words
from app.domain.roles import may, words_for
from app.errors import AppError
from app.services import lookup, settling, sides, station
from app.services.settling import Dispute, Mended
from app.services.station import Refused, StationStatus, WaitingEvent
from app.sync import courier
from app.sync.courier import Imported, Queued
from app.ui.jobs import Lane
from app.ui.seat import OfDossier, Seat
from app.ui.sync_runner import SyncRunner
from app.ui.sync_status.dialogs import ConflictDialog, MendDialog
from app.ui.sync_status.progress import Progress, rest_words
from app.ui.sync_status.view import SyncView

_TICK_MS = 1000
_OLD_DAYS = 7
_MB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """What the list shows, in its order."""

    disputes: tuple[Dispute, ...]
    refused: tuple[Refused, ...]
    waiting: tuple[WaitingEvent, ...]


class SyncPresenter(QObject):
    """The sync screen; the runner works whether it is open or not."""

    def __init__(self, view: SyncView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._ways, self._parent, self._room = seat.ways, seat.parent, seat.print_room
        self._opened = seat.opened
        self._choose_folder, self._choose_file = seat.choose_folder, seat.choose_file
        self._runner: SyncRunner = seat.sync
        self._rows = _Rows(disputes=(), refused=(), waiting=())
        self._progress = Progress()
        self.dialog: ConflictDialog | MendDialog | None = None
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._look_again)
        view.sync_asked.connect(self._runner.sync_now)
        view.opened.connect(self._open)
        view.export_asked.connect(self.export)
        view.import_asked.connect(self.import_bundle)
        self._runner.looked.connect(self._show_status)
        self._runner.chip_changed.connect(lambda chip: view.state.setText(chip.words))
        self._runner.refused.connect(self._failed)

    @Slot()
    def refresh(self) -> None:
        """Show how things stand now."""
        self._tick.start()
        self._runner.refresh()

    def _look_again(self) -> None:
        """While the screen is seen and something is under way, count what is left."""
        if not self._view.isVisible():
            self._tick.stop()
        elif self._runner.is_syncing:
            self._runner.refresh()

    def _show_status(self, status: StationStatus) -> None:
        self._view.facts.setText(_facts(status))
        if not self._view.isVisible():
            return
        standing = self._progress.see(time.monotonic(), status.waiting, status.bytes_waiting)
        if standing is None:
            self._view.show_progress(None, "")
        else:
            size = f"{status.bytes_waiting / _MB:.1f} MB".replace(".", ",")
            words = f"còn {status.waiting} việc, {status.pages_waiting} trang ({size})"
            rest = rest_words(standing.seconds) if self._runner.is_syncing else "chờ mạng"
            self._view.show_progress(standing.share, f"{words} · {rest}")
        self._run(Lane.DATABASE, self._read_rows, self._show_rows)
        if self._runner.problem and self.dialog is None:
            self._view.notice.say(self._runner.problem, tone="wait")

    def _read_rows(self) -> _Rows:
        return _Rows(
            disputes=settling.disputes(self._desk),
            refused=station.refused_events(self._desk),
            waiting=station.waiting_events(self._desk),
        )

    def _show_rows(self, found: _Rows) -> None:
        self._rows = found
        rows = [
            (_short(d.second.at), d.code, _words(d.second.kind),
             f"⚠ trái với “{_words(d.first.kind)}” của {d.first.actor}: Enter để chọn")
            for d in found.disputes
        ] + [
            (_short(r.at), r.dossier_code, _words(r.kind), f"✖ máy chủ chưa nhận: {r.reason}")
            for r in found.refused
        ] + [
            (_short(w.at), w.dossier_code, _words(w.kind), "⇡ chờ gửi") for w in found.waiting
        ]  # fmt: skip
        tones = ["bad"] * (len(found.disputes) + len(found.refused)) + ["work"] * len(found.waiting)
        self._view.show_rows(rows, tones)

    # ---- the ways out -------------------------------------------------------------------

    @Slot(int)
    def _open(self, row: int) -> None:
        if row < 0:
            return
        found = self._rows
        if row < len(found.disputes):
            self._ask_decision(found.disputes[row])
            return
        row -= len(found.disputes)
        if row < len(found.refused):
            self._ask_mend(found.refused[row])
            return
        row -= len(found.refused)
        if row < len(found.waiting) and found.waiting[row].dossier_code:
            self._go(found.waiting[row].dossier_code)

    def _go(self, code: str) -> None:
        self._run(
            Lane.DATABASE,
            lambda: lookup.by_code(self._desk, code),
            lambda dossier: self._ways.go("dossiers", OfDossier(dossier)),
        )

    def _ask_decision(self, dispute: Dispute) -> None:
        if not may(self._clerk.roles, "settle"):
            self._view.notice.say(
                f"Chọn giữa hai việc trái nhau là việc của: {words_for('settle')}. Hồ sơ "
                f"{dispute.code} vẫn dùng được trong lúc chờ.", tone="wait",
            )  # fmt: skip
            return

        def show(rows: tuple[tuple[str, str, str], ...]) -> None:
            dialog = ConflictDialog(dispute.code, rows, self._parent)

            def work() -> None:
                settling.decide(self._desk, self._clerk, dispute, dialog.keep, dialog.reason.text())

            self._show_dialog(dialog, work, lambda _: self._settled("Đã ghi quyết định."))

        self._run(Lane.DATABASE, lambda: sides.compare(self._desk, self._clerk, dispute), show)

    def _ask_mend(self, refused: Refused) -> None:
        if not refused.dossier_code:
            self._view.notice.say(f"Máy chủ nói: {refused.reason}", tone="wait")
            return
        code = refused.dossier_code
        said = [r.reason for r in self._rows.refused if r.dossier_code == code]
        dialog = MendDialog(code, list(dict.fromkeys(said)), self._parent)

        def work() -> Mended:
            dossier = lookup.by_code(self._desk, code)
            return settling.mend(
                self._desk, self._clerk, dossier, dialog.reason.text(),
                new_code=dialog.new_code.isChecked(),
            )  # fmt: skip

        def done(mended: Mended) -> None:
            self._settled(f"Đã gửi lại {mended.count} việc của hồ sơ {mended.code}.")
            if mended.code != code:
                self._run(
                    Lane.DATABASE,
                    lambda: lookup.by_code(self._desk, mended.code),
                    lambda dossier: self._room.print_receipt(dossier, mended.code),
                )

        self._show_dialog(dialog, work, done)

    def _show_dialog(
        self,
        dialog: ConflictDialog | MendDialog,
        work: Callable[[], Any],
        done: Callable[[Any], None],
    ) -> None:
        self.dialog = dialog

        def ended(outcome: Any) -> None:
            dialog.accept()
            done(outcome)

        def start() -> None:
            self._jobs.run(
                Lane.DATABASE, work, owner=dialog, done=ended, failed=dialog.notice.say_problem
            )

        def closed() -> None:
            self.dialog = None
            self._parent.activateWindow()

        dialog.done_asked.connect(start)
        dialog.finished.connect(closed)
        dialog.open()

    def _settled(self, words: str) -> None:
        self._ways.changed.emit()
        self._view.notice.say(words, tone="good")
        self._runner.refresh()

    # ---- the stick -------------------------------------------------------------------------

    def export(self) -> None:
        """Ctrl+E: write what the server lacks to a stick, sealed to the server."""
        if self._desk.practice:
            self._view.notice.say("Máy tập sự: hồ sơ ở đây không gửi đi đâu cả.", tone="wait")
            return
        folder = self._choose_folder()
        if folder is None:
            return
        self._view.notice.say("Đang ghi lên USB…")

        def work() -> Queued:
            try:
                return courier.export_queue(
                    self._desk.store, folder, self._clerk.user, self._desk.now()
                )
            except OSError as error:
                raise courier.BundleRefused(
                    "Không ghi được lên USB.",
                    f"Kiểm tra chỗ trống và khoá ghi ({error.strerror}), rồi xuất lại.",
                    courier.KEPT,
                ) from error

        def done(queued: Queued) -> None:
            left = f" Còn {queued.left} việc cho tệp sau." if queued.left else ""
            self._view.notice.say(
                f"Đã ghi {queued.count} việc vào {queued.file.name}.{left} Mang tới máy có mạng, "
                "bấm Ctrl+O ở đó.", tone="good",
            )  # fmt: skip

        self._run(Lane.FILES, work, done)

    def import_bundle(self) -> None:
        """Ctrl+O: relay another station's queue, or take our answers in."""
        file = self._choose_file("Gói dữ liệu (*.qmcb);;Mọi tệp (*)")
        if file is None:
            return
        self._view.notice.say("Đang đọc gói dữ liệu…")
        self._run(Lane.NETWORK, lambda: self._import(file), self._imported)

    def _import(self, file: Path) -> Imported:
        connection = self._opened.connect()
        try:
            return courier.import_file(self._desk.store, file, connection, self._desk.now())
        finally:
            connection.close()

    def _imported(self, done: Imported) -> None:
        if done.file is not None:
            words = (
                f"Đã chuyển hàng đợi của {done.station} tới máy chủ. Mang {done.file.name} về lại "
                "máy đó."
            )
        else:
            words = (
                f"Đã nhận trả lời: {done.confirmed} việc máy chủ đã giữ, {done.pulled} việc mới."
            )
        self._view.notice.say(f"{words} {done.notice}".strip(), tone="good")
        self._ways.changed.emit()
        self._runner.refresh()

    def step_back(self) -> bool:
        """Esc: the notice."""
        return self._view.notice.give_up()

    def _run(self, lane: Lane, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(lane, work, owner=self, done=done, failed=self._failed)

    def _failed(self, problem: AppError) -> None:
        self._view.notice.say_problem(problem)


def _facts(status: StationStatus) -> str:
    proven = f"{status.proven_at:%H:%M:%S %d/%m/%Y}" if status.proven_at else "chưa lần nào"
    reached = f"{status.reached_at:%H:%M %d/%m/%Y}" if status.reached_at else "chưa lần nào"
    plan = f", đến {status.plan_ends:%d/%m/%Y}" if status.plan_ends else ""
    low = " — sắp hết" if status.numbers_low else ""
    volume = "ổ thứ hai" if status.has_second_volume else "cùng ổ với kho — cần ổ thứ hai"
    trouble = f"Máy chủ dừng máy này: {status.stopped}\n" if status.stopped else ""
    if status.difference:
        trouble += f"Khác với máy chủ từ {status.difference}\n"
    return trouble + (
        f"Chờ gửi: {status.waiting} việc, {status.pages_waiting} trang · "
        f"Cần xem: {status.to_look_at} · Đã gửi hôm nay: {status.sent_today}\n"
        f"Khớp với máy chủ lần cuối: {proven} · Máy chủ trả lời lần cuối: {reached}\n"
        f"Số hôm nay: {status.leased} số cấp nhanh, {status.standing} số ngoại tuyến{plan}{low}\n"
        f"Danh mục bản {status.catalogue}{_age(status)} · "
        f"Nhật ký thứ hai: {status.journal} ({volume})"
    )


def _age(status: StationStatus) -> str:
    """Say when the catalogue came in; an old one may lack a new law."""
    if status.catalogue_at is None or status.reached_at is None:
        return ""
    days = (status.reached_at - status.catalogue_at).days
    old = " — hỏi máy chủ đã lâu" if days > _OLD_DAYS and status.is_offline else ""
    return f", nhận {status.catalogue_at:%d/%m/%Y}{old}"


def _short(at: str) -> str:
    return f"{at[11:16]} {at[8:10]}/{at[5:7]}"


def _words(kind: str) -> str:
    words = kind_words(kind)
    return words[0].upper() + words[1:]
