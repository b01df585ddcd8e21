"""Measures a page: how dark, how sharp, how straight, which way up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.domain.page_quality import Measures

Picture = npt.NDArray[np.uint8]
Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.uint8]

_SHEET_INCH = 11.69  # the long side of A4
_SMALL = 1170  # pixels of the long side: A4 at 100 dpi
_SKEW_SIDE = 800
_COARSE_SIDE = 400
_UPRIGHT_SIDE = 1754
_SKEW_RANGE_DEG = 15.0
_SHOW_THROUGH = 40.0  # what shines through from the back is not this dark
_MARGIN = 0.03
_LEAST_SIDE = 32


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page flattened: paper is white wherever the light fell.

    Attributes:
        flat: grey, long side about 1,170 pixels, paper at 255.
        ink: 255 where there is ink.
        paper: brightness of the paper as it came.
        contrast: of the darkest ink against it.
    """

    flat: Grey
    ink: Mask
    paper: float
    contrast: float


def measure(grey: Grey, dpi: int) -> Measures:
    """Measure a page.

    Args:
        grey: height × width.
        dpi: 0 if unknown.
    """
    if min(grey.shape) < _LEAST_SIDE:
        missing = [(0, max(0, _LEAST_SIDE - side)) for side in grey.shape]
        grey = np.pad(grey, missing, mode="edge")
    sheet = flatten(grey)
    height, width = sheet.ink.shape
    inner = sheet.ink[
        round(height * _MARGIN) : height - round(height * _MARGIN),
        round(width * _MARGIN) : width - round(width * _MARGIN),
    ]
    resolution = dpi or round(max(grey.shape) / _SHEET_INCH)
    sideways = _sideways(sheet.ink)
    skew = skew_deg(sheet.ink)
    return Measures(
        ink=float(np.count_nonzero(inner)) / max(1, inner.size),
        paper=sheet.paper,
        contrast=sheet.contrast,
        rise_mm=_rise_px(grey) * 25.4 / max(1, resolution),
        skew_deg=skew,
        touching=_touching(sheet.ink, resolution * height / grey.shape[0]),
        upright=_upright(grey, skew) if sideways <= 1.0 else 0.0,
        sideways=sideways,
        dpi=resolution,
    )


def flatten(grey: Grey) -> Sheet:
    """Return a page of moderate size with its paper made white."""
    import cv2

    small = shrunk(grey, _SMALL)
    calm = cv2.medianBlur(small, 3).astype(np.uint8)
    paper = paper_of(calm)
    flat = np.minimum(calm.astype(np.float32) * 255.0 / np.maximum(paper, 1.0), 255.0)
    darkest = np.partition(flat.ravel(), max(8, flat.size // 5000))[: max(8, flat.size // 5000)]
    contrast = 255.0 - float(darkest.mean())
    threshold = 255.0 - max(_SHOW_THROUGH, contrast * 0.4)
    ink = ((flat < threshold) * 255).astype(np.uint8)
    return Sheet(flat.astype(np.uint8), ink, float(np.percentile(calm, 90)), contrast)


def paper_of(grey: Grey) -> npt.NDArray[np.float32]:
    """Return the brightness of the paper at each place: what lies around the letters."""
    import cv2

    tiny = shrunk(grey, 300)
    around = cv2.morphologyEx(tiny, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    around = cv2.medianBlur(around, 15)
    full = cv2.resize(around, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return full.astype(np.float32)


def shrunk(image: Picture, side: int) -> Picture:
    """Return a picture whose long side has at most `side` pixels."""
    import cv2

    longest = max(image.shape[:2])
    if longest <= side:
        return image
    scale = side / longest
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def skew_deg(ink: Mask) -> float:
    """Return how far the lines lie turned clockwise; 0 without lines."""
    mask = shrunk(ink, _SKEW_SIDE)
    if np.count_nonzero(mask) < mask.size * 0.001:
        return 0.0
    coarse = _best(
        shrunk(mask, _COARSE_SIDE), np.arange(-_SKEW_RANGE_DEG, _SKEW_RANGE_DEG + 0.5, 1.0)
    )
    return _best(mask, np.arange(coarse - 1.0, coarse + 1.01, 0.1))


def _best(mask: Mask, angles: npt.NDArray[np.float64]) -> float:
    scores = [_line_score(turned(mask, float(angle))) for angle in angles]
    return float(angles[int(np.argmax(scores))])


def turned(image: Picture, angle: float, fill: int = 0) -> Picture:
    """Return a picture turned counter-clockwise about its middle, same size."""
    import cv2

    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    colour = (fill,) * (image.shape[2] if image.ndim == 3 else 1)
    return cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=colour
    ).astype(np.uint8)


def _line_score(mask: Mask) -> float:
    """Tell how much the rows differ from one to the next: most when lines lie level."""
    profile = mask.sum(axis=1, dtype=np.float64)
    return float(np.square(np.diff(profile)).sum())


def _sideways(ink: Mask) -> float:
    """Return how much better lines stand upright than level, as a ratio; 1 is equal."""
    mask = shrunk(ink, _COARSE_SIDE)
    if np.count_nonzero(mask) < mask.size * 0.001:
        return 0.0
    angles = np.arange(-_SKEW_RANGE_DEG, _SKEW_RANGE_DEG + 0.5, 1.0)
    scores = []
    for lying in (mask, np.ascontiguousarray(np.rot90(mask))):
        best = max(_line_score(turned(lying, float(angle))) for angle in angles)
        scores.append(best / lying.shape[1])
    return float(scores[1] / max(scores[0], 1.0))


def _rise_px(grey: Grey) -> float:
    """Return how many pixels the sharpest edges take from paper to ink.

    Each direction is looked at alone, so that a page that moved in one
    direction shows; the worse one counts.
    """
    import cv2

    calm = cv2.medianBlur(grey, 3)
    shades = np.cumsum(np.bincount(calm.ravel(), minlength=256)) / calm.size
    contrast = float(np.searchsorted(shades, 0.9) - np.searchsorted(shades, 0.001))
    if contrast < 20:
        return 0.0
    rises = []
    for across in (1, 0):
        slope = cv2.Sobel(calm, cv2.CV_16S, across, 1 - across, ksize=3)
        steep = np.bincount(cv2.convertScaleAbs(slope, alpha=0.25).ravel(), minlength=256)
        rises.append(contrast / max(_mean_of_most(steep, max(16, calm.size // 2000)) / 2, 0.1))
    return max(rises)


def _mean_of_most(counts: npt.NDArray[np.int64], few: int) -> float:
    """Return the mean of the `few` greatest values, given how often each value is there."""
    total, left = 0, few
    for value in range(len(counts) - 1, -1, -1):
        taken = min(int(counts[value]), left)
        total += value * taken
        left -= taken
        if not left:
            break
    return total / few


def _touching(ink: Mask, dpi: float) -> int:
    """Return how many letters touch the edge that most letters touch."""
    import cv2

    height, width = ink.shape
    least, most = max(3, round(dpi * 0.8 / 25.4)), round(dpi * 14 / 25.4)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    sides = {"left": 0, "top": 0, "right": 0, "bottom": 0}
    for x, y, w, h, area in boxes[1:]:
        if not (max(w, h) >= least and max(w, h) <= most and area >= w * h * 0.15):
            continue
        sides["left"] += x <= 1
        sides["top"] += y <= 1
        sides["right"] += x + w >= width - 1
        sides["bottom"] += y + h >= height - 1
    return int(max(sides.values()))


def _upright(grey: Grey, skew: float) -> float:
    """Tell which way up Latin letters with marks stand.

    Ascenders, capitals and nearly all marks of Vietnamese reach above the
    small letters; only tails and the dot below reach under them.
    """
    sheet = shrunk(grey, _UPRIGHT_SIDE)
    flat = sheet.astype(np.float32) * 255.0 / np.maximum(paper_of(sheet), 1.0)
    mask = ((flat < 175) * 255).astype(np.uint8)
    if abs(skew) > 0.2:
        mask = turned(mask, skew)
    profile = mask.sum(axis=1, dtype=np.float64) / 255.0
    above = below = 0.0
    for first, last in _cores(profile):
        reach = last - first
        above += float(profile[max(0, first - reach) : first].sum())
        below += float(profile[last : last + reach].sum())
    total = above + below
    return (above - below) / total if total > 50 else 0.0


def _cores(profile: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return where the small letters of each line lie, as rows [first, last)."""
    if not profile.any():
        return []
    window = 61
    padded = np.pad(profile, window // 2, mode="edge")
    local = np.lib.stride_tricks.sliding_window_view(padded, window).max(axis=1)
    inside = profile > np.maximum(local * 0.45, 4.0)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inside.astype(np.int8), [0]))))
    runs = zip(edges[::2], edges[1::2], strict=True)
    return [(int(a), int(b)) for a, b in runs if 4 <= b - a <= 45]
