"""Forms 02 to 06 of one dossier: papers asked for, refusal, apology, stop, and its course."""

from __future__ import annotations

import datetime as dt

from app.domain import course
from app.domain.amounts import in_figures
from app.domain.calendar import Term, TermUnit
from app.domain.catalogue import Form, FormSet
from app.domain.fold import Counted
from app.services.desk import VIETNAM
from app.services.paperwork import phrases
from app.services.paperwork.order import NothingToPrint, Setting
from app.services.paperwork.phrases import long_day, long_moment, word
from app.services.paperwork.told import Told
from printing.document import PrintDocument
from printing.forms import control, letter, refusal, supplement
from printing.forms.frame import Head, Signature

_CHIEF = "THỦ TRƯỞNG CƠ QUAN, ĐƠN VỊ"
_CHIEF_HINT = "(Ký, ghi rõ họ tên và đóng dấu)"


def _act(told: Told, kind: str, what: str, advice: str) -> Counted:
    act = course.last(told.acts, kind)
    if act is None:
        raise NothingToPrint(f"Hồ sơ {told.dossier.code} {what}.", advice)
    return act


def _head(told: Told, form: tuple[FormSet, Form], day: dt.date, *, book: str = "") -> Head:
    return phrases.form_head(told.agency, day, *form, book=book)


def _people(told: Told, forms: FormSet) -> tuple[tuple[str, str], ...]:
    dossier = told.dossier
    return (
        ("Tiếp nhận hồ sơ của Ông (Bà)", dossier.submitter.name.upper()),
        *phrases.owner_lines(dossier),
        *phrases.person_lines(dossier.submitter, forms),
        ("Nội dung yêu cầu giải quyết", phrases.content(told)),
    )


def request(setting: Setting, told: Told) -> PrintDocument:
    """Return form 02 of the last request for papers.

    Raises:
        NothingToPrint: nothing was asked for.
    """
    act = _act(told, "supplement.requested", "chưa có yêu cầu bổ sung nào",
               "Ghi yêu cầu bổ sung vào hồ sơ trước, rồi in phiếu.")  # fmt: skip
    forms, form = told.form("02")
    body, on = act.body, course.at_of(act)
    words = supplement.SupplementWords(
        head=_head(told, (forms, form), on.date()),
        codes=phrases.code_words(told),
        form_number=form.number,
        title=form.title,
        lines=_people(told, forms),
        items=tuple((item, "") for item in body.items),
        reason=body.reason,
        round=course.count(told.acts, "supplement.requested"),
        deadline=_deadline(setting, told, forms, on),
        ground=word(forms, "request_ground", ""),
        contact=phrases.contact(told.agency, setting.clerk.display_name, when=phrases.COMPLETING),
        clerk_name=setting.clerk.display_name,
        submitter_name=told.dossier.submitter.name,
        marks=phrases.marks(told.dossier, setting.reprint),
        watermark=phrases.watermark(told.dossier),
    )
    return supplement.build(words, setting.paper)


def _deadline(setting: Setting, told: Told, forms: FormSet, asked_at: dt.datetime) -> str:
    """Return until when papers may follow; "" where no rule and no person said.

    In the linked groups that is a number of working days (NĐ 301/2026), and
    the set's wording holds it; elsewhere each procedure has its own.
    """
    if setting.order.deadline is not None:
        return f"đến hết {long_day(setting.order.deadline)}"
    days = word(forms, "linked_request_days", "")
    if not told.procedure.stages or not days:
        return ""
    term = Term(unit=TermUnit.WORKING_DAYS, count=int(days))
    due = told.catalogue.calendar(asked_at.date()).due(asked_at, term)
    return f"{days} ngày làm việc, đến hết {long_day(due.at.astimezone(VIETNAM).date())}"


def refused(setting: Setting, told: Told) -> PrintDocument:
    """Return form 03.

    Raises:
        NothingToPrint: the dossier was not refused.
    """
    act = _act(told, "dossier.refused", "không bị từ chối", "Không có phiếu từ chối để in.")
    forms, form = told.form("03")
    day = course.at_of(act).date()
    words = refusal.RefusalWords(
        head=_head(told, (forms, form), day),
        codes=phrases.code_words(told),
        form_number=form.number,
        title=form.title,
        lines=_people(told, forms),
        agency=told.agency.name,
        reason=act.body.reason,
        contact=phrases.contact(told.agency, setting.clerk.display_name),
        submitter_name=told.dossier.submitter.name,
        clerk_name=setting.clerk.display_name,
        marks=phrases.marks(told.dossier, setting.reprint),
        watermark=phrases.watermark(told.dossier),
    )
    return refusal.build(words, setting.paper)


def apology(setting: Setting, told: Told) -> PrintDocument:
    """Return form 04: apology, reason and the new day.

    Raises:
        NothingToPrint: the due date was not moved.
    """
    act = _act(told, "due.extended", "chưa lùi ngày hẹn trả",
               "Ghi việc lùi ngày hẹn vào hồ sơ trước, rồi in văn bản.")  # fmt: skip
    form = told.form("04")
    agency, dossier = told.agency.name, told.dossier
    before = act.before.due_at if act.before else dossier.due_at
    name = dossier.submitter.name
    words = letter.LetterWords(
        head=_head(told, form, course.at_of(act).date()),
        codes=phrases.code_words(told),
        form_number=form[1].number,
        title=form[1].title,
        addressee=f"Ông/Bà {name}",
        opening=(
            f"{long_day(told.received_at.date()).capitalize()}, {agency} tiếp nhận giải quyết hồ "
            f"sơ đề nghị giải quyết thủ tục hành chính “{phrases.content(told)}” của Ông/Bà "
            f"{name}; mã hồ sơ: {dossier.code}.",
            f"Thời gian hẹn trả kết quả giải quyết hồ sơ: {long_moment(before)}.",
            f"Tuy nhiên đến nay, {agency} chưa trả kết quả giải quyết hồ sơ của Ông/Bà đúng thời "
            f"hạn quy định. Lý do: {act.body.reason}",
        ),
        lines=(),
        closing=(
            f"{agency} xin lỗi Ông/Bà vì sự chậm trễ này và sẽ trả kết quả vào "
            f"{long_moment(act.body.due_at)}.",
            "Mong nhận được sự thông cảm của Ông/Bà. Ngày hẹn trả chỉ được lùi một lần.",
        ),
        signature=Signature(_CHIEF, hint=_CHIEF_HINT),
        copies_to=("Như trên", "Bộ phận tiếp nhận và trả kết quả"),
        marks=phrases.marks(dossier, setting.reprint),
        watermark=phrases.watermark(dossier),
    )
    return letter.build(words, setting.paper)


def stop(setting: Setting, told: Told) -> PrintDocument:
    """Return form 05. Source: TT 03/2025/TT-VPCP Điều 7; its own fields were not available.

    Raises:
        NothingToPrint: the dossier was not stopped.
    """
    act = _act(told, "dossier.stopped", "chưa dừng giải quyết",
               "Ghi việc dừng vào hồ sơ trước, rồi in thông báo.")  # fmt: skip
    form = told.form("05")
    dossier, agency = told.dossier, told.agency.name
    at = course.at_of(act)
    words = letter.LetterWords(
        head=_head(told, form, at.date()),
        codes=phrases.code_words(told),
        form_number=form[1].number,
        title=form[1].title,
        addressee=f"Ông/Bà {dossier.submitter.name}",
        opening=(f"{agency} thông báo dừng giải quyết hồ sơ sau đây:",),
        lines=(
            ("Thủ tục hành chính", phrases.content(told)),
            ("Chủ hồ sơ", dossier.owner.name),
            ("Ngày tiếp nhận", long_moment(told.received_at)),
            ("Ngày dừng giải quyết", long_moment(at)),
            ("Lý do", act.body.reason),
            ("Kết quả giải quyết", "chưa có quyết định hoặc kết quả nào được ban hành"),
            ("Phí, lệ phí đã nộp", _paid(dossier.paid)),
            ("Giấy tờ hoàn trả", f"{len(dossier.papers)} loại, theo giấy tiếp nhận đã cấp"),
        ),
        closing=(
            "Ông/Bà mang theo giấy tiếp nhận hồ sơ đến nơi đã nộp để nhận lại giấy tờ. Khi có nhu "
            "cầu, Ông/Bà có thể nộp hồ sơ mới.",
        ),
        signature=Signature(_CHIEF, hint=_CHIEF_HINT),
        copies_to=("Như trên", "Bộ phận tiếp nhận và trả kết quả"),
        marks=phrases.marks(dossier, setting.reprint),
        watermark=phrases.watermark(dossier),
    )
    return letter.build(words, setting.paper)


def _paid(paid: int) -> str:
    if not paid:
        return "chưa nộp"
    return f"{in_figures(paid)} đồng; hoàn hay không hoàn theo quy định về phí, lệ phí"


def controlled(setting: Setting, told: Told) -> PrintDocument:
    """Return form 06 (05 of the old set), a view of the dossier's events."""
    forms, form = told.form("06")
    dossier = told.dossier
    steps = course.steps(told.acts)
    partners = list(dict.fromkeys(
        told.agency_name(s.taker) for s in steps
        if not s.taker_is_person and s.taker != dossier.agency
    ))  # fmt: skip
    words = control.ControlWords(
        head=_head(told, (forms, form), told.received_at.date(),
                   book=f"Quyển số: {told.received_at.year}, Số thứ tự: ………"),
        codes=phrases.code_words(told),
        form_number=form.number,
        title=form.title,
        lines=(
            ("Kèm theo hồ sơ của", dossier.owner.name),
            ("Nội dung yêu cầu giải quyết", phrases.content(told)),
            ("Ngày nhận", long_moment(told.received_at)),
            ("Ngày, giờ hẹn trả kết quả", long_moment(dossier.due_at)),
            ("Cơ quan (bộ phận) giải quyết hồ sơ", told.agency.name),
            ("Cơ quan phối hợp giải quyết hồ sơ", ", ".join(partners) or "không"),
        ),
        steps=tuple(_control_step(told, step) for step in steps),
        spare=3 if dossier.is_open else 0,
        marks=phrases.marks(dossier, setting.reprint),
        watermark=phrases.watermark(dossier),
    )  # fmt: skip
    return control.build(words, setting.paper)


def _control_step(told: Told, step: course.Step) -> control.ControlStep:
    taker = step.taker if step.taker_is_person else told.agency_name(step.taker)
    taken = ""
    if step.taken_at is not None and step.taken_at != step.at:
        taken = f"nhận {phrases.short_moment(step.taken_at)}"
    result = ""
    if step.done_at is not None and step.due_at is not None:
        result = course.timeliness(step.done_at, step.due_at)
    return control.ControlStep(
        giver=step.giver if step.giver_is_person else told.agency_name(step.giver),
        taker=", ".join(part for part in (taker, step.unit) if part),
        at=long_moment(step.at),
        result=result,
        note="; ".join(part for part in (step.note, taken) if part),
    )
