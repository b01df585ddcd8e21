"""Takes a pile in, shows what its codes say of it, and keeps it when the clerk says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar
from uuid import UUID

from PySide6.QtCore import QObject, Slot

from app.domain.routing import RECEIPT_PAPER, UNSORTED_PAPER, Decision, Fate
from app.errors import AppError
from app.scanning.driver import ScannedPage, ScanProfile, Source
from app.scanning.files import read_files
from app.services import lookup, pile_proposals, piles
from app.services.pile_proposals import Group, Proposal, ProposedPage
from app.services.piles import Former, Kept
from app.ui.jobs import Lane
from app.ui.piles.view import THUMB_HEIGHT_PX, PilesView
from app.ui.piles.words import group_line, page_thumb, row_of, state_of, words_of
from app.ui.seat import Seat
from app.ui.widgets.strip import Choice
from printing.raster import Raster

T = TypeVar("T")
_LARGE_HEIGHT_PX = 1400
_MOST_PICTURES = 400  # of 60 KB
_REFRESH_EVERY = 5  # pages read


class PilesPresenter(QObject):
    """The screen of piles."""

    def __init__(self, view: PilesView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._scanners, self._choose_files, self._ways = (
            seat.scanners, seat.choose_files, seat.ways
        )  # fmt: skip
        self._pile: UUID | None = None
        self._proposal: Proposal | None = None
        self._shown: Group | None = None
        self._undo: list[tuple[Former, ...]] = []
        self._pictures: dict[tuple[UUID, int], Raster] = {}
        self._asked: set[tuple[UUID, int]] = set()
        self._read_count = 0
        self._cancel = threading.Event()
        self._is_scanning = self._is_reading = self._is_keeping = False
        view.scan_asked.connect(self.scan)
        view.files_asked.connect(self.scan_files)
        view.keep_asked.connect(self.keep)
        view.group_shown.connect(self._show_group)
        view.page_shown.connect(self._show_words)
        view.moved.connect(self.move)
        view.split.connect(self.split)
        view.joined.connect(self.join)
        view.turned.connect(self.turn)
        view.dropped.connect(self.drop)
        view.enlarged.connect(self.enlarge)
        view.sent_to.connect(self.send_to)
        self._show_empty()

    # ---- taking in -----------------------------------------------------------------

    def open(self) -> None:
        """Show the newest pile that has not ended, and go on reading it."""
        if self._pile is not None:
            self.refresh()
            return

        def found(open_piles: tuple[piles.PileSummary, ...]) -> None:
            if open_piles and self._pile is None:
                self._pile = open_piles[0].id
                self.refresh()
                self._read_on()

        self._run(lambda: piles.open_piles(self._desk), found)

    @Slot()
    def scan(self) -> None:
        """F6: scan the feeder empty into the pile."""
        device = self._scanners.chosen
        if not device:
            self._view.notice.say(
                "Chưa thấy máy quét nào. Kiểm tra dây và nút nguồn; hoặc Ctrl+O lấy ảnh từ tệp.",
                tone="bad",
            )
            return
        both_sides = self._view.both_sides.isChecked()
        profile = ScanProfile(source=Source.FEEDER_DUPLEX if both_sides else Source.FEEDER)
        self._take(
            lambda cancel: self._scanners.drivers.scan(
                device, profile, progress=lambda *_: None, cancel=cancel
            ),
            device,
        )

    @Slot()
    def scan_files(self) -> None:
        """Ctrl+O: take pages from files."""
        if files := self._choose_files():
            self._take(
                lambda cancel: read_files(files, progress=lambda *_: None, cancel=cancel), "file"
            )

    def _take(self, pages: Callable[[threading.Event], Iterator[ScannedPage]], device: str) -> None:
        """Keep pages as they come, each durable and read before the next is asked for."""
        if self._is_scanning or self._is_keeping:
            return
        self._is_scanning = self._scanners.is_busy = True
        cancel = self._cancel = threading.Event()
        given, both_sides = self._pile, self._view.both_sides.isChecked()

        def work() -> tuple[UUID, AppError | None]:
            pile = given or piles.begin(self._desk, self._clerk, device)
            try:
                for count, scanned in enumerate(pages(cancel), start=1):
                    side = ("back", "front")[count % 2] if both_sides else ""
                    piles.add_page(
                        self._desk, pile, scanned.image, device=scanned.device, side=side
                    )
                    piles.read_next(self._desk, pile)
                    self._jobs.progress(self, partial(self._say_progress, count))
            except AppError as problem:  # what came before is kept
                return pile, problem
            return pile, None

        self._jobs.run(Lane.SCANNER, work, owner=self, done=self._taken, failed=self._failed)

    def _say_progress(self, count: int) -> None:
        self._view.notice.say(f"Đã quét và đọc mã {count} trang…   (Esc để dừng)")

    def _taken(self, outcome: tuple[UUID, AppError | None]) -> None:
        self._is_scanning = self._scanners.is_busy = False
        self._pile, problem = outcome
        self._view.notice.clear()
        if problem is not None:
            self._view.notice.say_problem(problem)
        self.refresh()
        self._read_on()

    def _failed(self, problem: AppError) -> None:
        self._is_scanning = self._scanners.is_busy = False
        self._view.notice.say_problem(problem)
        self.open()

    def stop(self) -> bool:
        """Esc: stop scanning, keep what came; True if there was something to stop."""
        self._cancel.set()
        return self._is_scanning

    def _read_on(self) -> None:
        """Read the pages that were not read yet, one job each, so that pictures come between."""
        pile = self._pile
        if pile is None or self._is_reading:
            return
        self._is_reading = True

        def done(is_more: bool) -> None:
            self._is_reading = False
            self._read_count += 1
            if is_more and self._pile == pile:
                self._read_on()
            if not is_more or self._read_count % _REFRESH_EVERY == 0:
                self.refresh()

        self._jobs.run(
            Lane.SCANNER,
            lambda: piles.read_next(self._desk, pile),
            owner=self,
            done=done,
            failed=self._view.notice.say_problem,
        )

    # ---- showing -------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the pile as it stands now."""
        pile = self._pile
        if pile is not None:
            self._run(lambda: pile_proposals.propose(self._desk, pile), self._show)

    def _show_empty(self) -> None:
        self._proposal = self._shown = None
        self._undo.clear()
        self._view.state.setText(
            "Đặt cả chồng vào khay nạp, mỗi hồ sơ sau giấy hẹn hoặc tờ bìa của nó, rồi bấm F6. "
            "Mã vạch tự chia trang; chưa trang nào vào hồ sơ trước khi bấm F9."
        )
        self._view.show_groups([], -1)
        self._view.show_pages([], None)

    def _show(self, proposal: Proposal) -> None:
        former, page = self._shown, self._view.current_page
        self._proposal = proposal
        self._view.state.setText(state_of(proposal))
        row = row_of(proposal.groups, former, page)
        self._view.show_groups([group_line(i, g) for i, g in enumerate(proposal.groups, 1)], row)
        self._show_group(row)

    @Slot(int)
    def _show_group(self, row: int) -> None:
        groups = self._proposal.groups if self._proposal is not None else ()
        if not 0 <= row < len(groups):
            self._view.show_pages([], None)
            return
        group, former = groups[row], self._shown
        self._shown = group
        is_same = former is not None and former.dossier == group.dossier
        self._view.show_pages(
            [page_thumb(page) for page in group.pages], self._view.current_page,
            keeps_place=is_same and former is not None and former.fate is group.fate,
        )  # fmt: skip
        for page in group.pages:
            key = (page.id, page.turned)
            if key in self._pictures:
                self._view.show_picture(page.id, self._pictures[key])
            elif key not in self._asked:
                self._asked.add(key)
                self._fetch_picture(*key)

    def _fetch_picture(self, page: UUID, turned: int) -> None:
        def work() -> Raster | None:
            if self._shown is None or all(page != one.id for one in self._shown.pages):
                return None  # the clerk has gone on
            return piles.picture(self._desk, page, height_px=THUMB_HEIGHT_PX)

        def done(picture: Raster | None) -> None:
            self._asked.discard((page, turned))
            if picture is None:
                return
            if len(self._pictures) >= _MOST_PICTURES:
                self._pictures.clear()
            self._pictures[(page, turned)] = picture
            self._view.show_picture(page, picture)

        self._jobs.run(Lane.SCANNER, work, owner=self, done=done, failed=lambda _: None)

    @Slot(object)
    def _show_words(self, page: UUID | None) -> None:
        found = self._page(page)
        self._view.words.setText("" if found is None else words_of(found))

    def _page(self, page: UUID | None) -> ProposedPage | None:
        pages = self._proposal.pages if self._proposal is not None else ()
        return next((one for one in pages if one.id == page), None)

    @Slot()
    def enlarge(self) -> None:
        """Enter: look at the page large."""
        page = self._page(self._view.current_page)
        if page is None:
            return
        self._jobs.run(
            Lane.SCANNER,
            lambda: piles.picture(self._desk, page.id, height_px=_LARGE_HEIGHT_PX),
            owner=self,
            done=lambda picture: self._ways.show_paper(f"Trang {page.number}", [picture]),
            failed=self._view.notice.say_problem,
        )

    # ---- changing --------------------------------------------------------------------

    @Slot(int)
    def move(self, number: int) -> None:
        """A digit: move the marked pages to that group; 0 lets them wait."""
        if number == 0:
            self._decide(Decision(Fate.WAIT))
            return
        groups = self._proposal.groups if self._proposal is not None else ()
        if number > len(groups) or groups[number - 1].dossier is None:
            self._view.notice.say(f"Không có hồ sơ số {number} trong chồng này.", tone="wait")
            return
        self._decide(Decision(Fate.KEEP, groups[number - 1].dossier, UNSORTED_PAPER))

    @Slot(str)
    def send_to(self, code: str) -> None:
        """Move the marked pages to the dossier of a typed or scanned code."""
        marked = self._view.marked_pages

        def found(dossier: UUID) -> None:
            self._view.target.clear()
            self._view.pages.setFocus()
            self._decide(Decision(Fate.KEEP, dossier, UNSORTED_PAPER), marked)

        self._run(lambda: lookup.by_code(self._desk, code), found)

    @Slot()
    def split(self) -> None:
        """S: from this page on, something else begins that waits for its dossier."""
        self._decide(Decision(Fate.WAIT, begins=True), self._view.marked_pages[:1])

    @Slot()
    def join(self) -> None:
        """J: this page and what follows belong to the dossier before it."""
        page = self._page(self._view.current_page)
        if page is None or self._proposal is None:
            return
        before = [
            p.placed.dossier
            for p in self._proposal.pages[: page.number - 1]
            if p.placed.dossier is not None and p.placed.dossier != page.placed.dossier
        ]
        if not before:
            self._view.notice.say("Trước trang này không có hồ sơ nào.", tone="wait")
            return
        self._decide(Decision(Fate.KEEP, before[-1], UNSORTED_PAPER, begins=True), [page.id])

    @Slot()
    def drop(self) -> None:
        """Del: leave the marked pages out, or have them back."""
        page = self._page(self._view.current_page)
        if page is None:
            return
        if page.placed.fate is not Fate.DROP:
            self._decide(Decision(Fate.DROP))
            return
        dossier = page.placed.dossier
        fate = Fate.WAIT if dossier is None else Fate.KEEP
        self._decide(Decision(fate, dossier, UNSORTED_PAPER if dossier else ""))

    @Slot()
    def turn(self) -> None:
        """R: turn the marked pages a quarter clockwise."""
        marked = self._view.marked_pages
        if marked:
            self._change(lambda: piles.turn(self._desk, marked, 90))

    @Slot()
    def undo(self) -> None:
        """Ctrl+Z: take the last change back."""
        if self._undo:
            former = self._undo.pop()

            def work() -> None:
                piles.put_back(self._desk, former)

            self._run(work, lambda _: self.refresh())

    def _decide(self, decision: Decision, pages: list[UUID] | None = None) -> None:
        marked = self._view.marked_pages if pages is None else pages
        if not marked or self._is_keeping:
            return
        first = self._page(marked[0])
        if first is not None and first.placed.is_separator and decision.dossier is not None:
            # what lies behind a separator goes where the separator goes
            paper = RECEIPT_PAPER if len(marked) == 1 else decision.paper
            decision = Decision(decision.fate, decision.dossier, paper, begins=True)
        self._change(lambda: piles.decide(self._desk, marked, decision))

    def _change(self, change: Callable[[], tuple[Former, ...]]) -> None:
        def done(former: tuple[Former, ...]) -> None:
            self._undo.append(former)
            self.refresh()

        self._view.notice.clear()
        self._run(change, done)

    # ---- the end -----------------------------------------------------------------------

    @Slot()
    def keep(self) -> None:
        """F9: attach what is shown to its dossiers; a second press meanwhile does nothing."""
        proposal = self._proposal
        if proposal is None or self._is_keeping:
            return
        if self._is_scanning:
            self._view.notice.say("Máy quét đang chạy: đợi xong, hoặc bấm Esc.", tone="wait")
            return
        self._is_keeping = True

        def failed(problem: AppError) -> None:
            self._is_keeping = False
            self._view.notice.say_problem(problem)
            self.refresh()

        self._jobs.run(
            Lane.DATABASE,
            lambda: piles.keep(self._desk, self._clerk, proposal.pile, seen=proposal.mark),
            owner=self,
            done=self._show_kept,
            failed=failed,
        )

    def _show_kept(self, kept: Kept) -> None:
        self._is_keeping = False
        self._undo.clear()
        count = sum(kept.pages.values())
        words = f"Đã lưu {count} trang vào {len(kept.pages)} hồ sơ."
        if kept.problems:
            words += " Chưa lưu được: " + " ".join(kept.problems)
        elif not kept.has_ended:
            words += " Các trang chờ xếp còn nguyên trong chồng."
        self._view.notice.say(words, tone="bad" if kept.problems else "good")
        if kept.pages:
            self._ways.changed.emit()
        if kept.has_ended:
            self._pile = None
            self._show_empty()
        else:
            self._shown = None
            self.refresh()

    @Slot()
    def ask_discard(self) -> None:
        """Ctrl+Del: offer to throw the whole pile away."""
        if self._proposal is not None:
            self._view.notice.say(
                f"Bỏ cả chồng {len(self._proposal.pages)} trang? Không lấy lại được.",
                Choice("Bỏ cả chồng", self._discard),
                Choice("Giữ lại", self._view.notice.clear),
                tone="bad",
            )

    def _discard(self) -> None:
        pile, self._pile = self._pile, None
        self._view.notice.clear()
        self._show_empty()
        if pile is not None:
            self._run(lambda: piles.discard(self._desk, pile), lambda _: None)

    def _run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._jobs.run(
            Lane.DATABASE, work, owner=self, done=done, failed=self._view.notice.say_problem
        )
