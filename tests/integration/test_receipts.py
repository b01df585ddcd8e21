"""The receipt: made once, the same bytes ever after, and every print is accounted for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.models.problems import DamagedStore
from app.services import print_jobs, receipts
from app.services.lookup import NoSuchDossier
from printing.document import PaperSize
from tests.support.office import BICH, Counter, running_office
from tests.support.processes import program


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        counter = office.station()
        yield counter
        counter.close()


def _text(pdf: bytes, folder: Path) -> str:
    path = folder / "receipt.pdf"
    path.write_bytes(pdf)
    command = [program("pdftotext"), "-layout", str(path), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_receipt_is_made_once_and_stays_the_same_bytes(counter: Counter) -> None:
    reception = counter.receive()
    first = receipts.make_receipt(counter.desk, BICH, reception.dossier)
    counter.clock.move(hours=1)
    counter.reopen()

    again = receipts.make_receipt(counter.desk, BICH, reception.dossier)

    assert again == first
    assert (
        receipts.make_receipt(counter.desk, BICH, reception.dossier, paper=PaperSize.A4).sha256
        != first.sha256
    )


def test_it_says_what_the_citizen_was_told(counter: Counter, tmp_path: Path) -> None:
    reception = counter.receive("Nguyễn Thị Bích Ngọc")

    said = _text(receipts.make_receipt(counter.desk, BICH, reception.dossier).pdf, tmp_path)

    for words in (reception.code, "NGUYỄN THỊ BÍCH NGỌC", reception.lookup, "10.000", "Trần Thị"):
        assert words in said, words
    assert "TẠM" not in said


def test_a_provisional_receipt_says_so(counter: Counter, tmp_path: Path) -> None:
    counter.change("UPDATE number_range SET to_day = '2020-01-01' WHERE to_day > '2026-12-01'")
    counter.change("UPDATE number_range SET last = first - 1 WHERE kind = 'lease'")
    reception = counter.receive()
    counter.change("UPDATE number_range SET to_day = '2027-01-04' WHERE to_day = '2020-01-01'")

    assert reception.provisional
    said = _text(receipts.make_receipt(counter.desk, BICH, reception.dossier).pdf, tmp_path)
    assert "GIẤY TẠM" in said
    assert reception.code in said


def test_a_repeated_print_is_marked_and_counted(counter: Counter, tmp_path: Path) -> None:
    reception = counter.receive()
    first = receipts.queue_print(counter.desk, BICH, reception.dossier, "HCC")
    print_jobs.note_outcome(counter.desk, first.id, "printed", "", 7)
    second = receipts.queue_print(counter.desk, BICH, reception.dossier, "HCC")

    assert (first.copy, second.copy) == (1, 2)
    marked = _text(counter.desk.store.blobs.get(second.sha256), tmp_path)
    assert "BẢN IN LẠI (lần 1)" in marked
    assert "BẢN IN LẠI" not in _text(counter.desk.store.blobs.get(first.sha256), tmp_path)
    assert counter.fold(reception.dossier).prints == {"01": 1}


def test_a_print_job_outlives_a_restart_with_its_outcome(counter: Counter) -> None:
    reception = counter.receive()
    job = receipts.queue_print(counter.desk, BICH, reception.dossier, "HCC")
    print_jobs.note_outcome(counter.desk, job.id, "sending", "", None)
    counter.reopen()

    assert job.id in {waiting.id for waiting in print_jobs.jobs_waiting(counter.desk)}
    print_jobs.note_outcome(counter.desk, job.id, "unknown", "mất điện", None)
    assert print_jobs.job(counter.desk, job.id).reason == "mất điện"
    print_jobs.note_outcome(counter.desk, job.id, "printed", "", None)
    assert job.id not in {waiting.id for waiting in print_jobs.jobs_waiting(counter.desk)}
    journal = print_jobs.DeskJournal(counter.desk)
    assert job.id not in {spooled.id for spooled in journal.waiting()}
    assert journal.content(job.id).startswith(b"%PDF")


def test_outcomes_become_events_and_reach_the_server(counter: Counter) -> None:
    reception = counter.receive()
    job = receipts.queue_print(counter.desk, BICH, reception.dossier, "HCC")
    for outcome in ("sending", "sent", "not_printed", "printed"):
        print_jobs.note_outcome(counter.desk, job.id, outcome, "", None)
    receipt = receipts.make_receipt(counter.desk, BICH, reception.dossier)
    print_jobs.note_saved(counter.desk, BICH, receipt, "giay.pdf")

    kinds = counter.values(
        "SELECT kind FROM event WHERE dossier = :d ORDER BY place", d=reception.dossier.hex
    )
    assert kinds == ["dossier.received"] + ["document.printed"] * 3
    assert counter.sync().quarantined == 0


def test_a_damaged_receipt_is_noticed(counter: Counter) -> None:
    reception = counter.receive()
    receipt = receipts.make_receipt(counter.desk, BICH, reception.dossier)
    counter.desk.store.blobs.path(receipt.sha256).write_bytes(b"x")

    with pytest.raises(DamagedStore):
        receipts.make_receipt(counter.desk, BICH, reception.dossier)


def test_there_is_no_receipt_of_nothing(counter: Counter) -> None:
    with pytest.raises(NoSuchDossier):
        receipts.make_receipt(counter.desk, BICH, uuid4())
    with pytest.raises(NoSuchDossier):
        receipts.receipt_or_reprint(counter.desk, BICH, uuid4(), paper=PaperSize.A5)
    with pytest.raises(NoSuchDossier):
        receipts.queue_print(counter.desk, BICH, uuid4(), "HCC")
