"""What clerks, officers and leaders do with a dossier between its reception and its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from app.domain.bodies import Person
from app.domain.cards import Card
from app.domain.papers import GivenPaper
from app.domain.status import BusinessState as B
from app.domain.status import PaymentState
from app.services import (
    cashier,
    endings,
    handing_over,
    intake,
    lookup,
    processing,
    returning,
    shifts,
    supplements,
)
from app.services.acting import NotNow, NotYours
from app.services.desk import Clerk
from app.services.processing import Queue, Result
from app.services.returning import Handing
from tests.support.office import (
    AGENCY,
    BICH,
    CHIEF,
    DUNG,
    FRIDAY,
    HOA,
    OTHER_AGENCY,
    VIETNAM,
    Counter,
    Office,
    birth_entry,
    copies_entry,
    running_office,
)

UNIT = "Phòng Văn hóa - Xã hội"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with running_office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def counter(office: Office) -> Iterator[Counter]:
    station = office.station()
    yield station
    station.close()


PAPERS = (
    GivenPaper(key="to-khai", original=1),
    GivenPaper(key="giay-chung-sinh", original=1),
)


def birth(counter: Counter, **more: object) -> UUID:
    entry = birth_entry(**({"papers": PAPERS} | more))
    return intake.receive(counter.desk, BICH, entry).dossier


# ---- money ---------------------------------------------------------------------------------------


def test_cash_in_two_parts_settles_a_fee_and_no_more_is_taken(counter: Counter) -> None:
    dossier = counter.receive().dossier  # three pages, two copies: 10,000 đồng
    first = cashier.pay(counter.desk, BICH, dossier, 4_000, cashier.CASH)
    assert (first.amount, first.paid, first.left) == (10_000, 4_000, 6_000)
    assert counter.fold(dossier).payment is PaymentState.UNPAID

    with pytest.raises(NotNow, match=r"Chỉ còn phải thu 6\.000 đồng"):
        cashier.pay(counter.desk, BICH, dossier, 6_001, cashier.CASH)
    last = cashier.pay(counter.desk, BICH, dossier, 6_000, cashier.CASH)
    assert (last.left, last.transfer_code) == (0, "")
    assert counter.fold(dossier).payment is PaymentState.PAID
    with pytest.raises(NotNow, match="Chỉ còn phải thu 0 đồng"):
        cashier.pay(counter.desk, BICH, dossier, 1, cashier.CASH)


def test_a_transfer_counts_only_with_what_the_bank_says(counter: Counter) -> None:
    dossier = counter.receive().dossier
    bill = cashier.bill(counter.desk, dossier)
    assert bill.transfer_code.startswith("000201")
    assert "540510000" in bill.transfer_code
    assert counter.fold(dossier).paid == 0  # a QR on screen is no payment

    for reference in ("", "12", "12 34", "mã số"):
        with pytest.raises(NotNow, match="mã giao dịch"):
            cashier.pay(counter.desk, BICH, dossier, 10_000, cashier.TRANSFER, reference)
    cashier.pay(counter.desk, BICH, dossier, 10_000, cashier.TRANSFER, " FT2632-991 ")
    event = counter.values("SELECT body FROM event WHERE kind = 'fee.paid' ORDER BY place DESC")[0]
    assert event == b'{"amount":10000,"method":"transfer","reference":"FT2632-991"}'


def test_money_goes_back_with_a_reason_by_who_may(counter: Counter) -> None:
    dossier = counter.receive().dossier
    cashier.pay(counter.desk, BICH, dossier, 10_000, cashier.CASH)
    reception = Clerk(user="an", display_name="An", roles=frozenset({"reception"}))
    with pytest.raises(NotYours, match="thu phí, phụ trách một cửa"):
        cashier.refund(counter.desk, reception, dossier, 10_000, "nhầm")
    with pytest.raises(NotNow, match="lý do"):
        cashier.refund(counter.desk, BICH, dossier, 10_000, "  ")
    with pytest.raises(NotNow, match="Chỉ mới thu"):
        cashier.refund(counter.desk, BICH, dossier, 10_001, "nhầm")
    assert cashier.refund(counter.desk, BICH, dossier, 10_000, "thu nhầm").paid == 0
    assert counter.fold(dossier).payment is PaymentState.REFUNDED


def test_an_open_tariff_is_filled_in_with_its_ground_before_money_is_taken(
    counter: Counter,
) -> None:
    dossier = birth(counter, fields={"child_name": "Trần Gia Hân"})  # no day: not worked out
    assert not cashier.bill(counter.desk, dossier).is_known
    with pytest.raises(NotNow, match="chưa có mức thu"):
        cashier.pay(counter.desk, BICH, dossier, 8_000, cashier.CASH)
    with pytest.raises(NotNow, match="căn cứ"):
        cashier.charge(counter.desk, BICH, dossier, 8_000, "")
    bill = cashier.charge(counter.desk, BICH, dossier, 8_000, "Nghị quyết HĐND")
    assert (bill.is_known, bill.left, bill.how) == (True, 8_000, "Nghị quyết HĐND")
    cashier.pay(counter.desk, BICH, dossier, 8_000, cashier.CASH)
    with pytest.raises(NotNow, match="Hoàn tiền trước"):
        cashier.charge(counter.desk, BICH, dossier, 0, "miễn")


def test_a_shift_is_closed_with_counted_money_and_a_difference_has_a_reason(
    counter: Counter,
) -> None:
    desk = counter.desk
    opened = shifts.open_shift(desk, BICH, 200_000)
    assert (opened.float_amount, opened.must_hold) == (200_000, 200_000)
    with pytest.raises(NotNow, match="đã mở lúc 09:00"):
        shifts.open_shift(desk, BICH, 0)
    paid = counter.receive().dossier
    cashier.pay(desk, BICH, paid, 10_000, cashier.CASH)
    by_bank = counter.receive().dossier
    cashier.pay(desk, BICH, by_bank, 10_000, cashier.TRANSFER, "FT001234")

    assert shifts.current(desk, BICH).must_hold == 210_000
    with pytest.raises(NotNow, match=r"đếm 190\.000 đ, sổ ghi 210\.000 đ: thiếu 20\.000 đ"):
        shifts.close_shift(desk, BICH, 190_000)
    assert shifts.current(desk, BICH).closed_at is None
    closed = shifts.close_shift(desk, BICH, 190_000, "trả nhầm tiền thừa")
    assert (closed.counted, closed.booked, closed.reason) == (
        190_000,
        210_000,
        "trả nhầm tiền thừa",
    )
    assert (closed.received, closed.taken("transfer")) == (2, 10_000)
    with pytest.raises(NotNow, match="đã đóng"):
        shifts.close_shift(desk, BICH, 0)
    assert shifts.open_shift(desk, BICH, 5_000).must_hold == 5_000  # a second shift of the day


# ---- papers that lack, and ends ------------------------------------------------------------------


def test_what_lacks_is_asked_for_at_once_and_the_due_date_moves_by_the_wait(
    counter: Counter,
) -> None:
    # domain.md §7.2: received Fri 20/11 10:00, asked Mon 23/11 14:00, completed Fri 27/11 09:00
    desk, clock = counter.desk, counter.clock
    former = clock.now
    try:
        clock.now = dt.datetime(2026, 11, 20, 10, tzinfo=VIETNAM)
        dossier = birth(counter, papers=(PAPERS[0], GivenPaper(key="giay-chung-sinh", photocopy=1)))
        before = counter.fold(dossier)
        clock.now = dt.datetime(2026, 11, 23, 14, tzinfo=VIETNAM)
        lacks = supplements.lacks_of(desk, dossier)
        assert [(lack.paper, lack.words) for lack in lacks] == [
            ("giay-chung-sinh", "Giấy chứng sinh hoặc văn bản của người làm chứng: "
             "chưa đủ, cần 1 bản chính"),
        ]  # fmt: skip
        asked = supplements.ask(desk, BICH, dossier, [lack.words for lack in lacks], "thiếu giấy")
        assert (asked.state, asked.supplement_rounds) == (B.AWAITING_SUPPLEMENT, 1)
        assert asked.paused_at == clock.now

        clock.now = dt.datetime(2026, 11, 27, 9, tzinfo=VIETNAM)
        papers = [GivenPaper(key=lack.paper, original=1) for lack in lacks]
        after = supplements.receive(desk, BICH, dossier, papers)
        calendar = desk.catalogue().calendar(clock.now.date())
        assert (after.state, after.paused_at) == (B.IN_WORK, None)
        assert after.due_at > before.due_at
        waited = calendar.working_time_between(asked.paused_at, clock.now)
        assert waited == dt.timedelta(hours=21)
        moved = calendar.working_time_between(
            before.due_at.astimezone(VIETNAM), after.due_at.astimezone(VIETNAM)
        )
        assert moved == waited
        assert supplements.lacks_of(desk, dossier) == ()
    finally:
        clock.now = former


def test_a_request_names_something_and_says_why(counter: Counter) -> None:
    dossier = birth(counter)
    with pytest.raises(NotNow, match="Chưa nói cần bổ sung gì"):
        supplements.ask(counter.desk, BICH, dossier, ["  "], "thiếu")
    with pytest.raises(NotNow, match="lý do"):
        supplements.ask(counter.desk, BICH, dossier, ["Giấy chứng sinh"], "")
    with pytest.raises(NotNow, match="Được tiếp nhận"):
        supplements.receive(counter.desk, BICH, dossier, [])
    added = supplements.add_papers(
        counter.desk, BICH, dossier, [GivenPaper(key="giay-chung-sinh", original=1)]
    )
    assert [(p.key, p.original) for p in added.papers] == [("to-khai", 1), ("giay-chung-sinh", 2)]


@pytest.mark.parametrize(
    ("how", "state"), [("refuse", B.NOT_RECEIVED), ("withdraw", B.WITHDRAWN), ("stop", B.STOPPED)]
)
def test_work_ends_with_a_reason_and_only_what_was_stopped_goes_on(
    counter: Counter, how: str, state: B
) -> None:
    dossier = birth(counter)
    with pytest.raises(NotNow, match="lý do"):
        endings.end(counter.desk, BICH, dossier, how, " ")
    ended = endings.end(counter.desk, BICH, dossier, how, "theo đề nghị  của dân")
    assert (ended.state, ended.ended_reason) == (state, "theo đề nghị của dân")
    assert ended.ended_at == FRIDAY
    with pytest.raises(NotNow):
        endings.end(counter.desk, BICH, dossier, how, "lần nữa")
    with pytest.raises(NotYours):
        endings.reopen(counter.desk, HOA, dossier)
    if how == "stop":
        again = endings.reopen(counter.desk, DUNG, dossier)
        assert (again.state, again.holder, again.ended_at) == (B.IN_WORK, "dung", None)
    else:
        with pytest.raises(NotNow, match="không phải mở lại"):
            endings.reopen(counter.desk, DUNG, dossier)


# ---- hand-over -----------------------------------------------------------------------------------


def test_a_slip_lists_what_goes_on_together_and_its_scan_confirms_it(counter: Counter) -> None:
    desk = counter.desk
    first, second, third = (counter.receive(f"Người {n}").dossier for n in ("Một", "Hai", "Ba"))
    assert {one.id for one in handing_over.waiting(desk)} == {first, second, third}
    with pytest.raises(NotNow, match="giao cho ai"):
        handing_over.hand_over(desk, BICH, [first])
    slip = handing_over.hand_over(desk, BICH, [second, first, second], to_unit=UNIT, note="gấp")

    assert [one.id for one in slip.dossiers] == [second, first]
    assert {one.id for one in handing_over.waiting(desk)} == {third}
    assert counter.fold(first).unit == UNIT
    again = handing_over.hand_over(desk, BICH, [third], to_unit=UNIT)
    assert again.number != slip.number

    with pytest.raises(NotYours):
        handing_over.confirm(desk, BICH, slip.number)
    assert handing_over.confirm(desk, HOA, f" {slip.number.lower()} ") == 2
    assert handing_over.confirm(desk, HOA, slip.number) == 0  # twice is no harm
    assert counter.fold(first).holder == "hoa"
    assert all(one.is_taken for one in handing_over.find_slip(desk, slip.number).dossiers)
    with pytest.raises(handing_over.NoSuchSlip):
        handing_over.confirm(desk, HOA, "BG-00000000-000001")
    with pytest.raises(handing_over.NoSuchSlip):
        handing_over.find_slip(desk, "")


def test_nothing_goes_on_if_one_of_the_list_cannot(counter: Counter) -> None:
    good, ended = counter.receive().dossier, counter.receive().dossier
    endings.end(counter.desk, BICH, ended, "withdraw", "rút")
    with pytest.raises(NotNow, match="Đã rút hồ sơ"):
        handing_over.by_code(counter.desk, counter.fold(ended).code)
    with pytest.raises(NotNow, match="Đã rút hồ sơ"):
        handing_over.hand_over(counter.desk, BICH, [good, ended], to_unit=UNIT)
    assert counter.fold(good).with_agency == ""
    with pytest.raises(NotNow, match="còn trống"):
        handing_over.hand_over(counter.desk, BICH, [], to_unit=UNIT)
    assert handing_over.by_code(counter.desk, counter.fold(good).code).id == good


def test_paper_goes_on_the_same_day_or_the_next_morning_after_three(counter: Counter) -> None:
    def by(*moment: int) -> dt.datetime:
        return handing_over.must_go_by(counter.desk, dt.datetime(2026, 11, *moment, tzinfo=VIETNAM))

    assert by(20, 14, 59) == dt.datetime(2026, 11, 20, 17, tzinfo=VIETNAM)
    assert by(20, 15, 0).date() == dt.date(2026, 11, 23)  # Friday afternoon: Monday
    assert by(20, 15, 0).hour < 8
    assert by(22, 9, 0).date() == dt.date(2026, 11, 23)  # a Sunday


# ---- officers and leaders ------------------------------------------------------------------------


def test_a_dossier_goes_from_queue_to_queue_and_its_result_waits_for_the_signature(
    counter: Counter,
) -> None:
    desk = counter.desk
    dossier = birth(counter)
    handing_over.hand_over(desk, BICH, [dossier], to_unit=UNIT)

    def seen(which: Queue, clerk: Clerk = HOA, unit: str = UNIT) -> bool:
        return dossier in {w.id for w in processing.queue(desk, clerk, which, unit=unit).lines}

    assert [seen(q) for q in Queue] == [False, True, False, False, True]
    assert not seen(Queue.UNIT, unit="Văn phòng")
    with pytest.raises(NotYours):
        processing.take(desk, BICH, [dossier])
    processing.take(desk, HOA, [dossier], UNIT)
    assert [seen(q) for q in Queue] == [True, False, False, False, True]

    with pytest.raises(NotNow, match="trích yếu"):
        processing.propose(desk, HOA, dossier, "grant", "")
    processing.propose(desk, HOA, dossier, "grant", "Cấp giấy khai sinh")
    assert seen(Queue.TO_SIGN, DUNG)
    with pytest.raises(NotNow, match="chờ lãnh đạo ký"):
        processing.record_result(desk, HOA, dossier, Result(name="Giấy khai sinh"))
    with pytest.raises(NotYours):
        processing.sign(desk, HOA, dossier)
    processing.decline(desk, DUNG, dossier, "sai tên mẹ")
    processing.propose(desk, HOA, dossier, "grant", "Cấp giấy khai sinh, đã sửa")
    signed = processing.sign(desk, DUNG, dossier, "đồng ý")
    assert signed.proposal is not None
    assert (signed.proposal.state, signed.proposal.by) == ("signed", "hoa")

    done = processing.record_result(
        desk, HOA, dossier,
        Result(name="Giấy khai sinh", number=" 125/2026 ", copies=2, place="B-12"),
    )  # fmt: skip
    assert (done.state, done.result_number, done.result_place) == (B.FINISHED, "125/2026", "B-12")
    assert not any(seen(q) for q in Queue)


def test_supplements_wait_in_a_queue_of_their_own(counter: Counter) -> None:
    dossier = birth(counter)
    supplements.ask(counter.desk, HOA, dossier, ["Giấy chứng sinh"], "thiếu")
    waiting = processing.queue(counter.desk, HOA, Queue.WAITING).lines
    assert [(w.id, w.paused) for w in waiting] == [(dossier, True)]
    assert dossier not in {w.id for w in processing.queue(counter.desk, HOA, Queue.UNIT).lines}


def test_a_queue_pages_by_due_date_without_gaps_or_doubles(counter: Counter) -> None:
    former, made = counter.clock.now, []
    try:
        for n in range(processing.PAGE + 7):
            counter.clock.now = former + dt.timedelta(days=(n * 7) % 5, minutes=n % 3)
            made.append(counter.receive(f"Người {n}").dossier)
    finally:
        counter.clock.now = former
    first = processing.queue(counter.desk, HOA, Queue.ALL)
    second = processing.queue(counter.desk, HOA, Queue.ALL, after=first.next_after)

    lines = [*first.lines, *second.lines]
    assert (len(first.lines), second.next_after) == (processing.PAGE, None)
    assert [line.due_at for line in lines] == sorted(line.due_at for line in lines)
    assert sorted(str(line.id) for line in lines) == sorted(map(str, made))


def test_a_due_date_moves_once_to_a_working_day(counter: Counter) -> None:
    desk, dossier = counter.desk, birth(counter)
    with pytest.raises(NotNow, match="ngày nghỉ"):
        processing.extend(desk, HOA, dossier, dt.date(2026, 11, 22), "đông việc")
    with pytest.raises(NotNow, match="lý do"):
        processing.extend(desk, HOA, dossier, dt.date(2026, 11, 25), " ")
    with pytest.raises(NotNow, match="sau ngày hẹn cũ"):
        processing.extend(desk, HOA, dossier, dt.date(2026, 11, 19), "đông việc")
    moved = processing.extend(desk, HOA, dossier, dt.date(2026, 11, 25), "đông việc")
    assert moved.due_at == dt.datetime(2026, 11, 25, 17, tzinfo=VIETNAM)
    with pytest.raises(NotNow, match="một lần"):
        processing.extend(desk, HOA, dossier, dt.date(2026, 11, 26), "đông việc")


def test_a_linked_group_shows_whose_turn_it_is(counter: Counter) -> None:
    desk = counter.desk
    dossier = birth(
        counter, procedure="2.000986",
        fields={"child_name": "Trần Gia Hân", "child_born": "2026-11-15", "child_sex": "Nữ",
                "residence": "Tổ 1"},
    )  # fmt: skip

    def words() -> list[tuple[str, str]]:
        return [(line.key, line.words) for line in processing.stages(desk, dossier)]

    assert words() == [
        ("khai-sinh", "đang tới lượt"), ("thuong-tru", "chưa tới lượt"),
        ("bhyt", "chưa tới lượt"), ("can-cuoc", "chưa tới lượt"),
    ]  # fmt: skip
    processing.take(desk, HOA, [dossier], UNIT)
    processing.complete_stage(desk, HOA, dossier, "khai-sinh", "Giấy khai sinh số 1")
    handing_over.hand_over(desk, BICH, [dossier], to_agency=OTHER_AGENCY, to_unit="Công an")
    lines = processing.stages(desk, dossier)
    assert words()[0] == ("khai-sinh", "đã xong 20/11 09:00: Giấy khai sinh số 1")
    assert words()[1] == ("thuong-tru", "đã chuyển 20/11 09:00, chưa xác nhận")
    assert [line.is_current for line in lines] == [False, True, False, False]
    assert lines[1].agency == "UBND phường Minh Hạnh"
    assert lines[1].due_at is not None
    assert lines[2].agency == "Bảo hiểm xã hội"
    processing.take(desk, HOA, [dossier])
    assert words()[1] == ("thuong-tru", "đang làm từ 20/11 09:00")
    assert processing.stages(desk, birth(counter)) == ()


# ---- handing results out -------------------------------------------------------------------------


def ready(counter: Counter, name: str = "Nguyễn Văn Đức", **more: object) -> UUID:
    dossier = counter.receive(name, **more).dossier
    cashier.pay(counter.desk, BICH, dossier, 10_000, cashier.CASH)
    processing.record_result(counter.desk, BICH, dossier, Result(name="Bản sao chứng thực"))
    return dossier


def test_what_is_unpaid_is_paid_first_unless_a_supervisor_says_otherwise(counter: Counter) -> None:
    dossier = counter.receive().dossier
    processing.record_result(counter.desk, BICH, dossier, Result(name="Bản sao"))
    with pytest.raises(NotNow, match=r"còn phải thu 10\.000 đồng"):
        returning.give(counter.desk, BICH, [dossier], Handing())
    with pytest.raises(NotYours):
        returning.give(counter.desk, BICH, [dossier], Handing(owing="thu sau"))
    returning.give(counter.desk, CHIEF, [dossier], Handing(owing="thu sau"))
    assert counter.fold(dossier).state is B.RETURNED


def test_results_of_several_dossiers_are_handed_out_together_or_not_at_all(
    counter: Counter,
) -> None:
    first, second = ready(counter), ready(counter)
    unready = birth(counter)
    with pytest.raises(NotNow, match="chưa có kết quả"):
        returning.give(counter.desk, BICH, [first, unready], Handing())
    assert counter.fold(first).state is B.FINISHED

    given = returning.give(counter.desk, BICH, [first, second], Handing(satisfaction=1))
    assert [one.state for one in given] == [B.RETURNED, B.RETURNED]
    assert counter.fold(second).satisfaction == 1
    with pytest.raises(NotNow, match="Chưa chọn"):
        returning.give(counter.desk, BICH, [], Handing())


def test_an_authorised_person_shows_a_paper_and_a_lost_receipt_is_noted(counter: Counter) -> None:
    dossier = ready(counter)
    other = Person(name="Trần Văn Ba", id_number="000090000003")
    with pytest.raises(NotNow, match="giấy uỷ quyền"):
        returning.give(
            counter.desk, BICH, [dossier], Handing(recipient=other, relation="authorised")
        )
    with pytest.raises(NotNow, match="ai nhận"):
        returning.give(
            counter.desk, BICH, [dossier], Handing(relation="authorised", authority="số 12/UQ")
        )
    handing = Handing(
        recipient=other, relation="authorised", authority="số 12/UQ", lost_receipt=True
    )
    returning.give(counter.desk, BICH, [dossier], handing)
    body = counter.values("SELECT body FROM event WHERE kind = 'result.returned' ORDER BY place")[
        -1
    ]
    assert b'"lost_receipt":true' in body
    assert b'"authority":"s' in body
    assert b"000090000003" in body


def test_a_card_is_compared_with_submitter_and_owner(counter: Counter) -> None:
    dossier = ready(counter, applicant=Person(name="Lê Thị Chủ", id_number="000090000009"),
                    relation="for")  # fmt: skip
    one = returning.look(counter.desk, dossier)

    def match(number: str, name: str = "Ai Đó") -> str:
        return returning.compare(one, Card(source="qr", id_number=number, name=name)).who

    assert match("000090000002") == "submitter"
    assert match("000090000009") == "owner"
    assert match("000090004321") == "other"
    words = returning.compare(one, Card(source="qr", id_number="000090004321", name="x")).words
    assert "… 4321" in words
    assert "000090004321" not in words


def test_results_are_found_by_card_by_code_and_by_name(counter: Counter) -> None:
    waiting = ready(counter, "Đặng Thị Hương", id_number="000090777777")
    code = counter.fold(waiting).code
    working = counter.receive("Đặng Văn Làm", id_number="000090777777").dossier

    assert [r.id for r in returning.of_person(counter.desk, "000090777777")] == [waiting]
    assert [r.id for r in returning.find(counter.desk, code)] == [waiting]
    assert [r.id for r in returning.find(counter.desk, "dang")] == [waiting, working]
    assert waiting in {r.id for r in returning.ready(counter.desk)}
    returning.give(counter.desk, BICH, [waiting], Handing())
    assert returning.of_person(counter.desk, "000090777777") == ()
    assert [r.state for r in returning.find(counter.desk, code)] == [B.RETURNED]
    with pytest.raises(lookup.NoSuchDossier):
        returning.look(counter.desk, uuid4())


def test_copies_certified_on_the_spot_are_numbered_in_a_book_and_handed_out_in_one_act(
    counter: Counter,
) -> None:
    numbers = []
    for _ in range(2):
        dossier = counter.receive().dossier
        cashier.pay(counter.desk, BICH, dossier, 10_000, cashier.CASH)
        [given] = returning.give(counter.desk, BICH, [dossier], Handing())
        numbers.append((given.number, counter.fold(dossier).result_book))
    book = numbers[0][1]
    assert book.endswith("/2026-SCT/BS")
    assert numbers == [("1", book), ("2", book)]
    paid = counter.receive().dossier
    cashier.pay(counter.desk, BICH, paid, 10_000, cashier.CASH)
    with pytest.raises(NotNow, match="chưa có kết quả"):
        returning.give(counter.desk, BICH, [paid], Handing(at_once=False))


def test_two_stations_of_an_agency_write_different_books(office: Office) -> None:
    names = set()
    for _ in range(2):
        counter = office.station(AGENCY)
        dossier = ready(counter)
        done = counter.receive().dossier
        processing.record_result(counter.desk, BICH, done, Result(name="Bản sao", book="SCT/BS"))
        names.add(counter.fold(done).result_book)
        assert counter.fold(dossier).result_book == ""
        counter.close()
    assert len(names) == 2


def test_a_store_that_was_rebuilt_goes_on_behind_its_last_book_number(counter: Counter) -> None:
    def certified() -> str:
        dossier = counter.receive().dossier
        cashier.pay(counter.desk, BICH, dossier, 10_000, cashier.CASH)
        return returning.give(counter.desk, BICH, [dossier], Handing())[0].number

    assert [certified(), certified()] == ["1", "2"]
    counter.desk.store.database.close()
    for file in counter.root.glob("store.db*"):
        file.unlink()
    counter.restore()
    counter.sync()
    book = counter.value("SELECT book FROM book_mark")
    assert counter.value("SELECT last FROM book_mark") == 2
    number = certified()
    # another incarnation has another range, and so another volume; in the same one it is the third
    assert number == ("3" if counter.value("SELECT count(*) FROM book_mark") == 1 else "1")
    assert book.endswith("SCT/BS")


def test_a_pad_number_finds_the_dossier_that_was_entered_late(counter: Counter) -> None:
    late = intake.Late(at=FRIDAY - dt.timedelta(hours=1), reason="mất điện", allowed_by="truong")
    entry = copies_entry(late=late, pad="GT-ABCDEF-00007")
    reception = intake.receive(counter.desk, CHIEF, entry)
    assert lookup.by_code(counter.desk, "gt-abcdef-00007") == reception.dossier
    assert counter.fold(reception.dossier).late
