"""Words that several forms share."""

from __future__ import annotations

import datetime as dt

from app.domain import codes
from app.domain.bodies import Person
from app.domain.calendar import Term, TermUnit
from app.domain.catalogue import Agency, Form, FormSet
from app.domain.fold import Dossier
from app.services.desk import VIETNAM
from app.services.paperwork.told import Told
from printing.forms.frame import CodeWords, Head

RETURN_WORDS = {0: "Tại quầy", 1: "Bưu chính công ích"}
WRITE_BY_HAND = "……………"
PRACTICE = "TẬP SỰ"
COMPLETING = "Trong quá trình hoàn thiện hồ sơ nếu có vướng mắc"


def long_day(day: dt.date) -> str:
    """Return a day as letters have it. Source: NĐ 30/2020/NĐ-CP App. I (zeros below 10 and 3)."""
    month = f"{day.month:02d}" if day.month < 3 else f"{day.month}"
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def long_moment(at: dt.datetime) -> str:
    """Return a moment in words, local."""
    at = at.astimezone(VIETNAM)
    return f"{at.hour:02d} giờ {at.minute:02d} phút, {long_day(at.date())}"


def short_day(at: dt.date) -> str:
    """Return a day in figures; a moment's local one."""
    if isinstance(at, dt.datetime):
        at = at.astimezone(VIETNAM).date()
    return f"{at:%d/%m/%Y}"


def short_moment(at: dt.datetime) -> str:
    """Return a moment in figures, local."""
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"


def period(first: dt.date, last: dt.date) -> str:
    """Return the days of a list."""
    if first == last:
        return long_day(first).capitalize()
    return f"Từ ngày {short_day(first)} đến ngày {short_day(last)}"


def term_words(term: Term) -> str:
    """Return how long a procedure or a stage may take."""
    words = {
        TermUnit.SAME_DAY: "trong ngày",
        TermUnit.WORKING_DAYS: f"{term.count} ngày làm việc",
        TermUnit.DAYS: f"{term.count} ngày",
        TermUnit.WORKING_HOURS: f"{term.count} giờ làm việc",
        TermUnit.OPEN: "theo quyết định công bố",
    }[term.unit]
    if term.verification:
        words += f" (cần xác minh: thêm {term.verification} ngày làm việc)"
    return words


def word(forms: FormSet, key: str, otherwise: str) -> str:
    """Return a line's wording in a form set."""
    return forms.wording.get(key, otherwise)


def place_and_date(agency: Agency, day: dt.date) -> str:
    """Return the line over a signature."""
    return f"{agency.place}, {long_day(day)}" if agency.place else long_day(day).capitalize()


def head(agency: Agency, day: dt.date | None = None) -> Head:
    """Return the head of a paper that is no form of the circulars."""
    return Head(
        parent_line=agency.parent_line,
        name_line=agency.name_line,
        place_and_date="" if day is None else place_and_date(agency, day),
    )


def form_head(
    agency: Agency, day: dt.date, forms: FormSet, form: Form, *, number: str = "", book: str = ""
) -> Head:
    """Return the head of a form of a circular; its number is written by hand if not given."""
    number = number or WRITE_BY_HAND
    return Head(
        parent_line=agency.parent_line,
        name_line=agency.name_line,
        place_and_date=place_and_date(agency, day),
        number_line=f"Số: {number}/{form.suffix}" if form.suffix else f"Số: {number}",
        book_line=book,
        form_line=f"{form.number}\n{forms.legal_line}",
    )


def code_words(told: Told) -> CodeWords:
    """Return the dossier's code with the address of its status page."""
    dossier = told.dossier
    address = told.agency.status_address
    return CodeWords(
        code=dossier.code,
        check=dossier.check,
        lookup=dossier.lookup,
        status_address=codes.status_address(address, dossier.code, dossier.lookup)
        if address
        else "",
    )


def marks(dossier: Dossier, reprint: int) -> tuple[str, ...]:
    """Return the notes over a title: provisional, printed before."""
    found = []
    if dossier.provisional:
        found.append("GIẤY TẠM — số hồ sơ chính thức sẽ được thay khi có mạng")
    if reprint:
        found.append(f"BẢN IN LẠI (lần {reprint})")
    return tuple(found)


def watermark(dossier: Dossier) -> str:
    """Return what stands across a paper that does not count."""
    return PRACTICE if dossier.practice else ""


def content(told: Told) -> str:
    """Return what is asked for: the procedure, and for whom or what."""
    dossier = told.dossier
    words = told.procedure.name + (f": {dossier.summary}" if dossier.summary else "")
    subject = dossier.fields.get("child_name") or dossier.fields.get("deceased_name")
    return f"{words} ({subject})" if subject else words


def person_lines(person: Person, forms: FormSet) -> list[tuple[str, str]]:
    """Return address, telephone and ID number, where they are known."""
    lines = []
    if person.address:
        lines.append(("Địa chỉ", person.address))
    contact = [part for part in (person.phone, person.email) if part]
    if contact:
        lines.append(("Số điện thoại, email", " · ".join(contact)))
    if person.id_number:
        lines.append((word(forms, "id_line", "Số căn cước/Hộ chiếu"), person.id_number))
    return lines


def owner_lines(dossier: Dossier) -> list[tuple[str, str]]:
    """Return the owner, if somebody else stands at the counter."""
    owner = dossier.owner
    if owner is dossier.submitter:
        return []
    lines = [("Chủ hồ sơ", owner.name)]
    if owner.address:
        lines.append(("Địa chỉ chủ hồ sơ", owner.address))
    return lines


def contact(agency: Agency, clerk_name: str, *, when: str = "Nếu có vướng mắc") -> str:
    """Return whom to ask."""
    phone = f", điện thoại {agency.phone}" if agency.phone else ""
    return f"{when}, Ông/Bà liên hệ với {clerk_name}, {agency.name}{phone} để được hướng dẫn."
