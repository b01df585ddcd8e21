"""The catalogue: procedures, forms, calendar, fees and agencies, as dated data.

A catalogue is a set of TOML texts. It is read whole or refused whole, naming
file, entry and field; whoever reads it keeps the last good one. Every entry
carries the days it is in force, and a dossier keeps the version it was
received under.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol, TypeVar, get_args, get_type_hints

import msgspec

from app.domain.calendar import Cutoff, Session, Term, TermUnit, WorkingCalendar
from app.domain.codes import CodePattern, write_code
from app.domain.fees import Exemption, FeeKind, FeeRule
from app.domain.papers import Paper
from app.domain.text import fold
from app.domain.vietqr import PaymentAccount

_CODE = re.compile(r"\d\.\d{6}(\.\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2})?(\.\d{2})?")
_SHORT = re.compile(r"[a-z0-9]{2,8}")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*")


class BadCatalogue(ValueError):
    """A catalogue cannot be used; nothing of it was taken.

    Attributes:
        file, entry, field: where the fault lies; field may be empty.
        reason: what is wrong, in Vietnamese.
    """

    def __init__(self, file: str, entry: str, field: str, reason: str) -> None:
        place = " › ".join(part for part in (file, entry, field) if part)
        super().__init__(f"{place}: {reason}")
        self.file, self.entry, self.field, self.reason = file, entry, field, reason


class ReceiptRule(StrEnum):
    """Whether form 01 is always given, or only if not done at once."""

    ALWAYS = "always"
    UNLESS_DONE_AT_ONCE = "unless_done_at_once"


class System(StrEnum):
    """Whose software settles the procedure; the counter only guides the others."""

    PROVINCE = "province"
    JUSTICE = "justice"
    POLICE = "police"
    INSURANCE = "insurance"
    TAX = "tax"


class FieldType(StrEnum):
    """What a case field holds."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseField:
    """One field of a procedure's own form."""

    key: str
    label: str
    type: FieldType = FieldType.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    not_future: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of a linked procedure, at its own agency with its own term."""

    key: str
    name: str
    agency_kind: str
    term: Term
    cutoff: Cutoff = Cutoff.NONE
    result: str = ""
    system: System = System.PROVINCE
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """One administrative procedure as in force for some time.

    Attributes:
        code: national code, such as 1.001193.
        name: as printed.
        short: what a clerk types to pick it.
        subject: key of its lĩnh vực.
        open_points: what the sources left open, for the supervisor.
        source: where the entry's facts come from.
        book: kind of the book its results are numbered in, such as "SCT/BS"; "" for none.
    """

    code: str
    name: str
    short: str
    subject: str
    term: Term
    effective_from: dt.date
    effective_to: dt.date | None = None
    cutoff: Cutoff = Cutoff.NONE
    papers: tuple[Paper, ...] = ()
    fee: FeeRule = field(default_factory=FeeRule)
    fields: tuple[CaseField, ...] = ()
    stages: tuple[Stage, ...] = ()
    receipt: ReceiptRule = ReceiptRule.ALWAYS
    system: System = System.PROVINCE
    result: str = ""
    may_owe_papers: bool = False
    book: str = ""
    open_points: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A lĩnh vực."""

    key: str
    name: str
    effective_from: dt.date
    effective_to: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Number and words of one printed form within a set."""

    key: str
    number: str
    title: str
    suffix: str = ""
    is_confirmed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSet:
    """The printed forms of one circular.

    Attributes:
        legal_line: printed small at the top right of each form.
        wording: what the lines of form 01 say where the sets differ, by key.
    """

    key: str
    legal_line: str
    effective_from: dt.date
    effective_to: dt.date | None = None
    forms: tuple[Form, ...]
    wording: dict[str, str] = field(default_factory=dict)

    def form(self, key: str) -> Form:
        """Return one form of the set.

        Raises:
            KeyError: the set has no such form.
        """
        for form in self.forms:
            if form.key == key:
                return form
        raise KeyError(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """An agency that receives, or takes part in, dossiers.

    Attributes:
        code: identifier of QĐ 20/2020, beginning every dossier code.
        kind: what stages refer to, such as "commune", "police", "insurance".
        parent_line, name_line: the two lines at the head of every form.
        place: the địa danh before the date.
        council_fees: tariffs set by the provincial council, đồng by key.
        units: its offices that take dossiers over, as people call them.
        sample: True for agencies made up for trying out.
    """

    code: str
    name: str
    kind: str
    effective_from: dt.date
    effective_to: dt.date | None = None
    parent_line: str = ""
    name_line: str = ""
    place: str = ""
    address: str = ""
    phone: str = ""
    status_address: str = ""
    account: PaymentAccount | None = None
    council_fees: dict[str, int] = field(default_factory=dict)
    units: tuple[str, ...] = ()
    sample: bool = False


_AGENCY_KINDS = {
    "commune": "UBND cấp xã",
    "police": "Công an xã",
    "insurance": "Bảo hiểm xã hội",
    "tax": "Thuế",
}


def agency_kind_words(kind: str) -> str:
    """Return how people call a kind of agency that a stage refers to."""
    return _AGENCY_KINDS.get(kind, kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOff:
    """A day off, or a closed day that is made up, with its ground."""

    day: dt.date
    kind: str  # "off" or "make_up"
    reason: str
    is_official: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Opening hours of the weekdays (Monday is 0) from one day on."""

    weekdays: tuple[int, ...]
    sessions: tuple[Session, ...]
    effective_from: dt.date
    effective_to: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    version: int
    title: str
    issued_on: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """What one TOML text of a catalogue may hold."""

    catalogue: _Head | None = None
    subjects: tuple[Subject, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    form_sets: tuple[FormSet, ...] = ()
    agencies: tuple[Agency, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    code_patterns: tuple[CodePattern, ...] = ()
    hours: tuple[Hours, ...] = ()
    days: tuple[DayOff, ...] = ()
    official_years: tuple[int, ...] = ()


class _Dated(Protocol):
    @property
    def effective_from(self) -> dt.date: ...
    @property
    def effective_to(self) -> dt.date | None: ...


_D = TypeVar("_D", bound=_Dated)


def _in_force(entry: _Dated, on: dt.date) -> bool:
    return entry.effective_from <= on <= (entry.effective_to or dt.date.max)


def _first(entries: Iterable[_D], on: dt.date, what: str) -> _D:
    for entry in entries:
        if _in_force(entry, on):
            return entry
    raise KeyError(f"{what} ({on:%Y-%m-%d})")


@dataclass(frozen=True)
class Catalogue:
    """A whole, checked catalogue. Compare by `version`; never change it."""

    version: int
    title: str
    subjects: tuple[Subject, ...]
    procedures: tuple[Procedure, ...]
    form_sets: tuple[FormSet, ...]
    agencies: tuple[Agency, ...]
    exemptions: tuple[Exemption, ...]
    code_patterns: tuple[CodePattern, ...]
    hours: tuple[Hours, ...]
    days: tuple[DayOff, ...]
    official_years: frozenset[int]

    def procedure(self, code: str, on: dt.date) -> Procedure:
        """Return the procedure with national or short code `code` in force `on`.

        Raises:
            KeyError: none is.
        """
        return _first((p for p in self.procedures if code in (p.code, p.short)), on, code)

    def procedures_on(self, on: dt.date) -> tuple[Procedure, ...]:
        """Return the procedures in force, in catalogue order."""
        return tuple(p for p in self.procedures if _in_force(p, on))

    def search(self, text: str, on: dt.date, limit: int = 20) -> tuple[Procedure, ...]:
        """Return procedures whose code or folded name matches, best first.

        An exact short code comes first, then names in which every word of
        `text` begins a word, the shortest names first.
        """
        sought = fold(text)
        words = sought.split()
        ranked = []
        for procedure in self.procedures_on(on):
            names = fold(procedure.name).split()
            if sought in (procedure.short, procedure.code):
                ranked.append((0, 0, procedure))
            elif procedure.short.startswith(sought) and sought:
                ranked.append((1, len(procedure.short), procedure))
            elif words and all(any(n.startswith(w) for n in names) for w in words):
                rank = 2 if sought in fold(procedure.name) else 3
                ranked.append((rank, len(names), procedure))
        ranked.sort(key=lambda item: item[:2])
        return tuple(procedure for _, _, procedure in ranked[:limit])

    def agency(self, code: str, on: dt.date) -> Agency:
        """Return the agency with identifier `code`.

        Raises:
            KeyError: there is none in force.
        """
        return _first((a for a in self.agencies if a.code == code), on, code)

    def subject(self, key: str) -> Subject:
        """Return a lĩnh vực by key."""
        return next(s for s in self.subjects if s.key == key)

    def form_set(self, on: dt.date) -> FormSet:
        """Return the forms in force.

        Raises:
            KeyError: no form set is.
        """
        return _first(self.form_sets, on, "biểu mẫu")

    def form_set_named(self, key: str) -> FormSet:
        """Return a form set by key, in force or not.

        Raises:
            KeyError: there is none.
        """
        for form_set in self.form_sets:
            if form_set.key == key:
                return form_set
        raise KeyError(key)

    def exemption(self, key: str) -> Exemption:
        """Return a ground of exemption.

        Raises:
            KeyError: there is none.
        """
        for exemption in self.exemptions:
            if exemption.key == key:
                return exemption
        raise KeyError(key)

    def calendar(self, on: dt.date) -> WorkingCalendar:
        """Return the working calendar with the hours in force `on`."""
        sessions = {
            weekday: hours.sessions
            for hours in self.hours
            if _in_force(hours, on)
            for weekday in hours.weekdays
        }
        return WorkingCalendar(sessions, self._off, self._make_up, self.official_years)

    @cached_property
    def _off(self) -> frozenset[dt.date]:
        return frozenset(d.day for d in self.days if d.kind == "off")

    @cached_property
    def _make_up(self) -> frozenset[dt.date]:
        return frozenset(d.day for d in self.days if d.kind == "make_up")


def read_catalogue(files: Mapping[str, str]) -> Catalogue:
    """Read and check a catalogue.

    Args:
        files: TOML texts by file name; order does not matter.

    Raises:
        BadCatalogue: anything at all is wrong; the first fault is named.
    """
    read = {name: _read_file(name, text) for name, text in sorted(files.items())}
    heads = [(name, f.catalogue) for name, f in read.items() if f.catalogue is not None]
    if len(heads) != 1:
        raise BadCatalogue(
            heads[1][0] if heads else "catalogue.toml", "catalogue", "version",
            f"cần đúng một mục [catalogue], đang có {len(heads)}",
        )  # fmt: skip
    head = heads[0][1]
    if head.version < 1:
        raise BadCatalogue(heads[0][0], "catalogue", "version", "phải từ 1 trở lên")
    for name, f in read.items():
        _check_file(name, f)
    parts = read.values()
    catalogue = Catalogue(
        version=head.version,
        title=head.title,
        subjects=tuple(s for f in parts for s in f.subjects),
        procedures=tuple(p for f in parts for p in f.procedures),
        form_sets=tuple(s for f in parts for s in f.form_sets),
        agencies=tuple(a for f in parts for a in f.agencies),
        exemptions=tuple(e for f in parts for e in f.exemptions),
        code_patterns=tuple(c for f in parts for c in f.code_patterns),
        hours=tuple(h for f in parts for h in f.hours),
        days=tuple(d for f in parts for d in f.days),
        official_years=frozenset(y for f in parts for y in f.official_years),
    )
    _check_whole(read, catalogue)
    return catalogue


_PATH = re.compile(r"\$\.([a-z_]+)(?:\[(\d+|\.\.\.)\])?(.*)")


def _read_file(name: str, text: str) -> _File:
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # of TOML, or a number without end
        raise BadCatalogue(name, "", "", f"không đọc được TOML: {error}") from error
    unknown = set(raw) - set(_File.__dataclass_fields__)
    if unknown:
        raise BadCatalogue(name, min(unknown), "", "mục không biết tới")
    for table, rows in raw.items():
        for i, row in enumerate(rows if isinstance(rows, list) else [rows]):
            _refuse_unknown(name, table, i, row)
    try:
        return msgspec.convert(raw, _File, strict=True)
    except msgspec.ValidationError as error:
        # msgspec names array elements "[...]"; convert row by row to find which
        for table, rows in raw.items():
            for i, row in enumerate(rows if isinstance(rows, list) else []):
                _convert_row(name, table, i, row)
        reason, _, path = str(error).partition(" - at ")
        raise BadCatalogue(name, path.strip("`"), "", reason) from error


_ROW_TYPES: dict[str, Any] = {
    "catalogue": _Head,
    "subjects": Subject,
    "procedures": Procedure,
    "form_sets": FormSet,
    "agencies": Agency,
    "exemptions": Exemption,
    "code_patterns": CodePattern,
    "hours": Hours,
    "days": DayOff,
}


def _entry_name(row: Any, i: int) -> str:
    if isinstance(row, dict):
        for key in ("code", "key", "day", "shape"):
            if key in row:
                return str(row[key])
    return f"#{i + 1}"


def _refuse_unknown(name: str, table: str, i: int, row: Any) -> None:
    """A misspelt field would be dropped in silence; say so instead."""
    if table in _ROW_TYPES:
        path = _unknown_path(_ROW_TYPES[table], row)
        if path:
            raise BadCatalogue(name, _entry_name(row, i), path, "trường không biết tới")


def _unknown_path(kind: Any, value: Any) -> str:
    """Return the path of the first key that the type `kind` does not have, or ""."""
    for part in (kind, *get_args(kind)):
        if not is_dataclass(part):
            continue
        hints = get_type_hints(part)
        for row in value if isinstance(value, list) else [value]:
            for key, inner in row.items() if isinstance(row, dict) else ():
                if key not in hints:
                    return str(key)
                deeper = _unknown_path(hints[key], inner)
                if deeper:
                    return f"{key}.{deeper}"
    return ""


def _convert_row(name: str, table: str, i: int, row: Any) -> None:
    if table not in _ROW_TYPES:
        return
    try:
        msgspec.convert(row, _ROW_TYPES[table], strict=True)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at ")
        missing = re.search(r"required field `(\w+)`", reason)
        field_name = path.strip("`").removeprefix("$").lstrip(".")
        if missing:
            field_name = f"{field_name}.{missing[1]}".lstrip(".")
            reason = "còn thiếu"
        raise BadCatalogue(name, _entry_name(row, i), field_name, reason) from error


def _check_file(name: str, f: _File) -> None:
    for procedure in f.procedures:
        _check_procedure(name, procedure)
    for exemption in f.exemptions:
        if not 0 < exemption.percent <= 100:
            raise BadCatalogue(name, exemption.key, "percent", "phải từ 1 đến 100")
    for day in f.days:
        if day.kind not in ("off", "make_up"):
            raise BadCatalogue(name, f"{day.day}", "kind", "chỉ nhận off hoặc make_up")
    for hours in f.hours:
        _check_hours(name, hours)
    for pattern in f.code_patterns:
        try:
            write_code([pattern], "H99.99", pattern.effective_from, 1)
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            raise BadCatalogue(name, pattern.shape, "shape", f"không dùng được: {error}") from error


def _check_hours(name: str, hours: Hours) -> None:
    entry = f"hours {hours.effective_from}"
    if not hours.sessions or not all(0 <= day <= 6 for day in hours.weekdays):
        raise BadCatalogue(name, entry, "weekdays", "cần thứ 0-6 và ít nhất một buổi")
    times = [t for s in hours.sessions for t in (s.opens, s.closes)]
    if times != sorted(set(times)):
        raise BadCatalogue(name, entry, "sessions", "các buổi phải nối tiếp, không chồng nhau")


def _check_procedure(name: str, p: Procedure) -> None:
    def bad(field_name: str, reason: str) -> BadCatalogue:
        return BadCatalogue(name, p.code, field_name, reason)

    if not _CODE.fullmatch(p.code):
        raise bad("code", "mã thủ tục có dạng 1.001193")
    if not _SHORT.fullmatch(p.short):
        raise bad("short", "mã gõ tắt có 2-8 chữ thường không dấu hoặc số")
    if (p.effective_to or dt.date.max) < p.effective_from:
        raise bad("effective_to", "trước ngày bắt đầu hiệu lực")
    if not p.name.strip():
        raise bad("name", "còn trống")
    counted = (TermUnit.WORKING_DAYS, TermUnit.DAYS, TermUnit.WORKING_HOURS)
    for where, term in [("term", p.term), *((f"stages.{s.key}.term", s.term) for s in p.stages)]:
        if (term.unit in counted) != (term.count > 0):
            raise bad(f"{where}.count", "số ngày hoặc giờ không khớp với đơn vị")
    for where, rows in (("papers", p.papers), ("fields", p.fields), ("stages", p.stages)):
        keys = [row.key for row in rows]
        for key in keys:
            if not _KEY.fullmatch(key):
                raise bad(f"{where}.{key}", "khoá chỉ gồm chữ thường không dấu, số, - và _")
        if len(set(keys)) != len(keys):
            raise bad(where, "có khoá lặp lại")
    for case_field in p.fields:
        if (case_field.type is FieldType.CHOICE) != bool(case_field.choices):
            raise bad(f"fields.{case_field.key}.choices", "chỉ và phải có ở trường chọn")
    _check_fee(p, bad)


def _check_fee(p: Procedure, bad: Any) -> None:
    fee = p.fee
    for key in ("amount", "first", "first_pages", "next", "cap", "free_within_days"):
        if getattr(fee, key) < 0:
            raise bad(f"fee.{key}", "không được âm")
    if fee.kind in (FeeKind.FIXED, FeeKind.PER_COPY) and fee.amount == 0:
        raise bad("fee.amount", "phải lớn hơn 0")
    if fee.kind is FeeKind.COPIES and not (fee.first and fee.first_pages and fee.cap):
        raise bad("fee.first", "biểu phí bản sao cần first, first_pages và cap")
    if fee.kind is FeeKind.COUNCIL and not fee.council_key:
        raise bad("fee.council_key", "còn thiếu")
    if fee.free_within_days:
        fields = {f.key: f.type for f in p.fields}
        if fields.get(fee.free_field) is not FieldType.DATE:
            raise bad("fee.free_field", "phải là một trường ngày của thủ tục")


def _overlaps(entries: Sequence[_Dated]) -> bool:
    spans = sorted((e.effective_from, e.effective_to or dt.date.max) for e in entries)
    return any(first[1] >= second[0] for first, second in itertools.pairwise(spans))


def _check_whole(read: Mapping[str, _File], catalogue: Catalogue) -> None:
    """Check what only shows when all files are seen together."""
    if not catalogue.hours or not catalogue.code_patterns or not catalogue.form_sets:
        raise BadCatalogue("catalogue.toml", "", "", "cần hours, code_patterns và form_sets")
    subjects = {s.key for s in catalogue.subjects}
    days = Counter(d.day for d in catalogue.days)
    for name, f in read.items():
        for p in f.procedures:
            _check_among(name, p, catalogue, subjects)
        for e in f.exemptions:
            for subject in e.subjects:
                if subject not in subjects:
                    raise BadCatalogue(name, e.key, "subjects", f"chưa khai báo “{subject}”")
        for a in f.agencies:
            if _overlaps([b for b in catalogue.agencies if b.code == a.code]):
                raise BadCatalogue(name, a.code, "effective_from", "trùng thời gian hiệu lực")
        for s in f.form_sets:
            if _overlaps(catalogue.form_sets):
                raise BadCatalogue(name, s.key, "effective_from", "hai bộ biểu mẫu cùng hiệu lực")
        for d in f.days:
            if days[d.day] > 1:
                raise BadCatalogue(name, f"{d.day}", "day", "khai báo hai lần")


def _check_among(name: str, p: Procedure, catalogue: Catalogue, subjects: set[str]) -> None:
    """Check one procedure against all others and the subjects."""
    if p.subject not in subjects:
        raise BadCatalogue(name, p.code, "subject", f"chưa khai báo “{p.subject}”")
    if _overlaps([q for q in catalogue.procedures if q.code == p.code]):
        raise BadCatalogue(name, p.code, "effective_from", "trùng thời gian hiệu lực")
    for other in catalogue.procedures:
        if other.short == p.short and other.code != p.code and _overlaps([other, p]):
            raise BadCatalogue(name, p.code, "short", f"trùng mã gõ tắt với {other.code}")
