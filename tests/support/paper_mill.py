"""Scanned stacks as they lie in an office's feeder, made up and worn as wished.

Receipts come from the product's own form and renderer; cover sheets, letters, ID cards, parcels'
labels and blank backs stand between them. All numbers are made up.
"""

from __future__ import annotations

import datetime as dt
import functools
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import barcode
import cv2
import numpy as np
import segno
from PIL import Image, ImageDraw, ImageFont

from app.domain.scans import cover_text
from printing.barcodes import code128_modules
from printing.document import PaperSize
from printing.forms import cover as cover_form
from printing.forms import receipt as receipt_form
from printing.forms.frame import CodeWords, Head
from printing.lettering import FONT_FOLDER
from printing.pdf import render
from printing.raster import rasterise

Grey = np.ndarray
MADE_AT = dt.datetime(2026, 11, 20, 9, tzinfo=dt.timezone(dt.timedelta(hours=7)))
CARD = "000190{0:06d}||Nguyễn Thị Thử {0}|01021990|Nữ|Số {0}, tổ 5, phường Minh Tâm|15042021"
_WORDS = (
    "Tôi làm đơn này đề nghị cơ quan xem xét và giải quyết theo quy định của pháp luật.",
    "Các giấy tờ kèm theo là bản chính, tôi chịu trách nhiệm về nội dung đã khai.",
    "Kính gửi Uỷ ban nhân dân phường, tôi tên là Nguyễn Văn Thử, sinh năm 1990, cư trú tại tổ 5.",
)


def size_px(dpi: int, paper: PaperSize = PaperSize.A4) -> tuple[int, int]:
    """Return width and height of a sheet in pixels."""
    width, height = paper.size_mm
    return round(width * dpi / 25.4), round(height * dpi / 25.4)


# ---- what is printed -------------------------------------------------------------------------


def _head(number: str = "") -> Head:
    return Head(
        parent_line="THÀNH PHỐ HẢI PHÒNG", name_line="UBND PHƯỜNG MINH TÂM",
        place_and_date="Minh Tâm, ngày 20 tháng 11 năm 2026", number_line=number,
    )  # fmt: skip


def receipt_pdf(code: str, paper: PaperSize = PaperSize.A5) -> bytes:
    """Return form 01 of a made-up dossier, both copies."""
    words = receipt_form.ReceiptWords(
        head=_head("Số: 0001/TNHS"),
        codes=CodeWords(
            code=code, check="X", lookup="ABCD2345",
            status_address=f"https://hs.example.vn/hs/{code}?m=ABCD2345",
        ),
        form_number="Mẫu số 01",
        title="GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
        lines=(
            ("Tiếp nhận hồ sơ của Ông (Bà)", "NGUYỄN VĂN THỬ (trực tiếp)"),
            ("Nội dung yêu cầu giải quyết", "Chứng thực bản sao từ bản chính"),
        ),
        papers_label="Thành phần hồ sơ",
        papers=(receipt_form.ReceiptPaper(name="Tờ khai", original="1"),
                receipt_form.ReceiptPaper(name="Giấy tờ kèm theo", photocopy="2")),
        numbered=(("Số lượng hồ sơ", "01 (bộ)"), ("Phí, lệ phí", "Không")),
        note="Khi đến nhận kết quả mang theo giấy này.",
        submitter_name="Nguyễn Văn Thử", clerk_name="Trần Thị Bích",
    )  # fmt: skip
    return render(receipt_form.build(words, paper), made_at=MADE_AT)


def cover_pdf(code: str, paper_key: str = "") -> bytes:
    """Return the cover sheet of a dossier, or of one paper of it."""
    scanned = cover_text(code) + (f"|{paper_key}" if paper_key else "")
    words = cover_form.CoverWords(
        head=_head(), code=code, scanned=scanned, title="Tờ bìa hồ sơ",
        lines=(("Chủ hồ sơ", "NGUYỄN VĂN THỬ"),), papers=("Tờ khai",),
    )  # fmt: skip
    return render(cover_form.build(words, PaperSize.A4), made_at=MADE_AT)


def printed(pdf: bytes, page: int, dpi: int) -> Grey:
    """Return a page of a PDF as it leaves the printer, grey."""
    raster = rasterise(pdf, dpi=dpi)[page]
    pixels = np.frombuffer(raster.pixels, np.uint8).reshape(raster.height, raster.width, 3)
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def on_glass(sheet: Grey, dpi: int, *, centred: bool = True) -> Grey:
    """Return a sheet on the white bed of an A4 scanner, at its top."""
    width, height = size_px(dpi)
    bed = np.full((height, width), 255, np.uint8)
    left = (width - sheet.shape[1]) // 2 if centred else 0
    left = max(0, left)
    part = sheet[:height, : width - left]
    bed[: part.shape[0], left : left + part.shape[1]] = part
    return bed


def receipt(code: str, dpi: int, paper: PaperSize = PaperSize.A5, pdf: bytes | None = None) -> Grey:
    """Return the office's copy of a receipt, scanned without any wear."""
    return on_glass(printed(pdf or receipt_pdf(code, paper), 1, dpi), dpi)


def cover(code: str, dpi: int, paper_key: str = "") -> Grey:
    """Return a cover sheet, scanned without any wear."""
    return on_glass(printed(cover_pdf(code, paper_key), 0, dpi), dpi)


@functools.lru_cache(maxsize=8)
def _font(px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FOLDER / "LiberationSerif-Regular.ttf"), px)


def letter(number: int, dpi: int) -> Grey:
    """Return a page of writing with a small ruled table."""
    width, height = size_px(dpi)
    page = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(page)
    font = _font(round(13 / 72 * dpi))
    mm = dpi / 25.4
    for line in range(26):
        words = f"{number}.{line + 1}. {_WORDS[(number + line) % len(_WORDS)]}"
        draw.text((25 * mm, (22 + 7.2 * line) * mm), words, font=font, fill=25)
    for row in range(7):
        y = round((220 + 8 * row) * mm)
        draw.line((25 * mm, y, 190 * mm, y), fill=30, width=max(1, round(0.25 * mm)))
    for column in range(6):
        x = round((25 + 33 * column) * mm)
        draw.line((x, 220 * mm, x, 268 * mm), fill=30, width=max(1, round(0.25 * mm)))
    return np.asarray(page).copy()


def _paste(page: Grey, stamp: Grey, x_mm: float, y_mm: float, dpi: int) -> None:
    x, y = round(x_mm * dpi / 25.4), round(y_mm * dpi / 25.4)
    page[y : y + stamp.shape[0], x : x + stamp.shape[1]] = stamp


def qr(text: str, size_mm: float, dpi: int) -> Grey:
    """Return a QR code with its quiet zone."""
    rows = np.array([list(row) for row in segno.make(text, error="m", micro=False).matrix])
    rows = np.pad(np.where(rows != 0, 0, 255).astype(np.uint8), 4, constant_values=255)
    side = round(size_mm * dpi / 25.4)
    return cv2.resize(rows, (side, side), interpolation=cv2.INTER_NEAREST)


def bars(modules: str, module_mm: float, height_mm: float, dpi: int) -> Grey:
    """Return bars given as ones and zeros, quiet zones included."""
    line = np.array([0 if bit == "1" else 255 for bit in "0" * 10 + modules + "0" * 10], np.uint8)
    width = round(len(line) * module_mm * dpi / 25.4)
    picture = cv2.resize(line[None, :], (width, 1), interpolation=cv2.INTER_NEAREST)
    return np.repeat(picture, round(height_mm * dpi / 25.4), axis=0)


def id_card(number: int, dpi: int) -> Grey:
    """Return a photocopied ID card: its QR is no code of ours."""
    page = letter(number, dpi)
    page[: round(110 * dpi / 25.4)] = 255
    draw_box = round(0.4 * dpi / 25.4) or 1
    mm = dpi / 25.4
    cv2.rectangle(page, (round(40 * mm), round(25 * mm)), (round(126 * mm), round(79 * mm)), 60,
                  draw_box)  # fmt: skip
    _paste(page, qr(CARD.format(number), 18, dpi), 104, 28, dpi)
    return page


def parcel(number: int, dpi: int) -> Grey:
    """Return a letter with somebody else's Code 128 and an EAN-13."""

    page = letter(number, dpi)
    page[: round(60 * dpi / 25.4)] = 255
    _paste(page, bars(code128_modules(f"EM{number:09d}VN"), 0.33, 14, dpi), 25, 20, dpi)
    ean = "".join(barcode.get("ean13", f"893{number:09d}").build())
    _paste(page, bars(ean, 0.33, 18, dpi), 125, 20, dpi)
    return page


def blank(dpi: int, *, shows_through: Grey | None = None) -> Grey:
    """Return an empty side, through which the other side may show."""
    width, height = size_px(dpi)
    page = np.full((height, width), 255, np.uint8)
    if shows_through is None:
        return page
    other = cv2.GaussianBlur(shows_through[:, ::-1], (0, 0), dpi / 120)
    return (255 - (255 - other[:height, :width].astype(np.float32)) * 0.10).astype(np.uint8)


# ---- what happens to it ------------------------------------------------------------------------


@dataclass(frozen=True)
class Wear:
    """What printer, people and scanner do to a sheet.

    Attributes:
        skew: most degrees either way; the least is half of it.
        noise: grey levels, one sigma.
        specks: share of pixels that turn black or white.
        blur_mm: sigma of the blur.
        contrast: 1 leaves it as it is.
        stamp: red seals across the codes.
        quality: of the JPEG.
    """

    skew: float = 0.3
    noise: float = 2.0
    specks: float = 0.0
    blur_mm: float = 0.04
    contrast: float = 1.0
    stamp: bool = False
    quality: int = 85


CLEAN = Wear()
NOISY = Wear(skew=3.0, noise=14, specks=0.002, blur_mm=0.07, contrast=0.8, quality=70)
HARD = Wear(skew=6.0, noise=25, specks=0.004, blur_mm=0.09, contrast=0.6, quality=60)
STAMPED = replace(NOISY, stamp=True)
WORST = replace(HARD, stamp=True, noise=35, contrast=0.5)
PALE = replace(NOISY, contrast=0.3)


@dataclass
class Mill:
    """Wears sheets; the same seed does the same."""

    seed: int
    dpi: int
    _noise: Grey | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def scan(self, sheet: Grey, wear: Wear, *, colour: bool = False) -> bytes:
        """Return a sheet as the JPEG that a scanner sends."""
        page = cv2.cvtColor(sheet, cv2.COLOR_GRAY2RGB) if colour else sheet
        if wear.stamp:
            page = self._stamped(page)
        angle = float(self.rng.choice((-1, 1)) * wear.skew * self.rng.uniform(0.5, 1))
        height, width = sheet.shape
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
        page = cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_LINEAR,
                              borderValue=(245, 245, 245))  # fmt: skip
        page = cv2.GaussianBlur(page, (0, 0), max(0.3, wear.blur_mm * self.dpi / 25.4))
        worn = 128 + (page.astype(np.int16) - 128) * wear.contrast
        noise = self._noise_of((height, width)) * (wear.noise / 32)
        worn = worn + (noise[:, :, None] if colour else noise)
        if wear.specks:
            count = round(wear.specks * width * height / 2)
            for level in (0, 255):
                ys, xs = self.rng.integers(0, height, count), self.rng.integers(0, width, count)
                worn[ys, xs] = level
        out = io.BytesIO()
        Image.fromarray(np.clip(worn, 0, 255).astype(np.uint8)).save(
            out, "JPEG", quality=wear.quality, dpi=(self.dpi, self.dpi)
        )
        return out.getvalue()

    def _noise_of(self, shape: tuple[int, ...]) -> Grey:
        """Return one field of noise, moved about: drawing it anew would take longest of all."""
        if self._noise is None or self._noise.shape != shape:
            drawn = self.rng.standard_normal(shape, np.float32) * 32
            self._noise = np.clip(drawn, -127, 127)
        down, right = (int(self.rng.integers(0, n)) for n in shape)
        return np.roll(self._noise, (down, right), axis=(0, 1))

    def _stamped(self, page: Grey) -> Grey:
        """Return the page with a red seal over its bars and one over its QR; grey if it is grey."""
        mm = self.dpi / 25.4
        seal = np.zeros(page.shape[:2], np.uint8)
        for x_mm in (70 + self.rng.uniform(-8, 8), 150 + self.rng.uniform(-8, 8)):
            self._seal(seal, (round(x_mm * mm), round(38 * mm)), mm)
        share = seal.astype(np.float32) / 255 * 0.85
        red = (205, 30, 45) if page.ndim == 3 else (85,)
        inked = page.astype(np.float32)
        for channel, level in enumerate(red):
            target = inked[:, :, channel] if page.ndim == 3 else inked
            target *= 1 - share * (1 - level / 255)  # ink over ink, as paper soaks it up
        return inked.astype(np.uint8)

    @staticmethod
    def _seal(onto: Grey, centre: tuple[int, int], mm: float) -> None:
        """Draw a round seal with letters in it."""
        for radius in (17.5, 16.0, 8.0):
            cv2.circle(onto, centre, round(radius * mm), 255, round(0.7 * mm))
        for at in range(12):
            x = centre[0] + round(12 * mm * np.cos(at * np.pi / 6))
            y = centre[1] + round(12 * mm * np.sin(at * np.pi / 6))
            cv2.putText(
                onto, "UBND"[at % 4], (x - 8, y + 8), cv2.FONT_HERSHEY_SIMPLEX, mm / 9, 255,
                round(0.4 * mm),
            )  # fmt: skip


# ---- stacks --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Milled:
    """A scanned page and the truth about it.

    Attributes:
        what: receipt, cover, letter, card, parcel or blank.
        owner: code of the dossier it was laid into, "" for nobody's.
        code: what its own barcode says, "" for none of ours.
    """

    image: bytes
    what: str
    owner: str
    code: str = ""
    side: str = ""


def code_of(number: int, agency: str = "H24.15") -> str:
    """Return a made-up dossier code."""
    return f"{agency}-261120-{number:04d}"


def stack(
    codes: Sequence[str],
    pages: int,
    mill: Mill,
    wears: Wear | Sequence[Wear],
    *,
    void: str = "",
    covers: bool = True,
    pdfs: Mapping[str, bytes] | None = None,
) -> Iterator[Milled]:
    """Yield a stack: dossier after dossier, each behind its receipt or its cover sheet.

    One page bears a foreign barcode, every seventh an ID card; the backs of two sheets are blank.

    Args:
        codes: of the dossiers, in order.
        pages: how many in all; at least two a dossier and a few over.
        wears: of every page, or in turns.
        void: code of one more receipt, that counts no longer, with two letters behind it;
            it lies in the middle.
        pdfs: receipts as an office really made them, by code; else they are made up.
    """
    worn = itertools.cycle((wears,) if isinstance(wears, Wear) else wears)
    dpi, number, pdfs = mill.dpi, 0, pdfs or {}
    extra = 3 if void else 0
    each, over = divmod(pages - extra - 2, len(codes))  # two blank backs
    for i, code in enumerate(codes):
        if void and i == len(codes) // 2:
            yield Milled(
                mill.scan(receipt(void, dpi, pdf=pdfs.get(void)), next(worn)), "receipt", "", void
            )
            for _ in range(2):
                number += 1
                yield Milled(mill.scan(letter(number, dpi), next(worn)), "letter", "")
        is_cover = covers and i % 3 == 2
        first = cover(code, dpi) if is_cover else receipt(code, dpi, paper_of(i), pdfs.get(code))
        has_back = i in (1, len(codes) - 1)
        side = "front" if has_back else ""
        yield Milled(
            mill.scan(first, next(worn)), "cover" if is_cover else "receipt", code, code, side
        )
        if has_back:
            back = blank(dpi, shows_through=first if i else None)
            yield Milled(mill.scan(back, next(worn)), "blank", code, side="back")
        for _ in range(each - 1 + (i < over)):
            number += 1
            what = "parcel" if number == 5 else "card" if number % 7 == 0 else "letter"
            drawn = {"parcel": parcel, "card": id_card, "letter": letter}[what](number, dpi)
            yield Milled(mill.scan(drawn, next(worn)), what, code)


def paper_of(i: int) -> PaperSize:
    """Return the size of the i-th receipt: they lie mixed."""
    return PaperSize.A4 if i % 2 else PaperSize.A5
