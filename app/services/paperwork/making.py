"""The table of forms, and the one way by which each of them is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.domain import course
from app.models.base import ReceiptRow
from app.services.desk import Clerk, Desk
from app.services.paperwork import (
    before,
    counter,
    letters,
    lists,
    receipt,
    sample,
    shift,
    slips,
)
from app.services.paperwork.order import Needs, NothingToPrint, Order, Setting, WrongOrder
from app.services.paperwork.told import Told, read
from app.services.print_jobs import BATCH_FORM, Printout
from printing.document import PaperSize, PrintDocument
from printing.errors import DoesNotFit

A4, A5, ROLL = PaperSize.A4, PaperSize.A5, PaperSize.ROLL
_ANY, _SHEETS = (A5, A4, ROLL), (A4, A5)
SAMPLE = "sample"
_SILENT = ("document.printed", "dossier.viewed", "id.revealed", "note.added", "page.attached",
           "page.removed")  # fmt: skip


def _once(_: Told) -> int:
    return 1


def _acts(*kinds: str) -> Callable[[Told], int]:
    return lambda told: max(1, course.count(told.acts, *kinds))


@dataclass(frozen=True, slots=True, kw_only=True)
class FormKind:
    """One form of the table.

    Attributes:
        name: in Vietnamese, for lists to choose from.
        needs: what it is made of.
        papers: that it can stand on; the first is the usual one.
        build: makes the document of a setting; of what is told too, if it needs dossiers.
        state: of a dossier's form, which of its states it tells, from 1; the same
            state is made once and kept, and coming out again it is marked.
    """

    name: str
    needs: Needs
    papers: tuple[PaperSize, ...]
    build: Callable[..., PrintDocument]
    state: Callable[[Told], int] = _once

    def version(self, told: Told, form: str) -> int:
        """Return the version of what the form says, counted up by corrections and by acts."""
        corrected = told.dossier.receipt_version
        if form == receipt.FORM:
            return corrected
        return (corrected - 1) * 100 + self.state(told)


FORMS: dict[str, FormKind] = {
    "01": FormKind(name="Giấy tiếp nhận hồ sơ và hẹn trả kết quả", needs=Needs.DOSSIER,
                   papers=_ANY, build=receipt.single),
    "01-list": FormKind(name="Giấy tiếp nhận nhiều hồ sơ", needs=Needs.DOSSIERS, papers=(A4,),
                        build=receipt.several),
    "02": FormKind(name="Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ", needs=Needs.DOSSIER,
                   papers=_ANY, build=letters.request, state=_acts("supplement.requested")),
    "03": FormKind(name="Phiếu từ chối tiếp nhận giải quyết hồ sơ", needs=Needs.DOSSIER,
                   papers=_ANY, build=letters.refused),
    "02-before": FormKind(name="Phiếu yêu cầu bổ sung, chưa tiếp nhận", needs=Needs.ENTRY,
                          papers=_ANY, build=before.request),
    "03-before": FormKind(name="Phiếu từ chối, chưa tiếp nhận", needs=Needs.ENTRY, papers=_ANY,
                          build=before.refused),
    "04": FormKind(name="Văn bản xin lỗi và đề nghị gia hạn", needs=Needs.DOSSIER,
                   papers=_SHEETS, build=letters.apology),
    "05": FormKind(name="Thông báo dừng giải quyết hồ sơ", needs=Needs.DOSSIER, papers=_SHEETS,
                   build=letters.stop, state=_acts("dossier.stopped")),
    "06": FormKind(name="Phiếu kiểm soát quá trình giải quyết hồ sơ", needs=Needs.DOSSIER,
                   papers=_SHEETS, build=letters.controlled,
                   state=lambda told: len(told.acts) - course.count(told.acts, *_SILENT)),
    "07": FormKind(name="Sổ theo dõi hồ sơ", needs=Needs.DAYS, papers=(A4,), build=lists.register),
    "hand-over": FormKind(name="Phiếu bàn giao hồ sơ", needs=Needs.DAYS, papers=(A4,),
                          build=lists.hand_over),
    "result": FormKind(name="Giấy biên nhận trả kết quả", needs=Needs.DOSSIER, papers=_ANY,
                       build=slips.result, state=_acts("result.recorded", "result.returned")),
    "result-several": FormKind(name="Giấy biên nhận trả nhiều kết quả", needs=Needs.DOSSIERS,
                               papers=(A4,), build=lists.returned),
    "result-list": FormKind(name="Phiếu bàn giao kết quả", needs=Needs.DAYS, papers=(A4,),
                            build=lists.results),
    "fee": FormKind(name="Phiếu thu phí, lệ phí", needs=Needs.DOSSIER, papers=_ANY,
                    build=slips.fee, state=_acts("fee.paid")),
    "cover": FormKind(name="Tờ bìa hồ sơ", needs=Needs.DOSSIER, papers=_SHEETS,
                      build=slips.cover_sheet),
    "code-change": FormKind(name="Phiếu báo đổi mã hồ sơ", needs=Needs.DOSSIER, papers=_ANY,
                            build=slips.changed_code),
    "shift": FormKind(name="Phiếu chốt ca", needs=Needs.SHIFT, papers=_SHEETS, build=shift.sheet),
    "leaflet": FormKind(name="Hướng dẫn thủ tục hành chính", needs=Needs.PROCEDURE,
                        papers=_ANY, build=counter.leaflet_of),
    SAMPLE: FormKind(name="Giấy tiếp nhận mẫu của thủ tục", needs=Needs.PROCEDURE,
                     papers=_ANY, build=sample.receipt_of),
    "pad": FormKind(name="Giấy tiếp nhận viết tay khi mất điện", needs=Needs.NOTHING,
                    papers=_SHEETS, build=counter.blank_pad),
    "keys": FormKind(name="Bảng phím tắt", needs=Needs.NOTHING, papers=_SHEETS,
                     build=counter.keys),
}  # fmt: skip


def forms_of_dossier() -> tuple[tuple[str, str], ...]:
    """Return (key, name) of what can be printed for a dossier beside its receipt."""
    return tuple(
        (key, kind.name) for key, kind in FORMS.items()
        if kind.needs in (Needs.DOSSIER, Needs.PROCEDURE)
        and key not in (receipt.FORM, SAMPLE)
    )  # fmt: skip


def kind_of(form: str) -> FormKind:
    """Return a form of the table.

    Raises:
        WrongOrder: there is none of that key.
    """
    try:
        return FORMS[form]
    except KeyError as error:
        raise WrongOrder(f"Không có mẫu “{form}”.", f"Có: {', '.join(FORMS)}.") from error


def make(desk: Desk, clerk: Clerk, order: Order, *, marks_reprint: bool = True) -> Printout:
    """Return a form as a finished PDF.

    A form of a dossier is made once for each of its versions and kept: the
    same bytes are shown, printed and saved. Once it has come out, it is made
    anew and marked BẢN IN LẠI. Forms of days and shifts are made anew.

    Args:
        marks_reprint: False returns what is kept even after it came out.

    Raises:
        WrongOrder: no such form, not on that paper, or something is not named.
        NothingToPrint: what the form would say has not happened.
        NoSuchDossier: there is none.
        StoreProblem: the PDF could not be kept.
    """
    kind = kind_of(order.form)
    paper = order.paper or kind.papers[0]
    if paper not in kind.papers:
        raise WrongOrder(
            f"{kind.name} không in được trên giấy {paper}.",
            f"Chọn giấy {', '.join(kind.papers)}.",
        )
    setting = Setting(desk=desk, clerk=clerk, order=order, paper=paper)
    if kind.needs is Needs.DOSSIER:
        return _of_dossier(setting, kind, marks_reprint=marks_reprint)
    document = kind.build(setting, *_arguments(kind, setting))
    pdf = _rendered(desk, document)
    return Printout(
        dossier=order.dossiers[0] if order.form == BATCH_FORM else None, code="",
        form=order.form, version=1, copy=1, title=document.title[:200],
        paper=paper, sha256=desk.store.blobs.put(pdf), pdf=pdf,
    )  # fmt: skip


def _arguments(kind: FormKind, setting: Setting) -> tuple[Any, ...]:
    if kind.needs is Needs.PROCEDURE and not setting.order.procedure:
        raise WrongOrder(f"{kind.name}: chưa nói thủ tục nào.", "Ghi mã thủ tục.")
    if setting.last_day < setting.first_day:
        raise WrongOrder("Ngày cuối trước ngày đầu.", "Ghi lại khoảng ngày.")
    if kind.needs is not Needs.DOSSIERS:
        return ()
    if not setting.order.dossiers:
        raise WrongOrder(f"{kind.name}: chưa nói hồ sơ nào.", "Ghi các mã hồ sơ.")
    return (lists.told_of(setting.desk, setting.order.dossiers),)


def _of_dossier(setting: Setting, kind: FormKind, *, marks_reprint: bool) -> Printout:
    desk, order = setting.desk, setting.order
    if order.dossier is None:
        raise WrongOrder(f"{kind.name}: chưa nói hồ sơ nào.", "Ghi mã hồ sơ.")
    with desk.store.database.reading() as session:
        told = read(session, desk, order.dossier)
        version = kind.version(told, order.form)
        before = course.came_out(told.acts, order.form, version)
        kept = _kept(session, setting, version)
    is_marked = marks_reprint and before > 0
    is_plain = not is_marked and order.book is None and order.deadline is None
    if kept is not None and is_plain:
        pdf, sha256 = desk.store.blobs.get(kept), kept
    else:
        again = Setting(desk=desk, clerk=setting.clerk, order=order, paper=setting.paper,
                        reprint=before if is_marked else 0)  # fmt: skip
        pdf = _rendered(desk, kind.build(again, told))
        sha256 = desk.store.blobs.put(pdf)
        if not is_marked:
            _keep(setting, version, sha256)
    return Printout(
        dossier=told.dossier.id, code=told.dossier.code, form=order.form, version=version,
        copy=before + 1 if is_marked else 1, title=f"{kind.name} {told.dossier.code}",
        paper=setting.paper, sha256=sha256, pdf=pdf,
    )  # fmt: skip


def _kept(session: Session, setting: Setting, version: int) -> str | None:
    key = (setting.order.dossier, setting.order.form, version, setting.paper.value)
    row = session.get(ReceiptRow, key)
    return None if row is None else row.sha256


def _keep(setting: Setting, version: int, sha256: str) -> None:
    assert setting.order.dossier is not None  # only forms of a dossier are kept
    with setting.desk.store.database.writing() as session:
        session.merge(
            ReceiptRow(
                dossier=setting.order.dossier,
                form=setting.order.form,
                version=version,
                paper_size=setting.paper.value,
                sha256=sha256,
            )
        )


def _rendered(desk: Desk, document: PrintDocument) -> bytes:
    from printing.pdf import render

    try:
        return render(document, made_at=desk.now())
    except DoesNotFit as error:
        raise NothingToPrint(error.title, error.advice) from error
