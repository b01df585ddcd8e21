"""Slips of one dossier that no circular numbers: result, fee, cover, change of code."""

from __future__ import annotations

import re

from app.domain import course
from app.domain.amounts import amount_line, in_figures
from app.domain.fold import Counted
from app.domain.scans import cover_text
from app.domain.status import ReturnState
from app.services.paperwork import phrases
from app.services.paperwork.order import Book, NothingToPrint, Setting, WrongOrder
from app.services.paperwork.phrases import long_moment, short_day
from app.services.paperwork.receipt import paper_name
from app.services.paperwork.told import Told
from printing.document import PrintDocument
from printing.forms import code_change, cover, fee_slip, result_slip

_METHODS = {"cash": "Tiền mặt", "transfer": "Chuyển khoản", "online": "Trực tuyến"}
_BOOK_NUMBER = re.compile(r"\d{1,7}", re.ASCII)  # TT 32/2025/TT-BTC


def result(setting: Setting, told: Told) -> PrintDocument:
    """Return the result slip; names and day stay open until the result was handed out.

    Raises:
        NothingToPrint: there is no result yet.
    """
    dossier = told.dossier
    recorded = course.last(told.acts, "result.recorded")
    if recorded is None or dossier.result is ReturnState.NONE:
        raise NothingToPrint(
            f"Hồ sơ {dossier.code} chưa có kết quả.", "Ghi kết quả vào hồ sơ trước, rồi in."
        )
    returned = course.last(told.acts, "result.returned")
    body = recorded.body
    number = ", ".join(
        part
        for part in (body.number, body.issued_on and f"ngày {short_day(body.issued_on)}")
        if part
    )
    recipient = returned.body.recipient if returned else None
    day = course.at_of(returned or recorded).date()
    words = result_slip.ResultSlipWords(
        head=phrases.head(told.agency, day),
        codes=phrases.code_words(told),
        title="Giấy biên nhận trả kết quả",
        lines=(
            ("Tên thủ tục hành chính", phrases.content(told)),
            ("Chủ hồ sơ", dossier.owner.name),
            ("Người trả kết quả", setting.clerk.display_name),
            ("Người nhận kết quả", recipient.name if recipient else phrases.WRITE_BY_HAND * 3),
            (
                "Số giấy tờ, điện thoại người nhận",
                _known(recipient.id_number, recipient.phone)
                if recipient
                else phrases.WRITE_BY_HAND * 3,
            ),
        ),
        results=((body.name, number, f"{body.copies:02d}"),),
        closing=(
            ("Ngày hẹn trả", long_moment(dossier.due_at)),
            (
                "Ngày trả kết quả",
                long_moment(course.at_of(returned)) if returned else phrases.WRITE_BY_HAND * 3,
            ),
            *(
                [("Ghi chú", "Người nhận không còn giấy tiếp nhận")]
                if returned and returned.body.lost_receipt
                else []
            ),
        ),
        recipient_name=recipient.name if recipient else "",
        clerk_name=setting.clerk.display_name,
        marks=phrases.marks(dossier, setting.reprint),
        watermark=phrases.watermark(dossier),
    )
    return result_slip.build(words, setting.paper)


def _known(*parts: str) -> str:
    return " · ".join(part for part in parts if part) or "không ghi"


def fee(setting: Setting, told: Told) -> PrintDocument:
    """Return the slip of the last payment: temporary, unless a number of an issued book is given.

    Raises:
        NothingToPrint: nothing was paid.
        WrongOrder: the number cannot be of a book.
    """
    dossier, book = told.dossier, setting.order.book
    if book is not None:
        _check(book)
    paid = course.last(told.acts, "fee.paid")
    if paid is None:
        raise NothingToPrint(
            f"Hồ sơ {dossier.code} chưa thu phí, lệ phí.", "Ghi việc thu tiền trước, rồi in phiếu."
        )
    at = course.at_of(paid)
    words = fee_slip.FeeSlipWords(
        head=phrases.head(told.agency),
        code=dossier.code,
        title="Biên lai thu tiền phí, lệ phí" if book else "Phiếu thu tạm",
        book_lines=(("Mẫu số", book.form), ("Ký hiệu", book.serial), ("Số", book.number))
        if book
        else (),
        note="Xác nhận đã nộp tiền; không thay biên lai thu phí, lệ phí",
        lines=(
            ("Người nộp tiền", dossier.submitter.name),
            *([("Địa chỉ", dossier.submitter.address)] if dossier.submitter.address else []),
            ("Loại phí, lệ phí", told.procedure.name),
            ("Mã hồ sơ", dossier.code),
            ("Hình thức thanh toán", _method(paid)),
            ("Thời gian nộp", long_moment(at)),
        ),
        amount=f"{in_figures(paid.body.amount)} đồng",
        amount_in_words=amount_line(paid.body.amount),
        place_and_date=phrases.place_and_date(told.agency, at.date()),
        payer_name=dossier.submitter.name,
        clerk_name=setting.clerk.display_name,
        marks=phrases.marks(dossier, setting.reprint),
        watermark=phrases.watermark(dossier),
    )
    return fee_slip.build(words, setting.paper)


def _check(book: Book) -> None:
    if not _BOOK_NUMBER.fullmatch(book.number) or not book.form or not book.serial:
        raise WrongOrder(
            "Số biên lai không đúng dạng.",
            "Ghi đủ mẫu số, ký hiệu và số (1 đến 7 chữ số) như in trên quyển biên lai.",
        )


def _method(paid: Counted) -> str:
    words = _METHODS[paid.body.method]
    return f"{words} ({paid.body.reference})" if paid.body.reference else words


def cover_sheet(setting: Setting, told: Told) -> PrintDocument:
    """Return the cover sheet that leads scanned pages to the dossier."""
    dossier = told.dossier
    words = cover.CoverWords(
        head=phrases.head(told.agency),
        code=dossier.code,
        scanned=cover_text(dossier.code),
        title="Tờ bìa hồ sơ",
        lines=(
            ("Chủ hồ sơ", dossier.owner.name),
            ("Thủ tục", phrases.content(told)),
            ("Ngày nhận", long_moment(told.received_at)),
            ("Ngày hẹn trả", long_moment(dossier.due_at)),
        ),
        papers=tuple(paper_name(paper, told) for paper in dossier.papers),
        watermark=phrases.watermark(dossier),
    )
    return cover.build(words, setting.paper)


def changed_code(setting: Setting, told: Told) -> PrintDocument:
    """Return the slip that goes to a citizen whose receipt shows another code.

    Raises:
        NothingToPrint: the code never changed.
    """
    dossier = told.dossier
    change = course.last(told.acts, "code.corrected")
    if change is None:
        raise NothingToPrint(
            f"Mã hồ sơ {dossier.code} chưa từng đổi.", "Không cần phiếu báo đổi mã."
        )
    words = code_change.CodeChangeWords(
        head=phrases.head(told.agency, course.at_of(change).date()),
        codes=phrases.code_words(told),
        title="Phiếu báo đổi mã hồ sơ",
        former=dossier.former_codes,
        reason=change.body.reason,
        lines=(
            ("Người nộp hồ sơ", dossier.submitter.name.upper()),
            *phrases.owner_lines(dossier),
            ("Nội dung yêu cầu giải quyết", phrases.content(told)),
        ),
        submitter_name=dossier.submitter.name,
        clerk_name=setting.clerk.display_name,
        marks=phrases.marks(dossier, setting.reprint),
        watermark=phrases.watermark(dossier),
    )
    return code_change.build(words, setting.paper)
