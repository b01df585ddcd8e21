"""Where a page shows fields of parallel bars, and how much of it is written on.

The structure tensor of a coarse picture tells bars from text at any angle: between bars all
gradients point one way. Source: Bigün and Granlund, ICCV 1987; coherence as in Jähne, Digital
Image Processing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

_LEAST_PER_MM = 2.9  # of the coarse picture; a bar of 0.3 mm still shows
_CELL_MM = 2.0
_COHERENCE = 0.6
_SHORTEST_MM, _LONGEST_MM = 22.0, 140.0  # across the bars
_LOWEST_MM, _TALLEST_MM = 3.0, 34.0  # along them
_LEAST_ASPECT = 1.8  # lines of text and ruled tables are taller than wide, or square
_WEAKEST = 0.006  # of the contrast squared: bars have an edge every half millimetre
_MOST_FIELDS = 4
_EDGE_MM = 5.0  # scanners leave dark edges
_INK_STEP = 0.14  # of the paper's brightness; show-through is weaker


@dataclass(frozen=True, slots=True)
class BarField:
    """A field of bars; `x` and `y` of its centre and `length` across the bars in pixels.

    Attributes:
        angle: degrees that a line across the bars rises clockwise from the horizontal.
    """

    x: float
    y: float
    length: float
    height: float
    angle: float

    def upright(
        self, page: Any, per_mm: float, *, margin_mm: float, above_mm: float, scale: float = 1.0
    ) -> Any:
        """Return the field cut out of the page, its bars vertical, with margins around it."""
        import cv2

        width = (self.length + 2 * margin_mm * per_mm) * scale
        height = (self.height + 2 * above_mm * per_mm) * scale
        size = max(16, round(width)), max(16, round(height))
        turn = cv2.getRotationMatrix2D((self.x, self.y), self.angle, scale)
        turn[0, 2] += size[0] / 2 - self.x
        turn[1, 2] += size[1] / 2 - self.y
        flags = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
        return cv2.warpAffine(page, turn, size, flags=flags, borderValue=255)

    def box(self, shape: tuple[int, ...]) -> tuple[float, float, float, float]:
        """Return the edges as shares of the page: left, top, right, bottom."""
        height, width = shape[:2]
        c, s = abs(math.cos(math.radians(self.angle))), abs(math.sin(math.radians(self.angle)))
        half_x = (self.length * c + self.height * s) / 2
        half_y = (self.length * s + self.height * c) / 2
        return (
            max(0.0, (self.x - half_x) / width), max(0.0, (self.y - half_y) / height),
            min(1.0, (self.x + half_x) / width), min(1.0, (self.y + half_y) / height),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sketch:
    """A page seen coarsely.

    Attributes:
        fields: the likeliest first.
        ink: share of the page, edges left out, that is darker than its paper.
    """

    fields: tuple[BarField, ...]
    ink: float


def sketch(grey: Any, per_mm: float) -> Sketch:
    """Return a page's fields of bars and its ink.

    Args:
        grey: height × width, uint8.
        per_mm: pixels a millimetre.
    """
    factor = next((n for n in (8, 4, 2) if per_mm / n >= _LEAST_PER_MM), 1)
    coarse = _halved(grey, factor)
    return Sketch(_fields(coarse, per_mm / factor, factor), _ink(coarse, per_mm / factor))


def _halved(grey: Any, factor: int) -> Any:
    """Return the picture smaller by a power of two; halving is ten times as quick as scaling."""
    import cv2

    while factor > 1:
        grey = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
        size = grey.shape[1] // 2, grey.shape[0] // 2
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        factor //= 2
    return grey


def _ink(coarse: Any, per_mm: float) -> float:
    import cv2
    import numpy as np

    coarse = cv2.medianBlur(coarse, 3)  # specks are no ink
    edge = round(_EDGE_MM * per_mm)
    inner = coarse[edge:-edge, edge:-edge] if 0 < 4 * edge < min(coarse.shape) else coarse
    paper = float(np.median(inner[::4, ::4]))
    return float(np.count_nonzero(inner < paper * (1 - _INK_STEP)) / inner.size)


def _fields(coarse: Any, per_mm: float, factor: int) -> tuple[BarField, ...]:
    import cv2
    import numpy as np

    cell = max(4, round(_CELL_MM * per_mm))
    if min(coarse.shape) < 3 * cell:
        return ()
    across, along, both, weight = _tensor(coarse, cell)
    coherence = np.hypot(across - along, 2 * both) / (weight + 1e-9)
    contrast = float(np.subtract(*np.percentile(coarse[::4, ::4], (99.5, 0.5)))) or 1.0
    is_bar = (coherence > _COHERENCE) & (weight > _WEAKEST * contrast * contrast)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(is_bar.astype(np.uint8))
    found = []
    for label in range(1, count):
        width, height = (int(boxes[label, n]) for n in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
        if math.hypot(width, height) * cell < _SHORTEST_MM * per_mm:
            continue
        field = _field(labels == label, across, along, both, cell, per_mm)
        if field is not None:
            found.append((field.length * field.height, field))
    found.sort(key=lambda one: -one[0])
    return tuple(
        BarField(f.x * factor, f.y * factor, f.length * factor, f.height * factor, f.angle)
        for _, f in found[:_MOST_FIELDS]
    )


def _tensor(coarse: Any, cell: int) -> tuple[Any, Any, Any, Any]:
    """Return Jxx, Jyy, Jxy and their trace, a value for each cell, smoothed over three cells."""
    import cv2
    import numpy as np

    rows, columns = (n // cell * cell for n in coarse.shape)
    picture = coarse[:rows, :columns]
    dx = cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    dy = cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    size = columns // cell, rows // cell

    def cells(product: Any) -> Any:
        return cv2.blur(cv2.resize(product, size, interpolation=cv2.INTER_AREA), (3, 3))

    across, along = cells(dx * dx), cells(dy * dy)
    both = cells(dx * dy)
    return across, along, both, np.add(across, along)


def _field(
    mask: Any, across: Any, along: Any, both: Any, cell: int, per_mm: float
) -> BarField | None:
    """Return a component as a field in pixels of the coarse picture, None if it is too small."""
    import numpy as np

    ys, xs = np.nonzero(mask)
    if len(xs) < 6:
        return None
    jxx, jyy, jxy = (float(part[mask].sum()) for part in (across, along, both))
    angle = 0.5 * math.atan2(2 * jxy, jxx - jyy)
    px, py = (xs + 0.5) * cell, (ys + 0.5) * cell
    u = px * math.cos(angle) + py * math.sin(angle)
    v = -px * math.sin(angle) + py * math.cos(angle)
    length, height = float(np.ptp(u)) + cell, float(np.ptp(v)) + cell
    is_long = _SHORTEST_MM * per_mm <= length <= _LONGEST_MM * per_mm
    is_tall = _LOWEST_MM * per_mm <= height <= _TALLEST_MM * per_mm
    if not (is_long and is_tall and length >= _LEAST_ASPECT * height):
        return None
    cu, cv = float(u.max() + u.min()) / 2, float(v.max() + v.min()) / 2
    return BarField(
        x=cu * math.cos(angle) - cv * math.sin(angle),
        y=cu * math.sin(angle) + cv * math.cos(angle),
        length=length,
        height=height,
        angle=math.degrees(angle),
    )
