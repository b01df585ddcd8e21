import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.vietqr import PaymentAccount, crc16, payment_code, read_fields

ACCOUNT = PaymentAccount(bank_bin="970405", account="1500201234567")
WORKED = (
    "00020101021238570010A00000072701270006970405011315002012345670208QRIBFTTA"
    "5303704540480005802VN62230819H55.242-261120-00076304F739"
)


def sealed(text: str) -> str:
    """A text with a good checksum, whatever it says."""
    return text + "6304" + crc16((text + "6304").encode())


def test_the_worked_example_comes_out_byte_for_byte():
    assert payment_code(ACCOUNT, 8_000, "H55.242-261120-0007") == WORKED


@pytest.mark.parametrize(("data", "crc"), [(b"123456789", "29B1"), (b"", "FFFF"), (b"A", "B915")])
def test_the_checksum_is_ccitt_false(data, crc):
    assert crc16(data) == crc


def test_a_code_is_read_back_field_by_field():
    fields = read_fields(WORKED)

    assert fields == {
        "00": "01",
        "01": "12",
        "38": "0010A00000072701270006970405011315002012345670208QRIBFTTA",
        "53": "704",
        "54": "8000",
        "58": "VN",
        "62": "0819H55.242-261120-0007",
        "63": "F739",
    }


def test_a_checksum_in_small_letters_is_accepted():
    assert read_fields(WORKED[:-4] + "f739") is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "6304",
        "0002010",
        WORKED[:-1],
        WORKED + "0",
        WORKED.replace("8000", "9000"),
        WORKED.replace("VN", "VÑ"),
        sealed("009901"),
        sealed("00xx01"),
        sealed("0002010"),
        "0002016204" + crc16(b"0002016204"),
    ],
)
def test_a_damaged_code_is_not_read(text):
    assert read_fields(text) is None


def test_a_purpose_loses_its_marks_and_what_banks_cut():
    code = payment_code(ACCOUNT, 10_000, "Đặng Thị Hương: lệ phí hộ tịch quý IV")

    fields = read_fields(code)
    assert fields is not None
    assert fields["62"] == "0825Dang Thi Huong le phi ho "


def test_a_purpose_in_decomposed_letters_is_the_same():
    purpose = "Đặng Thị Hương"
    decomposed = unicodedata.normalize("NFD", purpose)

    assert payment_code(ACCOUNT, 1, decomposed) == payment_code(ACCOUNT, 1, purpose)


def test_a_payment_without_a_purpose_has_no_field_for_it():
    fields = read_fields(payment_code(ACCOUNT, 1, "«»"))

    assert fields is not None
    assert "62" not in fields


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_cannot_be_asked_for(amount):
    with pytest.raises(ValueError, match="amount"):
        payment_code(ACCOUNT, amount, "x")


@pytest.mark.parametrize("bank_bin", ["", "97040", "9704055", "97040a"])
def test_a_bank_number_has_six_digits(bank_bin):
    with pytest.raises(ValueError, match="bank number"):
        payment_code(PaymentAccount(bank_bin=bank_bin, account="1"), 1, "x")


@pytest.mark.parametrize("account", ["", "1" * 20, "12 34", "số"])
def test_an_account_has_up_to_nineteen_letters_or_digits(account):
    with pytest.raises(ValueError, match="account"):
        payment_code(PaymentAccount(bank_bin="970405", account=account), 1, "x")
    longest = PaymentAccount(bank_bin="970405", account="1" * 19)
    assert read_fields(payment_code(longest, 1, "x")) is not None


@given(st.integers(1, 10**12), st.text(max_size=40))
def test_any_amount_and_purpose_can_be_read_back(amount, purpose):
    fields = read_fields(payment_code(ACCOUNT, amount, purpose))

    assert fields is not None
    assert fields["54"] == str(amount)
    assert len(fields.get("62", "")) <= 4 + 25


@given(st.integers(0, len(WORKED) - 5), st.sampled_from("0123456789ABCDEFHVN"))
def test_one_changed_character_is_noticed(at, character):
    changed = WORKED[:at] + character + WORKED[at + 1 :]

    assert (read_fields(changed) is not None) == (changed == WORKED)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_quietly(text):
    assert read_fields(text) is None or text[-8:-4] == "6304"
    assert isinstance(read_fields(sealed(text)), dict | None)
