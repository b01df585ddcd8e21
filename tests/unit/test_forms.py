"""Every paper form: as it was last looked at, with codes that scan, and nothing cut off."""

import ctypes
import dataclasses
import re
import unicodedata
from typing import Any

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from printing.document import (
    Align,
    Column,
    CutLine,
    Dotted,
    Margins,
    NewPage,
    PaperSize,
    PrintDocument,
    SideBySide,
    Space,
    Table,
    Text,
    Together,
)
from printing.errors import DoesNotFit
from printing.forms.frame import CodeWords, Head
from printing.lettering import printable
from printing.pdf import LONGEST_ROLL_MM, render
from tests.support.form_samples import (
    ADDRESS,
    CODE,
    DPI,
    MADE_AT,
    PAGES,
    RECEIPT,
    SAMPLES,
    SHA,
    codes,
    golden,
    layout,
    picture,
    sample_pdf,
)

A4, A5, ROLL = PaperSize.A4, PaperSize.A5, PaperSize.ROLL
MM = 72 / 25.4


@pytest.fixture(params=PAGES, ids=lambda p: f"{p[0]}-{p[1].value}")
def page(request) -> tuple[str, PaperSize, bytes]:
    form, paper = request.param
    return form, paper, sample_pdf(form, paper)


# ---- as it was last looked at ------------------------------------------------------------------


def test_a_form_looks_as_it_was_last_looked_at(page):
    form, paper, pdf = page
    with Image.open(golden(form, paper, "png")) as opened:
        expected = opened.convert("L")
    drawn = picture(pdf, DPI)

    assert drawn.size == expected.size
    difference = ImageStat.Stat(ImageChops.difference(drawn, expected)).mean[0]
    assert difference < 2.5, f"{form} on {paper}: mean difference {difference:.2f} of 255"


def test_a_form_says_what_it_last_said(page):
    form, paper, pdf = page

    assert layout(pdf) == golden(form, paper, "txt").read_text("utf-8")


def test_the_comparison_of_pictures_sees_a_missing_line():
    lines = RECEIPT.lines[:-1]
    build = SAMPLES["01"][0]
    pdf = render(build(dataclasses.replace(RECEIPT, lines=lines), A4), made_at=MADE_AT)
    with Image.open(golden("01", A4, "png")) as opened:
        expected = opened.convert("L")

    difference = ImageStat.Stat(ImageChops.difference(picture(pdf, DPI), expected)).mean[0]
    assert difference > 2.5


# ---- codes -------------------------------------------------------------------------------------


def test_every_code_on_a_form_is_read_at_200_dpi(page):
    form, _, pdf = page
    bars, square = ("Code 128", CODE), ("QR Code", ADDRESS)
    expected = {
        "cover": {("Code 128", f"BIA|{CODE}"), ("QR Code", f"BIA|{CODE}")},
        "leaflet": {("QR Code", "https://tracuu.example.vn/tra-cuu")},
        "pad": {("Code 128", "GT-1A2B3C-00001")},
    }
    has_none = ("01-list", "07", "hand-over", "fee", "fee-book", "shift", "shift-closed", "day",
                "keys")  # fmt: skip
    wanted = set() if form in has_none else expected.get(form, {bars, square})

    pages = codes(pdf)
    assert pages[0] == wanted
    assert all(found in (wanted, set()) for found in pages), "what goes on has no code of its own"
    assert sum(found == wanted for found in pages) >= len(getattr(SAMPLES[form][1], "copies", "1"))


# ---- nothing is cut off ------------------------------------------------------------------------


def letters(pdf: bytes) -> list[tuple[int, str, tuple[float, float, float, float], Any]]:
    """Every visible letter: page, letter, box (left, bottom, right, top), page size; points."""
    found = []
    box = [ctypes.c_double() for _ in range(4)]
    with pypdfium2.PdfDocument(pdf) as opened:
        for number, page in enumerate(opened):
            text, size = page.get_textpage(), page.get_size()
            for i in range(text.count_chars()):
                letter = chr(pypdfium2.raw.FPDFText_GetUnicode(text, i))
                if letter.strip():
                    pypdfium2.raw.FPDFText_GetCharBox(text, i, *map(ctypes.byref, box))
                    left, right, bottom, top = (edge.value for edge in box)
                    found.append((number, letter, (left, bottom, right, top), size))
    return found


def assert_nothing_is_cut(pdf: bytes) -> None:
    """Every letter stands inside its page, and none upon another."""
    places: set[tuple[int, int, int]] = set()
    for page, letter, (left, bottom, right, top), (width, height) in letters(pdf):
        where = f"“{letter}” on page {page + 1} at {left:.0f}, {bottom:.0f}"
        assert left >= 3 * MM, where
        assert right <= width - 3 * MM, where
        assert bottom >= 2 * MM, where
        assert top <= height - 2 * MM, where
        middle = (page, round((left + right) / 2), round((bottom + top) / 2))
        assert middle not in places, f"{where} stands upon another letter"
        places.add(middle)


def words_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as opened:
        texts = [page.get_textpage().get_text_bounded() for page in opened]
    return " ".join(unicodedata.normalize("NFC", " ".join(texts)).split())


def test_no_letter_of_a_form_leaves_its_page_or_covers_another(page):
    assert_nothing_is_cut(page[2])


LONG = "Nguyễn Phước Quý Ánh " * 10  # 210 letters
_KEPT = ("codes", "code", "scanned", "numbers", "register_sha256", "seal", "amount", "qr",
         "copies", "form_number", "book_lines", "round", "spare", "columns", "is_void", "number",
         "pages", "check", "lookup", "number_line")  # fmt: skip
_REPEATED = ("papers", "copy_lines", "dossiers", "items", "steps", "rows", "payments",
             "differences", "results", "former")  # fmt: skip


def swollen(value: Any, name: str = "") -> Any:
    """The same words, every text long, every list of the dossier forty long."""
    if name in _KEPT or isinstance(value, CodeWords):
        return value
    if isinstance(value, str):
        return f"{value} {LONG}".strip() if value else value
    if isinstance(value, tuple):
        grown = tuple(swollen(part) for part in value)
        return (grown * 40)[:40] if name in _REPEATED and grown else grown
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            f.name: swollen(getattr(value, f.name), f.name) for f in dataclasses.fields(value)
        }
        return dataclasses.replace(value, **fields)
    return value


def said(value: Any) -> set[str]:
    """Every word of the words."""
    if isinstance(value, str):
        return set(value.split())
    if isinstance(value, tuple):
        return set().union(*map(said, value)) if value else set()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return set().union(*(said(getattr(value, f.name)) for f in dataclasses.fields(value)))
    return set()


@pytest.mark.parametrize(("form", "paper"), PAGES, ids=[f"{f}-{p.value}" for f, p in PAGES])
def test_forty_lines_and_endless_names_flow_and_nothing_is_cut(form, paper):
    build, words, _ = SAMPLES[form]
    grown = swollen(words)

    try:
        pdf = render(build(grown, paper), made_at=MADE_AT)
    except DoesNotFit:
        assert paper is ROLL, "only a roll may be too short"
        return
    assert_nothing_is_cut(pdf)
    text = words_of(pdf)
    missing = {w for w in said(grown) if w not in text and w.upper() not in text} - {ADDRESS}
    assert missing - {f"BIA|{CODE}", "https://tracuu.example.vn/tra-cuu", SHA} == set()


def test_headings_stand_on_every_page_of_a_long_register():
    build, words, _ = SAMPLES["07"]
    rows = tuple(
        dataclasses.replace(words.rows[0], number=str(i), code=f"H24.15-261120-{i:04d}")
        for i in range(1, 251)
    )

    pdf = render(build(dataclasses.replace(words, rows=rows), A4), made_at=MADE_AT)

    with pypdfium2.PdfDocument(pdf) as opened:
        pages = [" ".join(p.get_textpage().get_text_bounded().split()) for p in opened]
    assert len(pages) > 10
    for i, text in enumerate(pages, start=1):
        has_rows = bool(re.search(r"H24\.15-261120-\d{4}", text))
        assert has_rows == ("Nhận và trả kết quả" in text)
        assert f"Trang {i}/{len(pages)}" in text
    whole = " ".join(pages)
    assert all(f"H24.15-261120-{i:04d}" in whole for i in range(1, 251))


def test_no_row_is_torn_that_another_page_could_hold():
    build, words, _ = SAMPLES["06"]
    for spare in range(12):
        pdf = render(build(dataclasses.replace(words, spare=spare), A5), made_at=MADE_AT)
        with pypdfium2.PdfDocument(pdf) as opened:
            pages = [page.get_textpage().get_text_bounded() for page in opened]
        assert sum(text.count("Giao:") for text in pages) == spare + 2
        for text in pages:
            assert "Giao:" in text, "no empty page"
            assert text.count("Giao:") == text.count("Nhận:") == text.count("Người giao")
            assert ("TÊN CƠ QUAN" in text) == ("Giao:" in text), "no headings without rows"


@pytest.mark.parametrize("blocks", [(), (Space(5),), (NewPage(), Space(900)), (Text(""),)])
@pytest.mark.parametrize("paper", PaperSize)
def test_a_document_of_nothing_still_has_a_page(blocks, paper):
    document = PrintDocument(
        title="Thử", paper=paper, margins=Margins(top=9, bottom=9, left=9, right=9), blocks=blocks
    )
    with pypdfium2.PdfDocument(render(document, made_at=MADE_AT)) as opened:
        assert len(opened) >= 1


@pytest.mark.parametrize("form", ["01", "01-copies", "01-linked", "02", "03", "result", "fee"])
@pytest.mark.parametrize("paper", [A4, A5])
def test_an_everyday_slip_takes_one_page_a_copy(form, paper):
    with pypdfium2.PdfDocument(sample_pdf(form, paper)) as opened:
        assert len(opened) == len(getattr(SAMPLES[form][1], "copies", ("one",)))


def test_each_copy_counts_its_own_pages():
    papers = tuple(dataclasses.replace(RECEIPT.papers[0], name=f"Giấy tờ {i}") for i in range(60))

    pdf = render(SAMPLES["01"][0](dataclasses.replace(RECEIPT, papers=papers), A5), made_at=MADE_AT)

    marks = re.findall(r"Trang \d+/\d+", words_of(pdf))
    assert marks == ["Trang 1/3", "Trang 2/3", "Trang 3/3"] * 2


def test_lists_lie_on_the_long_edge_and_a_fee_slip_lies_on_a5():
    for form, paper, size in (("07", A4, (297, 210)), ("hand-over", A4, (297, 210)),
                              ("fee", A5, (210, 148)), ("fee", A4, (210, 297))):  # fmt: skip
        with pypdfium2.PdfDocument(sample_pdf(form, paper)) as opened:
            assert tuple(round(x / MM) for x in opened[0].get_size()) == size


def test_void_numbers_stay_in_the_register_and_are_struck_through():
    build, words, _ = SAMPLES["07"]
    struck = render(build(words, A4), made_at=MADE_AT)
    plain_rows = tuple(dataclasses.replace(row, is_void=False) for row in words.rows)
    plain = render(build(dataclasses.replace(words, rows=plain_rows), A4), made_at=MADE_AT)

    assert words_of(struck) == words_of(plain)
    assert picture(struck).tobytes() != picture(plain).tobytes()


# ---- the roll ----------------------------------------------------------------------------------

ROLLS = [form for form, paper in PAGES if paper is ROLL]


@pytest.mark.parametrize("form", ROLLS)
def test_a_roll_is_as_long_as_what_stands_on_it(form):
    pdf = sample_pdf(form, ROLL)
    lowest: dict[int, float] = {}
    for page, _, (left, bottom, right, _), (width, _) in letters(pdf):
        assert round(width / MM) == 80
        assert left >= 4 * MM - 0.5
        assert right <= 76 * MM + 0.5, "72 mm can be printed"
        lowest[page] = min(lowest.get(page, 10**6), bottom)

    assert len(lowest) == len(getattr(SAMPLES[form][1], "copies", ("one",)))
    for bottom in lowest.values():
        assert 5 * MM < bottom < 22 * MM, "little paper is left under the last line"


def test_what_no_roll_could_hold_is_refused_in_words():
    papers = tuple(dataclasses.replace(RECEIPT.papers[0], name=LONG * 3) for _ in range(60))

    with pytest.raises(DoesNotFit, match="giấy cuộn"):
        render(SAMPLES["01"][0](dataclasses.replace(RECEIPT, papers=papers), ROLL), made_at=MADE_AT)
    assert LONGEST_ROLL_MM < 5080, "PDF knows no longer page"


# ---- hostile text ------------------------------------------------------------------------------

HOSTILE = {
    "markup": "<b>Trần</b> & Con <script>alert(1)</script> &amp; <br/> <font size=90>",
    "control letters": "Trần\x00\x07\x1b[31m Văn\x7f\x9b \u0085Bé",
    "turned": "Trần \u202eéB năV\u202c \u2066ẩn\u2069 \u200fcuối",
    "hidden": "Tr\u200bần\u00ad Văn\ufeff Bé\u2060",
    "half a pair": "Trần \ud800 Bé",
    "no font has it": "Trần 😀 漢字 عربى Bé",
    "many marks": "Bé" + "\u0301" * 300,
    "one endless word": "ớ" * 10_000,
    "lines": "một\r\nhai\nba\u2028bốn\tnăm",
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(
    ("form", "paper"),
    [("01", A5), ("01", ROLL), ("02", A4), ("04", A4), ("06", A4), ("07", A4), ("fee", A5),
     ("result", ROLL), ("hand-over", A4), ("shift", A4)],
    ids=lambda value: str(value),
)  # fmt: skip
def test_hostile_text_prints_as_text_or_is_refused_in_words(form, paper, kind):
    build, words, _ = SAMPLES[form]
    text = HOSTILE[kind]

    def poisoned(value: Any, name: str = "") -> Any:
        if name in ("owner", "clerk_name", "reason", "addressee", "note"):
            return text
        if isinstance(value, tuple) and name not in _KEPT:
            parts = tuple(poisoned(part) for part in value)
            if name == "lines" and parts:
                return ((parts[0][0], text), *parts[1:])
            return parts
        if dataclasses.is_dataclass(value) and not isinstance(value, Head | CodeWords):
            fields = {f.name: poisoned(getattr(value, f.name), f.name)
                      for f in dataclasses.fields(value)}  # fmt: skip
            return dataclasses.replace(value, **fields)
        return value

    try:
        pdf = render(build(poisoned(words), paper), made_at=MADE_AT)
    except DoesNotFit:
        assert paper is ROLL, "only a roll may be too short"
        return
    found = "".join(words_of(pdf).split())
    if kind in ("markup", "control letters", "turned", "hidden", "lines"):
        assert "".join(printable(text).split()) in found
    if kind == "one endless word":
        assert found.count("ớ") >= 10_000
    assert not re.search(r"[\x00-\x08\u202a-\u202e\u2066-\u2069]", found)


def test_what_is_not_seen_never_reaches_paper():
    assert printable(HOSTILE["turned"]) == "Trần éB năV ẩn cuối"
    assert printable(HOSTILE["hidden"]) == "Trần Văn Bé"
    assert printable(HOSTILE["control letters"]) == "Trần[31m Văn \nBé"
    assert printable(HOSTILE["half a pair"]) == "Trần ? Bé"
    assert printable("Be\u0301\r\n\tx") == "Bé\n x"


# ---- any layout --------------------------------------------------------------------------------

_word = st.text("aăâbcdđeêhiknoôơưxyớợẩ0123456789./", min_size=1, max_size=60)
_words = st.lists(_word, max_size=60).map(" ".join)
_text = st.builds(Text, _words, size_pt=st.floats(6, 16), bold=st.booleans(),
                  italic=st.booleans(), align=st.sampled_from(Align))  # fmt: skip


def _tables(draw: Any) -> Table:
    count = draw(st.integers(1, 6))
    columns = tuple(
        Column(draw(st.sampled_from(["TT", "Nội dung", ""])), draw(st.floats(8, 30)),
               group=draw(st.sampled_from(["", "Nhóm"])))
        for _ in range(count)
    )  # fmt: skip
    rows = draw(st.lists(st.tuples(*[_words] * count), max_size=12))
    return Table(
        columns, tuple(rows), size_pt=draw(st.floats(6, 11)), row_mm=draw(st.sampled_from([0, 9])),
        is_numbered=draw(st.booleans()), struck=frozenset(draw(st.sets(st.integers(0, 11)))),
    )  # fmt: skip


_table = st.composite(_tables)()
_dotted = st.builds(Dotted, _words, lines=st.integers(1, 3))
_cut = st.builds(CutLine, st.sampled_from(["", "Cắt theo đường này"]))
_plain = st.one_of(_text, _table, _dotted, _cut, st.builds(Space, st.floats(0, 20)))
_stack = st.lists(_text, min_size=1, max_size=3).map(tuple)
_block = st.one_of(
    _plain,
    st.builds(lambda a, b: SideBySide((a, b), (0.5, 0.5)), _stack, _stack),
    st.lists(_text, min_size=1, max_size=4).map(lambda blocks: Together(tuple(blocks))),
    st.just(NewPage(counts_anew=True)),
)


def _all_words(blocks: Any) -> set[str]:
    found: set[str] = set()
    for block in blocks:
        match block:
            case Text() | CutLine():
                found |= set(block.words.split())
            case Dotted():
                found |= set(block.label.split())
            case Table():
                found |= {w for row in block.rows for cell in row for w in cell.split()}
            case SideBySide():
                for part in block.parts:
                    found |= _all_words(part)
            case Together():
                found |= _all_words(block.blocks)
    return found


@settings(max_examples=25)
@given(st.lists(_block, min_size=1, max_size=8), st.sampled_from(PaperSize), st.booleans())
def test_whatever_is_laid_out_every_letter_stands_on_the_paper(blocks, paper, landscape):
    document = PrintDocument(
        title="Thử",
        paper=paper,
        margins=Margins(top=10, bottom=12, left=8, right=8),
        blocks=tuple(blocks),
        footer="Chân trang",
        landscape=landscape and not paper.is_roll,
    )

    try:
        pdf = render(document, made_at=MADE_AT)
    except DoesNotFit:
        return
    found = "".join(words_of(pdf).split())
    assert [w for w in _all_words(blocks) if w not in found and len(w) < 25] == []
    for _, letter, (left, bottom, right, top), (width, height) in letters(pdf):
        assert left >= 7 * MM, letter
        assert right <= width - 7 * MM, letter
        assert bottom >= 4 * MM, letter
        assert top <= height - 8 * MM, letter
