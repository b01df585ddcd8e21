"""The course of a dossier: who gave it to whom, when, and whether that was in time.

Forms 06 and 07 are views of the events; nothing is kept beside them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain import bodies
from app.domain.events import moment
from app.domain.fold import Counted

_VIETNAM = dt.timezone(dt.timedelta(hours=7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Paper or work that changed hands.

    Attributes:
        giver, taker: agency codes; names of people where `is_person` says so.
        at: when it was given; `taken_at`: when the other side took it, if that is known.
        unit: of the taker, or "".
        due_at: when this step's result was due, None where nothing is due.
        done_at: when there was a result.
        note: words of who acted.
    """

    giver: str
    taker: str
    at: dt.datetime
    taken_at: dt.datetime | None = None
    unit: str = ""
    stage: str = ""
    due_at: dt.datetime | None = None
    done_at: dt.datetime | None = None
    note: str = ""
    giver_is_person: bool = False
    taker_is_person: bool = False


def timeliness(done_at: dt.datetime, due_at: dt.datetime) -> str:
    """Say whether something was done in time; days are compared, not hours.

    Source: the provinces' reports count by day (Biểu II.06a, TT 01/2020/TT-VPCP).
    """
    done, due = (at.astimezone(_VIETNAM).date() for at in (done_at, due_at))
    if done == due:
        return "Đúng hạn"
    return "Trước hạn" if done < due else "Quá hạn"


def at_of(act: Counted) -> dt.datetime:
    """Return when an act was done, local."""
    at = moment(act.event.at)
    assert at is not None  # an envelope without a moment is never stored
    return at.astimezone(_VIETNAM)


def last(acts: Sequence[Counted], kind: str) -> Counted | None:
    """Return the last act of a kind, or None."""
    return next((act for act in reversed(acts) if act.kind == kind), None)


def count(acts: Sequence[Counted], *kinds: str) -> int:
    """Return how many acts are of these kinds."""
    return sum(act.kind in kinds for act in acts)


def came_out(acts: Sequence[Counted], form: str, version: int) -> int:
    """Return how often one version of a form came out on paper, or may have."""
    return sum(
        act.kind == "document.printed"
        and act.body.form == form
        and act.body.version == version
        and act.body.outcome in ("printed", "unknown")
        for act in acts
    )


def steps(acts: Sequence[Counted]) -> tuple[Step, ...]:
    """Return what changed hands, in order, beginning at the counter."""
    found: list[Step] = []
    for act in acts:
        _HANDS.get(act.kind, _nothing)(found, act)
    return tuple(found)


def _nothing(_: list[Step], __: Counted) -> None:
    """Most acts leave the paper where it is."""


def _received(found: list[Step], act: Counted) -> None:
    body: bodies.Received = act.body
    found.append(
        Step(
            giver=body.submitter.name,
            taker=body.agency,
            at=body.received_at,
            taken_at=body.received_at,
            giver_is_person=True,
        )
    )


def _place(act: Counted) -> str:
    before = act.before
    return "" if before is None else before.with_agency or before.agency


def _handed_over(found: list[Step], act: Counted) -> None:
    body: bodies.StageHandedOver = act.body
    dues = {} if act.before is None else {s.stage: s.due_at for s in act.before.stages}
    found.append(
        Step(
            giver=_place(act),
            taker=body.to_agency,
            unit=body.to_unit,
            at=at_of(act),
            stage=body.stage,
            due_at=dues.get(body.stage),
            note=body.note,
        )
    )


def _taken(found: list[Step], act: Counted) -> None:
    if found and found[-1].taken_at is None:
        at = act.body.received_at if act.kind == "agency.acknowledged" else at_of(act)
        found[-1] = replace(found[-1], taken_at=at)


def _completed(found: list[Step], act: Counted) -> None:
    if found and found[-1].done_at is None:
        step = found[-1]
        note = "; ".join(part for part in (step.note, act.body.result) if part)
        found[-1] = replace(step, done_at=at_of(act), note=note)


def _asked(found: list[Step], act: Counted) -> None:
    before = act.before
    if before is not None:
        found.append(
            Step(giver=_place(act), taker=before.submitter.name, at=at_of(act),
                 note=f"Yêu cầu bổ sung lần {before.supplement_rounds + 1}", taker_is_person=True)
        )  # fmt: skip


def _answered(found: list[Step], act: Counted) -> None:
    before = act.before
    if before is not None:
        found.append(
            Step(giver=before.submitter.name, taker=_place(act), at=at_of(act),
                 taken_at=at_of(act), note="Nhận bổ sung", giver_is_person=True)
        )  # fmt: skip


def _result(found: list[Step], act: Counted) -> None:
    before, body = act.before, act.body
    if before is None:
        return
    what = " ".join(part for part in (body.name, body.number and f"số {body.number}") if part)
    found.append(
        Step(giver=_place(act), taker=before.agency, at=at_of(act), due_at=before.due_at,
             done_at=at_of(act), note=what)
    )  # fmt: skip


def _returned(found: list[Step], act: Counted) -> None:
    if act.before is not None:
        found.append(
            Step(giver=act.before.agency, taker=act.body.recipient.name, at=at_of(act),
                 taken_at=at_of(act), note="Trả kết quả", taker_is_person=True)
        )  # fmt: skip


_HANDS = {
    "dossier.received": _received,
    "stage.handed_over": _handed_over,
    "stage.taken": _taken,
    "agency.acknowledged": _taken,
    "stage.completed": _completed,
    "supplement.requested": _asked,
    "supplement.received": _answered,
    "result.recorded": _result,
    "result.returned": _returned,
}
