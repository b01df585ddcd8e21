"""The course of a dossier, as forms 06 and 07 tell it."""

import datetime as dt

import pytest

from app.domain import bodies, course
from app.domain.fold import counted, fold, replay
from tests.unit.builders import (
    DUE,
    NOW,
    OTHER_STORE,
    SHA,
    STORE,
    VIETNAM,
    chain,
    event,
    received,
)

HANDED = bodies.StageHandedOver(to_agency="H24.902", to_unit="Phòng thẻ", stage="bhyt", note="gấp")
PRINTED = bodies.DocumentPrinted(form="02", outcome="printed", sha256=SHA)


def acts(*after):
    return counted(chain([("dossier.received", received()), *after]))


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (DUE - dt.timedelta(days=1), "Trước hạn"),
        (DUE.replace(hour=0), "Đúng hạn"),
        (DUE.replace(hour=23, minute=59), "Đúng hạn"),
        (DUE + dt.timedelta(hours=7), "Quá hạn"),
        (DUE.astimezone(dt.UTC), "Đúng hạn"),
    ],
)
def test_in_time_is_a_matter_of_local_days(done, words):
    assert course.timeliness(done, DUE) == words


def test_the_course_begins_with_the_citizen_and_ends_there():
    told = acts(
        ("stage.handed_over", HANDED),
        ("stage.taken", bodies.StageTaken()),
        ("stage.completed", bodies.StageCompleted(stage="bhyt", result="thẻ BHYT")),
        ("result.recorded", bodies.ResultRecorded(name="Giấy khai sinh", number="7")),
        ("result.returned", bodies.ResultReturned(recipient=bodies.Person(name="Lê Văn Nhận"))),
    )

    first, handed, result, back = course.steps(told)

    assert (first.giver, first.taker, first.at) == ("Trần Thị Bé", "H24.15", NOW)
    assert (handed.giver, handed.taker, handed.unit) == ("H24.15", "H24.902", "Phòng thẻ")
    assert handed.note == "gấp; thẻ BHYT"
    assert handed.taken_at is not None
    assert handed.done_at is not None
    assert (result.giver, result.taker, result.due_at) == ("H24.902", "H24.15", DUE)
    assert result.note == "Giấy khai sinh số 7"
    assert (back.taker, back.taker_is_person) == ("Lê Văn Nhận", True)


def test_papers_asked_for_go_to_the_citizen_and_come_back():
    ask = bodies.SupplementRequested(items=("Tờ khai",), reason="thiếu")
    told = acts(
        ("supplement.requested", ask),
        ("supplement.received", bodies.SupplementReceived()),
        ("supplement.requested", ask),
    )

    notes = [step.note for step in course.steps(told)]

    assert notes == ["", "Yêu cầu bổ sung lần 1", "Nhận bổ sung", "Yêu cầu bổ sung lần 2"]
    assert course.count(told, "supplement.requested") == 2


def test_a_step_knows_when_its_own_stage_is_due():
    due = NOW + dt.timedelta(days=2)
    reception = received(stages=(bodies.StageDue(stage="bhyt", due_at=due),))
    told = counted(chain([("dossier.received", reception), ("stage.handed_over", HANDED)]))

    assert course.steps(told)[-1].due_at == due


def test_only_prints_of_the_same_version_that_may_have_come_out_count():
    told = acts(
        ("document.printed", PRINTED),
        ("document.printed", bodies.DocumentPrinted(form="02", outcome="unknown", sha256=SHA)),
        ("document.printed", bodies.DocumentPrinted(form="02", outcome="saved", sha256=SHA)),
        ("document.printed", bodies.DocumentPrinted(form="02", outcome="not_printed", sha256=SHA)),
        ("document.printed", bodies.DocumentPrinted(form="02", outcome="printed", sha256=SHA,
                                                    version=2)),
        ("document.printed", bodies.DocumentPrinted(form="01", outcome="printed", sha256=SHA)),
    )  # fmt: skip

    assert course.came_out(told, "02", 1) == 2
    assert course.came_out(told, "02", 2) == 1
    assert course.came_out(told, "03", 1) == 0


def test_what_does_not_fit_or_cannot_be_read_is_left_out():
    made = chain(
        [
            ("dossier.received", received()),
            ("result.returned", bodies.ResultReturned(recipient=bodies.Person(name="Ai"))),
            ("dossier.stopped", b"{broken"),
            ("dossier.stopped", bodies.Ended(reason="đề nghị")),
        ]
    )

    told = counted(made)

    assert [act.kind for act in told] == ["dossier.received", "dossier.stopped"]
    assert told[-1].before == fold(made[:1])
    assert replay(made).passed_over == 2


@pytest.mark.parametrize(("keep", "left"), [("", "first"), ("first", "first"),
                                            ("second", "second"), ("new", "")])  # fmt: skip
def test_acts_that_lost_a_conflict_are_left_out(keep, left):
    first, second = bodies.Ended(reason="first"), bodies.Ended(reason="second")
    made = [
        event("dossier.received", received(), n=1),
        event("dossier.stopped", first, n=2),
        event("conflict.raised", bodies.ConflictRaised(
            first_store=STORE, first_n=2, second_store=OTHER_STORE, second_n=9), n=3),
        event("dossier.withdrawn", second, n=9, store=OTHER_STORE),
    ]  # fmt: skip
    if keep:
        decided = bodies.ConflictDecided(conflict_store=STORE, conflict_n=3, keep=keep, reason="x")
        made.append(event("conflict.decided", decided, n=4))

    reasons = [act.body.reason for act in counted(made) if isinstance(act.body, bodies.Ended)]

    assert reasons == ([left] if left else [])


def test_moments_are_local():
    told = acts(("stage.handed_over", HANDED))

    assert course.at_of(told[-1]).utcoffset() == VIETNAM.utcoffset(None)
    assert course.last(told, "stage.handed_over") is told[-1]
    assert course.last(told, "dossier.refused") is None
