"""Every paper form out of the store: of the right set, made once, marked when it repeats."""

from __future__ import annotations

import datetime as dt
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pypdfium2
import pytest
import zxingcpp

from app.domain import bodies
from app.domain.papers import GivenPaper
from app.models import events, projection
from app.services import corrections, intake, print_jobs, shifts
from app.services.intake import Reception
from app.services.lookup import NoSuchDossier
from app.services.paperwork import leaving, lists, making
from app.services.paperwork.order import Book, Needs, NothingToPrint, Order, WrongOrder
from app.services.print_jobs import Printout
from printing.document import PaperSize
from tests.support.office import BICH, CHIEF, VIETNAM, Counter, birth_entry, running_office

A4, A5, ROLL = PaperSize.A4, PaperSize.A5, PaperSize.ROLL
TODAY = dt.date(2026, 11, 20)


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with running_office(tmp_path_factory.mktemp("office")) as office:
        counter = office.station()
        yield counter
        counter.close()


def act(
    counter: Counter, kind: str, body: object, dossier: UUID | None, actor: str = "bich"
) -> None:
    """Somebody acts on a dossier, as the screens will."""
    with counter.desk.store.acting() as session:
        projection.record(session, events.Act(kind, body, actor, counter.desk.now(), dossier))


def made(counter: Counter, form: str, **order: Any) -> Printout:
    return making.make(counter.desk, BICH, Order(form=form, **order))


def text(printout: Printout) -> str:
    with pypdfium2.PdfDocument(printout.pdf) as opened:
        pages = [page.get_textpage().get_text_bounded() for page in opened]
    return " ".join(unicodedata.normalize("NFC", " ".join(pages)).split())


def birth(counter: Counter, name: str = "Nguyễn Thị Hồng Nhung", **more: Any) -> Reception:
    papers = (
        GivenPaper(key="to-khai", original=1),
        GivenPaper(key="giay-chung-sinh", original=1),
    )
    entry = birth_entry(name, papers=papers, **more)
    return intake.receive(counter.desk, BICH, entry)


def finished(counter: Counter) -> Reception:
    """A dossier with everything behind it but the hand-out."""
    reception = birth(counter)
    act(
        counter,
        "stage.handed_over",
        bodies.StageHandedOver(to_agency="H24.902", to_unit="Bộ phận cấp thẻ"),
        reception.dossier,
    )
    counter.clock.move(minutes=30)
    act(counter, "stage.taken", bodies.StageTaken(), reception.dossier)
    act(counter, "fee.paid", bodies.FeePaid(amount=8000, method="cash"), reception.dossier)
    act(counter, "result.recorded",
        bodies.ResultRecorded(name="Giấy khai sinh", number="12/2026", issued_on=TODAY),
        reception.dossier)  # fmt: skip
    return reception


def test_every_form_of_the_table_can_be_made(counter: Counter) -> None:
    done, asked, late = finished(counter), birth(counter), birth(counter)
    refused, stopped = birth(counter), birth(counter)
    act(
        counter,
        "supplement.requested",
        bodies.SupplementRequested(items=("Giấy chứng sinh: bản chính",), reason="thiếu"),
        asked.dossier,
    )
    act(
        counter,
        "due.extended",
        bodies.DueExtended(due_at=counter.desk.now() + dt.timedelta(days=5), reason="mất mạng"),
        late.dossier,
    )
    act(counter, "dossier.refused", bodies.Ended(reason="sai thẩm quyền"), refused.dossier)
    act(counter, "dossier.stopped", bodies.Ended(reason="người nộp đề nghị"), stopped.dossier)
    act(
        counter,
        "code.corrected",
        bodies.CodeCorrected(
            code="H24.15-261120-4999",
            check="A",
            number=4999,
            reason="số chính thức thay cho số tạm",
        ),
        late.dossier,
    )
    gone = finished(counter)
    act(
        counter,
        "result.returned",
        bodies.ResultReturned(recipient=birth_entry().submitter),
        gone.dossier,
    )
    of = {"02": asked, "03": refused, "04": late, "05": stopped, "code-change": late}
    more: dict[str, dict[str, Any]] = {
        "01-list": {"dossiers": (done.dossier, asked.dossier)},
        "result-several": {"dossiers": (gone.dossier,)},
        "leaflet": {"procedure": "dkks"},
        "sample": {"procedure": "dkks"},
        "keys": {"keys": (("Mọi màn hình", (("F2", "Tiếp nhận mới"),)),)},
        "pad": {"sheets": 2},
        "02-before": {"entry": birth_entry()},
        "03-before": {"entry": birth_entry(), "reason": "sai thẩm quyền"},
    }  # fmt: skip

    for form, kind in making.FORMS.items():
        order = more.get(form, {})
        if kind.needs is Needs.DOSSIER:
            order = {"dossier": of.get(form, done).dossier}
        for paper in kind.papers:
            printout = made(counter, form, paper=paper, **order)
            with pypdfium2.PdfDocument(printout.pdf) as opened:
                width = opened[0].get_size()[0] / 72 * 25.4
            assert round(width) in {A4: (210, 297), A5: (148, 210), ROLL: (80,)}[paper], form
            assert counter.desk.store.blobs.get(printout.sha256) == printout.pdf


def test_a_form_is_made_once_and_marked_when_it_came_out_before(counter: Counter) -> None:
    reception = finished(counter)
    first = made(counter, "result", dossier=reception.dossier)
    counter.clock.move(minutes=5)
    assert made(counter, "result", dossier=reception.dossier) == first
    job = print_jobs.queue(counter.desk, BICH, first, "HCC")
    print_jobs.note_outcome(counter.desk, job.id, "printed", "", 1)

    again = made(counter, "result", dossier=reception.dossier)

    assert (first.copy, again.copy) == (1, 2)
    assert "BẢN IN LẠI" not in text(first)
    assert "BẢN IN LẠI (lần 1)" in text(again)
    assert making.make(
        counter.desk, BICH, Order(form="result", dossier=reception.dossier), marks_reprint=False
    ) == first  # fmt: skip


def test_what_says_something_new_is_no_reprint(counter: Counter) -> None:
    reception = birth(counter)
    ask = bodies.SupplementRequested(items=("Tờ khai",), reason="thiếu")
    act(counter, "supplement.requested", ask, reception.dossier)
    first = made(counter, "02", dossier=reception.dossier)
    job = print_jobs.queue(counter.desk, BICH, first, "HCC")
    print_jobs.note_outcome(counter.desk, job.id, "printed", "", 1)
    act(counter, "supplement.received", bodies.SupplementReceived(), reception.dossier)
    act(counter, "supplement.requested", ask, reception.dossier)

    second = made(counter, "02", dossier=reception.dossier)

    assert (second.version, second.copy) == (2, 1)
    assert "(Lần thứ 1)" in text(first)
    assert "(Lần thứ 2)" in text(second)
    assert "BẢN IN LẠI" not in text(second)


def test_a_corrected_receipt_says_so_and_is_no_reprint(counter: Counter) -> None:
    reception = birth(counter)
    first = made(counter, "01", dossier=reception.dossier)
    job = print_jobs.queue(counter.desk, BICH, first, "HCC")
    print_jobs.note_outcome(counter.desk, job.id, "printed", "", 1)
    corrections.correct(counter.desk, BICH, reception.dossier,
                        corrections.Correction(reason="sai tên", summary="khai lại"))  # fmt: skip

    second = made(counter, "01", dossier=reception.dossier)

    assert (second.version, second.copy) == (2, 1)
    assert "BẢN SỬA ĐỔI LẦN 1" in text(second)
    assert "BẢN IN LẠI" not in text(second)


def test_the_set_is_that_of_the_dossiers_day(counter: Counter) -> None:
    long_ago = dt.datetime(2025, 9, 10, 9, tzinfo=VIETNAM)
    late = intake.Late(at=long_ago, reason="ghi bù", allowed_by="truong")
    old = intake.receive(
        counter.desk, CHIEF,
        birth_entry("Lê Thị Ổn", late=late, papers=(GivenPaper(key="to-khai", original=1),
                    GivenPaper(key="giay-chung-sinh", original=1)),
                    fields={"child_name": "Lê An", "child_born": "2025-09-01",
                            "child_sex": "Nam"}),
    )  # fmt: skip
    act(counter, "due.extended",
        bodies.DueExtended(due_at=counter.desk.now() + dt.timedelta(days=5), reason="mất mạng"),
        old.dossier)  # fmt: skip

    receipt = text(made(counter, "01", dossier=old.dossier, paper=A4))
    assert "01/2018/TT-VPCP" in receipt
    assert "Số CMND/Thẻ căn cước/Hộ chiếu" in receipt
    assert "PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ" in text(
        made(counter, "04", dossier=old.dossier)
    )
    control = text(made(counter, "06", dossier=old.dossier))
    assert "Mẫu số 05" in control
    book = text(made(counter, "07", first_day=long_ago.date()))
    assert "Mẫu số 06" in book
    assert "Lê Thị Ổn" in book
    act(counter, "dossier.stopped", bodies.Ended(reason="đề nghị"), old.dossier)
    stop = text(made(counter, "05", dossier=old.dossier))
    assert "03/2025/TT-VPCP" in stop, "the old set has no such form: the set in force serves"


def test_the_control_slip_is_a_view_of_the_events(counter: Counter) -> None:
    reception = finished(counter)
    counter.clock.move(minutes=30)
    act(
        counter,
        "result.returned",
        bodies.ResultReturned(recipient=bodies.Person(name="Trần Văn Nhận")),
        reception.dossier,
    )

    words = text(made(counter, "06", dossier=reception.dossier, paper=A4))

    for said in ("Nguyễn Thị Hồng Nhung", "Bảo hiểm xã hội cơ sở Minh Tâm, Bộ phận cấp thẻ",
                 "Đúng hạn", "Giấy khai sinh", "Trần Văn Nhận", "nhận "):  # fmt: skip
        assert said in words, said


def test_the_linked_receipt_names_every_step(counter: Counter) -> None:
    entry = birth_entry(
        procedure="ltbh",
        papers=(
            GivenPaper(key="to-khai", original=1),
            GivenPaper(key="giay-chung-sinh", original=1),
        ),
    )
    reception = intake.receive(counter.desk, BICH, entry)

    words = text(made(counter, "01", dossier=reception.dossier, paper=A4))

    assert "Các bước giải quyết liên thông" in words
    assert "Cấp thẻ bảo hiểm y tế" in words
    assert "Bảo hiểm xã hội cơ sở Minh Tâm" in words
    act(
        counter,
        "supplement.requested",
        bodies.SupplementRequested(items=("Tờ khai",), reason="thiếu"),
        reception.dossier,
    )
    asked = text(made(counter, "02", dossier=reception.dossier))
    assert "7 ngày làm việc, đến hết ngày 02 tháng 12 năm 2026" in asked, "24/11 is a day off"


def test_a_request_has_the_deadline_that_is_given_or_a_line_to_write_on(counter: Counter) -> None:
    reception = birth(counter)
    act(
        counter,
        "supplement.requested",
        bodies.SupplementRequested(items=("Tờ khai",), reason="thiếu"),
        reception.dossier,
    )

    open_ = text(made(counter, "02", dossier=reception.dossier))
    dated = text(made(counter, "02", dossier=reception.dossier, deadline=dt.date(2026, 12, 1)))

    assert "Thời hạn hoàn thiện: ……" in open_
    assert "đến hết ngày 01 tháng 12 năm 2026" in dated


def test_what_is_missing_at_the_counter_is_said_at_once(counter: Counter) -> None:
    entry = birth_entry(papers=(GivenPaper(key="to-khai", photocopy=1),))
    count = counter.value("SELECT count(*) FROM event")

    words = text(made(counter, "02-before", entry=entry))

    assert "Giấy chứng sinh hoặc văn bản của người làm chứng: 1 bản chính" in words
    assert "Tờ khai đăng ký khai sinh: chưa đủ, cần 1 bản chính" in words
    assert "Mã hồ sơ" not in words
    refused = text(made(counter, "03-before", entry=entry, reason="nơi cư trú ở tỉnh khác"))
    assert "nơi cư trú ở tỉnh khác" in refused
    assert counter.value("SELECT count(*) FROM event") == count
    both = (GivenPaper(key="to-khai", original=1), GivenPaper(key="giay-chung-sinh", original=1))
    with pytest.raises(NothingToPrint, match="đã đủ"):
        made(counter, "02-before", entry=birth_entry(papers=both))
    with pytest.raises(WrongOrder, match="lý do"):
        made(counter, "03-before", entry=entry)


def test_a_fee_slip_has_a_number_only_from_an_issued_book(counter: Counter) -> None:
    reception = finished(counter)

    slip = text(made(counter, "fee", dossier=reception.dossier))
    assert "PHIẾU THU TẠM" in slip
    assert "không thay biên lai" in slip
    assert "8.000 đồng" in slip
    assert "Tám nghìn đồng" in slip
    book = Book(form="01BLP2-001", serial="AA-26P", number="0000123")
    booked = text(made(counter, "fee", dossier=reception.dossier, book=book))
    assert "BIÊN LAI THU TIỀN PHÍ, LỆ PHÍ" in booked
    assert "Số: 0000123" in booked
    for number in ("", "12345678", "12a", "-1", "１２"):
        with pytest.raises(WrongOrder):
            made(counter, "fee", dossier=reception.dossier,
                 book=Book(form="01BLP2-001", serial="AA-26P", number=number))  # fmt: skip


def test_the_register_has_every_number_of_the_day_the_void_ones_too(counter: Counter) -> None:
    kept, void = birth(counter, "Phạm Thị Giữ"), birth(counter, "Phạm Thị Nhầm")
    corrections.undo(counter.desk, BICH, void.dossier, "nhập nhầm")

    rows = lists.register_rows(counter.desk, TODAY, TODAY)

    of = {row.code: row for row in rows}
    assert [row.number for row in rows] == [str(i) for i in range(1, len(rows) + 1)]
    assert not of[kept.code].is_void
    assert of[void.code].is_void
    assert "nhập nhầm" in of[void.code].note
    printed = text(made(counter, "07", first_day=TODAY))
    assert lists.register_sha256(rows) in printed.replace(" ", "")
    assert f"Cộng: {len(rows)} số" in printed
    birth(counter, "Phạm Thị Mới")
    assert lists.register_sha256(lists.register_rows(counter.desk, TODAY, TODAY)) not in printed
    empty = text(made(counter, "07", first_day=dt.date(2026, 1, 5)))
    assert "Cộng: 0 số" in empty


def test_several_dossiers_of_one_submitter_stand_on_one_receipt(counter: Counter) -> None:
    first, second = birth(counter), counter.receive("Nguyễn Thị Hồng Nhung",
                                                    id_number="000190000001")  # fmt: skip
    other = counter.receive("Trần Văn Khác")

    words = text(made(counter, "01-list", dossiers=(first.dossier, second.dossier)))

    assert "BIÊN BẢN GIAO NHẬN HỒ SƠ" in words
    assert first.code in words
    assert second.code in words
    with pytest.raises(NothingToPrint, match="không cùng một người nộp"):
        made(counter, "01-list", dossiers=(first.dossier, other.dossier))


def test_hand_over_lists_name_what_changes_hands(counter: Counter) -> None:
    done, open_ = finished(counter), birth(counter, "Vũ Thị Mở")

    dossiers = text(made(counter, "hand-over", first_day=TODAY, to="Phòng Tư pháp"))
    results = text(made(counter, "result-list", first_day=TODAY))

    assert open_.code in dossiers
    assert done.code not in dossiers, "its result waits: nothing to work on"
    assert "Phòng Tư pháp" in dossiers
    assert done.code in results
    assert open_.code not in results
    only = text(made(counter, "hand-over", dossiers=(open_.dossier,)))
    assert "Cộng: 1 hồ sơ." in only
    with pytest.raises(NothingToPrint):
        made(counter, "result-list", first_day=dt.date(2026, 1, 5))


def test_the_shift_sheet_counts_from_opening_to_closing(counter: Counter) -> None:
    counter.clock.move(minutes=1)
    before = finished(counter)
    counter.clock.move(minutes=1)
    act(counter, "shift.opened", bodies.ShiftOpened(float_amount=200_000), None)
    paid = finished(counter)
    act(
        counter,
        "fee.paid",
        bodies.FeePaid(amount=5000, method="transfer", reference="FT1"),
        paid.dossier,
    )
    act(counter, "fee.refunded", bodies.FeeRefunded(amount=3000, reason="thu thừa"), paid.dossier)
    act(counter, "fee.paid", bodies.FeePaid(amount=7000, method="cash"), before.dossier, "khac")
    open_ = text(made(counter, "shift"))
    assert "chưa đóng ca" in open_
    assert "Mệnh giá" in open_
    act(
        counter,
        "shift.closed",
        bodies.ShiftClosed(counted=204_000, booked=205_000, reason="trả thừa"),
        None,
    )
    counter.clock.move(minutes=1)
    finished(counter)

    with counter.database.reading() as session:
        told = shifts.of_clerk(session, "bich", TODAY)
    assert (told.received, told.taken("cash"), told.taken("transfer")) == (1, 8000, 5000)
    assert (told.given_back, told.must_hold) == (3000, 205_000)
    closed = text(made(counter, "shift"))
    for said in ("205.000", "204.000", "−1.000", "trả thừa", paid.code, "Hoàn tiền"):
        assert said in closed, said  # fmt: skip


def test_a_pad_never_repeats_a_number(counter: Counter) -> None:
    numbers: list[str] = []
    for _ in range(2):
        printout = made(counter, "pad", sheets=3)
        with pypdfium2.PdfDocument(printout.pdf) as opened:
            for page in opened:
                image = page.render(scale=200 / 72).to_pil().convert("L")
                numbers += [found.text for found in zxingcpp.read_barcodes(image)]
    counter.reopen()
    again = text(made(counter, "pad", sheets=1))

    assert len(numbers) == 12, "each sheet twice: for the citizen and for the file"
    assert len(set(numbers)) == 6
    assert not any(number in again for number in numbers)
    with pytest.raises(WrongOrder):
        made(counter, "pad", sheets=0)
    with pytest.raises(WrongOrder):
        made(counter, "pad", sheets=51)


def test_a_leaflet_says_papers_term_and_fee(counter: Counter) -> None:
    words = text(made(counter, "leaflet", procedure="ctbs"))

    assert "2.000 đồng/trang" in words
    assert "trong ngày" in words


def test_what_has_not_happened_is_not_printed(counter: Counter) -> None:
    reception = birth(counter)
    for form in ("02", "03", "04", "05", "result", "fee", "code-change"):
        with pytest.raises(NothingToPrint) as refused:
            made(counter, form, dossier=reception.dossier)
        assert refused.value.advice
    with pytest.raises(NothingToPrint):
        made(counter, "keys")


def test_orders_that_make_no_sense_are_refused_in_words(counter: Counter) -> None:
    reception = birth(counter)
    for order in (
        Order(form="99"),
        Order(form="01"),
        Order(form="01-list"),
        Order(form="leaflet"),
        Order(form="07", first_day=TODAY, last_day=TODAY - dt.timedelta(days=1)),
        Order(form="07", paper=ROLL),
        Order(form="06", dossier=reception.dossier, paper=ROLL),
    ):
        with pytest.raises(WrongOrder) as refused:
            making.make(counter.desk, BICH, order)
        assert refused.value.advice
    with pytest.raises(NoSuchDossier):
        made(counter, "06", dossier=UUID(int=7))


def test_a_list_of_people_that_leaves_is_noted(counter: Counter) -> None:
    printout = made(counter, "07", first_day=TODAY)

    leaving.note_left(counter.desk, BICH, printout, "so.pdf")
    leaving.note_left(counter.desk, BICH, made(counter, "leaflet", procedure="dkks"), "x.pdf")

    bodies_ = counter.values("SELECT body FROM event WHERE kind = 'data.exported'")
    assert [b'"form 07"' in bytes(body) for body in bodies_] == [True]


def test_what_conflicts_left_out_is_not_on_paper(counter: Counter, tmp_path: Path) -> None:
    reception = birth(counter)
    store, n = counter.incarnation, counter.value(
        "SELECT max(n) FROM event WHERE store = :s", s=counter.incarnation.hex
    )  # fmt: skip
    act(
        counter,
        "conflict.raised",
        bodies.ConflictRaised(first_store=store, first_n=n, second_store=store, second_n=n + 2),
        reception.dossier,
    )
    act(counter, "dossier.stopped", bodies.Ended(reason="không tính"), reception.dossier)

    with pytest.raises(NothingToPrint):
        made(counter, "05", dossier=reception.dossier)


def test_a_printed_file_passes_a_foreign_reader(counter: Counter, tmp_path: Path) -> None:
    for form, order in (("07", {"first_day": TODAY}), ("pad", {"sheets": 1})):
        path = tmp_path / f"{form}.pdf"
        path.write_bytes(made(counter, form, **order).pdf)
        done = subprocess.run(["pdfinfo", str(path)], capture_output=True, text=True, check=True)
        assert done.stderr == ""
        assert "PDF subtype" in done.stdout or "Pages" in done.stdout
