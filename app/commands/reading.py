"""Turn what stands on a command line, or in JSON, into what services take."""

from __future__ import annotations

import datetime as dt
import re
import sys
from dataclasses import replace

import msgspec

from app.domain.bodies import Person
from app.domain.cards import NotACard, read_card
from app.domain.catalogue import FieldType, Procedure
from app.domain.fees import CopyLine
from app.domain.papers import GivenPaper, TakenBecause, as_asked
from app.errors import WrongUse
from app.services.intake import Intake, Late

MAX_INPUT_BYTES = 1 << 20


class PersonInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A person in the JSON of `receive --from -`."""

    name: str = ""
    id_number: str = ""
    born: str = ""
    sex: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""


class CopyInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A line of a certified-copy dossier."""

    name: str
    pages: int
    copies: int


class ReceiveInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What `receive --from -` takes: the names of the options, and a little more."""

    procedure: str
    card: str = ""
    name: str = ""
    id_number: str = ""
    born: str = ""
    sex: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    relation: str = "self"
    applicant: PersonInput | None = None
    field: dict[str, str] = {}
    papers: str | list[str] = ""
    pages: int = 0
    copies: int | list[CopyInput] = 0
    count: int = 1
    exemption: str = ""
    owed_reason: str = ""
    summary: str = ""
    return_via: int = 0
    at: str = ""
    reason: str = ""


def read_standard_input() -> str:
    """Return standard input as text.

    Raises:
        WrongUse: too long, or not UTF-8.
    """
    raw = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    if len(raw) > MAX_INPUT_BYTES:
        raise WrongUse("Dữ liệu đưa vào dài quá 1 MB.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WrongUse("Dữ liệu đưa vào không phải UTF-8.") from error


def read_receive(text: str) -> ReceiveInput:
    """Return the JSON of `receive --from -`.

    Raises:
        WrongUse: names the place that is wrong.
    """
    try:
        return msgspec.json.decode(text.encode(), type=ReceiveInput)
    except (msgspec.DecodeError, RecursionError) as error:
        raise WrongUse(f"JSON chưa đúng: {error}.", "Xem docs/commands.md.") from error


def read_day(text: str) -> str:
    """Return a day typed as ISO, dd/mm/yyyy or ddmmyyyy as ISO; a bare year stays."""
    text = text.strip()
    match = re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})|(\d{2})(\d{2})(\d{4})", text)
    if match is None:
        return text
    day, month, year = (match[1], match[2], match[3]) if match[1] else match.groups()[3:]
    return f"{year}-{int(month):02d}-{int(day):02d}"


def person_of(given: ReceiveInput, today: dt.date) -> Person:
    """Return the submitter: from the card, then what was typed over it.

    Raises:
        WrongUse: the card text is none.
    """
    person = Person(name="")
    if given.card:
        try:
            card = read_card(given.card, today=today)
        except NotACard as error:
            raise WrongUse(str(error)) from error
        person = Person(
            name=card.name, id_number=card.id_number, born=card.born, sex=card.sex,
            address=card.address, source=card.source,
        )  # fmt: skip
    typed = {
        key: getattr(given, key)
        for key in ("name", "id_number", "sex", "phone", "email", "address")
        if getattr(given, key)
    }
    if given.born:
        typed["born"] = read_day(given.born)
    return replace(person, **typed)


def papers_of(
    given: str | list[str], procedure: Procedure, *, offline: bool
) -> tuple[GivenPaper, ...]:
    """Return papers named by key, or all required ones, given as asked.

    Raises:
        WrongUse: the procedure has no paper of that key.
    """
    because = TakenBecause.OFFLINE if offline else TakenBecause.OUTAGE
    keys = [k.strip() for k in given.split(",")] if isinstance(given, str) else given
    keys = [key for key in keys if key]
    known = {paper.key: paper for paper in procedure.papers}
    if keys == ["all"]:
        keys = [paper.key for paper in procedure.papers if paper.required]
    for key in keys:
        if key not in known:
            raise WrongUse(
                f"Thủ tục {procedure.code} không có giấy tờ “{key}”.",
                f"Có: {', '.join(known)}.",
            )
    return tuple(as_asked(known[key], because) for key in keys)


def copies_of(given: ReceiveInput) -> tuple[CopyLine, ...]:
    """Return the lines of a certified-copy dossier."""
    if isinstance(given.copies, list):
        return tuple(
            CopyLine(name=line.name, pages=line.pages, copies=line.copies) for line in given.copies
        )
    if not given.pages and not given.copies:
        return ()
    name = given.summary or "Giấy tờ, văn bản"
    return (CopyLine(name=name, pages=given.pages, copies=given.copies or 1),)


def intake_of(
    given: ReceiveInput, procedure: Procedure, *, today: dt.date, offline: bool, clerk: str
) -> Intake:
    """Return the entry that services take.

    Raises:
        WrongUse: a part of it cannot be used.
    """
    applicant = None
    if given.applicant is not None:
        parts = msgspec.structs.asdict(given.applicant)
        applicant = Person(**parts | {"born": read_day(given.applicant.born)})
    if given.relation not in ("self", "for", "authorised"):
        raise WrongUse("relation là self, for hoặc authorised.")
    dates = {f.key for f in procedure.fields if f.type is FieldType.DATE}
    return Intake(
        procedure=procedure.code,
        submitter=person_of(given, today),
        applicant=applicant,
        relation=given.relation,
        fields={k: read_day(v) if k in dates else v for k, v in given.field.items()},
        papers=papers_of(given.papers, procedure, offline=offline),
        copies=copies_of(given),
        copy_count=max(1, given.count),
        exemption=given.exemption,
        owed_reason=given.owed_reason,
        summary=given.summary,
        return_via=1 if given.return_via else 0,
        late=late_of(given.at, given.reason, clerk),
    )


def late_of(at: str, reason: str, clerk: str) -> Late | None:
    """Return the late entry, None for the present."""
    return Late(at=read_moment(at), reason=reason, allowed_by=clerk) if at else None


def read_moment(text: str) -> dt.datetime:
    """Return an ISO moment; without offset it is Vietnam's time.

    Raises:
        WrongUse: it is none.
    """
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"“{text}” không phải thời điểm ISO.", "Ví dụ: 2026-11-20T15:30.") from error
    zone = dt.timezone(dt.timedelta(hours=7))
    return at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)
