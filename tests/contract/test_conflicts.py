"""Two counters change one dossier unaware: both acts are kept, one holds, a person decides."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from app.domain import bodies
from app.domain.status import BusinessState, SyncState
from app.models import events, projection
from app.services import corrections, lookup, settling, station
from app.services.acting import NotNow
from app.services.corrections import Correction
from server.services import push
from tests.support.office import BICH, CHIEF, OTHER_AGENCY, Counter, Office


def act(counter: Counter, dossier: UUID, kind: str, body: Any) -> None:
    """Do something that has no screen yet."""
    with counter.desk.store.acting() as session:
        projection.record(session, events.Act(kind, body, BICH.user, counter.desk.now(), dossier))


def withdraw(counter: Counter, dossier: UUID) -> None:
    act(counter, dossier, "dossier.withdrawn", bodies.Ended(reason="theo đề nghị"))


def extend(counter: Counter, dossier: UUID) -> None:
    due = counter.fold(dossier).due_at + dt.timedelta(days=3)
    act(counter, dossier, "due.extended", bodies.DueExtended(due_at=due, reason="chờ xác minh"))


def clashed(office: Office) -> tuple[Counter, Counter, UUID]:
    """Two stations of one agency that both acted on a dossier; the first one's act came first."""
    one, two = office.station(), office.station()
    dossier = one.receive().dossier
    for counter in (one, two):
        counter.sync()
    extend(one, dossier)
    withdraw(two, dossier)
    for counter in (one, two, one):
        counter.sync()
    return one, two, dossier


def raised(office: Office) -> list[tuple[Any, ...]]:
    return [row for row in office.log() if row[7] == "conflict.raised"]


def test_both_acts_are_kept_and_one_conflict_is_raised(office: Office) -> None:
    one, two, dossier = clashed(office)

    kinds = [row[7] for row in office.log() if row[5] == dossier.hex]
    assert kinds == ["dossier.received", "due.extended", "conflict.raised", "dossier.withdrawn"]
    assert [row[0] for row in office.log() if row[5] == dossier.hex] == [1, 2, 3, 4]
    assert one.fold(dossier) == two.fold(dossier)
    assert (one.fold(dossier).state, one.fold(dossier).extended) == (BusinessState.RECEIVED, True)
    for counter in (one, two):
        [dispute] = settling.disputes(counter.desk)
        assert (dispute.first.kind, dispute.second.kind) == ("due.extended", "dossier.withdrawn")
        assert dispute.first.is_own is (counter is one)
        assert dispute.second.values == {"reason": "theo đề nghị"}
        assert station.status(counter.desk, "").to_look_at == 1
        assert lookup.show(counter.desk, dossier).sync is SyncState.QUARANTINED
        counter.close()


def test_the_dossier_stays_usable_meanwhile(office: Office) -> None:
    one, two, dossier = clashed(office)

    corrections.correct(two.desk, BICH, dossier, Correction(reason="sai", summary="mới"))
    two.sync()
    one.sync()

    assert one.fold(dossier).summary == two.fold(dossier).summary == "mới"
    assert len(raised(office)) == 1
    one.close()
    two.close()


@pytest.mark.parametrize("keep", ["first", "second", "new"])
def test_a_decision_counts_on_every_replica(office: Office, keep: settling.Keep) -> None:
    one, two, dossier = clashed(office)
    [dispute] = settling.disputes(two.desk)

    settling.decide(two.desk, CHIEF, dispute, keep, "theo giấy hẹn")
    assert two.fold(dossier).open_conflicts == ()
    two.sync()
    one.sync()
    late = office.station()

    expected = {"first": (2, True), "second": (7, False), "new": (2, False)}[keep]
    for counter in (one, two, late):
        folded = counter.fold(dossier)
        assert (int(folded.state), folded.extended) == expected
        assert folded == late.fold(dossier)
        assert counter.sync().proven
        assert station.status(counter.desk, "").is_green
        counter.close()
    with office.database.reading() as session:
        from server.models.base import DossierRow as OnServer

        snapshot = session.get(OnServer, ("H24.15", dossier)).snapshot
    assert projection.read_snapshot(snapshot) == folded


def test_two_decisions_at_once_leave_one_standing(office: Office) -> None:
    one, two, dossier = clashed(office)
    for counter, keep in ((one, "first"), (two, "second")):
        [dispute] = settling.disputes(counter.desk)
        settling.decide(counter.desk, CHIEF, dispute, keep, "x")
    for counter in (one, two, one):
        counter.sync()

    assert one.fold(dossier) == two.fold(dossier)
    assert one.fold(dossier).conflicts[0].keep == "first"
    [refused] = station.refused_events(two.desk)
    assert "đã có người quyết định" in refused.reason
    one.close()
    two.close()


def test_a_decision_needs_a_reason_and_an_open_conflict(office: Office) -> None:
    one, two, _ = clashed(office)
    [dispute] = settling.disputes(one.desk)
    with pytest.raises(NotNow, match="cần lý do"):
        settling.decide(one.desk, CHIEF, dispute, "first", " ")
    settling.decide(one.desk, CHIEF, dispute, "first", "x")
    with pytest.raises(NotNow, match="đã có người quyết định"):
        settling.decide(one.desk, CHIEF, dispute, "second", "y")
    one.close()
    two.close()


def test_what_followed_the_waiting_act_waits_with_it(office: Office) -> None:
    one, two = office.station(), office.station()
    dossier = one.receive().dossier
    for counter in (one, two):
        counter.sync()
    act(one, dossier, "stage.taken", bodies.StageTaken())
    supplement = bodies.SupplementRequested(items=("Giấy chứng sinh",), reason="thiếu")
    act(two, dossier, "supplement.requested", supplement)
    act(two, dossier, "supplement.received", bodies.SupplementReceived())
    for counter in (one, two, one):
        counter.sync()

    assert len(raised(office)) == 2
    for counter in (one, two):
        assert len(counter.fold(dossier).open_conflicts) == 1
        assert station.refused_events(counter.desk) == ()
    [dispute] = settling.disputes(one.desk)
    settling.decide(one.desk, CHIEF, dispute, "second", "bổ sung trước")
    for counter in (one, two):
        counter.sync()
        assert counter.fold(dossier).supplement_rounds == 1
        assert counter.fold(dossier).state is BusinessState.IN_WORK
        counter.close()


def test_acts_that_commute_just_apply(office: Office) -> None:
    one, two = office.station(), office.station()
    dossier = one.receive().dossier
    for counter in (one, two):
        counter.sync()
    paid = bodies.FeePaid(amount=1_000, method="cash")
    act(one, dossier, "fee.paid", paid)
    act(two, dossier, "fee.paid", paid)
    act(two, dossier, "note.added", bodies.NoteAdded(text="x"))
    for counter in (one, two, one):
        counter.sync()

    assert raised(office) == []
    assert one.fold(dossier).paid == two.fold(dossier).paid == 2_000
    one.close()
    two.close()


def test_an_act_that_saw_the_other_does_not_clash(office: Office) -> None:
    one, two = office.station(), office.station()
    dossier = one.receive().dossier
    for counter in (one, two):
        counter.sync()
    extend(one, dossier)
    one.sync()
    two.sync()
    withdraw(two, dossier)
    two.sync()
    one.sync()

    assert raised(office) == []
    assert one.fold(dossier).state is BusinessState.WITHDRAWN
    one.close()
    two.close()


def test_the_server_raises_again_nothing_when_a_push_is_repeated(office: Office) -> None:
    one, two, _ = clashed(office)
    log = office.log()
    two.change("UPDATE fact SET value = '0' WHERE key LIKE 'have:%'")
    two.sync()
    assert office.log() == log
    one.close()
    two.close()


def test_an_act_that_is_refused_anyway_leaves_no_conflict_behind(office: Office) -> None:
    one, two = office.bare(), office.bare()
    page = {"page": str(UUID(int=9)), "sha256": "ab" * 32, "size": 9, "mime": "image/png",
            "paper": "to-khai"}  # fmt: skip
    first, second = one.reception(), one.reception()
    one.push([first, second, one.event("page.attached", page, second.dossier)])
    one.push([one.event("dossier.voided", {"reason": "nhầm"}, first.dossier)])

    # it clashes with the voiding, and its page is another dossier's
    answer = two.push([two.event("page.attached", page, first.dossier, base=1)])

    assert answer.json["quarantined"] == [{"n": 1, "reason": "Trang này đã gắn vào một hồ sơ rồi."}]
    assert raised(office) == []


def test_no_station_raises_a_conflict(office: Office) -> None:
    bare = office.bare()
    reception = bare.reception()
    body = {"first_store": str(bare.store), "first_n": 1, "second_store": str(bare.store),
            "second_n": 3}  # fmt: skip
    answer = bare.push([reception, bare.event("conflict.raised", body, reception.dossier)])
    assert answer.json["quarantined"] == [{"n": 2, "reason": "Chỉ máy chủ nêu xung đột."}]


# ---- agencies that take part -------------------------------------------------------------------


def handed_over(office: Office) -> tuple[Counter, Counter, UUID]:
    """A dossier of one agency, handed over to the other."""
    home, partner = office.station(), office.station(OTHER_AGENCY)
    dossier = home.receive().dossier
    home.sync()
    act(home, dossier, "stage.handed_over", bodies.StageHandedOver(to_agency=OTHER_AGENCY))
    home.sync()
    partner.sync()
    return home, partner, dossier


def test_an_agency_that_takes_part_gets_all_that_happened(office: Office) -> None:
    home, partner, dossier = handed_over(office)

    assert partner.fold(dossier) == home.fold(dossier)
    assert partner.fold(dossier).with_agency == OTHER_AGENCY
    act(home, dossier, "note.added", bodies.NoteAdded(text="từ cơ quan tiếp nhận"))
    home.sync()
    assert partner.sync().pulled == 1
    assert partner.sync().proven
    home.close()
    partner.close()


def test_what_a_partner_does_reaches_the_home_agency(office: Office) -> None:
    home, partner, dossier = handed_over(office)

    act(partner, dossier, "stage.taken", bodies.StageTaken())
    act(partner, dossier, "result.recorded", bodies.ResultRecorded(name="Bản sao"))
    done = partner.sync()
    assert (done.quarantined, done.waiting) == (0, 0)
    assert done.proven
    assert home.sync().pulled == 2
    assert home.fold(dossier) == partner.fold(dossier)
    assert home.fold(dossier).state is BusinessState.FINISHED
    assert home.sync().proven
    home.close()
    partner.close()


def test_a_clash_between_agencies_is_raised_in_both_streams(office: Office) -> None:
    home, partner, dossier = handed_over(office)
    unrelated = office.station(OTHER_AGENCY)  # moves the partner's stream on
    for _ in range(4):
        unrelated.receive()
    unrelated.sync()
    partner.sync()
    withdraw(home, dossier)
    home.sync()
    act(partner, dossier, "stage.taken", bodies.StageTaken())
    partner.sync()
    home.sync()

    assert home.fold(dossier) == partner.fold(dossier)
    assert home.fold(dossier).state is BusinessState.WITHDRAWN
    [dispute] = settling.disputes(partner.desk)
    assert (dispute.first.kind, dispute.second.kind) == ("dossier.withdrawn", "stage.taken")
    settling.decide(partner.desk, CHIEF, dispute, "second", "người dân đổi ý")
    partner.sync()
    home.sync()
    for counter in (home, partner):
        assert counter.fold(dossier).holder == BICH.user
        assert counter.sync().proven
    # what the partner saw through its own stream does not clash later
    withdraw(partner, dossier)
    partner.sync()
    home.sync()
    assert home.fold(dossier).state is BusinessState.WITHDRAWN
    assert len(home.fold(dossier).conflicts) == 1
    for counter in (home, partner, unrelated):
        counter.close()


def test_only_who_takes_part_may_act_and_the_receipt_stays_with_the_home(office: Office) -> None:
    home, partner, dossier = handed_over(office)
    stranger = office.bare(OTHER_AGENCY)
    secret = home.receive().dossier
    home.sync()

    answer = stranger.push([stranger.event("note.added", {"text": "x"}, secret)])
    assert answer.json["quarantined"] == [{"n": 1, "reason": "Chưa có hồ sơ này."}]
    act(partner, dossier, "dossier.voided", bodies.Voided(reason="nhầm"))
    assert partner.sync().quarantined == 1
    [refused] = station.refused_events(partner.desk)
    assert refused.reason == "Chỉ cơ quan tiếp nhận (H24.15) làm được việc này."
    with partner.database.reading() as session:
        assert projection.load(session, secret) is None
    home.close()
    partner.close()


def test_a_partner_that_is_not_on_this_server_changes_nothing(office: Office) -> None:
    home = office.station()
    dossier = home.receive().dossier
    act(home, dossier, "stage.handed_over", bodies.StageHandedOver(to_agency="H99.01"))
    done = home.sync()
    assert (done.quarantined, done.waiting) == (0, 0)
    assert done.proven
    home.close()


# ---- mending ------------------------------------------------------------------------------------


def test_a_refused_reception_is_mended_with_what_stood_behind_it(office: Office) -> None:
    one = office.station()
    first = one.receive()
    taken = {"agency": "H24.15", "day": first.code[7:13], "n": int(first.code[-4:])}
    day = dt.date(2000 + int(taken["day"][:2]), int(taken["day"][2:4]), int(taken["day"][4:]))
    stranger = UUID(int=7)
    office.change(
        "INSERT INTO dossier_number (agency, day, number, dossier) VALUES (:a, :d, :n, :s)",
        a="H24.15", d=day, n=taken["n"],
        s=stranger if office.url.startswith("postgresql") else stranger.hex,
    )  # fmt: skip
    act(one, first.dossier, "note.added", bodies.NoteAdded(text="đã gọi"))
    second = one.receive("Người Sau")
    done = one.sync()
    assert (done.quarantined, done.waiting) == (2, 0)
    with office.database.reading() as session:
        listed = push.refused(session, "H24.15")
        assert [row.kind for row in listed] == ["note.added", "dossier.received"]
        assert "đã dùng cho hồ sơ khác" in (listed[1].refusal or "")
    assert not lookup.show(one.desk, second.dossier).timeline[0].refusal
    assert [line.id for line in lookup.newest(one.desk, lookup.Filter(needs_look=True)).lines] == [
        first.dossier
    ]

    mended = settling.mend(one.desk, BICH, first.dossier, "số đã có người dùng", new_code=True)
    done = one.sync()

    assert mended.count == 2
    assert mended.code not in (first.code, second.code)
    assert (done.quarantined, done.waiting) == (0, 0)
    assert done.proven
    assert station.refused_events(one.desk) == ()
    with office.database.reading() as session:
        assert push.refused(session) == []
    assert station.status(one.desk, "").to_look_at == 0
    assert one.fold(first.dossier).code == mended.code
    assert lookup.by_code(one.desk, mended.code) == first.dossier
    assert lookup.by_code(one.desk, first.code) == first.dossier  # the paper in the citizen's hand
    assert sorted(office.codes()) == sorted([mended.code, second.code])
    with pytest.raises(settling.NothingToSettle):
        settling.mend(one.desk, BICH, first.dossier, "x")
    one.close()
