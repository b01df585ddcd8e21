"""What an IPP printer's attributes mean. Source: RFC 8011 §5.4, PWG 5100.3, PWG 5100.13."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from printing.document import PaperSize
from printing.drivers import PrinterFacts
from printing.drivers.ipp_message import Value, collections, number, pairs, strings
from printing.errors import (
    CoverOpen,
    OutOfPaper,
    OutOfToner,
    OutputFull,
    PaperJam,
    PrinterOffline,
    PrinterPaused,
    PrintProblem,
    TrayMissing,
)

Said = Mapping[str, Sequence[Value]]
ASKED = [
    "printer-make-and-model", "printer-state", "printer-state-reasons", "queued-job-count",
    "printer-is-accepting-jobs", "document-format-supported", "media-supported", "media-ready",
    "media-col-ready", "media-source-supported", "sides-supported", "copies-supported",
    "pwg-raster-document-resolution-supported", "pwg-raster-document-sheet-back",
    "pwg-raster-document-type-supported",
]  # fmt: skip
_REASONS: tuple[tuple[str, type[PrintProblem]], ...] = (
    ("media-jam", PaperJam),
    ("cover-open", CoverOpen),
    ("door-open", CoverOpen),
    ("interlock", CoverOpen),
    ("input-tray-missing", TrayMissing),
    ("media-empty", OutOfPaper),
    ("media-needed", OutOfPaper),
    ("output-area-full", OutputFull),
    ("output-tray-missing", OutputFull),
    ("toner-empty", OutOfToner),
    ("marker-supply-empty", OutOfToner),
    ("marker-waste-full", OutOfToner),
    ("paused", PrinterPaused),
    ("offline", PrinterOffline),
    ("shutdown", PrinterOffline),
    ("timed-out", PrinterOffline),
    ("connecting-to-device", PrinterOffline),
)
_REMARKS = {
    "media-low": "Sắp hết giấy.",
    "toner-low": "Sắp hết mực.",
    "marker-supply-low": "Sắp hết mực.",
    "marker-waste-almost-full": "Hộp mực thải sắp đầy.",
    "output-area-almost-full": "Khay ra giấy sắp đầy.",
}
_STOPPED = 5


def problem_of(reasons: Sequence[str]) -> PrintProblem | None:
    """Return what printer-state-reasons mean for hands, None if nothing is wrong.

    A jam outranks an open cover, which outranks an empty tray.
    """
    for word, problem in _REASONS:
        if any(reason.startswith(word) for reason in reasons):
            return problem()
    return None


def trouble_of(said: Said) -> PrintProblem | None:
    """Return why a printer would not print now, None if it would."""
    problem = problem_of(strings(said, "printer-state-reasons"))
    if problem is None and list(said.get("printer-is-accepting-jobs", ())) == [False]:
        problem = PrinterPaused("Máy in không nhận lệnh in.")
    if problem is None and number(said, "printer-state") == _STOPPED:
        problem = PrinterPaused()
    return problem


def facts_of(said: Said) -> PrinterFacts:
    """Return what a printer says of itself, in our words."""
    reasons = strings(said, "printer-state-reasons")
    remarks = {w for word, w in _REMARKS.items() for r in reasons if r.startswith(word)}
    waiting = said.get("queued-job-count")
    return PrinterFacts(
        model=next(iter(strings(said, "printer-make-and-model")), ""),
        problem=trouble_of(said),
        remarks=tuple(sorted(remarks)),
        papers=_papers(strings(said, "media-supported")),
        loaded=_papers(strings(said, "media-ready")),
        trays=tuple(t for t in strings(said, "media-source-supported") if t != "auto"),
        duplex="two-sided-long-edge" in strings(said, "sides-supported"),
        formats=tuple(strings(said, "document-format-supported")),
        waiting=number(said, "queued-job-count") if waiting else None,
    )


def lacks_paper(said: Said, paper: PaperSize, tray: str) -> bool:
    """Tell whether a size surely does not lie in the tray asked for, or in any."""
    loaded = strings(said, "media-ready")
    if not loaded:
        return False
    if not tray:
        return paper.ipp_media not in loaded
    in_tray = [
        c for c in collections(said, "media-col-ready") if tray in strings(c, "media-source")
    ]
    return bool(in_tray) and not any(_is_size(c, paper) for c in in_tray)


def _is_size(loaded: Said, paper: PaperSize) -> bool:
    wanted = [round(mm * 100) for mm in paper.size_mm]
    return any(
        [number(size, "x-dimension"), number(size, "y-dimension")] == wanted
        for size in collections(loaded, "media-size")
    )


def _papers(names: Sequence[str]) -> tuple[PaperSize, ...]:
    return tuple(paper for paper in PaperSize if paper.ipp_media in names)


def raster_dpi(said: Said) -> int:
    """Return the resolution for PWG raster nearest to 300 dpi that the printer takes."""
    offered = [x for x, y in pairs(said, "pwg-raster-document-resolution-supported") if x == y]
    return min(offered, key=lambda dpi: abs(dpi - 300), default=300)


def most_copies(said: Said) -> int:
    """Return how many copies the printer makes by itself; 1 if it does not say."""
    return max((upper for _, upper in pairs(said, "copies-supported")), default=1)
