"""The papers of a dossier: what a procedure asks for and what was handed in.

A paper that a national database already holds is not asked for; where the
data cannot be reached the paper may be taken, and the reason is kept
(NĐ 118/2025 Điều 4 k2a as amended by NĐ 309/2026; Nov-2025 resolution).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class TakenBecause(StrEnum):
    """Why a paper was taken although a database should have served."""

    OFFLINE = "offline"
    OUTAGE = "outage"
    WRONG_DATA = "wrong_data"

    @property
    def words(self) -> str:
        """The reason as printed."""
        return {
            TakenBecause.OFFLINE: "không khai thác được dữ liệu (mất mạng)",
            TakenBecause.OUTAGE: "không khai thác được dữ liệu (sự cố)",
            TakenBecause.WRONG_DATA: "dữ liệu chưa đúng",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One required or possible paper of a procedure.

    Attributes:
        key: stable within the procedure.
        name: as printed on the receipt.
        required: whether the dossier is incomplete without it.
        original, certified, photocopy: how many of each are asked for.
        replaced_by: the national database that makes it unnecessary, or "".
        presented_only: shown and handed back; never kept, need not be scanned.
        is_secret: must not be scanned.
    """

    key: str
    name: str
    required: bool = True
    original: int = 0
    certified: int = 0
    photocopy: int = 0
    replaced_by: str = ""
    presented_only: bool = False
    is_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPaper:
    """What was handed in for one paper, counts by kind of copy.

    Attributes:
        key: of the procedure's paper, or a new one for an extra paper.
        name: only for an extra paper that the procedure does not list.
        replaced_by_data: the database answered, nothing was taken.
        taken_because: set if it was taken although a database should serve.
    """

    key: str
    name: str = ""
    original: int = 0
    certified: int = 0
    photocopy: int = 0
    replaced_by_data: bool = False
    taken_because: TakenBecause | None = None

    @property
    def count(self) -> int:
        """How many sheets or sets of any kind were handed in."""
        return self.original + self.certified + self.photocopy


@dataclass(frozen=True, slots=True)
class PaperCheck:
    """The outcome of comparing what was given with what is asked.

    Attributes:
        missing: required papers of which nothing was given, in form order.
        short: papers given in another kind or number than asked, in form order.
        unexplained: papers a database should serve, taken without a reason.
    """

    missing: tuple[Paper, ...]
    short: tuple[Paper, ...]
    unexplained: tuple[Paper, ...]

    @property
    def is_complete(self) -> bool:
        """True if nothing required is missing."""
        return not self.missing


def check_papers(asked: Sequence[Paper], given: Sequence[GivenPaper]) -> PaperCheck:
    """Compare the papers handed in with those a procedure asks for."""
    by_key: Mapping[str, GivenPaper] = {paper.key: paper for paper in given}
    missing, short, unexplained = [], [], []
    for paper in asked:
        got = by_key.get(paper.key)
        if got is not None and got.replaced_by_data and paper.replaced_by:
            continue
        if got is None or got.count == 0:
            if paper.required:
                missing.append(paper)
            continue
        if paper.replaced_by and not paper.presented_only and got.taken_because is None:
            unexplained.append(paper)
        if _is_short(paper, got):
            short.append(paper)
    return PaperCheck(tuple(missing), tuple(short), tuple(unexplained))


def _is_short(paper: Paper, got: GivenPaper) -> bool:
    """An original stands for any copy, a certified copy for a photocopy."""
    spare = got.original - paper.original
    if spare < 0:
        return True
    spare += got.certified - paper.certified
    if spare < 0:
        return True
    return spare + got.photocopy - paper.photocopy < 0


def as_asked(paper: Paper, taken_because: TakenBecause | None = None) -> GivenPaper:
    """Return the paper given exactly as asked; one original if nothing is said."""
    counts = (paper.original, paper.certified, paper.photocopy)
    if not any(counts):
        counts = (1, 0, 0)
    return GivenPaper(
        key=paper.key,
        original=counts[0],
        certified=counts[1],
        photocopy=counts[2],
        taken_because=taken_because if paper.replaced_by and not paper.presented_only else None,
    )
