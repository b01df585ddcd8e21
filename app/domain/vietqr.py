"""VietQR payment codes (EMVCo merchant-presented mode, NAPAS)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.text import fold

_NAPAS = "A000000727"
_TO_ACCOUNT = "QRIBFTTA"
_PURPOSE_LENGTH = 25  # banks cut what is longer
_PLAIN = re.compile(r"[^A-Za-z0-9 .\-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAccount:
    """Where a fee is paid: six-digit bank number, account, holder's name."""

    bank_bin: str
    account: str
    holder: str = ""


def crc16(data: bytes) -> str:
    """Return CRC-16/CCITT-FALSE as four capital hex digits.

    Polynomial 0x1021, start 0xFFFF, no reflection. Source: EMVCo MPM, tag 63.
    """
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return f"{crc:04X}"


def _field(tag: str, value: str) -> str:
    if not value.isascii() or len(value) > 99:
        raise ValueError(f"tag {tag} must be ASCII of at most 99 characters: {value!r}")
    return f"{tag}{len(value):02d}{value}"


def payment_code(account: PaymentAccount, amount: int, purpose: str) -> str:
    """Return the text of a dynamic VietQR for one payment.

    Args:
        account: bank number and account of the agency.
        amount: whole đồng, positive.
        purpose: what the payer's bank shows; marks are dropped, 25 characters kept.

    Raises:
        ValueError: an argument cannot be written into the code.
    """
    if amount <= 0:
        raise ValueError(f"amount must be positive, got {amount}")
    if not re.fullmatch(r"\d{6}", account.bank_bin):
        raise ValueError(f"a bank number has six digits: {account.bank_bin!r}")
    if not re.fullmatch(r"[0-9A-Za-z]{1,19}", account.account):
        raise ValueError(f"not an account number: {account.account!r}")
    bank = _field("00", account.bank_bin) + _field("01", account.account)
    merchant = _field("00", _NAPAS) + _field("01", bank) + _field("02", _TO_ACCOUNT)
    plain = _PLAIN.sub("", _without_marks(purpose))[:_PURPOSE_LENGTH]
    text = (
        _field("00", "01")
        + _field("01", "12")
        + _field("38", merchant)
        + _field("53", "704")
        + _field("54", str(amount))
        + _field("58", "VN")
        + (_field("62", _field("08", plain)) if plain else "")
        + "6304"
    )
    return text + crc16(text.encode("ascii"))


def read_fields(text: str) -> dict[str, str] | None:
    """Return the top-level tags of an EMV code, or None if it is damaged."""
    if len(text) < 8 or not text.isascii() or text[-8:-4] != "6304":
        return None
    if crc16(text[:-4].encode("ascii")) != text[-4:].upper():
        return None
    fields: dict[str, str] = {}
    at = 0
    while at < len(text):
        tag, length = text[at : at + 2], text[at + 2 : at + 4]
        if not length.isdigit() or len(text) < at + 4 + int(length):
            return None
        fields[tag] = text[at + 4 : at + 4 + int(length)]
        at += 4 + int(length)
    return fields


def _without_marks(text: str) -> str:
    upper_kept = [fold(c).upper() if c.isupper() else fold(c) if c.strip() else " " for c in text]
    return "".join(upper_kept).strip()
