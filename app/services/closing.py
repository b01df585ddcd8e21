"""Close a day: its sheet on paper, and the seal of its register as an event."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app.domain.bodies import DayClosed
from app.models import events, projection
from app.services import print_jobs, reconciling
from app.services.day_register import Entry, Register
from app.services.desk import VIETNAM, Clerk, Desk
from app.services.print_jobs import Printout
from app.services.reconciling import Day
from printing.document import PaperSize
from printing.forms.day_sheet import DaySheetWords, build_day_sheet

FORM = "day-sheet"
_KINDS = {"lease": "số cấp nhanh", "range": "số ngoại tuyến"}
_GROUP = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A day that was closed, and its sheet."""

    day: Day
    printout: Printout


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """One time that a day was closed: when, by whom, and under which seal."""

    at: dt.datetime
    clerk: str
    sha256: str


def closings_of(desk: Desk, on: dt.date) -> tuple[Closing, ...]:
    """Return every closing of a day at this station, in order."""
    with desk.store.database.reading() as session:
        return tuple(
            Closing(at=at.astimezone(VIETNAM), clerk=actor, sha256=body.sha256)
            for at, actor, body in Register(session, desk.store.station.agency, on).closing_events()
        )


def close_day(desk: Desk, clerk: Clerk, on: dt.date) -> Closed:
    """Note the seal of a day's register as an event and return the sheet to print.

    A day may be closed again: what agrees later makes another sheet, and both
    closings stay.

    Raises:
        StoreProblem: nothing was noted.
        NoCatalogue: the agency's name is not known yet.
    """
    day = reconciling.day(desk, on)
    sheets = sum(print_jobs.sheets_used(desk, on).values())
    printout = make_sheet(desk, clerk, day, sheets)
    received = day.received
    body = DayClosed(
        day=on,
        sha256=day.seal,
        received=len(received),
        voided=sum(entry.voided for entry in received),
        provisional=sum(entry.provisional for entry in received),
        printed=day.printed,
        differences=len(day.differences),
        sheets=sheets,
    )
    with desk.store.acting(needs_journal=False) as session:
        projection.record(session, events.Act("day.closed", body, clerk.user, desk.now()))
    return Closed(day=day, printout=printout)


def make_sheet(desk: Desk, clerk: Clerk, day: Day, sheets: int) -> Printout:
    """Return the day's sheet as a stored PDF.

    Raises:
        NoCatalogue: the agency's name is not known yet.
    """
    from printing.pdf import render

    words = sheet_words(desk, clerk, day, sheets)
    pdf = render(build_day_sheet(words, PaperSize.A4), made_at=desk.now())
    return Printout(
        dossier=None,
        code="",
        form=FORM,
        version=day.closings + 1,
        copy=1,
        title=f"{words.title} {day.day:%d-%m-%Y}",
        paper=PaperSize.A4,
        sha256=desk.store.blobs.put(pdf),
        pdf=pdf,
    )


def sheet_words(desk: Desk, clerk: Clerk, day: Day, sheets: int) -> DaySheetWords:
    """Return the words of a day's sheet; no citizen is named on it."""
    agency, now = desk.agency(), desk.now()
    received = day.received
    voided = sum(entry.voided for entry in received)
    marks = [f"LẬP LẦN {day.closings + 1}"] if day.closings else []
    if desk.practice:
        marks.append("TẬP SỰ")
    return DaySheetWords(
        parent_line=agency.parent_line,
        name_line=agency.name_line,
        station_line=f"Máy: {desk.store.station.name}",
        title="Bảng đối chiếu cuối ngày",
        day_line=f"Ngày {day.day:%d/%m/%Y}",
        place_and_date=f"{agency.place}, {now:%H:%M} ngày {now:%d/%m/%Y}",
        summary=(
            ("Hồ sơ tiếp nhận", f"{len(received)}, trong đó đã hoàn tác {voided}"),
            ("Giấy tiếp nhận đã in", f"{day.printed}"),
            ("Số tờ giấy máy in đã dùng", f"{sheets}"),
            ("Máy chủ đã xác nhận", f"{sum(e.is_stored for e in received)} hồ sơ"),
        ),
        rows=tuple(_row(entry) for entry in day.entries),
        verdict=_verdict(day),
        differences=tuple(_grouped(day)),
        numbers=tuple(_numbers(day)),
        seal=" ".join(day.seal[i : i + _GROUP] for i in range(0, len(day.seal), _GROUP)),
        clerk_name=clerk.display_name,
        marks=tuple(marks),
    )


def _verdict(day: Day) -> str:
    if day.differences:
        return f"CHƯA KHỚP: {len(day.differences)} việc"
    return "KHỚP: không có việc nào chưa khớp."


def _grouped(day: Day) -> list[tuple[str, str, str]]:
    """Return the differences, one kind a row; codes of a day share their beginning."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in day.differences:
        groups.setdefault((one.words, one.advice), []).append(one.about)
    return [(_listed(about), words, advice) for (words, advice), about in groups.items()]


def _listed(about: list[str]) -> str:
    """Return codes as one text: "H24.15-261120-0001–0007, 0009"."""
    parts: list[str] = []
    start_before, last, began = "", -2, ""
    for one in about:
        start, dash, number = one.rpartition("-")
        follows = bool(dash) and start == start_before and number.isdigit()
        if follows and int(number) == last + 1:
            parts[-1] = f"{began}–{number}"
        else:
            began = number if follows else one
            parts.append(began)
        start_before = start
        last = int(number) if dash and number.isdigit() else -2
    return ", ".join(parts)


def _row(entry: Entry) -> tuple[str, str, str, str, str]:
    state = "đã hoàn tác, số để trống" if entry.voided else "đã nhận"
    if entry.provisional:
        state += ", mã tạm"
    if not entry.is_of_day:
        state = "nhận ngày khác"
    code = entry.code
    if entry.former_codes:
        code += f" (trước là {', '.join(entry.former_codes)})"
    time = f"{entry.received_at:%H:%M}" if entry.is_of_day else f"{entry.received_at:%d/%m/%Y}"
    return code, time, state, _paper(entry), _server(entry)


def _paper(entry: Entry) -> str:
    if not entry.prints:
        return "chưa in"
    words = {"printed": "in", "saved": "lưu tệp", "unknown": "chưa rõ", "not_printed": "chưa ra"}
    said = []
    for one in entry.prints:
        version = f" bản sửa {one.version - 1}" if one.version > 1 else ""
        copy = f" in lại {one.copy - 1}" if one.copy > 1 else ""
        said.append(f"{words[one.outcome]}{version}{copy} {one.at[11:16]}")
    return "; ".join(said)


def _server(entry: Entry) -> str:
    if entry.refusal:
        return "để riêng"
    if not entry.is_stored:
        return "chưa xác nhận"
    return f"đã nhận, thứ {entry.place}" if entry.place else "đã nhận"


def _numbers(day: Day) -> list[str]:
    lines = []
    for span in day.unused:
        kind = _KINDS.get(span.kind, span.kind)
        many = (
            f"{span.first:04d}" if span.first == span.last else f"{span.first:04d}–{span.last:04d}"
        )
        lines.append(f"Số {many} chưa dùng ({kind}), không giấy nào mang.")
    lines += [
        f"Số của {entry.code} đã hoàn tác: để trống, không cấp lại."
        for entry in day.received
        if entry.voided
    ]
    return lines
