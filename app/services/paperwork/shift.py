"""The shift sheet: a clerk's receptions, payments and money between opening and closing."""

from __future__ import annotations

from app.domain.amounts import in_figures
from app.services import shifts
from app.services.paperwork import phrases
from app.services.paperwork.order import Setting
from app.services.shifts import Shift
from printing.document import PrintDocument
from printing.forms import shift_sheet

_METHODS = {"cash": "Tiền mặt", "transfer": "Chuyển khoản", "online": "Trực tuyến"}


def sheet(setting: Setting) -> PrintDocument:
    """Return the shift sheet of the clerk who asks."""
    desk, clerk, day = setting.desk, setting.clerk, setting.first_day
    with desk.store.database.reading() as session:
        shift = shifts.of_clerk(session, clerk.user, day)
    words = shift_sheet.ShiftSheetWords(
        head=phrases.head(desk.agency(), day),
        title="Phiếu chốt ca",
        lines=(
            ("Cán bộ", clerk.display_name),
            ("Máy (quầy)", desk.store.station.name),
            ("Từ", _begin(shift)),
            ("Đến", phrases.long_moment(shift.closed_at) if shift.closed_at else "chưa đóng ca"),
        ),
        counts=(
            ("Hồ sơ đã tiếp nhận", str(shift.received)),
            ("Hồ sơ đã hoàn tác", str(shift.voided)),
            ("Kết quả đã trả", str(shift.returned)),
            ("Giấy đã in", str(shift.printed)),
        ),
        money=(
            ("Tiền lẻ đầu ca", in_figures(shift.float_amount)),
            ("Thu tiền mặt", in_figures(shift.taken("cash"))),
            ("Hoàn tiền mặt", in_figures(shift.given_back)),
            ("Thu chuyển khoản, trực tuyến (không có trong két)",
             in_figures(shift.taken("transfer", "online"))),
            ("Phải có trong két", in_figures(shift.must_hold)),
        ),
        payments=tuple(
            (f"{p.at:%H:%M}", p.code, p.payer,
             _METHODS[p.method] if p.amount > 0 else "Hoàn tiền",
             in_figures(p.amount) if p.amount > 0 else f"−{in_figures(-p.amount)}")
            for p in shift.payments
        ),
        counted=_counted(shift),
        reason=shift.reason,
        clerk_name=clerk.display_name,
    )  # fmt: skip
    return shift_sheet.build(words, setting.paper)


def _begin(shift: Shift) -> str:
    words = phrases.long_moment(shift.begins_at)
    return words if shift.opened_at else f"{words} (chưa mở ca, tính cả ngày)"


def _counted(shift: Shift) -> tuple[tuple[str, str], ...]:
    if shift.counted is None or shift.booked is None:
        return ()
    difference = shift.counted - shift.booked
    sign = "−" if difference < 0 else ""
    return (
        ("Thực đếm", in_figures(shift.counted)),
        ("Theo sổ", in_figures(shift.booked)),
        ("Chênh lệch", sign + in_figures(abs(difference))),
    )
