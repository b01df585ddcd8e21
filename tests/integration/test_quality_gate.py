"""The quality gate on labelled pages: how often it is right, and how often it cries wolf.

Shown with `-s`; docs/pages.md has the figures of a run with QMC_SEEDS=40.
"""

from __future__ import annotations

import os
import sys
from collections import Counter

import cv2
import numpy as np
import pytest

from app.domain.page_quality import Mark, judge
from app.scanning.measuring import measure
from app.services.page_care import thresholds
from tests.support.pages import Labelled, labelled, sparse

SEEDS = int(os.environ.get("QMC_SEEDS", "4"))
MARKS: tuple[Mark | None, ...] = (None, *Mark)


def marks_of(page: Labelled) -> tuple[Mark, ...]:
    grey = cv2.imdecode(np.frombuffer(page.image, np.uint8), cv2.IMREAD_GRAYSCALE)
    return judge(measure(grey.astype(np.uint8), page.dpi), thresholds())


@pytest.fixture(scope="module")
def confusion() -> dict[Mark | None, Counter[str]]:
    """Return for each label how often each mark was given; "—" for none at all."""
    found: dict[Mark | None, Counter[str]] = {}
    for mark in MARKS:
        tally = found.setdefault(mark, Counter())
        for seed in range(SEEDS):
            given = marks_of(labelled(mark, 1000 + seed))
            tally.update([one.value for one in given] or ["—"])
    lines = [f"\n{SEEDS} pages a label; rows are labels, columns what the gate said"]
    columns = ["—", *(mark.value for mark in Mark)]
    lines.append("".join(f"{name[:11]:>12}" for name in ("", *columns)))
    for label, tally in found.items():
        name = label.value if label else "good"
        lines.append(f"{name:>12}" + "".join(f"{tally[c]:>12}" for c in columns))
    sys.stdout.write("\n".join(lines) + "\n")
    return found


@pytest.mark.parametrize("mark", list(Mark))
def test_what_is_wrong_is_found(confusion: dict[Mark | None, Counter[str]], mark: Mark) -> None:
    assert confusion[mark][mark.value] >= 0.9 * SEEDS


def test_a_good_page_is_left_alone(confusion: dict[Mark | None, Counter[str]]) -> None:
    assert confusion[None]["—"] >= 0.95 * SEEDS


def test_no_mark_is_given_where_something_else_is_wrong(
    confusion: dict[Mark | None, Counter[str]],
) -> None:
    false = Counter(
        {
            mark.value: sum(tally[mark.value] for label, tally in confusion.items()
                            if label is not mark)
            for mark in Mark
        }
    )  # fmt: skip
    # a page that is hard to read for one reason may look so for another
    for mark, count in false.items():
        assert count <= 0.15 * SEEDS * (len(MARKS) - 1), (mark, false)


def test_a_page_with_a_few_lines_is_neither_blank_nor_bad() -> None:
    assert [marks_of(sparse(seed)) for seed in range(4)] == [()] * 4


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (16, 16), (40, 3000)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_no_picture_is_too_strange_to_measure(size: tuple[int, int], value: int) -> None:
    found = measure(np.full(size, value, np.uint8), 0)
    assert judge(found, thresholds()) is not None


def test_noise_alone_is_measured_too() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (800, 600)).astype(np.uint8)
    assert isinstance(judge(measure(noise, 0), thresholds()), tuple)
