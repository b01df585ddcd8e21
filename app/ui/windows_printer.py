"""Printers of Windows, through Qt: pages go over as pictures, and no job number comes back.

Windows tells neither whether a sheet came out nor why not: what was handed
over ends as unknown, and the clerk is asked.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QSizeF
from PySide6.QtGui import QImage, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

from printing.document import PaperSize
from printing.drivers import JobOptions, JobState, PrinterFacts
from printing.errors import (
    HandedOver,
    PrinterOffline,
    PrinterPaused,
    PrinterRefused,
    PrintProblem,
)
from printing.raster import rasterise

_DPI = 300


def windows_printers() -> list[str]:
    """Return the addresses of the system's printers, the usual one first."""
    usual = QPrinterInfo.defaultPrinterName()
    names = QPrinterInfo.availablePrinterNames()
    return [f"windows:{name}" for name in sorted(names, key=lambda name: name != usual)]


class WindowsPrinter:
    """One printer of the system, by name."""

    def __init__(self, address: str) -> None:
        self._name = address.partition(":")[2]
        self._job = 0

    def look(self, options: JobOptions | None = None) -> None:  # noqa: ARG002 - it scales nothing
        """Ask whether the system would take a job; it knows little of the printer.

        Raises:
            PrintProblem: it would not.
        """
        info = QPrinterInfo.printerInfo(self._name)
        if info.isNull():
            raise PrinterOffline(f"Máy tính này không có máy in “{self._name}”.")
        if info.state() is QPrinter.PrinterState.Error:
            raise PrinterPaused("Máy in đang dừng hoặc báo lỗi.", "Xem màn hình trên máy in.")

    def describe(self) -> PrinterFacts:
        """Say what the system knows of it."""
        try:
            self.look()
        except PrintProblem as problem:
            return PrinterFacts(problem=problem)
        info = QPrinterInfo.printerInfo(self._name)
        sizes = {size.id() for size in info.supportedPageSizes()}
        papers = tuple(p for p in PaperSize if _page_size(p).id() in sizes)
        duplex = QPrinter.DuplexMode.DuplexLongSide in info.supportedDuplexModes()
        return PrinterFacts(model=info.makeAndModel(), papers=papers, duplex=duplex)

    def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
        """Hand the pages over as pictures.

        Raises:
            PrinterRefused: the system took nothing.
        """
        printer = QPrinter(QPrinterInfo.printerInfo(self._name))
        printer.setDocName(title)
        printer.setResolution(_DPI)
        printer.setFullPage(True)
        printer.setPageSize(_page_size(options.paper))
        printer.setCopyCount(options.copies)
        if options.duplex:
            printer.setDuplex(QPrinter.DuplexMode.DuplexLongSide)
        pages = rasterise(pdf, dpi=_DPI)
        painter = QPainter()
        if not painter.begin(printer):
            raise PrinterRefused("Máy in không nhận lệnh in.", "Kiểm tra máy in trong Windows.")
        try:
            for number, page in enumerate(pages):
                if number:
                    printer.newPage()
                image = QImage(
                    page.pixels, page.width, page.height, page.stride, QImage.Format.Format_RGB888
                )
                painter.drawImage(QRect(0, 0, page.width, page.height), image)
        finally:
            painter.end()
        self._job += 1
        return self._job

    def find(self, title: str) -> int | None:  # noqa: ARG002 - no job is known by name
        """Return None: the system gives no numbers."""
        return None

    def state(self, job: int) -> JobState:  # noqa: ARG002
        """Ask the clerk: the system does not say."""
        return JobState("unknown", HandedOver())

    def cancel(self, job: int) -> None:  # noqa: ARG002
        """Refuse: it is in the system's hands.

        Raises:
            PrinterRefused: always.
        """
        raise PrinterRefused("Không huỷ được từ đây.", "Huỷ trong danh sách in của Windows.")


def _page_size(paper: PaperSize) -> QPageSize:
    width, height = paper.size_mm
    return QPageSize(QSizeF(width, height), QPageSize.Unit.Millimeter)
