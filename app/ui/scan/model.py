"""The pages on the screen, with their small pictures as they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QPixmap

from app.services.waiting_pages import WaitingPage

THUMB = QSize(132, 178)
PNG = "PNG"
"""Said to Qt, which takes some PNG files for Targa if it may guess."""

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class PageLine:
    """What is said about a page below its picture.

    Attributes:
        paper: number and name of its paper, or that it has none.
        marks: what the quality gate found, in words; "" if all is well.
    """

    page: WaitingPage
    paper: str
    marks: str

    @property
    def words(self) -> str:
        """All of it, for a screen reader."""
        return ", ".join(
            part for part in (f"Trang {self.page.position}", self.paper, self.marks) if part
        )


class PagesModel(QAbstractListModel):
    """Pages in order."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[PageLine] = []
        self._pictures: dict[tuple[UUID, str], QPixmap] = {}

    def show(self, lines: Sequence[PageLine]) -> None:
        """Show pages; pictures that are known stay."""
        pages = [line.page.page for line in lines]
        if pages == [line.page.page for line in self.lines]:
            self.lines = list(lines)
            if lines:
                self.dataChanged.emit(self.index(0), self.index(len(lines) - 1))
            return
        self.beginResetModel()
        self.lines = list(lines)
        self._pictures = {key: p for key, p in self._pictures.items() if key[0] in set(pages)}
        self.endResetModel()

    def missing(self) -> list[WaitingPage]:
        """Return the pages whose picture, as they are wished for now, has not come yet."""
        return [
            line.page for line in self.lines if (line.page.page, look_of(line.page))
            not in self._pictures
        ]  # fmt: skip

    def take_picture(self, page: UUID, look: str, content: bytes) -> None:
        """Show a page's small picture; an empty one is none."""
        picture = QPixmap()
        if not content or not picture.loadFromData(content, PNG):
            return
        for row, line in enumerate(self.lines):
            if line.page.page == page:
                self._pictures = {k: p for k, p in self._pictures.items() if k[0] != page}
                self._pictures[page, look] = picture
                self.dataChanged.emit(self.index(row), self.index(row))

    def picture(self, row: int) -> QPixmap | None:
        """Return the newest picture of a page, None while there is none."""
        page = self.lines[row].page.page
        return next((p for key, p in self._pictures.items() if key[0] == page), None)

    def rowCount(self, parent: _Index | None = None) -> int:
        """Return how many pages there are."""
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the words of a page; the delegate paints them."""
        if not index.isValid():
            return None
        line = self.lines[index.row()]
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return line.words
        return str(line.page.position) if role == Qt.ItemDataRole.DisplayRole else None


def look_of(page: WaitingPage) -> str:
    """Return what a page's picture depends on."""
    return f"{page.derived}/{page.turned}/{page.crop}/{page.is_clean}"
