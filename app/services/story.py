"""A dossier told to people: what stands in it, and everything that was done, by whom, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.domain import bodies
from app.domain.amounts import in_figures
from app.domain.events import UnreadableEvent, kind_words, moment
from app.domain.fees import fee_words
from app.domain.fold import Dossier, read_act
from app.domain.papers import GivenPaper
from app.domain.status import SyncState
from app.domain.text import mask_number
from app.models import events
from app.models.base import ClerkRow, EventRow
from app.services import processing
from app.services.desk import VIETNAM, Clerk, Desk
from app.services.lookup import TimelineEntry, show, viewed
from app.services.paperwork.told import Told, read

_SILENT = ("dossier.viewed", "id.revealed")
_METHODS = {"cash": "tiền mặt", "transfer": "chuyển khoản", "online": "trực tuyến"}
_OUTCOMES = {"printed": "đã in", "not_printed": "chưa in được", "unknown": "chưa rõ đã ra giấy",
             "saved": "đã lưu thành tệp"}  # fmt: skip
_PLEASED = {1: "rất hài lòng", 2: "hài lòng", 3: "chưa hài lòng"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """One act, for people.

    Attributes:
        who: display name where the clerk is known here, else the user id.
        detail: what the act says besides, "" for nothing.
        is_stored: the server has it.
        refusal: the server's words if it was set aside and not mended.
    """

    at: dt.datetime
    who: str
    words: str
    detail: str
    is_stored: bool
    refusal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A dossier whole, for people; numbers are masked unless they were revealed.

    Attributes:
        facts: (label, words) in the order of reading.
        papers: what was handed in, a line each.
        stages: of a linked procedure.
    """

    id: UUID
    code: str
    state: str
    sync: SyncState
    facts: tuple[tuple[str, str], ...]
    papers: tuple[str, ...]
    stages: tuple[processing.StageLine, ...]
    lines: tuple[StoryLine, ...]


def tell(desk: Desk, clerk: Clerk, dossier: UUID, *, reveals: bool = False) -> Story:
    """Return a dossier's story; the look is recorded, and so is a look at its numbers.

    Raises:
        NoSuchDossier: there is none.
    """
    with desk.store.database.reading() as session:
        told = read(session, desk, dossier)
    viewed(desk, clerk, dossier, reveals=reveals)
    shown = show(desk, dossier)
    return Story(
        id=dossier,
        code=told.dossier.code,
        state="Đã hoàn tác" if told.dossier.voided else told.dossier.state.words,
        sync=shown.sync,
        facts=tuple(_facts(told, shown.pages_stored, reveals=reveals)),
        papers=tuple(_paper(paper, told) for paper in told.dossier.papers),
        stages=processing.stages(desk, dossier),
        lines=_lines(desk, dossier),
    )


def _facts(told: Told, pages_stored: int, *, reveals: bool) -> list[tuple[str, str]]:
    d = told.dossier
    found = [("Thủ tục", told.procedure.name)]
    found.append(("Người nộp", person_words(d.submitter, reveals=reveals)))
    if d.applicant is not None:
        found.append(("Chủ hồ sơ", person_words(d.applicant, reveals=reveals)))
    found += [(f.label, _value(d.fields[f.key])) for f in told.procedure.fields
              if d.fields.get(f.key)]  # fmt: skip
    if d.summary:
        found.append(("Nội dung", d.summary))
    if d.copies:
        lines = (f"{c.name}: {c.pages} trang × {c.copies} bản" for c in d.copies)
        found.append(("Bản sao", "; ".join(lines)))
    found.append(("Nhận", f"{d.received_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"))
    due = f"{d.due_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
    found.append(("Hẹn trả", due + (" (đã lùi một lần)" if d.extended else "")))
    fee = fee_words(d.fee.amount, d.fee.how, is_known=d.fee.is_known)
    found.append(("Phí, lệ phí", f"{fee} — {d.payment.words.lower()}"))
    found.append(("Trang quét", f"{len(d.pages)}, máy chủ giữ {pages_stored}"))
    if d.unit or d.with_agency:
        at = " · ".join(p for p in (told.agency_name(d.with_agency), d.unit) if p)
        found.append(("Đang ở", at + (f", {d.holder} giữ" if d.holder else "")))
    elif d.holder:
        found.append(("Đang ở", f"{d.holder} giữ"))
    if d.proposal is not None:
        state = {"made": "đang chờ ký", "signed": "đã ký", "declined": "bị trả lại"}
        said = f" ({d.proposal.said})" if d.proposal.said else ""
        found.append(("Trình ký", f"{d.proposal.words} — {state[d.proposal.state]}{said}"))
    if d.result_name:
        number = f" số {d.result_number}" if d.result_number else ""
        book = f", quyển {d.result_book}" if d.result_book else ""
        place = f", để ở {d.result_place}" if d.result_place else ""
        found.append(("Kết quả", f"{d.result_name}{number}{book}{place}"))
    if d.former_codes or d.pad:
        found.append(("Mã khác", ", ".join([*d.former_codes, *([d.pad] if d.pad else [])])))
    for system, code in (d.external_codes or {}).items():
        found.append((f"Mã ở {system}", code))
    return found


def in_one_line(timeline: Sequence[TimelineEntry]) -> str:
    """Return what was done with a dossier, the times before the acts, looks left out."""
    return " → ".join(
        f"{entry.at[8:10]}/{entry.at[5:7]} {entry.at[11:16]} {kind_words(entry.kind)}"
        + (f" (máy chủ: {entry.refusal})" if entry.refusal else "")
        for entry in timeline
        if entry.kind not in _SILENT
    )


def person_words(person: bodies.Person, *, reveals: bool) -> str:
    """Return a person in one line; numbers are masked unless they may be seen."""
    number = person.id_number if reveals else mask_number(person.id_number)
    phone = person.phone if reveals else mask_number(person.phone, 4)
    parts = [person.name, number and f"căn cước {number}", _value(person.born), person.sex,
             phone and f"điện thoại {phone}", person.address]  # fmt: skip
    return ", ".join(part for part in parts if part)


def _value(text: str) -> str:
    try:
        return f"{dt.date.fromisoformat(text):%d/%m/%Y}" if len(text) == 10 else text
    except ValueError:
        return text


def _paper(given: GivenPaper, told: Told) -> str:
    names = {paper.key: paper.name for paper in told.procedure.papers}
    kinds = (("chính", given.original), ("chứng thực", given.certified),
             ("photo", given.photocopy))  # fmt: skip
    counts = ", ".join(f"{n} {kind}" for kind, n in kinds if n)
    pages = sum(page.paper == given.key for page in told.dossier.pages)
    scanned = f" · {pages} trang quét" if pages else ""
    return f"{given.name or names.get(given.key, given.key)}: {counts or 'dữ liệu'}{scanned}"


def _lines(desk: Desk, dossier: UUID) -> tuple[StoryLine, ...]:
    with desk.store.database.reading() as session:
        rows = session.scalars(
            select(EventRow)
            .where(EventRow.dossier == dossier, EventRow.kind.not_in(_SILENT))
            .order_by(EventRow.seq.is_(None), EventRow.seq, EventRow.place)
        ).all()
        names: dict[str, str] = {
            row.user: row.display_name for row in session.scalars(select(ClerkRow))
        }
        own = set(events.own_stores(session))
        known = {store: events.have(session, store) for store in own}
        return tuple(
            _line(row, names, is_stored=row.store not in own or row.n <= known[row.store])
            for row in rows
        )


def _line(row: EventRow, names: dict[str, str], *, is_stored: bool) -> StoryLine:
    at = moment(row.at)
    assert at is not None  # an envelope without a moment is never stored
    try:
        kind, body = read_act(events.to_event(row))
        detail = _detail(body)
    except UnreadableEvent:
        kind, detail = row.kind, ""
    words = kind_words(kind)
    if row.kind == "event.mended":
        words += " (gửi lại)"
    return StoryLine(
        at=at.astimezone(VIETNAM),
        who=names.get(row.actor, "máy chủ" if row.actor == "server" else row.actor),
        words=words[0].upper() + words[1:],
        detail=detail,
        is_stored=is_stored,
        refusal="" if row.is_mended else row.refusal or "",
    )


def _detail(body: Any) -> str:
    make = _DETAILS.get(type(body))
    return make(body) if make else str(getattr(body, "reason", "") or "")


def _handed(body: bodies.StageHandedOver) -> str:
    to = ", ".join(part for part in (body.to_unit, body.to_agency) if part)
    return " · ".join(part for part in (f"tới {to}", body.slip, body.note) if part)


def _returned(body: bodies.ResultReturned) -> str:
    parts = [f"cho {body.recipient.name}"]
    if body.relation == "authorised":
        parts.append(f"được uỷ quyền ({body.authority})")
    if body.lost_receipt:
        parts.append("mất giấy hẹn")
    if body.satisfaction:
        parts.append(_PLEASED[body.satisfaction])
    return ", ".join(parts)


def _printed(body: bodies.DocumentPrinted) -> str:
    again = f", lần {body.copy}" if body.copy > 1 else ""
    return f"mẫu {body.form}{again}: {_OUTCOMES[body.outcome]}"


_DETAILS: dict[type, Any] = {
    bodies.Received: lambda b: b.code,
    bodies.SupplementRequested: lambda b: f"{'; '.join(b.items)} — {b.reason}",
    bodies.FeePaid: lambda b: (
        f"{in_figures(b.amount)} đ {_METHODS[b.method]}"
        + (f" ({b.reference})" if b.reference else "")
    ),
    bodies.FeeRefunded: lambda b: f"{in_figures(b.amount)} đ: {b.reason}",
    bodies.FeeCharged: lambda b: f"{in_figures(b.fee.amount)} đ: {b.reason}",
    bodies.StageHandedOver: _handed,
    bodies.StageTaken: lambda b: b.unit,
    bodies.StageCompleted: lambda b: " ".join(p for p in (b.stage, b.result) if p),
    bodies.DueExtended: lambda b: f"tới {b.due_at.astimezone(VIETNAM):%d/%m/%Y}: {b.reason}",
    bodies.ProposalMade: lambda b: b.words,
    bodies.ProposalSigned: lambda b: b.note,
    bodies.ResultRecorded: lambda b: " ".join(
        p for p in (b.name, b.number and f"số {b.number}", b.book) if p
    ),
    bodies.ResultReturned: _returned,
    bodies.DocumentPrinted: _printed,
    bodies.NoteAdded: lambda b: b.text,
    bodies.CodeCorrected: lambda b: f"{b.former} → {b.code}",
    bodies.ExternalCodeSet: lambda b: f"{b.system}: {b.code}",
    bodies.PapersAdded: lambda b: f"{sum(p.count for p in b.papers)} giấy tờ",
}


def retyping(desk: Desk, clerk: Clerk, dossier: UUID) -> tuple[tuple[str, str], ...]:
    """Return (label, value) of what is typed again into another system, numbers whole.

    The look at the numbers is recorded.

    Raises:
        NoSuchDossier: there is none.
    """
    with desk.store.database.reading() as session:
        told = read(session, desk, dossier)
    viewed(desk, clerk, dossier, reveals=True)
    return tuple((label, value) for label, value in _retyped(told) if value)


def _retyped(told: Told) -> list[tuple[str, str]]:
    d: Dossier = told.dossier
    found = [
        ("Mã hồ sơ", d.code),
        ("Mã thủ tục", d.procedure),
        ("Ngày nhận", f"{d.received_at.astimezone(VIETNAM):%d/%m/%Y}"),
        ("Ngày hẹn trả", f"{d.due_at.astimezone(VIETNAM):%d/%m/%Y}"),
    ]
    people = [("người nộp", d.submitter)]
    if d.applicant is not None:
        people.append(("chủ hồ sơ", d.applicant))
    for who, person in people:
        found += [
            (f"Họ tên {who}", person.name),
            (f"Số định danh {who}", person.id_number),
            (f"Ngày sinh {who}", _value(person.born)),
            (f"Giới tính {who}", person.sex),
            (f"Điện thoại {who}", person.phone),
            (f"Nơi cư trú {who}", person.address),
        ]
    found += [(f.label, _value(d.fields.get(f.key, ""))) for f in told.procedure.fields]
    return found
