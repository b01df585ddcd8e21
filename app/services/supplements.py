"""Ask for what a dossier lacks, all at once, and take it in; the clock stands still meanwhile.

Source: NĐ 118/2025/NĐ-CP Điều 17 k2a: the citizen is told content, reason and full guidance in
one go. A second request counts as late (QĐ 766/QĐ-TTg).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain import bodies, course
from app.domain.fold import Dossier
from app.domain.papers import GivenPaper, check_papers
from app.services.acting import NotNow, act, load, require, require_words
from app.services.desk import Clerk, Desk
from app.services.paperwork.before import asked_words
from app.services.paperwork.told import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """One thing a dossier lacks: key of the paper ("" for another thing), and words for form 02."""

    paper: str
    words: str


def lacks_of(desk: Desk, dossier: UUID) -> tuple[Lack, ...]:
    """Return what the dossier's papers lack by the catalogue it was received under.

    Raises:
        NoSuchDossier: there is none.
    """
    with desk.store.database.reading() as session:
        told = read(session, desk, dossier)
    check = check_papers(told.procedure.papers, told.dossier.papers)
    found = [Lack(paper=p.key, words=f"{p.name}: {asked_words(p)}") for p in check.missing]
    found += [
        Lack(paper=p.key, words=f"{p.name}: chưa đủ, cần {asked_words(p)}") for p in check.short
    ]
    return tuple(found)


def ask(desk: Desk, clerk: Clerk, dossier: UUID, items: Sequence[str], reason: str) -> Dossier:
    """Ask the citizen for what is missing; form 02 tells of it.

    Raises:
        NotYours: none of the clerk's roles may.
        NotNow: nothing is named, no reason, or the state does not allow it.
    """
    require(clerk, "ask")
    wanted = tuple(" ".join(item.split()) for item in items if item.strip())
    if not wanted:
        raise NotNow("Chưa nói cần bổ sung gì.", "Đánh dấu hoặc gõ từng giấy tờ còn thiếu.")
    reason = require_words(reason, "Yêu cầu bổ sung cần lý do.", "Gõ lý do.")
    with desk.store.database.reading() as session:
        rounds = load(session, dossier).supplement_rounds
    body = bodies.SupplementRequested(items=wanted, reason=reason, round=rounds + 1)
    return act(desk, clerk, "supplement.requested", body, dossier)


def asked_for(desk: Desk, dossier: UUID) -> tuple[str, ...]:
    """Return what was asked for last, () for nothing.

    Raises:
        NoSuchDossier: there is none.
    """
    with desk.store.database.reading() as session:
        told = read(session, desk, dossier)
    asked = course.last(told.acts, "supplement.requested")
    return () if asked is None else asked.body.items


def receive(desk: Desk, clerk: Clerk, dossier: UUID, papers: Sequence[GivenPaper]) -> Dossier:
    """Take in what was asked for; the due date moves by the working time that was waited.

    Raises:
        NotYours: none of the clerk's roles may.
        NotNow: nothing was asked for.
    """
    require(clerk, "ask")
    now = desk.now()
    with desk.store.database.reading() as session:
        folded = load(session, dossier)
    due = None
    if folded.paused_at is not None:
        calendar = desk.catalogue().calendar(now.date())
        due = calendar.resumed(
            folded.due_at.astimezone(now.tzinfo), folded.paused_at.astimezone(now.tzinfo), now
        )
    body = bodies.SupplementReceived(papers=tuple(papers), due_at=due)
    return act(desk, clerk, "supplement.received", body, dossier)


def add_papers(desk: Desk, clerk: Clerk, dossier: UUID, papers: Sequence[GivenPaper]) -> Dossier:
    """Take in papers that were owed, or that came besides.

    Raises:
        NotYours: none of the clerk's roles may.
        NotNow: no paper is named, or the dossier is closed.
    """
    require(clerk, "ask")
    if not papers:
        raise NotNow("Chưa nói giấy tờ nào.", "Đánh dấu giấy tờ nhận thêm.")
    return act(desk, clerk, "papers.added", bodies.PapersAdded(papers=tuple(papers)), dossier)
