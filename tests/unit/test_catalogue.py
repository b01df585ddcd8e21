import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import Cutoff, Session, Term, TermUnit
from app.domain.catalogue import BadCatalogue, FieldType, ReceiptRule, System, read_catalogue
from app.domain.codes import write_code
from app.domain.fees import FeeKind

DAY = dt.date(2026, 11, 20)
HEAD = """
[catalogue]
version = 3
title = "Danh mục thử"
issued_on = 2026-11-01
"""
PATTERNS = """
code_patterns = [{ shape = "{agency}-{day:%y%m%d}-{number:04d}", effective_from = 2018-01-01 }]
"""
HOURS = """
[[hours]]
weekdays = [0, 1, 2, 3, 4]
sessions = [{ opens = 07:00:00, closes = 11:30:00 }, { opens = 13:30:00, closes = 17:00:00 }]
effective_from = 2025-01-01
"""
FORMS = """
[[form_sets]]
key = "mau"
legal_line = "x"
effective_from = 2025-01-01
forms = [{ key = "01", number = "Mẫu số 01", title = "Giấy tiếp nhận" }]
"""
REST = (
    """
official_years = [2026]
subjects = [{ key = "ho-tich", name = "Hộ tịch", effective_from = 2025-01-01 }]
exemptions = [{ key = "ngheo", name = "Hộ nghèo", subjects = ["ho-tich"], percent = 100 }]
days = [{ day = 2026-11-24, kind = "off", reason = "Ngày Văn hóa" }]
"""
    + PATTERNS
    + HOURS
    + FORMS
    + """
[[agencies]]
code = "H24.15"
name = "UBND phường"
kind = "commune"
effective_from = 2025-07-01
"""
)
BIRTH = """
[[procedures]]
code = "1.001193"
name = "Đăng ký khai sinh"
short = "dkks"
subject = "ho-tich"
term = { unit = "working_days", count = 3 }
effective_from = 2025-07-01
papers = [{ key = "to-khai", name = "Tờ khai", original = 1 }]
fee = { kind = "fixed", amount = 8000 }
fields = [{ key = "child_born", label = "Ngày sinh", type = "date" }]
stages = [{ key = "ks", name = "Khai sinh", agency_kind = "commune", term = { unit = "days", count = 1 } }]
"""  # noqa: E501
FILES = {"catalogue.toml": HEAD, "rest.toml": REST, "ho-tich.toml": BIRTH}


def changed(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name]
    return FILES | {name: FILES[name].replace(old, new, 1)}


def test_the_bundled_catalogue_is_read_whole(bundled):
    assert bundled.version >= 1
    assert len(bundled.procedures) >= 50
    assert len({procedure.code for procedure in bundled.procedures}) >= 50
    assert bundled.official_years == {2025, 2026}
    assert all(bundled.subject(procedure.subject).name for procedure in bundled.procedures)


def test_every_bundled_procedure_can_be_received_from_start_to_due_date(bundled):
    calendar = bundled.calendar(DAY)
    for procedure in bundled.procedures_on(DAY):
        if procedure.term.unit is not TermUnit.OPEN:
            at = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
            assert calendar.due(at, procedure.term, procedure.cutoff).at >= at
        assert procedure.source
        assert len({paper.key for paper in procedure.papers}) == len(procedure.papers)
        if procedure.fee.kind is FeeKind.COUNCIL:
            fees = bundled.agency("H24.15", DAY).council_fees
            assert procedure.fee.council_key in fees


@pytest.mark.parametrize(
    ("code", "unit", "count", "cutoff"),
    [
        ("1.001193", TermUnit.SAME_DAY, 0, Cutoff.AFTER_15),
        ("1.004873", TermUnit.WORKING_DAYS, 3, Cutoff.NONE),
        ("2.000815", TermUnit.SAME_DAY, 0, Cutoff.AFTER_15),
        ("1.001653", TermUnit.WORKING_DAYS, 5, Cutoff.NONE),
        ("2.001263", TermUnit.DAYS, 30, Cutoff.NONE),
        ("1.012994", TermUnit.WORKING_HOURS, 168, Cutoff.NONE),
    ],
)
def test_bundled_terms_are_those_of_the_reference(bundled, code, unit, count, cutoff):
    procedure = bundled.procedure(code, DAY)

    assert (procedure.term.unit, procedure.term.count) == (unit, count)
    assert procedure.cutoff is cutoff


def test_the_abolished_procedure_is_not_listed(bundled):
    with pytest.raises(KeyError, match=re.escape("2.001009 (2026-11-20)")):
        bundled.procedure("2.001009", DAY)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("khai sinh", "1.001193"),
        ("KHAI SINH", "1.001193"),
        ("đăng ký khai sinh", "1.001193"),
        ("dang ky kh sinh", "1.001193"),
        ("sinh khai", "1.001193"),
        ("dkks", "1.001193"),
        ("1.001193", "1.001193"),
        ("ctbs", "2.000815"),
        ("CTBS", "2.000815"),
        ("ctb", "2.000815"),
        ("bản sao từ bản chính", "2.000815"),
        ("ket hon", "1.000894"),
        ("khai tử", "1.000656"),
    ],
)
def test_a_clerk_finds_a_procedure_first(bundled, text, code):
    assert bundled.search(text, DAY)[0].code == code


@pytest.mark.parametrize("text", ["", "   ", "zzz", "sinh zzz", "khai zinh"])
def test_what_fits_nothing_finds_nothing(bundled, text):
    assert bundled.search(text, DAY) == ()


def test_a_search_gives_no_more_than_asked_and_the_shortest_names_first(bundled):
    found = bundled.search("đăng ký", DAY, limit=5)
    whole = bundled.search("đăng ký", DAY, limit=99)

    assert found == whole[:5]
    together = [p for p in whole if "đăng ký" in p.name.lower()]
    lengths = [len(p.name.split()) for p in together]
    assert lengths == sorted(lengths)


def test_words_that_stand_together_come_before_words_apart():
    files = FILES | {
        "more.toml": BIRTH.replace("1.001193", "1.000001")
        .replace("dkks", "aaa")
        .replace("Đăng ký khai sinh", "Khai ngày sinh")
    }

    found = read_catalogue(files).search("khai sinh", DAY)

    assert [procedure.code for procedure in found] == ["1.001193", "1.000001"]


def test_a_short_code_being_typed_comes_before_names():
    files = FILES | {
        "more.toml": BIRTH.replace("1.001193", "1.000001")
        .replace("dkks", "khaisi")
        .replace("Đăng ký khai sinh", "Một tên dài hơn nhiều")
    }

    found = read_catalogue(files).search("khai", DAY)

    assert [procedure.code for procedure in found] == ["1.000001", "1.001193"]


def test_a_search_passes_over_what_is_not_in_force(bundled):
    assert "1.001193" not in [p.code for p in bundled.search("khai sinh", dt.date(2027, 3, 1))]
    assert bundled.search("khai sinh", dt.date(2020, 1, 1)) == ()


@pytest.mark.parametrize(
    ("on", "is_there"),
    [
        (dt.date(2025, 6, 30), False),
        (dt.date(2025, 7, 1), True),
        (dt.date(2027, 2, 28), True),
        (dt.date(2027, 3, 1), False),
    ],
)
def test_a_procedure_is_in_force_from_its_first_to_its_last_day(bundled, on, is_there):
    assert ("1.001193" in [p.code for p in bundled.procedures_on(on)]) is is_there


def test_effective_dates_pick_the_right_version_of_everything():
    old = BIRTH.replace("effective_from = 2025-07-01", "effective_from = 2025-07-01\n"
                        "effective_to = 2026-12-31")  # fmt: skip
    new = BIRTH.replace("2025-07-01", "2027-01-01").replace("count = 3", "count = 1", 1)
    summer = REST + (
        "[[hours]]\nweekdays = [5]\nsessions = [{ opens = 08:00:00, closes = 10:00:00 }]\n"
        "effective_from = 2027-01-01\n"
    )
    catalogue = read_catalogue(FILES | {"ho-tich.toml": old, "new.toml": new, "rest.toml": summer})

    def count(on: dt.date) -> int:
        return catalogue.procedure("dkks", on).term.count

    assert count(dt.date(2026, 12, 31)) == 3
    assert count(dt.date(2027, 1, 1)) == 1
    assert len(catalogue.procedures_on(DAY)) == 1
    saturday = dt.date(2027, 1, 2)
    assert not catalogue.calendar(DAY).is_working(saturday)
    assert catalogue.calendar(saturday).is_working(saturday)


def test_the_form_set_in_force_is_the_one_of_its_day(bundled):
    assert bundled.form_set(dt.date(2025, 9, 14)).key == "tt01-2018"
    assert bundled.form_set(dt.date(2025, 9, 15)).key == "tt03-2025"
    assert bundled.form_set_named("tt01-2018").form("06").number == "Mẫu số 05"
    assert bundled.form_set_named("tt03-2025").form("06").number == "Mẫu số 06"
    with pytest.raises(KeyError):
        bundled.form_set(dt.date(2018, 1, 1))
    with pytest.raises(KeyError):
        bundled.form_set_named("tt99")
    with pytest.raises(KeyError):
        bundled.form_set_named("tt01-2018").form("05")


def test_agencies_and_exemptions_are_found_by_key(bundled):
    assert bundled.agency("H24.15", DAY).name == "UBND phường Minh Tâm"
    assert bundled.exemption("ho-ngheo").percent == 100
    assert bundled.exemption("ho-ngheo").subjects == ("ho-tich",)
    for missing in (lambda: bundled.agency("H99", DAY), lambda: bundled.exemption("x")):
        with pytest.raises(KeyError):
            missing()
    with pytest.raises(KeyError):
        bundled.agency("H24.15", dt.date(2025, 6, 30))


def test_the_bundled_pattern_writes_todays_codes(bundled):
    assert write_code(bundled.code_patterns, "H24.15", DAY, 7) == "H24.15-261120-0007"


def test_an_entry_is_read_field_by_field():
    catalogue = read_catalogue(FILES)
    procedure = catalogue.procedure("1.001193", DAY)

    assert (catalogue.version, catalogue.title) == (3, "Danh mục thử")
    assert procedure.term == Term(unit=TermUnit.WORKING_DAYS, count=3)
    assert procedure.papers[0].original == 1
    assert procedure.fields[0].type is FieldType.DATE
    assert procedure.stages[0].term.unit is TermUnit.DAYS
    assert (procedure.receipt, procedure.system) == (ReceiptRule.ALWAYS, System.PROVINCE)
    morning = Session(opens=dt.time(7), closes=dt.time(11, 30))
    assert catalogue.calendar(DAY).sessions_on(DAY)[0] == morning


def test_the_order_of_files_does_not_matter(bundled_files, bundled):
    backwards = dict(reversed(bundled_files.items()))

    assert read_catalogue(backwards) == bundled


BAD = [
    # a procedure: old text, new text, field named
    ('code = "1.001193"', 'code = "1.1193"', "code"),
    ('name = "Đăng ký khai sinh"', 'name = " "', "name"),
    ('name = "Đăng ký khai sinh"\n', "", "name"),
    ('short = "dkks"', 'short = "d"', "short"),
    ('short = "dkks"', 'short = "đkks"', "short"),
    ('short = "dkks"', 'short = "DKKS"', "short"),
    ('short = "dkks"', 'short = "dkksdkksd"', "short"),
    ('short = "dkks"', "short = 5", "short"),
    ('short = "dkks"', 'shrot = "dkks"', "shrot"),
    ('subject = "ho-tich"', 'subject = "la"', "subject"),
    ('subject = "ho-tich"\n', "", "subject"),
    ("count = 3", "count = 0", "term.count"),
    ("count = 3", "count = -3", "term.count"),
    ("count = 3", 'count = "3"', "term.count"),
    ("count = 3", "cuont = 3", "term.cuont"),
    ('unit = "working_days"', 'unit = "weeks"', "term.unit"),
    ('unit = "working_days"', 'unit = "same_day"', "term.count"),
    ('unit = "working_days"', 'unit = "open"', "term.count"),
    ('unit = "working_days", count = 3', 'unit = "working_hours"', "term.count"),
    ("effective_from = 2025-07-01", "effective_from = 2025-07-01\ncutoff = '16:00'", "cutoff"),
    ("effective_from = 2025-07-01", "effective_from = '2025-07-01x'", "effective_from"),
    ("effective_from = 2025-07-01\n", "", "effective_from"),
    (
        "effective_from = 2025-07-01",
        "effective_from = 2025-07-01\neffective_to = 2025-06-30",
        "effective_to",
    ),
    ("effective_from = 2025-07-01", "effective_from = 2025-07-01\nsystem = 'x'", "system"),
    ("effective_from = 2025-07-01", "effective_from = 2025-07-01\nreceipt = 'x'", "receipt"),
    ("original = 1", "orginal = 1", "papers.orginal"),
    ("original = 1", "original = 1.5", "papers"),
    ('key = "to-khai"', 'key = "Tờ khai"', "papers.Tờ khai"),
    ('key = "to-khai"', 'key = ""', "papers."),
    (
        'papers = [{ key = "to-khai", name = "Tờ khai", original = 1 }]',
        'papers = [{ key = "a", name = "A" }, { key = "a", name = "B" }]',
        "papers",
    ),
    ("amount = 8000", "amount = 0", "fee.amount"),
    ("amount = 8000", "amount = -1", "fee.amount"),
    ("amount = 8000", "amuont = 8000", "fee.amuont"),
    ('kind = "fixed", amount = 8000', 'kind = "per_copy"', "fee.amount"),
    ('kind = "fixed", amount = 8000', 'kind = "copies", first = 1, first_pages = 2', "fee.first"),
    ('kind = "fixed", amount = 8000', 'kind = "copies", first = 1, cap = 2', "fee.first"),
    ('kind = "fixed", amount = 8000', 'kind = "copies", first_pages = 1, cap = 2', "fee.first"),
    ('kind = "fixed", amount = 8000', 'kind = "none", next = -1', "fee.next"),
    ('kind = "fixed", amount = 8000', 'kind = "council"', "fee.council_key"),
    ("amount = 8000", "amount = 8000, free_within_days = 60", "fee.free_field"),
    ("amount = 8000", "amount = 8, free_within_days = 6, free_field = 'x'", "fee.free_field"),
    ("amount = 8000", "amount = 8000, free_within_days = -1", "fee.free_within_days"),
    ('type = "date"', 'type = "choice"', "fields.child_born.choices"),
    ('type = "date"', 'type = "date", choices = ["x"]', "fields.child_born.choices"),
    ('type = "date"', 'type = "colour"', "fields"),
    ('type = "date"', 'tpye = "date"', "fields.tpye"),
    ("count = 1", "count = 0", "stages.ks.term.count"),
    ("count = 1", "cuont = 1", "stages.term.cuont"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "field"), BAD)
def test_a_bad_procedure_is_refused_by_file_entry_and_field(old, new, field):
    with pytest.raises(BadCatalogue) as refused:
        read_catalogue(changed("ho-tich.toml", old, new))

    entry = "1.1193" if "1.1193" in new else "1.001193"
    assert (refused.value.file, refused.value.entry) == ("ho-tich.toml", entry)
    assert refused.value.field.startswith(field)
    assert refused.value.reason
    assert str(refused.value).startswith(f"ho-tich.toml › {entry} › {field}")


BAD_REST = [
    ("percent = 100", "percent = 0", "ngheo", "percent"),
    ("percent = 100", "percent = 101", "ngheo", "percent"),
    ('subjects = ["ho-tich"], percent', 'subjects = ["la"], percent', "ngheo", "subjects"),
    ("{number:04d}", "{number}", "{agency}-{day:%y%m%d}-{number}", "shape"),
    ("{number:04d}", "{so:04d}", "{agency}-{day:%y%m%d}-{so:04d}", "shape"),
    ("{agency}", "{agency.foo}", "{agency.foo}-{day:%y%m%d}-{number:04d}", "shape"),
    ("{agency}", "{agency[x]}", "{agency[x]}-{day:%y%m%d}-{number:04d}", "shape"),
    ("{agency}", "{}", "{}-{day:%y%m%d}-{number:04d}", "shape"),
    ("{agency}", "{", "{-{day:%y%m%d}-{number:04d}", "shape"),
    ('kind = "off"', 'kind = "holiday"', "2026-11-24", "kind"),
    ("day = 2026-11-24", 'day = "x"', "x", "day"),
    (', reason = "Ngày Văn hóa"', "", "2026-11-24", "reason"),
    ('kind = "off"', 'kind = "off", reson = "x"', "2026-11-24", "reson"),
    (
        'kind = "off", reason = "Ngày Văn hóa" }',
        'kind = "off", reason = "x" }, { day = 2026-11-24, kind = "make_up", reason = "y" }',
        "2026-11-24",
        "day",
    ),
    ("closes = 11:30:00", "closes = 06:00:00", "hours 2025-01-01", "sessions"),
    ("closes = 11:30:00", "closes = 07:00:00", "hours 2025-01-01", "sessions"),
    ("closes = 11:30:00", "closes = 14:00:00", "hours 2025-01-01", "sessions"),
    ("closes = 11:30:00", "closes = 25:00:00", "", ""),
    ("closes = 11:30:00", "closes = 1130", "#1", "sessions"),
    ("closes = 11:30:00", "closse = 11:30:00", "#1", "sessions.closse"),
    ("weekdays = [0, 1", "weekdays = [7, 1", "hours 2025-01-01", "weekdays"),
    ("weekdays = [0, 1", "weekdays = [-1, 1", "hours 2025-01-01", "weekdays"),
    (
        "[[agencies]]",
        '[[agencies]]\ncode = "H24.15"\nname = "x"\nkind = "commune"\n'
        "effective_from = 2026-01-01\n[[agencies]]",
        "H24.15",
        "effective_from",
    ),
    ('kind = "commune"', 'kind = "commune"\nacount = {}', "H24.15", "acount"),
    (
        'kind = "commune"',
        'kind = "commune"\naccount = { bank_bin = "970405", acount = "1" }',
        "H24.15",
        "account.acount",
    ),
    (
        "[[form_sets]]",
        '[[form_sets]]\nkey = "hai"\nlegal_line = "x"\neffective_from = 2026-01-01\n'
        "forms = []\n[[form_sets]]",
        "hai",
        "effective_from",
    ),
    ('number = "Mẫu số 01"', "number = 1", "mau", "forms"),
    ("official_years", "offical_years", "offical_years", ""),
    ("official_years = [2026]", 'official_years = ["2026"]', "$.official_years", ""),
    ("subjects = [{", "subjects = [3, {", "#1", ""),
    ("subjects = [{", "subjects = [[{", "", ""),
]


@pytest.mark.parametrize(("old", "new", "entry", "field"), BAD_REST)
def test_a_bad_entry_of_another_kind_is_refused_by_file_entry_and_field(old, new, entry, field):
    with pytest.raises(BadCatalogue) as refused:
        read_catalogue(changed("rest.toml", old, new))

    assert refused.value.file == "rest.toml"
    assert refused.value.entry.startswith(entry)
    assert refused.value.field.startswith(field)
    assert refused.value.reason


def test_two_versions_of_a_procedure_may_not_overlap():
    again = BIRTH.replace("2025-07-01", "2026-01-01")

    with pytest.raises(BadCatalogue) as refused:
        read_catalogue(FILES | {"more.toml": again})

    assert (refused.value.entry, refused.value.field) == ("1.001193", "effective_from")


def test_a_version_that_ends_on_the_day_the_next_begins_overlaps():
    old = BIRTH.replace("2025-07-01", "2025-07-01\neffective_to = 2027-01-01")
    new = BIRTH.replace("2025-07-01", "2027-01-01")

    with pytest.raises(BadCatalogue, match="trùng thời gian"):
        read_catalogue(FILES | {"ho-tich.toml": old, "new.toml": new})


def test_two_procedures_may_not_share_a_short_code_at_the_same_time():
    other = BIRTH.replace("1.001193", "1.000001")

    with pytest.raises(BadCatalogue) as refused:
        read_catalogue(FILES | {"z.toml": other})

    assert refused.value.field == "short"
    assert {refused.value.entry, refused.value.reason.split()[-1]} == {"1.001193", "1.000001"}


def test_a_short_code_may_pass_on_to_another_procedure_later():
    old = BIRTH.replace("2025-07-01", "2025-07-01\neffective_to = 2026-12-31")
    other = BIRTH.replace("1.001193", "1.000001").replace("2025-07-01", "2027-01-01")
    catalogue = read_catalogue(FILES | {"ho-tich.toml": old, "z.toml": other})

    assert catalogue.procedure("dkks", DAY).code == "1.001193"
    assert catalogue.procedure("dkks", dt.date(2027, 1, 1)).code == "1.000001"


@pytest.mark.parametrize(
    ("files", "file", "words"),
    [
        ({}, "catalogue.toml", "đang có 0"),
        ({"rest.toml": REST}, "catalogue.toml", "đang có 0"),
        (FILES | {"z.toml": HEAD}, "z.toml", "đang có 2"),
        (changed("catalogue.toml", "version = 3", "version = 0"), "catalogue.toml", "từ 1"),
        (changed("catalogue.toml", "version = 3", "version = 3\nvresion = 4"),
         "catalogue.toml", "vresion"),
        (changed("catalogue.toml", "version = 3\n", ""), "catalogue.toml", "version"),
        ({"catalogue.toml": HEAD}, "catalogue.toml", "cần hours"),
        (FILES | {"x.toml": "= 3"}, "x.toml", "TOML"),
        (FILES | {"x.toml": "x = " + "[" * 5000}, "x.toml", "TOML"),
        (FILES | {"x.toml": "x = " + "1" * 5000}, "x.toml", "TOML"),
        (FILES | {"x.toml": "day = 2026-13-01"}, "x.toml", "TOML"),
        (FILES | {"x.toml": "procedures = 'x'"}, "x.toml", "procedures"),
        (FILES | {"x.toml": "catalogue = 3"}, "x.toml", "catalogue"),
        (FILES | {"x.toml": "fees = []"}, "x.toml", "mục không biết tới"),
    ],
)  # fmt: skip
def test_a_bad_file_or_whole_is_refused_by_name(files, file, words):
    with pytest.raises(BadCatalogue, match=words) as refused:
        read_catalogue(files)

    assert refused.value.file == file


@pytest.mark.parametrize("part", [PATTERNS, HOURS, FORMS])
def test_a_catalogue_lacks_none_of_its_parts(part):
    with pytest.raises(BadCatalogue, match="cần hours"):
        read_catalogue(FILES | {"rest.toml": REST.replace(part, "")})


@pytest.mark.parametrize(
    "code", ["1.001193", "1.001193.01", "1.001193.000.00.00.H24", "1.001193.000.00.00.H24.01"]
)
def test_local_and_sub_case_codes_of_a_procedure_are_accepted(code):
    files = changed("ho-tich.toml", '"1.001193"', f'"{code}"')

    assert read_catalogue(files).procedure(code, DAY).name == "Đăng ký khai sinh"


PLACES = st.tuples(st.sampled_from(sorted(FILES)), st.integers(0, 2000), st.integers(0, 6))


@given(PLACES, st.sampled_from(["", "x", "0", "-1", '"', "[", "]", "{", "}", "\n", "=", "đ"]))
def test_a_damaged_catalogue_is_read_or_refused_by_file(place, scar):
    name, at, length = place
    text = FILES[name]
    at %= len(text)
    damaged = text[:at] + scar + text[at + length :]

    try:
        catalogue = read_catalogue(FILES | {name: damaged})
    except BadCatalogue as refused:
        named = refused.file
        assert named in {*FILES, "catalogue.toml"}
    else:
        assert catalogue.version >= 1
