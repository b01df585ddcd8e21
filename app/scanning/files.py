"""Pages from files: JPEG and PNG as they are; PDF, TIFF and HEIC a picture a page."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.domain.pages import Origin
from app.scanning import pictures
from app.scanning.driver import NotReadable, Progress, ScannedPage
from app.scanning.pictures import MAX_PIXELS, Look, NotAPicture
from printing.raster import PDFIUM

PDF_DPI = 200
MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_PDF_PAGES = 500
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim")
_A4_RATIO, _A4_TOLERANCE = 2**0.5, 0.03
_KINDS = "JPEG, PNG, TIFF, HEIC hoặc PDF"


def read_files(
    files: list[Path], *, progress: Progress, cancel: threading.Event
) -> Iterator[ScannedPage]:
    """Yield the pages of files, in the order named.

    Raises:
        NotReadable: a file cannot be taken; pages before it were yielded.
    """
    count = 0
    for path in files:
        for image, origin in _pages(path, count):
            if cancel.is_set():
                return
            count += 1
            progress(count, 1.0)
            yield ScannedPage(image, "file", origin)


def _pages(path: Path, before: int) -> Iterator[tuple[bytes, Origin]]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise NotReadable(before, f"Tệp {path.name} lớn quá 200 MB.")
        content = path.read_bytes()
    except OSError as error:
        raise NotReadable(
            before, f"Không mở được tệp {path.name}.", "Kiểm tra tên và quyền đọc của tệp."
        ) from error
    if not content:
        raise NotReadable(before, f"Tệp {path.name} trống (0 byte).", "Chép hoặc quét lại tệp đó.")
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        yield _heic_page(path, content, before), Origin.PHOTOGRAPHED
    elif content[:5] == b"%PDF-":
        yield from _pdf_pages(path, content, before)
    elif content[:4] in (b"II*\0", b"MM\0*"):
        yield from _tiff_pages(path, content, before)
    else:
        yield _picture(path, content, before)


def _pdf_pages(path: Path, content: bytes, before: int) -> Iterator[tuple[bytes, Origin]]:
    import pypdfium2

    damaged = f"Tệp PDF {path.name} bị hỏng hoặc có mật khẩu."
    try:
        with PDFIUM:
            document = pypdfium2.PdfDocument(content)
            count = len(document)
    except pypdfium2.PdfiumError as error:
        raise NotReadable(before, damaged, "In ra giấy rồi quét.") from error
    try:
        if count > MAX_PDF_PAGES:
            raise NotReadable(
                before,
                f"Tệp {path.name} có {count} trang, nhiều hơn {MAX_PDF_PAGES}.",
                "Tách tệp thành các phần nhỏ rồi chọn lại.",
            )
        for number in range(count):
            try:
                with PDFIUM:
                    image, has_text, scale = _pdf_page(document, number)
            except (pypdfium2.PdfiumError, ValueError, MemoryError) as error:
                raise NotReadable(before + number, damaged, "In ra giấy rồi quét.") from error
            origin = Origin.BORN_DIGITAL if has_text else Origin.FILE
            yield pictures.as_jpeg(image, round(scale * 72)), origin
    finally:
        with PDFIUM:
            document.close()


def _pdf_page(document: Any, number: int) -> tuple[Any, bool, float]:
    """Return a page's picture, whether it holds text, and pixels a point."""
    page = document[number]
    scale = _pdf_scale(*page.get_size())
    has_text = page.get_textpage().count_chars() > 0
    image = page.render(scale=scale).to_pil().convert("RGB")
    page.close()
    return image, has_text, scale


def _pdf_scale(width_pt: float, height_pt: float) -> float:
    """Return pixels a point: as paper is read, less where a page is as large as a wall."""
    scale = PDF_DPI / 72
    area = max(1.0, width_pt * height_pt)
    return min(scale, math.sqrt(MAX_PIXELS / 2 / area))


def _tiff_pages(path: Path, content: bytes, before: int) -> Iterator[tuple[bytes, Origin]]:
    import io

    from PIL import Image, ImageSequence

    try:
        seen = pictures.look(content)
        with Image.open(io.BytesIO(content)) as opened:
            for number, frame in enumerate(ImageSequence.Iterator(opened)):
                if number >= MAX_PDF_PAGES or frame.width * frame.height > MAX_PIXELS:
                    raise NotReadable(
                        before + number, f"Tệp {path.name} có quá nhiều trang hoặc trang quá lớn."
                    )
                plain = frame.copy()
                is_plain = plain.mode in ("1", "L")
                image = pictures.as_png if plain.mode == "1" else pictures.as_jpeg
                yield (
                    image(plain if is_plain else plain.convert("RGB"), seen.dpi),
                    Origin.FILE,
                )
    except (NotAPicture, OSError, ValueError, SyntaxError, KeyError, TypeError) as error:
        raise NotReadable(before, f"Tệp {path.name} không phải ảnh hoặc đã hỏng.") from error


def _heic_page(path: Path, content: bytes, before: int) -> bytes:
    """Return a phone's HEIC photograph as JPEG; the server takes no HEIC."""
    try:
        import pillow_heif

        found = pillow_heif.open_heif(content, convert_hdr_to_8bit=True)
        width, height = found.size
        if width * height > MAX_PIXELS:
            raise ValueError("too many pixels")
        return pictures.as_jpeg(found.to_pillow(), 0, quality=92)
    except (ImportError, OSError, ValueError, EOFError, RuntimeError, MemoryError) as error:
        raise NotReadable(
            before,
            f"Tệp {path.name} là ảnh HEIC của iPhone nhưng không mở được.",
            "Trên điện thoại: Cài đặt → Camera → Định dạng → “Tương thích nhất”, chụp lại; "
            "hoặc đổi ảnh sang JPEG rồi chọn lại.",
        ) from error


def _picture(path: Path, content: bytes, before: int) -> tuple[bytes, Origin]:
    """Return the file itself, or the picture turned upright if a phone marked it so."""
    try:
        seen = pictures.look(content)
        if seen.kind not in ("JPEG", "PNG"):
            raise NotReadable(before, f"Tệp {path.name} không phải {_KINDS} (đây là {seen.kind}).")
        if seen.turned:
            return pictures.as_jpeg(pictures.upright(content), seen.dpi, quality=92), _origin(seen)
        pictures.load(content)
    except NotAPicture as error:
        raise NotReadable(
            before, f"Tệp {path.name} không phải ảnh hoặc đã hỏng.", f"Chọn tệp {_KINDS} khác."
        ) from error
    return content, _origin(seen)


def _origin(seen: Look) -> Origin:
    """Tell a photograph from a scan that came as a file.

    Messengers take the camera's marks out: what does not say its resolution
    and has not the shape of an A4 sheet is taken for a photograph too.
    """
    if seen.by_camera:
        return Origin.PHOTOGRAPHED
    ratio = max(seen.width, seen.height) / max(1, min(seen.width, seen.height))
    is_sheet = abs(ratio / _A4_RATIO - 1) <= _A4_TOLERANCE
    return Origin.FILE if seen.dpi or is_sheet else Origin.PHOTOGRAPHED
