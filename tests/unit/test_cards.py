import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.cards import Card, NotACard, mrz_check_digit, read_card

TODAY = dt.date(2026, 11, 20)
PLAIN = "001090123456|012345678|Nguyễn Văn A|01011990|Nam|Số 1, Tràng Tiền, Hà Nội|15042021"
A = Card(
    id_number="001090123456",
    old_id="012345678",
    name="Nguyễn Văn A",
    born="1990-01-01",
    sex="Nam",
    address="Số 1, Tràng Tiền, Hà Nội",
    issued="2021-04-15",
)
MRZ = (
    "IDVNM0901234562001090123456<<3",
    "9001011M3001019VNM<<<<<<<<<<<4",
    "NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<",
)


def card(*fields: str) -> Card:
    return read_card("|".join(fields))


def with_field(place: int, text: str) -> Card:
    fields = PLAIN.split("|")
    fields[place] = text
    return card(*fields)


def in_windows_letters(text: str) -> str:
    """What a reader in an ANSI mode makes of UTF-8: cp1252, its gaps left as they are."""
    letters = ""
    for byte in text.encode():
        try:
            letters += bytes([byte]).decode("cp1252")
        except UnicodeDecodeError:
            letters += chr(byte)
    return letters


def test_the_seven_fields_of_a_card_are_read():
    assert read_card(PLAIN, today=TODAY) == A


def test_the_documented_example_is_read():
    raw = (
        "001090123456|012345678|Nguyễn Văn A|01011990|Nam|"
        "Số 1, Tràng Tiền, Hoàn Kiếm, Hà Nội|15042021"
    )

    found = read_card(raw)

    assert found.address == "Số 1, Tràng Tiền, Hoàn Kiếm, Hà Nội"
    assert found.warnings == ()


@pytest.mark.parametrize(
    "raw",
    [
        "]Q1" + PLAIN,
        PLAIN + "\r\n",
        PLAIN + "\r",
        PLAIN + "\n",
        PLAIN + "\t",
        "\t" + PLAIN,
        "\ufeff" + PLAIN,
        "\ufeff]Q1" + PLAIN + "\r\n",
        "]Q1\ufeff" + PLAIN + "\t\r\n",
        "\x00" + PLAIN + "\x00",
        unicodedata.normalize("NFD", PLAIN),
        PLAIN + "|",
        PLAIN + "|||Nguyễn Văn B|Trần Thị C",
        PLAIN.replace("|", " | "),
        PLAIN.replace("Nguyễn Văn A", "Nguyễn\tVăn  A"),
        PLAIN.replace("01011990", "01/01/1990").replace("15042021", "15/04/2021"),
        PLAIN.replace("01011990", "01-01-1990").replace("15042021", "15.04.2021"),
        PLAIN.replace("|Nam|", "|NAM|"),
        PLAIN.replace("|Nam|", "|M|"),
        PLAIN.replace("|Nam|", "|m|"),
        PLAIN.encode().decode("latin-1"),
        in_windows_letters(PLAIN),
    ],
)
def test_a_card_is_read_however_the_reader_sends_it(raw):
    assert read_card(raw, today=TODAY) == A


@pytest.mark.parametrize(
    "name", ["Nguyễn Văn A", "Đặng Thị Ánh", "Lê Ỷ Ý", "Đỗ Đức Ề", "Trương Ước Ơn", "Hà Á"]
)
def test_a_name_in_western_letters_is_mended(name):
    raw = PLAIN.replace("Nguyễn Văn A", name)

    assert read_card(in_windows_letters(raw)).name == name
    assert read_card(raw.encode().decode("latin-1")).name == name


def test_a_name_that_only_looks_western_is_left_alone():
    found = read_card(PLAIN.replace("Nguyễn Văn A", "JOÃO Ändern"))

    assert found.name == "JOÃO Ändern"


@pytest.mark.parametrize(
    ("text", "old_id"), [("", ""), ("012345678", "012345678"), ("001090123456", "001090123456")]
)
def test_the_old_number_has_nine_or_twelve_digits_or_is_empty(text, old_id):
    found = with_field(1, text)

    assert (found.old_id, found.name) == (old_id, "Nguyễn Văn A")
    assert found.warnings == ()


def test_an_old_number_of_another_length_is_passed_over_with_a_warning():
    found = with_field(1, "12345")

    assert (found.old_id, found.name, found.born) == ("", "Nguyễn Văn A", "1990-01-01")
    assert "12345" in found.warnings[0]


def test_a_card_without_the_old_number_has_six_fields():
    fields = PLAIN.split("|")
    del fields[1]

    found = card(*fields)

    assert found == Card(**{**as_dict(A), "old_id": ""})


def test_a_card_without_an_issue_day_is_read():
    found = card(*PLAIN.split("|")[:6])

    assert (found.name, found.issued, found.warnings) == ("Nguyễn Văn A", "", ())


def as_dict(value: Card) -> dict[str, object]:
    return {name: getattr(value, name) for name in Card.__dataclass_fields__}


@pytest.mark.parametrize(
    ("text", "born"),
    [("1990", "1990"), ("00001990", "1990"), ("00/05/1990", "1990"), ("01001990", "1990")],
)
def test_a_birthday_that_is_not_fully_known_is_a_year(text, born):
    found = with_field(3, text)

    assert (found.born, found.warnings) == (born, ())


@pytest.mark.parametrize("text", ["1-1-90", "hôm qua", "010119901", "31021990", "01131990"])
def test_a_birthday_that_cannot_be_is_left_to_the_clerk(text):
    found = with_field(3, text)

    assert found.born == ""
    assert text in found.warnings[0]
    assert found.warnings[0].startswith("Ngày sinh")


def test_an_issue_day_that_cannot_be_is_named_as_such():
    assert with_field(6, "99992021").warnings[0].startswith("Ngày cấp")


@pytest.mark.parametrize(
    ("text", "sex"),
    [("Nữ", "Nữ"), ("Nu", "Nữ"), ("NỮ", "Nữ"), ("F", "Nữ"), ("f", "Nữ"), ("X", ""), ("", "")],
)
def test_the_sex_is_read_however_it_is_written(text, sex):
    fields = PLAIN.replace("001090", "001190").split("|")
    fields[4] = text

    found = card(*fields)

    assert (found.sex, found.warnings) == (sex, ())


@pytest.mark.parametrize(
    ("number", "born", "sex"),
    [
        ("000090123456", "01011990", "Nam"),
        ("000190123456", "01011990", "Nữ"),
        ("000205123456", "01012005", "Nam"),
        ("000305123456", "01012005", "Nữ"),
        ("000401123456", "01012101", "Nam"),
        ("000501123456", "01012101", "Nữ"),
    ],
)
def test_a_number_that_fits_sex_and_year_raises_no_doubt(number, born, sex):
    assert card(number, "", "Trần B", born, sex, "", "").warnings == ()


@pytest.mark.parametrize(
    ("number", "doubt"),
    [
        ("000190123456", "Giới tính"),
        ("000091123456", "Năm sinh"),
        ("000290123456", "Năm sinh"),
    ],
)
def test_a_number_that_does_not_fit_is_pointed_out_and_not_refused(number, doubt):
    found = card(number, "", "Trần B", "01011990", "Nam", "", "")

    assert found.id_number == number
    assert [warning.split(" không khớp")[0] for warning in found.warnings] == [doubt]


def test_a_number_that_fits_neither_raises_both_doubts():
    assert len(card("000391123456", "", "Trần B", "01011990", "Nam", "", "").warnings) == 2


def test_days_to_come_are_pointed_out_when_today_is_known():
    raw = "000126123456||Trần B|21112026|Nữ||21112026".replace("000126", "000326")

    assert read_card(raw).warnings == ()
    warnings = read_card(raw, today=TODAY).warnings
    assert [warning.split(" trên thẻ")[0] for warning in warnings] == ["Ngày sinh", "Ngày cấp"]
    assert read_card(raw, today=dt.date(2026, 11, 21)).warnings == ()


def test_a_year_alone_is_never_to_come():
    assert read_card("000326123456||Trần B|2026|Nữ||", today=dt.date(2026, 1, 1)).warnings == ()


@pytest.mark.parametrize("name", ["Nguy?n V?n A", "Nguy\ufffdn Văn A", ""])
def test_a_name_with_lost_letters_is_asked_for_and_the_rest_kept(name):
    found = with_field(2, name)

    assert (found.name, found.address) == ("", "")
    assert (found.id_number, found.born, found.sex) == ("001090123456", "1990-01-01", "Nam")
    assert "gõ lại họ tên" in found.warnings[0]


@pytest.mark.parametrize(
    "address", ["Quận Hoàn Kiếm, Hà Nội", "huyện Ba Vì", "Thị xã Sơn Tây", "TP Vinh, tỉnh Nghệ An"]
)
def test_an_address_of_the_old_units_is_pointed_out(address):
    assert "đơn vị hành chính cũ" in with_field(5, address).warnings[0]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("DN4790012345678|4e677579e1bb856e2056c4836e2041|01/01/1990|1|01-001|", "bảo hiểm y tế"),
        ("0123456789|4e677579e1bb856e2056c4836e2041|01/01/1990|1|01-001|x", "bảo hiểm y tế"),
        ("vneid:9f8e7d6c5b4a", "VNeID"),
        ("", "VNeID"),
        ("https://example.vn/qr/abc", "địa chỉ trang web"),
        ("http://example.vn", "địa chỉ trang web"),
        ("00020101021238570010A000000727", "mã thanh toán"),
        ("000090123456", "Chỉ có dãy 12 chữ số"),
        ("000090123\r\n", "Chỉ có dãy 9 chữ số"),
        ("000090123456||Trần B|1990|Nam", "5 mục"),
        ("00009012345||Trần B|1990|Nam||", "11"),
        ("0000901234567||Trần B|1990|Nam||", "13"),
        ("00009012345６||Trần B|1990|Nam||", "11"),
        ("00009012345X||Trần B|1990|Nam||", "11"),
        ("|||||||", "có 0"),
    ],
)
def test_what_is_no_card_is_refused_with_advice(raw, words):
    with pytest.raises(NotACard, match=words):
        read_card(raw)


def test_a_short_hexadecimal_second_field_is_no_health_card():
    with pytest.raises(NotACard, match="12 chữ số"):
        read_card("0123456789|abcdef|x|x|x|x")


def test_the_three_lines_on_the_back_are_read():
    found = read_card("\n".join(MRZ), today=TODAY)

    assert found.id_number == "001090123456"
    assert (found.name, found.born, found.sex) == ("NGUYEN VAN A", "1990-01-01", "Nam")
    assert found.source == "mrz"
    assert found.warnings == ("Tên đọc từ dòng mã không có dấu: gõ lại họ tên có dấu.",)


@pytest.mark.parametrize(
    "raw", ["\r\n".join(MRZ) + "\r\n", "".join(MRZ), "\n\n".join(MRZ).lower(), " \n".join(MRZ)]
)
def test_the_three_lines_may_come_in_one_or_in_small_letters(raw):
    assert read_card(raw) == read_card("\n".join(MRZ))


@pytest.mark.parametrize(
    ("line", "place", "what"),
    [
        (0, 6, "số thẻ"),
        (0, 14, "số thẻ"),
        (1, 1, "ngày sinh"),
        (1, 6, "ngày sinh"),
        (1, 9, "ngày hết hạn"),
        (1, 14, "ngày hết hạn"),
        (0, 26, "cả dòng"),
        (1, 29, "cả dòng"),
        (1, 18, "cả dòng"),
        (1, 20, "cả dòng"),
        (1, 28, "cả dòng"),
    ],
)
def test_one_wrong_character_in_the_lines_is_named(line, place, what):
    lines = list(MRZ)
    old = lines[line][place]
    new = "1" if old == "<" else str((int(old) + 1) % 10)
    lines[line] = lines[line][:place] + new + lines[line][place + 1 :]

    warning = next(w for w in read_card("\n".join(lines)).warnings if "Số kiểm tra" in w)

    assert what in warning


def test_the_last_character_of_the_first_line_may_be_a_filler():
    composite = mrz_check_digit(MRZ[0][5:29] + "<" + MRZ[1][0:7] + MRZ[1][8:15] + MRZ[1][18:29])
    lines = (MRZ[0][:29] + "<", MRZ[1][:29] + composite, MRZ[2])

    assert len(read_card("\n".join(lines)).warnings) == 1


def test_a_child_of_this_century_is_not_a_hundred_years_old():
    lines = (MRZ[0].replace("001090123456", "000318123456"), "18" + MRZ[1][2:], MRZ[2])

    assert read_card("\n".join(lines)).born == "2018-01-01"


def test_a_birthday_in_the_lines_that_cannot_be_is_left_to_the_clerk():
    lines = (MRZ[0], "901301" + MRZ[1][6:], MRZ[2])

    found = read_card("\n".join(lines))

    assert found.born == ""
    assert any("Ngày sinh trong dòng mã" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((MRZ[0][:29], MRZ[1], MRZ[2]), "3 dòng 30 ký tự"),
        ((MRZ[0], MRZ[1] + "<", MRZ[2]), "3 dòng 30 ký tự"),
        ((MRZ[0], MRZ[1], "NGUYỄN<<VAN<A<<<<<<<<<<<<<<<<<"), "3 dòng 30 ký tự"),
        ((MRZ[0].replace("VNM", "USA"), MRZ[1], MRZ[2]), "không do Việt Nam cấp"),
        ((MRZ[0].replace("001090123456", "00109012345X"), MRZ[1], MRZ[2]), "12 chữ số"),
    ],
)
def test_lines_that_are_no_vietnamese_card_are_refused(lines, words):
    with pytest.raises(NotACard, match=words):
        read_card("\n".join(lines))


@pytest.mark.parametrize(
    ("field", "digit"),
    [("520727", "3"), ("D23145890", "7"), ("740812", "2"), ("120415", "9"), ("<<<", "0")],
)
def test_check_digits_are_those_of_icao_9303(field, digit):
    assert mrz_check_digit(field) == digit


@given(st.text() | st.text(alphabet="0123456789|<IDVNMãÃá»Ä \r\n", min_size=5))
def test_any_text_is_a_card_or_refused_as_none(text):
    try:
        found = read_card(text, today=TODAY)
    except NotACard:
        return
    assert found.id_number.isascii()
    assert len(found.id_number) == 12


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="|")), min_size=5, max_size=9))
def test_any_fields_behind_a_good_number_are_read(fields):
    found = card("000090123456", *fields)

    assert found.id_number == "000090123456"
    assert found.sex in ("Nam", "Nữ", "")
    assert len(found.born) in (0, 4, 10)
