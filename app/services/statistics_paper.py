"""The report of a period on paper: II.06a, charts, procedures and clerks.

Source: TT 01/2020/TT-VPCP, Biểu II.06a/VPCP/KSTT.
"""

from __future__ import annotations

from app.domain.amounts import in_figures
from app.services.desk import Clerk, Desk
from app.services.paperwork import phrases
from app.services.print_jobs import Printout
from app.services.statistics import Statistics
from printing.document import PaperSize
from printing.forms import report
from printing.forms.frame import Signature
from printing.forms.report import ReportTable, ReportWords

FORM = "statistics"
_CAME, _DONE, _LEFT = "Số hồ sơ nhận giải quyết", "Số lượng hồ sơ đã giải quyết", (
    "Số lượng hồ sơ đang giải quyết"
)  # fmt: skip


def make(
    desk: Desk, clerk: Clerk, found: Statistics, pictures: tuple[tuple[str, bytes], ...] = ()
) -> Printout:
    """Return the report as a stored PDF.

    Args:
        desk, clerk: who makes it.
        found: the figures.
        pictures: (title, PNG) of the charts.

    Raises:
        StoreProblem: the PDF could not be kept.
    """
    from printing.pdf import render

    words = report_words(desk, clerk, found, pictures)
    pdf = render(report.build(words, PaperSize.A4), made_at=desk.now())
    return Printout(
        dossier=None, code="", form=FORM, version=1, copy=1,
        title=f"{words.title} {found.first:%d-%m-%Y}", paper=PaperSize.A4,
        sha256=desk.store.blobs.put(pdf), pdf=pdf,
    )  # fmt: skip


def report_words(
    desk: Desk, clerk: Clerk, found: Statistics, pictures: tuple[tuple[str, bytes], ...]
) -> ReportWords:
    """Return the words of the report."""
    agency, today = desk.agency(), desk.now().date()
    rates = found.rates
    return ReportWords(
        head=phrases.head(agency, today),
        title="Tình hình, kết quả giải quyết TTHC tại cơ quan trực tiếp giải quyết",
        period=f"Biểu II.06a · kỳ từ {found.first:%d/%m/%Y} đến {found.last:%d/%m/%Y} · "
        "đơn vị tính: số hồ sơ",
        lines=(
            ("Đơn vị báo cáo", agency.name),
            ("Tỷ lệ", f"đúng và trước hạn {rates.on_time.words}, trực tuyến {rates.online.words}, "
             f"số hoá {rates.digitised.words}, bổ sung từ lần hai {rates.second_supplement.words}, "
             f"hài lòng {rates.satisfied.words}"),
        ),
        main=_report(found),
        notes=(
            f"(3) = (7) + (11): {found.total.to_solve} = {found.total.solved} + "
            f"{found.total.in_work}. So theo ngày. Hồ sơ chờ bổ sung tính trong hạn; từ chối, rút, "
            "dừng giải quyết tính đúng hạn. Đang giải quyết: tính đến "
            f"{found.judged_on:%d/%m/%Y}.",
            f"Số liệu máy {desk.store.station.name} biết lúc {desk.now():%H:%M %d/%m/%Y}.",
        ),
        pictures=pictures,
        more=(_procedures(found), _clerks(found)),
        place_and_date=phrases.place_and_date(agency, today),
        signatures=(Signature("NGƯỜI LẬP BIỂU", clerk.display_name),
                    Signature("THỦ TRƯỞNG ĐƠN VỊ")),
        marks=("TẬP SỰ",) if desk.practice else (),
    )  # fmt: skip


def _report(found: Statistics) -> ReportTable:
    columns = (
        ("TT", 4.0, ""), ("Lĩnh vực", 22.0, ""),
        ("Tổng số", 7.0, _CAME), ("Trong kỳ: trực tuyến", 8.0, _CAME),
        ("Trong kỳ: trực tiếp, bưu chính", 9.0, _CAME), ("Từ kỳ trước", 7.0, _CAME),
        ("Tổng số", 7.0, _DONE), ("Trước hạn", 7.0, _DONE), ("Đúng hạn", 7.0, _DONE),
        ("Quá hạn", 7.0, _DONE),
        ("Tổng số", 7.0, _LEFT), ("Trong hạn", 7.0, _LEFT), ("Quá hạn", 7.0, _LEFT),
    )  # fmt: skip
    rows = [
        (str(i), row.subject, *map(str, row.tally.columns))
        for i, row in enumerate(found.subjects, start=1)
    ]
    rows.append(("", "Tổng số", *map(str, found.total.columns)))
    return ReportTable(
        title="Biểu II.06a", columns=columns, rows=tuple(rows), has_total=True, is_numbered=True
    )


def _procedures(found: Statistics) -> ReportTable:
    columns = (("Thủ tục", 50.0, ""), ("Nhận", 8.0, ""), ("Đã xong", 8.0, ""),
               ("Trễ hạn", 8.0, ""), ("Phí đã thu (đồng)", 12.0, ""))  # fmt: skip
    rows = tuple(
        (row.name, str(row.received), str(row.solved), str(row.late), in_figures(row.fee))
        for row in found.procedures
    )
    return ReportTable(title="Theo thủ tục", columns=columns, rows=rows)


def _clerks(found: Statistics) -> ReportTable:
    columns = (("Cán bộ", 50.0, ""), ("Hồ sơ nhận", 12.0, ""), ("Phí đã thu (đồng)", 14.0, ""))
    rows = tuple((one.name, str(one.received), in_figures(one.paid)) for one in found.clerks)
    return ReportTable(title="Theo cán bộ", columns=columns, rows=rows)
