"""The figures of a period, out of a real store, and on paper."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pypdfium2
import pytest
from PIL import Image

from app.domain.bodies import Person
from app.domain.papers import GivenPaper
from app.domain.reports import Timeliness
from app.services import (
    cashier,
    corrections,
    endings,
    intake,
    lookup,
    processing,
    returning,
    statistics,
    statistics_paper,
    supplements,
)
from app.services.lookup import Filter
from app.services.processing import Result
from app.services.returning import Handing
from tests.support.office import (
    BICH,
    FRIDAY,
    HOA,
    Counter,
    Office,
    birth_entry,
    copies_entry,
    running_office,
)

PAPERS = (
    GivenPaper(key="to-khai", original=1),
    GivenPaper(key="giay-chung-sinh", original=1),
)
TODAY = FRIDAY.date()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def counter(office: Office) -> Iterator[Counter]:
    station = office.station()
    yield station
    station.close()


def birth(counter: Counter, number: int) -> UUID:
    person = Person(name=f"Lý Thị Số {number}", id_number=f"000190{number:06d}")
    entry = replace(birth_entry(papers=PAPERS), submitter=person)
    return intake.receive(counter.desk, BICH, entry).dossier


def finish(counter: Counter, dossier: UUID) -> None:
    processing.record_result(counter.desk, BICH, dossier, Result(name="Giấy khai sinh"))


@pytest.fixture
def fortnight(counter: Counter) -> Counter:
    """Friday: one that stays, one ended early, one void; a week later: late, stopped, asked."""
    desk, clock = counter.desk, counter.clock
    clock.now = FRIDAY
    stays, early = birth(counter, 1), birth(counter, 2)
    void, asked = birth(counter, 3), birth(counter, 4)
    late, withdrawn = birth(counter, 5), birth(counter, 6)
    finish(counter, early)  # due today: on time
    corrections.undo(desk, BICH, void, "nhập nhầm")
    supplements.ask(desk, BICH, asked, ["Giấy chứng sinh bản chính"], "thiếu")
    copies = intake.receive(desk, BICH, copies_entry("Lý Văn Bảy", id_number="000090000077"))
    cashier.pay(desk, BICH, copies.dossier, 10_000, cashier.CASH)
    returning.give(desk, BICH, [copies.dossier], Handing(satisfaction=1))
    clock.move(days=7)
    finish(counter, late)
    endings.end(desk, HOA, withdrawn, "withdraw", "người dân đổi ý")
    birth(counter, 8)
    assert stays is not None
    return counter


def test_the_report_adds_up_and_says_what_happened(fortnight: Counter) -> None:
    found = statistics.read(fortnight.desk, TODAY, TODAY + dt.timedelta(days=7))

    assert found.received == 7  # six of the Friday without the void one, and one later
    row = found.total
    assert row.is_balanced
    assert (row.direct, row.carried) == (7, 0)
    assert (row.early, row.on_time, row.late) == (0, 3, 1)  # early is the day it was due
    assert (row.pending, row.overdue) == (2, 1)
    assert [r.subject for r in found.subjects] == ["Hộ tịch", "Chứng thực"]
    assert sum(r.tally.to_solve for r in found.subjects) == row.to_solve


def test_the_second_week_carries_over_what_the_first_left(fortnight: Counter) -> None:
    monday = TODAY + dt.timedelta(days=3)
    found = statistics.read(fortnight.desk, monday, TODAY + dt.timedelta(days=7))

    assert (found.received, found.received_before) == (1, 6)
    assert (found.total.direct, found.total.carried) == (1, 4)
    assert (found.total.on_time, found.total.late) == (1, 1)
    assert found.total.is_balanced


def test_rates_money_clerks_days_and_hours(fortnight: Counter) -> None:
    found = statistics.read(fortnight.desk, TODAY, TODAY)

    assert found.paid == 10_000
    assert (found.rates.satisfied.part, found.rates.satisfied.whole) == (1, 1)
    assert (found.rates.digitised.part, found.rates.digitised.whole) == (0, 5)
    assert [(c.name, c.received) for c in found.clerks] == [("bich", 6)]  # nobody signed in here
    assert found.by_day == ((TODAY, 6, 0, 0),)
    assert dict(found.by_hour) == {(4, 9): 6}
    assert [(p.code, p.received) for p in found.procedures] == [("1.001193", 5), ("2.000815", 1)]


@pytest.mark.parametrize("stands", list(Timeliness))
def test_every_number_leads_to_its_dossiers(fortnight: Counter, stands: Timeliness) -> None:
    last = TODAY + dt.timedelta(days=7)
    found = statistics.read(fortnight.desk, TODAY, last)
    is_open = stands in (Timeliness.PENDING, Timeliness.OVERDUE)
    wanted = Filter(
        last_day=last, ended_first=None if is_open else TODAY, ended_last=last, stands=stands,
        counts_on=TODAY,
    )  # fmt: skip

    assert lookup.count(fortnight.desk, wanted) == getattr(found.total, stands.value)


def test_the_report_is_printed_with_its_charts(fortnight: Counter) -> None:
    found = statistics.read(fortnight.desk, TODAY, TODAY + dt.timedelta(days=7))
    out = io.BytesIO()
    Image.new("L", (300, 150), 128).save(out, "PNG")

    printout = statistics_paper.make(
        fortnight.desk, BICH, found, (("Theo ngày", out.getvalue()), ("Ba", out.getvalue()))
    )

    pdf = pypdfium2.PdfDocument(printout.pdf)
    text = "\n".join(page.get_textpage().get_text_range() for page in pdf)
    assert "(3) = (7) + (11): 7 = 4 + 3" in text.replace("\r\n", " ").replace("\n", " ")
    assert "Hộ tịch" in text
    assert len(pdf) >= 2
