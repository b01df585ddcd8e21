import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printing.document import PaperSize
from printing.drivers import JobOptions, JobState
from printing.drivers.fake import FakePrinter
from printing.errors import (
    CoverOpen,
    OutcomeUnknown,
    OutOfPaper,
    PaperJam,
    PrinterBusy,
    PrinterOffline,
    PrinterRefused,
    WrongPaper,
)
from printing.spool import Spool, SpoolJob

PDF = b"%PDF-1.7 receipt"
ENDS = {"printed", "not_printed", "unknown", "saved"}
A5 = JobOptions(paper=PaperSize.A5)


@dataclass
class MemoryJournal:
    """A journal that keeps every state a job has been in."""

    jobs: dict[int, list[tuple[str, str, int | None]]] = field(default_factory=dict)
    printers: dict[int, str] = field(default_factory=dict)
    options: dict[int, JobOptions] = field(default_factory=dict)

    def queue(self, id: int, printer: str = "quầy", state: str = "queued", number=None) -> None:
        self.jobs[id] = [(state, "", number)]
        self.printers[id] = printer

    def state(self, id: int) -> str:
        return self.jobs[id][-1][0]

    def states(self, id: int) -> list[str]:
        return [state for state, _, _ in self.jobs[id]]

    def waiting(self) -> Sequence[SpoolJob]:
        return [
            SpoolJob(
                id=id, state=states[-1][0], printer=self.printers[id], title=f"Giấy {id}",
                options=self.options.get(id, A5), number=states[-1][2],
            )
            for id, states in sorted(self.jobs.items())
            if states[-1][0] not in ENDS
        ]  # fmt: skip

    def content(self, id: int, /) -> bytes:
        return PDF + str(id).encode()

    def note(
        self, id: int, state: str, reason: str = "", printer_job: int | None = None, /
    ) -> None:
        self.jobs[id].append((state, reason, printer_job))


@dataclass
class Desk:
    """A spool at work: one printer, what was told, how long it slept."""

    printer: FakePrinter = field(default_factory=FakePrinter)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    told: list[tuple[int, str, str]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spool = Spool(
            self.journal,
            lambda _: self.printer,
            told=lambda *words: self.told.append(words),
            sleep=self.slept.append,
        )

    def restart(self) -> None:
        self.__post_init__()
        self.spool.recover()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_queued_job_comes_out_once_and_every_step_is_journalled(desk):
    desk.journal.queue(1)

    desk.spool.work(patience_s=10)

    assert desk.printer.printed == [("Giấy 1", PDF + b"1")]
    assert desk.journal.states(1) == ["queued", "sending", "sent", "printed"]
    assert desk.told == [(1, "sent", ""), (1, "printed", "")]
    assert desk.slept == []


def test_the_journal_says_sending_before_the_printer_gets_the_job(desk):
    seen = []

    class Watched(FakePrinter):
        def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
            seen.append((desk.journal.state(1), options.paper, options.copies))
            return super().send(title, pdf, options)

    desk.printer = Watched()
    desk.journal.queue(1)
    desk.spool.work(patience_s=10)

    assert seen == [("sending", PaperSize.A5, 1)]


def test_jobs_come_out_in_order_and_work_without_jobs_does_nothing(desk):
    desk.spool.work(patience_s=10)
    assert desk.told == []
    for id in (2, 1, 3):
        desk.journal.queue(id)

    desk.spool.work(patience_s=10)

    assert [title for title, _ in desk.printer.printed] == ["Giấy 1", "Giấy 2", "Giấy 3"]


def test_a_job_that_ended_is_never_sent_again(desk):
    desk.journal.queue(1)
    for _ in range(3):
        desk.spool.work(patience_s=10)
        desk.restart()

    assert len(desk.printer.printed) == 1


def test_a_job_that_was_being_sent_when_the_power_failed_is_unknown_and_not_sent(desk):
    desk.journal.queue(1, state="sending")
    desk.journal.queue(2)

    desk.restart()
    desk.spool.work(patience_s=10)

    assert desk.journal.state(1) == "unknown"
    assert desk.journal.jobs[1][-1][1].startswith(OutcomeUnknown.title)
    assert (1, "unknown", str(OutcomeUnknown())) in desk.told
    assert [title for title, _ in desk.printer.printed] == ["Giấy 2"]


def test_a_job_found_in_sending_without_a_restart_is_left_alone(desk):
    desk.journal.queue(1, state="sending", number=7)

    desk.spool.work(patience_s=10)

    assert desk.journal.states(1) == ["sending"]
    assert desk.printer.printed == []


def test_a_crash_while_sending_leaves_a_job_that_is_never_repeated(desk):
    class Dying(FakePrinter):
        def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
            super().send(title, pdf, options)
            raise KeyboardInterrupt

    dying = desk.printer = Dying()
    desk.journal.queue(1)
    with pytest.raises(KeyboardInterrupt):
        desk.spool.work(patience_s=10)
    assert desk.journal.state(1) == "sending"

    desk.printer = FakePrinter()
    desk.restart()
    desk.spool.work(patience_s=10)

    assert desk.journal.state(1) == "unknown"
    assert len(dying.printed) + len(desk.printer.printed) == 1


def test_a_sent_job_is_followed_after_a_restart_and_not_sent_again(desk):
    desk.journal.queue(1, state="sent", number=1)

    desk.restart()
    desk.spool.work(patience_s=10)

    assert desk.journal.states(1) == ["sent", "printed"]
    assert desk.printer.printed == []


def test_a_lost_answer_makes_the_outcome_unknown_and_prints_no_second_copy(desk):
    desk.printer.loses_answers = True
    desk.journal.queue(1)

    desk.spool.work(patience_s=10)
    desk.restart()
    desk.spool.work(patience_s=10)

    assert desk.journal.states(1) == ["queued", "sending", "unknown"]
    assert len(desk.printer.printed) == 1
    assert desk.told == [(1, "unknown", str(OutcomeUnknown()))]


@pytest.mark.parametrize("problem", [PrinterRefused("Máy in từ chối (mã 0x0400)."), WrongPaper()])
def test_a_refused_job_did_not_print_and_says_why(desk, problem):
    desk.printer.refuses = problem
    desk.journal.queue(1)
    desk.journal.queue(2)

    desk.spool.work(patience_s=10)

    assert desk.journal.states(1) == ["queued", "sending", "not_printed"]
    assert desk.journal.jobs[1][-1][1] == str(problem)
    assert desk.journal.state(2) == "not_printed"
    assert desk.printer.printed == []


@pytest.mark.parametrize("problem", [OutOfPaper(), PaperJam(), CoverOpen(), PrinterOffline()])
def test_a_printer_in_trouble_gets_no_job(desk, problem):
    desk.printer.trouble = problem
    desk.journal.queue(1)

    desk.spool.work(patience_s=10)

    assert desk.journal.states(1) == ["queued", "not_printed"]
    assert desk.told == [(1, "not_printed", f"{problem.title} {problem.advice}")]


class RunsDry(FakePrinter):
    """Runs out of paper as soon as it has taken a job."""

    def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
        number = super().send(title, pdf, options)
        self.trouble = OutOfPaper()
        return number


def test_a_job_waits_for_paper_and_comes_out_when_the_tray_is_filled(desk):
    printer = desk.printer = RunsDry()
    desk.journal.queue(1)

    desk.spool.work(patience_s=2)
    assert desk.journal.state(1) == "sent"
    assert desk.told[-1] == (1, "sent", str(OutOfPaper()))

    printer.trouble = None
    desk.spool.work(patience_s=2)

    assert desk.journal.state(1) == "printed"
    assert len(printer.printed) == 1
    assert desk.told[-1] == (1, "printed", "")


def test_the_tray_filled_while_somebody_waits_is_noticed(desk):
    printer = desk.printer = RunsDry()
    desk.journal.queue(1)

    def fill(_: float) -> None:
        desk.slept.append(_)
        if len(desk.slept) == 3:
            printer.trouble = None

    spool = Spool(desk.journal, lambda _: printer, sleep=fill)
    spool.work(patience_s=60)

    assert desk.journal.state(1) == "printed"
    assert len(desk.slept) == 3


def test_the_same_trouble_is_told_once_and_asked_about_more_and_more_slowly(desk):
    desk.printer = RunsDry()
    desk.journal.queue(1)

    desk.spool.work(patience_s=20)

    assert [words for _, _, words in desk.told] == ["", str(OutOfPaper())]
    assert desk.slept == sorted(desk.slept)
    assert desk.slept[0] == 0.2
    assert max(desk.slept) == 3.0
    assert 20 <= sum(desk.slept) < 23


def test_a_new_trouble_is_told_anew_and_its_end_as_well(desk):
    troubles = [OutOfPaper(), OutOfPaper(), CoverOpen(), None]

    class Changing(FakePrinter):
        def state(self, job: int) -> JobState:
            return JobState("working", troubles.pop(0)) if troubles else super().state(job)

    desk.printer = Changing()
    desk.journal.queue(1)
    desk.spool.work(patience_s=60)

    assert [words for _, _, words in desk.told] == [
        "", str(OutOfPaper()), str(CoverOpen()), "", "",
    ]  # fmt: skip


def test_one_stuck_job_does_not_hold_up_the_next_for_longer_than_patience(desk):
    class FirstSticks(FakePrinter):
        def state(self, job: int) -> JobState:
            return JobState("working", PaperJam()) if job == 1 else JobState("printed")

    desk.printer = FirstSticks()
    desk.journal.queue(1)
    desk.journal.queue(2)

    desk.spool.work(patience_s=1)

    assert (desk.journal.state(1), desk.journal.state(2)) == ("sent", "printed")


def test_a_job_that_the_printer_gave_up_did_not_print(desk):
    desk.printer.ends_badly = True
    desk.journal.queue(1)

    desk.spool.work(patience_s=10)

    assert desk.journal.states(1)[-1] == "not_printed"


def test_a_printer_that_falls_silent_is_asked_again(desk):
    class Silent(FakePrinter):
        asked = 0

        def state(self, job: int) -> JobState:
            Silent.asked += 1
            if Silent.asked < 3:
                raise PrinterOffline
            return super().state(job)

    desk.printer = Silent()
    desk.journal.queue(1)
    desk.spool.work(patience_s=60)

    assert desk.journal.state(1) == "printed"
    assert [words for _, _, words in desk.told] == ["", str(PrinterOffline()), ""]
    assert len(desk.printer.printed) == 1


def test_work_stops_when_told_and_sends_nothing_more(desk):
    desk.journal.queue(1)
    desk.journal.queue(2)

    desk.spool.work(patience_s=10, stop=lambda: bool(desk.printer.printed))

    assert len(desk.printer.printed) == 1
    assert desk.journal.state(1) == "sent"
    assert desk.journal.state(2) == "queued"


def test_each_job_goes_to_its_own_printer():
    journal = MemoryJournal()
    printers = {"quầy 1": FakePrinter(), "quầy 2": FakePrinter()}
    journal.queue(1, "quầy 2")
    journal.queue(2, "quầy 1")

    Spool(journal, printers.__getitem__).work(patience_s=1)

    assert [title for title, _ in printers["quầy 1"].printed] == ["Giấy 2"]
    assert [title for title, _ in printers["quầy 2"].printed] == ["Giấy 1"]


def test_how_a_job_is_to_come_out_reaches_the_printer(desk):
    desk.journal.queue(1)
    wanted = JobOptions(paper=PaperSize.A4, copies=3, duplex=True, tray="tray-2")
    desk.journal.options[1] = wanted

    desk.spool.work(patience_s=10)

    assert desk.printer.options == [wanted]


def test_a_printer_that_is_stuck_holds_up_no_other():
    """Each printer waits for the other to have printed: one after the other, neither would."""
    journal = MemoryJournal()
    met = threading.Barrier(2, timeout=20)

    class Waiting(FakePrinter):
        def state(self, job: int) -> JobState:
            met.wait()
            return super().state(job)

    printers = {"quầy 1": Waiting(), "quầy 2": Waiting()}
    journal.queue(1, "quầy 1")
    journal.queue(2, "quầy 2")

    Spool(journal, printers.__getitem__).work(patience_s=1)

    assert (journal.state(1), journal.state(2)) == ("printed", "printed")


def test_one_printer_never_has_two_jobs_at_a_time():
    journal = MemoryJournal()
    at_work: list[int] = []
    most = []

    class Counting(FakePrinter):
        def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
            at_work.append(1)
            most.append(len(at_work))
            return super().send(title, pdf, options)

        def state(self, job: int) -> JobState:
            at_work.pop()
            return super().state(job)

    printer = Counting()
    for id in range(1, 20):
        journal.queue(id)

    Spool(journal, lambda _: printer).work(patience_s=1)

    assert max(most) == 1
    assert len(printer.printed) == 19


def test_a_job_that_comes_while_the_spool_works_is_printed_too(desk):
    class Late(FakePrinter):
        def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
            if not self.printed:
                desk.journal.queue(2, "khác")
                desk.spool.wake()
            return super().send(title, pdf, options)

    desk.printer = Late()
    desk.journal.queue(1)

    desk.spool.work(patience_s=10)

    assert (desk.journal.state(1), desk.journal.state(2)) == ("printed", "printed")


def test_after_a_crash_the_printer_is_asked_for_the_job_and_it_is_followed(desk):
    class Dying(FakePrinter):
        def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
            super().send(title, pdf, options)
            raise KeyboardInterrupt

    printer = desk.printer = Dying(remembers=True)
    desk.journal.queue(1)
    with pytest.raises(KeyboardInterrupt):
        desk.spool.work(patience_s=10)

    desk.restart()
    desk.spool.work(patience_s=10)

    assert desk.journal.states(1) == ["queued", "sending", "sent", "printed"]
    assert len(printer.printed) == 1


def test_a_lost_answer_is_made_good_by_a_printer_that_remembers(desk):
    desk.printer = FakePrinter(loses_answers=True, remembers=True)
    desk.journal.queue(1)

    desk.spool.work(patience_s=10)

    assert desk.journal.states(1) == ["queued", "sending", "sent", "printed"]
    assert len(desk.printer.printed) == 1


def test_a_printer_busy_with_others_is_asked_again_and_nothing_is_lost(desk):
    class Busy(FakePrinter):
        asked = 0

        def send(self, title: str, pdf: bytes, options: JobOptions) -> int:
            self.asked += 1
            if self.asked < 4:
                raise PrinterBusy
            return super().send(title, pdf, options)

    desk.printer = Busy()
    desk.journal.queue(1)

    desk.spool.work(patience_s=60)

    assert desk.journal.state(1) == "printed"
    assert len(desk.printer.printed) == 1
    assert [words for _, state, words in desk.told if state == "queued"] == [str(PrinterBusy())]


def test_a_printer_that_stays_busy_leaves_the_job_queued(desk):
    desk.printer.refuses = PrinterBusy()
    desk.journal.queue(1)

    desk.spool.work(patience_s=2)

    assert desk.journal.state(1) == "queued"
    desk.printer.refuses = None
    desk.spool.work(patience_s=2)
    assert desk.journal.state(1) == "printed"


def test_a_job_that_is_cancelled_while_it_waits_for_paper_ends(desk):
    printer = desk.printer = RunsDry()
    desk.journal.queue(1)
    desk.spool.work(patience_s=1)

    desk.spool.cancel(1)
    desk.spool.work(patience_s=1)

    assert desk.journal.state(1) == "not_printed"
    assert printer.cancelled == {1}


def test_an_address_that_is_no_printers_ends_the_job_in_words():
    journal = MemoryJournal()
    journal.queue(1, "ftp://x")
    journal.queue(2, "ftp://x", state="sent", number=4)

    def refuse(_: str) -> FakePrinter:
        raise PrinterOffline("Địa chỉ máy in không đúng.")

    Spool(journal, refuse).work(patience_s=1)

    assert journal.jobs[1][-1][:2] == (
        "not_printed",
        str(PrinterOffline("Địa chỉ máy in không đúng.")),
    )
    assert journal.state(2) == "unknown"


def test_how_much_paper_came_out_of_a_job_that_was_given_up_is_said(desk):
    class Half(FakePrinter):
        def state(self, job: int) -> JobState:  # noqa: ARG002
            return JobState("not_printed", PaperJam(), sheets=1)

    desk.printer = Half()
    desk.journal.queue(1)

    desk.spool.work(patience_s=10)

    assert desk.journal.jobs[1][-1][1] == f"{PaperJam()} Đã ra 1 tờ."


def test_a_problem_may_have_words_of_its_own():
    problem = PrinterRefused("Máy in từ chối.", "Gọi kỹ thuật.")

    assert (problem.title, problem.advice) == ("Máy in từ chối.", "Gọi kỹ thuật.")
    assert str(problem) == "Máy in từ chối. Gọi kỹ thuật."
    assert str(OutOfPaper()) == f"{OutOfPaper.title} {OutOfPaper.advice}"


moods = st.sampled_from(
    ["well", "dry", "loses", "refuses", "ends badly", "restart", "crash", "busy", "eye cancels"]
)


@given(st.lists(moods, max_size=8), st.booleans())
def test_whatever_happens_no_job_comes_out_twice(story, remembers):
    desk = Desk(printer=FakePrinter(remembers=remembers))
    for id, mood in enumerate(story, start=1):
        desk.journal.queue(id)
        desk.printer.trouble = OutOfPaper() if mood == "dry" else None
        desk.printer.loses_answers = mood == "loses"
        refusals = {"refuses": PrinterRefused(), "busy": PrinterBusy()}
        desk.printer.refuses = refusals.get(mood)
        if mood == "eye cancels":
            desk.spool.cancel(id)
        desk.printer.ends_badly = mood == "ends badly"
        if mood == "crash":
            desk.journal.note(id, "sending", "", None)
        if mood in ("restart", "crash"):
            desk.restart()
        desk.spool.work(patience_s=1)

    titles = [title for title, _ in desk.printer.printed]
    assert len(set(titles)) == len(titles)
    for id in desk.journal.jobs:
        if desk.journal.state(id) == "printed":
            assert f"Giấy {id}" in titles
