"""Pages from files: JPEG and PNG as they are, PDF a picture a page."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.scanning.driver import NotReadable, Progress, ScannedPage

PDF_DPI = 200
MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_PDF_PAGES = 500
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim")


def read_files(
    files: list[Path], *, progress: Progress, cancel: threading.Event
) -> Iterator[ScannedPage]:
    """Yield the pages of files, in the order named.

    Raises:
        NotReadable: a file cannot be taken; pages before it were yielded.
    """
    count = 0
    for path in files:
        for image in _pages(path, count):
            if cancel.is_set():
                return
            count += 1
            progress(count, 1.0)
            yield ScannedPage(image, "file")


def _pages(path: Path, before: int) -> Iterator[bytes]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise NotReadable(before, f"Tệp {path.name} lớn quá 200 MB.")
        content = path.read_bytes()
    except OSError as error:
        raise NotReadable(
            before, f"Không mở được tệp {path.name}.", "Kiểm tra tên và quyền đọc của tệp."
        ) from error
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        raise NotReadable(
            before,
            f"Tệp {path.name} là ảnh HEIC của iPhone.",
            "Trên điện thoại: Cài đặt → Camera → Định dạng → “Tương thích nhất”, chụp lại; "
            "hoặc đổi ảnh sang JPEG rồi chọn lại.",
        )
    if content[:5] == b"%PDF-":
        yield from _pdf_pages(path, content, before)
    else:
        yield _upright(path, content, before)


def _pdf_pages(path: Path, content: bytes, before: int) -> Iterator[bytes]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise NotReadable(
            before, f"Tệp PDF {path.name} bị hỏng hoặc có mật khẩu.", "In ra giấy rồi quét."
        ) from error
    try:
        if len(document) > MAX_PDF_PAGES:
            raise NotReadable(before, f"Tệp {path.name} có hơn {MAX_PDF_PAGES} trang.")
        for page in document:
            image = page.render(scale=PDF_DPI / 72).to_pil().convert("RGB")
            yield _jpeg(image, PDF_DPI)
    finally:
        document.close()


def _upright(path: Path, content: bytes, before: int) -> bytes:
    """Return the file itself, or the picture turned upright if a phone marked it so."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as opened:
            kind = opened.format
            turned = opened.getexif().get(0x0112, 1) != 1
            if kind not in ("JPEG", "PNG"):
                raise NotReadable(
                    before, f"Tệp {path.name} không phải JPEG, PNG hoặc PDF ({kind})."
                )
            if not turned:
                opened.load()
                return content
            dpi = round(float(opened.info.get("dpi", (0, 0))[0]))
            return _jpeg(ImageOps.exif_transpose(opened).convert("RGB"), dpi)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise NotReadable(before, f"Tệp {path.name} không phải ảnh hoặc đã hỏng.") from error


def _jpeg(image: Any, dpi: int) -> bytes:
    out = io.BytesIO()
    extra = {"dpi": (dpi, dpi)} if dpi else {}
    image.save(out, "JPEG", quality=85, optimize=True, **extra)
    return out.getvalue()
