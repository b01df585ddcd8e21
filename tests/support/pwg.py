"""Reads PWG raster files, so that what a printer was given can be looked at. PWG 5102.4."""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_HEADER = 1796


@dataclass(frozen=True)
class PwgPage:
    """One page: its header's numbers and its grey pixels, shape (height, width)."""

    dpi: int
    duplex: bool
    size_pt: tuple[int, int]
    size_name: str
    total: int
    transforms: tuple[int, int]
    pixels: NDArray[np.uint8]


def read_pwg(data: bytes) -> list[PwgPage]:
    """Return the pages of a file of 8-bit grey.

    Raises:
        ValueError: it is no such file, or ends too early or too late.
    """
    if data[:4] != b"RaS2":
        raise ValueError("no PWG raster")
    at, pages = 4, []
    while at < len(data):
        header = data[at : at + _HEADER]
        if header[:10] != b"PwgRaster\0":
            raise ValueError(f"no page header at {at}")

        def number(place: int, kind: str = "I", header: bytes = header) -> int:
            return int(struct.unpack_from(">" + kind, header, place)[0])

        width, height = number(372), number(376)
        if (number(384), number(388), number(392), number(400)) != (8, 8, width, 18):
            raise ValueError("not 8-bit grey")
        at += _HEADER
        rows, at = _rows(data, at, width, height)
        pages.append(
            PwgPage(
                dpi=number(276),
                duplex=bool(number(272)),
                size_pt=(number(352), number(356)),
                size_name=header[1732:].rstrip(b"\0").decode("ascii"),
                total=number(452),
                transforms=(number(456, "i"), number(460, "i")),
                pixels=np.frombuffer(b"".join(rows), np.uint8).reshape(height, width),
            )
        )
    return pages


def _rows(data: bytes, at: int, width: int, height: int) -> tuple[list[bytes], int]:
    rows: list[bytes] = []
    while len(rows) < height:
        repeats = data[at] + 1
        at += 1
        line = bytearray()
        while len(line) < width:
            count = data[at]
            at += 1
            if count < 128:
                line += data[at : at + 1] * (count + 1)
                at += 1
            elif count > 128:
                line += data[at : at + 257 - count]
                at += 257 - count
            else:
                raise ValueError("128 is no count")
        if len(line) != width:
            raise ValueError("a row is too long")
        rows += [bytes(line)] * repeats
    if len(rows) != height:
        raise ValueError("too many rows")
    return rows, at
