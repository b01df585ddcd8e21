import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.logs import Redacting, redact

CARD = "000090123456|012345678|Nguyễn Văn A|01011990|Nam|Số 1, Tràng Tiền, Hà Nội|15042021"


@pytest.mark.parametrize(
    ("line", "redacted"),
    [
        ("citizen 000090123456 came", "citizen [số] came"),
        ("old number 012345678", "old number [số]"),
        ("call 0912345678", "call [số]"),
        ("call +84912345678 now", "call [số] now"),
        ("phone='0912345678'", "phone='[số]'"),
        ("(000090123456)", "([số])"),
        ("000090123456, 000190123456", "[số], [số]"),
        ("reader sent " + CARD, "reader sent [thẻ]"),
        ("reader sent 000090123456||Nguyễn Văn A|1990", "reader sent [thẻ]"),
    ],
)
def test_personal_numbers_and_card_texts_are_blanked_out(line, redacted):
    assert redact(line) == redacted


@pytest.mark.parametrize(
    "line",
    [
        "pushed 200 events, have 123456",
        "dossier H24.15-261120-0001",
        "dossier 000.17.22.H56-210531-0001",
        "page 7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069",
        "store 3f2a91c0-1b2c-4d5e-8f90-123456789012",
        "took 12345678 µs",
        "",
    ],
)
def test_what_operators_need_stays(line):
    assert redact(line) == line


def test_a_log_line_with_its_traceback_is_blanked_out_whole():
    try:
        raise ValueError("bad card " + CARD)
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, __file__, 1, "citizen %s", ("000090123456",),
            (type(error), error, error.__traceback__),
        )  # fmt: skip

    line = Redacting("%(message)s").format(record)

    assert "000090123456" not in line
    assert "Nguyễn" not in line
    assert "citizen [số]" in line


numbers = st.from_regex(r"[0-9]{12}|[0-9]{9}|0[35789][0-9]{8}", fullmatch=True)
around = st.text(alphabet=" ,:;=()[]{}'\"/\n\t", min_size=1, max_size=3)


@given(st.lists(st.tuples(around, numbers), min_size=1, max_size=5), around)
def test_no_number_between_signs_survives(parts, end):
    line = "".join(before + number for before, number in parts) + end

    redacted = redact(line)

    assert not any(number in redacted for _, number in parts)


@given(st.text())
def test_redacting_twice_changes_nothing_more(text):
    assert redact(redact(text)) == redact(text)
