"""What is wrong with a page, judged while the citizen still sits there. It never blocks."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum

import msgspec


class Mark(StrEnum):
    """One thing that a clerk should look at."""

    BLANK = "blank"
    BLURRED = "blurred"
    DARK = "dark"
    FAINT = "faint"
    SKEWED = "skewed"
    CUT_OFF = "cut_off"
    UPSIDE_DOWN = "upside_down"
    SIDEWAYS = "sideways"
    TOO_SMALL = "too_small"

    @property
    def words(self) -> str:
        """As shown on the page."""
        return _WORDS[self][0]

    @property
    def advice(self) -> str:
        """What hands can do about it."""
        return _WORDS[self][1]


_WORDS: dict[Mark, tuple[str, str]] = {
    Mark.BLANK: ("trang trắng", "Bỏ trang (Del) nếu đúng là mặt trắng."),
    Mark.BLURRED: ("mờ", "Lau kính máy quét, giữ yên máy ảnh, rồi quét lại."),
    Mark.DARK: ("tối", "Quét lại sáng hơn; chụp ảnh thì ra chỗ sáng."),
    Mark.FAINT: ("nhạt", "Bấm K làm rõ chữ, hoặc quét lại đậm hơn."),
    Mark.SKEWED: ("lệch", "Đặt lại giấy cho thẳng rồi quét lại."),
    Mark.CUT_OFF: ("mất mép", "Chữ chạm mép ảnh: đặt lại giấy rồi quét lại."),
    Mark.UPSIDE_DOWN: ("ngược đầu", "Bấm R hai lần để xoay."),
    Mark.SIDEWAYS: ("nằm ngang", "Bấm R để xoay."),
    Mark.TOO_SMALL: ("ảnh nhỏ", "Quét lại từ 200 dpi; ảnh gửi qua tin nhắn thì gửi dạng tệp."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What was measured on a page.

    Attributes:
        ink: share of the page, margins left out, that is darker than its paper.
        paper: brightness of the paper, 0 to 255.
        contrast: how much darker than the paper the darkest ink is, 0 to 255.
        rise_mm: how wide the sharpest edges are.
        skew_deg: clockwise, within 15 degrees; 0 where there are no lines.
        touching: letters that touch the worst edge.
        upright: -1 (on its head) to 1; 0 where it cannot be told.
        sideways: how much better the lines fit when turned by 90 degrees; 1 is equal.
        dpi: resolution, guessed from an A4 sheet if the picture does not say.
    """

    ink: float
    paper: float
    contrast: float
    rise_mm: float
    skew_deg: float
    touching: int
    upright: float
    sideways: float
    dpi: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where a measure becomes a mark; data, in resources/quality.toml."""

    blank_ink: float
    dark_paper: float
    faint_contrast: float
    blurred_rise_mm: float
    blurred_rise_px: float
    skewed_deg: float
    touching_letters: int
    upside_down: float
    sideways: float
    small_dpi: int


def read_thresholds(text: str) -> Thresholds:
    """Read resources/quality.toml.

    Raises:
        ValueError: it is not understood.
    """
    return msgspec.convert(tomllib.loads(text), Thresholds)


def judge(found: Measures, limits: Thresholds) -> tuple[Mark, ...]:
    """Return the marks of a page, gravest first; of a blank page nothing more is said."""
    if found.dpi < limits.small_dpi and found.ink < limits.blank_ink:
        return (Mark.BLANK, Mark.TOO_SMALL)
    if found.ink < limits.blank_ink:
        return (Mark.BLANK,)
    is_sideways = found.sideways > limits.sideways
    marks = (
        (Mark.CUT_OFF, found.touching >= limits.touching_letters),
        (Mark.BLURRED, _is_blurred(found, limits)),
        (Mark.DARK, found.paper < limits.dark_paper),
        (Mark.FAINT, found.contrast < limits.faint_contrast),
        (Mark.SIDEWAYS, is_sideways),
        (Mark.UPSIDE_DOWN, not is_sideways and found.upright < limits.upside_down),
        (Mark.SKEWED, abs(found.skew_deg) > limits.skewed_deg),
        (Mark.TOO_SMALL, found.dpi < limits.small_dpi),
    )
    return tuple(mark for mark, holds in marks if holds)


def _is_blurred(found: Measures, limits: Thresholds) -> bool:
    """Tell whether edges are wide on the sheet, and not only for want of pixels."""
    rise_px = found.rise_mm * found.dpi / 25.4
    return found.rise_mm > limits.blurred_rise_mm and rise_px > limits.blurred_rise_px


def page_count_words(scanned: int, sheets: int, pages: int = 0) -> str:
    """Say what is wrong with the number of pages of a paper, "" if nothing is.

    Args:
        scanned: pages of the paper that are there, blank ones left out.
        sheets: documents handed in; each has a page at least.
        pages: how many pages the paper is said to have, 0 if nobody said.

    Source: TT 01/2023/TT-VPCP Điều 8 (as many images as pages).
    """
    if not scanned:
        return ""  # not scanned yet is another matter
    if pages and scanned != pages:
        what = "thiếu" if scanned < pages else "thừa"
        return f"{what} {abs(pages - scanned)} trang ({scanned}/{pages})"
    if scanned < sheets:
        return f"thiếu {sheets - scanned} trang ({scanned} trang, {sheets} bản)"
    return ""
