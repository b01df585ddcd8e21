"""What keys do to the page in front, and how it is undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.domain.pages import WHOLE, Crop, Note
from app.services import page_care, waiting_pages
from app.services.desk import Desk
from app.services.scan_places import ScanPlace
from app.services.waiting_pages import PageState, WaitingPage
from app.ui.jobs import JobRunner, Lane
from app.ui.scan.view import ScanView

_LARGE = 1600
_NOTES = {Note.NONE: Note.WITH, Note.WITH: Note.WITHOUT, Note.WITHOUT: Note.NONE}


class PageActs(QObject):
    """Turns single keys into changes of the page in front.

    Args:
        view: of the scan screen.
        desk: of this station.
        jobs: for background work.
        front: answers the page in front.
        place: answers where pages go.
        changed: called when the pages stand otherwise than before.
    """

    def __init__(
        self,
        view: ScanView,
        desk: Desk,
        jobs: JobRunner,
        *,
        front: Callable[[], WaitingPage | None],
        place: Callable[[], ScanPlace | None],
        changed: Callable[[], None],
    ) -> None:
        super().__init__(view)
        self._view, self._desk, self._jobs = view, desk, jobs
        self._front, self._place, self._changed = front, place, changed
        self._undo: list[tuple[PageState, ...]] = []

    def forget(self) -> None:
        """Begin anew: nothing can be undone."""
        self._undo = []

    @Slot(int)
    def give_paper(self, number: int) -> None:
        """1…9: the page belongs to that paper; the next page comes to the front."""
        page, place = self._front(), self._place()
        if page is None or place is None or not 1 <= number <= len(place.papers):
            return
        key, row = place.papers[number - 1].key, self._view.thumbs.row
        self._change(
            lambda: waiting_pages.assign(self._desk, [page.page], key),
            lambda: self._view.thumbs.go_to(row + 1),
        )

    @Slot(int)
    def move(self, by: int) -> None:
        """Ctrl+↑, Ctrl+↓: change places with a neighbour."""
        page, row = self._front(), self._view.thumbs.row
        if page is not None:
            self._change(
                lambda: waiting_pages.move(self._desk, page.page, by),
                lambda: self._view.thumbs.go_to(row + by),
            )

    @Slot()
    def turn(self) -> None:
        """R: turn the page by 90 degrees clockwise."""
        page = self._front()
        if page is not None:
            self._change(lambda: waiting_pages.turn(self._desk, page.page))

    @Slot()
    def drop(self) -> None:
        """Del: throw the page away; Ctrl+Z brings it back."""
        page = self._front()
        if page is not None:
            self._change(lambda: waiting_pages.drop(self._desk, page.page))

    @Slot()
    def clean(self) -> None:
        """K: make letters clear, or show the page as it came."""
        page = self._front()
        if page is not None:
            self._change(lambda: waiting_pages.clean(self._desk, page.page, not page.is_clean))

    @Slot()
    def note(self) -> None:
        """G: something is stuck on the sheet; was taken off; nothing is."""
        page = self._front()
        if page is not None:
            after = _NOTES[page.note]
            self._change(lambda: waiting_pages.note(self._desk, page.page, after))

    @Slot(object)
    def cut(self, part: Crop) -> None:
        """Keep a part of the page in front."""
        page = self._front()
        if page is not None:
            self._change(lambda: waiting_pages.cut(self._desk, page.page, part))

    @Slot()
    def begin_cut(self) -> None:
        """C: choose a part by the arrow keys; a page that is cut already is whole again."""
        page = self._front()
        if page is None:
            return
        if not page.crop.is_whole:
            self._change(lambda: waiting_pages.cut(self._desk, page.page, WHOLE))
            return
        self.look_at()
        self._view.large.begin_cut()
        self._view.notice.say(
            "Mũi tên đẩy mép vào, Shift+mũi tên đẩy ra; Enter cắt, Esc thôi.", tone="work"
        )

    @Slot()
    def look_at(self) -> None:
        """Enter: show the page in front large."""
        page = self._front()
        if page is None:
            return
        self._view.large.show_page(b"")
        self._view.show_large(on=True)
        self._jobs.run(
            Lane.PICTURES,
            lambda: page_care.shown(self._desk, page.page, _LARGE),
            owner=self,
            done=self._view.large.show_page,
            failed=self._view.notice.say_problem,
        )

    @Slot(int)
    def step(self, by: int) -> None:
        """Show the page before (-1) or after (+1) large."""
        self._view.thumbs.go_to(self._view.thumbs.row + by)
        self.look_at()

    def undo(self) -> None:
        """Ctrl+Z: take back the last thing that was done to the pages."""
        if not self._undo:
            self._view.notice.say("Không còn gì để hoàn tác.", tone="wait")
            return
        former = self._undo.pop()
        self._run(lambda: waiting_pages.restore(self._desk, former), lambda _: self._changed())

    def remember(self) -> None:
        """Note how all pages stand, for Ctrl+Z; in order with what changes them."""
        place = self._place()
        if place is not None:
            self._run(
                lambda: waiting_pages.states(self._desk, place.waiting_for), self._undo.append
            )

    def _change(self, act: Callable[[], None], after: Callable[[], None] | None = None) -> None:
        place = self._place()
        if place is None:
            return

        def work() -> tuple[PageState, ...]:
            before = waiting_pages.states(self._desk, place.waiting_for)
            act()
            return before

        def done(before: tuple[PageState, ...]) -> None:
            self._undo.append(before)
            if after is not None:
                after()
            self._changed()

        self._run(work, done)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(
            Lane.DATABASE, work, owner=self, done=done, failed=self._view.notice.say_problem
        )
