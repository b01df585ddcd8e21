"""Test pages: a page that shows what a printer does, for any printer."""

from __future__ import annotations

from app.domain.scans import INPUT_METHOD_TEXT, TEST_PREFIX
from app.services.desk import Clerk, Desk
from app.services.print_jobs import Printout
from printing.alignment import page_for, render_page, roll_page
from printing.document import PaperSize
from printing.drivers.models import DEFAULT, model_named
from printing.drivers.opening import is_thermal, label_of, model_of

FORM = "test"


def make_page(desk: Desk, clerk: Clerk, printer: str, paper: PaperSize) -> Printout:
    """Return a test page for a printer, stored: a sheet, or as wide as the printer's roll.

    Raises:
        StoreProblem: it could not be kept.
    """
    now = desk.now()
    code = f"{TEST_PREFIX}{now:%y%m%d-%H%M}"
    lines = (
        f"Máy in: {label_of(printer)}",
        f"Cỡ giấy: {'cuộn' if is_thermal(printer) else paper.value}",
        f"{desk.store.station.name} · {clerk.display_name}",
        f"{now:%H:%M ngày %d/%m/%Y}",
    )
    address = f"https://thu.invalid/{code}"
    if is_thermal(printer):
        width_mm = model_named(model_of(printer) or DEFAULT).width_mm
        page = roll_page(width_mm, code, address, lines, INPUT_METHOD_TEXT)
    else:
        page = page_for(paper, code, address, lines, INPUT_METHOD_TEXT)
    pdf = render_page(page)
    return Printout(
        dossier=None,
        code="",
        form=FORM,
        version=1,
        copy=1,
        title=f"Trang in thử {code}",
        paper=paper,
        sha256=desk.store.blobs.put(pdf),
        pdf=pdf,
    )
