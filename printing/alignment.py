"""The test page: margins, rulers, letters and codes, to see what a printer does to paper."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from printing.document import PaperSize

LETTERS = (
    "Aa Ăă Ââ Đđ Êê Ôô Ơơ Ưư",
    "ẳ ẵ ặ ẩ ẫ ậ ể ễ ệ ổ ỗ ộ ở ỡ ợ ử ữ ự ỷ ỹ ỵ",
    "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
    "Nguyễn Thị Hồng Nhung · Đặng Quỳnh Giao · Lỡ Ưỡn",
)
MARGINS_MM = (3, 7, 12)
_BAR_MODULES_MM = (0.25, 0.30, 0.38)
_CHECK_MODULE_MM = 0.3
_RULER_MM = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PageToTry:
    """A test page.

    Attributes:
        size_mm: width and height; a roll's height is what is needed.
        code: what the barcode says, printable ASCII.
        address: what the QR says.
        lines: who prints where, and when.
        check: what a last barcode says, to see what an input method makes of it; "" for none.
    """

    size_mm: tuple[float, float]
    code: str
    address: str
    lines: tuple[str, ...]
    check: str = ""


def page_for(
    paper: PaperSize, code: str, address: str, lines: tuple[str, ...], check: str = ""
) -> PageToTry:
    """Return the test page of a sheet."""
    return PageToTry(size_mm=paper.size_mm, code=code, address=address, lines=lines, check=check)


def roll_page(
    width_mm: float, code: str, address: str, lines: tuple[str, ...], check: str = ""
) -> PageToTry:
    """Return the test page of a roll."""
    return PageToTry(size_mm=(width_mm, 150), code=code, address=address, lines=lines, check=check)


def render_page(page: PageToTry) -> bytes:
    """Return the test page as PDF, every length true to the millimetre."""
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas

    from printing.lettering import FAMILY, load_fonts

    load_fonts()
    width, height = page.size_mm
    out = io.BytesIO()
    canvas = Canvas(out, (width * mm, height * mm), invariant=1, initialFontName=FAMILY)
    canvas.setTitle("Trang in thử")
    canvas.scale(mm, mm)
    is_roll = width < 100
    _margins(canvas, width, height, (1,) if is_roll else MARGINS_MM)
    left = 4.0 if is_roll else 16.0
    y = height - (10 if is_roll else 20)
    y = _text(canvas, left, y, ("TRANG IN THỬ",), 5.0, bold=True)
    y = _text(canvas, left, y, page.lines, 3.0)
    y = _text(canvas, left, y - 1, _fitting(LETTERS, width), 3.6)
    _ruler(canvas, left, y - 6, min(_RULER_MM, int((width - 2 * left) // 10) * 10))
    y -= 14
    for module_mm in _BAR_MODULES_MM:
        y = _bars(canvas, page.code, left, y, module_mm, width - 2 * left)
    if page.check:
        y = _bars(canvas, page.check, left, y, _CHECK_MODULE_MM, width - 2 * left)
    _qr(canvas, page.address, left, y - 26, 26)
    if not is_roll:
        _ruler_down(canvas, width - 12, height - 20, 100)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _fitting(lines: tuple[str, ...], width_mm: float) -> tuple[str, ...]:
    """Break lines that are too long for a roll."""
    if width_mm >= 100:
        return lines
    short = []
    for line in lines:
        words, part = line.split(" "), ""
        for word in words:
            if part and len(part) + len(word) > 26:
                short.append(part)
                part = word
            else:
                part = f"{part} {word}".strip()
        short.append(part)
    return tuple(short)


def _text(
    canvas: Any, x: float, y: float, lines: tuple[str, ...], size: float, *, bold: bool = False
) -> float:
    from printing.lettering import FAMILY

    canvas.setFont(FAMILY + ("-B" if bold else ""), size)
    for line in lines:
        y -= size * 1.3
        canvas.drawString(x, y, line)
    return y


def _margins(canvas: Any, width: float, height: float, margins: tuple[int, ...]) -> None:
    """Draw frames at known distances from the edges: what is missing is not printable."""
    from printing.lettering import FAMILY

    canvas.setLineWidth(0.15)
    canvas.setFont(FAMILY, 2.4)
    for i, margin in enumerate(margins):
        canvas.rect(margin, margin, width - 2 * margin, height - 2 * margin)
        canvas.drawString(margin + 1 + 12 * i, height - margin - 2.6, f"{margin} mm")


def _ruler(canvas: Any, x: float, y: float, length: int) -> None:
    from printing.lettering import FAMILY

    canvas.setLineWidth(0.15)
    canvas.line(x, y, x + length, y)
    canvas.setFont(FAMILY, 2.4)
    for at in range(length + 1):
        tick = 4 if at % 10 == 0 else 3 if at % 5 == 0 else 2
        canvas.line(x + at, y, x + at, y + tick)
        if at % 10 == 0:
            canvas.drawCentredString(x + at, y - 3, str(at))


def _ruler_down(canvas: Any, x: float, y: float, length: int) -> None:
    canvas.saveState()
    canvas.translate(x, y)
    canvas.rotate(-90)
    _ruler(canvas, 0, 0, length)
    canvas.restoreState()


def _bars(canvas: Any, code: str, x: float, y: float, module_mm: float, room_mm: float) -> float:
    """Draw a Code 128 with bars of a known width, if there is room; return the new height."""
    from printing.barcodes import code128_modules
    from printing.lettering import FAMILY

    modules = code128_modules(code)
    if (len(modules) + 20) * module_mm > room_mm:
        return y
    top, tall = y - 12, 10
    for at, module in enumerate(modules):
        if module == "1":
            left = x + (10 + at) * module_mm
            canvas.rect(left, top, module_mm, tall, stroke=0, fill=1)
    canvas.setFont(FAMILY, 2.4)
    canvas.drawString(x, top - 2.6, f"{code}, vạch {module_mm:.2f} mm".replace("0.", "0,"))
    return top - 5


def _qr(canvas: Any, words: str, x: float, y: float, size: float) -> None:
    import segno

    rows = [bytes(row) for row in segno.make(words, error="m", micro=False).matrix]
    module = size / (len(rows) + 8)
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                left = x + (across + 4) * module
                canvas.rect(left, y + size - (down + 5) * module, module, module, stroke=0, fill=1)
