"""The papers of a dossier: ticked, counted and typed by keys alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.domain.papers import GivenPaper, Paper, TakenBecause

_KINDS = (("original", "Chính"), ("certified", "Chứng thực"), ("photocopy", "Photo"))
_KEYS = {Qt.Key.Key_C: "original", Qt.Key.Key_S: "certified", Qt.Key.Key_P: "photocopy"}
_HEADINGS = ("", "Giấy tờ", "Bản", "SL", "Quét")
_NUMBERED = 9


class PapersTable(QTableWidget):
    """Rows of papers.

    Number keys tick, C S P choose the kind of copy, + and - the count.

    Signals:
        changed: something was ticked or counted.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_HEADINGS), parent)
        self.setAccessibleName("Giấy tờ của hồ sơ")
        self.setHorizontalHeaderLabels(_HEADINGS)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(28)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setWordWrap(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        header = self.horizontalHeader()
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for column, width in ((0, 44), (2, 92), (3, 36), (4, 56)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, width)
        self._papers: tuple[Paper, ...] = ()
        self._given: dict[str, GivenPaper] = {}
        self._pages: dict[str, int] = {}
        self.offline = False
        self.itemClicked.connect(self._clicked)

    def set_papers(self, papers: Sequence[Paper]) -> None:
        """Show the papers of a procedure, none ticked."""
        self._papers, self._given = tuple(papers), {}
        self.setRowCount(len(papers))
        for row in range(len(papers)):
            for column in range(len(_HEADINGS)):
                self.setItem(row, column, QTableWidgetItem())
            self._draw(row)
        if papers:
            self.selectRow(0)

    def given(self) -> tuple[GivenPaper, ...]:
        """Return the ticked papers, in order."""
        return tuple(self._given[p.key] for p in self._papers if p.key in self._given)

    def restore(self, given: Sequence[GivenPaper]) -> None:
        """Tick as in a draft."""
        known = {paper.key for paper in self._papers}
        self._given = {paper.key: paper for paper in given if paper.key in known}
        self._draw_all()

    def tick_required(self) -> None:
        """Tick everything that is required."""
        for paper in self._papers:
            if paper.required and paper.key not in self._given:
                self._given[paper.key] = self._as_asked(paper)
        self._draw_all()
        self.changed.emit()

    def current_paper(self) -> str:
        """Return the key of the paper that scanned pages belong to now."""
        row = self.currentRow()
        if 0 <= row < len(self._papers):
            return self._papers[row].key
        return self._papers[0].key if self._papers else "khac"

    def set_page_counts(self, pages: dict[str, int]) -> None:
        """Show how many pages each paper has."""
        self._pages = pages
        self._draw_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on the single keys of a list."""
        key, row = event.key(), self.currentRow()
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            self._toggle(key - Qt.Key.Key_1)
        elif key == Qt.Key.Key_Space:
            self._toggle(row)
        elif key in _KEYS:
            self._set_kind(row, _KEYS[Qt.Key(key)])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._count(row, 1)
        elif key == Qt.Key.Key_Minus:
            self._count(row, -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.focusNextChild()
        else:
            super().keyPressEvent(event)

    def _clicked(self, item: QTableWidgetItem) -> None:
        if item.column() == 0:
            self._toggle(item.row())

    def _as_asked(self, paper: Paper) -> GivenPaper:
        counts = (paper.original, paper.certified, paper.photocopy)
        original, certified, photocopy = counts if any(counts) else (1, 0, 0)
        because = TakenBecause.OFFLINE if self.offline else TakenBecause.OUTAGE
        return GivenPaper(
            key=paper.key,
            original=original,
            certified=certified,
            photocopy=photocopy,
            taken_because=because if paper.replaced_by and not paper.presented_only else None,
        )

    def _toggle(self, row: int) -> None:
        if not 0 <= row < len(self._papers):
            return
        paper = self._papers[row]
        if paper.key in self._given:
            del self._given[paper.key]
        else:
            self._given[paper.key] = self._as_asked(paper)
        self.selectRow(row)
        self._changed(row)

    def _set_kind(self, row: int, kind: str) -> None:
        if not 0 <= row < len(self._papers):
            return
        paper = self._papers[row]
        given = self._given.get(paper.key) or self._as_asked(paper)
        none = replace(given, original=0, certified=0, photocopy=0)
        self._given[paper.key] = _with_count(none, kind, max(1, given.count))
        self._changed(row)

    def _count(self, row: int, step: int) -> None:
        given = self._given.get(self._papers[row].key) if 0 <= row < len(self._papers) else None
        if given is None:
            return
        kind = next(name for name, _ in _KINDS if getattr(given, name))
        count = min(99, max(1, getattr(given, kind) + step))
        self._given[given.key] = _with_count(given, kind, count)
        self._changed(row)

    def _changed(self, row: int) -> None:
        self._draw(row)
        self.changed.emit()

    def _draw_all(self) -> None:
        for row in range(len(self._papers)):
            self._draw(row)

    def _draw(self, row: int) -> None:
        paper = self._papers[row]
        given = self._given.get(paper.key)
        tick = "☑" if given else "☐"
        number = str(row + 1) if row < _NUMBERED else ""
        kinds = [words for name, words in _KINDS if given and getattr(given, name)]
        pages = self._pages.get(paper.key, 0)
        cells = (
            f"{tick} {number}",
            paper.name + (" *" if paper.required else ""),
            "+".join(kinds) if given else ("Thiếu" if paper.required else "—"),
            str(given.count) if given else "",
            f"{pages} tr" if pages else "",
        )
        for column, words in enumerate(cells):
            item = self.item(row, column)
            if item is not None:
                item.setText(words)
                item.setToolTip(words if column == 1 else "")


def _with_count(given: GivenPaper, kind: str, count: int) -> GivenPaper:
    if kind == "original":
        return replace(given, original=count)
    if kind == "certified":
        return replace(given, certified=count)
    return replace(given, photocopy=count)
