"""The words of form 01, for one dossier and for several on one receipt."""

from __future__ import annotations

from app.domain import codes
from app.domain.amounts import amount_line, in_figures
from app.domain.catalogue import FormSet
from app.domain.fees import FeeKind, fee_words, line_price
from app.domain.fold import Dossier
from app.domain.papers import GivenPaper
from app.services.paperwork import phrases
from app.services.paperwork.order import NothingToPrint, Setting
from app.services.paperwork.phrases import long_moment, short_day, short_moment, word
from app.services.paperwork.told import Told
from printing.document import PrintDocument
from printing.forms import receipt, receipt_list
from printing.forms.receipt import ReceiptCopyLine, ReceiptPaper, ReceiptStage, ReceiptWords

FORM = "01"
_RETURN_PLACES = {0: "nơi tiếp nhận hồ sơ", 1: "qua bưu chính công ích"}
_RELATIONS = {"for": ", nộp thay", "authorised": ", được uỷ quyền"}
_CHANNELS = {1: "trực tiếp", 2: "trực tuyến", 3: "bưu chính công ích"}


def single(setting: Setting, told: Told) -> PrintDocument:
    """Return form 01 of one dossier, under the version it was received by."""
    words = receipt_words(told, clerk_name=setting.clerk.display_name, reprint=setting.reprint)
    return receipt.build(words, setting.paper)


def receipt_words(told: Told, *, clerk_name: str, reprint: int = 0) -> ReceiptWords:
    """Return the words of form 01.

    Args:
        clerk_name: printed under the right signature.
        reprint: 0, or how often this version came out before.
    """
    dossier, agency, procedure = told.dossier, told.agency, told.procedure
    forms, form = told.form(FORM)
    parts = codes.read_code(dossier.code)
    number = f"{parts.number:04d}" if parts else "…"
    return ReceiptWords(
        head=phrases.form_head(agency, told.received_at.date(), forms, form, number=number),
        codes=phrases.code_words(told),
        form_number=form.number,
        title=form.title.upper(),
        lines=_lines(told, forms),
        papers_label=word(forms, "papers_line", "Thành phần hồ sơ và số lượng mỗi loại giấy tờ"),
        papers=tuple(_paper(p, told) for p in dossier.papers),
        copy_lines=_copy_lines(told),
        copy_total=in_figures(dossier.fee.full) if procedure.fee.kind is FeeKind.COPIES else "",
        stages=_stages(told),
        numbered=_numbered(told, forms),
        note=_note(told),
        submitter_name=dossier.submitter.name,
        clerk_name=clerk_name,
        marks=_marks(dossier, reprint),
        watermark=phrases.watermark(dossier),
    )


def _lines(told: Told, forms: FormSet) -> tuple[tuple[str, str], ...]:
    dossier = told.dossier
    channel = _CHANNELS[dossier.channel]
    acting = _RELATIONS.get(dossier.relation, "")
    name = f"{dossier.submitter.name.upper()} ({channel}{acting})"
    return (
        ("Tiếp nhận hồ sơ của Ông (Bà)", name),
        *phrases.owner_lines(dossier),
        *phrases.person_lines(dossier.submitter, forms),
        ("Nội dung yêu cầu giải quyết", phrases.content(told)),
    )


def paper_name(given: GivenPaper, told: Told) -> str:
    """Return a paper's name as printed, and why it was taken or not."""
    names = {paper.key: paper.name for paper in told.procedure.papers}
    name = given.name or names.get(given.key, given.key)
    if given.replaced_by_data:
        return f"{name} — khai thác từ cơ sở dữ liệu"
    return f"{name} — {given.taken_because.words}" if given.taken_because else name


def _paper(given: GivenPaper, told: Told) -> ReceiptPaper:
    def count(n: int) -> str:
        return str(n) if n else ""

    return ReceiptPaper(
        name=paper_name(given, told),
        original=count(given.original),
        certified=count(given.certified),
        photocopy=count(given.photocopy),
    )


def _copy_lines(told: Told) -> tuple[ReceiptCopyLine, ...]:
    fee = told.procedure.fee
    if fee.kind is not FeeKind.COPIES:
        return ()
    return tuple(
        ReceiptCopyLine(
            name=line.name,
            pages=line.pages,
            copies=line.copies,
            amount=in_figures(line_price(fee, line)),
        )
        for line in told.dossier.copies
    )


def _numbered(told: Told, forms: FormSet) -> tuple[tuple[str, str], ...]:
    dossier = told.dossier
    place = _RETURN_PLACES[dossier.return_via]
    if dossier.return_via == 0:
        place = f"{told.agency.name}, {place}"
    due = long_moment(dossier.due_at)
    if not dossier.due_is_certain:
        due += " (tạm tính, chưa có lịch nghỉ chính thức)"
    rows = (
        ("sets_line", "Số lượng hồ sơ", f"{dossier.sets:02d} (bộ)"),
        ("term_line", "Thời gian giải quyết hồ sơ theo quy định là",
         phrases.term_words(told.procedure.term)),
        ("received_line", "Thời gian nhận hồ sơ", long_moment(dossier.received_at)),
        ("due_line", "Thời gian trả kết quả giải quyết hồ sơ", due),
        ("return_line", "Đăng ký nhận kết quả tại", place),
        ("fee_line", "Phí, lệ phí", _fee(dossier)),
    )  # fmt: skip
    return tuple((word(forms, key, otherwise), value) for key, otherwise, value in rows)


def _stages(told: Told) -> tuple[ReceiptStage, ...]:
    """All steps of a linked procedure; what runs on demand only is left out unless it was dated."""
    dues = {stage.stage: stage for stage in told.dossier.stages}
    found = []
    for stage in told.procedure.stages:
        due = dues.get(stage.key)
        if stage.optional and due is None:
            continue
        agency = told.agency_name(due.agency) if due and due.agency else ""
        found.append(
            ReceiptStage(
                name=stage.name,
                agency=agency or _agency_of_kind(told, stage.agency_kind),
                term=phrases.term_words(stage.term),
                due=f"{short_moment(due.due_at)} (dự kiến)" if due else "từ khi cơ quan nhận",
            )
        )
    return tuple(found)


def _agency_of_kind(told: Told, kind: str) -> str:
    """Name who does a step only where there is no choice."""
    if kind == told.agency.kind:
        return told.agency.name
    named = {agency.name for agency in told.catalogue.agencies if agency.kind == kind}
    return named.pop() if len(named) == 1 else "cơ quan giải quyết"


def _fee(dossier: Dossier) -> str:
    fee = dossier.fee
    words = fee_words(fee.amount, fee.how, is_known=fee.is_known)
    if not fee.is_known or fee.amount == 0:
        return words
    paid = "đã thu" if dossier.paid >= fee.amount else "chưa thu"
    return f"{words} ({amount_line(fee.amount)}) — {paid}"


def _marks(dossier: Dossier, reprint: int) -> tuple[str, ...]:
    marks = list(phrases.marks(dossier, reprint))
    if dossier.receipt_version > 1:
        again = f"BẢN SỬA ĐỔI LẦN {dossier.receipt_version - 1} — thay cho bản đã cấp trước"
        marks.insert(1 if dossier.provisional else 0, again)
    return tuple(marks)


def _note(told: Told) -> str:
    agency = told.agency
    phone = f" Điện thoại: {agency.phone}." if agency.phone else ""
    where = (
        f"Quét mã QR, hoặc mở {agency.status_address}/tra-cuu rồi gõ mã hồ sơ và mã tra cứu, "
        "để xem tiến độ."
        if agency.status_address
        else "Hỏi tiến độ tại quầy, hoặc qua điện thoại, theo mã hồ sơ."
    )
    return (
        f"Kết quả có thể có sớm hơn và được báo qua điện thoại hoặc email. {where}{phone} "
        "Khi đến nhận kết quả mang theo giấy này, căn cước và giấy uỷ quyền (nếu nhận thay)."
    )


def several(setting: Setting, all_told: tuple[Told, ...]) -> PrintDocument:
    """Return one receipt for several dossiers of one submitter, with their list.

    Raises:
        NothingToPrint: they are of several submitters or agencies.
    """
    first = all_told[0]
    submitter = first.dossier.submitter
    for told in all_told[1:]:
        other = told.dossier.submitter
        if (other.name, other.id_number) != (submitter.name, submitter.id_number):
            raise NothingToPrint(
                "Các hồ sơ này không cùng một người nộp.",
                "In giấy tiếp nhận riêng cho từng hồ sơ.",
            )
    forms, form = first.form(FORM)
    number = "; ".join(
        f"{parts.number:04d}" for told in all_told if (parts := codes.read_code(told.dossier.code))
    )
    words = receipt_list.ReceiptListWords(
        head=phrases.form_head(first.agency, first.received_at.date(), forms, form, number=number),
        form_number=form.number,
        title=form.title.upper(),
        lines=(
            ("Tiếp nhận hồ sơ của Ông (Bà)", submitter.name.upper()),
            *phrases.person_lines(submitter, forms),
        ),
        dossiers=tuple(_listed(told) for told in all_told),
        note=_note(first),
        submitter_name=submitter.name,
        clerk_name=setting.clerk.display_name,
        marks=phrases.marks(first.dossier, 0),
        watermark=phrases.watermark(first.dossier),
    )
    return receipt_list.build(words, setting.paper)


def _listed(told: Told) -> receipt_list.ListedReceipt:
    dossier = told.dossier
    return receipt_list.ListedReceipt(
        code=dossier.code,
        lookup=dossier.lookup,
        content=phrases.content(told),
        owner=dossier.owner.name,
        agency=told.agency.name,
        received=short_day(dossier.received_at),
        due=short_day(dossier.due_at),
        term=phrases.term_words(told.procedure.term),
        papers=str(len(dossier.papers) or sum(line.copies for line in dossier.copies)),
    )
