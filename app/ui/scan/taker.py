"""Takes pages from scanners and files: durable before the next one is fed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QObject, Signal, Slot

from app.errors import AppError
from app.scanning.driver import ScannedPage, ScanProblem
from app.scanning.files import read_files
from app.scanning.profiles import NamedProfile, read_profiles
from app.services import waiting_pages
from app.services.desk import Desk
from app.services.scan_places import ScanPlace
from app.services.waiting_pages import WaitingPage
from app.ui.jobs import JobRunner, Lane
from app.ui.scan.view import ScanView
from app.ui.scanner_desk import ScannerDesk


class PageTaker(QObject):
    """Scans on, in place of a page, or between pages.

    Args:
        view: of the scan screen.
        desk: of this station.
        jobs: for background work.
        scanners: of this station, and which one is used.
        choose_files: asks for files.
        place: answers where pages go.
        front: answers the page in front.
        usual_paper: answers the paper of new pages.
        begun: called before pages come.
        changed: called when one came, and at the end.

    Attributes:
        is_scanning: pages are coming.

    Signals:
        ended: True if all went well.
    """

    ended = Signal(bool)

    def __init__(
        self,
        view: ScanView,
        desk: Desk,
        jobs: JobRunner,
        *,
        scanners: ScannerDesk,
        choose_files: Callable[[], list[Path]],
        place: Callable[[], ScanPlace | None],
        front: Callable[[], WaitingPage | None],
        usual_paper: Callable[[], str],
        begun: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        super().__init__(view)
        self._view, self._desk, self._jobs = view, desk, jobs
        self._scanners, self._choose_files = scanners, choose_files
        self._place, self._front, self._usual_paper = place, front, usual_paper
        self._begun, self._changed = begun, changed
        self.is_scanning = False
        self.profiles: tuple[NamedProfile, ...] = read_profiles()
        self._cancel = threading.Event()
        view.profile.addItems([profile.name for profile in self.profiles])

    @Slot(str)
    def choose_source(self, name: str) -> None:
        """Scan with another device from now on."""
        self._scanners.chosen = name

    @Slot()
    def scan(self) -> None:
        """F6: scan on, behind the last page."""
        self._scan()

    def scan_again(self) -> None:
        """Ctrl+F6: scan the page in front anew."""
        page = self._front()
        self._scan(in_place_of=None if page is None else page.page)

    def scan_between(self) -> None:
        """Shift+F6: scan behind the page in front."""
        page = self._front()
        self._scan(after=None if page is None else page.page)

    def _scan(self, *, after: UUID | None = None, in_place_of: UUID | None = None) -> None:
        device = self._scanners.chosen
        if self.is_scanning or self._place() is None:
            return
        if not device:
            self.ended.emit(False)
            self._view.notice.say(
                "Chưa thấy máy quét nào. Kiểm tra dây và nút nguồn; hoặc Ctrl+O lấy ảnh từ tệp.",
                tone="bad",
            )
            return
        profile = self.profiles[max(0, self._view.profile.currentIndex())].profile
        cancel = self._cancel = threading.Event()
        self._take(
            lambda: self._scanners.drivers.scan(
                device, profile, progress=self._progress, cancel=cancel
            ),
            after=after,
            in_place_of=in_place_of,
        )

    @Slot()
    def scan_files(self) -> None:
        """Ctrl+O: take pages from files."""
        if self.is_scanning or self._place() is None:
            return
        files = self._choose_files()
        cancel = self._cancel = threading.Event()
        if files:
            self._take(lambda: read_files(files, progress=self._progress, cancel=cancel))

    def cancel_scan(self) -> bool:
        """Esc: stop scanning, keep what came; True if there was something to stop."""
        self._cancel.set()
        return self.is_scanning

    def _progress(self, page: int, share: float) -> None:
        words = f"Đang quét trang {page}… {share:.0%}   (Esc để dừng, trang đã quét vẫn còn)"
        self._jobs.progress(self, lambda: self._view.notice.say(words))

    def _take(
        self,
        pages: Callable[[], Iterator[ScannedPage]],
        *,
        after: UUID | None = None,
        in_place_of: UUID | None = None,
    ) -> None:
        """Keep pages as they arrive: durable before the next one is fed."""
        place = self._place()
        assert place is not None
        paper = self._usual_paper()
        self._begun()
        self._turn(on=True)

        def work() -> tuple[int, ScanProblem | None]:
            count, behind, instead = 0, after, in_place_of
            try:
                for scanned in pages():
                    kept = waiting_pages.take_in(
                        self._desk, scanned, waiting_for=place.waiting_for, paper=paper,
                        after=behind, in_place_of=instead,
                    )  # fmt: skip
                    count += 1
                    if behind is not None or instead is not None:
                        behind, instead = kept.page, None
                    self._jobs.tell(self, self._changed)
            except ScanProblem as problem:
                return count, problem
            return count, None

        self._jobs.run(
            Lane.SCANNER, work, owner=self,
            done=lambda ended: self._ended(*ended), failed=self._failed,
        )  # fmt: skip

    def _turn(self, *, on: bool) -> None:
        self.is_scanning = self._scanners.is_busy = on
        self._view.set_scanning(on=on)

    def _ended(self, count: int, problem: ScanProblem | None) -> None:
        self._turn(on=False)
        self._changed()
        self.ended.emit(problem is None)
        if problem is not None:
            self._view.notice.say_problem(problem)
        elif self._cancel.is_set():
            self._view.notice.say(f"Đã dừng. {count} trang vừa quét vẫn còn.", tone="wait")
        else:
            self._view.notice.say(f"Đã quét xong {count} trang.", tone="good")

    def _failed(self, problem: AppError) -> None:
        self._turn(on=False)
        self._changed()
        self.ended.emit(False)
        self._view.notice.say_problem(problem)
