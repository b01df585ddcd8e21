"""Shows queues by due date, and begins what is done with the row or the rows marked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, Slot

from app.domain.calendar import until_words
from app.domain.roles import may
from app.errors import AppError
from app.services import handing_over, lookup, preferences, processing
from app.services.processing import Queue, StageLine, Work, WorkPage
from app.ui.course.desk import ACTS
from app.ui.jobs import Lane
from app.ui.processing.view import ProcessingView
from app.ui.seat import OfDossier, Seat

_QUEUES = (Queue.MINE, Queue.UNIT, Queue.TO_SIGN, Queue.WAITING, Queue.ALL)
_MAIN = {Queue.MINE: "Trình ký", Queue.UNIT: "Nhận xử lý", Queue.TO_SIGN: "Ký",
         Queue.WAITING: "Nhận bổ sung", Queue.ALL: "Nhận xử lý"}  # fmt: skip
_PROPOSAL = {"": "", "made": "chờ ký", "signed": "đã ký ✓", "declined": "trả lại ↩"}
_EMPTY = {
    Queue.MINE: "Không có hồ sơ nào đang giữ. Bấm 2 để xem hồ sơ chờ nhận.",
    Queue.UNIT: "Không có hồ sơ nào chờ nhận ở đây. Quét phiếu bàn giao khi giấy tới.",
    Queue.TO_SIGN: "Không có dự thảo nào chờ ký.",
    Queue.WAITING: "Không có hồ sơ nào chờ người dân bổ sung.",
    Queue.ALL: "Không có hồ sơ nào đang giải quyết.",
}
_SOON = dt.timedelta(days=1)


class ProcessingPresenter(QObject):
    """The processing screen."""

    def __init__(self, view: ProcessingView, seat: Seat) -> None:
        super().__init__(view)
        self._view, self._desk, self._clerk, self._jobs = view, seat.desk, seat.clerk, seat.jobs
        self._ways, self._course = seat.ways, seat.course
        self._queue = Queue.TO_SIGN if may(seat.clerk.roles, "sign") else Queue.MINE
        self._unit = preferences.read(seat.desk, seat.clerk).unit
        self._lines: list[Work] = []
        self._next: tuple[dt.datetime, int] | None = None
        self._marked: set[UUID] = set()
        self._is_fetching = False
        self._letters: dict[str, Callable[[], None]] = {
            "T": self.take, "C": self.pass_on, "P": self.propose, "K": self.sign,
            "D": self.decline, "G": self.complete_stage,
            "X": lambda: self.do("extend"), "R": lambda: self.do("record"),
        }  # fmt: skip
        view.queue_chosen.connect(self.choose)
        view.unit_chosen.connect(self._choose_unit)
        view.looked_at.connect(self._look)
        view.end_reached.connect(self._more)
        view.marked.connect(self._mark)
        view.opened.connect(self._open)
        view.letter.connect(self._press)
        view.act_chosen.connect(self.do)
        self._course.settled.connect(self._changed)

    # ---- the queue -------------------------------------------------------------------

    @Slot(int)
    def choose(self, number: int) -> None:
        """Turn to a queue."""
        self._queue = _QUEUES[number]
        self._marked.clear()
        self._view.notice.clear()
        self.refresh()

    @Slot(str)
    def _choose_unit(self, unit: str) -> None:
        self._unit = unit
        self._run(lambda: preferences.change(self._desk, self._clerk, unit=unit), lambda _: None)
        self.choose(_QUEUES.index(Queue.UNIT))
        self._view.table.setFocus()

    def next_unit(self) -> None:
        """Ctrl+D: the next office of the agency."""
        units = [name for name, _ in self._units()]
        at = units.index(self._unit) if self._unit in units else 0
        self._choose_unit(units[(at + 1) % len(units)])

    def _units(self) -> list[tuple[str, str]]:
        names = self._desk.agency().units
        return [("", "(chưa giao phòng nào)"), *((name, name) for name in names)]

    def refresh(self) -> None:
        """List again from the beginning, beside the GUI thread."""
        queue, unit = self._queue, self._unit
        try:
            self._view.show_units(self._units(), unit)
        except AppError as problem:  # no catalogue yet
            self._view.notice.say_problem(problem)

        def work() -> tuple[WorkPage, list[str]]:
            page = processing.queue(self._desk, self._clerk, queue, unit=unit)
            return page, [
                processing.how_many(self._desk, self._clerk, one, unit=unit) for one in _QUEUES
            ]

        def show(found: tuple[WorkPage, list[str]]) -> None:
            page, counts = found
            here = self.current
            self._lines, self._next = list(page.lines), page.next_after
            self._marked &= {line.id for line in self._lines}
            self._view.show_queue(_QUEUES.index(queue), counts)
            self._view.table.say_when_empty(_EMPTY[queue])
            self._view.show_act(_MAIN[queue])
            self._show()
            if here is not None:
                self._stay_at(here.id)
            if self._view.isVisible() and not self._view.notice.is_asking:
                self._view.table.setFocus()

        self._run(work, show)

    def _stay_at(self, dossier: UUID) -> None:
        """Keep the cursor on its dossier, wherever the new list has it."""
        for row, line in enumerate(self._lines):
            if line.id == dossier:
                self._view.table.selectRow(row)

    @Slot()
    def _more(self) -> None:
        """Fetch the next page once the cursor stands on the last row."""
        if self._next is None or self._is_fetching:
            return
        self._is_fetching = True
        queue, unit, after = self._queue, self._unit, self._next

        def show(page: WorkPage) -> None:
            self._is_fetching = False
            if queue is self._queue and after == self._next:
                self._lines += page.lines
                self._next = page.next_after
                self._show()

        self._run(
            lambda: processing.queue(self._desk, self._clerk, queue, unit=unit, after=after), show
        )

    def _show(self) -> None:
        now = self._desk.now()
        names = {p.code: p.short for p in self._desk.catalogue().procedures}
        rows, tones = [], []
        for line in self._lines:
            rows.append((
                "☑" if line.id in self._marked else "☐",
                line.code,
                names.get(line.procedure, line.procedure) + (f" · {line.stage}" if line.stage
                                                             else ""),
                line.owner,
                "tạm dừng, chờ bổ sung" if line.paused else until_words(line.due_at, now),
                line.holder or line.unit or line.with_agency or "một cửa",
                _PROPOSAL.get(line.proposal, line.proposal),
            ))  # fmt: skip
            tones.append(_tone(line, now))
        self._view.show_rows(rows, tones)

    @Slot(int)
    def _look(self, row: int) -> None:
        """Say whose turn it is; stages are read beside the GUI thread."""
        if not 0 <= row < len(self._lines):
            return
        line = self._lines[row]
        procedure = next(
            (p.name for p in self._desk.catalogue().procedures if p.code == line.procedure),
            line.procedure,
        )
        words = (
            f"{procedure} · nhận {line.received_at:%H:%M %d/%m/%Y} · "
            f"hẹn trả {line.due_at:%H:%M %d/%m/%Y} · {line.state.words}"
            + (" · đã lùi ngày hẹn" if line.extended else "")
        )
        self._view.show_about(f"{line.code} — {line.owner}", words)

        def show(stages: tuple[StageLine, ...]) -> None:
            if stages and self._view.table.currentRow() == row:
                told = "   ".join(
                    f"{'▶' if s.is_current else '✓' if s.is_done else '○'} {s.name} ({s.agency}"
                    + (f", hẹn {s.due_at:%d/%m}" if s.due_at else "") + f"): {s.words}"
                    for s in stages
                )  # fmt: skip
                self._view.show_about(f"{line.code} — {line.owner}", f"{words}\n{told}")

        self._run(lambda: processing.stages(self._desk, line.id), show)

    # ---- rows ------------------------------------------------------------------------

    @property
    def current(self) -> Work | None:
        """The row under the cursor."""
        row = self._view.table.currentRow()
        return self._lines[row] if 0 <= row < len(self._lines) else None

    @Slot(int)
    def _mark(self, row: int) -> None:
        if 0 <= row < len(self._lines):
            self._marked ^= {self._lines[row].id}
            self._show()
            self._view.table.selectRow(min(row + 1, len(self._lines) - 1))

    def _chosen(self) -> list[Work]:
        """Return the rows that were marked, or else the one under the cursor."""
        marked = [line for line in self._lines if line.id in self._marked]
        if not marked and self.current is not None:
            return [self.current]
        return marked

    @Slot(int)
    def _open(self, row: int) -> None:
        if 0 <= row < len(self._lines):
            self._ways.go("dossiers", OfDossier(self._lines[row].id))

    def find(self, dossier: UUID) -> None:
        """Put the cursor on a dossier; where it is not in the queue, open it."""
        for row, line in enumerate(self._lines):
            if line.id == dossier:
                self._view.table.selectRow(row)
                return
        self._ways.go("dossiers", OfDossier(dossier))

    def find_code(self, code: str) -> None:
        """A receipt or cover sheet was scanned."""
        self._run(lambda: lookup.by_code(self._desk, code), self.find)

    # ---- acts ------------------------------------------------------------------------

    @Slot(str)
    def _press(self, letter: str) -> None:
        self._letters[letter]()

    def main(self) -> None:
        """F9: what this queue is for."""
        act = {
            Queue.MINE: self.propose, Queue.UNIT: self.take, Queue.TO_SIGN: self.sign,
            Queue.WAITING: lambda: self.do("supplement_came"), Queue.ALL: self.take,
        }[self._queue]  # fmt: skip
        act()

    def offer_acts(self) -> None:
        """F7: the other acts."""
        if self.current is not None:
            self._view.offer_acts(ACTS)

    @Slot(str)
    def do(self, verb: str) -> None:
        """Begin an act with the row under the cursor."""
        if self.current is not None:
            self._course.do(verb, self.current.id, self._view.notice)

    def take(self) -> None:
        """T: take what is marked up."""
        chosen = [line.id for line in self._chosen()]
        if chosen:
            self._course.take(chosen, self._unit, self._view.notice)

    def pass_on(self) -> None:
        """C: to another unit or agency."""
        chosen = [line.id for line in self._chosen()]
        if chosen:
            self._course.pass_on(chosen)

    def propose(self) -> None:
        """P: lay an answer before the leader."""
        if self.current is not None:
            self._course.propose(self.current.id, self._view.notice)

    def sign(self) -> None:
        """K: sign what is marked."""
        chosen = [line.id for line in self._chosen()]
        if chosen:
            self._course.sign(chosen, self._view.notice)

    def decline(self) -> None:
        """D: send the draft back."""
        if self.current is not None:
            self._course.decline(self.current.id, self._view.notice)

    def complete_stage(self) -> None:
        """G: the present stage of a linked group is done."""
        if self.current is not None:
            self._course.complete_stage(self.current.id, self._view.notice)

    def confirm_slip(self, number: str) -> None:
        """A slip was scanned: what it lists is here."""

        def done(count: int) -> None:
            self._ways.changed.emit()
            self._ways.sounded.emit(True)
            said = f"Đã nhận {count} hồ sơ theo phiếu {number}." if count else (
                f"Hồ sơ của phiếu {number} đã được nhận từ trước."
            )  # fmt: skip
            self._queue = Queue.MINE
            self.refresh()
            self._view.notice.say(said, tone="good")

        self._run(lambda: handing_over.confirm(self._desk, self._clerk, number), done)

    def _changed(self, dossier: UUID) -> None:
        if dossier in self._marked:  # what was marked was done together
            self._marked.clear()
        if self._view.isVisible():
            self.refresh()

    def step_back(self) -> bool:
        """Esc: a question, or the marks."""
        if self._view.notice.give_up():
            return True
        had_marks = bool(self._marked)
        if had_marks:
            self._marked.clear()
            self._show()
        return had_marks

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=self._failed)

    def _failed(self, problem: AppError) -> None:
        self._is_fetching = False
        self._ways.sounded.emit(False)
        self._view.notice.say_problem(problem)


def _tone(line: Work, now: dt.datetime) -> str:
    if line.paused:
        return "plain"
    if line.due_at < now:
        return "bad"
    return "wait" if line.due_at - now < _SOON else "plain"
