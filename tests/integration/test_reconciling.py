"""The end of a day: printed receipts beside their events and the server's word."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import closing, corrections, print_jobs, receipts, reconciling
from app.services.reconciling import Kind
from tests.support.office import BICH, FRIDAY, Counter, Office, running_office
from tests.support.processes import program

TODAY = FRIDAY.date()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture
def counter(office: Office) -> Iterator[Counter]:
    office.clock.now = FRIDAY
    counter = office.station()
    yield counter
    counter.close()


def printed(counter: Counter, outcome: str = "printed", **more):  # type: ignore[no-untyped-def]
    """Receive a dossier and let its receipt end in one way."""
    reception = counter.receive(**more)
    job = receipts.queue_print(counter.desk, BICH, reception.dossier, "HCC")
    print_jobs.note_outcome(counter.desk, job.id, outcome, "", 1)
    return reception, job


def kinds(counter: Counter, on: dt.date = TODAY) -> list[Kind]:
    return [d.kind for d in reconciling.day(counter.desk, on).differences]


def test_a_day_that_was_printed_and_acknowledged_agrees(counter):
    first, _ = printed(counter)
    second, _ = printed(counter)
    counter.sync()

    day = reconciling.day(counter.desk, TODAY)

    assert day.differences == ()
    assert [entry.code for entry in day.received] == [first.code, second.code]
    assert all(entry.place for entry in day.received)
    assert day.printed == 2


def test_what_the_server_has_not_acknowledged_is_named_until_it_has(counter):
    reception, _ = printed(counter)

    (difference,) = reconciling.day(counter.desk, TODAY).differences
    assert difference.kind is Kind.NOT_ACKNOWLEDGED
    assert difference.about == reception.code
    assert "F5" in difference.advice

    counter.sync()
    assert kinds(counter) == []


def test_a_print_after_the_last_contact_is_not_acknowledged_either(counter):
    reception = counter.receive()
    counter.sync()
    job = receipts.queue_print(counter.desk, BICH, reception.dossier, "HCC")
    print_jobs.note_outcome(counter.desk, job.id, "printed", "", 1)

    assert kinds(counter) == [Kind.NOT_ACKNOWLEDGED]


def test_what_the_server_set_aside_is_named_with_its_words(counter, office):
    reception, _ = printed(counter)
    counter.sync()
    counter.change(
        "UPDATE event SET refusal = 'mã đã có' WHERE kind = 'dossier.received' AND dossier = :d",
        d=reception.dossier.hex,
    )

    (difference,) = reconciling.day(counter.desk, TODAY).differences

    assert difference.kind is Kind.REFUSED
    assert "mã đã có" in difference.words


def test_a_dossier_without_paper_is_named_and_a_saved_file_is_paper_enough(counter):
    bare = counter.receive()
    printed(counter, "not_printed")
    printed(counter, "saved")
    counter.sync()

    day = reconciling.day(counter.desk, TODAY)

    assert [d.kind for d in day.differences] == [Kind.NOT_PRINTED] * 2
    assert day.differences[0].about == bare.code
    assert day.printed == 0


def test_an_unknown_outcome_waits_for_an_eye_and_an_eye_settles_it(counter):
    _, seen = printed(counter, "unknown")
    _, missing = printed(counter, "unknown")
    counter.sync()
    assert kinds(counter) == [Kind.OUTCOME_UNKNOWN] * 2

    print_jobs.settle(counter.desk, BICH, seen.id, came_out=True)
    print_jobs.settle(counter.desk, BICH, missing.id, came_out=False)
    counter.sync()

    assert kinds(counter) == [Kind.NOT_PRINTED]
    assert reconciling.day(counter.desk, TODAY).printed == 1


def test_a_corrected_receipt_that_was_not_printed_anew_is_named(counter):
    reception, _ = printed(counter)
    change = corrections.Correction(reason="sai số điện thoại", summary="bản mới")
    corrections.correct(counter.desk, BICH, reception.dossier, change)
    counter.sync()
    assert kinds(counter) == [Kind.OLD_VERSION]

    job = receipts.queue_print(counter.desk, BICH, reception.dossier, "HCC")
    print_jobs.note_outcome(counter.desk, job.id, "printed", "", 2)
    counter.sync()
    assert kinds(counter) == []


def test_a_provisional_code_is_named_and_so_is_its_paper_once_the_final_one_is_there(counter):
    counter.change("UPDATE number_range SET last = first - 1")
    reception, _ = printed(counter)
    assert reception.provisional
    found = reconciling.day(counter.desk, TODAY)
    assert {d.kind for d in found.differences} == {Kind.NOT_ACKNOWLEDGED, Kind.PROVISIONAL}

    counter.sync()
    counter.sync()
    assert not counter.fold(reception.dossier).provisional
    found = reconciling.day(counter.desk, TODAY)
    assert [d.kind for d in found.differences] == [Kind.OLD_CODE]
    assert found.entries[0].former_codes == (reception.code,)

    job = receipts.queue_print(counter.desk, BICH, reception.dossier, "HCC")
    print_jobs.note_outcome(counter.desk, job.id, "printed", "", 2)
    counter.sync()
    assert kinds(counter) == []


def test_an_undone_reception_keeps_its_number_and_is_no_difference(counter):
    reception, _ = printed(counter)
    corrections.undo(counter.desk, BICH, reception.dossier, "nhận nhầm")
    counter.sync()

    day = reconciling.day(counter.desk, TODAY)

    assert day.differences == ()
    assert day.entries[0].voided
    words = closing.sheet_words(counter.desk, BICH, day, 1)
    assert any(reception.code in line and "để trống" in line for line in words.numbers)


def test_a_number_that_was_drawn_and_no_dossier_bears_is_named(counter):
    first, _ = printed(counter)
    counter.sync()
    number = int(first.code[-4:])
    counter.change("UPDATE number_mark SET last = last + 1 WHERE last = :n", n=number)

    (difference,) = reconciling.day(counter.desk, TODAY).differences

    assert difference.kind is Kind.NUMBER_MISSING
    assert difference.about == f"số {number + 1:04d}"


def test_numbers_left_over_are_explained(counter):
    first, _ = printed(counter)
    number = int(first.code[-4:])

    spans = reconciling.day(counter.desk, TODAY).unused

    assert any(span.first == number + 1 for span in spans)
    assert all(span.first <= span.last for span in spans)
    held = {n for span in spans for n in range(span.first, span.last + 1)}
    assert number not in held


def test_paper_of_which_no_event_tells_is_named(counter):
    reception, job = printed(counter, "not_printed")
    counter.change("UPDATE print_job SET state = 'printed', copy = 7 WHERE id = :id", id=job.id)
    counter.sync()

    found = reconciling.day(counter.desk, TODAY).differences

    assert {d.kind for d in found} == {Kind.NOT_PRINTED, Kind.EVENT_MISSING}
    missing = next(d for d in found if d.kind is Kind.EVENT_MISSING)
    assert missing.about == reception.code
    assert f"{job.id}" in missing.words


def test_a_reprint_of_yesterdays_dossier_stands_on_todays_sheet(counter):
    reception, _ = printed(counter)
    counter.sync()
    counter.clock.move(days=3)
    job = receipts.queue_print(counter.desk, BICH, reception.dossier, "HCC")
    print_jobs.note_outcome(counter.desk, job.id, "printed", "", 2)

    day = reconciling.day(counter.desk, counter.desk.now().date())

    (entry,) = day.entries
    assert not entry.is_of_day
    assert day.received == ()
    assert day.printed == 1
    assert [d.kind for d in day.differences] == [Kind.NOT_ACKNOWLEDGED]


def test_others_dossiers_are_not_on_this_stations_sheet(counter, office):
    other = office.station()
    other.receive()
    other.sync()
    printed(counter)
    counter.sync()

    assert len(reconciling.day(counter.desk, TODAY).entries) == 1
    other.close()


def test_the_seal_is_the_documented_hash_and_changes_with_every_cell(counter):
    reception, job = printed(counter)
    day = reconciling.day(counter.desk, TODAY)
    (entry,) = day.entries
    lines = [
        "qmc-day-1", "H24.15", str(counter.desk.store.station.id), "2026-11-20",
        "\t".join([reception.code, str(entry.store), str(entry.n), entry.hash.hex(), "received",
                   "1", f"1.1:printed:{job.sha256}"]),
    ]  # fmt: skip
    assert day.seal == hashlib.sha256("\n".join(lines).encode()).hexdigest()

    counter.sync()
    assert reconciling.day(counter.desk, TODAY).seal == day.seal
    printed(counter)
    assert reconciling.day(counter.desk, TODAY).seal != day.seal


def test_closing_a_day_makes_an_event_and_a_sheet_without_names(counter, tmp_path: Path):
    reception, _ = printed(counter)
    counter.receive()

    closed = closing.close_day(counter.desk, BICH, TODAY)

    body = json.loads(
        counter.value("SELECT body FROM event WHERE kind = 'day.closed' ORDER BY place DESC")
    )
    assert body == {
        "day": "2026-11-20", "sha256": closed.day.seal, "received": 2, "printed": 1,
        "differences": 3, "sheets": 2,
    }  # fmt: skip
    assert counter.sync().quarantined == 0
    words = text_of(closed.printout.pdf, tmp_path)
    for wanted in (reception.code, "BẢNG ĐỐI CHIẾU CUỐI NGÀY", "CHƯA KHỚP", closed.day.seal[:8],
                   "máy chủ chưa xác nhận", "chưa dùng"):  # fmt: skip
        assert wanted in words
    assert "Nguyễn Văn Đức" not in words
    assert "000090000002" not in words


def test_a_day_may_be_closed_again_and_says_so(counter, tmp_path: Path):
    printed(counter)
    closing.close_day(counter.desk, BICH, TODAY)
    counter.sync()

    again = closing.close_day(counter.desk, BICH, TODAY)

    assert again.day.closings == 1
    words = text_of(again.printout.pdf, tmp_path)
    assert "LẬP LẦN 2" in words
    assert "KHỚP: không có việc nào chưa khớp" in words


def test_differences_of_one_kind_share_a_row_of_the_sheet(counter):
    codes = [printed(counter)[0].code for _ in range(3)]

    words = closing.sheet_words(counter.desk, BICH, reconciling.day(counter.desk, TODAY), 6)

    assert words.verdict == "CHƯA KHỚP: 3 việc"
    (row,) = words.differences
    assert row[0] == f"{codes[0]}–{codes[2][-4:]}"


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (["H24.15-261120-0001"], "H24.15-261120-0001"),
        (["H24.15-261120-0001", "H24.15-261120-0003"], "H24.15-261120-0001, 0003"),
        (["A-1-0001", "A-1-0002", "A-2-0003"], "A-1-0001–0002, A-2-0003"),
        (["T-9F3K", "T-9F3L", "A-1-0009", "A-1-0010", "A-1-0012"],
         "T-9F3K, T-9F3L, A-1-0009–0010, 0012"),
        (["số 0004", "số 0005"], "số 0004, số 0005"),
    ],
)  # fmt: skip
def test_codes_that_follow_each_other_are_a_span(about, words):
    assert closing._listed(about) == words


def test_an_empty_day_agrees(counter):
    day = reconciling.day(counter.desk, TODAY - dt.timedelta(days=5))

    assert (day.entries, day.differences, day.printed) == ((), (), 0)


def text_of(pdf: bytes, folder: Path) -> str:
    path = folder / "sheet.pdf"
    path.write_bytes(pdf)
    command = [program("pdftotext"), str(path), "-"]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return " ".join(found.split())
