"""A dossier whole: what stands in it at the left, everything that was done at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.services.story import Story
from app.ui import theme
from app.ui.widgets.card import Card
from app.ui.widgets.list_table import ListTable

_COLUMNS = (("Lúc", 118), ("Ai", 130), ("Việc", 0))


class DossierSheet(QWidget):
    """Facts, papers, stages; and the story.

    Signals:
        reveal_asked: H: numbers are to be shown whole.
    """

    reveal_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setProperty("head", True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        self.papers = QLabel()
        self.papers.setWordWrap(True)
        self.stages = QLabel()
        self.stages.setWordWrap(True)
        self.papers_card = Card("Giấy tờ")
        self.papers_card.add(self.papers)
        self.stages_card = Card("Các bước: đang tới lượt ai")
        self.stages_card.add(self.stages)
        self.table = ListTable("Nhật ký hồ sơ", _COLUMNS, wraps=True)
        self.table.keys = {Qt.Key.Key_H: self.reveal_asked.emit}
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setMinimumHeight(38)
        self.table.itemSelectionChanged.connect(self._chosen)
        self._story: Story | None = None
        self._lay_out()

    def _lay_out(self) -> None:
        facts = Card("Thông tin")
        facts.add(self._grid)
        inside = QWidget()
        left = QVBoxLayout(inside)
        left.setContentsMargins(0, 0, 0, 0)
        for card in (facts, self.stages_card, self.papers_card):
            left.addWidget(card)
        left.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        right = QVBoxLayout()
        right.addWidget(self.table, 1)
        right.addWidget(self.words)
        columns = QHBoxLayout()
        columns.addWidget(area, 1)
        columns.addLayout(right, 1)
        hint = QLabel(
            "H  Hiện đủ số giấy tờ (ghi nhật ký)        Ctrl+I  Chép sang phần mềm khác"
            "        Esc  Về danh sách"
        )
        hint.setProperty("soft", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.title)
        layout.addLayout(columns, 1)
        layout.addWidget(hint)

    def show_story(self, story: Story) -> None:
        """Show a dossier."""
        self._story = story
        self.title.setText(f"{story.code} — {story.state}")
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for y, (label, words) in enumerate(story.facts):
            name = QLabel(label)
            name.setProperty("soft", True)
            name.setAlignment(Qt.AlignmentFlag.AlignTop)
            value = QLabel(words)
            value.setWordWrap(True)
            self._grid.addWidget(name, y, 0)
            self._grid.addWidget(value, y, 1)
        self.papers.setText("\n".join(story.papers))
        self.papers_card.setVisible(bool(story.papers))
        self.stages.setText(
            "\n".join(
                f"{'▶' if s.is_current else '✓' if s.is_done else '○'} {s.name} — {s.agency}"
                + (f", hẹn {s.due_at:%d/%m}" if s.due_at else "") + f": {s.words}"
                for s in story.stages
            )
        )  # fmt: skip
        self.stages_card.setVisible(bool(story.stages))
        tones = theme.current()
        rows = [
            (f"{line.at:%H:%M %d/%m/%y}", line.who,
             line.words + (f": {line.detail}" if line.detail else "")
             + ("" if line.is_stored else "  ⇡"))
            for line in story.lines
        ]  # fmt: skip
        colours = [tones.bad.text if line.refusal else tones.text for line in story.lines]
        self.table.show_rows(rows, colours, column=2)
        if rows:
            self.table.selectRow(len(rows) - 1)

    def clear(self) -> None:
        """Show nobody's data any more."""
        self._story = None
        self.title.clear()
        self.papers.clear()
        self.stages.clear()
        self.table.setRowCount(0)
        self.words.clear()

    def _chosen(self) -> None:
        row = self.table.currentRow()
        if self._story is None or not 0 <= row < len(self._story.lines):
            self.words.clear()
            return
        line = self._story.lines[row]
        refusal = f" — máy chủ chưa nhận: {line.refusal}" if line.refusal else ""
        self.words.setText(
            f"{line.words}: {line.detail}{refusal}" if line.detail or refusal else ""
        )
