"""Turn a document into one PDF/A-2b, to be stored, previewed and printed as is."""

from __future__ import annotations

import datetime as dt
import functools
import io
import math
from collections import Counter
from typing import Any

from reportlab.lib.colors import Color, black
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Spacer,
)
from reportlab.platypus.doctemplate import LayoutError

from printing.document import Block, NewPage, PrintDocument, Together
from printing.errors import DoesNotFit
from printing.flowables import flow
from printing.lettering import FAMILY, load_fonts, printable

__all__ = ["load_fonts", "render"]

LONGEST_ROLL_MM = 3000.0
# what is torn over pages may miss the last by a rounding: a shorter page is tried then
_SPARES_MM = (0.0, 1.0, 2.7)
_NUMBER_ROOM_PT = 70.0  # for "Trang 100/100"


def render(document: PrintDocument, *, made_at: dt.datetime) -> bytes:
    """Return the document as PDF/A-2b with embedded fonts, title and language.

    Raises:
        DoesNotFit: a barcode is too wide for the paper, or a roll would be endless.
    """
    load_fonts()
    for spare_mm in _SPARES_MM:
        try:
            return _as_pdfa(_laid_out(document, spare_mm), document, made_at)
        except LayoutError as error:
            refused = error
    raise DoesNotFit("Nội dung quá dài, không xếp được lên khổ giấy này.") from refused


def _laid_out(document: PrintDocument, spare_mm: float) -> bytes:
    on_paper = _on_roll if document.paper.is_roll else _on_sheets
    story, templates = on_paper(document, spare_mm)
    out = io.BytesIO()
    template = BaseDocTemplate(
        out,
        pagesize=templates[0].pagesize,
        title=printable(document.title),
        lang=document.language,
        initialFontName=FAMILY,
        invariant=1,
    )
    template.addPageTemplates(templates)
    # a file without a page can be read by nobody
    template.build(
        story or [Spacer(1, 0)], canvasmaker=functools.partial(_CountingCanvas, document)
    )
    return out.getvalue()


def _on_sheets(document: PrintDocument, spare_mm: float) -> tuple[list[Any], list[Any]]:
    width, height = document.page_mm
    usable = (width - document.margins.left - document.margins.right) * mm
    story = _without_last_gaps(flow(document.blocks, usable))
    return story, [_page("page", document, height, spare_mm)]


def _without_last_gaps(story: list[Any]) -> list[Any]:
    """Drop gaps that nothing follows: one that does not fit would make an empty page."""
    kept: list[Any] = []
    for flowable in [*story, PageBreak()]:
        while isinstance(flowable, PageBreak) and kept and isinstance(kept[-1], Spacer):
            kept.pop()
        kept.append(flowable)
    return kept[:-1]


def _on_roll(document: PrintDocument, spare_mm: float) -> tuple[list[Any], list[Any]]:
    """Return each part between page breaks as a page as long as what stands on it."""
    margins = document.margins
    usable = (document.paper.size_mm[0] - margins.left - margins.right) * mm
    story: list[Any] = []
    templates: list[Any] = []
    for i, blocks in enumerate(_parts(document.blocks)):
        length_mm = sum(f.wrap(usable, 10**6)[1] for f in flow(blocks, usable)) / mm
        height = math.ceil(length_mm + spare_mm + margins.top + margins.bottom) + 1
        if height > LONGEST_ROLL_MM:
            raise DoesNotFit("Nội dung quá dài cho giấy cuộn.", "In trên giấy A5 hoặc A4.")
        templates.append(_page(f"part{i}", document, height, 0))
        if i:
            story += [NextPageTemplate(f"part{i}"), PageBreak()]
        story += flow(blocks, usable)
    return story, templates


def _parts(blocks: tuple[Block, ...]) -> list[tuple[Block, ...]]:
    """Split at page breaks; what must stay together does so on a roll anyway."""
    parts: list[list[Block]] = [[]]
    for block in blocks:
        if isinstance(block, NewPage):
            parts.append([])
        elif isinstance(block, Together):
            parts[-1] += block.blocks
        else:
            parts[-1].append(block)
    return [tuple(part) for part in parts]


def _page(name: str, document: PrintDocument, height_mm: float, spare_mm: float) -> Any:
    width_mm, margins = document.page_mm[0], document.margins
    frame = Frame(
        margins.left * mm,
        (margins.bottom + spare_mm) * mm,
        (width_mm - margins.left - margins.right) * mm,
        (height_mm - margins.top - margins.bottom - spare_mm) * mm,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip
    size = (width_mm * mm, height_mm * mm)
    decorate = functools.partial(_decorate, document)
    return PageTemplate(name, [frame], onPage=decorate, pagesize=size)


class _CountingCanvas(Canvas):  # type: ignore[misc]
    """A canvas that says "Trang x/y", and never names Helvetica, which PDF/A would embed."""

    def __init__(self, document: PrintDocument, *args: Any, **kwargs: Any) -> None:
        kwargs["initialFontName"] = FAMILY
        super().__init__(*args, **kwargs)
        self._document = document
        self._part = 0
        self._held: list[dict[str, Any]] = []

    def count_anew(self) -> None:
        """Count the pages from the present one on by themselves."""
        self._part += 1

    def showPage(self) -> None:
        """Hold the page until it is known how many there are."""
        self._held.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Number the pages and write them out."""
        totals = Counter(state["_part"] for state in self._held)
        at: Counter[int] = Counter()
        for state in self._held:
            self.__dict__.update(state)
            at[self._part] += 1
            self._number(at[self._part], totals[self._part])
            super().showPage()
        super().save()

    def _number(self, page: int, total: int) -> None:
        document = self._document
        if not document.footer or document.paper.is_roll:
            return
        self.setFillColor(black)
        self.setFont(FAMILY + "-I", 8)
        right = document.page_mm[0] - document.margins.right
        self.drawRightString(right * mm, _foot_mm(document) * mm, f"Trang {page}/{total}")


def _foot_mm(document: PrintDocument) -> float:
    return min(9.0, document.margins.bottom * 0.55)


def _decorate(document: PrintDocument, canvas: Any, template: Any) -> None:
    width, height = template.pageTemplate.pagesize
    if document.watermark:
        canvas.saveState()
        canvas.setFont(FAMILY + "-B", min(60, width / 6))
        canvas.setFillColor(Color(0.88, 0.88, 0.88))
        canvas.translate(width / 2, height / 2)
        canvas.rotate(45)
        canvas.drawCentredString(0, 0, printable(document.watermark))
        canvas.restoreState()
    if document.footer and not document.paper.is_roll:
        room = width - (document.margins.left + document.margins.right) * mm
        footer = _cut_to(printable(document.footer), room - _NUMBER_ROOM_PT)
        canvas.setFont(FAMILY + "-I", 8)
        canvas.drawString(document.margins.left * mm, _foot_mm(document) * mm, footer)


def _cut_to(words: str, room: float) -> str:
    """A footer only repeats what stands above: it may end in an ellipsis."""
    if stringWidth(words, FAMILY + "-I", 8) <= room:
        return words
    while words and stringWidth(words + "…", FAMILY + "-I", 8) > room:
        words = words[:-1]
    return words + "…"


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
            xmp["dc:title"] = printable(document.title)
            xmp["dc:language"] = {document.language}
            xmp["xmp:CreateDate"] = made_at.isoformat(timespec="seconds")
        out = io.BytesIO()
        opened.save(out, min_version="1.7", deterministic_id=True)
    return out.getvalue()
