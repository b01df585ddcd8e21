"""Shows the jobs that wait and does with them what the clerk decides."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from app.services import closing, print_jobs
from app.services.closing import Closed
from app.services.print_jobs import PrintJob
from app.ui import theme
from app.ui.jobs import Lane
from app.ui.preview import PREVIEW_DPI
from app.ui.print_queue.view import PrintQueueView
from app.ui.seat import Seat
from printing.drivers.opening import label_of
from printing.raster import Raster, rasterise

_MARKS = {"not_printed": "✖", "unknown": "▲", "queued": "○", "sending": "◐", "sent": "◐"}
_TONES = {"not_printed": "bad", "unknown": "bad"}
_ALLOWED = {
    "not_printed": {"print_again", "print_elsewhere", "print_to_file", "print_drop"},
    "unknown": {"print_came_out", "print_did_not"},  # first an eye says what became of it
    "queued": {"print_drop"},
    "sending": {"print_drop"},
    "sent": {"print_drop"},
}


class PrintQueuePresenter(QObject):
    """The list *Chờ in*."""

    def __init__(self, view: PrintQueueView, seat: Seat) -> None:
        super().__init__(view)
        room = seat.print_room
        self._view, self._desk, self._room, self._jobs = view, seat.desk, room, seat.jobs
        self._clerk, self._ways = seat.clerk, seat.ways
        view.day_asked.connect(self.close_day)
        self._shown: tuple[PrintJob, ...] = ()
        view.again.connect(self._again)
        view.elsewhere.connect(self._elsewhere)
        view.to_file.connect(lambda: self._do("print_to_file", room.save))
        view.came_out.connect(
            lambda: self._do("print_came_out", lambda id: room.settle(id, came_out=True))
        )
        view.did_not.connect(
            lambda: self._do("print_did_not", lambda id: room.settle(id, came_out=False))
        )
        view.dropped.connect(lambda: self._do("print_drop", room.drop))
        view.looked.connect(self._look_at)
        view.table.itemSelectionChanged.connect(self._chosen)
        room.changed.connect(lambda _: self.refresh())

    @Slot()
    def refresh(self) -> None:
        """List again."""
        self._jobs.run(
            Lane.DATABASE,
            lambda: print_jobs.jobs_waiting(self._desk),
            owner=self,
            done=self._show,
            failed=self._view.notice.say_problem,
        )

    def _show(self, waiting: tuple[PrintJob, ...]) -> None:
        self._shown = waiting
        rows = [
            (
                f"{job.created_at:%H:%M %d/%m}",
                job.title,
                label_of(job.printer) if job.printer else "—",
                f"{job.sheets * job.copies}",
                f"{_MARKS[job.state]} {print_jobs.STATE_WORDS[job.state]}",
            )
            for job in waiting
        ]
        tones = [getattr(theme.current(), _TONES.get(job.state, "work")).text for job in waiting]
        self._view.show_jobs(rows, tones)
        self._chosen()

    @property
    def job(self) -> PrintJob | None:
        """The chosen job."""
        row = self._view.table.currentRow()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def _chosen(self) -> None:
        job = self.job
        self._view.allow(_ALLOWED[job.state] | {"print_look"} if job else set())
        self._view.words.setText(job.reason if job else "")

    def _do(self, verb: str, act: object) -> None:
        job = self.job
        if job is not None and verb in _ALLOWED[job.state] and callable(act):
            act(job.id)

    def _again(self) -> None:
        job = self.job
        if job is not None and job.state == "unknown":
            self._view.notice.say(
                "Chưa rõ giấy đã ra hay chưa. Nhìn khay giấy rồi chọn “Đã in” (D) "
                "hoặc “Chưa in” (C).",
                tone="wait",
            )
            return
        self._do("print_again", lambda id: self._room.retry(id, job.printer if job else ""))

    def _elsewhere(self) -> None:
        job = self.job
        other = self._room.other_printer(job.printer) if job else ""
        if job is not None and not other:
            self._view.notice.say(
                "Không có máy in nào khác. Thêm máy in ở Thiết bị (F12), hoặc lưu PDF (T).",
                tone="wait",
            )
            return
        self._do("print_elsewhere", lambda id: self._room.retry(id, other))

    def _look_at(self) -> None:
        """Show a job's paper: the very bytes that go to the printer."""
        job = self.job
        if job is None:
            return

        def work() -> list[Raster]:
            return rasterise(self._desk.store.blobs.get(job.sha256), dpi=PREVIEW_DPI)

        self._jobs.run(
            Lane.DATABASE,
            work,
            owner=self,
            done=lambda pages: self._ways.show_paper(job.title, pages),
            failed=self._view.notice.say_problem,
        )

    @Slot()
    def close_day(self) -> None:
        """Close today: show its sheet, print it, and say whether it agrees."""

        def work() -> tuple[Closed, list[Raster]]:
            closed = closing.close_day(self._desk, self._clerk, self._desk.now().date())
            return closed, rasterise(closed.printout.pdf, dpi=PREVIEW_DPI)

        self._jobs.run(
            Lane.DATABASE,
            work,
            owner=self,
            done=lambda found: self._closed(*found),
            failed=self._view.notice.say_problem,
        )

    def _closed(self, closed: Closed, pages: list[Raster]) -> None:
        count = len(closed.day.differences)
        if count:
            words = f"Ngày {closed.day.day:%d/%m/%Y}: {count} việc chưa khớp, kê trên bảng."
            self._view.notice.say(words, tone="bad")
        else:
            self._view.notice.say(f"Ngày {closed.day.day:%d/%m/%Y}: khớp.", tone="good")
        self._room.print_made(lambda: closed.printout, closing.FORM, "bảng đối chiếu cuối ngày")
        self._ways.show_paper(closed.printout.title, pages)
