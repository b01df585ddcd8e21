"""What lies about at a counter: leaflets of procedures, pads for a power cut, the key card."""

from __future__ import annotations

import datetime as dt

from app.domain.amounts import in_figures
from app.domain.catalogue import Agency, Procedure
from app.domain.codes import pad_number
from app.domain.fees import FeeKind
from app.domain.papers import Paper
from app.models import events
from app.services import intake
from app.services.paperwork import phrases
from app.services.paperwork.before import asked_words
from app.services.paperwork.order import NothingToPrint, Setting, WrongOrder
from app.services.paperwork.phrases import word
from app.services.paperwork.told import form_on
from printing.document import PrintDocument
from printing.forms import key_card, leaflet, pad
from printing.forms.frame import Head

_LARGEST_PAD = 50
_PAD_MARK = "pad:last"


def leaflet_of(setting: Setting) -> PrintDocument:
    """Return the leaflet of a procedure as in force today.

    Raises:
        UnknownProcedure: there is none of that code.
    """
    desk = setting.desk
    today = desk.now().date()
    procedure = intake.find_procedure(desk.catalogue(), setting.order.procedure, today)
    agency = desk.agency()
    words = leaflet.LeafletWords(
        head=phrases.head(agency),
        title="Hướng dẫn thủ tục hành chính",
        procedure=procedure.name,
        lines=(
            ("Mã thủ tục", procedure.code),
            ("Lĩnh vực", desk.catalogue().subject(procedure.subject).name),
            ("Nơi nộp", ", ".join(part for part in (agency.name, agency.address) if part)),
            ("Thời hạn giải quyết", phrases.term_words(procedure.term)),
            ("Phí, lệ phí", fee_words(procedure, agency)),
            *([("Kết quả", procedure.result)] if procedure.result else []),
        ),
        papers=tuple(_paper(paper) for paper in procedure.papers),
        stages=tuple(
            (stage.name, phrases.term_words(stage.term)) for stage in procedure.stages
        ),
        notes=_notes(agency, today),
        qr=f"{agency.status_address.rstrip('/')}/tra-cuu" if agency.status_address else "",
        qr_words="Quét mã để tra cứu tiến độ hồ sơ sau khi nộp: cần mã hồ sơ và mã tra cứu trên "
        "giấy tiếp nhận.",
    )  # fmt: skip
    return leaflet.build(words, setting.paper)


def fee_words(procedure: Procedure, agency: Agency) -> str:
    """Say what a procedure costs at an agency before anything is known of a case."""
    fee = procedure.fee
    said = {
        FeeKind.NONE: "không thu",
        FeeKind.FIXED: f"{in_figures(fee.amount)} đồng",
        FeeKind.PER_COPY: f"{in_figures(fee.amount)} đồng/bản",
        FeeKind.COPIES: f"{in_figures(fee.first)} đồng/trang; từ trang thứ {fee.first_pages + 1}: "
        f"{in_figures(fee.next)} đồng/trang; không quá {in_figures(fee.cap)} đồng/bản",
        FeeKind.OPEN: "theo quy định; hỏi tại quầy",
    }.get(fee.kind)
    if said is None:
        amount = agency.council_fees.get(fee.council_key)
        said = "theo nghị quyết của HĐND" if amount is None else f"{in_figures(amount)} đồng"
    return f"{said}; miễn nếu {fee.free_reason}" if fee.free_reason else said


def _paper(paper: Paper) -> tuple[str, str, str]:
    remarks = []
    if paper.presented_only:
        remarks.append("xuất trình")
    if not paper.required:
        remarks.append("nếu có")
    if paper.replaced_by:
        remarks.append(f"không cần nếu đã có trong {paper.replaced_by}")
    return paper.name, "" if paper.presented_only else asked_words(paper), "; ".join(remarks)


def _notes(agency: Agency, today: dt.date) -> tuple[str, ...]:
    phone = f" Điện thoại: {agency.phone}." if agency.phone else ""
    return (
        "Giấy tờ mà cơ sở dữ liệu quốc gia đã có thì không phải nộp. Mang theo căn cước; nộp thay "
        f"thì có văn bản uỷ quyền.{phone}",
        f"Theo danh mục thủ tục hành chính, {phrases.long_day(today)}.",
    )


def blank_pad(setting: Setting) -> PrintDocument:
    """Return a pad of blank receipts; each number is used once in the life of a store.

    The numbers are the pad's own and no dossier codes: what was written by
    hand gets its code when it is entered.

    Raises:
        WrongOrder: too many or too few sheets.
    """
    desk, count = setting.desk, setting.order.sheets
    if not 1 <= count <= _LARGEST_PAD:
        raise WrongOrder(f"Không in được tập {count} tờ.", f"Mỗi tập từ 1 đến {_LARGEST_PAD} tờ.")
    with desk.store.database.writing() as session:
        last = int(events.get_fact(session, _PAD_MARK, "0"))
        events.set_fact(session, _PAD_MARK, str(last + count))
        mark = events.incarnation(session).hex[:6].upper()
    forms, form = form_on(desk.catalogue(), "01", desk.now().date())
    agency = desk.agency()
    head = phrases.form_head(agency, desk.now().date(), forms, form)
    words = pad.PadWords(
        head=Head(
            parent_line=head.parent_line,
            name_line=head.name_line,
            place_and_date=f"{agency.place}, ngày …… tháng …… năm ………",
            form_line=head.form_line,
        ),
        form_number=form.number,
        title=form.title,
        id_label=word(forms, "id_line", "Số căn cước/Hộ chiếu"),
        papers_label=word(forms, "papers_line", "Thành phần hồ sơ và số lượng mỗi loại giấy tờ"),
        numbers=tuple(pad_number(mark, n) for n in range(last + 1, last + count + 1)),
        note="Giấy này viết tay khi quầy mất điện. Mã hồ sơ chính thức được ghi và báo cho người "
        "nộp ngay khi hồ sơ được nhập vào máy; xin giữ giấy này đến khi nhận kết quả.",
    )
    return pad.build(words, setting.paper)


def keys(setting: Setting) -> PrintDocument:
    """Return the key card.

    Raises:
        NothingToPrint: no keys were given.
    """
    if not setting.order.keys:
        raise NothingToPrint("Chưa có danh sách phím.", "In bảng phím từ cửa sổ chương trình (F1).")
    words = key_card.KeyCardWords(
        title="Bảng phím tắt",
        groups=setting.order.keys,
        note="Mọi việc đều làm được bằng bàn phím. F1 trên màn hình mở bảng này.",
    )
    return key_card.build(words, setting.paper)
