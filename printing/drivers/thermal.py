"""Thermal printers: pages as raster, the paper and the cover asked about.

Vietnamese letters are missing or differ in the fonts of such printers, so a
page always goes over as a picture. Commands: Epson ESC/POS, "GS v 0" (raster
bit image), "DLE EOT n" (real-time status), "GS r n" (status in the order of
the data: its answer means that all before it was worked through).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from printing.drivers import JobOptions, JobState, PrinterFacts
from printing.drivers.links import Link, LinkBroken
from printing.drivers.models import ThermalModel
from printing.errors import (
    CoverOpen,
    CutterStuck,
    HandedOver,
    OutcomeUnknown,
    OutOfPaper,
    PrinterOffline,
    PrinterRefused,
    PrintProblem,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STATUS_S = 1.0
CONFIRM_S = 15.0
_BEGIN, _FEED = b"\x1b@", b"\x1bd"
_CUTS = {"full": b"\x1dV\x00", "part": b"\x1dV\x01", "none": b""}
_ASK_NOW, _ASK_IN_ORDER = b"\x10\x04", b"\x1dr\x01"
_PRINTER, _CAUSE, _ERROR, _PAPER = 1, 2, 3, 4
_NEAR_END = "Sắp hết giấy cuộn."


def print_commands(dots: NDArray[np.bool_], model: ThermalModel) -> Iterator[bytes]:
    """Yield the commands for one strip, band by band, and the cut.

    Args:
        dots: shape (height, width of the model), True where it is black.
        model: how wide, and how to cut.
    """
    import numpy as np

    yield _BEGIN
    for top in range(0, len(dots), model.band_dots):
        band = np.packbits(dots[top : top + model.band_dots], axis=1)
        size = band.shape[1].to_bytes(2, "little") + band.shape[0].to_bytes(2, "little")
        yield b"\x1dv0\x00" + size + band.tobytes()
    yield _FEED + bytes([model.feed_lines]) + _CUTS[model.cut]


class ThermalPrinter:
    """One thermal printer; holds its line only while a job is under way.

    Args:
        open_link: opens the way to it.
        model: what it can do.
        clock: seconds that only go up.
    """

    def __init__(
        self,
        open_link: Callable[[], Link],
        model: ThermalModel,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_link = open_link
        self._model = model
        self._clock = clock
        self._link: Link | None = None
        self._job = 0
        self._sent_at = 0.0
        self._is_through = False

    def look(self, options: JobOptions | None = None) -> None:  # noqa: ARG002 - one kind of paper
        """Ask whether it would print now.

        Raises:
            PrintProblem: it would not.
        """
        link = self._open_link()
        try:
            problem, _ = self._status(link)
        finally:
            link.close()
        if problem is not None:
            raise problem

    def describe(self) -> PrinterFacts:
        """Ask what it is and how it stands."""
        try:
            link = self._open_link()
        except PrintProblem as problem:
            return PrinterFacts(model=self._model.name, problem=problem)
        try:
            trouble, is_near_end = self._status(link)
        finally:
            link.close()
        remarks = (_NEAR_END,) if is_near_end else ()
        return PrinterFacts(model=self._model.name, problem=trouble, remarks=remarks)

    def send(self, title: str, pdf: bytes, options: JobOptions) -> int:  # noqa: ARG002 - no names
        """Print all pages, each as a strip that is cut off.

        Raises:
            OutcomeUnknown: the way broke while it printed.
            PrintProblem: nothing was taken.
        """
        from printing.raster import black_dots, grey_strips

        strips = grey_strips(pdf, dpi=self._model.dpi, width_px=self._model.width_dots)
        once = b"".join(b"".join(print_commands(black_dots(s), self._model)) for s in strips)
        self._let_go()
        link = self._open_link()
        try:
            link.write(once * options.copies)
            if self._model.answers != "never":
                link.write(_ASK_IN_ORDER)
        except LinkBroken as error:
            link.close()
            if error.sent:
                raise OutcomeUnknown from error
            raise PrinterOffline from error
        self._link, self._sent_at, self._is_through = link, self._clock(), False
        self._job += 1
        return self._job

    def find(self, title: str) -> int | None:  # noqa: ARG002 - it keeps no history
        """Return None: it does not remember."""
        return None

    def state(self, job: int) -> JobState:
        """Tell whether it worked through the job; it knows only of its last one."""
        if self._link is None or job != self._job:
            return JobState("unknown", OutcomeUnknown())
        if self._model.answers == "never":
            return self._ended("unknown", HandedOver())
        try:
            self._take(self._link.read(STATUS_S / 4))
            problem, _ = self._status(self._link)
        except LinkBroken:
            return self._ended("unknown", OutcomeUnknown())
        if self._is_through:
            return self._ended("unknown" if problem else "printed", problem)
        is_silent = problem is None or isinstance(problem, PrinterOffline)
        if is_silent and self._clock() - self._sent_at > CONFIRM_S:
            return self._ended("unknown", HandedOver())
        return JobState("working", problem)

    def cancel(self, job: int) -> None:  # noqa: ARG002 - the paper is on its way
        """Refuse: what it has it prints.

        Raises:
            PrinterRefused: always.
        """
        raise PrinterRefused("Máy in phiếu không huỷ được lệnh đã nhận.", "Chờ giấy ra hết.")

    def _ended(self, outcome: str, problem: PrintProblem | None = None) -> JobState:
        self._let_go()
        return JobState(outcome, problem)

    def _let_go(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _status(self, link: Link) -> tuple[PrintProblem | None, bool]:
        """Return what is wrong, and whether the roll is near its end.

        Raises:
            LinkBroken: the way broke, while a job is followed.
        """
        if self._model.answers == "never":
            return None, False
        said: dict[int, int] = {}
        try:
            for n in (_PRINTER, _CAUSE, _ERROR, _PAPER):
                answer = self._asked_now(link, n)
                if answer is None:
                    break
                said[n] = answer
        except LinkBroken:
            if link is self._link:
                raise
            return PrinterOffline(), False
        if not said:
            return (PrinterOffline() if self._model.answers == "always" else None), False
        return _problem(said), bool(said.get(_PAPER, 0) & 0x0C)

    def _asked_now(self, link: Link, n: int) -> int | None:
        """Ask one real-time status; None if nothing came."""
        link.write(_ASK_NOW + bytes([n]))
        until = self._clock() + STATUS_S
        while self._clock() < until:
            for byte in link.read(max(0.01, until - self._clock())):
                if byte & 0x93 == 0x12:
                    return byte
                self._take(bytes([byte]))
        return None

    def _take(self, said: bytes) -> None:
        """Note an answer in order: all that was sent before it was worked through."""
        self._is_through = self._is_through or any(_is_in_order(byte) for byte in said)


def _is_in_order(byte: int) -> bool:
    """Tell whether a byte answers "GS r": bits 4 and 7 are off."""
    return byte & 0x90 == 0


def _problem(said: dict[int, int]) -> PrintProblem | None:
    """Return what the status bytes mean for hands, None if nothing is wrong."""
    cause, error, paper = (said.get(n, 0) for n in (_CAUSE, _ERROR, _PAPER))
    if error & 0x08:
        return CutterStuck()
    if cause & 0x04:
        return CoverOpen()
    if cause & 0x20 or paper & 0x60:
        return OutOfPaper()
    if error & 0x60:
        return PrinterRefused(
            "Máy in phiếu báo lỗi.", "Tắt máy in rồi bật lại; còn lỗi thì báo quản trị."
        )
    if said.get(_PRINTER, 0) & 0x08:
        return PrinterOffline("Máy in phiếu đang dừng.", "Xem đèn trên máy in; đóng nắp, nạp giấy.")
    return None
