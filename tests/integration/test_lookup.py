"""Lists and searches: folded words, ends of numbers, every code, pages without gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app.domain.bodies import CodeCorrected
from app.domain.codes import check_character
from app.domain.status import BusinessState
from app.models import events, projection
from app.services import corrections, lookup
from app.services.lookup import Filter, NoSuchDossier
from tests.support.office import BICH, Counter, running_office

PEOPLE = {
    "Đặng Thị Hường": ("000190000011", "0912000011"),
    "Nguyễn Văn Đức": ("000090000012", "0912000012"),
    "Nguyễn Thị Ỷ Lan": ("000190000013", "0912000013"),
    "Trần Quốc Toản": ("000090000014", "0987654321"),
}


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        counter = office.station()
        for name, (id_number, phone) in PEOPLE.items():
            counter.receive(name, id_number=id_number, phone=phone)
        yield counter
        counter.close()


def _names(page: lookup.ListPage) -> set[str]:
    return {line.submitter for line in page.lines}


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("dang thi huong", {"Đặng Thị Hường"}),
        ("ĐẶNG", {"Đặng Thị Hường"}),
        ("huong dang", {"Đặng Thị Hường"}),
        ("nguyen", {"Nguyễn Văn Đức", "Nguyễn Thị Ỷ Lan"}),
        ("nguy th", {"Nguyễn Thị Ỷ Lan"}),
        ("y lan", {"Nguyễn Thị Ỷ Lan"}),
        ("000190000013", {"Nguyễn Thị Ỷ Lan"}),
        ("000013", {"Nguyễn Thị Ỷ Lan"}),
        ("4321", {"Trần Quốc Toản"}),
        ("654321", {"Trần Quốc Toản"}),
        ("quoc 0014", {"Trần Quốc Toản"}),
        ("không ai cả", set()),
        ('" OR words:*', set()),
        ("NEAR(", set()),
        ("* - ^", set()),
        ("", set()),
    ],
)
def test_dossiers_are_found_by_words_without_marks_and_by_ends_of_numbers(
    counter: Counter, sought: str, found: set[str]
) -> None:
    assert _names(lookup.find(counter.desk, sought)) == found


def test_a_code_finds_its_dossier_in_small_letters_and_by_its_last_digits(
    counter: Counter,
) -> None:
    reception = counter.receive("Bùi Văn Mã")

    assert _names(lookup.find(counter.desk, reception.code.lower())) == {"Bùi Văn Mã"}
    assert lookup.by_code(counter.desk, f" {reception.code.lower()} ") == reception.dossier
    digits = reception.code[-4:]
    assert lookup.by_code(counter.desk, digits) == reception.dossier
    assert lookup.by_code(counter.desk, str(int(digits))) == reception.dossier
    with pytest.raises(NoSuchDossier):
        lookup.by_code(counter.desk, "H24.15-261120-4999")
    counter.clock.move(days=1)
    with pytest.raises(NoSuchDossier):
        lookup.by_code(counter.desk, digits)  # bare digits mean today
    counter.clock.move(days=-1)


def test_a_former_code_still_finds_the_dossier(counter: Counter) -> None:
    reception = counter.receive("Lý Thị Đổi Mã")
    fresh = "H24.15-261120-4998"
    body = CodeCorrected(code=fresh, check=check_character(fresh), number=4998, reason="trùng")
    with counter.desk.store.acting() as session:
        act = events.Act("code.corrected", body, BICH.user, counter.desk.now(), reception.dossier)
        projection.record(session, act)

    for code in (reception.code, fresh):
        assert lookup.by_code(counter.desk, code) == reception.dossier
        assert _names(lookup.find(counter.desk, code)) == {"Lý Thị Đổi Mã"}
    assert lookup.show(counter.desk, reception.dossier).dossier.former_codes == (reception.code,)


def test_a_corrected_name_is_found_and_the_wrong_one_is_not(counter: Counter) -> None:
    reception = counter.receive("Ngô Thị Sai")
    person = counter.fold(reception.dossier).submitter
    fixed = type(person)(name="Ngô Thị Đúng", id_number=person.id_number)
    corrections.correct(
        counter.desk,
        BICH,
        reception.dossier,
        corrections.Correction(reason="sai tên", submitter=fixed),
    )

    assert _names(lookup.find(counter.desk, "ngo thi dung")) == {"Ngô Thị Đúng"}
    assert _names(lookup.find(counter.desk, "ngo thi sai")) == set()


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        counter = office.station()
        for i in range(123):
            counter.receive(f"Phạm Văn Số {i}", id_number="000090000099")
        yield counter
        counter.close()


@pytest.mark.parametrize("way", ["list", "search"])
def test_pages_follow_each_other_to_the_end_without_gaps_or_doubles(
    crowded: Counter, way: str
) -> None:
    ask: Callable[[int | None], lookup.ListPage]
    if way == "list":
        ask = lambda before: lookup.newest(crowded.desk, before=before)  # noqa: E731
    else:
        ask = lambda before: lookup.find(crowded.desk, "pham so", before=before)  # noqa: E731
    rows: list[int] = []
    page = ask(None)
    sizes = [len(page.lines)]
    while True:
        rows += [line.row for line in page.lines]
        if page.next_before is None:
            break
        page = ask(page.next_before)
        sizes.append(len(page.lines))

    assert sizes == [50, 50, 23]
    assert rows == sorted(rows, reverse=True)
    assert len(set(rows)) == 123


def test_new_dossiers_do_not_shift_the_pages_that_follow(crowded: Counter) -> None:
    first = lookup.newest(crowded.desk)
    crowded.receive("Phạm Văn Chen Ngang")
    second = lookup.newest(crowded.desk, before=first.next_before)

    assert not {line.row for line in first.lines} & {line.row for line in second.lines}
    assert first.lines[-1].row - second.lines[0].row == 1
    crowded.change("DELETE FROM dossier_search WHERE rowid = (SELECT max(row) FROM dossier)")
    newest = "(SELECT id FROM dossier ORDER BY row DESC LIMIT 1)"
    crowded.change(f"DELETE FROM dossier_code WHERE dossier = {newest}")
    for table in ("dossier_snapshot", "dossier_course"):
        crowded.change(f"DELETE FROM {table} WHERE row = (SELECT max(row) FROM dossier)")
    crowded.change("DELETE FROM dossier WHERE row = (SELECT max(row) FROM dossier)")


def test_long_beginnings_find_every_word_that_begins_so(counter: Counter) -> None:
    for given in ("Khánh", "Khang", "Khanhnha", "Kha"):
        counter.receive(f"Quàng A {given}")

    def found(sought: str) -> set[str]:
        return {line.submitter.split()[-1] for line in lookup.find(counter.desk, sought).lines}

    assert found("quang khan") == {"Khánh", "Khang", "Khanhnha"}
    assert found("khanh quang") == {"Khánh", "Khanhnha"}
    assert found("kha") == {"Khánh", "Khang", "Khanhnha", "Kha"}
    assert found("khanhnhat") == set()
    assert found("quang khanhx") == set()


def test_more_words_that_begin_alike_than_are_listed_are_found_all_the_same(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "_MOST_WORDS", 1)
    for given in ("Khánh", "Khang"):
        counter.receive(f"Quàng Bê {given}")

    assert len(lookup.find(counter.desk, "quang be khan").lines) == 2


def test_lists_are_narrowed(crowded: Counter) -> None:
    desk, day = crowded.desk, crowded.clock().date()

    def count(**wanted: object) -> int:
        return len(lookup.newest(desk, Filter(**wanted)).lines)  # type: ignore[arg-type]

    assert count(day=day) == 50
    assert count(day=day.replace(day=19)) == 0
    assert count(open_only=True) == 50
    assert count(waiting_only=True) == 50
    assert count(needs_look=True) == 0
    assert count(overdue_at=crowded.clock()) == 0
    assert count(state=BusinessState.RECEIVED) == 50
    assert count(state=BusinessState.RETURNED) == 0


def test_a_citizens_dossiers_come_newest_first(crowded: Counter) -> None:
    found = lookup.of_citizen(crowded.desk, "000090000099")

    assert len(found) == 10
    assert [line.row for line in found] == sorted((line.row for line in found), reverse=True)
    assert lookup.of_citizen(crowded.desk, "") == ()


def test_a_line_holds_no_id_and_no_phone(counter: Counter) -> None:
    for line in lookup.newest(counter.desk).lines:
        for id_number, phone in PEOPLE.values():
            assert id_number not in repr(line)
            assert phone not in repr(line)


def test_a_look_is_recorded_and_changes_nothing_of_the_dossier(counter: Counter) -> None:
    reception = counter.receive("Hồ Thị Xem")
    before = counter.fold(reception.dossier)

    lookup.viewed(counter.desk, BICH, reception.dossier)

    shown = lookup.show(counter.desk, reception.dossier)
    assert shown.timeline[-1].kind == "dossier.viewed"
    assert shown.dossier == before


def test_after_a_sync_nothing_waits(counter: Counter) -> None:
    counter.sync()

    assert not lookup.newest(counter.desk, Filter(waiting_only=True)).lines
    assert {str(line.sync) for line in lookup.newest(counter.desk).lines} == {"stored"}
