"""Turn a document into one PDF/A-2b, to be stored, previewed and printed as is."""

from __future__ import annotations

import datetime as dt
import functools
import io
import unicodedata
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import barcode
import segno
from reportlab.lib.colors import Color, black
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
)
from reportlab.platypus import Table as Grid

from printing.document import (
    Align,
    Block,
    Code128,
    NewPage,
    PrintDocument,
    Qr,
    Rule,
    SideBySide,
    Space,
    Table,
    Text,
    Together,
)
from printing.errors import DoesNotFit

FONT_FOLDER = Path(__file__).parent.parent / "resources" / "fonts"
FAMILY = "QmcSerif"
_FACES = {"": "Regular", "-B": "Bold", "-I": "Italic", "-BI": "BoldItalic"}
NARROWEST_MODULE_MM = 0.19  # finer bars are lost on a 200 dpi scan
_QUIET_MODULES = 10
_ALIGN = {
    Align.LEFT: TA_LEFT,
    Align.CENTRE: TA_CENTER,
    Align.RIGHT: TA_RIGHT,
    Align.JUSTIFY: TA_JUSTIFY,
}


@functools.cache
def load_fonts() -> None:
    """Load the bundled faces by path: a system's own may lack Vietnamese letters."""
    for suffix, face in _FACES.items():
        path = FONT_FOLDER / f"LiberationSerif-{face}.ttf"
        pdfmetrics.registerFont(TTFont(FAMILY + suffix, str(path)))
    pdfmetrics.registerFontFamily(FAMILY, FAMILY, FAMILY + "-B", FAMILY + "-I", FAMILY + "-BI")


def render(document: PrintDocument, *, made_at: dt.datetime) -> bytes:
    """Return the document as PDF/A-2b with embedded fonts, title and language.

    Raises:
        DoesNotFit: a barcode is too wide for the paper.
    """
    load_fonts()
    width, height = document.paper.size_mm
    margins = document.margins
    frame = Frame(
        margins.left * mm,
        margins.bottom * mm,
        (width - margins.left - margins.right) * mm,
        (height - margins.top - margins.bottom) * mm,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip
    out = io.BytesIO()
    template = BaseDocTemplate(
        out,
        pagesize=(width * mm, height * mm),
        title=_nfc(document.title),
        lang=document.language,
        initialFontName=FAMILY,
        invariant=1,
    )
    decorate = functools.partial(_decorate, document)
    template.addPageTemplates(PageTemplate("page", [frame], onPage=decorate))
    usable = (width - margins.left - margins.right) * mm
    template.build(_flow(document.blocks, usable), canvasmaker=_OwnFontCanvas)
    return _as_pdfa(out.getvalue(), document, made_at)


class _OwnFontCanvas(Canvas):  # type: ignore[misc]
    """A canvas that never names Helvetica, which PDF/A would have to embed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initialFontName"] = FAMILY
        super().__init__(*args, **kwargs)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _decorate(document: PrintDocument, canvas: Any, template: Any) -> None:
    width, height = document.paper.size_mm
    if document.watermark:
        canvas.saveState()
        canvas.setFont(FAMILY + "-B", 60)
        canvas.setFillColor(Color(0.88, 0.88, 0.88))
        canvas.translate(width / 2 * mm, height / 2 * mm)
        canvas.rotate(45)
        canvas.drawCentredString(0, 0, _nfc(document.watermark))
        canvas.restoreState()
    if document.footer:
        canvas.setFont(FAMILY + "-I", 8)
        canvas.drawString(document.margins.left * mm, 6 * mm, _nfc(document.footer))
        canvas.drawRightString(
            (width - document.margins.right) * mm, 6 * mm, f"Trang {template.page}"
        )


def _flow(blocks: tuple[Block, ...], width: float) -> list[Any]:
    return [flowable for block in blocks for flowable in _flowables(block, width)]


def _flowables(block: Block, width: float) -> list[Any]:
    match block:
        case Text():
            return [_paragraph(block), Spacer(1, block.after_mm * mm)]
        case Rule():
            return [_Line(block.width_mm * mm, width), Spacer(1, block.after_mm * mm)]
        case Space():
            return [Spacer(1, block.height_mm * mm)]
        case Code128():
            return [_Bars(block, width)]
        case Qr():
            return [_Squares(block)]
        case Table():
            return [_table(block, width), Spacer(1, block.after_mm * mm)]
        case SideBySide():
            return [_side_by_side(block, width), Spacer(1, block.after_mm * mm)]
        case Together():
            return [KeepTogether(_flow(block.blocks, width))]
        case NewPage():
            return [PageBreak()]


def _style(size_pt: float, align: Align, *, bold: bool = False, italic: bool = False) -> Any:
    suffix = {(True, True): "-BI", (True, False): "-B", (False, True): "-I"}.get((bold, italic), "")
    return ParagraphStyle(
        "text",
        fontName=FAMILY + suffix,
        fontSize=size_pt,
        leading=size_pt * 1.2,
        alignment=_ALIGN[align],
        splitLongWords=1,
    )


def _paragraph(text: Text) -> Any:
    words = escape(_nfc(text.words))
    if text.lead:
        strong = f"<b>{words}</b>" if text.bold else words
        style = _style(text.size_pt, text.align, italic=text.italic)
        return Paragraph(f"{escape(_nfc(text.lead))} {strong}", style)
    return Paragraph(words, _style(text.size_pt, text.align, bold=text.bold, italic=text.italic))


def _table(table: Table, width: float) -> Any:
    total = sum(column.share for column in table.columns)
    head = _style(table.size_pt, Align.CENTRE, bold=True)
    styles = [_style(table.size_pt, column.align) for column in table.columns]
    rows = [[Paragraph(escape(_nfc(c.heading)), head) for c in table.columns]]
    for row in table.rows:
        rows.append([Paragraph(escape(_nfc(t)), s) for t, s in zip(row, styles, strict=True)])
    return Grid(
        rows,
        colWidths=[width * column.share / total for column in table.columns],
        repeatRows=1,
        splitInRow=1,
        style=[
            ("GRID", (0, 0), (-1, -1), 0.5, black),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("FONTNAME", (0, 0), (-1, -1), FAMILY),
            ("TOPPADDING", (0, 0), (-1, -1), 1.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ],
    )


def _side_by_side(block: SideBySide, width: float) -> Any:
    total = sum(block.shares)
    widths = [width * share / total for share in block.shares]
    cells = [_flow(part, w) for part, w in zip(block.parts, widths, strict=True)]
    return Grid(
        [cells],
        colWidths=widths,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("FONTNAME", (0, 0), (-1, -1), FAMILY),
            *[(f"{side}PADDING", (0, 0), (-1, -1), 0)
              for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")],
        ],
    )  # fmt: skip


class _Line(Flowable):  # type: ignore[misc]
    def __init__(self, length: float, width: float) -> None:
        super().__init__()
        self._length, self._width = length, width

    def wrap(self, *_: float) -> tuple[float, float]:
        return self._width, 1.0

    def draw(self) -> None:
        start = (self._width - self._length) / 2
        self.canv.setLineWidth(0.6)
        self.canv.line(start, 0, start + self._length, 0)


def code128_modules(value: str) -> str:
    """Return the bars of a Code 128 as ones and zeros, without quiet zones."""
    return str(barcode.get("code128", value).build()[0])


class _Bars(Flowable):  # type: ignore[misc]
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

    def wrap(self, *_: float) -> tuple[float, float]:
        return self._total, self._height

    def draw(self) -> None:
        self.canv.setFillColor(black)
        at = 0
        while at < len(self._modules):
            run = 1
            while self._modules[at : at + run + 1] == self._modules[at] * (run + 1):
                run += 1
            if self._modules[at] == "1":
                x = (_QUIET_MODULES + at) * self._module
                self.canv.rect(x, 0, run * self._module, self._height, stroke=0, fill=1)
            at += run


class _Squares(Flowable):  # type: ignore[misc]
    def __init__(self, block: Qr) -> None:
        super().__init__()
        self._rows = [bytes(row) for row in segno.make(block.value, error="m", micro=False).matrix]
        self._size = block.size_mm * mm
        self._module = self._size / (len(self._rows) + 8)  # four quiet modules each side

    def wrap(self, *_: float) -> tuple[float, float]:
        return self._size, self._size

    def draw(self) -> None:
        self.canv.setFillColor(black)
        for y, row in enumerate(self._rows):
            top = self._size - (y + 5) * self._module
            for x, dark in enumerate(row):
                if dark:
                    left = (x + 4) * self._module
                    self.canv.rect(left, top, self._module, self._module, stroke=0, fill=1)


@functools.cache
def _srgb() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _as_pdfa(pdf: bytes, document: PrintDocument, made_at: dt.datetime) -> bytes:
    """Declare PDF/A-2b: sRGB output intent, XMP, title shown. Source: ISO 19005-2."""
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        profile = opened.make_stream(_srgb(), N=3)
        opened.Root.OutputIntents = pikepdf.Array(
            [
                pikepdf.Dictionary(
                    Type=pikepdf.Name.OutputIntent,
                    S=pikepdf.Name.GTS_PDFA1,
                    OutputConditionIdentifier=pikepdf.String("sRGB"),
                    Info=pikepdf.String("sRGB IEC61966-2.1"),
                    DestOutputProfile=opened.make_indirect(profile),
                )
            ]
        )
        opened.Root.Lang = pikepdf.String(document.language)
        opened.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        for key in list(opened.docinfo):
            del opened.docinfo[key]
        with opened.open_metadata(set_pikepdf_as_editor=False) as xmp:
            xmp["pdfaid:part"] = "2"
            xmp["pdfaid:conformance"] = "B"
            xmp["dc:title"] = _nfc(document.title)
            xmp["dc:language"] = {document.language}
            xmp["xmp:CreateDate"] = made_at.isoformat(timespec="seconds")
        out = io.BytesIO()
        opened.save(out, min_version="1.7", deterministic_id=True)
    return out.getvalue()
