"""Forms 02 and 03 at the counter, before anything was received: the citizen goes home with words.

There is no dossier yet, so there is no code and no event of one; that a paper
with somebody's name left the program is noted, and both sides sign it.
"""

from __future__ import annotations

from app.domain.catalogue import FormSet, Procedure
from app.domain.papers import Paper, check_papers
from app.services import intake
from app.services.intake import Intake
from app.services.paperwork import phrases
from app.services.paperwork.order import NothingToPrint, Setting, WrongOrder
from app.services.paperwork.phrases import long_day, word
from app.services.paperwork.told import form_on
from printing.document import PrintDocument
from printing.forms import refusal, supplement


def _entry(setting: Setting) -> tuple[Intake, Procedure]:
    entry = setting.order.entry
    if entry is None:
        raise WrongOrder("Chưa nói ai nộp gì.", "Nhập người nộp, thủ tục và giấy tờ đã có.")
    today = setting.desk.now().date()
    procedure = intake.find_procedure(setting.desk.catalogue(), entry.procedure, today)
    return intake.with_implied_papers(procedure, intake.tidied(entry)), procedure


def _lines(entry: Intake, procedure: Procedure, forms: FormSet) -> tuple[tuple[str, str], ...]:
    asked = procedure.name + (f": {entry.summary}" if entry.summary else "")
    return (
        ("Tiếp nhận hồ sơ của Ông (Bà)", entry.submitter.name.upper()),
        *([("Chủ hồ sơ", entry.applicant.name)] if entry.applicant else []),
        *phrases.person_lines(entry.submitter, forms),
        ("Nội dung yêu cầu giải quyết", asked),
    )


def request(setting: Setting) -> PrintDocument:
    """Return form 02 with all that is missing of a procedure's papers, at once.

    Raises:
        NothingToPrint: nothing is missing.
        UnknownProcedure: there is none of that code.
        WrongOrder: nobody said who wants what.
    """
    entry, procedure = _entry(setting)
    desk, order = setting.desk, setting.order
    check = check_papers(procedure.papers, entry.papers)
    items = [(f"{paper.name}: {asked_words(paper)}", "") for paper in check.missing]
    items += [(f"{paper.name}: chưa đủ, cần {asked_words(paper)}", "") for paper in check.short]
    if not items and not order.reason:
        raise NothingToPrint(
            "Giấy tờ đã đủ, không có gì để bổ sung.", "Tiếp nhận hồ sơ, hoặc ghi rõ lý do."
        )
    today, agency = desk.now().date(), desk.agency()
    forms, form = form_on(desk.catalogue(), "02", today)
    until = order.deadline
    words = supplement.SupplementWords(
        head=phrases.form_head(agency, today, forms, form),
        codes=None,
        form_number=form.number,
        title=form.title,
        lines=_lines(entry, procedure, forms),
        items=tuple(items) or ((order.reason, ""),),
        reason=order.reason or "thành phần hồ sơ chưa đầy đủ theo quy định",
        round=1,
        deadline=f"đến hết {long_day(until)}" if until else "",
        ground=word(forms, "request_ground", ""),
        contact=phrases.contact(agency, setting.clerk.display_name, when=phrases.COMPLETING),
        clerk_name=setting.clerk.display_name,
        submitter_name=entry.submitter.name,
    )
    return supplement.build(words, setting.paper)


def asked_words(paper: Paper) -> str:
    """Return how many of which kind a procedure asks for; one original if it does not say."""
    kinds = (("bản chính", paper.original), ("bản chứng thực", paper.certified),
             ("bản photo", paper.photocopy))  # fmt: skip
    return ", ".join(f"{n} {kind}" for kind, n in kinds if n) or "1 bản chính"


def refused(setting: Setting) -> PrintDocument:
    """Return form 03 for what was not received at all.

    Raises:
        UnknownProcedure: there is none of that code.
        WrongOrder: nobody said who wants what, or why it is refused.
    """
    entry, procedure = _entry(setting)
    if not setting.order.reason.strip():
        raise WrongOrder("Từ chối tiếp nhận cần lý do cụ thể.", "Ghi lý do.")
    desk, clerk_name = setting.desk, setting.clerk.display_name
    today, agency = desk.now().date(), desk.agency()
    forms, form = form_on(desk.catalogue(), "03", today)
    words = refusal.RefusalWords(
        head=phrases.form_head(agency, today, forms, form),
        codes=None,
        form_number=form.number,
        title=form.title,
        lines=_lines(entry, procedure, forms),
        agency=agency.name,
        reason=setting.order.reason,
        contact=phrases.contact(agency, clerk_name),
        submitter_name=entry.submitter.name,
        clerk_name=clerk_name,
    )
    return refusal.build(words, setting.paper)
