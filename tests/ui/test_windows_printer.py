"""The driver for printers of Windows, tried where Qt finds printers of CUPS."""

import os
import subprocess
import sys
from pathlib import Path

import zxingcpp
from PIL import Image

from printing.alignment import page_for, render_page
from printing.document import PaperSize
from printing.raster import grey_pages
from tests.support.print_shop import print_shop
from tests.support.processes import wait_for

CODE = "THU-261120-0900"
ADDRESS = f"https://thu.invalid/{CODE}"
ROOT = Path(__file__).parents[2]
# A process of its own: the system's print library asks for its server once, and keeps it.
CHILD = """
import sys
from pathlib import Path
from PySide6.QtGui import QGuiApplication
from app.ui.windows_printer import WindowsPrinter, windows_printers
from printing.document import PaperSize
from printing.drivers import JobOptions
from printing.errors import HandedOver, PrinterOffline, PrinterRefused
app = QGuiApplication([])
assert windows_printers() == ["windows:HCC"], windows_printers()
printer = WindowsPrinter("windows:HCC")
printer.look()
assert printer.describe().problem is None
job = printer.send("Trang in thử", Path(sys.argv[1]).read_bytes(), JobOptions(paper=PaperSize.A5))
state = printer.state(job)
assert (state.outcome, type(state.problem)) == ("unknown", HandedOver)
assert printer.find("Trang in thử") is None
try:
    printer.cancel(job)
except PrinterRefused:
    pass
else:
    raise AssertionError("it cannot cancel")
gone = WindowsPrinter("windows:Khong-co")
assert isinstance(gone.describe().problem, PrinterOffline)
print("done")
"""


def test_pages_come_out_and_the_clerk_is_asked_about_them(tmp_path):
    page = tmp_path / "page.pdf"
    page.write_bytes(render_page(page_for(PaperSize.A5, CODE, ADDRESS, ("Quầy 1",))))
    with print_shop(tmp_path / "shop") as shop:
        env = os.environ | shop.env | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(page)], env=env, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout.strip() == "done", done.stderr
        (pdf,) = wait_for(lambda: shop.printed("HCC"), 30, "sheet")

        (pixels,) = grey_pages(pdf.read_bytes(), dpi=300, size_px=(1748, 2480))

    codes = {c.text for c in zxingcpp.read_barcodes(Image.fromarray(pixels))}
    assert codes == {CODE, ADDRESS}
