"""Code 128 and QR as vectors that scanners read at 200 dpi."""

from __future__ import annotations

import barcode
import segno
from reportlab.lib.colors import black
from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from printing.document import Align, Code128, Qr
from printing.errors import DoesNotFit

NARROWEST_MODULE_MM = 0.19  # finer bars are lost on a 200 dpi scan
_QUIET_MODULES = 10


def code128_modules(value: str) -> str:
    """Return the bars of a Code 128 as ones and zeros, without quiet zones."""
    return str(barcode.get("code128", value).build()[0])


class Bars(Flowable):  # type: ignore[misc]
    """A Code 128 as vector bars, as wide as asked or as narrow as the paper needs."""

    def __init__(self, block: Code128, width: float) -> None:
        super().__init__()
        self._modules = code128_modules(block.value)
        total = len(self._modules) + 2 * _QUIET_MODULES
        module_mm = min(block.module_mm, width / mm / total)
        if module_mm < NARROWEST_MODULE_MM:
            raise DoesNotFit(
                f"Mã vạch {block.value} cần rộng {total * NARROWEST_MODULE_MM:.0f} mm."
            )
        self._module = module_mm * mm
        self._height = block.height_mm * mm
        self._total = total * self._module
        self._left = _room_before(block.align, width, self._total)

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return width and height, points."""
        return self._left + self._total, self._height

    def draw(self) -> None:
        """Draw on the canvas."""
        self.canv.setFillColor(black)
        at = 0
        while at < len(self._modules):
            run = 1
            while self._modules[at : at + run + 1] == self._modules[at] * (run + 1):
                run += 1
            if self._modules[at] == "1":
                x = self._left + (_QUIET_MODULES + at) * self._module
                self.canv.rect(x, 0, run * self._module, self._height, stroke=0, fill=1)
            at += run


def _room_before(align: Align, width: float, taken: float) -> float:
    room = max(0.0, width - taken)
    return {Align.CENTRE: room / 2, Align.RIGHT: room}.get(align, 0.0)


class Squares(Flowable):  # type: ignore[misc]
    """A QR code as vector squares, quiet zone and all."""

    def __init__(self, block: Qr, width: float) -> None:
        super().__init__()
        self._rows = [bytes(row) for row in segno.make(block.value, error="m", micro=False).matrix]
        self._size = block.size_mm * mm
        self._module = self._size / (len(self._rows) + 8)  # four quiet modules each side
        self._left = _room_before(block.align, width, self._size)

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return width and height, points."""
        return self._left + self._size, self._size

    def draw(self) -> None:
        """Draw on the canvas."""
        self.canv.setFillColor(black)
        for y, row in enumerate(self._rows):
            top = self._size - (y + 5) * self._module
            for x, dark in enumerate(row):
                if dark:
                    left = self._left + (x + 4) * self._module
                    self.canv.rect(left, top, self._module, self._module, stroke=0, fill=1)
