"""A scanned text is told by its form; the code decides the screen."""

import pytest

from app.domain.codes import status_address
from app.domain.scans import ScanKind, recognise
from app.domain.vietqr import PaymentAccount, payment_code

CODE = "H24.15-261120-0001"
CARD = "000090000001||Nguyễn Văn A|01011990|Nam|Số 1, phường Minh Tâm|15042021"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (CODE, CODE),
        (CODE.lower(), CODE),
        (f" {CODE}\r\n", CODE),
        ("000.00.06.H56-231027-0361", "000.00.06.H56-231027-0361"),
        ("T-AB12CD-261120-0007", "T-AB12CD-261120-0007"),
        (status_address("https://mot-cua.example.vn", CODE, "ABCD2345"), CODE),
        (status_address("http://127.0.0.1:8440/", CODE, "ABCD2345"), CODE),
    ],
)
def test_a_receipts_barcode_and_its_qr_both_lead_to_the_dossier(text, code):
    found = recognise(text)
    assert (found.kind, found.code) == (ScanKind.DOSSIER, code)


def test_a_card_is_a_person():
    found = recognise(CARD)
    assert found.kind is ScanKind.CARD
    assert found.card is not None
    assert found.card.name == "Nguyễn Văn A"


def test_a_cover_sheet_names_its_dossier():
    found = recognise(f"BIA|{CODE}")
    assert (found.kind, found.code) == (ScanKind.COVER, CODE)


def test_a_payment_code_tells_its_amount():
    account = PaymentAccount(bank_bin="970405", account="1500201234567")
    found = recognise(payment_code(account, 28_000, CODE))
    assert (found.kind, found.code) == (ScanKind.PAYMENT, "28000")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ABCDEF987654",
        "BIA|nothing",
        "https://example.vn/hs/H24.15-261120-0001",  # no look-up code
        "https://example.vn/other?m=ABCD2345",
        "H24.15-261320-0001",  # no such month
    ],
)
def test_anything_else_is_unknown_and_says_why(text):
    found = recognise(text)
    assert found.kind is ScanKind.UNKNOWN
    assert found.words
