"""What the catalogue says, and what each version of it changed, as rows of words.

The catalogue belongs to the province's server and comes signed; at a station
it is only read. So a supervisor sees what will be printed and charged, from
when, and what a new version changed, before a citizen does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from app.domain.amounts import in_figures
from app.domain.calendar import Term
from app.domain.catalogue import Agency, Catalogue, Procedure, System, agency_kind_words
from app.domain.text import fold
from app.models import catalogue as catalogues
from app.services.acting import require
from app.services.desk import VIETNAM, Clerk, Desk
from app.services.paperwork import phrases
from app.services.paperwork.counter import fee_words

Row = tuple[str, ...]
_LONG = 90
_WEEKDAYS = ("Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy", "Chủ nhật")
_SYSTEMS = {
    System.PROVINCE: "hệ thống của tỉnh",
    System.JUSTICE: "phần mềm hộ tịch",
    System.POLICE: "ngành công an",
    System.INSURANCE: "bảo hiểm xã hội",
    System.TAX: "ngành thuế",
}
_WHAT = {
    "subjects": "Lĩnh vực", "procedures": "Thủ tục", "form_sets": "Bộ biểu mẫu",
    "agencies": "Cơ quan", "exemptions": "Diện miễn giảm", "code_patterns": "Mẫu mã hồ sơ",
    "hours": "Giờ làm việc", "days": "Ngày nghỉ, làm bù", "official_years": "Lịch chính thức năm",
}  # fmt: skip
_FIELDS = {
    "name": "tên", "short": "mã tắt", "subject": "lĩnh vực", "term": "thời hạn",
    "effective_from": "hiệu lực từ", "effective_to": "hết hiệu lực", "cutoff": "giờ chốt",
    "papers": "giấy tờ", "fee": "lệ phí", "fields": "trường khai", "stages": "các bước",
    "receipt": "khi nào in giấy hẹn", "system": "nơi giải quyết", "result": "kết quả",
    "may_owe_papers": "được nợ giấy tờ", "book": "quyển số", "open_points": "chỗ còn ngỏ",
    "source": "nguồn", "legal_line": "dòng căn cứ", "forms": "các mẫu", "wording": "lời in",
    "account": "tài khoản nhận tiền", "council_fees": "mức thu của HĐND", "units": "phòng, bộ phận",
    "status_address": "địa chỉ tra cứu", "percent": "mức giảm (%)", "subjects": "lĩnh vực",
    "sessions": "giờ", "weekdays": "thứ", "kind": "loại", "reason": "lý do", "phone": "điện thoại",
    "address": "địa chỉ", "place": "địa danh", "parent_line": "tên cơ quan cấp trên",
    "name_line": "tên trên giấy", "is_official": "chính thức", "sample": "cơ quan mẫu",
    "shape": "dạng mã",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of the catalogue on this station."""

    number: int
    title: str
    came_at: dt.datetime
    procedures: int
    is_newest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that a version changed, or that changes by itself on a day.

    Attributes:
        since: from which day it is so; None from when the version came in.
        what, name: kind of entry, and which.
        part: which field, "" for the whole entry.
        before, after: as people read them; "" for none.
    """

    since: dt.date | None
    what: str
    name: str
    part: str
    before: str
    after: str

    @property
    def row(self) -> Row:
        """As a row of words."""
        since = f"{self.since:%d/%m/%Y}" if self.since else ""
        return (since, self.what, self.name, self.part, self.before or "—", self.after or "—")


def versions(desk: Desk, clerk: Clerk) -> tuple[Version, ...]:
    """Return the versions that this station holds, the newest first.

    Raises:
        NotYours: the clerk answers not for the counter.
    """
    require(clerk, "look_after")
    with desk.store.database.reading() as session:
        kept = catalogues.kept(session)
        read = [(catalogues.load_version(session, number), at) for number, at in kept]
    return tuple(
        Version(
            number=one.version,
            title=one.title,
            came_at=at.astimezone(VIETNAM),
            procedures=len(one.procedures),
            is_newest=i == 0,
        )
        for i, (one, at) in enumerate(read)
    )


def changed_by(desk: Desk, clerk: Clerk, number: int) -> tuple[Change, ...]:
    """Return what a version changed against the one before it; all of the first is new.

    Raises:
        NotYours: the clerk answers not for the counter.
    """
    require(clerk, "look_after")
    with desk.store.database.reading() as session:
        numbers = [n for n, _ in catalogues.kept(session)]
        new = catalogues.load_version(session, number)
        older = [n for n in numbers if n < number]
        old = catalogues.load_version(session, older[0]) if older else None
    return differences(old, new) if old else ()


def differences(old: Catalogue, new: Catalogue) -> tuple[Change, ...]:
    """Return what differs between two versions, entry by entry and field by field."""
    found: list[Change] = []
    for table, what in _WHAT.items():
        before, after = _by_name(old, table), _by_name(new, table)
        for name in dict.fromkeys((*before, *after)):
            was, now = before.get(name), after.get(name)
            if was != now:
                found += _between(what, _name_of(now if was is None else was), was, now)
    return tuple(found)


def ahead(catalogue: Catalogue, on: dt.date) -> tuple[Change, ...]:
    """Return what begins or ends by itself after a day, in the order of the days."""
    found = []
    for table, what in _WHAT.items():
        for entry in getattr(catalogue, table):
            begins = getattr(entry, "effective_from", None)
            ends = getattr(entry, "effective_to", None)
            name = _name_of(entry)
            if begins is not None and begins > on:
                found.append(_by_itself(begins, what, name, "", "bắt đầu hiệu lực"))
            if ends is not None and ends >= on:
                end = ends + dt.timedelta(days=1)
                found.append(_by_itself(end, what, name, "đang hiệu lực", "hết hiệu lực"))
    return tuple(sorted(found, key=lambda change: change.since or on))


def _by_itself(since: dt.date, what: str, name: str, before: str, after: str) -> Change:
    return Change(since=since, what=what, name=name, part="", before=before, after=after)


def _by_name(catalogue: Catalogue, table: str) -> dict[Any, Any]:
    def name(entry: Any) -> Any:
        for part in ("code", "key", "day", "shape"):
            if hasattr(entry, part):
                return getattr(entry, part), getattr(entry, "effective_from", None)
        return entry if isinstance(entry, int) else (entry.weekdays, entry.effective_from)

    return {name(entry): entry for entry in getattr(catalogue, table)}


def _name_of(entry: Any) -> str:
    if isinstance(entry, Procedure):
        return f"{entry.code} {entry.name}"
    for part in ("name", "title", "key", "day", "shape"):
        if hasattr(entry, part):
            return _said(getattr(entry, part))
    return str(entry) if isinstance(entry, int) else ", ".join(
        _WEEKDAYS[day] for day in entry.weekdays
    )  # fmt: skip


def _between(what: str, name: str, was: Any, now: Any) -> Iterator[Change]:
    since = getattr(now, "effective_from", getattr(now, "day", None))
    if was is None or now is None:
        yield Change(
            since=since, what=what, name=name, part="",
            before="" if was is None else "có", after="" if now is None else "mới thêm",
        )  # fmt: skip
        return
    for one in fields(was):
        before, after = getattr(was, one.name), getattr(now, one.name)
        if before != after:
            words = _FIELDS.get(one.name, one.name)
            yield Change(since=since, what=what, name=name, part=words,
                         before=_said(before), after=_said(after))  # fmt: skip


def _said(value: Any) -> str:
    """Say any value of the catalogue shortly."""
    words = _words_of(value)
    return words if len(words) <= _LONG else words[: _LONG - 1] + "…"


def _words_of(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, Term):
        return phrases.term_words(value)
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    if isinstance(value, int):
        return in_figures(value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_words_of(one)}" for key, one in value.items())
    if isinstance(value, (tuple, list, frozenset)):
        return "; ".join(_words_of(one) for one in value)
    for part in ("name", "label", "title"):
        if hasattr(value, part) and is_dataclass(value):
            return str(getattr(value, part))
    if is_dataclass(value):
        given = (getattr(value, one.name) for one in fields(value))
        return " ".join(words for one in given if (words := _words_of(one)))
    return str(value)


# ---- the pages -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureLine:
    """A procedure as a row, and in `about` what a row has no room for."""

    code: str
    row: Row
    about: str


def procedures(desk: Desk, on: dt.date) -> tuple[ProcedureLine, ...]:
    """Return every procedure; its row has code, short, name, term, fee, papers, in force."""
    agency = desk.agency()
    return tuple(_line(p, fee_words(p, agency), on) for p in desk.catalogue().procedures)


def _line(procedure: Procedure, fee: str, on: dt.date) -> ProcedureLine:
    required = sum(paper.required for paper in procedure.papers)
    points = " ".join(procedure.open_points)
    return ProcedureLine(
        code=procedure.code,
        row=(procedure.code, procedure.short, procedure.name, phrases.term_words(procedure.term),
             fee, f"{required}/{len(procedure.papers)}", in_force_words(procedure, on)),
        about=f"{procedure.name} · Lệ phí: {fee} · Giải quyết: {_SYSTEMS[procedure.system]}"
        + (f" · Còn ngỏ: {points}" if points else ""),
    )  # fmt: skip


def fees(desk: Desk) -> tuple[Row, ...]:
    """Return rows of the council's tariffs, the procedures' own and the grounds of exemption."""
    catalogue, agency = desk.catalogue(), desk.agency()
    names = {s.key: s.name for s in catalogue.subjects}
    rows: list[Row] = [
        ("Mức của HĐND", key, f"{in_figures(amount)} đồng", agency.name)
        for key, amount in agency.council_fees.items()
    ]
    rows += [
        ("Thủ tục", f"{p.code} {p.name}", fee_words(p, agency), names.get(p.subject, p.subject))
        for p in catalogue.procedures
    ]
    rows += [
        ("Miễn giảm", e.name, f"giảm {e.percent}%", ", ".join(names.get(s, s) for s in e.subjects))
        for e in catalogue.exemptions
    ]
    return tuple(rows)


def calendar(desk: Desk) -> tuple[Row, ...]:
    """Return rows of opening hours, days off and made-up days, the latest days first."""
    catalogue = desk.catalogue()
    hours = [
        (
            "Giờ làm việc",
            ", ".join(_WEEKDAYS[day] for day in one.weekdays),
            "; ".join(f"{s.opens:%H:%M}–{s.closes:%H:%M}" for s in one.sessions),
            f"từ {one.effective_from:%d/%m/%Y}",
        )
        for one in catalogue.hours
    ]
    days = [
        (
            "Nghỉ" if one.kind == "off" else "Làm bù",
            f"{_WEEKDAYS[one.day.weekday()]} {one.day:%d/%m/%Y}",
            one.reason,
            "chính thức" if one.is_official else "dự kiến, chưa có thông báo",
        )
        for one in sorted(catalogue.days, key=lambda day: day.day, reverse=True)
    ]
    return (*hours, *days)


def forms(desk: Desk, on: dt.date) -> tuple[Row, ...]:
    """Return rows of the printed forms of each set, and of how codes are written."""
    catalogue = desk.catalogue()
    rows: list[Row] = [
        (one.number, one.title, chosen.legal_line, in_force_words(chosen, on),
         "" if one.is_confirmed else "chưa đối chiếu văn bản")
        for chosen in catalogue.form_sets for one in chosen.forms
    ]  # fmt: skip
    rows += [
        ("Mã hồ sơ", pattern.shape, "", in_force_words(pattern, on), "")
        for pattern in catalogue.code_patterns
    ]
    return tuple(rows)


def agencies(desk: Desk, on: dt.date) -> tuple[Row, ...]:
    """Return rows of the agencies: code, name, kind, units, account, in force."""
    return tuple(
        (a.code, a.name, agency_kind_words(a.kind), ", ".join(a.units), _account(a),
         in_force_words(a, on))
        for a in desk.catalogue().agencies
    )  # fmt: skip


def _account(agency: Agency) -> str:
    account = agency.account
    return "" if account is None else _words_of(account)


def in_force_words(entry: Any, on: dt.date) -> str:
    """Say whether an entry is in force on a day, and until or from when."""
    begins, ends = entry.effective_from, entry.effective_to
    if begins > on:
        return f"từ {begins:%d/%m/%Y}"
    if ends is not None and ends < on:
        return f"hết từ {ends + dt.timedelta(days=1):%d/%m/%Y}"
    return f"dùng đến {ends:%d/%m/%Y}" if ends else "đang dùng"


def sought(rows: Iterable[Row], text: str) -> tuple[int, ...]:
    """Return the numbers of the rows in which every word of `text` begins a word, folded."""
    words = fold(text).split()

    def fits(row: Row) -> bool:
        there = fold(" ".join(row)).split()
        return all(any(one.startswith(word) for one in there) for word in words)

    return tuple(i for i, row in enumerate(rows) if fits(row))
