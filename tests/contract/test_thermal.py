"""Thermal printers on sockets and pseudo terminals: what comes out is read, failures are said."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import zxingcpp
from escpos.printer import Dummy
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from printing.alignment import page_for, render_page, roll_page
from printing.document import PaperSize
from printing.drivers import JobOptions, JobState
from printing.drivers.models import ThermalModel, model_named
from printing.drivers.opening import open_printer
from printing.drivers.thermal import CONFIRM_S, ThermalPrinter, print_commands
from printing.errors import (
    CoverOpen,
    CutterStuck,
    DoesNotFit,
    HandedOver,
    OutcomeUnknown,
    OutOfPaper,
    PrinterOffline,
    PrinterRefused,
)
from printing.raster import black_dots, grey_strips
from tests.support.paper_roll import PaperRoll, on_pty, on_socket
from tests.support.ports import free_port
from tests.support.processes import wait_for

CODE = "THU-261120-0900"
ADDRESS = f"https://thu.invalid/{CODE}"
ROLL = JobOptions(paper=PaperSize.A5)
MODEL = model_named("chung-80")
PAGE = render_page(roll_page(MODEL.width_mm, CODE, ADDRESS, ("Quầy 1", "09:00 ngày 20/11/2026")))


@contextmanager
def on_device() -> Iterator[tuple[PaperRoll, str]]:
    with on_pty() as (roll, path):
        yield roll, f"usb://{path}"


@contextmanager
def on_serial() -> Iterator[tuple[PaperRoll, str]]:
    with on_pty() as (roll, path):
        yield roll, f"serial://{path}?baud=115200"


@pytest.fixture(params=[on_socket, on_device, on_serial], ids=["socket", "device", "serial"])
def anywhere(request) -> Iterator[tuple[PaperRoll, str]]:
    with request.param() as found:
        yield found


@pytest.fixture
def roll() -> Iterator[tuple[PaperRoll, str]]:
    with on_socket() as found:
        yield found


def ended(driver, job: int) -> JobState:
    return wait_for(
        lambda: (s := driver.state(job)).outcome != "working" and s, 30, "end of the job"
    )


def test_a_page_comes_out_with_its_codes_readable(anywhere):
    roll, address = anywhere
    printer = open_printer(address)

    printer.look(ROLL)
    job = printer.send("Trang in thử", PAGE, ROLL)

    assert ended(printer, job) == JobState("printed")
    (picture,) = roll.pictures()
    assert picture.width == MODEL.width_dots
    assert {c.text for c in zxingcpp.read_barcodes(picture)} == {CODE, ADDRESS}
    assert roll.unknown == b""


def test_the_dots_are_those_that_the_public_library_would_send():
    (strip,) = grey_strips(PAGE, dpi=180, width_px=512)
    dots = black_dots(strip)
    peer = Dummy(profile="TM-T88V")
    peer.image(
        Image.fromarray(np.where(dots, 0, 255).astype(np.uint8)).convert("1"),
        impl="bitImageRaster",
        fragment_height=256,
    )

    ours = b"".join(list(print_commands(dots, model_named("epson-tm-t88v")))[1:-1])

    assert ours == peer.output


def test_copies_are_cut_apart(roll):
    paper, address = roll
    printer = open_printer(address)

    job = printer.send("x", PAGE, JobOptions(paper=PaperSize.A5, copies=2))

    assert ended(printer, job).outcome == "printed"
    first, second = paper.strips
    assert (first == second).all()


def test_a_watermark_stays_visible_and_bars_stay_sharp():
    out = io.BytesIO()
    canvas = Canvas(out, (204, 150))
    canvas.setFillGray(0.88)
    canvas.rect(20, 80, 160, 50, stroke=0, fill=1)
    canvas.setFillGray(0)
    canvas.rect(20, 20, 160, 30, stroke=0, fill=1)
    canvas.save()

    (strip,) = grey_strips(out.getvalue(), dpi=203, width_px=576)
    dots = black_dots(strip)

    pale = dots[100:160, 100:480]
    assert 0.02 < pale.mean() < 0.3
    assert dots[300:340, 100:480].all()
    above = dots[200:270, 100:480]
    assert not above.any()


def test_a_page_wider_than_the_roll_is_made_smaller_and_a_narrow_one_stands_in_the_middle():
    for width_pt, left_px in ((240, 0), (100, 147)):
        out = io.BytesIO()
        canvas = Canvas(out, (width_pt, 100))
        canvas.rect(0, 40, width_pt, 20, stroke=0, fill=1)
        canvas.save()

        (strip,) = grey_strips(out.getvalue(), dpi=203, width_px=576)

        dark = np.flatnonzero((strip < 128).any(axis=0))
        assert strip.shape[1] == 576
        assert abs(dark[0] - left_px) <= 1
        assert abs(dark[-1] - (575 - left_px)) <= 1


def test_a_sheet_too_wide_for_the_roll_is_refused_before_anything_is_printed(roll):
    paper, address = roll
    sheet = render_page(page_for(PaperSize.A5, CODE, ADDRESS, ("Quầy 1",)))

    with pytest.raises(DoesNotFit, match="rộng hơn cuộn giấy"):
        open_printer(address).send("x", sheet, ROLL)

    assert paper.got == b""


@pytest.mark.parametrize(
    ("mood", "problem"),
    [("cover", CoverOpen), ("out", OutOfPaper), ("cutter", CutterStuck)],
)
def test_what_hands_must_do_is_said_before_anything_is_sent(roll, mood, problem):
    paper, address = roll
    setattr(paper.condition, mood, True)
    printer = open_printer(address)

    with pytest.raises(problem):
        printer.look(ROLL)

    assert isinstance(printer.describe().problem, problem)
    assert paper.strips == []


def test_a_roll_near_its_end_is_a_remark_and_no_problem(roll):
    paper, address = roll
    paper.condition.low = True
    printer = open_printer(address)

    printer.look(ROLL)

    facts = printer.describe()
    assert facts.problem is None
    assert facts.remarks == ("Sắp hết giấy cuộn.",)
    assert facts.model == MODEL.name


def test_paper_that_ends_in_the_middle_is_said_and_the_job_goes_on_once_there_is_more(roll):
    paper, address = roll
    paper.condition.out_after = 300
    printer = open_printer(address)

    job = printer.send("x", PAGE, ROLL)
    state = wait_for(lambda: (s := printer.state(job)).problem and s, 20, "end of the paper")
    assert (state.outcome, type(state.problem)) == ("working", OutOfPaper)
    paper.condition.out = False

    assert ended(printer, job).outcome == "printed"
    (picture,) = paper.pictures()
    assert {c.text for c in zxingcpp.read_barcodes(picture)} == {CODE, ADDRESS}


def test_a_cable_pulled_in_the_middle_leaves_an_outcome_that_nobody_knows(roll):
    paper, address = roll
    paper.condition.pull_after = 20_000
    printer = open_printer(address)

    try:
        job = printer.send("x", PAGE, ROLL)
    except OutcomeUnknown:
        pass
    else:
        state = ended(printer, job)
        assert (state.outcome, type(state.problem)) == ("unknown", OutcomeUnknown)
    assert paper.strips == []


@pytest.mark.parametrize("address", ["socket://127.0.0.1:{port}", "usb:///dev/usb/no-such",
                                     "serial:///dev/no-such"])  # fmt: skip
def test_a_printer_that_is_not_there_is_offline(address):
    printer = open_printer(address.format(port=free_port()))

    with pytest.raises(PrinterOffline):
        printer.look(ROLL)
    with pytest.raises(PrinterOffline):
        printer.send("x", PAGE, ROLL)
    assert isinstance(printer.describe().problem, PrinterOffline)


def test_a_printer_that_should_answer_and_is_silent_is_offline(roll):
    paper, address = roll
    paper.condition.silent = True

    with pytest.raises(PrinterOffline):
        open_printer(f"{address}?model=epson-tm-t82").look(ROLL)
    open_printer(address).look(ROLL)  # of an unknown model, silence means nothing


class Hours:
    """A clock of which every look costs some seconds."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 2
        return self.now


@pytest.mark.parametrize("mood", ["silent", "deaf_in_order"])
def test_of_a_printer_that_never_confirms_the_clerk_is_asked(roll, mood):
    from printing.drivers.links import SocketLink

    paper, address = roll
    setattr(paper.condition, mood, True)
    port = int(address.rpartition(":")[2])
    printer = ThermalPrinter(lambda: SocketLink("127.0.0.1", port), MODEL, clock=Hours())

    job = printer.send("x", PAGE, ROLL)
    state = ended(printer, job)

    assert CONFIRM_S > 2
    assert (state.outcome, type(state.problem)) == ("unknown", HandedOver)
    wait_for(lambda: len(paper.strips) == 1, 10, "strip")


def test_a_model_that_is_never_asked_ends_with_a_question_to_the_clerk(roll):
    from printing.drivers.links import SocketLink

    paper, address = roll
    port = int(address.rpartition(":")[2])
    model = ThermalModel(key="x", name="x", width_dots=576, dpi=203, cut="none", answers="never")
    printer = ThermalPrinter(lambda: SocketLink("127.0.0.1", port), model)

    printer.look(ROLL)
    job = printer.send("x", PAGE, ROLL)

    assert printer.state(job).outcome == "unknown"
    wait_for(lambda: paper.rows_out > 0, 10, "rows")
    assert b"\x10\x04" not in bytes(paper.got[:10])
    assert paper.strips == []  # nothing cuts


def test_the_line_is_free_for_other_counters_once_a_job_has_ended(roll):
    paper, address = roll
    first, second = open_printer(address), open_printer(address)
    for printer in (first, second, first):
        job = printer.send("x", PAGE, ROLL)
        assert ended(printer, job).outcome == "printed"

    assert len(paper.strips) == 3


def test_of_an_earlier_run_it_knows_nothing_and_it_cancels_nothing(roll):
    _, address = roll
    printer = open_printer(address)

    assert printer.find("x") is None
    assert printer.state(7).outcome == "unknown"
    with pytest.raises(PrinterRefused):
        printer.cancel(7)
