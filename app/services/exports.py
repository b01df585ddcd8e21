"""Lists as Excel files; that they left the program is recorded, numbers of people are masked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.bodies import Exported
from app.domain.catalogue import Catalogue
from app.errors import AppError
from app.models import events, projection
from app.services import lookup
from app.services.desk import Clerk, Desk
from app.services.lookup import Filter, ListPage

_HEADINGS = ("Mã hồ sơ", "Thủ tục", "Người nộp", "Chủ hồ sơ", "Nhận", "Hẹn trả", "Trạng thái",
             "Thu phí", "Trang quét", "Gửi máy chủ")  # fmt: skip
_WIDTHS = (22, 44, 26, 26, 16, 16, 24, 16, 10, 14)
_PAYMENT = {"free": "không thu", "unpaid": "chưa thu", "pending": "chờ tiền về", "paid": "đã thu",
            "refunded": "đã hoàn"}  # fmt: skip
_SYNC = {"waiting": "chờ gửi", "stored": "đã gửi", "quarantined": "cần xem"}
_MOST_ROWS = 100_000
_LONGEST_TITLE, _USUAL_WIDTH = 31, 16


class NotWritten(AppError):
    """The file could not be written; nothing was exported."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file: numbers stay numbers, everything else is text."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[object]]
    widths: Sequence[float] = ()


def write_sheets(target: Path, sheets: Sequence[Sheet]) -> int:
    """Write sheets as one .xlsx, row by row; return how many rows they have together.

    A text that begins like a formula stays a text.

    Raises:
        NotWritten: disk full, no right to write, or open in Excel.
    """
    import xlsxwriter

    count = 0
    try:
        with xlsxwriter.Workbook(
            target, {"constant_memory": True, "strings_to_formulas": False,
                     "strings_to_urls": False, "strings_to_numbers": False},
        ) as book:  # fmt: skip
            head = book.add_format({"bold": True, "bottom": 1})
            for sheet in sheets:
                count += _write_sheet(book.add_worksheet(sheet.title[:_LONGEST_TITLE]), sheet, head)
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        raise NotWritten(
            f"Không ghi được tệp {target.name}.",
            "Đóng tệp nếu đang mở trong Excel, kiểm tra đĩa trống, rồi xuất lại.",
        ) from error
    return count


def _write_sheet(page: Any, sheet: Sheet, head: Any) -> int:
    for column, heading in enumerate(sheet.headings):
        width = sheet.widths[column] if column < len(sheet.widths) else _USUAL_WIDTH
        page.set_column(column, column, width)
        page.write_string(0, column, heading, head)
    page.freeze_panes(1, 0)
    count = 0
    for count, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                page.write_number(count, column, value)
            else:
                page.write_string(count, column, str(value))
    return count


def write_table(
    target: Path,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    widths: Sequence[float] = (),
) -> int:
    """Write one table as .xlsx; return how many rows it has.

    Raises:
        NotWritten: disk full, no right to write, or open in Excel.
    """
    return write_sheets(target, [Sheet(title, headings, rows, widths)])


def note(desk: Desk, clerk: Clerk, what: str, rows: int, target: str) -> None:
    """Record that a list left the program."""
    body = Exported(what=what[:200], rows=min(rows, 100_000), target=target[:200])
    with desk.store.acting(needs_journal=False) as session:
        projection.record(session, events.Act("data.exported", body, clerk.user, desk.now()))


def export_list(
    desk: Desk,
    clerk: Clerk,
    text: str,
    wanted: Filter,
    target: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Write the dossiers of a list as .xlsx; return how many.

    Args:
        desk, clerk: who exports.
        text, wanted: what the list was narrowed by.
        target: file to write.
        progress: told how many rows were written.

    Raises:
        NotWritten: the file could not be written.
    """
    count = write_table(target, "Hồ sơ", _HEADINGS, _rows(desk, text, wanted, progress), _WIDTHS)
    note(desk, clerk, "danh sách hồ sơ", count, target.name)
    return count


def _rows(
    desk: Desk, text: str, wanted: Filter, progress: Callable[[int], None]
) -> Iterable[Sequence[object]]:
    names = _names(desk.catalogue())
    before: int | None = None
    count = 0
    while count < _MOST_ROWS:
        page: ListPage
        if text:
            page = lookup.find(desk, text, wanted, before=before)
        else:
            page = lookup.newest(desk, wanted, before=before)
        for line in page.lines:
            yield (
                line.code, names.get(line.procedure, line.procedure), line.submitter, line.owner,
                f"{line.received_at:%d/%m/%Y %H:%M}", f"{line.due_at:%d/%m/%Y %H:%M}",
                line.state_words, _PAYMENT.get(line.payment, line.payment), line.page_count,
                _SYNC[line.sync.value],
            )  # fmt: skip
        count += len(page.lines)
        progress(count)
        before = page.next_before
        if before is None:
            return


def _names(catalogue: Catalogue) -> dict[str, str]:
    return {procedure.code: procedure.name for procedure in catalogue.procedures}
