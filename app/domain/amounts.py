"""Amounts of money in figures and in Vietnamese words."""

from __future__ import annotations

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_UNITS = ("", "nghìn", "triệu")
_BILLION = 10**9
LARGEST = 10**18 - 1


def in_figures(amount: int) -> str:
    """Return whole đồng with dots between thousands: 1.250.000."""
    return f"{amount:,}".replace(",", ".")


def in_words(amount: int, *, filler: str = "lẻ") -> str:
    """Return `amount` as read aloud: 1.015 is "một nghìn không trăm mười lăm".

    Args:
        amount: 0 to 10^18 - 1.
        filler: the word before a lone unit after hundreds, "lẻ" or "linh".

    Raises:
        ValueError: the amount is negative or too large to be a fee.
    """
    if not 0 <= amount <= LARGEST:
        raise ValueError(f"amount must be between 0 and {LARGEST}, got {amount}")
    if amount == 0:
        return "không"
    words: list[str] = []
    billions, rest = divmod(amount, _BILLION)
    if billions:
        words += [*_below_billion(billions, filler, leading=True), "tỷ"]
    if rest:
        words += _below_billion(rest, filler, leading=not billions)
    return " ".join(words)


def amount_line(amount: int, *, filler: str = "lẻ") -> str:
    """Return the words as printed on a receipt: "Năm mươi nghìn đồng"."""
    words = in_words(amount, filler=filler)
    return words[0].upper() + words[1:] + " đồng"


def _below_billion(number: int, filler: str, *, leading: bool) -> list[str]:
    """Read 1 to 999.999.999; groups after the first are read in full."""
    words: list[str] = []
    for unit in (2, 1, 0):
        group = number // 1000**unit % 1000
        if group:
            words += _group(group, filler, full=bool(words) or not leading)
            if _UNITS[unit]:
                words.append(_UNITS[unit])
    return words


def _group(number: int, filler: str, *, full: bool) -> list[str]:
    """Read 1 to 999; a `full` reading names hundreds that are zero."""
    hundreds, tens, units = number // 100, number // 10 % 10, number % 10
    words = [_DIGITS[hundreds], "trăm"] if hundreds or full else []
    if tens == 0:
        if units:
            words += [filler, _DIGITS[units]] if words else [_DIGITS[units]]
        return words
    words += ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    if units == 1 and tens > 1:
        words.append("mốt")
    elif units == 5:
        words.append("lăm")
    elif units:
        words.append(_DIGITS[units])
    return words
