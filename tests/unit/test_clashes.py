"""The table of clashes against the fold itself: what it leaves out must commute."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from typing import Any

import pytest

from app.domain import bodies
from app.domain.clashes import CLASHES, MAY_CLASH, Clash, clash
from app.domain.events import KINDS
from app.domain.fold import (
    Conflict,
    Dossier,
    NotAllowed,
    Page,
    Proposal,
    apply,
    fold,
    needs_replay,
    replay,
)
from app.domain.papers import GivenPaper
from app.domain.status import BusinessState, ReturnState
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
)

B = BusinessState
SERVER = DOSSIER  # any third store
LATER = DUE + dt.timedelta(days=7)
LATEST = DUE + dt.timedelta(days=9)
PERSON = bodies.Person(name="Trần Thị Bé")


def attached(page: Any, sha: str = SHA) -> bodies.PageAttached:
    return bodies.PageAttached(page=page, sha256=sha, size=9, mime="image/png", paper="to-khai")


def corrected(**part: Any) -> bodies.Corrected:
    return bodies.Corrected(receipt_version=2, reason="sai", **part)


def charged(amount: int) -> bodies.FeeCharged:
    return bodies.FeeCharged(fee=bodies.ChargedFee(amount=amount), reason="x")


# Two clerks' bodies of each kind, as they might write them without knowing of each other.
ACTS: dict[str, list[Any]] = {
    "dossier.corrected": [
        corrected(summary="một"), corrected(summary="hai"), corrected(due_at=LATER),
        corrected(fee=bodies.ChargedFee(amount=5)),
        corrected(papers=(GivenPaper(key="y", original=1),)),
    ],
    "dossier.voided": [bodies.Voided(reason="nhầm")],
    "papers.added": [
        bodies.PapersAdded(papers=(GivenPaper(key="x", original=1),)),
        bodies.PapersAdded(papers=(GivenPaper(key="x", photocopy=2),)),
        bodies.PapersAdded(papers=(GivenPaper(key="ly-hon", original=1),)),
    ],
    "page.attached": [attached(OTHER_STORE), attached(STORE)],
    "page.removed": [bodies.PageRemoved(page=PAGE), bodies.PageRemoved(page=SERVER)],
    "fee.charged": [charged(1), charged(2)],
    "fee.paid": [
        bodies.FeePaid(amount=15_000, method="cash"), bodies.FeePaid(amount=1, method="transfer")
    ],
    "fee.refunded": [
        bodies.FeeRefunded(amount=10, reason="x"), bodies.FeeRefunded(amount=7, reason="y")
    ],
    "document.printed": [
        bodies.DocumentPrinted(form="01", outcome="printed", sha256=SHA),
        bodies.DocumentPrinted(form="03", outcome="printed", sha256=SHA),
    ],
    "supplement.requested": [bodies.SupplementRequested(items=("Giấy chứng sinh",), reason="x")],
    "supplement.received": [
        bodies.SupplementReceived(), bodies.SupplementReceived(due_at=LATER),
        bodies.SupplementReceived(papers=(GivenPaper(key="x", original=1),)),
    ],
    "dossier.refused": [bodies.Ended(reason="x")],
    "dossier.withdrawn": [bodies.Ended(reason="x")],
    "dossier.stopped": [bodies.Ended(reason="x")],
    "stage.handed_over": [
        bodies.StageHandedOver(to_agency="H24.901"),
        bodies.StageHandedOver(to_agency="H24.902", stage="hai"),
    ],
    "stage.taken": [bodies.StageTaken(), bodies.StageTaken(stage="một")],
    "stage.completed": [
        bodies.StageCompleted(stage="một"), bodies.StageCompleted(stage="hai"),
        bodies.StageCompleted(stage="hai", result="xong"),
    ],
    "proposal.made": [
        bodies.ProposalMade(outcome="grant", words="x"),
        bodies.ProposalMade(outcome="refuse", words="y"),
    ],
    "proposal.signed": [bodies.ProposalSigned()],
    "proposal.declined": [bodies.ProposalDeclined(reason="x")],
    "agency.acknowledged": [
        bodies.AgencyAcknowledged(agency="H24.901", received_at=NOW, due_at=LATER),
        bodies.AgencyAcknowledged(agency="H24.902", received_at=NOW, due_at=LATEST),
        bodies.AgencyAcknowledged(agency="H24.903", received_at=NOW),
    ],
    "due.extended": [
        bodies.DueExtended(due_at=LATER, reason="x"), bodies.DueExtended(due_at=LATEST, reason="y")
    ],
    "result.recorded": [bodies.ResultRecorded(name="một"), bodies.ResultRecorded(name="hai")],
    "result.returned": [bodies.ResultReturned(recipient=PERSON)],
    "external.code_set": [
        bodies.ExternalCodeSet(system="ht", code="1"),
        bodies.ExternalCodeSet(system="ht", code="2"),
        bodies.ExternalCodeSet(system="bh", code="3"),
    ],
    "note.added": [bodies.NoteAdded(text="x")],
    "online.claimed": [bodies.OnlineClaimed(intake="x")],
    "code.corrected": [
        bodies.CodeCorrected(code="H24.15-261120-0002", check="Y", number=2, reason="x"),
        bodies.CodeCorrected(code="H24.15-261120-0003", check="Z", number=3, reason="x"),
    ],
    "dossier.viewed": [bodies.Looked()],
    "id.revealed": [bodies.Looked()],
}  # fmt: skip


def starts() -> list[Dossier]:
    """Dossiers in every state, with and without money and a page."""
    page = Page(page=PAGE, sha256=SHA, size=9, mime="image/png", paper="to-khai", position=1)
    other = dataclasses.replace(page, page=SERVER)
    plain = dossier_after(owed=("ly-hon",), papers=(GivenPaper(key="x", original=1),))
    found = []
    laid = Proposal(outcome="grant", words="x", by="dung")
    for state, paid, proposal in itertools.product(BusinessState, (0, 17), (None, laid)):
        found.append(
            dataclasses.replace(
                plain, state=state, pages=(page, other), paid=paid,
                result=ReturnState.READY if state is B.FINISHED else ReturnState.NONE,
                paused_at=NOW if state is B.AWAITING_SUPPLEMENT else None, proposal=proposal,
            )
        )  # fmt: skip
    return found


Made = tuple[str, Any, str]  # kind, body, actor


def after(dossier: Dossier, *acts: Made) -> Any:
    """What comes out, without the order in which lists happened to grow; None if refused."""
    try:
        for kind, body, actor in acts:
            dossier = apply(dossier, event(kind, body, actor=actor))
    except NotAllowed:
        return None
    return dataclasses.replace(
        dossier,
        pages=tuple(sorted(dossier.pages, key=lambda p: p.page)),
        papers=tuple(sorted(dossier.papers, key=lambda p: p.key)),
    )


PAIRS: list[tuple[Made, Made]] = [
    ((kind, body, "bich"), (other_kind, other_body, "dung"))
    for kind, other_kind in itertools.combinations_with_replacement(sorted(ACTS), 2)
    for body, other_body in itertools.product(ACTS[kind], ACTS[other_kind])
    if kind != "page.attached" or body != other_body  # the id of a page is drawn at random
]
STARTS = starts()


def orders(first: Made, second: Made) -> list[bool]:
    """Of every dossier that is open to both acts: whether it matters which comes first."""
    return [
        after(start, first, second) is None
        or after(start, first, second) != after(start, second, first)
        for start in STARTS
        if after(start, first) is not None and after(start, second) is not None
    ]


def test_the_table_names_kinds_that_exist() -> None:
    assert set(KINDS) >= MAY_CLASH
    assert set(ACTS) >= MAY_CLASH


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda act: act[0])
def test_what_the_table_leaves_out_commutes(first: Made, second: Made) -> None:
    does_clash = clash(*first[:2], *second[:2])

    assert does_clash or not any(orders(first, second))
    assert does_clash == clash(*second[:2], *first[:2])


@pytest.mark.parametrize("line", CLASHES, ids=lambda line: "+".join(sorted(line.these))[:40])
def test_no_line_of_the_table_is_wider_than_the_fold(line: Clash) -> None:
    wide = set()
    for kind, other in itertools.product(line.these, line.those):
        pairs = [
            (first, second) for first, second in PAIRS
            if {first[0], second[0]} == {kind, other} and clash(*first[:2], *second[:2])
        ]  # fmt: skip
        both = [found for pair in pairs for found in orders(*pair)]
        if both and not any(both):
            wide.add((kind, other))
    assert wide == set()


@pytest.mark.parametrize(
    ("first", "second", "does_clash"),
    [
        (corrected(due_at=LATER), ACTS["due.extended"][0], True),
        (corrected(summary="một"), ACTS["due.extended"][0], False),
        (corrected(papers=()), ACTS["papers.added"][0], False),
        (ACTS["page.removed"][0], ACTS["page.removed"][0], True),
        (ACTS["page.removed"][0], ACTS["page.removed"][1], False),
        (ACTS["external.code_set"][0], ACTS["external.code_set"][1], True),
        (ACTS["external.code_set"][0], ACTS["external.code_set"][2], False),
        (ACTS["stage.completed"][1], ACTS["stage.completed"][2], True),
        (ACTS["stage.completed"][0], ACTS["stage.completed"][1], False),
    ],
)
def test_some_kinds_clash_only_over_the_same_thing(
    first: Any, second: Any, does_clash: bool
) -> None:
    kinds = {type(bodies_[0]): kind for kind, bodies_ in ACTS.items()}
    assert clash(kinds[type(first)], first, kinds[type(second)], second) is does_clash


EXTENDED = ("due.extended", bodies.DueExtended(due_at=LATER, reason="x"))
WITHDRAWN = ("dossier.withdrawn", bodies.Ended(reason="rút"))


def clashing(*more: tuple[str, Any], decided: str = "", joined: bool = False) -> list[Any]:
    """Two stations' acts in the server's order: an extension holds, a withdrawal waits."""
    mine = chain([("dossier.received", received()), EXTENDED])
    theirs = [
        event(kind, body, store=OTHER_STORE, n=n)
        for n, (kind, body) in enumerate((WITHDRAWN, *more), 1)
    ]
    about = {"first_store": STORE, "first_n": 2, "second_store": OTHER_STORE}
    raised = [
        event("conflict.raised", bodies.ConflictRaised(**about, second_n=1), store=SERVER, n=1)
    ]
    if joined:
        body = bodies.ConflictRaised(**about, second_n=2, joins=1)
        raised.append(event("conflict.raised", body, store=SERVER, n=2))
    ordered = [*mine, raised[0], theirs[0], *raised[1:], *theirs[1:]]
    if decided:
        body = bodies.ConflictDecided(conflict_store=SERVER, conflict_n=1, keep=decided, reason="x")
        ordered.append(event("conflict.decided", body, store=STORE, n=3))
    return ordered


def test_the_first_act_holds_and_the_second_waits() -> None:
    dossier = fold(clashing())

    assert (dossier.state, dossier.due_at, dossier.extended) == (B.RECEIVED, LATER, True)
    assert len(dossier.open_conflicts) == 1
    assert dossier.is_open  # it stays usable meanwhile
    assert fold([*clashing(), event("note.added", bodies.NoteAdded(text="x"), n=9)]) is not None


@pytest.mark.parametrize(
    ("keep", "state", "extended"),
    [("first", B.RECEIVED, True), ("second", B.WITHDRAWN, False), ("new", B.RECEIVED, False)],
)
def test_a_decision_makes_one_act_count_from_its_own_place(
    keep: str, state: Any, extended: Any
) -> None:
    dossier = fold(clashing(decided=keep))

    assert (dossier.state, dossier.extended) == (state, extended)
    assert dossier.open_conflicts == ()
    assert dossier.conflicts[0].keep == keep


@pytest.mark.parametrize("keep", ["first", "second", "new"])
def test_an_act_that_followed_the_waiting_one_shares_its_fate(keep: str) -> None:
    printed = ("document.printed", bodies.DocumentPrinted(form="03", outcome="printed", sha256=SHA))
    dossier = fold(clashing(printed, decided=keep, joined=True))

    assert (dossier.prints == {"03": 1}) is (keep == "second")
    assert [c.keep for c in dossier.conflicts] == [keep, keep]


@pytest.mark.parametrize("keep", ["first", "new"])
def test_a_part_that_comes_after_the_decision_shares_it_at_once(keep: str) -> None:
    late = ("document.printed", bodies.DocumentPrinted(form="03", outcome="printed", sha256=SHA))
    ordered = clashing(late, decided=keep, joined=True)
    ordered = [*ordered[:4], ordered[-1], *ordered[4:-1]]  # decided before the part came in

    step_by_step = None
    for event_ in ordered:
        before, step_by_step = step_by_step, apply(step_by_step, event_)
        if needs_replay(before, step_by_step):
            step_by_step = replay(ordered[: ordered.index(event_) + 1]).dossier

    assert step_by_step == fold(ordered)
    assert [c.keep for c in step_by_step.conflicts] == [keep, keep]


def test_a_decision_is_made_once() -> None:
    decided = clashing(decided="second")
    again = bodies.ConflictDecided(conflict_store=SERVER, conflict_n=1, keep="first", reason="y")

    with pytest.raises(NotAllowed, match="đã có người quyết định"):
        fold([*decided, event("conflict.decided", again, n=4)])
    replayed = replay([*decided, event("conflict.decided", again, n=4)])
    assert (replayed.dossier.state, replayed.passed_over) == (B.WITHDRAWN, 1)


@pytest.mark.parametrize("number", [2, 99])
def test_a_decision_names_a_conflict_of_its_dossier(number: Any) -> None:
    body = bodies.ConflictDecided(conflict_store=SERVER, conflict_n=number, keep="new", reason="x")
    with pytest.raises(NotAllowed, match="không có xung đột này"):
        fold([*clashing(WITHDRAWN, joined=True), event("conflict.decided", body, n=4)])


@pytest.mark.parametrize("keep", ["first", "second", "new"])
def test_only_a_decision_against_the_first_act_calls_for_a_replay(keep: str) -> None:
    ordered = clashing(decided=keep)
    before = fold(ordered[:-1])
    after_ = apply(before, ordered[-1])

    assert needs_replay(before, after_) is (keep != "first")
    if not needs_replay(before, after_):
        assert after_ == fold(ordered)
    assert not needs_replay(after_, after_)


def test_a_replica_that_learns_late_folds_to_the_same() -> None:
    ordered = clashing(decided="second")
    assert replay(ordered).dossier == fold(ordered)
    assert replay(ordered).passed_over == 0


def test_what_relied_on_the_losing_act_is_passed_over_and_counted() -> None:
    again = ("dossier.stopped", bodies.Ended(reason="x"))
    ordered = [*clashing(decided="second"), event(*again, n=4)]
    assert replay(ordered).passed_over == 1


def test_a_mended_act_waits_like_any_other() -> None:
    ordered = clashing()
    body = bodies.EventMended(store=OTHER_STORE, n=9, kind=WITHDRAWN[0], v=1, body='{"reason":"x"}')
    ordered[-1] = event("event.mended", body, store=OTHER_STORE, n=1)
    assert fold(ordered).state is B.RECEIVED


def test_a_conflict_keeps_its_two_sides() -> None:
    conflict = fold(clashing()).conflicts[0]
    assert conflict == Conflict(
        store=SERVER, n=1, first_store=STORE, first_n=2, second_store=OTHER_STORE, second_n=1
    )
