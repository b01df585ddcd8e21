"""Hand results out: to whom, with which paper, and what is still to be paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import or_, select

from app.domain import bodies
from app.domain.amounts import in_figures
from app.domain.cards import Card
from app.domain.catalogue import ReceiptRule
from app.domain.fold import Dossier
from app.domain.status import BusinessState
from app.domain.text import fold
from app.models import projection
from app.models.base import DossierRow, SnapshotRow
from app.services import lookup, processing
from app.services.acting import NotNow, load, record, require, require_words
from app.services.desk import VIETNAM, Clerk, Desk

_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Returnable:
    """A dossier as the returning desk needs it.

    Attributes:
        is_ready: a result waits.
        is_at_once: certified on the spot: the result may be recorded and handed out in one act.
        result: name of the result, or what it will be.
        left: đồng still to be paid.
        submitter_number, owner_number: ID numbers, to compare with a card; never shown whole.
        book: suffix of the book whose next number the result gets, "" for none.
    """

    id: UUID
    code: str
    procedure: str
    procedure_name: str
    submitter: str
    submitter_number: str
    owner: str
    owner_number: str
    state: BusinessState
    due_at: dt.datetime
    result: str
    number: str
    copies: int
    place: str
    left: int
    fee_is_known: bool
    by_post: bool
    is_at_once: bool
    book: str

    @property
    def is_ready(self) -> bool:
        """True if a result waits."""
        return self.state is BusinessState.FINISHED


def look(desk: Desk, dossier: UUID) -> Returnable:
    """Return one dossier for the returning desk.

    Raises:
        NoSuchDossier: there is none.
    """
    with desk.store.database.reading() as session:
        folded = load(session, dossier)
    return _returnable(desk, folded)


def of_person(desk: Desk, id_number: str) -> tuple[Returnable, ...]:
    """Return the results that wait for the bearer of a card, the oldest first."""
    with desk.store.database.reading() as session:
        rows = session.scalars(
            select(SnapshotRow.content)
            .join(DossierRow, DossierRow.row == SnapshotRow.row)
            .where(
                DossierRow.id_number == id_number,
                DossierRow.state == int(BusinessState.FINISHED),
            )
            .order_by(DossierRow.row)
            .limit(_MOST)
        ).all()
    return tuple(_returnable(desk, projection.read_snapshot(raw)) for raw in rows)


def ready(desk: Desk, limit: int = _MOST) -> tuple[Returnable, ...]:
    """Return results that wait at this agency's counter, the longest waiting first."""
    with desk.store.database.reading() as session:
        rows = session.scalars(
            select(SnapshotRow.content)
            .join(DossierRow, DossierRow.row == SnapshotRow.row)
            .where(DossierRow.state == int(BusinessState.FINISHED))
            .order_by(DossierRow.row)
            .limit(limit)
        ).all()
    return tuple(_returnable(desk, projection.read_snapshot(raw)) for raw in rows)


def find(desk: Desk, sought: str) -> tuple[Returnable, ...]:
    """Return dossiers by a code, or by words of a name: those with a result first.

    A code finds its dossier whatever its state; words find what can be handed out.
    """
    with desk.store.database.reading() as session:
        rows = session.scalars(
            select(SnapshotRow.content)
            .join(DossierRow, DossierRow.row == SnapshotRow.row)
            .where(
                DossierRow.id.in_([line.id for line in lookup.find(desk, sought).lines]),
                or_(DossierRow.is_open, DossierRow.code == sought.strip().upper()),
            )
            .order_by(DossierRow.state != int(BusinessState.FINISHED), DossierRow.row)
            .limit(_MOST)
        ).all()
    return tuple(_returnable(desk, projection.read_snapshot(raw)) for raw in rows)


def _returnable(desk: Desk, folded: Dossier) -> Returnable:
    received_on = folded.received_at.astimezone(VIETNAM).date()
    try:
        procedure = desk.catalogue().procedure(folded.procedure, received_on)
    except KeyError:
        procedure = None
    is_working = folded.state in (BusinessState.RECEIVED, BusinessState.IN_WORK)
    at_once = (
        procedure is not None
        and procedure.receipt is ReceiptRule.UNLESS_DONE_AT_ONCE
        and is_working
        and not folded.voided
    )
    return Returnable(
        id=folded.id,
        code=folded.code,
        procedure=folded.procedure,
        procedure_name=procedure.name if procedure else folded.procedure,
        submitter=folded.submitter.name,
        submitter_number=folded.submitter.id_number,
        owner=folded.owner.name,
        owner_number=folded.owner.id_number,
        state=folded.state,
        due_at=folded.due_at.astimezone(VIETNAM),
        result=folded.result_name or (procedure.result if procedure else ""),
        number=folded.result_number,
        copies=folded.result_copies or sum(line.copies for line in folded.copies) or folded.sets,
        place=folded.result_place,
        left=max(0, folded.fee.amount - folded.paid),
        fee_is_known=folded.fee.is_known,
        by_post=folded.return_via == 1,
        is_at_once=at_once,
        book=procedure.book if procedure else "",
    )


@dataclass(frozen=True, slots=True)
class Match:
    """How a card compares with a dossier: "submitter", "owner", or "other"."""

    who: Literal["submitter", "owner", "other"]
    words: str


def compare(one: Returnable, card: Card) -> Match:
    """Say whether the bearer of a card is a dossier's submitter or owner."""
    if card.id_number and card.id_number == one.submitter_number:
        return Match("submitter", f"Đúng người nộp: {one.submitter}, khớp số căn cước.")
    if card.id_number and card.id_number == one.owner_number:
        return Match("owner", f"Đúng chủ hồ sơ: {one.owner}, khớp số căn cước.")
    if not one.submitter_number and card.name and fold(card.name) == fold(one.submitter):
        return Match(
            "submitter", f"Trùng tên người nộp: {one.submitter}; hồ sơ không ghi số giấy tờ."
        )
    tail = card.id_number[-4:]
    return Match("other", f"Căn cước vừa quét (… {tail}) không phải người nộp.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handing:
    """How results are handed out.

    Attributes:
        recipient: None for the submitter of each dossier.
        authority: what an authorised recipient showed; needed if `relation` says so.
        satisfaction: 1 very satisfied, 2 satisfied, 3 not, 0 not asked.
        at_once: record the result in the same act where there is none yet, of procedures that
            are done on the spot.
        owing: reason why something is still unpaid; a supervisor's leave, noted with the dossier.
    """

    recipient: bodies.Person | None = None
    relation: Literal["self", "authorised"] = "self"
    authority: str = ""
    lost_receipt: bool = False
    satisfaction: int = 0
    at_once: bool = True
    owing: str = ""


def give(
    desk: Desk, clerk: Clerk, dossiers: Sequence[UUID], how: Handing
) -> tuple[Returnable, ...]:
    """Hand results out together; all of them or none. Returns them as they stand then.

    Raises:
        NotYours: none of the clerk's roles may.
        NotNow: no result, something unpaid, or an authorised person without authority.
    """
    require(clerk, "return")
    if not dossiers:
        raise NotNow("Chưa chọn hồ sơ nào để trả.", "Quét giấy hẹn hoặc căn cước.")
    if how.relation == "authorised":
        require_words(
            how.authority, "Người được uỷ quyền cần giấy uỷ quyền.",
            "Gõ số, ngày giấy uỷ quyền, hoặc “giấy viết tay đã kiểm tra”.",
        )  # fmt: skip
        if how.recipient is None or not how.recipient.name.strip():
            raise NotNow("Chưa ghi ai nhận.", "Quét căn cước người nhận, hoặc gõ họ tên.")
    if how.owing:
        require(clerk, "override")
    with desk.store.acting() as session:
        for dossier in dict.fromkeys(dossiers):
            folded = load(session, dossier)
            one = _returnable(desk, folded)
            _check(one, how)
            if not one.is_ready:
                result = processing.Result(name=one.result, copies=one.copies, book=one.book)
                processing.record_result_in(session, desk, clerk, dossier, result)
            recipient = how.recipient or folded.submitter
            body = bodies.ResultReturned(
                recipient=recipient,
                lost_receipt=how.lost_receipt,
                satisfaction=how.satisfaction,
                relation=how.relation,
                authority=" ".join(how.authority.split()),
            )
            if how.owing and (one.left or not one.fee_is_known):
                note = bodies.NoteAdded(text=f"Cho trả khi chưa thu đủ: {how.owing}")
                record(session, desk, clerk, "note.added", note, dossier)
            record(session, desk, clerk, "result.returned", body, dossier)
    return tuple(look(desk, dossier) for dossier in dict.fromkeys(dossiers))


def _check(one: Returnable, how: Handing) -> None:
    if one.left and not how.owing:
        raise NotNow(
            f"Hồ sơ {one.code} còn phải thu {in_figures(one.left)} đồng.",
            "Bấm F8 thu tiền rồi trả; hoặc nhờ người phụ trách cho trả trước.",
        )
    if not one.fee_is_known and not how.owing:
        raise NotNow(
            f"Hồ sơ {one.code} chưa có mức thu.", "Bấm F8 ghi mức thu (kèm căn cứ) rồi trả."
        )
    if not one.is_ready and not (how.at_once and one.is_at_once):
        raise NotNow(
            f"Hồ sơ {one.code} đang “{one.state.words}”, chưa có kết quả để trả.",
            "Hẹn người dân theo ngày trên giấy hẹn; hoặc ghi kết quả trước.",
        )
