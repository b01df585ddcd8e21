"""Tries printer, hand-held scanner, page scanner and a practice dossier, and notes what worked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.domain.scans import INPUT_METHOD_TEXT, Scan, ScanKind
from app.errors import AppError
from app.services import first_steps, trying
from app.services.first_steps import STEPS, PracticeOpener, PracticeRun
from app.services.print_jobs import Printout
from app.services.scan_trial import ScanTrial, try_scanner
from app.ui.first_steps.view import FirstStepsView
from app.ui.jobs import Lane
from app.ui.seat import Seat
from app.ui.widgets.strip import Choice
from printing.document import PaperSize
from printing.drivers.opening import label_of

WORDS = {
    "printer": ("Máy in", "Enter: in một trang thử, rồi nhìn xem giấy có ra không."),
    "gun": ("Súng quét", "Quét hai mã vạch trên trang vừa in: mã đầu thử súng, mã sau thử bộ gõ."),
    "scanner": ("Máy quét", "F6: đặt trang vừa in vào máy quét; chương trình đọc lại mã trên đó."),
    "practice": ("Hồ sơ tập sự", "Enter: nhận thử một hồ sơ mẫu, xem giấy hẹn có chữ TẬP SỰ; "
                 "không gửi đi đâu."),
}  # fmt: skip


class FirstStepsPresenter(QObject):
    """The screen of the first steps."""

    def __init__(self, view: FirstStepsView, seat: Seat, opener: PracticeOpener | None) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._ways, self._room, self._scanners = seat.ways, seat.print_room, seat.scanners
        self._opener = opener
        self._said: dict[str, str] = {}
        self._cancel: threading.Event | None = None
        view.asked.connect(self._do)

    def refresh(self) -> None:
        """Show what was tried already."""

        def show(done: dict[str, Any]) -> None:
            rows = []
            for step in STEPS:
                name, what = WORDS[step]
                at = done.get(step)
                said = self._said.get(step, f"✓ xong lúc {at:%H:%M %d/%m/%Y}" if at else "chưa thử")
                rows.append(("☑" if at else "☐", name, what, said))
            self._view.show_rows(rows, [step in done for step in STEPS])

        self._run(lambda: first_steps.done_at(self._desk), show)

    @Slot(int)
    def _do(self, row: int) -> None:
        if not 0 <= row < len(STEPS):
            return
        {"printer": self.print_page, "gun": self._explain_gun, "scanner": self.scan_page,
         "practice": self.practise}[STEPS[row]]()  # fmt: skip

    def _worked(self, step: str, said: str) -> None:
        self._said[step] = said
        self._view.notice.clear()
        self._run(lambda: first_steps.note(self._desk, step), lambda _: self.refresh())

    # ---- the printer -------------------------------------------------------------------

    def print_page(self) -> None:
        """Print a test page, and ask the eye."""
        printer = self._room.printer
        if not printer:
            self._view.notice.say(
                "Chưa thấy máy in nào. Bật máy in rồi mở Thiết bị (F12), hoặc bỏ qua bước này.",
                Choice("Mở Thiết bị", lambda: self._ways.go("devices")), tone="wait",
            )  # fmt: skip
            return
        paper = self._room.choices.of("01").paper or PaperSize.A5

        def make() -> Printout:
            return trying.make_page(self._desk, self._clerk, printer, paper)

        self._room.print_made(make, trying.FORM, "trang thử", printer)
        self._view.notice.say(
            f"Đang in trang thử ở {label_of(printer)}. Giấy ra đủ bốn góc và chữ có dấu rõ không?",
            Choice("Giấy ra tốt", lambda: self._worked("printer", f"✓ {label_of(printer)}")),
            Choice("Chưa ra, mở Thiết bị", lambda: self._ways.go("devices")),
            tone="work",
        )

    # ---- scanners ------------------------------------------------------------------------

    def _explain_gun(self) -> None:
        self._view.notice.say("Bóp cò súng quét vào mã vạch đầu tiên trên trang vừa in.")

    def scanned(self, scan: Scan) -> bool:
        """A code of the test page came from a hand-held scanner."""
        if scan.kind is ScanKind.TEST:
            self._worked("gun", f"✓ đọc được {scan.code}")
            return True
        if scan.kind is ScanKind.INPUT_METHOD:
            if scan.code == INPUT_METHOD_TEXT:
                self._worked("gun", "✓ súng quét và bộ gõ đều đúng")
            else:
                self._view.notice.say(
                    f"Bộ gõ tiếng Việt đang làm sai mã quét: “{scan.code}”. Tắt bộ gõ khi quét, "
                    "hoặc chuyển súng quét sang chế độ COM.", tone="bad",
                )  # fmt: skip
            return True
        return False

    def scan_page(self) -> None:
        """F6: scan the printed page back and read what it says; the page is not kept."""
        device = self._scanners.chosen
        if self._cancel is not None:
            return
        if not device:
            self._view.notice.say(
                "Chưa thấy máy quét nào. Kiểm tra dây và nút nguồn, rồi mở Thiết bị (F12) bấm Tìm "
                "lại; hoặc bỏ qua bước này.", tone="wait",
            )  # fmt: skip
            return
        cancel = self._cancel = threading.Event()
        self._view.notice.say("Đang quét trang thử…   (Esc để dừng)")

        def progress(_: int, share: float) -> None:
            words = f"Đang quét trang thử… {share:.0%}   (Esc để dừng)"
            self._jobs.progress(self, lambda: self._view.notice.say(words))

        def done(trial: ScanTrial | None) -> None:
            self._cancel = None
            if trial is None:
                self._view.notice.say("Đã dừng quét thử.", tone="wait")
                return
            self._ways.show_paper("Trang quét thử", [trial.picture])
            if trial.codes:
                self._worked("scanner", f"✓ đọc lại được {trial.codes[0]}")
            else:
                self._view.notice.say(trial.words, tone="wait")

        def failed(problem: AppError) -> None:
            self._cancel = None
            self._view.notice.say_problem(problem)

        self._jobs.run(
            Lane.SCANNER,
            lambda: try_scanner(
                self._scanners.drivers, device, progress=progress, cancel=cancel
            ),
            owner=self, done=done, failed=failed,
        )  # fmt: skip

    def cancel(self) -> bool:
        """Esc: stop scanning; True if there was something to stop."""
        if self._cancel is None:
            return False
        self._cancel.set()
        return True

    # ---- practice ----------------------------------------------------------------------------

    def practise(self) -> None:
        """Receive a made-up dossier in the practice store and show its receipt."""
        opener = self._opener
        if opener is None:
            self._view.notice.say("Đang ở chế độ tập sự: bấm F2 để nhận hồ sơ thử.", tone="work")
            return
        self._view.notice.say("Đang lập hồ sơ tập sự…")

        def done(run: PracticeRun) -> None:
            self._worked("practice", f"✓ {run.reception.code}, không gửi đi đâu")
            self._ways.show_paper(f"Giấy tiếp nhận tập sự {run.reception.code}", run.pages)

        self._run(lambda: first_steps.try_practice(self._desk, self._clerk, opener), done)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(
            Lane.DATABASE, work, owner=self, done=done, failed=self._view.notice.say_problem
        )
