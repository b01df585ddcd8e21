"""Two clashing acts beside each other, field by field, in the words of the screens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.amounts import in_figures
from app.domain.events import kind_words, moment
from app.services import lookup
from app.services.desk import VIETNAM, Clerk, Desk
from app.services.settling import Dispute, Side

_LABELS = {
    "reason": "Lý do", "name": "Họ tên", "id_number": "Số căn cước", "born": "Ngày sinh",
    "sex": "Giới tính", "phone": "Điện thoại", "email": "Thư điện tử", "address": "Nơi cư trú",
    "submitter": "Người nộp", "applicant": "Chủ hồ sơ", "recipient": "Người nhận",
    "summary": "Nội dung yêu cầu", "due_at": "Hẹn trả", "received_at": "Nhận lúc",
    "amount": "Số tiền", "method": "Cách thu", "reference": "Mã giao dịch", "how": "Căn cứ",
    "exemption": "Diện miễn", "fee": "Phí", "full": "Mức đầy đủ", "items": "Yêu cầu bổ sung",
    "round": "Lần", "to_agency": "Cơ quan nhận", "to_unit": "Phòng nhận", "unit": "Phòng",
    "stage": "Bước", "slip": "Phiếu", "note": "Ghi chú", "result": "Kết quả", "agency": "Cơ quan",
    "outcome": "Đề xuất", "words": "Trích yếu", "number": "Số", "issued_on": "Ngày cấp",
    "copies": "Số bản", "place": "Nơi để", "book": "Quyển số", "satisfaction": "Hài lòng",
    "authority": "Giấy uỷ quyền", "system": "Hệ thống", "code": "Mã", "former": "Mã cũ",
    "text": "Nội dung", "papers": "Giấy tờ", "fields": "Nội dung", "receipt_version": "Bản giấy",
    "relation": "Tư cách", "lost_receipt": "Mất giấy hẹn", "page": "Trang",
    "check": "Ký tự kiểm tra",
}  # fmt: skip
_VALUES = {
    "cash": "tiền mặt", "transfer": "chuyển khoản", "online": "trực tuyến", "grant": "đồng ý",
    "refuse": "từ chối", "self": "tự nộp", "for": "nộp thay", "authorised": "được uỷ quyền",
    "True": "có", "False": "không",
}  # fmt: skip
_MONEY = ("amount", "full")
_SILENT = ("source", "kind", "is_known", "joins")


def compare(desk: Desk, clerk: Clerk, dispute: Dispute) -> tuple[tuple[str, str, str], ...]:
    """Return (field, first act, second act); what both say alike is left out.

    Numbers stand whole, for somebody must choose between them; the look is recorded.
    """
    lookup.viewed(desk, clerk, dispute.dossier, reveals=True)
    first, second = dict(_flat(dispute.first.values)), dict(_flat(dispute.second.values))
    rows = [
        ("Việc", _words(dispute.first), _words(dispute.second)),
        ("Ai, lúc nào", _who(dispute.first), _who(dispute.second)),
    ]
    for label in dict.fromkeys([*first, *second]):
        values = (first.get(label, "—"), second.get(label, "—"))
        if values[0] != values[1]:
            rows.append((label, *values))
    return tuple(rows)


def _words(side: Side) -> str:
    words = kind_words(side.kind)
    return words[0].upper() + words[1:]


def _who(side: Side) -> str:
    at = moment(side.at)
    when = f"{at.astimezone(VIETNAM):%H:%M %d/%m}" if at else side.at
    return f"{side.actor}, {when}" + (" (máy này)" if side.is_own else "")


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if key in _SILENT or value in (None, "", [], {}):
            continue
        label = _LABELS.get(key, key if before == "Nội dung: " else "Mục khác")
        if isinstance(value, dict):
            yield from _flat(value, f"{label}: ")
        elif isinstance(value, list):
            parts = [_listed(one) for one in value]
            yield before + label, "; ".join(part for part in parts if part)
        else:
            yield before + label, _shown(key, value)


def _listed(one: Any) -> str:
    if isinstance(one, dict):
        return str(one.get("name") or one.get("key") or "")
    return str(one)


def _shown(key: str, value: Any) -> str:
    if key in _MONEY and isinstance(value, int):
        return f"{in_figures(value)} đ"
    text = str(value)
    if key.endswith("_at"):
        at = moment(text)
        return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}" if at else text
    try:
        return f"{dt.date.fromisoformat(text):%d/%m/%Y}" if len(text) == 10 else (
            _VALUES.get(text, text)
        )  # fmt: skip
    except ValueError:
        return _VALUES.get(text, text)
