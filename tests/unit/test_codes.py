import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_36

from app.domain import codes
from app.domain.codes import CodeParts, CodePattern

DAY = dt.date(2026, 11, 20)
PATTERN = CodePattern(
    shape="{agency}-{day:%y%m%d}-{number:04d}", effective_from=dt.date(2018, 1, 1)
)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ADDRESS = "https://tracuu.example.vn"


@pytest.mark.parametrize(
    ("code", "agency", "day", "number"),
    [
        ("000.17.22.H56-210531-0001", "000.17.22.H56", dt.date(2021, 5, 31), 1),
        ("000.00.06.H56-231027-0361", "000.00.06.H56", dt.date(2023, 10, 27), 361),
        ("000.00.16.G04-220324-0020", "000.00.16.G04", dt.date(2022, 3, 24), 20),
        ("H56.14-240823-0001", "H56.14", dt.date(2024, 8, 23), 1),
        ("H55.242-261120-0007", "H55.242", DAY, 7),
        ("G12.18.112.014-261120-0001", "G12.18.112.014", DAY, 1),
        ("G12.112.01-261120-000001", "G12.112.01", DAY, 1),
        ("G12.112.01-261120-01000123", "G12.112.01", DAY, 1000123),
        ("H24.15-261120-0001", "H24.15", DAY, 1),
        ("H24-261120-9999", "H24", DAY, 9999),
    ],
)
def test_every_form_of_code_in_use_is_read(code, agency, day, number):
    assert codes.read_code(code) == CodeParts(agency, day, number)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "H24.15",
        "H24.15-261120",
        "H24.15-261120-001",
        "H24.15-261120-000000001",
        "H24.15-261320-0001",
        "H24.15-260230-0001",
        "H24.15-26112-0001",
        "H24.1-261120-0001",
        "H24.1515-261120-0001",
        "H24.15.16.17.18-261120-0001",
        "h24.15-261120-0001",
        "24.15-261120-0001",
        "000.17.22-210531-0001",
        "00.17.22.H56-210531-0001",
        "H24.15-261120-0001 ",
        " H24.15-261120-0001",
        "H24.15-261120-0001\n",
        "H24.15_261120_0001",
        "T-3F2A91C0-0001",
        "H24.15-２６１１２０-0001",
        "H24.15-261120-٠٠٠١",
        "H24.15-261120-0001-2",
    ],
)
def test_what_is_no_code_is_not_read_as_one(code):
    assert codes.read_code(code) is None


agencies = st.from_regex(
    r"[A-Z][0-9]{2}(\.[0-9]{2,3}){0,3}|[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}", fullmatch=True
)
reception_days = st.dates(dt.date(2018, 1, 1), dt.date(2099, 12, 31))


@given(agencies, reception_days, st.integers(0, 99_999_999))
def test_a_written_code_is_read_back_to_its_parts(agency, day, number):
    code = codes.write_code([PATTERN], agency, day, number)

    assert codes.read_code(code) == CodeParts(agency, day, number)


def test_a_code_is_written_as_the_receipt_shows_it():
    assert codes.write_code([PATTERN], "H24.15", DAY, 1) == "H24.15-261120-0001"
    assert codes.write_code([PATTERN], "H24.15", DAY, 12345) == "H24.15-261120-12345"


def test_the_pattern_in_force_on_the_day_of_reception_is_used():
    old = CodePattern(
        shape="{agency}-{day:%y%m%d}-{number:04d}",
        effective_from=dt.date(2018, 1, 1),
        effective_to=dt.date(2026, 12, 31),
    )
    new = CodePattern(
        shape="{agency}-{day:%y%m%d}-{number:06d}", effective_from=dt.date(2027, 1, 1)
    )

    def written(day: dt.date) -> str:
        return codes.write_code([new, old], "H24.15", day, 1)

    assert written(dt.date(2018, 1, 1)) == "H24.15-180101-0001"
    assert written(dt.date(2026, 12, 31)) == "H24.15-261231-0001"
    assert written(dt.date(2027, 1, 1)) == "H24.15-270101-000001"


def test_no_code_is_written_on_a_day_without_a_pattern():
    with pytest.raises(ValueError, match="no code pattern"):
        codes.write_code([PATTERN], "H24.15", dt.date(2017, 12, 31), 1)


@pytest.mark.parametrize(
    "shape",
    ["{agency}-{day:%y%m%d}-{number}", "{agency}/{number:04d}", "{agency}-{day:%y%d%m}-0001", "x"],
)
def test_a_pattern_that_cannot_be_read_back_writes_nothing(shape):
    pattern = CodePattern(shape=shape, effective_from=dt.date(2018, 1, 1))

    with pytest.raises(ValueError, match="unreadable"):
        codes.write_code([pattern], "H24.15", DAY, 2)


def test_a_negative_number_writes_nothing():
    with pytest.raises(ValueError, match="unreadable"):
        codes.write_code([PATTERN], "H24.15", DAY, -1)


@given(st.text(alphabet=ALPHABET, min_size=1, max_size=30))
def test_the_check_character_is_that_of_iso_7064(text):
    assert codes.check_character(text) == mod_37_36.calc_check_digit(text)
    assert mod_37_36.is_valid(text + codes.check_character(text))


@given(agencies, reception_days, st.integers(1, 9999))
def test_the_check_character_of_a_code_passes_over_dots_and_dashes(agency, day, number):
    code = codes.write_code([PATTERN], agency, day, number)
    bare = re.sub(r"[.-]", "", code)

    assert codes.check_character(code) == mod_37_36.calc_check_digit(bare)
    assert codes.is_code_checked(code, mod_37_36.calc_check_digit(bare))


@given(
    agencies, reception_days, st.integers(1, 9999), st.integers(0, 60), st.sampled_from(ALPHABET)
)  # fmt: skip
def test_one_misread_character_is_detected(agency, day, number, place, wrong):
    code = codes.write_code([PATTERN], agency, day, number)
    places = [i for i, character in enumerate(code) if character in ALPHABET]
    at = places[place % len(places)]
    misread = code[:at] + wrong + code[at + 1 :]

    is_same = misread == code
    assert codes.is_code_checked(misread, codes.check_character(code)) is is_same


def test_nearly_every_swap_of_neighbours_is_detected():
    swapped = detected = 0
    for number in range(1, 10_000, 7):
        code = codes.write_code([PATTERN], "H24.15", DAY, number)
        check = codes.check_character(code)
        for i in range(len(code) - 1):
            one, other = code[i], code[i + 1]
            if one != other and one in ALPHABET and other in ALPHABET:
                swapped += 1
                misread = code[:i] + other + one + code[i + 2 :]
                detected += not codes.is_code_checked(misread, check)

    assert swapped > 5_000
    assert detected / swapped > 0.99  # the standard's hybrid systems miss a few


@pytest.mark.parametrize("check", ["", "0", "XX", " "])
def test_a_wrong_or_missing_check_character_does_not_pass(check):
    code = "H24.15-261120-0001"

    assert codes.check_character(code) != check
    assert not codes.is_code_checked(code, check)


@given(st.binary(min_size=5, max_size=5), st.binary(min_size=5, max_size=5))
def test_look_up_codes_lose_no_bit(one, other):
    first, second = codes.lookup_code(one), codes.lookup_code(other)

    assert (first == second) is (one == other)
    assert codes.read_lookup(first) == first
    assert len(first) == 8
    assert not set(first) & set("01IO")


def test_a_look_up_code_takes_its_letters_in_order():
    assert codes.lookup_code(bytes(5)) == "22222222"
    assert codes.lookup_code(b"\xff" * 5) == "ZZZZZZZZ"
    assert codes.lookup_code((1).to_bytes(5, "big")) == "22222223"


@pytest.mark.parametrize("size", [0, 4, 6])
def test_a_look_up_code_needs_five_bytes(size):
    with pytest.raises(ValueError, match="5 bytes"):
        codes.lookup_code(bytes(size))


@pytest.mark.parametrize("typed", ["abcd2345", " ABCD-2345 ", "ab cd 23 45", "A-B-C-D-2-3-4-5"])
def test_a_look_up_code_is_taken_however_it_is_typed(typed):
    assert codes.read_lookup(typed) == "ABCD2345"


@pytest.mark.parametrize("typed", ["", "ABCD234", "ABCD23456", "ABCD234O", "ABCD2341", "ABCD234é"])
def test_a_wrong_look_up_code_is_refused(typed):
    assert codes.read_lookup(typed) is None


@given(
    st.sampled_from([ADDRESS, ADDRESS + "/", ADDRESS + "/motcua", "http://127.0.0.1:8440"]),
    agencies, reception_days, st.integers(1, 9999), st.binary(min_size=5, max_size=5),
)  # fmt: skip
def test_the_receipts_qr_leads_back_to_code_and_look_up_code(base, agency, day, number, random):
    code, lookup = codes.write_code([PATTERN], agency, day, number), codes.lookup_code(random)

    address = codes.status_address(base, code, lookup)

    assert codes.read_status_address(address) == (code, lookup)
    assert codes.read_status_address(f"  {address}\r\n") == (code, lookup)


def test_the_status_address_is_short_and_plain():
    address = codes.status_address(ADDRESS + "/", "H24.15-261120-0001", "ABCD2345")

    assert address == "https://tracuu.example.vn/hs/H24.15-261120-0001?m=ABCD2345"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "H24.15-261120-0001",
        f"{ADDRESS}/hs/H24.15-261120-0001",
        f"{ADDRESS}/hs/H24.15-261120-0001?m=",
        f"{ADDRESS}/hs/H24.15-261120-0001?m=ABCD234",
        f"{ADDRESS}/hs/H24.15-261120-0001?x=ABCD2345",
        f"{ADDRESS}/xx/H24.15-261120-0001?m=ABCD2345",
        f"{ADDRESS}/hs/H24.15?m=ABCD2345",
        f"{ADDRESS}/hs/?m=ABCD2345",
        "http://[/hs/H24.15-261120-0001?m=ABCD2345",
    ],
)
def test_another_address_is_no_receipts_qr(text):
    assert codes.read_status_address(text) is None


@given(st.text())
def test_any_text_is_read_or_refused_quietly(text):
    assert codes.read_code(text) is None
    assert codes.read_status_address(text) is None
    assert codes.read_lookup(text) is None or len(codes.read_lookup(text)) == 8


def test_numbers_drawn_online_and_offline_never_meet():
    online, offline = set(codes.ONLINE_NUMBERS), set(codes.OFFLINE_NUMBERS)

    assert not online & offline
    assert online | offline == set(range(1, 10_000))
    assert max(online) == 4999
