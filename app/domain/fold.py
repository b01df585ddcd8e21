"""The fold: what a dossier's events add up to, and which act is allowed now.

Workstation and server call the same fold, so both compute the same state and
refuse for the same reason. A guard is data where it can be: which business
states an act needs, and where it leads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from app.domain import bodies
from app.domain.events import Event, UnreadableEvent, read_body
from app.domain.fees import CopyLine
from app.domain.papers import GivenPaper
from app.domain.status import CLOSED, BusinessState, PaymentState, ReturnState

_B = BusinessState
_OPEN = frozenset(BusinessState) - CLOSED
_WORKING = frozenset({_B.RECEIVED, _B.IN_WORK})
_ANY = frozenset(BusinessState)
RULES = 1
"""Version of what a `Dossier` holds; one that an older program kept is folded anew."""


class NotAllowed(ValueError):
    """An act is not allowed in the state the dossier is in.

    Attributes:
        reason: why not, one Vietnamese sentence.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An attached page."""

    page: UUID
    sha256: str
    size: int
    mime: str
    paper: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageState:
    """How far one stage of a linked procedure is; None where it has not come about.

    Attributes:
        agency, unit: where it was handed to.
        acknowledged_at: when that agency's clock began to run.
    """

    agency: str = ""
    unit: str = ""
    handed_at: dt.datetime | None = None
    acknowledged_at: dt.datetime | None = None
    taken_at: dt.datetime | None = None
    done_at: dt.datetime | None = None
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The answer that an officer laid before the leader.

    Attributes:
        outcome: "grant" or "refuse".
        by: user id of the officer.
        state: "made", "signed" or "declined".
        said: the leader's words.
    """

    outcome: str
    words: str
    by: str
    state: str = "made"
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two acts that cannot both hold.

    Attributes:
        store, n: the `conflict.raised`.
        first_store, first_n: the act that holds until the decision.
        second_store, second_n: the act that waits.
        about: kind of the second act.
        joins: number of the conflict whose decision counts here too, 0 if none.
        keep: "first", "second", "new", or "" while nobody has decided.
    """

    store: UUID
    n: int
    first_store: UUID
    first_n: int
    second_store: UUID
    second_n: int
    about: str = ""
    joins: int = 0
    keep: str = ""

    @property
    def set_aside(self) -> frozenset[tuple[UUID, int]]:
        """The acts that have no effect, by store and number."""
        first, second = (self.first_store, self.first_n), (self.second_store, self.second_n)
        if self.keep == "second":
            return frozenset() if self.joins else frozenset({first})
        if self.keep == "new" and not self.joins:
            return frozenset({first, second})
        return frozenset({second})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A dossier as its events add up to; compare values, never change one.

    Attributes:
        code: the one that counts now.
        former_codes: provisional or corrected ones; they still find it.
        receipt_version: of form 01, from 1; earlier ones are void.
        state, payment, result: the states kept apart.
        paused_at: set while the clock stands still for the citizen.
        extended: the due date was moved once, with an apology.
        holder: user id of who has the work, "" for nobody.
        with_agency: where it was handed to last, "" for the agency that received it.
        prints: how often each form came out on paper, by form key.
        paid, refunded: đồng, what came in less what went back; and what went back.
        conflicts: raised by the server, decided ones too.
        result_name, result_number, result_book, result_copies, result_place: as recorded last.
        clerk: user id of who received it.
        unit, slip: where within `with_agency` it was handed to last, and with which slip.
        ended_at: when the work ended, with a result or without; None while it goes on.
        ended_reason: why it was refused, withdrawn or stopped, "" otherwise.
        returned_at: when the result was handed out.
        satisfaction: what the citizen said then; 0 if not asked.
        stage_states: of a linked procedure, by stage.
        proposal: the last one, None before.
        batch, pad, late: as received.
        rules: which version of these rules made the value.
    """

    id: UUID
    code: str
    check: str
    lookup: str
    agency: str
    procedure: str
    catalogue: int
    forms: str
    received_at: dt.datetime
    due_at: dt.datetime
    counted_from: dt.date
    submitter: bodies.Person
    applicant: bodies.Person | None
    relation: str
    summary: str
    fields: dict[str, str]
    papers: tuple[GivenPaper, ...]
    owed: tuple[str, ...]
    copies: tuple[CopyLine, ...]
    fee: bodies.ChargedFee
    sets: int
    channel: int
    return_via: int
    stages: tuple[bodies.StageDue, ...]
    provisional: bool
    practice: bool
    offline: bool
    due_is_certain: bool
    former_codes: tuple[str, ...] = ()
    receipt_version: int = 1
    voided: bool = False
    state: BusinessState = BusinessState.RECEIVED
    payment: PaymentState = PaymentState.FREE
    result: ReturnState = ReturnState.NONE
    paid: int = 0
    pages: tuple[Page, ...] = ()
    paused_at: dt.datetime | None = None
    supplement_rounds: int = 0
    extended: bool = False
    holder: str = ""
    with_agency: str = ""
    stage: str = ""
    result_name: str = ""
    external_codes: dict[str, str] | None = None
    prints: dict[str, int] | None = None
    refunded: int = 0
    conflicts: tuple[Conflict, ...] = ()
    result_number: str = ""
    result_book: str = ""
    result_copies: int = 0
    result_place: str = ""
    clerk: str = ""
    unit: str = ""
    slip: str = ""
    ended_at: dt.datetime | None = None
    ended_reason: str = ""
    returned_at: dt.datetime | None = None
    satisfaction: int = 0
    stage_states: dict[str, StageState] = field(default_factory=dict)
    proposal: Proposal | None = None
    batch: str = ""
    pad: str = ""
    late: bool = False
    rules: int = 0

    @property
    def owner(self) -> bodies.Person:
        """Whose affair it is: the applicant, or the submitter acting for themself."""
        return self.applicant or self.submitter

    @property
    def is_open(self) -> bool:
        """True while something is still to be done."""
        return not self.voided and self.state not in CLOSED

    @property
    def open_conflicts(self) -> tuple[Conflict, ...]:
        """Conflicts that wait for a person; parts of another one are not counted."""
        return tuple(c for c in self.conflicts if not c.keep and not c.joins)


_Name = tuple[UUID, int]  # of an event: store and number


@dataclass(frozen=True, slots=True)
class _Rulings:
    """What a replay knows beforehand: how conflicts were decided, and what thereby has no effect.

    Attributes:
        keep: what each conflict was decided to.
        decisions: the events that decided; a later one about the same comes too late.
        losers: acts that lost before their conflict was raised.
    """

    keep: Mapping[_Name, str]
    decisions: frozenset[_Name]
    losers: frozenset[_Name]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a dossier's events add up to, and how many no longer fit behind the others."""

    dossier: Dossier | None
    passed_over: int


def replay(events: Iterable[Event]) -> Replayed:
    """Fold a dossier's events in the server's order; what does not fit is passed over.

    Decisions count from the beginning: the act that lost has no effect at its
    own place already. So every replica that holds the same events folds to
    the same dossier, whenever it learnt of the decision.
    """
    ordered = list(events)
    ruled = _ruled(ordered)
    dossier: Dossier | None = None
    passed_over = 0
    for event in ordered:
        try:
            dossier = apply(dossier, event, ruled)
        except (NotAllowed, UnreadableEvent):
            passed_over += 1
    return Replayed(dossier, passed_over)


@dataclass(frozen=True, slots=True)
class Counted:
    """An act that has an effect, and the dossier as it stood before it.

    Attributes:
        kind, body: of the act; of what it carries, for an `event.mended`.
    """

    event: Event
    kind: str
    body: Any
    before: Dossier | None


def counted(events: Iterable[Event]) -> tuple[Counted, ...]:
    """Return a dossier's acts that have an effect, in the server's order.

    What a replay passes over is left out, and so are acts that lost a
    conflict or wait for its decision.
    """
    ordered = list(events)
    ruled = _ruled(ordered)
    dossier: Dossier | None = None
    acts = []
    for event in ordered:
        try:
            kind, body = read_act(event)
            after = apply(dossier, event, ruled, (kind, body))
        except (NotAllowed, UnreadableEvent):
            continue
        if dossier is None or not _is_set_aside(dossier, event, ruled):
            acts.append(Counted(event, kind, body, dossier))
        dossier = after
    return tuple(acts)


def fold(events: Iterable[Event]) -> Dossier | None:
    """Return what one dossier's events, in order, add up to; None for none.

    Raises:
        NotAllowed: an event does not fit; accepted events always do.
        UnreadableEvent: a body cannot be read.
    """
    ordered = list(events)
    ruled = _ruled(ordered)
    dossier: Dossier | None = None
    for event in ordered:
        dossier = apply(dossier, event, ruled)
    return dossier


def needs_replay(before: Dossier | None, after: Dossier) -> bool:
    """Tell whether a decision changed what earlier events add up to."""
    former = () if before is None else before.conflicts
    known = {(c.store, c.n): c.keep for c in former}
    return any(c.keep != known.get((c.store, c.n), "") and c.keep != "first"
               for c in after.conflicts)  # fmt: skip


def apply(
    dossier: Dossier | None,
    event: Event,
    ruled: _Rulings | None = None,
    act: tuple[str, Any] | None = None,
) -> Dossier:
    """Return the dossier after one more event.

    An act that lost a conflict, or waits for the decision, changes nothing.

    Args:
        dossier: before, None if there was none.
        event: the next one in the server's order.
        ruled: in a replay, how every conflict will be decided.
        act: what `read_act` says of the event, if that was asked already.

    Raises:
        NotAllowed: the act is not allowed now; `refusal` says why.
        UnreadableEvent: the body cannot be read.
    """
    if event.dossier is None:
        raise NotAllowed("Sự kiện này không thuộc hồ sơ nào.")
    act_kind, body = read_act(event) if act is None else act
    if dossier is not None and _is_set_aside(dossier, event, ruled):
        return dossier
    reason = refusal(dossier, act_kind, body)
    if reason is not None:
        raise NotAllowed(reason)
    if dossier is None:
        return _received(event, body)
    if isinstance(body, bodies.ConflictRaised):
        return _raised(dossier, body, event, ruled)
    rule = _ACTS[act_kind]
    after = rule.change(dossier, body, event) if rule.change else dossier
    if rule.leads_to is not None:
        after = replace(after, state=rule.leads_to)
    return after


def read_act(event: Event) -> tuple[str, Any]:
    """Return an event's kind and body; of what it carries, for an `event.mended`.

    Raises:
        UnreadableEvent: the body cannot be read.
    """
    kind, body = event.kind, read_body(event.kind, event.v, event.body)
    while isinstance(body, bodies.EventMended):
        kind, body = body.kind, read_body(body.kind, body.v, body.body.encode())
    return kind, body


def refusal(dossier: Dossier | None, kind: str, body: Any) -> str | None:
    """Return why an act is not allowed now, or None if it is."""
    if kind == "dossier.received":
        return None if dossier is None else f"Hồ sơ {dossier.code} đã được tiếp nhận rồi."
    act = _ACTS.get(kind)
    if act is None:
        return "Việc này không làm trên một hồ sơ."
    if dossier is None:
        return "Chưa có hồ sơ này."
    if dossier.voided and not act.after_voiding:
        return f"Hồ sơ {dossier.code} đã hoàn tác, số này không dùng nữa."
    if dossier.state not in act.when:
        return f"Hồ sơ {dossier.code} đang “{dossier.state.words}”, chưa làm được việc này."
    return act.check(dossier, body) if act.check else None


@dataclass(frozen=True, slots=True)
class _Act:
    """When a kind of act is allowed, where it leads, and what else it changes."""

    when: frozenset[BusinessState] = _OPEN
    leads_to: BusinessState | None = None
    change: Callable[[Dossier, Any, Event], Dossier] | None = None
    check: Callable[[Dossier, Any], str | None] | None = None
    after_voiding: bool = False


def _ruled(events: Iterable[Event]) -> _Rulings:
    """Return how the conflicts among a dossier's events were decided; the first decision counts."""
    raised: dict[_Name, bodies.ConflictRaised] = {}
    decided: dict[_Name, tuple[_Name, str]] = {}
    for event in events:
        if event.kind not in ("conflict.raised", "conflict.decided", "event.mended"):
            continue
        try:
            _, body = read_act(event)
        except UnreadableEvent:
            continue
        if isinstance(body, bodies.ConflictRaised):
            if not body.joins:
                raised[event.store, event.n] = body
        elif isinstance(body, bodies.ConflictDecided):
            about = (body.conflict_store, body.conflict_n)
            if about in raised:
                decided.setdefault(about, ((event.store, event.n), body.keep))
    keep = {about: kept for about, (_, kept) in decided.items()}
    losers = {
        (body.first_store, body.first_n)
        for name, body in raised.items()
        if keep.get(name, "first") != "first"
    }
    decisions = frozenset(decider for decider, _ in decided.values())
    return _Rulings(keep, decisions, frozenset(losers))


def _is_set_aside(dossier: Dossier, event: Event, ruled: _Rulings | None) -> bool:
    """Tell whether an event has no effect: it lost, it waits, or the replay goes by it already."""
    name = (event.store, event.n)
    if ruled is not None and (name in ruled.losers or name in ruled.decisions):
        return True
    return any(name in conflict.set_aside for conflict in dossier.conflicts)


def _raised(
    dossier: Dossier,
    body: bodies.ConflictRaised,
    event: Event,
    ruled: _Rulings | None,
) -> Dossier:
    about = (event.store, body.joins or event.n)
    decided = {(c.store, c.n): c.keep for c in dossier.conflicts}
    keep = decided.get(about, "") if ruled is None else ruled.keep.get(about, "")
    conflict = Conflict(
        store=event.store,
        n=event.n,
        first_store=body.first_store,
        first_n=body.first_n,
        second_store=body.second_store,
        second_n=body.second_n,
        about=body.about,
        joins=body.joins,
        keep=keep,
    )
    return replace(dossier, conflicts=(*dossier.conflicts, conflict))


def _decided(dossier: Dossier, body: bodies.ConflictDecided, _: Event) -> Dossier:
    """Note the decision; what it changes in earlier acts shows when they are replayed."""
    about = (body.conflict_store, body.conflict_n)
    conflicts = tuple(
        replace(c, keep=body.keep) if about in ((c.store, c.n), (c.store, c.joins)) else c
        for c in dossier.conflicts
    )
    return replace(dossier, conflicts=conflicts)


def _check_decision(dossier: Dossier, body: bodies.ConflictDecided) -> str | None:
    about = (body.conflict_store, body.conflict_n)
    for conflict in dossier.conflicts:
        if (conflict.store, conflict.n) == about and not conflict.joins:
            return "Xung đột này đã có người quyết định rồi." if conflict.keep else None
    return "Hồ sơ không có xung đột này."


def _received(event: Event, body: bodies.Received) -> Dossier:
    assert event.dossier is not None  # asked by `apply`
    return Dossier(
        id=event.dossier,
        code=body.code,
        check=body.check,
        lookup=body.lookup,
        agency=body.agency,
        procedure=body.procedure,
        catalogue=body.catalogue,
        forms=body.forms,
        received_at=body.received_at,
        due_at=body.due_at,
        counted_from=body.counted_from,
        submitter=body.submitter,
        applicant=body.applicant,
        relation=body.relation,
        summary=body.summary,
        fields=body.fields,
        papers=body.papers,
        owed=body.owed,
        copies=body.copies,
        fee=body.fee,
        sets=body.sets,
        channel=body.channel,
        return_via=body.return_via,
        stages=body.stages,
        provisional=body.provisional,
        practice=body.practice,
        offline=body.offline,
        due_is_certain=body.due_is_certain,
        payment=_payment(body.fee, 0, 0),
        clerk=event.actor,
        batch=body.batch,
        pad=body.pad,
        late=body.late is not None,
        rules=RULES,
    )


def _payment(fee: bodies.ChargedFee, paid: int, refunded: int) -> PaymentState:
    if refunded and not paid:
        return PaymentState.REFUNDED
    if fee.amount == 0 and fee.is_known:
        return PaymentState.PAID if paid else PaymentState.FREE
    return PaymentState.PAID if paid >= fee.amount and fee.is_known else PaymentState.UNPAID


def _corrected(dossier: Dossier, body: bodies.Corrected, _: Event) -> Dossier:
    given: dict[str, Any] = {
        name: value
        for name in ("submitter", "applicant", "relation", "summary", "fields", "papers",
                     "copies", "fee", "due_at")
        if (value := getattr(body, name)) is not None
    }  # fmt: skip
    after = replace(dossier, receipt_version=body.receipt_version, **given)
    return replace(after, payment=_payment(after.fee, after.paid, after.refunded))


def _check_correction(dossier: Dossier, body: bodies.Corrected) -> str | None:
    if body.receipt_version != dossier.receipt_version + 1:
        return (
            f"Giấy tiếp nhận đã có bản thứ {dossier.receipt_version}; "
            f"bản thứ {body.receipt_version} không nối tiếp."
        )
    return None


def _check_void(dossier: Dossier, _: bodies.Voided) -> str | None:
    if dossier.paid:
        return "Đã thu tiền: hoàn tiền trước khi hoàn tác."
    return None


def _papers_added(dossier: Dossier, body: bodies.PapersAdded, _: Event) -> Dossier:
    return _with_papers(dossier, body.papers)


def _with_papers(dossier: Dossier, added: tuple[GivenPaper, ...]) -> Dossier:
    papers = {paper.key: paper for paper in dossier.papers}
    for paper in added:
        old = papers.get(paper.key)
        papers[paper.key] = paper if old is None else replace(
            paper,
            original=old.original + paper.original,
            certified=old.certified + paper.certified,
            photocopy=old.photocopy + paper.photocopy,
        )  # fmt: skip
    owed = tuple(key for key in dossier.owed if key not in {p.key for p in added})
    return replace(dossier, papers=tuple(papers.values()), owed=owed)


def _page_attached(dossier: Dossier, body: bodies.PageAttached, _: Event) -> Dossier:
    page = Page(
        page=body.page,
        sha256=body.sha256,
        size=body.size,
        mime=body.mime,
        paper=body.paper,
        position=body.position,
    )
    return replace(dossier, pages=(*dossier.pages, page))


def _check_page(dossier: Dossier, body: bodies.PageAttached) -> str | None:
    if any(page.page == body.page for page in dossier.pages):
        return "Trang này đã có trong hồ sơ."
    return None


def _page_removed(dossier: Dossier, body: bodies.PageRemoved, _: Event) -> Dossier:
    return replace(dossier, pages=tuple(p for p in dossier.pages if p.page != body.page))


def _check_removal(dossier: Dossier, body: bodies.PageRemoved) -> str | None:
    if all(page.page != body.page for page in dossier.pages):
        return "Hồ sơ không có trang này."
    return None


def _fee_charged(dossier: Dossier, body: bodies.FeeCharged, _: Event) -> Dossier:
    payment = _payment(body.fee, dossier.paid, dossier.refunded)
    return replace(dossier, fee=body.fee, payment=payment)


def _fee_paid(dossier: Dossier, body: bodies.FeePaid, _: Event) -> Dossier:
    paid = dossier.paid + body.amount
    payment = _payment(dossier.fee, paid, dossier.refunded)
    return replace(dossier, paid=paid, payment=payment)


def _fee_refunded(dossier: Dossier, body: bodies.FeeRefunded, _: Event) -> Dossier:
    left, refunded = dossier.paid - body.amount, dossier.refunded + body.amount
    payment = _payment(dossier.fee, left, refunded)
    return replace(dossier, paid=left, refunded=refunded, payment=payment)


def _check_refund(dossier: Dossier, body: bodies.FeeRefunded) -> str | None:
    if body.amount > dossier.paid:
        return f"Chỉ mới thu {dossier.paid} đồng, không hoàn được {body.amount} đồng."
    return None


def _printed(dossier: Dossier, body: bodies.DocumentPrinted, _: Event) -> Dossier:
    if body.outcome not in ("printed", "unknown") or body.by_eye:
        return dossier  # what an eye settles was counted when it was unknown
    prints = dict(dossier.prints or {})
    prints[body.form] = prints.get(body.form, 0) + 1
    return replace(dossier, prints=prints)


def _supplement_requested(dossier: Dossier, _: bodies.SupplementRequested, event: Event) -> Dossier:
    return replace(
        dossier,
        paused_at=dt.datetime.fromisoformat(event.at),
        supplement_rounds=dossier.supplement_rounds + 1,
    )


def _supplement_received(dossier: Dossier, body: bodies.SupplementReceived, _: Event) -> Dossier:
    after = _with_papers(dossier, body.papers)
    return replace(after, paused_at=None, due_at=body.due_at or dossier.due_at)


def _ended(dossier: Dossier, body: bodies.Ended, event: Event) -> Dossier:
    return replace(dossier, paused_at=None, ended_at=_at(event), ended_reason=body.reason)


def _at(event: Event) -> dt.datetime:
    return dt.datetime.fromisoformat(event.at)


def _with_stage(dossier: Dossier, stage: str, **changes: Any) -> dict[str, StageState]:
    """Return the states of the stages with one of them changed."""
    if not stage:
        return dossier.stage_states
    former = dossier.stage_states.get(stage, StageState())
    return {**dossier.stage_states, stage: replace(former, **changes)}


def _handed_over(dossier: Dossier, body: bodies.StageHandedOver, event: Event) -> Dossier:
    return replace(
        dossier,
        holder="",
        stage=body.stage or dossier.stage,
        with_agency=body.to_agency,
        unit=body.to_unit,
        slip=body.slip,
        stage_states=_with_stage(
            dossier, body.stage, agency=body.to_agency, unit=body.to_unit, handed_at=_at(event)
        ),
    )


def _taken(dossier: Dossier, body: bodies.StageTaken, event: Event) -> Dossier:
    return replace(
        dossier,
        holder=event.actor,
        stage=body.stage or dossier.stage,
        unit=body.unit or dossier.unit,
        ended_at=None,
        ended_reason="",
        stage_states=_with_stage(dossier, body.stage, taken_at=_at(event)),
    )


def _completed(dossier: Dossier, body: bodies.StageCompleted, event: Event) -> Dossier:
    states = _with_stage(dossier, body.stage, done_at=_at(event), result=body.result)
    return replace(dossier, stage_states=states)


def _acknowledged(dossier: Dossier, body: bodies.AgencyAcknowledged, _: Event) -> Dossier:
    former = dossier.stage_states.get(body.stage, StageState()).acknowledged_at
    at = body.received_at if former is None else min(former, body.received_at)
    return replace(
        dossier,
        due_at=body.due_at or dossier.due_at,
        due_is_certain=True,
        stage_states=_with_stage(dossier, body.stage, acknowledged_at=at),
    )


def _proposed(dossier: Dossier, body: bodies.ProposalMade, event: Event) -> Dossier:
    proposal = Proposal(outcome=body.outcome, words=body.words, by=event.actor)
    return replace(dossier, proposal=proposal)


def _signed(dossier: Dossier, body: bodies.ProposalSigned, _: Event) -> Dossier:
    assert dossier.proposal is not None  # asked by `_check_proposal`
    return replace(dossier, proposal=replace(dossier.proposal, state="signed", said=body.note))


def _declined(dossier: Dossier, body: bodies.ProposalDeclined, _: Event) -> Dossier:
    assert dossier.proposal is not None  # asked by `_check_proposal`
    proposal = replace(dossier.proposal, state="declined", said=body.reason)
    return replace(dossier, proposal=proposal)


def _check_proposal(dossier: Dossier, _: Any) -> str | None:
    if dossier.proposal is None or dossier.proposal.state != "made":
        return "Hồ sơ này không có dự thảo nào đang chờ ký."
    return None


def _check_new_proposal(dossier: Dossier, _: Any) -> str | None:
    if dossier.proposal is not None and dossier.proposal.state == "made":
        return "Hồ sơ này đã trình ký, đang chờ lãnh đạo."
    return None


def _extended(dossier: Dossier, body: bodies.DueExtended, _: Event) -> Dossier:
    return replace(dossier, due_at=body.due_at, extended=True)


def _check_extension(dossier: Dossier, body: bodies.DueExtended) -> str | None:
    if dossier.extended:
        return "Ngày hẹn trả chỉ được lùi một lần, hồ sơ này đã lùi rồi."
    if body.due_at <= dossier.due_at:
        return "Ngày hẹn mới phải sau ngày hẹn cũ."
    return None


def _result_recorded(dossier: Dossier, body: bodies.ResultRecorded, event: Event) -> Dossier:
    return replace(
        dossier,
        result=ReturnState.READY,
        result_name=body.name,
        result_number=body.number,
        result_book=body.book,
        result_copies=body.copies,
        result_place=body.place,
        ended_at=_at(event),
    )


def _result_returned(dossier: Dossier, body: bodies.ResultReturned, event: Event) -> Dossier:
    return replace(
        dossier,
        result=ReturnState.RETURNED,
        returned_at=_at(event),
        satisfaction=body.satisfaction,
    )


def _check_return(dossier: Dossier, _: bodies.ResultReturned) -> str | None:
    if dossier.result is not ReturnState.READY:
        return "Chưa có kết quả để trả."
    return None


def _external_code(dossier: Dossier, body: bodies.ExternalCodeSet, _: Event) -> Dossier:
    codes = {**(dossier.external_codes or {}), body.system: body.code}
    return replace(dossier, external_codes=codes)


def _code_corrected(dossier: Dossier, body: bodies.CodeCorrected, _: Event) -> Dossier:
    return replace(
        dossier,
        code=body.code,
        check=body.check,
        former_codes=(*dossier.former_codes, dossier.code),
        receipt_version=dossier.receipt_version + 1,  # what was printed shows another code
        provisional=False,
    )


_ACTS: dict[str, _Act] = {
    "dossier.corrected": _Act(change=_corrected, check=_check_correction),
    "dossier.voided": _Act(
        when=frozenset({_B.RECEIVED}),
        change=lambda dossier, _, __: replace(dossier, voided=True),
        check=_check_void,
    ),
    "papers.added": _Act(change=_papers_added),
    "page.attached": _Act(change=_page_attached, check=_check_page, when=_ANY),
    "page.removed": _Act(change=_page_removed, check=_check_removal),
    "fee.charged": _Act(change=_fee_charged),
    "fee.paid": _Act(change=_fee_paid, when=_ANY),
    "fee.refunded": _Act(change=_fee_refunded, check=_check_refund, when=_ANY),
    "document.printed": _Act(change=_printed, when=_ANY, after_voiding=True),
    "supplement.requested": _Act(
        when=_WORKING, leads_to=_B.AWAITING_SUPPLEMENT, change=_supplement_requested
    ),
    "supplement.received": _Act(
        when=frozenset({_B.AWAITING_SUPPLEMENT}),
        leads_to=_B.IN_WORK,
        change=_supplement_received,
    ),
    "dossier.refused": _Act(
        when=frozenset({_B.RECEIVED, _B.AWAITING_SUPPLEMENT}),
        leads_to=_B.NOT_RECEIVED,
        change=_ended,
    ),
    "dossier.withdrawn": _Act(when=_OPEN - {_B.FINISHED}, leads_to=_B.WITHDRAWN, change=_ended),
    "dossier.stopped": _Act(when=_OPEN - {_B.NEW, _B.FINISHED}, leads_to=_B.STOPPED, change=_ended),
    "stage.handed_over": _Act(when=_WORKING | {_B.AWAITING_PAYMENT}, change=_handed_over),
    "stage.taken": _Act(when=_WORKING | {_B.STOPPED}, leads_to=_B.IN_WORK, change=_taken),
    "stage.completed": _Act(when=_WORKING, leads_to=_B.IN_WORK, change=_completed),
    "proposal.made": _Act(
        when=_WORKING, leads_to=_B.IN_WORK, change=_proposed, check=_check_new_proposal
    ),
    "proposal.signed": _Act(when=_WORKING, change=_signed, check=_check_proposal),
    "proposal.declined": _Act(when=_WORKING, change=_declined, check=_check_proposal),
    "agency.acknowledged": _Act(when=_WORKING, change=_acknowledged),
    "due.extended": _Act(when=_WORKING, change=_extended, check=_check_extension),
    "result.recorded": _Act(
        when=_WORKING | {_B.AWAITING_PAYMENT}, leads_to=_B.FINISHED, change=_result_recorded
    ),
    "result.returned": _Act(
        when=frozenset({_B.FINISHED}),
        leads_to=_B.RETURNED,
        change=_result_returned,
        check=_check_return,
    ),
    "external.code_set": _Act(when=_ANY, change=_external_code),
    "note.added": _Act(when=_ANY, after_voiding=True),
    "online.claimed": _Act(),
    "conflict.raised": _Act(when=_ANY, after_voiding=True),
    "conflict.decided": _Act(when=_ANY, after_voiding=True, change=_decided, check=_check_decision),
    "code.corrected": _Act(when=_ANY, change=_code_corrected),
    "dossier.viewed": _Act(when=_ANY, after_voiding=True),
    "id.revealed": _Act(when=_ANY, after_voiding=True),
}
