"""What a card reader's text says about a person.

None of it is authenticated: anyone can print a QR. Fields follow the chip
ID card of 2021-2024 and the Căn cước of July 2024 on (seven fields first,
further ones possible); MRZ is ICAO 9303 TD1.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.text import clean, fold, has_broken_letters

_AIM_QR = "]Q1"
_EDGES = "\ufeff\r\n\t \x00"
_CENTURIES = {0: 1900, 2: 2000, 4: 2100, 6: 2200, 8: 2300}
_OLD_ADDRESS = re.compile(r"\b(quan|huyen|thi xa|tp\.? [a-z ]+, (tinh|thanh pho))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A person as an ID card names them; unknown parts are empty.

    Attributes:
        id_number: twelve digits.
        old_id: the former nine (or twelve) digit number, or "".
        born, issued: ISO days; only a year where the card says no more.
        sex: "Nam", "Nữ" or "".
        source: "qr" or "mrz".
        warnings: what to check with the citizen, Vietnamese sentences.
    """

    id_number: str
    old_id: str = ""
    name: str = ""
    born: str = ""
    sex: str = ""
    address: str = ""
    issued: str = ""
    source: str = "qr"
    warnings: tuple[str, ...] = ()


class NotACard(ValueError):
    """The text is no ID card; the message says in Vietnamese what it is instead."""


def read_card(text: str, *, today: dt.date | None = None) -> Card:
    """Return the person on an ID-card QR or an MRZ.

    Args:
        text: raw reader output, any line ends.
        today: if given, days after it are pointed out.

    Raises:
        NotACard: nothing usable; the message says what to do.
    """
    raw = _tidy(text)
    if _looks_like_mrz(raw):
        card = _read_mrz(raw)
    elif "|" in raw:
        card = _read_qr(raw)
    else:
        raise NotACard(_what_else(raw))
    return replace(card, warnings=card.warnings + _cross_checks(card, today))


def _tidy(text: str) -> str:
    raw = text.strip(_EDGES).removeprefix(_AIM_QR).strip(_EDGES)
    return unicodedata.normalize("NFC", _mend_letters(raw))


def _mend_letters(text: str) -> str:
    """Undo UTF-8 read as a Western code page, where that is what happened."""
    if "Ã" not in text and "á»" not in text and "Ä" not in text:
        return text
    try:
        return b"".join(_western_byte(c) for c in text).decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


def _western_byte(character: str) -> bytes:
    """Windows leaves the five bytes that cp1252 does not name as they are."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def _read_qr(raw: str) -> Card:
    fields = [clean(part) for part in raw.split("|")]
    if _is_health_card(fields):
        raise NotACard(
            "Đây là mã QR thẻ bảo hiểm y tế, không phải căn cước. "
            "Quét mã trên thẻ căn cước, hoặc gõ số căn cước."
        )
    if len(fields) < 6:
        raise NotACard(
            f"Mã thẻ chỉ có {len(fields)} mục, thẻ căn cước có ít nhất 6. Quét lại, hoặc gõ tay."
        )
    if not re.fullmatch(r"[0-9]{12}", fields[0]):
        digits = sum(c in "0123456789" for c in fields[0])
        raise NotACard(f"Số căn cước có 12 chữ số; mã vừa đọc có {digits}. Quét lại, hoặc gõ tay.")
    old_id, rest = "", fields[1:]
    warnings: list[str] = []
    if re.fullmatch(r"([0-9]{9}([0-9]{3})?)?", rest[0]):
        old_id, rest = rest[0], rest[1:]
    elif rest[0].isdigit():
        warnings.append(f"Số CMND cũ “{rest[0]}” không có 9 hoặc 12 chữ số, đã bỏ qua.")
        rest = rest[1:]
    rest = [*rest, "", "", "", "", ""]
    name, address = rest[0], rest[3]
    if has_broken_letters(name) or not name:
        warnings.append("Họ tên đọc từ thẻ bị mất chữ: gõ lại họ tên và địa chỉ.")
        name = address = ""
    return Card(
        id_number=fields[0],
        old_id=old_id,
        name=name,
        born=_read_day(rest[1], "Ngày sinh", warnings),
        sex=_read_sex(rest[2]),
        address=address,
        issued=_read_day(rest[4], "Ngày cấp", warnings),
        warnings=tuple(warnings),
    )


def _is_health_card(fields: Sequence[str]) -> bool:
    """A BHYT card begins with its number and holds its name as hex of UTF-8."""
    starts = re.fullmatch(r"[A-Z]{2}\d{13}|\d{10}", fields[0]) is not None
    hexes = len(fields) > 1 and len(fields[1]) > 7 and re.fullmatch(r"[0-9A-Fa-f]+", fields[1])
    return starts and bool(hexes)


def _read_day(text: str, what: str, warnings: list[str]) -> str:
    """Return an ISO day, a bare year, or "" with a warning."""
    if not text:
        return ""
    match = re.fullmatch(r"(\d{2})[/.-]?(\d{2})[/.-]?(\d{4})|(\d{4})", text, re.ASCII)
    if match is None:
        warnings.append(f"{what} “{text}” trên thẻ không đọc được: gõ tay.")
        return ""
    if match[4] or "00" in (match[1], match[2]):
        return match[4] or match[3]
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])).isoformat()
    except ValueError:
        warnings.append(f"{what} “{text}” trên thẻ không có trong lịch: gõ tay.")
        return ""


def _read_sex(text: str) -> str:
    folded = fold(text)
    if folded in {"nam", "m"}:
        return "Nam"
    return "Nữ" if folded in {"nu", "f"} else ""


def _cross_checks(card: Card, today: dt.date | None) -> tuple[str, ...]:
    """Compare the number with sex and year of birth; point out days to come."""
    found: list[str] = []
    century_and_sex = int(card.id_number[3])
    year = _CENTURIES.get(century_and_sex // 2 * 2, 0) + int(card.id_number[4:6])
    if card.born and int(card.born[:4]) != year:
        found.append("Năm sinh không khớp với số căn cước: hỏi lại người dân.")
    if card.sex and card.sex != ("Nam" if century_and_sex % 2 == 0 else "Nữ"):
        found.append("Giới tính không khớp với số căn cước: hỏi lại người dân.")
    if today is not None:
        for what, day in (("Ngày sinh", card.born), ("Ngày cấp", card.issued)):
            if len(day) == 10 and day > today.isoformat():
                found.append(f"{what} trên thẻ sau ngày hôm nay: hỏi lại người dân.")
    if card.address and _OLD_ADDRESS.search(fold(card.address)):
        found.append("Địa chỉ theo đơn vị hành chính cũ: kiểm tra phường, xã hiện nay.")
    return tuple(found)


def _what_else(raw: str) -> str:
    if raw.startswith("000201"):
        return "Đây là mã thanh toán, không phải căn cước. Quét mã trên thẻ căn cước."
    if raw.startswith(("http://", "https://")):
        return "Đây là mã chứa địa chỉ trang web, không phải căn cước. Quét mã trên thẻ."
    if re.fullmatch(r"\d{9,12}", raw):
        return f"Chỉ có dãy {len(raw)} chữ số, không phải mã QR của thẻ. Gõ vào ô số căn cước."
    return (
        "Không phải mã QR của thẻ căn cước (mã trên VNeID cũng không đọc được ở đây). "
        "Quét mã trên thẻ, hoặc gõ tay."
    )


_MRZ_LINE = re.compile(r"[A-Z0-9<]{30}")
_MRZ_WEIGHTS = (7, 3, 1)


def _mrz_lines(raw: str) -> list[str]:
    lines = [re.sub(r"\s", "", line).upper() for line in raw.splitlines() if line.strip()]
    if len(lines) == 1 and len(lines[0]) == 90:
        lines = [lines[0][i : i + 30] for i in (0, 30, 60)]
    return lines


def _looks_like_mrz(raw: str) -> bool:
    lines = _mrz_lines(raw)
    return len(lines) == 3 and lines[0].startswith("I") and "<" in raw


def mrz_check_digit(field: str) -> str:
    """Return the check digit of an MRZ field (ICAO 9303 part 3, weights 7-3-1)."""
    total = 0
    for i, character in enumerate(field):
        value = 0 if character == "<" else int(character, 36)
        total += value * _MRZ_WEIGHTS[i % 3]
    return str(total % 10)


def _read_mrz(raw: str) -> Card:
    lines = _mrz_lines(raw)
    if not all(_MRZ_LINE.fullmatch(line) for line in lines):
        raise NotACard("Dòng mã dưới thẻ đọc chưa đủ 3 dòng 30 ký tự. Đọc lại, hoặc gõ tay.")
    first, second, third = lines
    if first[2:5] != "VNM":
        raise NotACard("Giấy tờ này không do Việt Nam cấp: gõ tay số hộ chiếu hoặc giấy tờ.")
    id_number = first[15:27]
    if not id_number.isdigit():
        raise NotACard("Dòng mã dưới thẻ không có số căn cước 12 chữ số. Gõ tay.")
    checks = (
        (first[5:14], first[14], "số thẻ"),
        (second[0:6], second[6], "ngày sinh"),
        (second[8:14], second[14], "ngày hết hạn"),
        (first[5:30] + second[0:7] + second[8:15] + second[18:29], second[29], "cả dòng"),
    )
    wrong = [what for field, digit, what in checks if mrz_check_digit(field) != digit]
    warnings = []
    if wrong:
        warnings.append(f"Số kiểm tra chưa khớp ({', '.join(wrong)}): đối chiếu với thẻ.")
    warnings.append("Tên đọc từ dòng mã không có dấu: gõ lại họ tên có dấu.")
    surname, _, given = third.partition("<<")
    return Card(
        id_number=id_number,
        name=clean(f"{surname} {given}".replace("<", " ")),
        born=_mrz_born(second[0:6], id_number, warnings),
        sex={"M": "Nam", "F": "Nữ"}.get(second[7], ""),
        source="mrz",
        warnings=tuple(warnings),
    )


def _mrz_born(text: str, id_number: str, warnings: list[str]) -> str:
    """The century of a two-digit year stands in the personal number."""
    century = _CENTURIES.get(int(id_number[3]) // 2 * 2, 1900)
    try:
        year, month, day = century + int(text[:2]), int(text[2:4]), int(text[4:])
        return dt.date(year, month, day).isoformat()
    except ValueError:
        warnings.append("Ngày sinh trong dòng mã không đọc được: gõ tay.")
        return ""
