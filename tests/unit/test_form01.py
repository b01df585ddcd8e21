import dataclasses
import datetime as dt
import functools
import io
import re
import unicodedata

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.catalogue import Catalogue
from printing.barcodes import NARROWEST_MODULE_MM, code128_modules
from printing.document import (
    Align,
    Code128,
    Column,
    Margins,
    NewPage,
    PaperSize,
    PrintDocument,
    Qr,
    Rule,
    SideBySide,
    Space,
    Table,
    Text,
    Together,
)
from printing.errors import DoesNotFit
from printing.forms.frame import CodeWords, Head
from printing.forms.receipt import ReceiptCopyLine, ReceiptPaper, ReceiptWords, build
from printing.lettering import FONT_FOLDER
from printing.pdf import render

MADE_AT = dt.datetime(2026, 11, 20, 10, tzinfo=dt.timezone(dt.timedelta(hours=7)))
CODE, ADDRESS = "H24.15-261120-0001", "https://tracuu.example.vn/hs/H24.15-261120-0001?m=ABCD2345"
SETS = ["tt03-2025", "tt01-2018"]
SHEETS = [PaperSize.A4, PaperSize.A5]


def receipt(bundled: Catalogue, form_set: str = "tt03-2025", **changes) -> ReceiptWords:
    """The words of a birth registration in one of the two form sets."""
    forms = bundled.form_set_named(form_set)
    form, wording = forms.form("01"), forms.wording
    words = ReceiptWords(
        codes=CodeWords(code=CODE, check="Y", lookup="ABCD2345", status_address=ADDRESS),
        head=Head(
            parent_line="UBND PHƯỜNG MINH TÂM",
            name_line="TRUNG TÂM PHỤC VỤ HÀNH CHÍNH CÔNG",
            number_line="Số: 0001/TNHS",
            form_line=f"{form.number}\n{forms.legal_line}",
            place_and_date="Minh Tâm, ngày 20 tháng 11 năm 2026",
        ),
        form_number=form.number,
        title=form.title.upper(),
        lines=(
            ("Tiếp nhận hồ sơ của Ông (Bà)", "ĐẶNG THỊ ÁNH NGUYỆT (trực tiếp)"),
            ("Địa chỉ", "Số 1 đường Mẫu, phường Minh Tâm, thành phố Hải Phòng"),
            ("Số điện thoại, email", "0912345678 · anh@example.vn"),
            (wording["id_line"], "000190123456"),
            ("Nội dung yêu cầu giải quyết", "Đăng ký khai sinh (Trần Đức Hiếu)"),
        ),
        papers_label=wording["papers_line"],
        papers=(
            ReceiptPaper(name="Tờ khai đăng ký khai sinh", original="1"),
            ReceiptPaper(name="Giấy chứng sinh", original="1", certified="2", photocopy="3"),
        ),
        copy_lines=(),
        numbered=(
            (wording["sets_line"], "01 (bộ)"),
            (wording["term_line"], "trong ngày"),
            (wording["received_line"], "10 giờ 00 phút, ngày 20 tháng 11 năm 2026"),
            (wording["due_line"], "17 giờ 00 phút, ngày 20 tháng 11 năm 2026"),
            (wording["return_line"], "UBND phường Minh Tâm, nơi tiếp nhận hồ sơ"),
            ("Phí, lệ phí", "8.000 đồng (Tám nghìn đồng) — đã thu"),
        ),
        note="Khi đến nhận kết quả mang theo giấy này và căn cước.",
        submitter_name="Đặng Thị Ánh Nguyệt",
        clerk_name="Nguyễn Hữu Lộc",
    )
    return dataclasses.replace(words, **changes)


def printed(words: ReceiptWords, paper: PaperSize) -> bytes:
    return render(build(words, paper), made_at=MADE_AT)


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page, single-spaced."""
    with pypdfium2.PdfDocument(pdf) as opened:
        texts = []
        for page in opened:
            text = page.get_textpage().get_text_bounded()
            texts.append(" ".join(unicodedata.normalize("NFC", text).split()))
    return texts


def seen_on(pdf: bytes, page: int, dpi: int = 200) -> dict[str, str]:
    """What a scanner at `dpi` reads on a page, by kind of code."""
    with pypdfium2.PdfDocument(pdf) as opened:
        image = opened[page].render(scale=dpi / 72).to_pil().convert("L")
    return {str(found.format): found.text for found in zxingcpp.read_barcodes(image)}


def words_in(value: object) -> list[str]:
    """Every word that a receipt holds."""
    if isinstance(value, str):
        return value.split()
    if isinstance(value, tuple):
        return [word for part in value for word in words_in(part)]
    if dataclasses.is_dataclass(value):
        return [w for f in dataclasses.fields(value) for w in words_in(getattr(value, f.name))]
    return [str(value)]


@functools.cache
def _rendered(words: ReceiptWords, paper: PaperSize) -> bytes:
    return printed(words, paper)


@pytest.fixture(params=[(s, p) for s in SETS for p in SHEETS], ids=lambda p: f"{p[0]}-{p[1]}")
def both(request, bundled) -> tuple[ReceiptWords, PaperSize, bytes]:
    """A receipt of each form set on each paper."""
    form_set, paper = request.param
    words = receipt(bundled, form_set)
    return words, paper, _rendered(words, paper)


def test_every_word_of_the_receipt_stands_on_each_copy(both):
    words, _, pdf = both
    pages = pages_of(pdf)

    assert len(pages) == 2
    codes = dataclasses.replace(words.codes, status_address="")
    said = words_in(dataclasses.replace(words, codes=codes, copies=()))
    assert len(said) > 100
    for text, copy in zip(pages, words.copies, strict=True):
        assert [word for word in said if word not in text] == []
        assert f"({copy})" in text
        for fixed in (
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc",
            "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ", "Mã hồ sơ: H24.15-261120-0001",
            "NGƯỜI NỘP HỒ SƠ", "NGƯỜI TIẾP NHẬN HỒ SƠ", "Bản chứng thực",
        ):  # fmt: skip
            assert fixed in text


def test_lines_are_numbered_from_the_papers_on(both):
    words, _, pdf = both
    text = pages_of(pdf)[0]

    labels = [words.papers_label, *(label for label, _ in words.numbered)]
    places = [text.index(f"{i}. {label}:") for i, label in enumerate(labels, start=1)]
    assert places == sorted(places)


def test_the_sets_differ_in_what_the_circulars_say(bundled):
    new, old = (pages_of(_rendered(receipt(bundled, s), PaperSize.A5))[0] for s in SETS)

    assert "03/2025/TT-VPCP" in new
    assert "01/2018/TT-VPCP" in old
    assert "Số căn cước/Hộ chiếu: 000190123456" in new
    assert "Số CMND/Thẻ căn cước/Hộ chiếu: 000190123456" in old


def test_bar_code_and_qr_are_read_from_a_200_dpi_scan(both):
    _, _, pdf = both
    for page in range(2):
        assert seen_on(pdf, page) == {"Code 128": CODE, "QR Code": ADDRESS}


@pytest.mark.parametrize("paper", SHEETS)
@pytest.mark.parametrize("code", ["000.00.00.H24-261120-0001", "G12.18.112.014-261120-01000123"])
def test_the_longest_codes_in_use_are_read_from_a_200_dpi_scan(bundled, paper, code):
    words = receipt(bundled, codes=CodeWords(code=code, status_address=ADDRESS), copies=("Liên 1",))

    assert seen_on(printed(words, paper), 0)["Code 128"] == code


def test_the_page_has_the_size_of_its_paper(both):
    _, paper, pdf = both
    with pypdfium2.PdfDocument(pdf) as opened:
        sizes = {tuple(round(x / 72 * 25.4, 1) for x in page.get_size()) for page in opened}

    assert sizes == {paper.size_mm}


def test_the_file_declares_itself_pdf_a_2b(both):
    words, _, pdf = both
    assert pdf.startswith(b"%PDF-1.7")
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        intent = opened.Root.OutputIntents[0]
        metadata = opened.open_metadata()
        assert intent.S == "/GTS_PDFA1"
        assert intent.DestOutputProfile.N == 3
        assert len(intent.DestOutputProfile.read_bytes()) > 100
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
        assert metadata["dc:title"] == f"{words.title.capitalize()} {CODE}"
        assert metadata["xmp:CreateDate"] == "2026-11-20T10:00:00+07:00"
        assert str(opened.Root.Lang) == "vi-VN"
        assert bool(opened.Root.ViewerPreferences.DisplayDocTitle)
        assert not opened.is_encrypted
        assert {str(opened.docinfo[key]) for key in opened.docinfo} == {
            metadata["dc:title"],
            "D:20261120100000+07'00",
        }
        assert opened.trailer.ID


def test_every_font_is_embedded_and_none_is_helvetica(both):
    _, _, pdf = both
    assert b"Helvetica" not in pdf
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        fonts = [font for page in opened.pages for font in page.Resources.Font.values()]
        assert fonts
        for font in fonts:
            (outline,) = font.get("/DescendantFonts", [font])
            assert "LiberationSerif" in str(font.BaseFont)
            assert "/FontFile2" in outline.FontDescriptor


def test_the_same_words_make_the_same_bytes(bundled):
    words = receipt(bundled, clerk_name="Lê Thị Ổn")

    assert printed(words, PaperSize.A5) == printed(words, PaperSize.A5)


def test_decomposed_words_are_printed_composed(bundled):
    decomposed = unicodedata.normalize("NFD", "Đặng Thị Ổn")

    pdf = printed(receipt(bundled, clerk_name=decomposed, copies=("Liên 1",)), PaperSize.A5)

    with pypdfium2.PdfDocument(pdf) as opened:
        assert "Đặng Thị Ổn" in opened[0].get_textpage().get_text_bounded()


def test_words_that_look_like_markup_are_printed_as_they_are(bundled):
    name = "<b>Trần</b> & Con <script> &amp;"

    pdf = printed(receipt(bundled, clerk_name=name, copies=("Liên 1",)), PaperSize.A4)

    assert name in pages_of(pdf)[0]


def test_marks_and_watermark_stand_on_every_copy(bundled):
    marks = ("GIẤY TẠM — số hồ sơ chính thức sẽ được thay", "BẢN IN LẠI (lần 2)")
    words = receipt(bundled, marks=marks, watermark="TẬP SỰ")

    for text in pages_of(printed(words, PaperSize.A5)):
        assert all(mark in text for mark in marks)
        assert "TẬP SỰ" in text
    assert "TẬP SỰ" not in pages_of(_rendered(receipt(bundled), PaperSize.A5))[0]


def test_codes_are_still_read_through_the_watermark(bundled):
    pdf = printed(receipt(bundled, watermark="TẬP SỰ", copies=("Liên 1",)), PaperSize.A5)

    assert seen_on(pdf, 0) == {"Code 128": CODE, "QR Code": ADDRESS}


@pytest.mark.parametrize("paper", SHEETS)
def test_a_certified_copy_receipt_lists_pages_copies_and_fees(bundled, paper):
    words = receipt(
        bundled,
        copies=("Liên 1",),
        copy_lines=(
            ReceiptCopyLine(name="Bằng tốt nghiệp", pages=12, copies=2, amount="28.000"),
            ReceiptCopyLine(name="Sổ hộ khẩu", pages=1, copies=1, amount="2.000"),
        ),
    )

    text = pages_of(printed(words, paper))[0]

    assert "TT Giấy tờ cần chứng thực Số trang Số bản Phí (đồng)" in text
    assert "1 Bằng tốt nghiệp 12 2 28.000" in text
    assert "2 Sổ hộ khẩu 1 1 2.000" in text
    assert "Tờ khai đăng ký khai sinh" not in text


LONG_NAME = "Nguyễn Phước Quý " * 24 + "Ánh"
FIVE_LINES = "Số 123 ngõ 456 đường Nguyễn Đình Chiểu, tổ dân phố số 7, " * 9


@pytest.mark.parametrize("paper", SHEETS)
def test_forty_papers_and_endless_names_flow_over_pages_with_repeated_headings(bundled, paper):
    papers = tuple(
        ReceiptPaper(name=f"Giấy tờ thứ {i} kèm theo văn bản giải trình và xác nhận", original="1")
        for i in range(1, 41)
    )
    words = receipt(
        bundled,
        papers=papers,
        lines=(("Tiếp nhận hồ sơ của Ông (Bà)", LONG_NAME), ("Địa chỉ", FIVE_LINES)),
        submitter_name=LONG_NAME,
        copies=("Liên 1",),
    )

    pages = pages_of(printed(words, paper))

    assert len(pages) >= 2
    whole = " ".join(pages)
    assert all(f"Giấy tờ thứ {i} kèm" in whole for i in range(1, 41))
    heading = "Bản chính Bản chứng thực Bản photo"
    for i, text in enumerate(pages, start=1):
        assert ("Giấy tờ thứ" in text) is (heading in text)
        assert f"Trang {i}" in text
        assert CODE in text
    assert "NGƯỜI TIẾP NHẬN HỒ SƠ" in pages[-1]
    assert FIVE_LINES.strip() in whole


@pytest.mark.parametrize("paper", SHEETS)
def test_one_paper_longer_than_a_page_goes_on_over_the_next(bundled, paper):
    endless = " ".join(f"chữ{i}" for i in range(1200))
    words = receipt(bundled, papers=(ReceiptPaper(name=endless),), copies=("Liên 1",))

    pages = pages_of(printed(words, paper))

    assert len(pages) > 2
    assert [i for i in range(1200) if f"chữ{i}" not in " ".join(pages).split()] == []


def test_a_row_that_fits_on_the_next_page_is_not_torn(bundled):
    papers = tuple(
        ReceiptPaper(name=f"đầu{i} " + "giấy tờ kèm theo " * 8 + f"cuối{i}") for i in range(30)
    )

    for text in pages_of(printed(receipt(bundled, papers=papers), PaperSize.A5)):
        begun = set(re.findall(r"đầu(\d+)", text))
        ended = set(re.findall(r"cuối(\d+)", text))
        assert begun == ended


def test_the_copies_begin_on_new_pages_however_long_the_first_is(bundled):
    papers = tuple(ReceiptPaper(name=f"Giấy {i}", original="1") for i in range(60))

    pages = pages_of(printed(receipt(bundled, papers=papers), PaperSize.A5))

    begins = [i for i, text in enumerate(pages) if "CỘNG HÒA XÃ HỘI" in text]
    assert len(begins) == 2
    assert "(Liên 2: Lưu hồ sơ)" in pages[begins[1]]
    assert begins[1] == len(pages) // 2


def test_signatures_are_never_torn_from_their_names(bundled):
    for count in range(14, 30, 3):
        papers = tuple(ReceiptPaper(name=f"Giấy {i}", original="1") for i in range(count))
        words = receipt(bundled, papers=papers, copies=("Liên 1",))
        last = pages_of(printed(words, PaperSize.A5))[-1]
        assert "NGƯỜI NỘP HỒ SƠ" in last
        assert "Nguyễn Hữu Lộc" in last


def one_block(block: object, width_mm: float = 100) -> PrintDocument:
    return PrintDocument(
        title="Thử",
        paper=PaperSize.A4,
        margins=Margins(top=10, bottom=10, left=10, right=200 - width_mm),
        blocks=(block,),
    )


def test_a_bar_code_that_no_scanner_could_read_does_not_fit(bundled):
    modules = len(code128_modules(CODE)) + 20
    least_mm = modules * NARROWEST_MODULE_MM

    render(one_block(Code128(CODE), width_mm=least_mm + 0.01), made_at=MADE_AT)
    with pytest.raises(DoesNotFit, match=CODE):
        render(one_block(Code128(CODE), width_mm=least_mm - 0.01), made_at=MADE_AT)
    with pytest.raises(DoesNotFit):
        printed(receipt(bundled, codes=CodeWords(code="H" * 60)), PaperSize.A5)


def test_a_bar_code_is_as_narrow_as_its_paper_needs_and_no_wider_than_asked(bundled):
    pdf = render(one_block(Code128(CODE), width_mm=45), made_at=MADE_AT)

    assert seen_on(pdf, 0, dpi=300) == {"Code 128": CODE}


def test_a_code_128_is_that_of_the_standard():
    # start B, "A" (33), check (104 + 33) % 103 = 34, stop; widths of ISO/IEC 15417
    widths = "211214" + "111323" + "131123" + "2331112"
    modules = "".join(("1", "0")[i % 2] * int(width) for i, width in enumerate(widths))

    assert code128_modules("A") == modules


def test_every_kind_of_block_finds_its_place_on_paper():
    blocks = (
        Text("Chữ thường", align=Align.JUSTIFY),
        Text("nghiêng đậm", bold=True, italic=True, lead="Dẫn:"),
        Rule(40),
        Space(5),
        Qr("Xin chào, Đặng Ổn", size_mm=30),
        Table((Column("A", 1), Column("B", 2, Align.RIGHT)), (("một", "hai"),)),
        SideBySide(((Text("trái"),), (Text("phải"),)), (0.5, 0.5)),
        Together((Text("cùng"), Text("nhau"))),
        NewPage(),
        Text("trang hai"),
    )
    document = dataclasses.replace(one_block(Space(1)), blocks=blocks, footer="Chân trang")

    pdf = render(document, made_at=MADE_AT)

    first, second = pages_of(pdf)
    for words in ("Chữ thường", "Dẫn: nghiêng đậm", "A B một hai", "trái", "phải", "cùng nhau"):
        assert words in first
    assert "trang hai" in second
    assert re.findall(r"Chân trang|Trang \d", first + second) == [
        "Chân trang", "Trang 1", "Chân trang", "Trang 2",
    ]  # fmt: skip
    assert seen_on(pdf, 0) == {"QR Code": "Xin chào, Đặng Ổn"}


@pytest.mark.parametrize("filling_mm", [230, 255, 262, 268])
def test_blocks_that_belong_together_stay_on_one_page(filling_mm):
    together = Together((Text("đầu"), Text("giữa"), Text("cuối")))
    document = dataclasses.replace(one_block(Space(1)), blocks=(Space(filling_mm), together))

    assert "đầu giữa cuối" in pages_of(render(document, made_at=MADE_AT))[-1]


VOWELS = "aăâeêioôơuưy"
TONES = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
SMALL = {unicodedata.normalize("NFC", v + tone) for v in VOWELS for tone in TONES} | {"đ"}
LETTERS = SMALL | {letter.upper() for letter in SMALL}


@pytest.mark.parametrize("face", ["Regular", "Bold", "Italic", "BoldItalic"])
def test_every_bundled_face_has_every_vietnamese_letter_and_the_dong_sign(face):
    with TTFont(FONT_FOLDER / f"LiberationSerif-{face}.ttf") as font:
        characters = font.getBestCmap()

    needed = LETTERS | set("₫—–·…“”’×0123456789/()%&@")
    assert len(LETTERS) == 2 * 73
    assert {letter for letter in needed if ord(letter) not in characters} == set()


@pytest.mark.parametrize(("bold", "italic"), [(b, i) for b in (False, True) for i in (False, True)])
def test_every_vietnamese_letter_is_printed_in_every_face(bold, italic):
    letters = sorted(LETTERS)
    words = " ".join(letters)

    pdf = render(one_block(Text(words, bold=bold, italic=italic)), made_at=MADE_AT)

    assert pages_of(pdf)[0].split() == letters


any_words = st.text(max_size=300)


@settings(max_examples=12)
@given(any_words, any_words, st.lists(any_words, max_size=3), st.sampled_from(PaperSize))
def test_whatever_is_typed_a_receipt_comes_out(bundled, name, address, papers, paper):
    words = receipt(
        bundled,
        lines=(("Tiếp nhận hồ sơ của Ông (Bà)", name), ("Địa chỉ", address)),
        papers=tuple(ReceiptPaper(name=paper_name, original="1") for paper_name in papers),
        submitter_name=name,
        clerk_name=address,
        copies=("Liên 1",),
    )

    assert "NGƯỜI NỘP HỒ SƠ" in " ".join(pages_of(printed(words, paper)))
