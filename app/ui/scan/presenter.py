"""Turns keys on the scan screen into pages that belong to their papers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, Slot

from app.domain.page_quality import Mark, page_count_words
from app.errors import AppError
from app.services import page_care, scan_places, waiting_pages
from app.services.desk import VIETNAM
from app.services.scan_places import PaperSlot, ScanPlace
from app.services.waiting_pages import NO_PAPER, WaitingPage
from app.ui.jobs import Lane
from app.ui.scan.acts import PageActs
from app.ui.scan.model import THUMB, PageLine, PagesModel, look_of
from app.ui.scan.taker import PageTaker
from app.ui.scan.view import ScanView
from app.ui.seat import Seat
from app.ui.widgets.strip import Choice


class ScanPresenter(QObject):
    """The scan screen of one clerk."""

    def __init__(
        self,
        view: ScanView,
        model: PagesModel,
        seat: Seat,
    ) -> None:
        super().__init__(view)
        desk, jobs = seat.desk, seat.jobs
        self._view, self._model, self._desk, self._clerk = view, model, desk, seat.clerk
        self._jobs, self._ways, self._scanners = jobs, seat.ways, seat.scanners
        self._clean = seat.scanners.cleaner.derive
        self._place: ScanPlace | None = None
        self._pages: tuple[WaitingPage, ...] = ()
        self._dropped = 0
        self._later: tuple[tuple[UUID, str], ...] = ()
        self.acts = PageActs(
            view, desk, jobs,
            front=self._front, place=lambda: self._place, changed=self._arrived,
        )  # fmt: skip
        self._asked_for: set[tuple[UUID, str]] = set()
        self._caring = 0
        self.taker = PageTaker(
            view, desk, jobs, scanners=seat.scanners, choose_files=seat.choose_files,
            place=lambda: self._place, front=self._front, usual_paper=self._usual_paper,
            begun=self.acts.remember, changed=self._arrived,
        )  # fmt: skip
        self._connect()
        self._offer_devices()

    def _connect(self) -> None:
        view, thumbs = self._view, self._view.thumbs
        view.scan_asked.connect(self.taker.scan)
        view.files_asked.connect(self.taker.scan_files)
        view.source_chosen.connect(self.taker.choose_source)
        self.taker.ended.connect(self._ways.sounded)
        self._scanners.looked.connect(self._offer_devices)
        view.kept.connect(self.keep)
        view.later_chosen.connect(self._open_later)
        acts = self.acts
        thumbs.chosen.connect(self._show_status)
        thumbs.paper_chosen.connect(acts.give_paper)
        thumbs.moved.connect(acts.move)
        thumbs.turned.connect(acts.turn)
        thumbs.dropped.connect(acts.drop)
        thumbs.looked_at.connect(acts.look_at)
        thumbs.cut.connect(acts.begin_cut)
        thumbs.cleaned.connect(acts.clean)
        thumbs.noted.connect(acts.note)
        view.large.closed.connect(lambda: view.show_large(on=False))
        view.large.cut.connect(acts.cut)
        view.large.stepped.connect(acts.step)

    # ---- where pages go --------------------------------------------------------

    def open_dossier(self, dossier: UUID) -> None:
        """Scan for a dossier that was received; its pages are attached on F9."""
        self._run(lambda: scan_places.of_dossier(self._desk, dossier), self._open)

    def open_draft(self, draft: UUID, procedure: str) -> None:
        """Scan for the reception under way; its pages wait for it."""
        self._run(lambda: scan_places.of_draft(self._desk, draft, procedure), self._open)

    def _open(self, place: ScanPlace) -> None:
        self._place, self._asked_for = place, set()
        self.acts.forget()
        self._view.title.setText(place.title)
        words = "Lưu vào hồ sơ" if place.is_dossier else "Xong, về tiếp nhận"
        self._view.keep_button.setText(f"F9  {words}")
        self._view.notice.clear()
        self._view.show_large(on=False)
        self._show([], 0)
        self.refresh()
        self._care()

    def show_later(self) -> None:
        """Show what waits for a scan, and pages that were left over."""

        def work() -> list[tuple[UUID, str, tuple[str, str, str, str]]]:
            rows = [
                (
                    left.waiting_for, "left",
                    (f"{left.count} trang", "chưa thuộc hồ sơ nào", "Enter để xem và gán",
                     f"{left.since.astimezone(VIETNAM):%H:%M %d/%m}"),
                )
                for left in waiting_pages.left_over(self._desk)
            ]  # fmt: skip
            rows += [
                (
                    one.dossier, "dossier",
                    (one.code, one.submitter, one.procedure,
                     f"{one.received_at.astimezone(VIETNAM):%H:%M %d/%m}"),
                )
                for one in scan_places.scan_later(self._desk)
            ]  # fmt: skip
            return rows

        def show(rows: list[tuple[UUID, str, tuple[str, str, str, str]]]) -> None:
            self._place = None
            self._later = tuple((id, kind) for id, kind, _ in rows)
            self._view.show_later([texts for _, _, texts in rows])
            self._view.focus_here()

        self._run(work, show)

    @Slot(int)
    def _open_later(self, row: int) -> None:
        if not 0 <= row < len(self._later):
            return
        id, kind = self._later[row]
        if kind == "dossier":
            self.open_dossier(id)
            return

        def work() -> ScanPlace:
            try:
                return scan_places.of_dossier(self._desk, id)
            except KeyError:
                return scan_places.of_draft(self._desk, id, "")

        self._run(work, self._open)

    @property
    def place(self) -> ScanPlace | None:
        """Where pages go now, None while a dossier is to be chosen."""
        return self._place

    @property
    def pages(self) -> tuple[WaitingPage, ...]:
        """The pages on the screen, in order."""
        return self._pages

    def _offer_devices(self) -> None:
        """Offer the scanners that were found."""
        devices = self._scanners.found
        self._view.show_sources([(d.name, d.label) for d in devices], self._scanners.chosen)

    def _usual_paper(self) -> str:
        """Return the paper that new pages most likely belong to: that of the last one."""
        if self._pages:
            return self._pages[-1].paper
        if self._place is None:
            return NO_PAPER
        usable = [s for s in self._place.papers if not (s.is_secret or s.is_presented)]
        return usable[0].key if usable else NO_PAPER

    def _arrived(self) -> None:
        self.refresh()
        self._care()

    # ---- care in the background ------------------------------------------------

    def _care(self) -> None:
        """Judge new pages and make their small pictures; the screen follows."""
        place = self._place
        if place is None:
            return

        def done(_: int) -> None:
            self._caring -= 1
            self.refresh()

        def failed(problem: AppError) -> None:
            self._caring -= 1
            self._view.notice.say_problem(problem)

        self._caring += 1
        self._jobs.run(
            Lane.PICTURES,
            lambda: page_care.care_for_all(self._desk, place.waiting_for, self._clean),
            owner=self, done=done, failed=failed,
        )  # fmt: skip

    def _fetch_pictures(self) -> None:
        for page in self._model.missing():
            look = look_of(page)
            if (page.page, look) in self._asked_for or (self._caring and not page.is_judged):
                continue  # its cleaned picture comes in a moment
            self._asked_for.add((page.page, look))
            self._jobs.run(
                Lane.PICTURES,
                partial(page_care.shown, self._desk, page.page, max(THUMB.toTuple()) * 2),
                owner=self,
                done=partial(self._model.take_picture, page.page, look),
                failed=lambda _: None,  # the page says so when it is opened
            )

    # ---- showing ---------------------------------------------------------------

    @Slot()
    def refresh(self) -> None:
        """Show the pages as they stand."""
        place = self._place
        if place is None:
            return

        def work() -> tuple[tuple[WaitingPage, ...], int]:
            pages = waiting_pages.waiting(self._desk, place.waiting_for)
            return pages, waiting_pages.count_dropped(self._desk, place.waiting_for)

        def done(found: tuple[tuple[WaitingPage, ...], int]) -> None:
            if place is self._place:
                self._show(*found)

        self._run(work, done)

    def _show(self, pages: Sequence[WaitingPage], dropped: int) -> None:
        row = max(0, self._view.thumbs.row)
        count_before = len(self._pages)
        self._pages, self._dropped = tuple(pages), dropped
        self._model.show([self._line(page) for page in pages])
        self._view.show_pages(is_empty=not pages)
        if pages:
            grown = len(pages) > count_before
            self._view.thumbs.go_to(len(pages) - 1 if grown and self.taker.is_scanning else row)
        self._show_papers()
        self._show_status()
        self._fetch_pictures()
        if not self._view.is_large:
            self._view.keep_focus()

    def _line(self, page: WaitingPage) -> PageLine:
        words = [mark.words for mark in page.marks]
        if page.note.words:
            words.append(page.note.words)
        return PageLine(page, self._paper_name(page.paper), ", ".join(words))

    def _paper_name(self, key: str) -> str:
        assert self._place is not None
        for i, slot in enumerate(self._place.papers, start=1):
            if slot.key == key:
                return f"[{i}] {slot.name}"
        return "chưa gán giấy tờ"

    def _show_papers(self) -> None:
        assert self._place is not None
        lines = []
        for slot in self._place.papers:
            mine = [page for page in self._pages if page.paper == slot.key]
            there = sum(Mark.BLANK not in page.marks for page in mine) + slot.attached
            counts = f" — {len(mine)} trang" if mine else ""
            if slot.attached:
                counts += f" (đã lưu {slot.attached})"
            lines.append((slot.name + counts, _trouble(slot, there)))
        self._view.show_papers(lines)

    @Slot()
    def _show_status(self) -> None:
        size = sum(page.size for page in self._pages)
        parts = [f"{len(self._pages)} trang", f"{size / 1024:,.0f} KB".replace(",", ".")]
        if self._dropped:
            parts.append(f"đã bỏ {self._dropped} trang (Ctrl+Z lấy lại)")
        marked = sum(bool(page.marks) for page in self._pages)
        if marked:
            parts.append(f"{marked} trang cần xem")
        page = self._front()
        if page is not None and page.marks:
            parts.append(f"Trang {page.position}: {page.marks[0].words}. {page.marks[0].advice}")
        self._view.status.setText("  ·  ".join(parts))

    def _front(self) -> WaitingPage | None:
        row = self._view.thumbs.row
        return self._pages[row] if 0 <= row < len(self._pages) else None

    # ---- keeping ---------------------------------------------------------------

    @Slot()
    def keep(self) -> None:
        """F9: attach the pages to the dossier, or go back to the reception they wait for."""
        place = self._place
        if place is None or self.taker.is_scanning:
            return
        if not place.is_dossier:
            self._ways.go("intake")
            return
        self._view.set_scanning(on=True)

        def work() -> tuple[str, ...]:
            page_care.care_for_all(self._desk, place.waiting_for, self._clean)
            return waiting_pages.faults(self._desk, place.waiting_for)

        self._jobs.run(
            Lane.PICTURES, work, owner=self,
            done=lambda faults: self._keep(place, faults), failed=self._not_kept,
        )  # fmt: skip

    def _keep(self, place: ScanPlace, faults: tuple[str, ...]) -> None:
        def attach() -> None:
            self._view.notice.clear()
            self._jobs.run(
                Lane.DATABASE,
                lambda: waiting_pages.keep(self._desk, self._clerk, place.waiting_for),
                owner=self,
                done=lambda attached: self._was_kept(place, len(attached)),
                failed=self._not_kept,
            )

        if not faults:
            attach()
            return
        self._view.set_scanning(on=False)
        self._ways.sounded.emit(False)
        self._view.notice.say(
            " ".join(faults),
            Choice("Sửa lại", self._view.notice.clear),
            Choice("Vẫn lưu", attach),
            tone="wait",
        )

    def _was_kept(self, place: ScanPlace, count: int) -> None:
        self._view.set_scanning(on=False)
        self._ways.sounded.emit(True)
        self.open_dossier(place.waiting_for)
        self._ways.changed.emit()
        words = f"Đã lưu {count} trang vào hồ sơ." if count else "Không có trang nào để lưu."
        self._run(lambda: None, lambda _: self._view.notice.say(words, tone="good"))

    def _not_kept(self, problem: AppError) -> None:
        self._view.set_scanning(on=False)
        self._ways.sounded.emit(False)
        self.refresh()
        self._view.notice.say_problem(problem)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(
            Lane.DATABASE, work, owner=self, done=done, failed=self._view.notice.say_problem
        )


def _trouble(slot: PaperSlot, pages: int) -> str:
    if slot.is_secret:
        return "giấy tờ mật: không quét"
    if slot.is_presented:
        return "chỉ xuất trình: không cần quét" if pages else ""
    return page_count_words(pages, slot.sheets)
