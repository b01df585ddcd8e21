"""Searchable pages: PDF/A with Vietnamese text, made in idle time where OCR is installed.

Without OCRmyPDF or Tesseract's Vietnamese everything else works; `trouble`
says what is missing.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from app.errors import AppError
from app.models.base import PageRow
from app.paths import passing_folder
from app.services.desk import Desk
from printing.raster import PDFIUM

_PATIENCE_S = 180.0
_SECRETS = ("QMC_USER", "QMC_PIN", "QMC_PASSWORD")


class NoText(AppError):
    """No text could be read from a page; the page itself is as it was."""


def trouble() -> str:
    """Return what keeps text from being read, in words; "" if nothing does."""
    if _program() is None:
        return "Chưa cài OCRmyPDF: trang quét không tìm được theo chữ; mọi việc khác vẫn chạy."
    if "vie" not in _languages():
        return (
            "Tesseract chưa có tiếng Việt (tesseract-ocr-vie): trang quét không tìm được "
            "theo chữ; mọi việc khác vẫn chạy."
        )
    return ""


def searchable(image: bytes, cancel: threading.Event | None = None) -> bytes:
    """Return a page as PDF/A with its text laid under the picture.

    Args:
        image: JPEG, PNG or TIFF with its resolution.
        cancel: looked at five times a second; the reader is ended then.

    Raises:
        NoText: OCR is not installed, was cancelled, or failed on this page.
    """
    missing = trouble()
    if missing:
        raise NoText(missing, "Cài ocrmypdf và tesseract-ocr-vie nếu cần tìm theo chữ.")
    import img2pdf

    program = _program()
    assert program is not None
    with passing_folder("qmc-ocr-") as name:
        source, target = Path(name) / "page.pdf", Path(name) / "text.pdf"
        try:
            source.write_bytes(img2pdf.convert(io.BytesIO(image)))
            _read(
                [*program, "-l", "vie", "--output-type", "pdfa", "--jobs", "1", "--quiet",
                 str(source), str(target)],
                cancel or threading.Event(), Path(name),
            )  # fmt: skip
        except (img2pdf.ImageOpenError, ValueError) as error:
            raise _failed() from error
        if not target.exists():
            raise _failed()
        return target.read_bytes()


def _read(command: list[str], cancel: threading.Event, folder: Path) -> None:
    """Run the reader to its good end; what it puts down meanwhile lies in `folder`.

    Raises:
        NoText: it ended badly, took too long, or was cancelled.
    """
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=_environment() | {"TMPDIR": str(folder)}, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + _PATIENCE_S
    try:
        while process.poll() is None:
            if cancel.wait(0.2) or time.monotonic() > deadline:
                raise _failed()
        if process.returncode != 0:
            raise _failed()
    finally:
        if process.poll() is None:
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)  # Tesseract is its child
            process.kill()
            process.wait()


def make_searchable(desk: Desk, limit: int = 1, cancel: threading.Event | None = None) -> int:
    """Make own attached pages searchable, in any order; return how many were done.

    The PDF lies in the blob folder; it is of this station only and never sent.

    Raises:
        NoText: OCR is not installed, or failed on a page.
    """
    with desk.store.database.reading() as session:
        rows = session.execute(
            select(PageRow.page, PageRow.sha256)
            .where(PageRow.is_own, PageRow.derived == "", PageRow.removed.is_(False))
            .order_by(PageRow.page)
            .limit(limit)
        ).all()
    for row in rows:
        pdf = searchable(desk.store.blobs.get(row.sha256), cancel)
        sha256 = desk.store.blobs.put(pdf)
        with desk.store.database.writing() as session:
            attached = session.get(PageRow, row.page)
            if attached is not None:
                attached.derived = sha256
    return len(rows)


def text_of(desk: Desk, page: UUID) -> str:
    """Return the text of an attached page, "" while nobody read it."""
    with desk.store.database.reading() as session:
        row = session.get(PageRow, page)
        derived = row.derived if row is not None else ""
    if not derived:
        return ""
    import pypdfium2

    pdf = desk.store.blobs.get(derived)
    with PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return "\n".join(sheet.get_textpage().get_text_range() for sheet in document)
        finally:
            document.close()


def _program() -> list[str] | None:
    """Return how OCRmyPDF is started, None if it is not installed."""
    beside = Path(sys.executable).with_name("ocrmypdf")
    if beside.exists():
        return [str(beside)]
    found = shutil.which("ocrmypdf")
    return [found] if found else None


def _languages() -> set[str]:
    try:
        found = subprocess.run(
            ["tesseract", "--list-langs"],
            capture_output=True, timeout=20, check=False, env=_environment(),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return set(found.stdout.decode("utf-8", "replace").split())


def _environment() -> dict[str, str]:
    """Return the environment of the child: one thread, which is five times as fast, no secrets."""
    return {k: v for k, v in os.environ.items() if k not in _SECRETS} | {"OMP_THREAD_LIMIT": "1"}


def _failed() -> NoText:
    return NoText("Chưa đọc được chữ trên trang này.", "Trang vẫn lưu và gửi như thường.")
