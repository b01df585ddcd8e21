"""Made-up sheets of paper and what scanners and telephones make of them, each with its label."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from app.domain.page_quality import Mark

FONTS = Path(__file__).parents[2] / "resources" / "fonts"
DPI = 200
A4 = (1654, 2339)
Picture = npt.NDArray[np.uint8]
_TEXT = (
    "uỷ ban nhân dân phường đề nghị xác nhận tình trạng hôn nhân của ông bà sinh ngày tháng năm "
    "hiện cư trú tại tổ dân phố đường số giấy tờ tuỳ thân căn cước do cục cảnh sát quản lý hành "
    "chính về trật tự xã hội cấp tôi cam đoan những nội dung khai trên đây là đúng sự thật và "
    "chịu trách nhiệm trước pháp luật về cam đoan của mình kính gửi người yêu cầu ký ghi rõ họ "
    "tên quan hệ với người được khai sinh nơi sinh bệnh viện đa khoa quê quán dân tộc quốc tịch"
)
_WORDS = _TEXT.split()


@dataclass(frozen=True)
class Labelled:
    """A page and what is wrong with it, None if nothing is."""

    image: bytes
    dpi: int
    mark: Mark | None
    seed: int


@cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "LiberationSerif-Bold.ttf" if bold else "LiberationSerif-Regular.ttf"
    return ImageFont.truetype(str(FONTS / name), size)


def sheet(seed: int, *, seal: bool = False, dpi: int = DPI, few: bool = False) -> Picture:
    """Return a sheet of print as it left the printer, BGR, A4."""
    rng = random.Random(seed)
    scale = dpi / DPI
    size = (round(A4[0] * scale), round(A4[1] * scale))
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    margin, y = round(170 * scale), round(150 * scale)
    body = _font(round(rng.choice((34, 36, 39)) * scale))
    head = _font(round(36 * scale), bold=True)
    draw.text((size[0] // 2, y), "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM", "black", head, anchor="ma")
    y += round(52 * scale)
    draw.text((size[0] // 2, y), "Độc lập - Tự do - Hạnh phúc", "black", head, anchor="ma")
    y += round(120 * scale)
    draw.text((size[0] // 2, y), "TỜ KHAI ĐĂNG KÝ", "black", head, anchor="ma")
    y += round(110 * scale)
    for _ in range(2 if few else rng.randint(14, 26)):
        line = ""
        while draw.textlength(line, body) < size[0] - 2 * margin - 120 * scale:
            line += rng.choice(_WORDS) + rng.choice((" ", " ", " ", ", "))
        draw.text((margin, y), line.strip().capitalize(), "black", body)
        y += round(58 * scale)
        if y > size[1] - 420 * scale:
            break
    _signature(draw, rng, (round(size[0] * 0.62), min(y + 90, size[1] - 330)), scale)
    if seal:
        _seal(draw, (round(size[0] * 0.6), min(y + 60, size[1] - 360)), scale)
    return np.ascontiguousarray(np.array(image)[:, :, ::-1])


def _signature(draw: ImageDraw.ImageDraw, rng: random.Random, at: tuple[int, int],
               scale: float) -> None:  # fmt: skip
    x, y = at
    points = [(x, y)]
    for _ in range(14):
        x += round(rng.uniform(-6, 34) * scale)
        points.append((x, y + round(rng.uniform(-55, 55) * scale)))
    draw.line(points, fill=(30, 40, 120), width=max(2, round(4 * scale)), joint="curve")


def _seal(draw: ImageDraw.ImageDraw, at: tuple[int, int], scale: float) -> None:
    x, y = at
    r = round(140 * scale)
    red = (190, 30, 45)
    for inset in (0, 12, 60):
        i = round(inset * scale)
        draw.ellipse((x + i, y + i, x + 2 * r - i, y + 2 * r - i), outline=red,
                     width=max(2, round(5 * scale)))  # fmt: skip
    draw.text((x + r, y + r), "UBND", red, _font(round(44 * scale), bold=True), anchor="mm")


def scanned(
    page: Picture,
    seed: int,
    *,
    skew: float | None = None,
    paper: float | None = None,
    noise: float | None = None,
) -> Picture:
    """Return what a good scanner makes of a sheet: a little crooked, a little noisy."""
    rng = np.random.default_rng(seed)
    skew = rng.uniform(-1.5, 1.5) if skew is None else skew
    paper = rng.uniform(232, 252) if paper is None else paper
    noise = rng.uniform(1.5, 5.0) if noise is None else noise
    height, width = page.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1.0)
    crooked = cv2.warpAffine(page, matrix, (width, height), borderValue=(255, 255, 255))
    soft = cv2.GaussianBlur(crooked, (0, 0), 0.6).astype(np.float32)
    grain = rng.standard_normal(soft.shape[:2], np.float32)[:, :, None] * noise
    shown = 25 + soft * (paper - 25) / 255 + grain
    return np.clip(shown, 0, 255).astype(np.uint8)


def as_jpeg(page: Picture, dpi: int = DPI, *, grey: bool = False, quality: int = 88) -> bytes:
    """Return a picture as a scanner sends it."""
    image = Image.fromarray(np.ascontiguousarray(page[:, :, ::-1]))
    out = io.BytesIO()
    extra = {"dpi": (dpi, dpi)} if dpi else {}
    (image.convert("L") if grey else image).save(out, "JPEG", quality=quality, **extra)
    return out.getvalue()


# ---- pages with one thing wrong ----------------------------------------------------------------


def _good(seed: int) -> tuple[Picture, int]:
    return scanned(sheet(seed, seal=seed % 3 == 0), seed), DPI


def _sparse(seed: int) -> tuple[Picture, int]:
    return scanned(sheet(seed, few=True), seed), DPI


def _blank(seed: int) -> tuple[Picture, int]:
    page = np.full((A4[1], A4[0], 3), 255, np.uint8)
    if seed % 2:  # the back of a printed sheet: it shines through
        back = sheet(seed)[:, ::-1]
        through = random.Random(seed).uniform(0.04, 0.11)
        page = (255 - (255 - back.astype(np.float32)) * through).astype(np.uint8)
        page = cv2.GaussianBlur(page, (0, 0), 2.0).astype(np.uint8)
    return scanned(page, seed), DPI


def _blurred(seed: int) -> tuple[Picture, int]:
    page = scanned(sheet(seed), seed, noise=0.0)
    strength = random.Random(seed).uniform(3.0, 6.0)
    if seed % 2:
        return cv2.GaussianBlur(page, (0, 0), strength).astype(np.uint8), DPI
    length = round(strength * 4) | 1  # it moved to the side
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    return cv2.filter2D(page, -1, kernel).astype(np.uint8), DPI


def _dark(seed: int) -> tuple[Picture, int]:
    return scanned(sheet(seed), seed, paper=random.Random(seed).uniform(85, 135)), DPI


def _faint(seed: int) -> tuple[Picture, int]:
    strength = random.Random(seed).uniform(0.20, 0.30)
    page = 255 - (255 - sheet(seed).astype(np.float32)) * strength
    return scanned(page.astype(np.uint8), seed, noise=2.0), DPI


def _skewed(seed: int) -> tuple[Picture, int]:
    rng = random.Random(seed)
    return scanned(sheet(seed), seed, skew=rng.choice((-1, 1)) * rng.uniform(9.5, 14)), DPI


def _cut_off(seed: int) -> tuple[Picture, int]:
    page = scanned(sheet(seed), seed, skew=0.0)
    width = page.shape[1]
    gone = random.Random(seed).randint(240, 330)
    side = seed % 3
    if side == 0:
        return np.ascontiguousarray(page[:, gone:]), DPI
    if side == 1:
        return np.ascontiguousarray(page[:, : width - gone]), DPI
    return np.ascontiguousarray(page[170:]), DPI  # through the first line


def _upside_down(seed: int) -> tuple[Picture, int]:
    return np.ascontiguousarray(np.rot90(scanned(sheet(seed), seed), 2)), DPI


def _sideways(seed: int) -> tuple[Picture, int]:
    return np.ascontiguousarray(np.rot90(scanned(sheet(seed), seed), 1 + 2 * (seed % 2))), DPI


def _too_small(seed: int) -> tuple[Picture, int]:
    dpi = random.Random(seed).randint(70, 120)
    page = scanned(sheet(seed), seed)
    size = (round(8.27 * dpi), round(11.69 * dpi))
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return small, dpi if seed % 2 else 0


_MAKERS: dict[Mark | None, Callable[[int], tuple[Picture, int]]] = {
    None: _good,
    Mark.BLANK: _blank,
    Mark.BLURRED: _blurred,
    Mark.DARK: _dark,
    Mark.FAINT: _faint,
    Mark.SKEWED: _skewed,
    Mark.CUT_OFF: _cut_off,
    Mark.UPSIDE_DOWN: _upside_down,
    Mark.SIDEWAYS: _sideways,
    Mark.TOO_SMALL: _too_small,
}


def labelled(mark: Mark | None, seed: int) -> Labelled:
    """Return a page with one thing wrong, or nothing."""
    page, dpi = _MAKERS[mark](seed)
    return Labelled(as_jpeg(page, dpi, grey=True), dpi, mark, seed)


def sparse(seed: int) -> Labelled:
    """Return a good page with a few lines only."""
    page, dpi = _sparse(seed)
    return Labelled(as_jpeg(page, dpi, grey=True), dpi, None, seed)


def photograph(seed: int, *, size: tuple[int, int] = (1500, 2000)) -> tuple[Picture, Picture]:
    """Return (a sheet lying askew on a dark table as a telephone sees it, its four corners)."""
    rng = np.random.default_rng(seed)
    page = sheet(seed, seal=seed % 2 == 0)
    width, height = size
    height_px, width_px = page.shape[:2]

    def near(x: float, y: float) -> tuple[float, float]:
        return (width * (x + rng.uniform(-0.05, 0.05)), height * (y + rng.uniform(-0.05, 0.05)))

    corners = np.array([near(0.14, 0.12), near(0.86, 0.12), near(0.9, 0.9), near(0.1, 0.9)])
    source = np.array([[0, 0], [width_px, 0], [width_px, height_px], [0, height_px]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    table = rng.normal(70, 12, (height, width, 3)).clip(0, 255).astype(np.uint8)
    lit = cv2.warpPerspective(page, matrix, size)
    mask = cv2.warpPerspective(np.full(page.shape[:2], 255, np.uint8), matrix, size)
    shade = np.linspace(0.75, 1.0, width, dtype=np.float32)[None, :, None]
    lit = (lit.astype(np.float32) * shade * 0.9).astype(np.uint8)
    table[mask > 127] = lit[mask > 127]
    return table, corners.astype(np.float32)  # type: ignore[return-value]
