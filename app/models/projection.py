"""The one place where an event becomes rows, for acts and for pulls alike."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec
from sqlalchemy import exists, insert, select, text, update
from sqlalchemy.orm import Session

from app.domain import fold as folding
from app.domain.bodies import EventMended
from app.domain.events import KINDS, Event
from app.domain.fold import Dossier
from app.domain.text import fold, folded_words
from app.models import books, events
from app.models.base import (
    CodeRow,
    CourseRow,
    DossierRow,
    EventRow,
    PageRow,
    SearchWordRow,
    SnapshotRow,
)

SHORT_BEGINNING = 3  # letters; the search index knows beginnings up to here


def record(session: Session, act: events.Act) -> Event:
    """Append an own event and project it; both are kept or neither is.

    Raises:
        NotAllowed: the fold refuses the act; nothing was written.
    """
    event = events.next_event(session, act)
    if act.dossier is None:
        events.add_row(session, event)
        return event
    is_mending = act.kind == "event.mended"
    before = _accepted(session, act.dossier) if is_mending else load(session, act.dossier)
    after = folding.apply(before, event)
    events.add_row(session, event)
    if is_mending or folding.needs_replay(before, after):
        refold(session, [act.dossier])
    elif not KINDS[act.kind].is_audit:  # a look changes nothing of the dossier
        _save(session, after, event.n, needs_look=None)
    return event


def _accepted(session: Session, dossier: UUID) -> Dossier | None:
    """Return a dossier without its refused events; None if its reception was refused."""
    rows = events.of_dossier(session, dossier)
    return folding.replay(map(events.to_event, rows)).dossier


def load(session: Session, dossier: UUID) -> Dossier | None:
    """Return the folded dossier, or None."""
    raw = session.scalar(
        select(SnapshotRow.content)
        .join(DossierRow, DossierRow.row == SnapshotRow.row)
        .where(DossierRow.id == dossier)
    )
    if raw is None:
        return None
    held = read_snapshot(raw)
    if held.rules < folding.RULES:  # an older program kept it
        return _accepted(session, dossier) or held
    return held


def read_snapshot(raw: bytes) -> Dossier:
    """Return a dossier from its stored form."""
    return msgspec.json.decode(raw, type=Dossier)


def refold(session: Session, dossiers: Iterable[UUID]) -> None:
    """Fold dossiers anew from all their accepted events.

    Own events that no longer fit behind what the server ordered first are
    passed over and the dossier is marked for a look; the server quarantines
    them for the same reason. So is a dossier whose conflict waits for a person.
    """
    own = set(events.own_stores(session))
    for dossier in dict.fromkeys(dossiers):  # in their order: it becomes the lists' order
        rows = events.of_dossier(session, dossier)
        _note_mended(session, rows)
        folded = folding.replay(map(events.to_event, rows))
        if folded.dossier is not None:
            refused = session.scalar(
                select(
                    exists().where(
                        EventRow.dossier == dossier,
                        EventRow.refusal.is_not(None),
                        EventRow.is_mended.is_(False),
                    )
                )
            )
            look = bool(refused or folded.passed_over or folded.dossier.open_conflicts)
            last_own_n = next((row.n for row in reversed(rows) if row.store in own), 0)
            _save(session, folded.dossier, last_own_n, needs_look=look)
        else:  # the reception itself was refused: what was printed stays, for a look
            row = session.scalar(select(DossierRow).where(DossierRow.id == dossier))
            if row is not None:
                row.needs_look = True


def _note_mended(session: Session, rows: Iterable[EventRow]) -> None:
    """Mark the refused events that others now stand in for."""
    for row in rows:
        if row.kind == "event.mended":
            body = msgspec.json.decode(row.body, type=EventMended)
            session.execute(
                update(EventRow)
                .where(EventRow.store == body.store, EventRow.n == body.n)
                .values(is_mended=True)
            )


def _save(session: Session, dossier: Dossier, last_n: int, *, needs_look: bool | None) -> None:
    row = session.scalar(select(DossierRow).where(DossierRow.id == dossier.id))
    snapshot = None if row is None else session.get(SnapshotRow, row.row)
    words_before = "" if snapshot is None else search_words(read_snapshot(snapshot.content))
    if row is None:
        row = DossierRow(id=dossier.id, needs_look=False, last_n=0)
        session.add(row)
    _fill(row, dossier)
    if last_n:
        row.last_n = last_n
    if needs_look is not None:
        row.needs_look = needs_look
    session.flush()
    if snapshot is None:
        snapshot = SnapshotRow(row=row.row)
        session.add(snapshot)
    snapshot.content = msgspec.json.encode(dossier)
    _save_course(session, row.row, dossier)
    books.note(session, dossier.result_book, dossier.result_number)
    _save_codes(session, dossier)
    _save_pages(session, dossier)
    words = search_words(dossier)
    if words != words_before:
        session.execute(
            text("INSERT OR REPLACE INTO dossier_search(rowid, words) VALUES (:row, :words)"),
            {"row": row.row, "words": words},
        )
        note_words(session, words)


def note_words(session: Session, words: str) -> None:
    """Note the words of letters that the search index now holds; see `is_counted`."""
    counted = [{"word": word} for word in words.split() if is_counted(word)]
    if counted:
        session.execute(insert(SearchWordRow).prefix_with("OR IGNORE"), counted)


def is_counted(word: str) -> bool:
    """Tell whether a folded word is kept in the list of words.

    Beginnings of up to three letters have an index of their own, and numbers
    begin alike too rarely to be slow.
    """
    return len(word) > SHORT_BEGINNING and word.isalpha()


def _fill(row: DossierRow, dossier: Dossier) -> None:
    row.code = dossier.code
    row.agency = dossier.agency
    row.procedure = dossier.procedure
    row.submitter = dossier.submitter.name
    row.owner = dossier.owner.name
    row.id_number = dossier.submitter.id_number
    row.phone = dossier.submitter.phone
    row.day = dossier.received_at.date()
    row.received_at = dossier.received_at
    row.due_at = dossier.due_at
    row.state = int(dossier.state)
    row.is_open = dossier.is_open
    row.voided = dossier.voided
    row.payment = str(dossier.payment)
    row.provisional = dossier.provisional
    row.receipt_version = dossier.receipt_version
    row.page_count = len(dossier.pages)


def _save_course(session: Session, at: int, dossier: Dossier) -> None:
    row = session.get(CourseRow, at)
    if row is None:
        row = CourseRow(row=at)
        session.add(row)
    row.clerk, row.holder, row.unit = dossier.clerk, dossier.holder, dossier.unit
    row.with_agency, row.slip, row.stage = dossier.with_agency, dossier.slip, dossier.stage
    row.batch = dossier.batch
    row.proposal = dossier.proposal.state if dossier.proposal else ""
    row.channel, row.rounds = dossier.channel, dossier.supplement_rounds
    row.satisfaction, row.fee, row.paid = dossier.satisfaction, dossier.fee.amount, dossier.paid
    row.papers = len(dossier.papers)
    row.scanned = len({page.paper for page in dossier.pages})
    row.extended, row.late = dossier.extended, dossier.late
    row.ended_at, row.returned_at = dossier.ended_at, dossier.returned_at
    number = dossier.result_number
    row.book = dossier.result_book
    row.book_number = int(number) if row.book and number.isascii() and number.isdigit() else 0


def _save_codes(session: Session, dossier: Dossier) -> None:
    codes = (dossier.code, *dossier.former_codes, *([dossier.pad] if dossier.pad else []))
    for code in codes:
        if session.get(CodeRow, (code, dossier.id)) is None:
            session.add(CodeRow(code=code, dossier=dossier.id))


def _save_pages(session: Session, dossier: Dossier) -> None:
    known = {
        row.page: row
        for row in session.scalars(select(PageRow).where(PageRow.dossier == dossier.id))
    }
    attached = {page.page: page for page in dossier.pages}
    for id, page in attached.items():
        if id not in known:
            session.add(
                PageRow(
                    page=id,
                    dossier=dossier.id,
                    paper=page.paper,
                    position=page.position,
                    sha256=page.sha256,
                    size=page.size,
                    mime=page.mime,
                    is_own=False,
                )
            )
    for id, row in known.items():
        row.removed = id not in attached


def search_words(dossier: Dossier) -> str:
    """Return what a dossier is found by: names, codes, numbers and their ends, all folded."""
    words: list[str] = []
    people = [dossier.submitter, *([dossier.applicant] if dossier.applicant else [])]
    for person in people:
        words += folded_words(person.name)
        for number in (person.id_number, person.phone):
            words += [number, number[-6:], number[-4:]] if number else []
    for value in dossier.fields.values():
        words += folded_words(value)
    for code in (dossier.code, *dossier.former_codes):
        words += folded_words(code)
    words += folded_words(dossier.summary)
    return " ".join(dict.fromkeys(fold(word) for word in words))
