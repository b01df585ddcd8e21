"""Photographs of paper: the sheet is found and made to lie flat."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.scanning.measuring import Grey, Picture, shrunk

Corners = npt.NDArray[np.float32]
"""Four points (x, y): top left, top right, bottom right, bottom left."""

_LOOK_SIDE = 700
_LEAST_SHARE = 0.2
_A4_RATIO = 2**0.5
_A4_TOLERANCE = 0.15
_A4_INCH = (8.27, 11.69)
_EDGE = 0.006


def find_sheet(picture: Picture) -> Corners | None:
    """Return the corners of the sheet in a photograph, None if none stands out.

    Args:
        picture: height × width × 3 (BGR).
    """
    import cv2

    small = shrunk(picture, _LOOK_SIDE)
    scale = picture.shape[1] / small.shape[1]
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (5, 5), 0).astype(np.uint8)
    best: tuple[float, Corners] | None = None
    for mask in (_bright(grey), _edged(grey)):
        found = _largest_quad(mask)
        if found is not None and (best is None or found[0] > best[0]):
            best = found
    if best is None:
        return None
    area, corners = best
    share = area / grey.size
    if share < _LEAST_SHARE or _fills_picture(corners, grey.shape):
        return None
    scaled: Corners = (corners * scale).astype(np.float32)
    return scaled


def lay_flat(picture: Picture, corners: Corners) -> tuple[Picture, int]:
    """Return (the sheet alone, seen from above; its dpi if it is an A4 sheet, else 0)."""
    import cv2

    top_left, top_right, bottom_right, bottom_left = corners
    width = round(max(_length(top_left, top_right), _length(bottom_left, bottom_right)))
    height = round(max(_length(top_left, bottom_left), _length(top_right, bottom_right)))
    ratio = max(width, height) / max(1, min(width, height))
    dpi = 0
    if abs(ratio / _A4_RATIO - 1) <= _A4_TOLERANCE:  # what leans away looks shorter than it is
        short, long = min(width, height), max(width, height)
        long = max(long, round(short * _A4_RATIO))
        short = round(long / _A4_RATIO)
        width, height = (short, long) if height >= width else (long, short)
        dpi = round(long / _A4_INCH[1])
    target = np.array(
        [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32
    )
    matrix = cv2.getPerspectiveTransform(corners, target)
    flat = cv2.warpPerspective(
        picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    edge = max(1, round(min(width, height) * _EDGE))  # of the table, where corners are a little off
    return np.ascontiguousarray(flat[edge:-edge, edge:-edge]).astype(np.uint8), dpi


def _bright(grey: Grey) -> Grey:
    """Return where the picture is as bright as paper."""
    import cv2

    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    return closed.astype(np.uint8)


def _edged(grey: Grey) -> Grey:
    """Return closed outlines."""
    import cv2

    edges = cv2.Canny(grey, 40, 120)
    return cv2.dilate(edges, np.ones((5, 5), np.uint8)).astype(np.uint8)


def _largest_quad(mask: Grey) -> tuple[float, Corners] | None:
    import cv2

    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True)[:3]:
        hull = cv2.convexHull(outline)
        around = cv2.arcLength(hull, True)
        for slack in (0.02, 0.03, 0.05):
            corners = cv2.approxPolyDP(hull, slack * around, True)
            if len(corners) == 4:
                return float(cv2.contourArea(corners)), _ordered(
                    corners.reshape(4, 2).astype(np.float32)
                )
    return None


def _ordered(found: Corners) -> Corners:
    """Return four corners in order, from the top left clockwise."""
    sums, differences = found.sum(axis=1), found[:, 0] - found[:, 1]
    return np.array(
        [
            found[int(np.argmin(sums))],
            found[int(np.argmax(differences))],
            found[int(np.argmax(sums))],
            found[int(np.argmin(differences))],
        ],
        np.float32,
    )


def _fills_picture(corners: Corners, shape: tuple[int, ...]) -> bool:
    """Tell whether the sheet is the whole picture: there is nothing to cut away then."""
    height, width = shape[:2]
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return bool(np.abs(corners - frame).max() < 0.02 * max(height, width))


def _length(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    return float(np.hypot(*(a - b)))
