"""The scan screen: pages, their papers, one page large, and what still waits for a scan."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.keys import key_button
from app.ui.scan.large import LargePage
from app.ui.scan.model import PagesModel
from app.ui.scan.thumbs import PageThumbs
from app.ui.widgets.card import Card, label_for
from app.ui.widgets.strip import Strip

_HEADINGS = ("Mã hồ sơ", "Người nộp", "Thủ tục", "Nhận lúc")


class ScanView(QWidget):
    """Scan, look, assign, keep.

    Signals:
        scan_asked: F6.
        files_asked: Ctrl+O.
        kept: F9.
        later_chosen: row of the list of what waits for a scan (int).
        source_chosen: name of a device (str).
    """

    scan_asked = Signal()
    files_asked = Signal()
    kept = Signal()
    later_chosen = Signal(int)
    source_chosen = Signal(str)

    def __init__(self, model: PagesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = Strip()
        self.title = QLabel()
        self.title.setProperty("head", True)
        self.title.setWordWrap(True)
        self.source = QComboBox()
        self.source.setAccessibleName("Nguồn quét")
        self.profile = QComboBox()
        self.profile.setAccessibleName("Kiểu quét")
        for box, letters in ((self.source, 14), (self.profile, 23)):
            box.setMinimumContentsLength(letters)
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.thumbs = PageThumbs(model)
        self.papers = QTableWidget(0, 1)
        self.empty = QLabel()
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.large = LargePage()
        self.later = QTableWidget(0, len(_HEADINGS))
        self.later_empty = QLabel("Không có hồ sơ nào chờ quét.")
        self.later_empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.status = QLabel()
        self.status.setProperty("soft", True)
        self.scan_button = key_button("scan_on")
        self.keep_button = key_button("keep_pages")
        self.keep_button.setProperty("main", True)
        self._places = QStackedWidget()
        self._set_up_papers()
        self._set_up_later()
        self._lay_out()
        self.source.activated.connect(
            lambda _: self.source_chosen.emit(str(self.source.currentData()))
        )

    def _set_up_papers(self) -> None:
        papers = self.papers
        papers.setAccessibleName("Giấy tờ của hồ sơ")
        papers.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        papers.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        papers.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        papers.setShowGrid(False)
        papers.setWordWrap(True)
        papers.horizontalHeader().hide()
        papers.verticalHeader().hide()
        papers.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        papers.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        papers.cellClicked.connect(lambda row, _: self.thumbs.paper_chosen.emit(row + 1))

    def _set_up_later(self) -> None:
        table = self.later
        table.setAccessibleName("Hồ sơ chờ quét")
        table.setHorizontalHeaderLabels(_HEADINGS)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(32)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        header = table.horizontalHeader()
        for column, width in ((0, 176), (3, 110)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            table.setColumnWidth(column, width)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        table.activated.connect(lambda index: self.later_chosen.emit(index.row()))

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        for name, box in (("Nguồn", self.source), ("Kiểu", self.profile)):
            top.addWidget(label_for(name, box))
            top.addWidget(box)
        side = Card("Giấy tờ — bấm số để gán trang")
        side.add(self.papers, 1)
        side.setFixedWidth(270)
        pages = QWidget()
        row = QHBoxLayout(pages)
        row.setContentsMargins(0, 0, 0, 0)
        stack = QVBoxLayout()
        stack.addWidget(self.thumbs, 1)
        stack.addWidget(self.empty, 1)
        row.addLayout(stack, 1)
        row.addWidget(side)
        later = QWidget()
        column = QVBoxLayout(later)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.later, 1)
        column.addWidget(self.later_empty, 1)
        for place in (later, pages, self.large):
            self._places.addWidget(place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 6)
        layout.addWidget(self.notice)
        layout.addLayout(top)
        layout.addWidget(self._places, 1)
        layout.addWidget(self.status)
        layout.addLayout(self._actions())

    def _actions(self) -> QHBoxLayout:
        actions = QHBoxLayout()
        self.scan_button.clicked.connect(self.scan_asked)
        actions.addWidget(self.scan_button)
        for verb, words, asked in (
            ("scan_from_files", "Từ tệp", self.files_asked),
            ("turn_page", "Xoay", self.thumbs.turned),
            ("cut_page", "Cắt", self.thumbs.cut),
            ("clean_page", "Làm rõ chữ", self.thumbs.cleaned),
            ("drop_page", "Bỏ trang", self.thumbs.dropped),
        ):
            button = key_button(verb, words)
            button.clicked.connect(asked)
            actions.addWidget(button)
        actions.addStretch(1)
        self.keep_button.clicked.connect(self.kept)
        actions.addWidget(self.keep_button)
        return actions

    # ---- showing -------------------------------------------------------------

    def show_later(self, rows: Sequence[tuple[str, str, str, str]]) -> None:
        """Show what waits for a scan, instead of pages."""
        self.later.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                self.later.setItem(row, column, QTableWidgetItem(text))
        self.later.setVisible(bool(rows))
        self.later_empty.setVisible(not rows)
        if rows:
            self.later.selectRow(0)
        self._places.setCurrentIndex(0)
        self.title.setText("Hồ sơ chờ quét — Enter để mở")
        self.status.setText("Bấm F2, tiếp nhận rồi quét; hoặc chọn một hồ sơ chờ quét.")

    def show_pages(self, *, is_empty: bool) -> None:
        """Show the pages, or what to do while there are none."""
        self.thumbs.setVisible(not is_empty)
        self.empty.setVisible(is_empty)
        self.empty.setText(
            "Chưa có trang nào. Đặt giấy vào khay rồi bấm F6; hoặc Ctrl+O lấy ảnh từ tệp."
        )
        if self._places.currentIndex() != 2:
            self._places.setCurrentIndex(1)

    def show_large(self, *, on: bool) -> None:
        """Show one page large, or all of them again."""
        self._places.setCurrentIndex(2 if on else 1)
        (self.large if on else self.thumbs).setFocus()

    @property
    def is_large(self) -> bool:
        """True while one page is shown large."""
        return self._places.currentIndex() == 2

    def show_papers(self, lines: Sequence[tuple[str, str]]) -> None:
        """Show the papers, each with what its pages lack."""
        self.papers.setRowCount(len(lines))
        for row, (name, trouble) in enumerate(lines):
            number = str(row + 1) if row < 9 else " "
            words = f"{number}  {name}" + (f"\n    ⚠ {trouble}" if trouble else "")
            self.papers.setItem(row, 0, QTableWidgetItem(words))

    def show_sources(self, devices: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer devices as (name, label)."""
        self.source.clear()
        for name, label in devices:
            self.source.addItem(label, name)
        found = self.source.findData(chosen)
        if devices:
            self.source.setCurrentIndex(max(0, found))
        else:
            self.source.addItem("chưa thấy máy quét", "")

    def set_scanning(self, *, on: bool) -> None:
        """Let nothing else begin while a scan is under way."""
        self.scan_button.setEnabled(not on)
        self.keep_button.setEnabled(not on)

    def focus_here(self) -> None:
        """Put the focus where the keys of the screen work."""
        places: dict[int, QWidget] = {0: self.later, 1: self.thumbs, 2: self.large}
        there = places[self._places.currentIndex()]
        (there if not there.isHidden() else self).setFocus()

    def keep_focus(self) -> None:
        """Put the focus where the keys work, unless somebody types elsewhere."""
        there = QApplication.focusWidget()
        if self.isVisible() and (there is None or there is self or self.isAncestorOf(there)):
            self.focus_here()
