"""What a scanned text is, so that the code decides the screen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain import vietqr
from app.domain.cards import Card, NotACard, read_card
from app.domain.codes import is_pad_number, is_slip_number, read_code, read_status_address

TEST_PREFIX = "THU-"
"""Begins what the barcode of a test page says."""

INPUT_METHOD_TEXT = "AAEEOODDWSFRXJ0123456789"
"""What a second barcode of the test page says: an input method that is on rewrites its letters."""

_COVER = "BIA|"
_INPUT_METHOD_TAIL = "0123456789"
_LONGEST_CHECK = 40


class ScanKind(StrEnum):
    """What was scanned."""

    CARD = "card"
    DOSSIER = "dossier"
    COVER = "cover"
    SLIP = "slip"
    PAD = "pad"
    PAYMENT = "payment"
    TEST = "test"
    INPUT_METHOD = "input_method"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Scan:
    """A recognised text.

    Attributes:
        code: dossier code of a receipt or cover sheet, number of a hand-over slip or of a
            sheet of the pad, amount of a payment, what a test page's codes said.
        card: set for an ID card.
        words: for an unknown text, why it is no card, in Vietnamese.
    """

    kind: ScanKind
    code: str = ""
    card: Card | None = None
    words: str = ""


def cover_text(code: str) -> str:
    """Return what the codes of a dossier's cover sheet say."""
    return _COVER + code


def recognise(text: str) -> Scan:
    """Return what a scanned text is; the raw text is kept nowhere."""
    text = text.strip()
    address = read_status_address(text)
    if address is not None:
        return Scan(ScanKind.DOSSIER, address[0])
    if read_code(text.upper()) is not None or text.upper().startswith("T-"):
        return Scan(ScanKind.DOSSIER, text.upper())
    if text.upper().startswith(TEST_PREFIX):
        return Scan(ScanKind.TEST, text.upper())
    if _is_input_method_check(text):
        return Scan(ScanKind.INPUT_METHOD, text)
    if is_slip_number(text.upper()):
        return Scan(ScanKind.SLIP, text.upper())
    if is_pad_number(text.upper()):
        return Scan(ScanKind.PAD, text.upper())
    if text.startswith(_COVER):
        code, _, _ = text.removeprefix(_COVER).partition("|")  # a paper's key may follow
        if read_code(code) is not None:
            return Scan(ScanKind.COVER, code)
    if text.startswith("000201"):
        fields = vietqr.read_fields(text)
        return Scan(ScanKind.PAYMENT, (fields or {}).get("54", ""))
    try:
        return Scan(ScanKind.CARD, card=read_card(text))
    except NotACard as error:
        return Scan(ScanKind.UNKNOWN, words=str(error))


def _is_input_method_check(text: str) -> bool:
    """Tell whether it is the check of the test page, as it is or as an input method left it."""
    head = text.removesuffix(_INPUT_METHOD_TAIL)
    return head != text and len(text) <= _LONGEST_CHECK and head.isalpha()
