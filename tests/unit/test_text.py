import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.text import (
    clean,
    fold,
    folded_words,
    has_broken_letters,
    mask_number,
    normal_phone,
)

VOWELS = {"a": "aăâ", "e": "eê", "i": "i", "o": "oôơ", "u": "uư", "y": "y"}
TONES = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
LETTERS = {
    unicodedata.normalize("NFC", letter + tone): plain
    for plain, letters in VOWELS.items()
    for letter in letters
    for tone in TONES
} | {"đ": "d"}


def test_every_vietnamese_letter_folds_to_its_plain_one():
    assert len(LETTERS) == 12 * 6 + 1
    for letter, plain in LETTERS.items():
        assert fold(letter) == plain
        assert fold(letter.upper()) == plain
        assert fold(unicodedata.normalize("NFD", letter)) == plain
        assert fold(unicodedata.normalize("NFD", letter.upper())) == plain


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đặng Hương", "dang huong"),
        ("ĐỨC", "duc"),
        ("  Nguyễn \t Văn\n A  ", "nguyen van a"),
        ("", ""),
        ("H24.15-261120-0001", "h24.15-261120-0001"),
    ],
)
def test_text_is_folded_for_search(text, folded):
    assert fold(text) == folded


def test_folded_words_leave_signs_out():
    assert folded_words("Số 1, Tràng Tiền (Hà Nội)") == ("so", "1", "trang", "tien", "ha", "noi")
    assert folded_words("—") == ()


def test_clean_text_is_composed_and_single_spaced():
    raw = unicodedata.normalize("NFD", "  Nguyễn\u00a0 Văn\tA\n ") + "\x00\x1b\x7f"

    assert clean(raw) == "Nguyễn Văn A"


@given(st.text())
def test_cleaning_and_folding_twice_changes_nothing_more(text):
    assert clean(clean(text)) == clean(text)
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="".join(LETTERS) + "".join(LETTERS).upper() + " "))
def test_composed_and_decomposed_text_fold_alike(text):
    composed = unicodedata.normalize("NFC", text)
    decomposed = unicodedata.normalize("NFD", text)

    assert fold(composed) == fold(decomposed)
    assert fold(text).isascii()


@pytest.mark.parametrize(
    ("number", "masked"),
    [("000090123456", "000090******"), ("000090", "000090"), ("0001", "0001"), ("", "")],
)
def test_a_number_in_a_list_shows_only_its_beginning(number, masked):
    assert mask_number(number) == masked


def test_a_mask_can_show_less():
    assert mask_number("0912345678", shown=3) == "091*******"


@pytest.mark.parametrize(
    ("name", "broken"),
    [("Nguy?n V?n A", True), ("Nguy\ufffdn", True), ("Nguyễn Văn A", False), ("", False)],
)
def test_a_lost_letter_in_a_name_is_noticed(name, broken):
    assert has_broken_letters(name) is broken


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0912345678", "0912345678"),
        ("0312345678", "0312345678"),
        ("0512345678", "0512345678"),
        ("0712345678", "0712345678"),
        ("0812345678", "0812345678"),
        ("091 234 56 78", "0912345678"),
        ("0912.345.678", "0912345678"),
        ("(091) 234-5678", "0912345678"),
        ("+84912345678", "0912345678"),
        ("+84 (0)912 345 678", "0912345678"),
        ("0084912345678", "0912345678"),
        ("84912345678", "0912345678"),
        ("+842253000015", "02253000015"),
        ("842253000015", "02253000015"),
        ("0225 300 0015", "02253000015"),
    ],
)
def test_a_phone_number_is_taken_however_it_is_typed(typed, number):
    assert normal_phone(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "", "0912", "091234567", "09123456789", "0412345678", "0612345678", "0112345678",
        "0225300001", "022530000155", "1912345678", "+1912345678", "09123x5678", "09１2345678",
        "113",
    ],
)  # fmt: skip
def test_what_is_no_vietnamese_phone_number_is_refused(typed):
    assert normal_phone(typed) is None


@given(st.from_regex(r"0[35789][0-9]{8}|02[0-9]{9}", fullmatch=True))
def test_a_normal_phone_number_stays_as_it_is(number):
    assert normal_phone(number) == number
    assert normal_phone("+84" + number[1:]) == number
