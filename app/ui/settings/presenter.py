"""Turns the clerk's choices, changes the PIN, and leads to practice and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.errors import AppError
from app.services import preferences, signin, station
from app.services.preferences import LOCK_MINUTES, LOOKS, TEXT_STEPS, Preferences
from app.services.station import StationStatus
from app.ui.jobs import Lane
from app.ui.seat import Seat
from app.ui.settings.pin_dialog import PinDialog
from app.ui.settings.view import SettingsView

_YES_NO = (False, True)


@dataclass(frozen=True, slots=True)
class _Choice:
    """One row: which preference, its values, their words, and what it means."""

    key: str
    name: str
    values: tuple[Any, ...]
    words: tuple[str, ...]
    meaning: str


CHOICES = (
    _Choice("look", "Màu màn hình", LOOKS,
            ("theo hệ điều hành", "sáng", "tối", "tương phản cao"), "Áp dụng ngay."),
    _Choice("text_step", "Cỡ chữ", TEXT_STEPS, ("nhỏ", "vừa", "lớn", "rất lớn"),
            "Áp dụng ngay cho mọi màn hình."),
    _Choice("sounds", "Âm thanh khi cần nhìn màn hình", _YES_NO, ("tắt", "bật"),
            "Một tiếng trầm khi mã quét không dùng được, hoặc còn chỗ cần sửa."),
    _Choice("lock_minutes", "Tự khoá máy sau", LOCK_MINUTES,
            tuple(f"{minutes} phút" for minutes in LOCK_MINUTES),
            "Không ai bấm phím trong thời gian này thì máy tự khoá; việc đang làm giữ nguyên."),
    _Choice("result_slip", "In giấy biên nhận khi trả kết quả", _YES_NO, ("không", "có"),
            "Chọn sẵn ở màn hình Trả kết quả."),
    _Choice("fee_slip", "In phiếu thu khi thu tiền", _YES_NO, ("không", "có"),
            "Chọn sẵn ở hộp Thu tiền."),
)  # fmt: skip


class SettingsPresenter(QObject):
    """The settings screen."""

    def __init__(self, view: SettingsView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._ways, self._parent = seat.ways, seat.parent
        self._settings = seat.opened.settings
        self._chosen = preferences.read(seat.desk, seat.clerk)
        self.dialog: PinDialog | None = None
        view.turned.connect(self._turn)

    def refresh(self) -> None:
        """Show what is chosen, and what this station is."""
        self._show()
        self._run(lambda: station.status(self._desk, self._settings.server), self._show_station)

    def _show(self) -> None:
        rows = []
        for choice in CHOICES:
            at = choice.values.index(getattr(self._chosen, choice.key))
            rows.append((choice.name, f"◂ {choice.words[at]} ▸", choice.meaning))
        self._view.show_rows(rows)

    @Slot(int, int)
    def _turn(self, row: int, by: int) -> None:
        choice = CHOICES[row]
        at = choice.values.index(getattr(self._chosen, choice.key))
        value = choice.values[(at + by) % len(choice.values)]

        def done(chosen: Preferences) -> None:
            self._chosen = chosen
            self._show()
            self._ways.preferred.emit(chosen)

        self._run(lambda: preferences.change(self._desk, self._clerk, **{choice.key: value}), done)

    def _show_station(self, status: StationStatus) -> None:
        keys = "trong kho khoá hệ điều hành" if status.key_place == "keyring" else (
            "trong tệp riêng (máy này không có kho khoá)"
        )  # fmt: skip
        volume = "ổ thứ hai" if status.has_second_volume else "cùng ổ với kho — nên cắm ổ thứ hai"
        server = status.server or "không có (tập sự)"
        self._view.facts.setText(
            f"{status.station} · {status.agency_name} ({status.agency})\n"
            f"Máy chủ: {server} · Danh mục bản {status.catalogue}\n"
            f"Khoá của máy: {keys} · Nhật ký thứ hai: {status.journal} ({volume})\n"
            f"Người dùng: {self._clerk.display_name} ({self._clerk.user})"
        )

    # ---- the PIN ---------------------------------------------------------------------

    def change_pin(self) -> None:
        """F7: ask for the former PIN and a new one, twice."""
        dialog = self.dialog = PinDialog(self._parent)

        def change() -> None:
            if dialog.new.text() != dialog.again.text():
                dialog.notice.say("Hai lần gõ mã mới chưa giống nhau.", tone="bad")
                dialog.again.setFocus()
                return
            former, new = dialog.former.text(), dialog.new.text()
            self._jobs.run(
                Lane.DATABASE,
                lambda: signin.change_pin(self._desk, self._clerk, former, new),
                owner=dialog, done=done, failed=dialog.notice.say_problem,
            )  # fmt: skip

        def done(_: None) -> None:
            dialog.accept()
            self._view.notice.say("Đã đổi mã PIN trên máy này.", tone="good")

        dialog.done_asked.connect(change)
        dialog.finished.connect(self._parent.activateWindow)
        dialog.open()

    # ---- practice ----------------------------------------------------------------------

    def turn_practice(self) -> None:
        """F9: to practice, or back to the real counter."""
        self._view.notice.say("Đang chuyển…")
        self._ways.practice_asked.emit(not self._settings.practice)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=self._failed)

    def _failed(self, problem: AppError) -> None:
        self._view.notice.say_problem(problem)
