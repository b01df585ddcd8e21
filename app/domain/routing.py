"""Which dossier each page of a pile belongs to, by the codes on its receipts and cover sheets.

A receipt or a cover sheet begins a dossier; what follows belongs to it until the next one.
Whatever is not certain waits for a person, and says why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from app.domain.codes import is_pad_number, read_code
from app.domain.scans import ScanKind, recognise

RECEIPT_PAPER = "giay-tiep-nhan"
UNSORTED_PAPER = "chua-phan-loai"
_PROVISIONAL = re.compile(r"T-[0-9A-F]{6}-\d{6}-\d{4,8}", re.ASCII)
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,79}", re.ASCII)


class MarkKind(StrEnum):
    """What a barcode on a page is to the routing."""

    RECEIPT = "receipt"
    COVER = "cover"
    OTHER = "other"  # an ID card or a payment: part of the paper it stands on
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Mark:
    """A barcode as far as the routing needs it; its raw text is kept nowhere.

    Attributes:
        code: dossier code of a receipt or cover sheet, number of a pad's sheet, else "".
        paper: key of the paper that a cover sheet names, else "".
    """

    kind: MarkKind
    code: str = ""
    paper: str = ""

    @property
    def is_separator(self) -> bool:
        """True if a dossier begins here."""
        return self.kind in (MarkKind.RECEIPT, MarkKind.COVER)


def mark_of(text: str) -> Mark:
    """Return what a barcode's text is; anything but a well-formed code of ours is foreign."""
    found = recognise(text)
    if found.kind is ScanKind.DOSSIER and _is_well_formed(found.code):
        return Mark(MarkKind.RECEIPT, found.code)
    if is_pad_number(text.strip()):
        return Mark(MarkKind.RECEIPT, text.strip())
    head, _, paper = text.strip().removeprefix("BIA|").partition("|")
    if text.strip().startswith("BIA|") and _is_well_formed(head):
        return Mark(MarkKind.COVER, head, paper if _KEY.fullmatch(paper) else "")
    if found.kind in (ScanKind.CARD, ScanKind.PAYMENT):
        return Mark(MarkKind.OTHER)
    return Mark(MarkKind.FOREIGN)


def _is_well_formed(code: str) -> bool:
    return read_code(code) is not None or _PROVISIONAL.fullmatch(code) is not None


class Standing(StrEnum):
    """What the store knows of a code."""

    OPEN = "open"
    CLOSED = "closed"
    VOID = "void"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"
    DOUBTFUL = "doubtful"  # two dossiers bear it


@dataclass(frozen=True, slots=True)
class Known:
    """What a code stands for.

    Attributes:
        dossier: set for an open or a closed one.
        code: the dossier's present code; another one than was read where it was replaced.
    """

    standing: Standing
    dossier: UUID | None = None
    code: str = ""


class Fate(StrEnum):
    """What becomes of a page when the pile is kept."""

    KEEP = "keep"
    DROP = "drop"
    WAIT = "wait"


class NoteKind(StrEnum):
    """What a person should know of a page."""

    FOREIGN = "foreign"
    UNKNOWN = "unknown"
    NOT_ENTERED = "not_entered"
    VOID = "void"
    ELSEWHERE = "elsewhere"
    DOUBTFUL = "doubtful"
    CLOSED = "closed"
    REPLACED = "replaced"
    TWO_CODES = "two_codes"
    REPEATED = "repeated"
    NO_SEPARATOR = "no_separator"
    AFTER_TROUBLE = "after_trouble"
    BLANK_BACK = "blank_back"
    BLANK = "blank"
    COVER = "cover"
    RECEIPT = "receipt"
    DECIDED = "decided"
    UNREADABLE = "unreadable"
    UNREAD_BARS = "unread_bars"


_WORDS = {
    NoteKind.FOREIGN: "Có mã vạch lạ, không phải mã hồ sơ; trang vẫn xếp theo tờ phân cách.",
    NoteKind.UNKNOWN: "Mã {0} chưa có trên máy này. Bấm F5 nhận dữ liệu mới, hoặc gõ mã đúng.",
    NoteKind.NOT_ENTERED: "Giấy viết tay {0} chưa được nhập vào máy. Nhập hồ sơ này, rồi chọn nó.",
    NoteKind.VOID: "Hồ sơ {0} đã hoàn tác, số này không dùng nữa. Chọn hồ sơ khác hoặc bỏ.",
    NoteKind.ELSEWHERE: "Giấy {0} là của cơ quan khác. Để riêng tờ này, hoặc chọn hồ sơ khác.",
    NoteKind.DOUBTFUL: "Hai hồ sơ cùng mang mã {0}. Mở mục Đồng bộ để xử lý, rồi chọn hồ sơ.",
    NoteKind.CLOSED: "Hồ sơ {0} đã kết thúc; trang vẫn được xếp vào. Xem có đúng không.",
    NoteKind.REPLACED: "Giấy ghi mã cũ {0}; hồ sơ nay mang mã {1}.",
    NoteKind.TWO_CODES: "Trang có hai mã khác nhau: {0} và {1}. Chọn hồ sơ cho trang này.",
    NoteKind.REPEATED: "Hồ sơ {0} đã gặp ở trang trước; các trang được xếp chung.",
    NoteKind.NO_SEPARATOR: "Trước trang này chưa có giấy hẹn hay tờ bìa nào. Chọn hồ sơ.",
    NoteKind.AFTER_TROUBLE: "Tờ phân cách ở trước chưa rõ của hồ sơ nào, nên trang này chờ.",
    NoteKind.BLANK_BACK: "Mặt trắng của tờ hai mặt, sẽ bỏ; bấm Del để lấy lại.",
    NoteKind.BLANK: "Trang trắng; bấm Del để bỏ.",
    NoteKind.COVER: "Tờ bìa chỉ để phân cách, sẽ bỏ; bấm Del để lấy lại.",
    NoteKind.RECEIPT: "Giấy hẹn chỉ để phân cách, sẽ bỏ; bấm Del để lấy lại.",
    NoteKind.DECIDED: "Đã xếp bằng tay.",
    NoteKind.UNREAD_BARS: "Có mã vạch không đọc được, có thể là giấy hẹn. Xem rồi chọn hồ sơ.",
    NoteKind.UNREADABLE: "Không mở được ảnh để đọc mã. Quét lại trang này.",
}
_GRAVE = frozenset(
    {
        NoteKind.UNKNOWN, NoteKind.NOT_ENTERED, NoteKind.VOID, NoteKind.ELSEWHERE,
        NoteKind.DOUBTFUL, NoteKind.TWO_CODES, NoteKind.NO_SEPARATOR, NoteKind.AFTER_TROUBLE,
        NoteKind.UNREADABLE, NoteKind.UNREAD_BARS,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """A note on a page; `codes` are those it speaks of."""

    kind: NoteKind
    codes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The note as shown."""
        return _WORDS[self.kind].format(*self.codes)

    @property
    def asks(self) -> bool:
        """True if a person has to decide something."""
        return self.kind in _GRAVE


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided for a page; it stands over every rule.

    Attributes:
        dossier: set where the page is kept.
        begins: the pages after it follow, until the next separator.
    """

    fate: Fate
    dossier: UUID | None = None
    paper: str = ""
    begins: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PilePage:
    """A page of a pile, in its order.

    Attributes:
        side: "front" or "back" of a sheet, "" if the device does not say.
        is_readable: False if its image could not be opened.
        has_unread_bars: it may be a receipt whose code nothing could read.
    """

    page: UUID
    side: str = ""
    is_blank: bool = False
    is_readable: bool = True
    has_unread_bars: bool = False
    marks: tuple[Mark, ...] = ()
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a page goes; a page that waits has no dossier.

    Attributes:
        is_separator: a dossier begins here, or may begin.
    """

    page: UUID
    fate: Fate
    dossier: UUID | None = None
    code: str = ""
    paper: str = ""
    is_separator: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What an office may choose.

    Attributes:
        keeps_receipts: the signed receipt is filed with the dossier.
        keeps_covers: cover sheets are filed too.
    """

    keeps_receipts: bool = True
    keeps_covers: bool = False


@dataclass(frozen=True, slots=True)
class _Run:
    """What the pages after a separator belong to; without a dossier they wait."""

    dossier: UUID | None = None
    code: str = ""
    paper: str = ""
    why: NoteKind = NoteKind.NO_SEPARATOR


_Sheet = tuple[PilePage, ...]


def route(
    pages: Sequence[PilePage], known: Mapping[str, Known], rules: Rules | None = None
) -> tuple[Placed, ...]:
    """Return where every page goes, in the same order, each page once.

    Args:
        pages: as they lie in the pile.
        known: what the store knows of each code; one that is missing is unknown.
        rules: the office's own.
    """
    rules = rules or Rules()
    run = _Run()
    seen: set[UUID] = set()
    placed: list[Placed] = []
    for sheet in _sheets(pages):
        codes = _separators(sheet)
        notes: tuple[Note, ...] = ()
        if codes:
            run, notes = _begin(codes, known, seen)
        elif any(page.has_unread_bars for page in sheet):
            run, notes = _Run(why=NoteKind.UNREAD_BARS), (Note(NoteKind.UNREAD_BARS),)
        chosen = next((p.decision for p in sheet if p.decision and p.decision.begins), None)
        if chosen is not None:
            run = _Run(chosen.dossier, _code_of(chosen.dossier, known), why=NoteKind.AFTER_TROUBLE)
        placed += [_place(page, sheet, run, notes, rules) for page in sheet]
    return tuple(
        _decided(one, page.decision, known) for one, page in zip(placed, pages, strict=True)
    )


def _code_of(dossier: UUID | None, known: Mapping[str, Known]) -> str:
    if dossier is None:
        return ""
    return next((one.code for one in known.values() if one.dossier == dossier), "")


def _sheets(pages: Sequence[PilePage]) -> list[_Sheet]:
    """Return fronts with the backs that follow them."""
    if not pages:
        return []
    cuts = [i for i, page in enumerate(pages) if i == 0 or not _is_back_of(pages[i - 1], page)]
    return [tuple(pages[a:b]) for a, b in pairwise([*cuts, len(pages)])]


def _is_back_of(front: PilePage, page: PilePage) -> bool:
    return page.side == "back" and front.side == "front"


def _separators(sheet: _Sheet) -> list[Mark]:
    """Return a sheet's marks that begin a dossier, each code once, a cover before a receipt."""
    marks = [mark for page in sheet for mark in page.marks if mark.is_separator]
    marks.sort(key=lambda mark: (mark.kind is not MarkKind.COVER, not mark.paper))
    firsts: dict[str, Mark] = {}
    for mark in marks:
        firsts.setdefault(mark.code, mark)
    return list(firsts.values())


def _begin(
    marks: list[Mark], known: Mapping[str, Known], seen: set[UUID]
) -> tuple[_Run, tuple[Note, ...]]:
    """Return the run that a separator begins, and what is to be said of it."""
    found = [known.get(mark.code, Known(Standing.UNKNOWN)) for mark in marks]
    first, mark = found[0], marks[0]
    if any(other.dossier is None or other.dossier != first.dossier for other in found[1:]):
        codes = (marks[0].code, marks[1].code)
        return _Run(why=NoteKind.TWO_CODES), (Note(NoteKind.TWO_CODES, codes),)
    if first.dossier is None or first.standing not in (Standing.OPEN, Standing.CLOSED):
        kind = NoteKind(first.standing.value)
        if kind is NoteKind.UNKNOWN and is_pad_number(mark.code):
            kind = NoteKind.NOT_ENTERED
        return _Run(why=kind), (Note(kind, (mark.code,)),)
    notes = []
    code = first.code or mark.code
    notes += [Note(NoteKind.REPLACED, (m.code, code)) for m in marks if m.code != code]
    if first.standing is Standing.CLOSED:
        notes.append(Note(NoteKind.CLOSED, (code,)))
    if first.dossier in seen:
        notes.append(Note(NoteKind.REPEATED, (code,)))
    seen.add(first.dossier)
    paper = next((m.paper for m in marks if m.paper), "")
    return _Run(first.dossier, code, paper), tuple(notes)


def _place(
    page: PilePage, sheet: _Sheet, run: _Run, of_separator: tuple[Note, ...], rules: Rules
) -> Placed:
    is_separator = any(mark.is_separator for mark in page.marks)
    if page.has_unread_bars and not _separators(sheet):
        is_separator = True
    notes = list(of_separator) if is_separator else []
    if any(mark.kind is MarkKind.FOREIGN for mark in page.marks):
        notes.append(Note(NoteKind.FOREIGN))
    if not page.is_readable:
        notes.append(Note(NoteKind.UNREADABLE))
        return Placed(page=page.page, fate=Fate.WAIT, notes=tuple(notes))
    dropped_as = _why_dropped(page, sheet, run, rules)
    if dropped_as is not None:
        notes.append(Note(dropped_as))
    elif page.is_blank:
        notes.append(Note(NoteKind.BLANK))
    fate = Fate.KEEP if dropped_as is None else Fate.DROP
    if fate is Fate.KEEP and run.dossier is None:
        fate = Fate.WAIT
        if not is_separator:
            is_first = run.why is NoteKind.NO_SEPARATOR
            notes.append(Note(run.why if is_first else NoteKind.AFTER_TROUBLE))
    return Placed(
        page=page.page,
        fate=fate,
        dossier=run.dossier,
        code=run.code,
        paper=_paper(sheet, run),
        is_separator=is_separator,
        notes=tuple(notes),
    )


def _why_dropped(page: PilePage, sheet: _Sheet, run: _Run, rules: Rules) -> NoteKind | None:
    """Return why a page is not kept: a blank side of a printed sheet, or a mere separator."""
    is_first = page is sheet[0]
    if page.is_blank and len(sheet) > 1 and not (is_first and all(p.is_blank for p in sheet)):
        return NoteKind.BLANK_BACK
    kinds = {mark.kind for mark in _separators(sheet)}
    if run.dossier is None or not kinds:
        return None
    if MarkKind.COVER in kinds:
        return None if rules.keeps_covers else NoteKind.COVER
    return None if rules.keeps_receipts else NoteKind.RECEIPT


def _paper(sheet: _Sheet, run: _Run) -> str:
    if run.dossier is None:
        return ""
    if {mark.kind for mark in _separators(sheet)} == {MarkKind.RECEIPT}:
        return RECEIPT_PAPER
    return run.paper or UNSORTED_PAPER


def _decided(placed: Placed, decision: Decision | None, known: Mapping[str, Known]) -> Placed:
    """Return the placement with a person's decision over it."""
    if decision is None:
        return placed
    return replace(
        placed,
        fate=decision.fate,
        dossier=decision.dossier,
        code=_code_of(decision.dossier, known),
        paper=decision.paper,
        notes=(*(note for note in placed.notes if not note.asks), Note(NoteKind.DECIDED)),
    )
