"""Print jobs as the journal has them: options, decisions of a person, sheets, choices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.services import print_choices, print_jobs, receipts, trying
from app.services.print_choices import FormChoice
from app.services.print_jobs import NotNow
from printing.document import PaperSize
from printing.drivers import JobOptions
from printing.drivers.fake import FakePrinter
from printing.spool import Spool
from tests.support.office import BICH, Counter, running_office


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        counter = office.station()
        yield counter
        counter.close()


def queued(counter: Counter, printer: str = "HCC", **how) -> print_jobs.PrintJob:  # type: ignore[no-untyped-def]
    reception = counter.receive()
    printout = receipts.make_receipt(counter.desk, BICH, reception.dossier)
    return print_jobs.queue(counter.desk, BICH, printout, printer, **how)


def ended(counter: Counter, outcome: str, **how) -> print_jobs.PrintJob:  # type: ignore[no-untyped-def]
    job = queued(counter, **how)
    print_jobs.note_outcome(counter.desk, job.id, outcome, "", None)
    return job


def state(counter: Counter, job: print_jobs.PrintJob) -> str:
    return print_jobs.job(counter.desk, job.id).state


def test_how_a_job_is_to_come_out_reaches_the_spool(counter):
    job = queued(counter, copies=2, duplex=True, tray="tray-2")

    spooled = next(j for j in print_jobs.DeskJournal(counter.desk).waiting() if j.id == job.id)

    assert spooled.options == JobOptions(paper=PaperSize.A5, copies=2, duplex=True, tray="tray-2")
    assert job.sheets == 1  # two pages on one sheet
    print_jobs.drop(counter.desk, BICH, job.id)


def test_no_two_jobs_have_the_same_title_for_the_printer(counter):
    jobs = [queued(counter) for _ in range(3)]
    reprint = receipts.receipt_or_reprint(counter.desk, BICH, jobs[0].dossier, paper=PaperSize.A5)
    print_jobs.queue(counter.desk, BICH, reprint, "HCC")

    titles = [j.title for j in print_jobs.DeskJournal(counter.desk).waiting()]

    assert len(set(titles)) == len(titles) >= 4
    for job in print_jobs.jobs_waiting(counter.desk):
        print_jobs.drop(counter.desk, BICH, job.id)


def test_what_did_not_come_out_is_printed_elsewhere_from_the_same_bytes(counter):
    job = ended(counter, "not_printed", tray="tray-1")

    again = print_jobs.retry(counter.desk, job.id, "DU-PHONG")

    assert (again.id, again.state, again.printer, again.tray) == (job.id, "queued", "DU-PHONG", "")
    assert again.sha256 == job.sha256
    printer = FakePrinter()
    Spool(print_jobs.DeskJournal(counter.desk), lambda _: printer).work(patience_s=1)
    assert state(counter, job) == "printed"
    assert counter.fold(job.dossier).prints == {"01": 1}


@pytest.mark.parametrize("outcome", ["sent", "printed", "unknown", "saved", "sending"])
def test_only_what_surely_did_not_come_out_is_printed_again(counter, outcome):
    job = ended(counter, outcome)

    with pytest.raises(NotNow) as problem:
        print_jobs.retry(counter.desk, job.id)

    assert problem.value.title
    assert state(counter, job) == outcome
    counter.change("UPDATE print_job SET state = 'dropped' WHERE id = :id", id=job.id)


def test_an_eye_settles_an_unknown_outcome_once_and_counts_no_second_print(counter):
    job = ended(counter, "unknown")

    print_jobs.settle(counter.desk, BICH, job.id, came_out=True)

    assert state(counter, job) == "printed"
    assert counter.fold(job.dossier).prints == {"01": 1}
    with pytest.raises(NotNow):
        print_jobs.settle(counter.desk, BICH, job.id, came_out=False)
    assert counter.sync().quarantined == 0


def test_a_receipt_that_an_eye_did_not_find_is_printed_again_marked(counter):
    job = ended(counter, "unknown")

    fresh = print_choices.print_unsure_again(counter.desk, BICH, job.id)

    assert (state(counter, job), fresh.state, fresh.copy) == ("dropped", "queued", 2)
    assert fresh.sha256 != job.sha256
    assert [j.id for j in print_jobs.jobs_waiting(counter.desk)] == [fresh.id]
    print_jobs.drop(counter.desk, BICH, fresh.id)


def test_another_paper_that_an_eye_did_not_find_is_queued_as_it_is(counter):
    page = trying.make_page(counter.desk, BICH, "HCC", PaperSize.A5)
    job = print_jobs.queue(counter.desk, BICH, page, "HCC")
    print_jobs.note_outcome(counter.desk, job.id, "unknown", "", None)

    again = print_choices.print_unsure_again(counter.desk, BICH, job.id)

    assert (again.id, again.state) == (job.id, "queued")
    print_jobs.drop(counter.desk, BICH, job.id)


def test_an_outcome_that_nobody_knows_is_settled_before_the_job_is_thrown_away(counter):
    job = ended(counter, "unknown")

    with pytest.raises(NotNow, match="chưa rõ giấy đã ra"):
        print_jobs.drop(counter.desk, BICH, job.id)

    print_jobs.settle(counter.desk, BICH, job.id, came_out=False)
    print_jobs.drop(counter.desk, BICH, job.id)
    assert state(counter, job) == "dropped"


def test_a_job_that_a_printer_has_is_not_thrown_away(counter):
    job = ended(counter, "sent")

    with pytest.raises(NotNow):
        print_jobs.drop(counter.desk, BICH, job.id)

    print_jobs.note_outcome(counter.desk, job.id, "not_printed", "huỷ", None)
    print_jobs.drop(counter.desk, BICH, job.id)
    print_jobs.note_outcome(counter.desk, job.id, "printed", "", None)  # too late
    assert state(counter, job) == "dropped"


def test_sheets_are_counted_by_printer_and_day(counter):
    counter.clock.move(days=1)
    today = counter.desk.now().date()
    assert print_jobs.sheets_used(counter.desk, today) == {}
    ended(counter, "printed", printer="A")
    ended(counter, "printed", printer="A", copies=3)
    ended(counter, "printed", printer="B", duplex=True)
    dropped = ended(counter, "not_printed", printer="B")
    print_jobs.drop(counter.desk, BICH, dropped.id)

    assert print_jobs.sheets_used(counter.desk, today) == {"A": 2 + 6, "B": 1}


def test_a_job_whose_bytes_are_damaged_ends_in_words_and_holds_up_no_other(counter):
    bad, good = queued(counter), queued(counter)
    counter.desk.store.blobs.path(bad.sha256).write_bytes(b"x")
    printer = FakePrinter()

    Spool(print_jobs.DeskJournal(counter.desk), lambda _: printer).work(patience_s=1)

    assert (state(counter, bad), state(counter, good)) == ("not_printed", "printed")
    assert "hỏng" in print_jobs.job(counter.desk, bad.id).reason
    print_jobs.drop(counter.desk, BICH, bad.id)


def test_each_form_has_its_printer_and_a_form_without_a_choice_the_usual_one(counter):
    desk = counter.desk
    assert print_choices.read(desk).of("01") == FormChoice()
    usual = FormChoice(printer="HCC", paper=PaperSize.A4)
    receipt = FormChoice(printer="A5-MAY", tray="tray-2", paper=PaperSize.A5, copies=2)
    print_choices.choose(desk, "", usual)
    print_choices.choose(desk, "01", receipt)
    counter.reopen()

    choices = print_choices.read(counter.desk)

    assert choices.of("01") == receipt
    assert choices.of("day-sheet") == usual


def test_a_printer_that_is_removed_is_chosen_nowhere_any_more(counter):
    desk = counter.desk
    address = "socket://10.0.0.5:9100"
    print_choices.add_printer(desk, address)
    print_choices.add_printer(desk, address)
    print_choices.choose(desk, "thermal", FormChoice(printer=address))
    assert print_choices.read(desk).added == (address,)

    choices = print_choices.remove_printer(desk, address)

    assert choices.added == ()
    assert "thermal" not in choices.forms


@pytest.mark.parametrize("text", ["{", '{"forms": 5}', '{"forms": {"01": {"copies": "x"}}}'])
def test_choices_that_cannot_be_read_stop_nothing(counter, text):
    counter.change("INSERT OR REPLACE INTO fact(key, value) VALUES ('printing', :t)", t=text)

    assert print_choices.read(counter.desk) == print_choices.PrintChoices()
