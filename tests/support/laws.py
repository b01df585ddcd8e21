"""What must hold of a station after any fault: nothing that left the process is lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from sqlalchemy import text

from app.bootstrap import Workstation, open_workstation, restore_workstation
from app.domain.events import BrokenChain, genesis, verify_chain
from app.errors import AppError
from app.models import events
from app.services import intake
from tests.support.office import BICH, Clock, copies_entry

_ALL = 2**31


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at a store found; every number but `looks` must be 0.

    Attributes:
        looks: stores looked at.
        lost: codes, pages and copies that left the process and are not there.
        corrupt: stores that do not open, or whose pages, search or chain do not hold.
        unpaired: dossiers without their event, events without their dossier.
        reissued: codes that left the process twice.
        reasons: why stores were found corrupt.
    """

    looks: int = 0
    lost: int = 0
    corrupt: int = 0
    unpaired: int = 0
    reissued: int = 0
    reasons: tuple[str, ...] = ()

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def is_clean(self) -> bool:
        """True if all laws held wherever it was looked."""
        return self.looks > 0 and (self.lost, self.corrupt, self.unpaired, self.reissued) == (
            0, 0, 0, 0,
        )  # fmt: skip


def codes_of(said: Sequence[str]) -> list[str]:
    """Return the dossier codes among words that left the process."""
    return [words.removeprefix("code ") for words in said if words.startswith("code ")]


def judge(root: Path, said: Sequence[str], clock: Clock, *, receptions: int = 1) -> Verdict:
    """Open a profile as the product does, look at it, and go on receiving.

    Args:
        root: of the profile.
        said: words that left the process: "code …", "page SHA256", "copy PATH".
        clock: of the desk.
        receptions: made afterwards; their codes must be new.
    """
    try:
        opened = open_workstation(root)
    except Exception as error:  # noqa: BLE001 # whatever it is, the store cannot be used
        return Verdict(looks=1, lost=len(said), corrupt=1, reasons=(repr(error),))
    try:
        opened.desk.clock = clock
        return _judge(opened, said, receptions)
    except Exception as error:  # noqa: BLE001
        return Verdict(looks=1, corrupt=1, reasons=(repr(error),))
    finally:
        opened.close()


def judge_restored(root: Path, said: Sequence[str], clock: Clock) -> Verdict:
    """Lose the store file, rebuild it from copies and journals, and look at that."""
    for path in root.glob("store.db*"):
        path.unlink()
    try:
        opened, _ = restore_workstation(root, None, None)
    except Exception as error:  # noqa: BLE001
        return Verdict(looks=1, lost=len(said), corrupt=1, reasons=(repr(error),))
    try:
        opened.desk.clock = clock
        return look(opened, codes_of(said))
    finally:
        opened.close()


def _judge(opened: Workstation, said: Sequence[str], receptions: int) -> Verdict:
    codes = codes_of(said)
    lost = sum(not _is_there(opened, words) for words in said if not words.startswith("code "))
    again = [_receive(opened, f"Sau Khi Mất Điện {i}") for i in range(receptions)]
    held = [*codes, *again]
    reissued = len(held) - len(set(held))
    return look(opened, held) + Verdict(lost=lost, reissued=reissued)


def _receive(opened: Workstation, name: str) -> str:
    return intake.receive(opened.desk, BICH, copies_entry(name)).code


def _is_there(opened: Workstation, words: str) -> bool:
    what, _, rest = words.partition(" ")
    if what == "copy":
        return Path(rest).stat().st_size > 0 if Path(rest).exists() else False
    try:
        opened.desk.store.blobs.get(rest)
    except AppError:
        return False
    return True


def look(opened: Workstation, codes: Sequence[str]) -> Verdict:
    """Look at an open store: pages, search, chains, pairs, and whether codes are there."""
    with opened.desk.store.database.reading() as session:
        held = set(session.execute(text("SELECT code FROM dossier_code")).scalars())
        dossiers = set(session.execute(text("SELECT id FROM dossier")).scalars())
        received = set(
            session.execute(
                text("SELECT dossier FROM event WHERE kind = 'dossier.received'")
            ).scalars()
        )
        # external content is none of it: what is checked is the index itself
        session.execute(text("SELECT count(*) FROM dossier_search WHERE words MATCH 'a*'"))
        is_sound = (
            session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            and session.execute(text("PRAGMA foreign_key_check")).first() is None
        )
        chains = [
            (store, events.of_store(session, store, 0, _ALL))
            for store in events.own_stores(session)
        ]
        store = events.incarnation(session)
        last, _ = events.last_of(session, store)
    reasons = [] if is_sound else ["integrity"]
    for store_, chain in chains:
        try:
            verify_chain(chain, n=0, head=genesis(store_))
        except BrokenChain:
            reasons.append("chain")
    if opened.desk.store._open_journal(opened.desk.store.journal_folder).last_n() != last:
        reasons.append("journal out of step")  # opening brings the two in step
    return Verdict(
        looks=1,
        lost=len(set(codes) - held),
        corrupt=bool(reasons),
        unpaired=len(dossiers ^ received),
        reasons=tuple(reasons),
    )
