"""Receive a dossier: check it, give it its final code, store it. Nothing waits."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain import bodies, codes, fees
from app.domain.calendar import Due, TermUnit
from app.domain.catalogue import Catalogue, FieldType, Procedure, agency_kind_words
from app.domain.fees import CopyLine, Exemption, Fee, FeeKind
from app.domain.fold import NotAllowed
from app.domain.papers import GivenPaper, Paper, PaperCheck, as_asked, check_papers
from app.domain.text import clean, normal_phone
from app.errors import AppError
from app.models import events, numbers, projection
from app.models.base import DossierRow, DraftRow
from app.services import scanning
from app.services.desk import Clerk, Desk
from app.services.signin import Leave

_LOOKED_BACK = 400  # receptions
LONGEST_TEXT, LONGEST_KEY = 500, 80  # as app.domain.bodies has them
OFFLINE_AFTER = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A reception recorded afterwards, with a supervisor's leave.

    Attributes:
        allowed_by: user id of the supervisor.
        leave: what the supervisor's PIN gave; None if they receive it themselves.
    """

    at: dt.datetime
    reason: str
    allowed_by: str
    leave: Leave | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What a clerk entered.

    Attributes:
        procedure: national or short code.
        copies: lines of a certified-copy dossier.
        copy_count: of procedures charged per copy.
        owed_reason: set if missing papers may follow later.
        draft: the draft that this reception ends, with its scanned pages.
        pad: number of the blank receipt that was written by hand, of a late entry.
        batch: shared by dossiers that one receipt lists, "" if alone.
    """

    procedure: str
    submitter: bodies.Person
    applicant: bodies.Person | None = None
    relation: str = "self"
    fields: dict[str, str] = field(default_factory=dict)
    papers: tuple[GivenPaper, ...] = ()
    copies: tuple[CopyLine, ...] = ()
    copy_count: int = 1
    exemption: str = ""
    sets: int = 1
    return_via: int = 0
    summary: str = ""
    owed_reason: str = ""
    draft: UUID | None = None
    late: Late | None = None
    pad: str = ""
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend: which field, and what to do, in Vietnamese."""

    field: str
    words: str


class IntakeFaults(AppError):
    """A dossier cannot be received yet; what was typed is kept.

    Attributes:
        faults: everything to mend, in form order.
        missing: required papers that are not there.
    """

    def __init__(self, faults: tuple[Fault, ...], missing: tuple[Paper, ...]) -> None:
        self.faults, self.missing = faults, missing
        lines = [fault.words for fault in faults]
        if missing:
            lines.append("Còn thiếu: " + "; ".join(paper.name for paper in missing) + ".")
        super().__init__(f"Còn {len(lines)} chỗ cần sửa.", " ".join(lines), "Chữ đã gõ vẫn còn.")


class UnknownProcedure(AppError):
    """No procedure in force has this code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageQuote:
    """One stage of a linked procedure: whose turn it will be, and until when, provisionally."""

    name: str
    agency: str
    due_at: dt.datetime | None
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What will stand on the receipt if the dossier is received now."""

    procedure: Procedure
    due: Due | None
    fee: Fee
    papers: PaperCheck
    stages: tuple[StageQuote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """A dossier that is safely stored, in two places.

    Attributes:
        unfilled: labels of the procedure's required case fields left empty.
    """

    dossier: UUID
    code: str
    check: str
    lookup: str
    due_at: dt.datetime
    fee: Fee
    provisional: bool
    procedure_name: str
    submitter_name: str
    unfilled: tuple[str, ...] = ()


def find_procedure(catalogue: Catalogue, code: str, on: dt.date) -> Procedure:
    """Return a procedure in force by national or short code.

    Raises:
        UnknownProcedure: none is; the message offers what is near.
    """
    try:
        return catalogue.procedure(code.strip(), on)
    except KeyError as error:
        near = catalogue.search(code, on, limit=3)
        offer = "; ".join(f"{p.short} — {p.name}" for p in near)
        raise UnknownProcedure(
            f"Không có thủ tục “{code}” đang hiệu lực.",
            f"Gần giống: {offer}." if offer else "Gõ mã hoặc tên thủ tục, không cần dấu.",
        ) from error


def quote(desk: Desk, intake: Intake, at: dt.datetime | None = None) -> Quote:
    """Work out due date, fee and missing papers, storing nothing.

    Raises:
        UnknownProcedure: no such procedure is in force.
    """
    at = at or (intake.late.at if intake.late else desk.now())
    catalogue = desk.catalogue()
    procedure = find_procedure(catalogue, intake.procedure, at.date())
    due = None
    if procedure.term.unit is not TermUnit.OPEN:
        due = catalogue.calendar(at.date()).due(at, procedure.term, procedure.cutoff)
    exemption = _exemption(catalogue, procedure, intake.exemption)
    fee = fees.work_out(
        procedure.fee,
        received_on=at.date(),
        copies=[line for line in intake.copies if line.pages > 0 and line.copies > 0],
        count=intake.copy_count,
        fields=intake.fields,
        council=desk.agency().council_fees,
        exemption=exemption,
    )
    return Quote(
        procedure=procedure,
        due=due,
        fee=fee,
        papers=check_papers(procedure.papers, with_implied_papers(procedure, intake).papers),
        stages=_stage_quotes(catalogue, procedure, at),
    )


def _stage_quotes(
    catalogue: Catalogue, procedure: Procedure, at: dt.datetime
) -> tuple[StageQuote, ...]:
    dues = {due.stage: due.due_at for due in stage_dues(catalogue, procedure, at)}
    return tuple(
        StageQuote(
            name=stage.name,
            agency=agency_kind_words(stage.agency_kind),
            due_at=dues.get(stage.key),
            optional=stage.optional,
        )
        for stage in procedure.stages
    )


def exemptions_for(catalogue: Catalogue, procedure: Procedure) -> tuple[Exemption, ...]:
    """Return the grounds on which a procedure's fee may be less, in catalogue order."""
    if procedure.fee.kind is FeeKind.NONE:
        return ()
    return tuple(e for e in catalogue.exemptions if procedure.subject in e.subjects)


def most_used(desk: Desk, limit: int = 8) -> tuple[Procedure, ...]:
    """Return the procedures of this station's last weeks, the most frequent first.

    A new station is offered the first ones of the catalogue.
    """
    today = desk.now().date()
    newest = (
        select(DossierRow.procedure).order_by(DossierRow.row.desc()).limit(_LOOKED_BACK).subquery()
    )
    counted = (
        select(newest.c.procedure)
        .group_by(newest.c.procedure)
        .order_by(func.count().desc(), newest.c.procedure)
        .limit(limit)
    )
    with desk.store.database.reading() as session:
        codes_used = session.scalars(counted).all()
    in_force = {p.code: p for p in desk.catalogue().procedures_on(today)}
    wanted = [*codes_used, *in_force]
    return tuple(in_force[code] for code in dict.fromkeys(wanted) if code in in_force)[:limit]


def _exemption(catalogue: Catalogue, procedure: Procedure, key: str) -> Exemption | None:
    if not key:
        return None
    try:
        exemption = catalogue.exemption(key)
    except KeyError:
        exemption = None
    if exemption is None or procedure.subject not in exemption.subjects:
        raise AppError(
            f"Diện miễn “{key}” không áp dụng cho thủ tục {procedure.code}.", "Chọn diện khác."
        )
    return exemption


def with_implied_papers(procedure: Procedure, intake: Intake) -> Intake:
    """Return the entry with the papers that the lines of certified copies name anyway."""
    if procedure.fee.kind is not FeeKind.COPIES or not intake.copies or intake.papers:
        return intake
    asked = tuple(as_asked(paper) for paper in procedure.papers if paper.required)
    return replace(intake, papers=asked)


def faults_of(desk: Desk, intake: Intake, quoted: Quote) -> tuple[Fault, ...]:
    """Return everything the clerk must mend before the dossier can be received."""
    return tuple(_faults(desk, intake, quoted))


def _faults(desk: Desk, intake: Intake, quoted: Quote) -> Iterator[Fault]:
    today = desk.now().date()
    yield from _person_faults("submitter", intake.submitter, today)
    if intake.applicant is not None:
        yield from _person_faults("applicant", intake.applicant, today)
    elif intake.relation != "self":
        yield Fault("applicant", "Nộp thay thì cần tên chủ hồ sơ.")
    if quoted.due is None:
        yield Fault(
            "procedure",
            f"Thủ tục {quoted.procedure.code} chưa có thời hạn trong danh mục: "
            "nhờ người quản trị danh mục điền.",
        )
    yield from _field_faults(quoted.procedure, intake.fields, today)
    if quoted.procedure.fee.kind is FeeKind.COPIES and not intake.copies:
        yield Fault("copies", "Gõ ít nhất một giấy tờ: số trang và số bản.")
    for line in intake.copies:
        if not line.name.strip() or line.pages < 1 or line.copies < 1:
            yield Fault("copies", "Mỗi dòng cần tên giấy tờ, số trang và số bản từ 1.")
    if quoted.papers.missing and intake.owed_reason and not quoted.procedure.may_owe_papers:
        yield Fault("papers", "Thủ tục này không cho nợ giấy tờ.")
    if intake.late is not None:
        yield from _late_faults(desk, intake.late)
        yield from _length_faults("late", intake.late.reason)
    yield from _length_faults("summary", intake.summary)
    yield from _length_faults("papers", intake.owed_reason)


def _length_faults(where: str, text: str, longest: int = LONGEST_TEXT) -> Iterator[Fault]:
    if len(text) > longest:
        yield Fault(where, f"Dài {len(text)} ký tự, nhiều nhất {longest}: rút gọn lại.")


def _person_faults(where: str, person: bodies.Person, today: dt.date) -> Iterator[Fault]:
    if not person.name.strip():
        yield Fault(f"{where}.name", "Gõ họ và tên.")
    for part in ("name", "address", "email"):
        yield from _length_faults(f"{where}.{part}", getattr(person, part))
    for part in ("id_number", "sex"):
        yield from _length_faults(f"{where}.{part}", getattr(person, part), LONGEST_KEY)
    if person.kind == 1 and person.id_number:
        digits = person.id_number
        if not re.fullmatch(r"\d{12}|\d{9}|[A-Z]\d{7,8}", digits):
            yield Fault(
                f"{where}.id_number",
                f"Số căn cước có 12 chữ số; đang có {len(digits)}.",
            )
    if person.phone and normal_phone(person.phone) is None:
        yield Fault(f"{where}.phone", f"Số điện thoại “{person.phone}” chưa đúng: 10 chữ số.")
    if person.born:
        yield from _day_faults(f"{where}.born", "Ngày sinh", person.born, today)


def _day_faults(where: str, what: str, text: str, today: dt.date) -> Iterator[Fault]:
    try:
        day = dt.date(int(text), 1, 1) if re.fullmatch(r"\d{4}", text) else (
            dt.date.fromisoformat(text)
        )  # fmt: skip
    except ValueError:
        yield Fault(where, f"{what} “{text}” không có trong lịch.")
        return
    if day > today:
        yield Fault(where, f"{what} phải trước hôm nay ({today:%d/%m/%Y}).")


def _field_faults(procedure: Procedure, given: dict[str, str], today: dt.date) -> Iterator[Fault]:
    known = {f.key for f in procedure.fields}
    for key in given:
        if key not in known:
            yield Fault(f"fields.{key}", f"Thủ tục {procedure.code} không có trường “{key}”.")
    for case_field in procedure.fields:
        where = f"fields.{case_field.key}"
        value = given.get(case_field.key, "").strip()
        yield from _length_faults(where, value)
        if not value:
            continue  # said on the outcome; a citizen is not sent away for it
        if case_field.type is FieldType.DATE:
            limit = today if case_field.not_future else dt.date.max
            yield from _day_faults(where, case_field.label, value, limit)
        elif case_field.type is FieldType.CHOICE and value not in case_field.choices:
            yield Fault(where, f"“{case_field.label}”: chọn {', '.join(case_field.choices)}.")
        elif case_field.type is FieldType.NUMBER and not value.isdigit():
            yield Fault(where, f"“{case_field.label}” là một số.")


def _late_faults(desk: Desk, late: Late) -> Iterator[Fault]:
    if not late.reason.strip() or not late.allowed_by:
        yield Fault("late", "Ghi bù cần lý do và người phụ trách cho phép.")
    if late.at > desk.now():
        yield Fault("late", "Giờ ghi bù phải trước bây giờ.")


def receive(desk: Desk, clerk: Clerk, intake: Intake) -> Reception:
    """Store a dossier under its final code, in the store and the second journal.

    The number is taken, the event written and the draft ended in one
    transaction. When this returns, the code may leave the process.

    Raises:
        IntakeFaults: something must be mended; nothing was stored.
        StoreProblem: nothing was stored.
        JournalGone: the journal went away during the act: stored, but the
            code may not leave yet.
    """
    intake = tidied(intake)
    if not clerk.may_receive:
        raise AppError(
            "Tài khoản này không được tiếp nhận hồ sơ.", "Đăng nhập bằng tài khoản tiếp nhận."
        )
    if intake.late is not None and not (
        clerk.is_supervisor or desk.practice or intake.late.leave is not None
    ):
        raise AppError(
            "Ghi bù hồ sơ cần người phụ trách cho phép.",
            "Nhờ người phụ trách gõ tên đăng nhập và mã PIN vào khối “Ghi bù”.",
        )
    now = desk.now()
    at = intake.late.at if intake.late else now
    quoted = quote(desk, intake, at)
    faults = faults_of(desk, intake, quoted)
    owing = bool(intake.owed_reason)
    missing = () if owing else quoted.papers.missing
    if faults or missing or quoted.due is None:
        raise IntakeFaults(faults, missing)
    intake = with_implied_papers(quoted.procedure, intake)
    if intake.draft is not None:
        _check_pages(desk, quoted.procedure, intake.draft, at.date())
    dossier = uuid4()
    # without a second place to keep it, no final code may leave: provisional then
    is_final = desk.store.has_journal()
    with desk.store.acting(needs_journal=is_final) as session:
        body = _body(session, desk, intake, quoted, at, is_final=is_final)
        try:
            projection.record(
                session, events.Act("dossier.received", body, clerk.user, now, dossier)
            )
        except NotAllowed as error:
            raise AppError(error.reason) from error
        pages = _end_draft(session, clerk, intake.draft, dossier, now)
    for page in pages:
        desk.store.unacknowledged_copy(page)
    return Reception(
        dossier=dossier,
        code=body.code,
        check=body.check,
        lookup=body.lookup,
        due_at=body.due_at,
        fee=quoted.fee,
        provisional=body.provisional,
        procedure_name=quoted.procedure.name,
        submitter_name=intake.submitter.name,
        unfilled=tuple(
            f.label for f in quoted.procedure.fields if f.required and not intake.fields.get(f.key)
        ),
    )


def _check_pages(desk: Desk, procedure: Procedure, draft: UUID, on: dt.date) -> None:
    """Refuse a draft that holds an image of a secret paper."""
    for page in scanning.pages_of_draft(desk, draft):
        scanning.check_may_scan(desk.catalogue(), procedure.code, on, page.paper)


def tidied(intake: Intake) -> Intake:
    """Return the entry in normal form: NFC, no stray spaces, phones as digits."""

    def person(p: bodies.Person | None) -> bodies.Person | None:
        if p is None:
            return None
        return replace(
            p,
            name=clean(p.name),
            id_number=re.sub(r"[\s.\-]", "", p.id_number).upper(),
            born=p.born.strip(),
            sex=p.sex.strip(),
            phone=normal_phone(p.phone) or p.phone.strip(),
            email=p.email.strip(),
            address=clean(p.address),
        )

    submitter = person(intake.submitter)
    assert submitter is not None
    return replace(
        intake,
        procedure=intake.procedure.strip(),
        submitter=submitter,
        applicant=person(intake.applicant),
        fields={k: clean(v) for k, v in intake.fields.items() if v.strip()},
        papers=tuple(p for p in intake.papers if p.count or p.replaced_by_data),
        copies=tuple(replace(line, name=clean(line.name)) for line in intake.copies),
        summary=clean(intake.summary),
        pad=intake.pad.strip().upper(),
        owed_reason=clean(intake.owed_reason),
    )


def _body(
    session: Session,
    desk: Desk,
    intake: Intake,
    quoted: Quote,
    at: dt.datetime,
    *,
    is_final: bool,
) -> bodies.Received:
    procedure, due, fee = quoted.procedure, quoted.due, quoted.fee
    assert due is not None
    catalogue = desk.catalogue()
    code, number, source = take_code(session, desk, catalogue, at.date(), is_final=is_final)
    return bodies.Received(
        code=code,
        check=codes.check_character(code),
        lookup=codes.lookup_code(secrets.token_bytes(codes.LOOKUP_BYTES)),
        agency=desk.store.station.agency,
        procedure=procedure.code,
        catalogue=catalogue.version,
        forms=catalogue.form_set(at.date()).key,
        received_at=at,
        due_at=due.at,
        counted_from=due.counted_from,
        due_is_certain=due.is_certain,
        submitter=intake.submitter,
        number=number,
        provisional=not source,
        drawn_from=source,
        applicant=intake.applicant,
        relation=intake.relation,  # type: ignore[arg-type] # checked when it was read
        summary=intake.summary,
        fields=intake.fields,
        papers=intake.papers,
        owed=tuple(p.key for p in quoted.papers.missing) if intake.owed_reason else (),
        owed_reason=intake.owed_reason,
        copies=intake.copies,
        fee=bodies.ChargedFee(
            amount=fee.amount,
            full=fee.full if fee.full != fee.amount else 0,
            how=fee.how,
            exemption=fee.exemption,
            is_known=fee.is_known,
        ),
        sets=intake.sets,
        return_via=intake.return_via,  # type: ignore[arg-type]
        stages=stage_dues(catalogue, procedure, at),
        offline=is_offline(session, at),
        practice=desk.practice,
        late=bodies.LateEntry(reason=intake.late.reason, allowed_by=intake.late.allowed_by)
        if intake.late
        else None,
        batch=intake.batch,
        pad=intake.pad,
    )


def stage_dues(
    catalogue: Catalogue, procedure: Procedure, at: dt.datetime
) -> tuple[bodies.StageDue, ...]:
    """Count each stage from the end of the one before; each agency counts anew later."""
    calendar, start = catalogue.calendar(at.date()), at
    dues: list[bodies.StageDue] = []
    for stage in procedure.stages:
        if stage.optional or stage.term.unit is TermUnit.OPEN:
            continue
        start = calendar.due(start, stage.term, stage.cutoff).at
        dues.append(bodies.StageDue(stage=stage.key, due_at=start))
    return tuple(dues)


def take_code(
    session: Session, desk: Desk, catalogue: Catalogue, day: dt.date, *, is_final: bool
) -> tuple[str, int, str]:
    """Return (code, number, where it was drawn from); provisional if none is left.

    Args:
        day: of reception.
        is_final: the second journal can be written, so a final code may leave.
    """
    incarnation = events.incarnation(session)
    agency = desk.store.station.agency
    is_final = is_final and not events.get_fact(session, "used_twice")
    drawn = numbers.draw(session, incarnation, agency, day) if is_final else None
    if drawn is None:
        n, _ = events.last_of(session, incarnation)
        return f"T-{incarnation.hex[:6].upper()}-{day:%y%m%d}-{n + 1:04d}", 0, ""
    code = codes.write_code(catalogue.code_patterns, agency, day, drawn.number)
    return code, drawn.number, drawn.source


def is_offline(session: Session, now: dt.datetime) -> bool:
    """Tell whether the server has not been reached for ten minutes."""
    reached = events.get_fact(session, "reached_at")
    return not reached or now - dt.datetime.fromisoformat(reached) > OFFLINE_AFTER


def _end_draft(
    session: Session, clerk: Clerk, draft: UUID | None, dossier: UUID, now: dt.datetime
) -> list[str]:
    """Attach the draft's pages and drop it; return the pages' hashes."""
    if draft is None:
        return []
    attached = scanning.attach_waiting(session, draft, dossier, clerk, now)
    kept = session.get(DraftRow, draft)
    if kept is not None:
        session.delete(kept)
    return [body.sha256 for body in attached]


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A dossier of the same person for the same procedure today."""

    code: str
    received_at: dt.datetime


def same_today(desk: Desk, procedure: str, id_number: str) -> Twin | None:
    """Return today's dossier of this person for this procedure, if there is one."""
    if not id_number:
        return None
    with desk.store.database.reading() as session:
        row = session.execute(
            select(DossierRow.code, DossierRow.received_at)
            .where(
                DossierRow.id_number == id_number,
                DossierRow.procedure == procedure,
                DossierRow.day == desk.now().date(),
                DossierRow.voided.is_(False),
            )
            .order_by(DossierRow.row.desc())
            .limit(1)
        ).first()
    return None if row is None else Twin(code=row.code, received_at=row.received_at)
