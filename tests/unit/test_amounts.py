import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.amounts import LARGEST, amount_line, in_figures, in_words

DIGITS = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "không"),
        (4, "bốn"),
        (5, "năm"),
        (10, "mười"),
        (11, "mười một"),
        (15, "mười lăm"),
        (20, "hai mươi"),
        (21, "hai mươi mốt"),
        (24, "hai mươi bốn"),
        (55, "năm mươi lăm"),
        (100, "một trăm"),
        (101, "một trăm lẻ một"),
        (105, "một trăm lẻ năm"),
        (110, "một trăm mười"),
        (111, "một trăm mười một"),
        (121, "một trăm hai mươi mốt"),
        (1_000, "một nghìn"),
        (1_001, "một nghìn không trăm lẻ một"),
        (1_015, "một nghìn không trăm mười lăm"),
        (2_000, "hai nghìn"),
        (8_000, "tám nghìn"),
        (21_000, "hai mươi mốt nghìn"),
        (50_000, "năm mươi nghìn"),
        (55_000, "năm mươi lăm nghìn"),
        (105_000, "một trăm lẻ năm nghìn"),
        (1_005_000, "một triệu không trăm lẻ năm nghìn"),
        (1_050_000, "một triệu không trăm năm mươi nghìn"),
        (1_000_005, "một triệu không trăm lẻ năm"),
        (10_000_000, "mười triệu"),
        (1_000_000_000, "một tỷ"),
        (1_000_000_005, "một tỷ không trăm lẻ năm"),
        (1_000_001_000, "một tỷ không trăm lẻ một nghìn"),
        (1_000_000_000_000, "một nghìn tỷ"),
        (15_015_000_000_000, "mười lăm nghìn không trăm mười lăm tỷ"),
    ],
)
def test_an_amount_is_read_as_vietnamese_read_it(amount, words):
    assert in_words(amount) == words


def test_the_word_for_a_lone_unit_can_be_linh():
    assert in_words(1_005_000, filler="linh") == "một triệu không trăm linh năm nghìn"
    assert in_words(105, filler="linh") == "một trăm linh năm"
    assert amount_line(105, filler="linh") == "Một trăm linh năm đồng"


def test_a_receipt_line_begins_with_a_capital_and_ends_with_dong():
    assert amount_line(50_000) == "Năm mươi nghìn đồng"
    assert amount_line(0) == "Không đồng"


@pytest.mark.parametrize(
    ("amount", "figures"),
    [(0, "0"), (999, "999"), (8_000, "8.000"), (50_000, "50.000"), (1_250_000, "1.250.000")],
)
def test_figures_have_dots_between_thousands(amount, figures):
    assert in_figures(amount) == figures


@pytest.mark.parametrize("amount", [-1, LARGEST + 1])
def test_an_amount_that_is_no_fee_is_refused(amount):
    with pytest.raises(ValueError, match="amount must be"):
        in_words(amount)


def test_the_largest_amount_can_still_be_read():
    assert LARGEST == 10**18 - 1
    assert heard(in_words(LARGEST)) == LARGEST


def heard(words: str) -> int:
    """Understand spoken Vietnamese, by other rules than those it was written with."""
    if " tỷ" in f" {words}":
        billions, _, rest = words.partition("tỷ")
        return heard(billions) * 10**9 + (heard(rest) if rest.strip() else 0)
    total, group = 0, 0
    for word in words.split():
        match word:
            case "triệu":
                total, group = total + group * 10**6, 0
            case "nghìn":
                total, group = total + group * 1000, 0
            case "trăm":
                group *= 100
            case "mươi":
                group = group - group % 10 + group % 10 * 10
            case "mười":
                group += 10
            case "lẻ":
                pass
            case "mốt" | "lăm":
                group += {"mốt": 1, "lăm": 5}[word]
            case _:
                group += DIGITS.index(word)
    return total + group


@given(st.integers(0, LARGEST) | st.integers(0, 2_000_000))
def test_what_is_read_aloud_is_heard_as_the_same_amount(amount):
    assert heard(in_words(amount)) == amount


@given(st.integers(1, LARGEST))
def test_words_are_single_spaced_and_never_say_five_or_one_wrongly(amount):
    words = in_words(amount)

    assert words == " ".join(words.split())
    for wrong in ("mươi một", "mươi năm", "mười năm", "mười mốt", "không mươi", "một mươi"):
        assert wrong not in words


@given(st.integers(0, LARGEST))
def test_figures_without_their_dots_are_the_number(amount):
    figures = in_figures(amount)

    assert int(figures.replace(".", "")) == amount
    assert all(len(part) == 3 for part in figures.split(".")[1:])
