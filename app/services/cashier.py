"""Take the fee of a dossier, give it back, or say what is due; a QR on screen is no payment."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.domain import bodies
from app.domain.amounts import in_figures
from app.domain.fold import Dossier
from app.domain.vietqr import payment_code
from app.models.base import CourseRow, DossierRow
from app.services.acting import NotNow, act, load, require, require_words
from app.services.desk import VIETNAM, Clerk, Desk

CASH, TRANSFER = "cash", "transfer"
_REFERENCE = re.compile(r"[0-9A-Za-z.\-]{4,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a dossier costs and what is still to be paid, đồng.

    Attributes:
        is_known: False while the tariff is open: somebody says the amount first.
        transfer_code: text of the VietQR for what is left, "" without an account or a debt.
        account: where a transfer goes, for people; "" without one.
    """

    dossier: UUID
    code: str
    payer: str
    amount: int
    paid: int
    is_known: bool
    how: str
    transfer_code: str
    account: str

    @property
    def left(self) -> int:
        """What is still to be paid."""
        return max(0, self.amount - self.paid)


def bill(desk: Desk, dossier: UUID) -> Bill:
    """Return what a dossier costs.

    Raises:
        NoSuchDossier: there is none.
        NoCatalogue: the agency is not known yet.
    """
    with desk.store.database.reading() as session:
        folded = load(session, dossier)
    return _bill(desk, folded)


def _bill(desk: Desk, folded: Dossier) -> Bill:
    account = desk.agency().account
    left = max(0, folded.fee.amount - folded.paid)
    return Bill(
        dossier=folded.id,
        code=folded.code,
        payer=folded.submitter.name,
        amount=folded.fee.amount,
        paid=folded.paid,
        is_known=folded.fee.is_known,
        how=folded.fee.how,
        transfer_code=payment_code(account, left, folded.code) if account and left else "",
        account=f"{account.account} ({account.holder})" if account else "",
    )


def pay(
    desk: Desk, clerk: Clerk, dossier: UUID, amount: int, method: str, reference: str = ""
) -> Bill:
    """Note that money came in.

    Args:
        amount: đồng, at most what is left.
        method: `CASH`, or `TRANSFER` that the clerk saw arrive.
        reference: of a transfer, as the bank shows it: its last digits at least.

    Raises:
        NotYours: the clerk takes no money.
        NotNow: too much, nothing, an open tariff, or a transfer without its reference.
        NoSuchDossier: there is none.
    """
    require(clerk, "pay")
    reference = reference.strip()
    if method == TRANSFER and not _REFERENCE.fullmatch(reference):
        raise NotNow(
            "Chuyển khoản cần mã giao dịch của ngân hàng.",
            "Nhìn tin báo tiền về, gõ ít nhất 4 ký tự cuối của mã giao dịch.",
        )
    before = bill(desk, dossier)
    if not before.is_known:
        raise NotNow("Hồ sơ này chưa có mức thu.", "Ghi mức thu trước (kèm căn cứ), rồi thu.")
    if amount <= 0 or amount > before.left:
        raise NotNow(
            f"Chỉ còn phải thu {in_figures(before.left)} đồng, không thu "
            f"{in_figures(amount)} đồng được.",
            "Gõ lại số tiền.",
        )
    body = bodies.FeePaid(
        amount=amount, method="transfer" if method == TRANSFER else "cash", reference=reference
    )
    return _bill(desk, act(desk, clerk, "fee.paid", body, dossier))


def refund(desk: Desk, clerk: Clerk, dossier: UUID, amount: int, reason: str) -> Bill:
    """Note that cash went back.

    Raises:
        NotYours: only a cashier or supervisor gives money back.
        NotNow: more than was paid, or no reason.
    """
    require(clerk, "refund")
    reason = require_words(reason, "Hoàn tiền cần lý do.", "Gõ lý do, ví dụ: “thu nhầm”.")
    if amount <= 0:
        raise NotNow("Số tiền hoàn phải lớn hơn 0.", "Gõ lại số tiền.")
    body = bodies.FeeRefunded(amount=amount, reason=reason)
    return _bill(desk, act(desk, clerk, "fee.refunded", body, dossier))


def charge(desk: Desk, clerk: Clerk, dossier: UUID, amount: int, how: str) -> Bill:
    """Set what a dossier costs, where the catalogue left it open or somebody decided otherwise.

    Args:
        amount: đồng; 0 for nothing due.
        how: the ground, as it will stand on the receipt.

    Raises:
        NotYours: none of the clerk's roles may.
        NotNow: no ground, or less than was paid already.
    """
    require(clerk, "charge")
    how = require_words(how, "Mức thu cần căn cứ.", "Gõ căn cứ, ví dụ: “Nghị quyết HĐND 12/2025”.")
    before = bill(desk, dossier)
    if amount < before.paid:
        raise NotNow(
            f"Đã thu {in_figures(before.paid)} đồng, mức mới thấp hơn.", "Hoàn tiền trước."
        )
    fee = bodies.ChargedFee(amount=amount, how=how)
    body = bodies.FeeCharged(fee=fee, reason=how)
    return _bill(desk, act(desk, clerk, "fee.charged", body, dossier))


@dataclass(frozen=True, slots=True, kw_only=True)
class Owing:
    """A dossier of which money is still to come, đồng; 0 while its tariff is open."""

    dossier: UUID
    code: str
    procedure: str
    payer: str
    left: int
    received_at: dt.datetime


def owing(desk: Desk, limit: int = 200) -> tuple[Owing, ...]:
    """Return dossiers of which money is still to come, the newest first."""
    with desk.store.database.reading() as session:
        rows = session.execute(
            select(DossierRow, CourseRow.fee, CourseRow.paid)
            .join(CourseRow, CourseRow.row == DossierRow.row)
            .where(
                DossierRow.payment.in_(("unpaid", "pending")),
                DossierRow.is_open,
                DossierRow.agency == desk.store.station.agency,
            )
            .order_by(DossierRow.row.desc())
            .limit(limit)
        ).all()
        return tuple(
            Owing(
                dossier=row.id,
                code=row.code,
                procedure=row.procedure,
                payer=row.submitter,
                left=max(0, fee - paid),
                received_at=row.received_at.astimezone(VIETNAM),
            )
            for row, fee, paid in rows
        )
