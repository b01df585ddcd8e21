"""Sheets with notes on them, parts of pages, and marks in words."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.page_quality import (
    Mark,
    Measures,
    judge,
    page_count_words,
    read_thresholds,
)
from app.domain.pages import WHOLE, Crop, Note, Origin, PlacedPage, notes_without_twin

LIMITS = read_thresholds(
    (Path(__file__).parents[2] / "resources" / "quality.toml").read_text("utf-8")
)
GOOD = {
    "ink": 0.04, "paper": 240.0, "contrast": 200.0, "rise_mm": 0.25, "skew_deg": 0.5,
    "touching": 0, "upright": 0.4, "sideways": 0.4, "dpi": 300,
}  # fmt: skip


def placed(*notes: Note) -> list[PlacedPage]:
    return [PlacedPage(UUID(int=i), note) for i, note in enumerate(notes, start=1)]


N, W, O = Note.NONE, Note.WITH, Note.WITHOUT  # noqa: E741


@pytest.mark.parametrize(
    ("notes", "alone"),
    [
        ([], []),
        ([N, N], []),
        ([W], [1]),
        ([O], [1]),
        ([W, O], []),
        ([O, W], []),
        ([W, N, O], [1, 3]),
        ([W, W], [1, 2]),
        ([W, O, W], [3]),
        ([W, W, O], [1]),
        ([N, W, O, N, O, W, N], []),
    ],
)
def test_a_sheet_with_a_note_needs_a_twin_beside_it(notes: list[Note], alone: list[int]) -> None:
    assert [page.int for page in notes_without_twin(placed(*notes))] == alone


def test_every_word_a_clerk_sees_is_there() -> None:
    assert all(mark.words and mark.advice for mark in Mark)
    assert all(origin.words for origin in Origin)
    assert [note.words for note in Note] == ["", "có giấy dán", "đã gỡ giấy dán"]


def test_a_good_page_has_no_mark() -> None:
    assert judge(Measures(**GOOD), LIMITS) == ()


@pytest.mark.parametrize(
    ("change", "mark"),
    [
        ({"paper": 100.0}, Mark.DARK),
        ({"contrast": 50.0}, Mark.FAINT),
        ({"rise_mm": 1.2}, Mark.BLURRED),
        ({"skew_deg": -12.0}, Mark.SKEWED),
        ({"touching": 9}, Mark.CUT_OFF),
        ({"upright": -0.5}, Mark.UPSIDE_DOWN),
        ({"sideways": 9.0, "upright": -0.5}, Mark.SIDEWAYS),
        ({"dpi": 96}, Mark.TOO_SMALL),
        ({"ink": 0.0, "rise_mm": 9.0, "contrast": 9.0}, Mark.BLANK),
    ],
)
def test_one_thing_wrong_is_one_mark(change: dict[str, float], mark: Mark) -> None:
    assert judge(Measures(**GOOD | change), LIMITS) == (mark,)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scanned", "sheets", "pages", "words"),
    [
        (0, 3, 5, ""),
        (5, 1, 5, ""),
        (4, 1, 5, "thiếu 1 trang (4/5)"),
        (7, 1, 5, "thừa 2 trang (7/5)"),
        (2, 3, 0, "thiếu 1 trang (2 trang, 3 bản)"),
        (9, 3, 0, ""),
    ],
)
def test_fewer_and_more_pages_than_said_are_named(
    scanned: int, sheets: int, pages: int, words: str
) -> None:
    assert page_count_words(scanned, sheets, pages) == words


SHARES = st.floats(0, 0.45)
CROPS = st.builds(lambda a, b, c, d: Crop(a, b, 1 - c, 1 - d), SHARES, SHARES, SHARES, SHARES)


def near(one: Crop, other: Crop) -> bool:
    return all(
        abs(getattr(one, edge) - getattr(other, edge)) < 1e-9
        for edge in ("left", "top", "right", "bottom")
    )


@given(crop=CROPS)
def test_a_part_turned_all_the_way_round_is_itself(crop: Crop) -> None:
    assert near(crop.turned(90).turned(90).turned(180), crop)
    assert near(crop.turned(270).turned(90), crop)


@given(crop=CROPS, other=CROPS)
def test_a_part_of_a_part_lies_within_it(crop: Crop, other: Crop) -> None:
    inner = other.inside(crop)
    assert crop.left <= inner.left + 1e-9
    assert inner.right <= crop.right + 1e-9
    assert crop.top <= inner.top + 1e-9
    assert inner.bottom <= crop.bottom + 1e-9
    assert near(WHOLE.inside(crop), crop)
    assert near(crop.inside(WHOLE), crop)
