"""The receipt: filled in from the dossier, and made once."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from app.domain import codes
from app.domain.amounts import amount_line, in_figures
from app.domain.calendar import TermUnit
from app.domain.catalogue import Agency, Catalogue, FormSet, Procedure
from app.domain.fees import FeeKind, fee_words, line_price
from app.domain.fold import Dossier
from app.domain.papers import GivenPaper
from app.models import projection
from app.models.base import ReceiptRow
from app.models.catalogue import load_version
from app.services import print_jobs
from app.services.desk import VIETNAM, Clerk, Desk
from app.services.lookup import NoSuchDossier
from app.services.print_jobs import PrintJob, Printout
from printing.document import PaperSize
from printing.form01 import ReceiptCopyLine, ReceiptPaper, ReceiptWords, build_form01

FORM = "01"
_RETURN_PLACES = {0: "nơi tiếp nhận hồ sơ", 1: "qua bưu chính công ích"}
_RELATIONS = {"for": ", nộp thay", "authorised": ", được uỷ quyền"}
_CHANNELS = {1: "trực tiếp", 2: "trực tuyến", 3: "bưu chính công ích"}


def make_receipt(
    desk: Desk, clerk: Clerk, dossier: UUID, *, paper: PaperSize = PaperSize.A5
) -> Printout:
    """Return the receipt of the dossier's present version, made once and stored.

    Raises:
        NoSuchDossier: there is none.
        StoreProblem: the PDF could not be kept.
    """
    with desk.store.database.reading() as session:
        folded = projection.load(session, dossier)
        if folded is None:
            raise NoSuchDossier("Không thấy hồ sơ này trên máy.")
        key = (dossier, FORM, folded.receipt_version, paper.value)
        kept = session.get(ReceiptRow, key)
        sha256 = None if kept is None else kept.sha256
        catalogue = load_version(session, folded.catalogue)
    if sha256 is not None:
        pdf = desk.store.blobs.get(sha256)
    else:
        words = receipt_words(folded, catalogue, clerk_name=clerk.display_name)
        pdf = _rendered(desk, words, paper)
        sha256 = desk.store.blobs.put(pdf)
        with desk.store.database.writing() as session:
            session.merge(
                ReceiptRow(
                    dossier=dossier,
                    form=FORM,
                    version=folded.receipt_version,
                    paper_size=paper.value,
                    sha256=sha256,
                )
            )
    return _printout(folded, paper, sha256, pdf, copy=1)


def make_reprint(desk: Desk, clerk: Clerk, dossier: UUID, *, paper: PaperSize) -> Printout:
    """Return a receipt marked BẢN IN LẠI with its count, made anew for this print.

    Raises:
        NoSuchDossier: there is none.
    """
    with desk.store.database.reading() as session:
        folded = projection.load(session, dossier)
        if folded is None:
            raise NoSuchDossier("Không thấy hồ sơ này trên máy.")
        catalogue = load_version(session, folded.catalogue)
    count = (folded.prints or {}).get(FORM, 0)
    words = receipt_words(folded, catalogue, clerk_name=clerk.display_name, reprint=count)
    pdf = _rendered(desk, words, paper)
    return _printout(folded, paper, desk.store.blobs.put(pdf), pdf, copy=count + 1)


def _printout(folded: Dossier, paper: PaperSize, sha256: str, pdf: bytes, *, copy: int) -> Printout:
    return Printout(
        dossier=folded.id,
        code=folded.code,
        form=FORM,
        version=folded.receipt_version,
        copy=copy,
        title=f"Giấy tiếp nhận {folded.code}",
        paper=paper,
        sha256=sha256,
        pdf=pdf,
    )


def queue_print(
    desk: Desk, clerk: Clerk, dossier: UUID, printer: str, *, paper: PaperSize = PaperSize.A5
) -> PrintJob:
    """Put the receipt into the print journal; a repeat is marked as a copy.

    Raises:
        NoSuchDossier: there is none.
        StoreProblem: nothing was queued.
    """
    printout = receipt_or_reprint(desk, clerk, dossier, paper=paper)
    return print_jobs.queue(desk, clerk, printout, printer)


def receipt_or_reprint(
    desk: Desk, clerk: Clerk, dossier: UUID, *, paper: PaperSize = PaperSize.A5
) -> Printout:
    """Return the receipt; once it has come out, one that is marked as a copy.

    Raises:
        NoSuchDossier: there is none.
        StoreProblem: the PDF could not be kept.
    """
    with desk.store.database.reading() as session:
        folded = projection.load(session, dossier)
    if folded is not None and (folded.prints or {}).get(FORM, 0):
        return make_reprint(desk, clerk, dossier, paper=paper)
    return make_receipt(desk, clerk, dossier, paper=paper)


def _rendered(desk: Desk, words: ReceiptWords, paper: PaperSize) -> bytes:
    from printing.pdf import render

    return render(build_form01(words, paper), made_at=desk.now())


def warm_up() -> None:
    """Load what the first receipt would wait for; for idle time after the start."""
    from printing import pdf

    pdf.load_fonts()


def receipt_words(
    dossier: Dossier, catalogue: Catalogue, *, clerk_name: str, reprint: int = 0
) -> ReceiptWords:
    """Return the words of form 01 for a dossier, under the version it was received by.

    Args:
        dossier: folded.
        catalogue: of the version the dossier names.
        clerk_name: printed under the right signature.
        reprint: 0, or how often it came out before.
    """
    at = dossier.received_at.astimezone(VIETNAM)
    agency = catalogue.agency(dossier.agency, at.date())
    procedure = catalogue.procedure(dossier.procedure, at.date())
    forms = catalogue.form_set_named(dossier.forms)
    form = forms.form(FORM)
    parts = codes.read_code(dossier.code)
    number = f"{parts.number:04d}" if parts else "…"
    return ReceiptWords(
        code=dossier.code,
        check=dossier.check,
        lookup=dossier.lookup,
        status_address=codes.status_address(agency.status_address, dossier.code, dossier.lookup),
        parent_line=agency.parent_line,
        name_line=agency.name_line,
        number_line=f"Số: {number}/{form.suffix}" if form.suffix else f"Số: {number}",
        form_number=form.number,
        legal_line=forms.legal_line,
        title=form.title.upper(),
        place_and_date=f"{agency.place}, {_long_day(at.date())}",
        lines=_lines(dossier, procedure, forms),
        papers_label=_word(forms, "papers_line", "Thành phần hồ sơ và số lượng mỗi loại giấy tờ"),
        papers=tuple(_paper(p, procedure) for p in dossier.papers),
        copy_lines=_copy_lines(dossier, procedure),
        numbered=_numbered(dossier, procedure, forms, agency),
        note=_note(agency),
        submitter_name=dossier.submitter.name,
        clerk_name=clerk_name,
        marks=_marks(dossier, reprint),
        watermark="TẬP SỰ" if dossier.practice else "",
    )


def _word(forms: FormSet, key: str, otherwise: str) -> str:
    return forms.wording.get(key, otherwise)


def _lines(dossier: Dossier, procedure: Procedure, forms: FormSet) -> tuple[tuple[str, str], ...]:
    submitter, owner = dossier.submitter, dossier.owner
    channel = _CHANNELS[dossier.channel]
    acting = _RELATIONS.get(dossier.relation, "")
    lines = [("Tiếp nhận hồ sơ của Ông (Bà)", f"{submitter.name.upper()} ({channel}{acting})")]
    if owner is not submitter:
        lines.append(("Chủ hồ sơ", owner.name))
        if owner.address:
            lines.append(("Địa chỉ chủ hồ sơ", owner.address))
    if submitter.address:
        lines.append(("Địa chỉ", submitter.address))
    contact = [part for part in (submitter.phone, submitter.email) if part]
    if contact:
        lines.append(("Số điện thoại, email", " · ".join(contact)))
    if submitter.id_number:
        label = _word(forms, "id_line", "Số căn cước/Hộ chiếu")
        lines.append((label, submitter.id_number))
    content = procedure.name + (f": {dossier.summary}" if dossier.summary else "")
    subject = dossier.fields.get("child_name") or dossier.fields.get("deceased_name")
    lines.append(("Nội dung yêu cầu giải quyết", f"{content} ({subject})" if subject else content))
    return tuple(lines)


def _paper(given: GivenPaper, procedure: Procedure) -> ReceiptPaper:
    names = {paper.key: paper.name for paper in procedure.papers}
    name = given.name or names.get(given.key, given.key)
    if given.replaced_by_data:
        name += " — khai thác từ cơ sở dữ liệu"
    elif given.taken_because is not None:
        name += f" — {given.taken_because.words}"

    def count(n: int) -> str:
        return str(n) if n else ""

    return ReceiptPaper(
        name=name,
        original=count(given.original),
        certified=count(given.certified),
        photocopy=count(given.photocopy),
    )


def _copy_lines(dossier: Dossier, procedure: Procedure) -> tuple[ReceiptCopyLine, ...]:
    if procedure.fee.kind is not FeeKind.COPIES:
        return ()
    return tuple(
        ReceiptCopyLine(
            name=line.name,
            pages=line.pages,
            copies=line.copies,
            amount=in_figures(line_price(procedure.fee, line)),
        )
        for line in dossier.copies
    )


def _numbered(
    dossier: Dossier, procedure: Procedure, forms: FormSet, agency: Agency
) -> tuple[tuple[str, str], ...]:
    due = dossier.due_at.astimezone(VIETNAM)
    place = _RETURN_PLACES[dossier.return_via]
    due_words = _long_moment(due)
    if not dossier.due_is_certain:
        due_words += " (tạm tính, chưa có lịch nghỉ chính thức)"
    rows = [
        (_word(forms, "sets_line", "Số lượng hồ sơ"), f"{dossier.sets:02d} (bộ)"),
        (
            _word(forms, "term_line", "Thời gian giải quyết hồ sơ theo quy định là"),
            _term(procedure),
        ),
        (
            _word(forms, "received_line", "Thời gian nhận hồ sơ"),
            _long_moment(dossier.received_at.astimezone(VIETNAM)),
        ),
        (_word(forms, "due_line", "Thời gian trả kết quả giải quyết hồ sơ"), due_words),
        (
            _word(forms, "return_line", "Đăng ký nhận kết quả tại"),
            f"{agency.name}, {place}" if dossier.return_via == 0 else place,
        ),
        ("Phí, lệ phí", _fee(dossier)),
    ]
    rows += [
        (f"Bước “{_stage_name(procedure, stage.stage)}”", f"dự kiến {_long_moment(stage.due_at)}")
        for stage in dossier.stages
    ]
    return tuple(rows)


def _stage_name(procedure: Procedure, key: str) -> str:
    return next((stage.name for stage in procedure.stages if stage.key == key), key)


def _term(procedure: Procedure) -> str:
    term = procedure.term
    words = {
        TermUnit.SAME_DAY: "trong ngày",
        TermUnit.WORKING_DAYS: f"{term.count} ngày làm việc",
        TermUnit.DAYS: f"{term.count} ngày",
        TermUnit.WORKING_HOURS: f"{term.count} giờ làm việc",
        TermUnit.OPEN: "theo quyết định công bố",
    }[term.unit]
    if term.verification:
        words += f" (cần xác minh: thêm {term.verification} ngày làm việc)"
    return words


def _fee(dossier: Dossier) -> str:
    fee = dossier.fee
    words = fee_words(fee.amount, fee.how, is_known=fee.is_known)
    if not fee.is_known or fee.amount == 0:
        return words
    paid = "đã thu" if dossier.paid >= fee.amount else "chưa thu"
    return f"{words} ({amount_line(fee.amount)}) — {paid}"


def _marks(dossier: Dossier, reprint: int) -> tuple[str, ...]:
    marks = []
    if dossier.provisional:
        marks.append("GIẤY TẠM — số hồ sơ chính thức sẽ được thay khi có mạng")
    if dossier.receipt_version > 1:
        marks.append(f"BẢN SỬA ĐỔI LẦN {dossier.receipt_version - 1} — thay cho bản đã cấp trước")
    if reprint:
        marks.append(f"BẢN IN LẠI (lần {reprint})")
    return tuple(marks)


def _note(agency: Agency) -> str:
    phone = f" Điện thoại: {agency.phone}." if agency.phone else ""
    return (
        "Kết quả có thể có sớm hơn và được báo qua điện thoại hoặc email. Quét mã QR, hoặc mở "
        f"{agency.status_address}/tra-cuu rồi gõ mã hồ sơ và mã tra cứu, để xem tiến độ.{phone} "
        "Khi đến nhận kết quả mang theo giấy này, căn cước và giấy uỷ quyền (nếu nhận thay)."
    )


def _long_day(day: dt.date) -> str:
    month = f"{day.month:02d}" if day.month < 3 else f"{day.month}"
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def _long_moment(at: dt.datetime) -> str:
    at = at.astimezone(VIETNAM)
    return f"{at.hour:02d} giờ {at.minute:02d} phút, {_long_day(at.date())}"
