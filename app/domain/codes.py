"""Dossier codes: their shape, check character, look-up code and what a barcode says.

Sources: TT 01/2018/TT-VPCP Điều 19 (old order), QĐ 20/2020/QĐ-TTg (agency
identifiers), TT 04/2025/TT-VPCP (centrally operated systems). The wording of
TT 03/2025/TT-VPCP Điều 13 was not available: the shape is data with dates.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

# Every form of code in use: identifiers of QCVN 102:2016 and of QĐ 20/2020, four or
# more running digits.
_ANY_CODE = re.compile(
    r"(?P<agency>\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}|[A-Z]\d{2}(?:\.\d{2,3}){0,3})"
    r"-(?P<day>\d{6})-(?P<number>\d{4,8})",
    re.ASCII,
)
_PAD_NUMBER = re.compile(r"GT-[0-9A-F]{6}-\d{5,8}", re.ASCII)
_SLIP_NUMBER = re.compile(r"BG-\d{8}-\d{6}", re.ASCII)
_CHECK_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOOKUP_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that a tired eye mixes up
LOOKUP_LENGTH = 8
LOOKUP_BYTES = 5
ONLINE_NUMBERS = range(1, 5000)
OFFLINE_NUMBERS = range(5000, 10000)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePattern:
    """How codes are written from one day on.

    Attributes:
        shape: a format string over `agency`, `day` (date) and `number` (int).
        effective_from: first reception day that uses it.
        effective_to: last such day, None while in force.
    """

    shape: str
    effective_from: dt.date
    effective_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class CodeParts:
    """A code taken apart; `day` is the local day of reception."""

    agency: str
    day: dt.date
    number: int


def write_code(patterns: Sequence[CodePattern], agency: str, day: dt.date, number: int) -> str:
    """Return the code of the `number`-th dossier of `agency` on `day`.

    Raises:
        ValueError: no pattern is in force that day, or it yields something
            that `read_code` would not read back to the same parts.
    """
    for pattern in patterns:
        if pattern.effective_from <= day <= (pattern.effective_to or dt.date.max):
            code = pattern.shape.format(agency=agency, day=day, number=number)
            if read_code(code) != CodeParts(agency, day, number):
                raise ValueError(f"pattern {pattern.shape!r} wrote unreadable {code!r}")
            return code
    raise ValueError(f"no code pattern is in force on {day:%Y-%m-%d}")


def read_code(text: str) -> CodeParts | None:
    """Return the parts of an old or new dossier code, or None if it is none."""
    match = _ANY_CODE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(match["day"][i : i + 2]) for i in (0, 2, 4))
    try:
        on = dt.date(2000 + year, month, day)
    except ValueError:
        return None
    return CodeParts(match["agency"], on, int(match["number"]))


def pad_number(store: str, number: int) -> str:
    """Return what stands on a sheet of a pad; `store` is six hexadecimal digits."""
    return f"GT-{store}-{number:05d}"


def slip_number(store: UUID, number: int) -> str:
    """Return the number of a hand-over slip: digits after "BG", which no typing aid mangles."""
    return f"BG-{store.int % 10**8:08d}-{number:06d}"


def is_slip_number(text: str) -> bool:
    """Tell whether a text is the number of a hand-over slip."""
    return _SLIP_NUMBER.fullmatch(text) is not None


def is_pad_number(text: str) -> bool:
    """Tell whether a text is the number of a pad's sheet."""
    return _PAD_NUMBER.fullmatch(text) is not None


def check_character(code: str) -> str:
    """Return the check character printed beside a code.

    It covers the letters and digits; dots and dashes may be misread freely.
    Source: ISO 7064, MOD 37,36 (hybrid system, one character 0-9 A-Z).
    """
    product = 36
    for character in code:
        if character in _CHECK_ALPHABET:
            total = (product + _CHECK_ALPHABET.index(character)) % 36 or 36
            product = total * 2 % 37
    return _CHECK_ALPHABET[(37 - product) % 36]


def is_code_checked(code: str, check: str) -> bool:
    """Tell whether `check` is the check character of `code`."""
    return len(check) == 1 and check_character(code) == check


def lookup_code(random: bytes) -> str:
    """Return the eight characters a citizen needs beside the code.

    Args:
        random: five bytes from a secure source (40 bits).
    """
    if len(random) != LOOKUP_BYTES:
        raise ValueError(f"a look-up code needs {LOOKUP_BYTES} bytes, got {len(random)}")
    bits = int.from_bytes(random, "big")
    return "".join(_LOOKUP_ALPHABET[bits >> shift & 31] for shift in range(35, -1, -5))


def read_lookup(text: str) -> str | None:
    """Return a look-up code as typed by a citizen in normal form, or None."""
    bare = re.sub(r"[\s\-]", "", text).upper()
    if len(bare) == LOOKUP_LENGTH and all(c in _LOOKUP_ALPHABET for c in bare):
        return bare
    return None


def status_address(base: str, code: str, lookup: str) -> str:
    """Return what the receipt's QR says: the status page with code and look-up code."""
    return f"{base.rstrip('/')}/hs/{quote(code)}?m={lookup}"


def read_status_address(text: str) -> tuple[str, str] | None:
    """Return (code, look-up code) of a receipt's QR, or None."""
    try:
        parts = urlsplit(text.strip())
        query = parse_qs(parts.query)
    except ValueError:
        return None
    head, _, code = parts.path.rpartition("/")
    lookup = read_lookup(query.get("m", [""])[0])
    if not head.endswith("/hs") or read_code(code) is None or lookup is None:
        return None
    return code, lookup
