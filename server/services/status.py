"""What a citizen may see with code and look-up code: state, whose turn, due date; no names."""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass

import msgspec
from sqlalchemy import Date, bindparam, delete, select, text
from sqlalchemy.orm import Session

from app.domain.codes import read_code, read_lookup
from app.domain.fold import Dossier
from app.domain.status import BusinessState, PaymentState
from server.models.base import CodeRow, DossierRow, GuessRow
from server.services import catalogues

FAILURES_A_CODE = 5
FAILURES_AN_ADDRESS = 60
# one statement, so that two failures at the same moment both count
_COUNT = text(
    "INSERT INTO guess (day, about, count) VALUES (:day, :about, 1)"
    " ON CONFLICT (day, about) DO UPDATE SET count = guess.count + 1"
).bindparams(bindparam("day", type_=Date))
_VIETNAM = dt.timezone(dt.timedelta(hours=7))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicStatus:
    """The whole answer of the status page."""

    code: str
    procedure: str
    agency: str
    state: str
    turn: str
    received_at: dt.datetime
    due_at: dt.datetime
    due_is_certain: bool
    payment: str
    steps: tuple[tuple[str, dt.datetime], ...]
    former_code: str


class TooManyGuesses(Exception):
    """No answer today: too many failed look-ups of this code or from this address."""


def look_up(
    session: Session, code: str, lookup: str, address: str, now: dt.datetime
) -> PublicStatus | None:
    """Return a dossier's public status, None if code and look-up code do not match.

    A code that does not exist and a wrong look-up code answer alike, and
    both count as a failure.

    Raises:
        TooManyGuesses: the day's failures are used up.
    """
    code = code.replace("\0", "").strip().upper()
    day = now.astimezone(_VIETNAM).date()
    counters = ((f"code:{code}"[:100], FAILURES_A_CODE), (f"from:{address}"[:100],
                FAILURES_AN_ADDRESS))  # fmt: skip
    for about, limit in counters:
        row = session.get(GuessRow, (day, about))
        if row is not None and row.count >= limit:
            raise TooManyGuesses
    dossier = _find(session, code)
    given = read_lookup(lookup)
    if (
        dossier is None
        or given is None
        or not hmac.compare_digest(dossier.lookup.encode(), given.encode())
    ):
        session.execute(delete(GuessRow).where(GuessRow.day < day))
        for about, _ in counters:
            session.execute(_COUNT, {"day": day, "about": about})
        return None
    return _public(session, dossier, code)


def _find(session: Session, code: str) -> Dossier | None:
    parts = read_code(code)
    where = [CodeRow.code == code]
    if parts is not None:
        where.append(CodeRow.agency == parts.agency)
    found = session.execute(
        select(DossierRow.snapshot)
        .join(CodeRow, (CodeRow.agency == DossierRow.agency) & (CodeRow.dossier == DossierRow.id))
        .where(*where)
        .limit(1)
    ).scalar()
    return None if found is None else msgspec.json.decode(found, type=Dossier)


def _public(session: Session, dossier: Dossier, asked: str) -> PublicStatus:
    on = dossier.received_at.astimezone(_VIETNAM).date()
    catalogue = catalogues.version(session, dossier.catalogue)
    procedure, agency = dossier.procedure, dossier.agency
    stages: dict[str, str] = {}
    if catalogue is not None:
        try:
            found = catalogue.procedure(dossier.procedure, on)
            procedure, stages = found.name, {stage.key: stage.name for stage in found.stages}
            agency = catalogue.agency(dossier.agency, on).name
        except KeyError:
            pass  # an entry taken out since: its code still says what it is
    steps = tuple(
        (stages.get(s.stage, s.stage), s.due_at.astimezone(_VIETNAM)) for s in dossier.stages
    )
    return PublicStatus(
        code=dossier.code,
        procedure=procedure,
        agency=agency,
        state="Đã hoàn tác" if dossier.voided else dossier.state.words,
        turn=_turn(dossier),
        received_at=dossier.received_at.astimezone(_VIETNAM),
        due_at=dossier.due_at.astimezone(_VIETNAM),
        due_is_certain=dossier.due_is_certain,
        payment=PaymentState(dossier.payment).words,
        steps=steps,
        former_code=asked if asked != dossier.code else "",
    )


_TURNS = {
    BusinessState.NEW: "cơ quan tiếp nhận",
    BusinessState.RECEIVED: "cơ quan tiếp nhận, sắp chuyển xử lý",
    BusinessState.IN_WORK: "cán bộ đang xử lý",
    BusinessState.AWAITING_SUPPLEMENT: "ông/bà: bổ sung giấy tờ theo phiếu yêu cầu",
    BusinessState.AWAITING_PAYMENT: "ông/bà: nộp nghĩa vụ tài chính",
    BusinessState.FINISHED: "ông/bà: đến nhận kết quả",
}


def _turn(dossier: Dossier) -> str:
    if dossier.voided:
        return ""
    return _TURNS.get(dossier.state, "")
