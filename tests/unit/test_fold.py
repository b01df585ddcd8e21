import dataclasses
import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import bodies
from app.domain.events import KINDS, UnreadableEvent, write_body
from app.domain.fees import CopyLine
from app.domain.fold import (
    Conflict,
    Dossier,
    NotAllowed,
    Page,
    Proposal,
    StageState,
    apply,
    fold,
    refusal,
)
from app.domain.papers import GivenPaper
from app.domain.status import BusinessState, PaymentState, ReturnState, can_move
from tests.unit.builders import (
    DOSSIER,
    DUE,
    NOW,
    OTHER_STORE,
    PAGE,
    SHA,
    STORE,
    chain,
    dossier_after,
    event,
    received,
    values_of,
)

B = BusinessState
LATER = DUE + dt.timedelta(days=7)
EVERY = frozenset(range(1, 11))
OPEN = frozenset({1, 2, 4, 5, 6, 9})  # 3, 7, 8 and 10 are ends
RESULT = bodies.ResultRecorded(name="Giấy xác nhận")
PERSON = bodies.Person(name="Trần Thị Bé")
ATTACHED = bodies.PageAttached(page=PAGE, sha256=SHA, size=10, mime="image/png", paper="to-khai")
PAID = bodies.FeePaid(amount=15_000, method="cash")
ENDED = bodies.Ended(reason="theo đề nghị")

CLASHED = Conflict(
    store=OTHER_STORE, n=7, first_store=STORE, first_n=90, second_store=OTHER_STORE, second_n=91
)

# kind: a body that is in order, and the national states in which the act is allowed.
# Work goes on in 2 and 4; 5 waits for the citizen, 6 for money; 9 has its result.
ACTS: dict[str, tuple[Any, frozenset[int]]] = {
    "dossier.corrected": (bodies.Corrected(receipt_version=2, reason="sai tên"), OPEN),
    "dossier.voided": (bodies.Voided(reason="nhầm"), frozenset({2})),
    "papers.added": (bodies.PapersAdded(papers=(GivenPaper(key="x", original=1),)), OPEN),
    "page.attached": (dataclasses.replace(ATTACHED, page=OTHER_STORE), EVERY),
    "page.removed": (bodies.PageRemoved(page=PAGE), OPEN),
    "fee.charged": (bodies.FeeCharged(fee=bodies.ChargedFee(amount=1), reason="x"), OPEN),
    "fee.paid": (PAID, EVERY),
    "fee.refunded": (bodies.FeeRefunded(amount=0, reason="x"), EVERY),
    "document.printed": (
        bodies.DocumentPrinted(form="01", outcome="printed", sha256=SHA),
        EVERY,
    ),
    "supplement.requested": (
        bodies.SupplementRequested(items=("Giấy chứng sinh",), reason="thiếu"),
        frozenset({2, 4}),
    ),
    "supplement.received": (bodies.SupplementReceived(), frozenset({5})),
    "dossier.refused": (ENDED, frozenset({2, 5})),
    "dossier.withdrawn": (ENDED, frozenset({1, 2, 4, 5, 6})),
    "dossier.stopped": (ENDED, frozenset({2, 4, 5, 6})),
    "stage.handed_over": (bodies.StageHandedOver(to_agency="H24.901"), frozenset({2, 4, 6})),
    "stage.taken": (bodies.StageTaken(), frozenset({2, 4, 8})),
    "stage.completed": (bodies.StageCompleted(stage="khai-sinh"), frozenset({2, 4})),
    "agency.acknowledged": (
        bodies.AgencyAcknowledged(agency="H24.901", received_at=NOW),
        frozenset({2, 4}),
    ),
    "due.extended": (bodies.DueExtended(due_at=LATER, reason="x"), frozenset({2, 4})),
    "proposal.made": (bodies.ProposalMade(outcome="grant", words="Trích lục"), frozenset({2, 4})),
    "proposal.signed": (bodies.ProposalSigned(), frozenset({2, 4})),
    "proposal.declined": (bodies.ProposalDeclined(reason="x"), frozenset({2, 4})),
    "result.recorded": (RESULT, frozenset({2, 4, 6})),
    "result.returned": (bodies.ResultReturned(recipient=PERSON), frozenset({9})),
    "external.code_set": (bodies.ExternalCodeSet(system="justice", code="KS-1"), EVERY),
    "note.added": (bodies.NoteAdded(text="x"), EVERY),
    "online.claimed": (bodies.OnlineClaimed(intake="x"), OPEN),
    "conflict.raised": (
        bodies.ConflictRaised(first_store=STORE, first_n=1, second_store=OTHER_STORE, second_n=1),
        EVERY,
    ),
    "conflict.decided": (
        bodies.ConflictDecided(conflict_store=OTHER_STORE, conflict_n=7, keep="first", reason="x"),
        EVERY,
    ),
    "code.corrected": (
        bodies.CodeCorrected(code="H24.15-261120-0002", check="Y", number=2, reason="x"),
        EVERY,
    ),
    "dossier.viewed": (bodies.Looked(), EVERY),
    "id.revealed": (bodies.Looked(), EVERY),
}
LAID = Proposal(outcome="grant", words="Trích lục", by="dung")
BEFOREHAND = {"proposal.signed": {"proposal": LAID}, "proposal.declined": {"proposal": LAID}}
AFTER_VOIDING = {
    "document.printed",
    "note.added",
    "conflict.raised",
    "conflict.decided",
    "dossier.viewed",
    "id.revealed",
}
LEADS_TO = {
    "supplement.requested": 5,
    "supplement.received": 4,
    "dossier.refused": 3,
    "dossier.withdrawn": 7,
    "dossier.stopped": 8,
    "stage.taken": 4,
    "stage.completed": 4,
    "proposal.made": 4,
    "result.recorded": 9,
    "result.returned": 10,
}
OF_STATION = {"shift.opened", "shift.closed", "day.closed", "data.exported"}


def in_state(state: BusinessState, **changes: Any) -> Dossier:
    """A dossier with one page, and with a result if it can have one."""
    result = ReturnState.READY if state is B.FINISHED else ReturnState.NONE
    page = Page(page=PAGE, sha256=SHA, size=10, mime="image/png", paper="to-khai", position=1)
    folded = dossier_after()
    given = {"state": state, "result": result, "pages": (page,), "conflicts": (CLASHED,)}
    return dataclasses.replace(folded, **given | changes)


def test_the_table_speaks_of_every_kind():
    assert set(ACTS) | OF_STATION | {"dossier.received", "event.mended"} == set(KINDS)


@pytest.mark.parametrize("state", BusinessState)
@pytest.mark.parametrize("kind", ACTS)
def test_an_act_is_allowed_in_the_states_of_the_table_and_no_other(kind, state):
    body, states = ACTS[kind]
    dossier = in_state(state, **BEFOREHAND.get(kind, {}))

    reason = refusal(dossier, kind, body)

    assert (reason is None) is (state.value in states)
    if reason is None:
        after = apply(dossier, event(kind, body))
        assert after.state == LEADS_TO.get(kind, state)
    else:
        assert dossier.code in reason
        assert f"“{state.words}”" in reason
        with pytest.raises(NotAllowed) as refused:
            apply(dossier, event(kind, body))
        assert refused.value.reason == reason


@pytest.mark.parametrize("kind", ACTS)
def test_an_act_moves_a_dossier_only_along_the_allowed_moves(kind):
    body, states = ACTS[kind]
    for state in map(BusinessState, states):
        after = apply(in_state(state, **BEFOREHAND.get(kind, {})), event(kind, body)).state
        assert after is state or can_move(state, after)


@pytest.mark.parametrize("kind", ACTS)
def test_a_voided_dossier_is_only_looked_at(kind):
    dossier = in_state(B.RECEIVED, voided=True)

    reason = refusal(dossier, kind, ACTS[kind][0])

    if kind in AFTER_VOIDING:
        assert reason is None
    else:
        assert reason == f"Hồ sơ {dossier.code} đã hoàn tác, số này không dùng nữa."


@pytest.mark.parametrize("kind", ACTS)
def test_nothing_is_done_to_a_dossier_that_was_never_received(kind):
    assert refusal(None, kind, ACTS[kind][0]) == "Chưa có hồ sơ này."


@pytest.mark.parametrize("kind", sorted(OF_STATION))
def test_an_act_of_the_station_is_not_done_to_a_dossier(kind):
    assert refusal(in_state(B.RECEIVED), kind, None) == "Việc này không làm trên một hồ sơ."


def test_an_event_that_names_no_dossier_is_not_applied():
    with pytest.raises(NotAllowed, match="không thuộc hồ sơ nào"):
        apply(None, event("note.added", bodies.NoteAdded(text="x"), dossier=None))


def test_a_reception_makes_the_dossier_it_describes():
    body = received(
        applicant=bodies.Person(name="Trần Văn Con"),
        relation="for",
        summary="Xác nhận",
        fields={"person_name": "Trần Văn Con"},
        papers=(GivenPaper(key="to-khai", original=1),),
        owed=("ly-hon",),
        copies=(CopyLine(name="Bằng", pages=12, copies=2),),
        sets=2,
        channel=3,
        return_via=1,
        stages=(bodies.StageDue(stage="khai-sinh", due_at=DUE),),
        provisional=True,
        practice=True,
        offline=True,
        due_is_certain=False,
    )

    dossier = apply(None, event("dossier.received", body))

    assert dossier.id == DOSSIER
    for field in dataclasses.fields(bodies.Received):
        if field.name not in ("number", "drawn_from", "owed_reason", "late"):
            assert getattr(dossier, field.name) == getattr(body, field.name)
    assert (dossier.state, dossier.payment, dossier.result) == (
        B.RECEIVED, PaymentState.UNPAID, ReturnState.NONE,
    )  # fmt: skip
    assert dossier.receipt_version == 1
    assert dossier.owner.name == "Trần Văn Con"
    assert dossier.is_open


def test_who_submits_for_themself_is_the_owner():
    assert dossier_after().owner.name == "Trần Thị Bé"


def test_a_dossier_is_received_once():
    again = event("dossier.received", received(code="H24.15-261120-0002"))

    with pytest.raises(NotAllowed, match="-261120-0001 đã được tiếp nhận"):
        apply(dossier_after(), again)


def test_nothing_adds_up_to_no_dossier():
    assert fold([]) is None


@pytest.mark.parametrize(
    ("fee", "payment"),
    [
        (bodies.ChargedFee(), PaymentState.FREE),
        (bodies.ChargedFee(amount=1), PaymentState.UNPAID),
        (bodies.ChargedFee(is_known=False), PaymentState.UNPAID),
    ],
)
def test_a_reception_knows_whether_money_is_due(fee, payment):
    assert dossier_after(fee=fee).payment is payment


def test_a_correction_changes_what_it_names_and_raises_the_version():
    body = bodies.Corrected(
        receipt_version=2,
        reason="sai tên",
        submitter=bodies.Person(name="Trần Thị Bê"),
        due_at=LATER,
    )
    before = dossier_after()

    after = apply(before, event("dossier.corrected", body))

    assert after == dataclasses.replace(
        before, submitter=bodies.Person(name="Trần Thị Bê"), due_at=LATER, receipt_version=2
    )


def test_a_correction_can_change_every_word_of_the_receipt():
    body = bodies.Corrected(
        receipt_version=2,
        reason="x",
        applicant=bodies.Person(name="Con"),
        relation="for",
        summary="Khác",
        fields={},
        papers=(),
        copies=(CopyLine(name="x", pages=1, copies=1),),
        fee=bodies.ChargedFee(amount=0),
    )
    before = dossier_after(papers=(GivenPaper(key="to-khai", original=1),), fields={"a": "b"})

    after = apply(before, event("dossier.corrected", body))

    assert (after.applicant, after.relation, after.summary) == (body.applicant, "for", "Khác")
    assert (after.fields, after.papers, after.copies) == ({}, (), body.copies)
    assert (after.fee, after.payment) == (body.fee, PaymentState.FREE)


@pytest.mark.parametrize("version", [3, 4])
def test_a_correction_follows_the_version_before_it(version):
    body = bodies.Corrected(receipt_version=version, reason="x")

    with pytest.raises(NotAllowed, match=f"bản thứ {version} không nối tiếp"):
        apply(dossier_after(), event("dossier.corrected", body))


def test_the_same_correction_does_not_count_twice():
    twice = ("dossier.corrected", bodies.Corrected(receipt_version=2, reason="x"))

    with pytest.raises(NotAllowed, match="đã có bản thứ 2"):
        dossier_after(twice, twice)


def test_a_voided_dossier_is_closed_and_its_number_is_not_used_again():
    dossier = dossier_after(("dossier.voided", bodies.Voided(reason="nhầm")))

    assert dossier.voided
    assert not dossier.is_open
    assert dossier.state is B.RECEIVED
    assert dossier.code == "H24.15-261120-0001"
    assert refusal(dossier, "dossier.received", received()) is not None


def test_money_is_returned_before_a_dossier_is_voided():
    void = ("dossier.voided", bodies.Voided(reason="x"))
    refund = ("fee.refunded", bodies.FeeRefunded(amount=15_000, reason="x"))

    with pytest.raises(NotAllowed, match="hoàn tiền trước"):
        dossier_after(("fee.paid", PAID), void)
    assert dossier_after(("fee.paid", PAID), refund, void).voided


def test_papers_brought_later_are_added_and_no_longer_owed():
    added = bodies.PapersAdded(
        papers=(
            GivenPaper(key="to-khai", original=1, certified=2, photocopy=3),
            GivenPaper(key="ly-hon", certified=1),
        )
    )

    dossier = dossier_after(
        ("papers.added", added),
        papers=(GivenPaper(key="to-khai", original=1, certified=1, photocopy=1),),
        owed=("ly-hon", "khac"),
    )

    assert dossier.papers == (
        GivenPaper(key="to-khai", original=2, certified=3, photocopy=4),
        GivenPaper(key="ly-hon", certified=1),
    )
    assert dossier.owed == ("khac",)


def test_pages_are_attached_once_and_removed_only_if_there():
    attach = ("page.attached", ATTACHED)
    remove = ("page.removed", bodies.PageRemoved(page=PAGE))

    assert dossier_after(attach).pages == (
        Page(page=PAGE, sha256=SHA, size=10, mime="image/png", paper="to-khai", position=1),
    )
    assert dossier_after(attach, remove).pages == ()
    with pytest.raises(NotAllowed, match="đã có"):
        dossier_after(attach, attach)
    with pytest.raises(NotAllowed, match="không có trang này"):
        dossier_after(remove)
    with pytest.raises(NotAllowed, match="không có trang này"):
        dossier_after(attach, remove, remove)


def test_the_same_image_may_be_attached_twice_under_two_names():
    second = dataclasses.replace(ATTACHED, page=OTHER_STORE, position=2)
    remove = ("page.removed", bodies.PageRemoved(page=PAGE))

    dossier = dossier_after(("page.attached", ATTACHED), ("page.attached", second), remove)

    assert [page.page for page in dossier.pages] == [OTHER_STORE]


def pay(amount: int) -> tuple[str, bodies.FeePaid]:
    return "fee.paid", bodies.FeePaid(amount=amount, method="cash")


def refund(amount: int) -> tuple[str, bodies.FeeRefunded]:
    return "fee.refunded", bodies.FeeRefunded(amount=amount, reason="x")


def charge(amount: int, *, is_known: bool = True) -> tuple[str, bodies.FeeCharged]:
    fee = bodies.ChargedFee(amount=amount, full=amount, is_known=is_known)
    return "fee.charged", bodies.FeeCharged(fee=fee, reason="x")


@pytest.mark.parametrize(
    ("acts", "paid", "payment"),
    [
        ([], 0, PaymentState.UNPAID),
        ([pay(15_000)], 15_000, PaymentState.PAID),
        ([pay(14_999)], 14_999, PaymentState.UNPAID),
        ([pay(5_000), pay(10_000)], 15_000, PaymentState.PAID),
        ([pay(20_000)], 20_000, PaymentState.PAID),
        ([pay(15_000), refund(15_000)], 0, PaymentState.REFUNDED),
        ([pay(15_000), refund(1)], 14_999, PaymentState.UNPAID),
        ([pay(15_000), refund(14_999)], 1, PaymentState.UNPAID),
        ([pay(20_000), refund(5_000)], 15_000, PaymentState.PAID),
        ([charge(0)], 0, PaymentState.FREE),
        ([pay(15_000), charge(20_000)], 15_000, PaymentState.UNPAID),
        ([pay(15_000), charge(0)], 15_000, PaymentState.PAID),
        ([charge(0, is_known=False)], 0, PaymentState.UNPAID),
        ([charge(0, is_known=False), pay(1)], 1, PaymentState.UNPAID),
    ],
)
def test_payment_is_what_was_paid_beside_what_is_due(acts, paid, payment):
    dossier = dossier_after(*acts)

    assert (dossier.paid, dossier.payment) == (paid, payment)


def test_no_more_is_refunded_than_was_paid():
    with pytest.raises(NotAllowed, match="Chỉ mới thu 15000 đồng, không hoàn được 15001"):
        dossier_after(pay(15_000), refund(15_001))
    with pytest.raises(NotAllowed, match="Chỉ mới thu 0"):
        dossier_after(refund(1))
    with pytest.raises(NotAllowed):
        dossier_after(pay(15_000), refund(15_000), refund(1))


@pytest.mark.parametrize(
    ("outcome", "prints"),
    [
        ("printed", {"01": 2}),
        ("unknown", {"01": 2}),
        ("not_printed", {"01": 1}),
        ("saved", {"01": 1}),
    ],
)
def test_paper_that_came_out_or_may_have_is_counted(outcome, prints):
    def printed(how: str) -> tuple[str, Any]:
        return "document.printed", bodies.DocumentPrinted(form="01", outcome=how, sha256=SHA)

    assert dossier_after(printed("printed"), printed(outcome)).prints == prints


def test_forms_are_counted_apart():
    acts = [
        ("document.printed", bodies.DocumentPrinted(form=form, outcome="printed", sha256=SHA))
        for form in ("01", "02", "01")
    ]

    assert dossier_after(*acts).prints == {"01": 2, "02": 1}


def test_the_clock_stands_still_from_the_request_to_the_supplement():
    request = ACTS["supplement.requested"][0]
    waiting = dossier_after(("supplement.requested", request))

    assert waiting.state is B.AWAITING_SUPPLEMENT
    assert waiting.paused_at == NOW
    assert waiting.supplement_rounds == 1

    papers = (GivenPaper(key="to-khai", original=1),)
    brought = bodies.SupplementReceived(papers=papers, due_at=LATER)
    going_on = apply(waiting, event("supplement.received", brought))

    assert going_on.state is B.IN_WORK
    assert going_on.paused_at is None
    assert going_on.due_at == LATER
    assert going_on.papers == papers

    again = apply(going_on, event("supplement.requested", request))
    assert again.supplement_rounds == 2


def test_a_supplement_that_moves_no_date_leaves_it():
    acts = [("supplement.requested", ACTS["supplement.requested"][0])]
    acts.append(("supplement.received", bodies.SupplementReceived()))

    assert dossier_after(*acts).due_at == DUE


@pytest.mark.parametrize("kind", ["dossier.refused", "dossier.withdrawn", "dossier.stopped"])
def test_an_end_ends_the_pause_too(kind):
    request = ("supplement.requested", ACTS["supplement.requested"][0])

    dossier = dossier_after(request, (kind, ENDED))

    assert dossier.paused_at is None
    assert not dossier.is_open
    assert dossier.state == LEADS_TO[kind]


def test_work_is_handed_over_and_taken():
    over = ("stage.handed_over", bodies.StageHandedOver(to_agency="H24.901", stage="thuong-tru"))
    handed = dossier_after(("stage.taken", bodies.StageTaken(stage="khai-sinh")), over)

    assert (handed.holder, handed.stage, handed.state) == ("", "thuong-tru", B.IN_WORK)

    taken = apply(handed, event("stage.taken", bodies.StageTaken(), actor="canbo2"))
    assert (taken.holder, taken.stage) == ("canbo2", "thuong-tru")
    assert apply(taken, event(*over)).holder == ""


def test_a_hand_over_without_a_stage_keeps_the_stage():
    acts = [("stage.taken", bodies.StageTaken(stage="khai-sinh"))]
    acts.append(("stage.handed_over", bodies.StageHandedOver(to_agency="H24.901")))

    assert dossier_after(*acts).stage == "khai-sinh"


def test_a_completed_stage_leaves_the_dossier_in_work():
    assert dossier_after(("stage.completed", bodies.StageCompleted(stage="a"))).state is B.IN_WORK


def test_an_acknowledged_dossier_has_a_certain_date():
    body = bodies.AgencyAcknowledged(agency="H24.901", received_at=NOW, due_at=LATER)
    without = dataclasses.replace(body, due_at=None)

    moved = dossier_after(("agency.acknowledged", body), due_is_certain=False)
    kept = dossier_after(("agency.acknowledged", without), due_is_certain=False)

    assert (moved.due_at, moved.due_is_certain) == (LATER, True)
    assert (kept.due_at, kept.due_is_certain) == (DUE, True)


def test_the_due_date_is_put_off_once_and_only_to_a_later_day():
    def extend(due_at: dt.datetime) -> tuple[str, bodies.DueExtended]:
        return "due.extended", bodies.DueExtended(due_at=due_at, reason="xin lỗi")

    dossier = dossier_after(extend(LATER))

    assert (dossier.due_at, dossier.extended) == (LATER, True)
    with pytest.raises(NotAllowed, match="một lần"):
        dossier_after(extend(LATER), extend(LATER + dt.timedelta(days=1)))
    for not_later in (DUE, DUE - dt.timedelta(days=1)):
        with pytest.raises(NotAllowed, match="phải sau ngày hẹn cũ"):
            dossier_after(extend(not_later))


def test_a_result_waits_and_is_returned_once():
    recorded = ("result.recorded", RESULT)
    returned = ("result.returned", bodies.ResultReturned(recipient=PERSON))

    ready = dossier_after(recorded)
    done = dossier_after(recorded, returned)

    assert (ready.state, ready.result, ready.result_name) == (
        B.FINISHED, ReturnState.READY, "Giấy xác nhận",
    )  # fmt: skip
    assert (done.state, done.result, done.is_open) == (B.RETURNED, ReturnState.RETURNED, False)
    with pytest.raises(NotAllowed):
        dossier_after(recorded, returned, returned)
    with pytest.raises(NotAllowed):
        dossier_after(returned)


def test_a_finished_dossier_without_a_result_has_nothing_to_return():
    dossier = in_state(B.FINISHED, result=ReturnState.NONE)

    reason = refusal(dossier, "result.returned", bodies.ResultReturned(recipient=PERSON))

    assert reason == "Chưa có kết quả để trả."


def test_codes_of_other_systems_are_kept_by_system():
    acts = [
        ("external.code_set", bodies.ExternalCodeSet(system=system, code=code))
        for system, code in [("justice", "1"), ("police", "2"), ("justice", "3")]
    ]

    assert dossier_after(*acts).external_codes == {"justice": "3", "police": "2"}


def test_a_corrected_code_counts_and_the_former_ones_still_find_the_dossier():
    def correct(code: str) -> tuple[str, bodies.CodeCorrected]:
        return "code.corrected", bodies.CodeCorrected(code=code, check="Y", number=2, reason="x")

    dossier = dossier_after(
        correct("H24.15-261120-0002"), correct("H24.15-261120-0003"),
        code="T-3F2A-0001", provisional=True,
    )  # fmt: skip

    assert (dossier.code, dossier.check) == ("H24.15-261120-0003", "Y")
    assert dossier.former_codes == ("T-3F2A-0001", "H24.15-261120-0002")
    assert not dossier.provisional


@pytest.mark.parametrize(
    "kind",
    ["note.added", "online.claimed", "dossier.viewed", "id.revealed"],
)
def test_words_beside_the_dossier_leave_it_as_it_is(kind):
    assert dossier_after((kind, ACTS[kind][0])) == dossier_after()


def mended(kind: str, body: Any) -> bodies.EventMended:
    raw = write_body(body).decode()
    return bodies.EventMended(store=STORE, n=2, kind=kind, v=1, body=raw)


@pytest.mark.parametrize("kind", ACTS)
def test_a_mended_event_does_what_the_act_it_carries_would(kind):
    body, states = ACTS[kind]
    dossier = in_state(BusinessState(min(states)), **BEFOREHAND.get(kind, {}))

    assert apply(dossier, event("event.mended", mended(kind, body))) == apply(
        dossier, event(kind, body)
    )


def test_a_mended_reception_makes_the_dossier():
    found = fold(chain([("event.mended", mended("dossier.received", received()))]))

    assert found == dossier_after()


def test_a_mended_event_passes_the_same_guards():
    with pytest.raises(NotAllowed, match="Chỉ mới thu 0"):
        dossier_after(("event.mended", mended(*refund(1))))
    with pytest.raises(NotAllowed, match="Chưa có hồ sơ này"):
        apply(None, event("event.mended", mended(*pay(1))))


def test_a_mended_event_that_cannot_be_read_is_named():
    for wrong in ({"v": 2}, {"kind": "dossier.eaten"}, {"body": "{"}, {"body": "[]"}):
        body = dataclasses.replace(mended(*pay(1)), **wrong)
        with pytest.raises(UnreadableEvent):
            apply(dossier_after(), event("event.mended", body))


def test_an_unreadable_event_is_named_before_any_guard():
    with pytest.raises(UnreadableEvent):
        apply(None, event("fee.paid", b"{}"))


bodies_of_acts = st.sampled_from(sorted(set(ACTS) | {"dossier.received"})).flatmap(
    lambda kind: st.tuples(st.just(kind), values_of(KINDS[kind].body))
)


@given(
    st.lists(bodies_of_acts | st.sampled_from([(k, b) for k, (b, _) in ACTS.items()]), max_size=12)
)
def test_any_run_of_acts_keeps_the_books_in_order(acts):
    dossier = dossier_after()
    for kind, body in acts:
        before = dossier
        reason = refusal(before, kind, body)
        if reason is not None:
            with pytest.raises(NotAllowed):
                apply(before, event(kind, body))
            continue
        dossier = apply(before, event(kind, body))
        assert dossier.state is before.state or can_move(before.state, dossier.state)
        assert dossier.paid >= 0
        assert (dossier.paused_at is not None) is (dossier.state is B.AWAITING_SUPPLEMENT)
        assert (dossier.result is ReturnState.READY) is (dossier.state is B.FINISHED)
        assert dossier.receipt_version in (before.receipt_version, before.receipt_version + 1)
        assert len({page.page for page in dossier.pages}) == len(dossier.pages)
        assert set(before.former_codes) <= set(dossier.former_codes)
        assert isinstance(dossier.id, UUID)


# ---- what officers and reports ask of a dossier ----------------------------------------------

LATE = "2026-11-27T09:30:00+07:00"
LATE_AT = dt.datetime.fromisoformat(LATE)


def test_who_received_it_is_kept():
    assert dossier_after().clerk == "canbo1"


@pytest.mark.parametrize("kind", ["dossier.refused", "dossier.withdrawn", "dossier.stopped"])
def test_work_that_ends_without_a_result_says_when_and_why(kind):
    ended = apply(in_state(B.RECEIVED), event(kind, ENDED, at=LATE))
    assert (ended.ended_at, ended.ended_reason) == (LATE_AT, "theo đề nghị")


def test_a_result_ends_the_work_and_its_return_is_another_moment():
    ended = apply(in_state(B.IN_WORK), event("result.recorded", RESULT, at=LATE))
    later = "2026-11-28T10:00:00+07:00"
    body = bodies.ResultReturned(recipient=PERSON, satisfaction=2)
    returned = apply(ended, event("result.returned", body, at=later))

    assert (ended.ended_at, ended.returned_at) == (LATE_AT, None)
    assert returned.ended_at == LATE_AT
    assert returned.returned_at == dt.datetime.fromisoformat(later)
    assert returned.satisfaction == 2


def test_a_stopped_dossier_that_is_taken_up_again_has_not_ended():
    stopped = apply(in_state(B.IN_WORK), event("dossier.stopped", ENDED, at=LATE))
    taken = apply(stopped, event("stage.taken", bodies.StageTaken(), actor="dung"))
    assert (taken.state, taken.holder, taken.ended_at, taken.ended_reason) == (
        B.IN_WORK, "dung", None, "",
    )  # fmt: skip


def test_each_stage_of_a_linked_group_keeps_its_own_course():
    over = bodies.StageHandedOver(to_agency="H24.901", to_unit="Công an", stage="thuong-tru",
                                  slip="BG-1")  # fmt: skip
    known = bodies.AgencyAcknowledged(agency="H24.901", received_at=NOW, stage="thuong-tru")
    again = bodies.AgencyAcknowledged(agency="H24.901", received_at=DUE, stage="thuong-tru")
    done = bodies.StageCompleted(stage="thuong-tru", result="đã đăng ký")
    dossier = dossier_after(
        ("stage.handed_over", over), ("agency.acknowledged", known),
        ("agency.acknowledged", again), ("stage.completed", done),
        ("stage.completed", bodies.StageCompleted(stage="khai-sinh")),
    )  # fmt: skip

    at = dt.datetime.fromisoformat("2026-11-20T10:00:00+07:00")
    assert dossier.stage_states == {
        "thuong-tru": StageState(
            agency="H24.901", unit="Công an", handed_at=at, acknowledged_at=NOW, done_at=at,
            result="đã đăng ký",
        ),
        "khai-sinh": StageState(done_at=at),
    }  # fmt: skip
    assert (dossier.unit, dossier.slip) == ("Công an", "BG-1")


def test_a_leader_signs_or_sends_back_what_an_officer_proposed():
    made = ("proposal.made", bodies.ProposalMade(outcome="grant", words="Trích lục"))
    signed = dossier_after(made, ("proposal.signed", bodies.ProposalSigned(note="đồng ý")))
    declined = dossier_after(made, ("proposal.declined", bodies.ProposalDeclined(reason="sai tên")))
    again = dossier_after(
        made, ("proposal.declined", bodies.ProposalDeclined(reason="sai tên")), made
    )

    assert signed.proposal == Proposal(
        outcome="grant", words="Trích lục", by="canbo1", state="signed", said="đồng ý"
    )
    assert declined.proposal is not None
    assert (declined.proposal.state, declined.proposal.said) == ("declined", "sai tên")
    assert again.proposal is not None
    assert again.proposal.state == "made"


def test_nothing_is_signed_that_was_not_proposed_and_nothing_is_proposed_twice():
    body = bodies.ProposalMade(outcome="refuse", words="x")
    laid = in_state(B.IN_WORK, proposal=LAID)
    assert "chờ lãnh đạo" in (refusal(laid, "proposal.made", body) or "")
    assert "chờ ký" in (
        refusal(in_state(B.IN_WORK), "proposal.signed", bodies.ProposalSigned()) or ""
    )
