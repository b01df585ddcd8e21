"""Vietnamese text: one normal form, folding for search, masks for lists."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_WORDS = re.compile(r"[0-9a-z]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean(text: str) -> str:
    """Return `text` in NFC, without control characters or stray spaces."""
    return _SPACES.sub(" ", _CONTROL.sub("", unicodedata.normalize("NFC", text))).strip()


def fold(text: str) -> str:
    """Return `text` in small letters without marks: "Đặng Hương" is "dang huong".

    Neither SQLite's tokenizer nor Unicode decomposition turns đ into d, so
    both what is indexed and what is sought goes through here.
    """
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _SPACES.sub(" ", bare).strip()


def folded_words(text: str) -> tuple[str, ...]:
    """Return the letters-and-digits words of `text`, folded, in order."""
    return tuple(_WORDS.findall(fold(text)))


def mask_number(number: str, shown: int = 6) -> str:
    """Return an ID or phone number with all but its first `shown` characters hidden."""
    return number[:shown] + "*" * max(0, len(number) - shown)


def has_broken_letters(text: str) -> bool:
    """Tell whether a scanner's wrong code page left marks such as "?" in a name."""
    return "?" in text or "\ufffd" in text


_MOBILE = re.compile(r"0[35789][0-9]{8}")
_FIXED = re.compile(r"02[0-9]{9}")


def normal_phone(text: str) -> str | None:
    """Return a Vietnamese phone number as ten or eleven digits, or None.

    Accepts +84, 0084, spaces, dots, dashes and brackets. Mobile numbers are
    03/05/07/08/09 and eight digits, fixed lines 02 and nine digits.
    """
    digits = re.sub(r"[\s.\-()]", "", text)
    for prefix in ("+84", "0084"):
        if digits.startswith(prefix):
            digits = "0" + digits[len(prefix) :].removeprefix("0")
    if re.fullmatch(r"84\d{9,10}", digits):
        digits = "0" + digits[2:]
    if _MOBILE.fullmatch(digits) or _FIXED.fullmatch(digits):
        return digits
    return None
