"""Pages scanned into the reception under way: durable before the next one is fed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QObject, Signal, Slot

from app.errors import AppError
from app.scanning.driver import ScannedPage, ScanProblem, ScanProfile
from app.scanning.files import read_files
from app.services import page_care, scanning, waiting_pages
from app.services.desk import Desk
from app.ui.intake.view import IntakeView
from app.ui.jobs import JobRunner, Lane
from app.ui.scanner_desk import ScannerDesk


class DraftPages(QObject):
    """Takes pages in for the draft and counts them.

    Args:
        view: of the reception.
        desk, jobs: of the window.
        scanners: which device is used.
        choose_files: asks for files.
        draft: answers what the pages wait for.

    Attributes:
        count: pages of the draft.
        is_scanning: pages are coming.

    Signals:
        begun: pages are about to come: the draft must be kept.
        ended: True if all went well.
    """

    begun = Signal()
    ended = Signal(bool)

    def __init__(
        self,
        view: IntakeView,
        desk: Desk,
        jobs: JobRunner,
        *,
        scanners: ScannerDesk,
        choose_files: Callable[[], list[Path]],
        draft: Callable[[], UUID],
    ) -> None:
        super().__init__(view)
        self._view, self._desk, self._jobs = view, desk, jobs
        self._scanners, self._choose_files, self._draft = scanners, choose_files, draft
        self._cancel = threading.Event()
        self.count = 0
        self.is_scanning = False

    @Slot()
    def scan(self) -> None:
        """F6: scan from the feeder into the paper that is marked."""
        if self.is_scanning or self._view.shows_result:
            return
        device = self._scanners.chosen
        if not device:
            self._view.notice.say(
                "Chưa thấy máy quét nào. Kiểm tra dây và nút nguồn; hoặc Ctrl+O lấy ảnh từ tệp.",
                tone="bad",
            )
            return
        cancel = self._cancel = threading.Event()

        def pages() -> Iterator[ScannedPage]:
            return self._scanners.drivers.scan(
                device, ScanProfile(), progress=self._progress, cancel=cancel
            )

        self._take(pages)

    @Slot()
    def scan_files(self) -> None:
        """Ctrl+O: take pages from files."""
        files = self._choose_files()
        cancel = self._cancel = threading.Event()
        if files and not self.is_scanning:
            self._take(lambda: read_files(files, progress=self._progress, cancel=cancel))

    def cancel(self) -> bool:
        """Esc: stop scanning, keep what came; True if there was something to stop."""
        self._cancel.set()
        return self.is_scanning

    def _progress(self, page: int, share: float) -> None:
        words = f"Đang quét trang {page}… {share:.0%}   (Esc để dừng)"
        self._jobs.progress(self, lambda: self._view.notice.say(words))

    def _turn(self, *, on: bool) -> None:
        self.is_scanning = self._scanners.is_busy = on

    def _take(self, pages: Callable[[], Iterator[ScannedPage]]) -> None:
        paper, draft = self._view.papers.current_paper(), self._draft()
        self._turn(on=True)
        self.begun.emit()

        def work() -> ScanProblem | None:
            try:
                for scanned in pages():
                    waiting_pages.take_in(self._desk, scanned, waiting_for=draft, paper=paper)
                    self._jobs.tell(self, self._arrived)
            except ScanProblem as problem:
                return problem
            return None

        self._jobs.run(Lane.SCANNER, work, owner=self, done=self._ended, failed=self._failed)

    def _arrived(self) -> None:
        self.count += 1
        self.show()
        draft = self._draft()
        self._jobs.run(
            Lane.PICTURES,
            lambda: page_care.care_for_all(self._desk, draft, self._scanners.cleaner.derive),
            owner=self,
            done=lambda _: None,
            failed=lambda _: None,  # the page is sent as it came
        )

    def _ended(self, problem: ScanProblem | None) -> None:
        self._turn(on=False)
        self.show()
        self.ended.emit(problem is None)
        if problem is not None:
            self._view.notice.say_problem(problem)
        else:
            self._view.notice.say(f"Đã quét xong, {self.count} trang.", tone="good")

    def _failed(self, problem: AppError) -> None:
        self._turn(on=False)
        self.ended.emit(False)
        self._view.notice.say_problem(problem)

    @Slot()
    def show(self) -> None:
        """Count the draft's pages again."""
        draft = self._draft()

        def show(pages: tuple[scanning.KeptPage, ...]) -> None:
            counts: dict[str, int] = {}
            for page in pages:
                counts[page.paper] = counts.get(page.paper, 0) + 1
            self.count = len(pages)
            self._view.show_pages(counts)

        self._jobs.run(
            Lane.DATABASE, lambda: scanning.pages_of_draft(self._desk, draft), owner=self,
            done=show, failed=self._view.notice.say_problem,
        )  # fmt: skip
