"""Fault 12: yesterday's backup, a dead disk, an older file put back: no code is given out again."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.models import events
from app.models.restore import back_up
from app.services import scanning
from tests.support.crash import image_of, lay_out
from tests.support.laws import Verdict, look
from tests.support.office import BICH, Counter, picture, running_office

LOSSES_A_STATION = 5  # each begins an incarnation, and an agency has room for twelve


@dataclass
class Restored:
    """What came of stations that lost their store again and again.

    Attributes:
        losses: stores lost, by how.
        codes: that left the stations.
        on_server: what the server holds at the end.
        verdict: of the stores after each loss.
        not_back: own events or codes that did not come back after a loss and a sync.
    """

    losses: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    on_server: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    not_back: int = 0

    @property
    def lost(self) -> int:
        """Codes that the server or a store lacks."""
        return self.not_back + self.verdict.lost + len(set(self.codes) - set(self.on_server))

    @property
    def doubled(self) -> int:
        """Codes that the server has twice."""
        return len(self.on_server) - len(set(self.on_server))

    @property
    def reissued(self) -> int:
        """Codes that left a station twice."""
        return len(self.codes) - len(set(self.codes))


def lose_stores(folder: Path, *, losses: int, seed: int) -> Restored:
    """Lose a station's store in every way there is, go on, and compare with the server."""
    chance, restored = random.Random(seed), Restored()
    number = 0
    while len(restored.losses) < losses:
        number += 1
        with running_office(folder / f"office-{number}") as office:
            stick = folder / f"stick-{number}"
            stick.mkdir()
            counter = office.station(journal=str(stick))
            codes: list[str] = []
            for _ in range(min(LOSSES_A_STATION, losses - len(restored.losses))):
                _lose_once(counter, chance, codes, restored)
            counter.sync()
            restored.codes += [f"{number} {code}" for code in codes]
            restored.on_server += [f"{number} {code}" for code in office.codes()]
            counter.close()
        shutil.rmtree(folder / f"office-{number}")
    return restored


def _lose_once(
    counter: Counter, chance: random.Random, codes: list[str], restored: Restored
) -> None:
    _act(counter, chance, codes)
    back_up(counter.desk.store, now=counter.clock())
    counter.reopen()
    yesterday = image_of(counter.root)
    counter.clock.move(minutes=5)
    _act(counter, chance, codes)
    if chance.random() < 0.5:
        counter.sync()
    _act(counter, chance, codes)
    own = _own_events(counter)
    how = list(LOSSES)[len(restored.losses) % len(LOSSES)]
    if how == "journal too":
        counter.sync()  # else nothing in the world would know
    LOSSES[how](counter, yesterday)
    restored.losses.append(how)
    _receive(counter, codes)  # at once, before the network is there
    counter.sync()
    counter.sync()
    restored.not_back += len(own - _own_events(counter))
    restored.verdict += look(counter.opened, codes)


def _act(counter: Counter, chance: random.Random, codes: list[str]) -> None:
    for _ in range(chance.randrange(1, 4)):
        _receive(counter, codes)
    if chance.random() < 0.5:
        reception = counter.receive("Người Có Trang")
        codes.append(reception.code)
        page = scanning.keep_image(
            counter.desk, picture(len(codes), size=(60, 80)), paper="ban-chinh", position=1,
            device="file",
        )  # fmt: skip
        scanning.attach_page(counter.desk, BICH, reception.dossier, page)
    if chance.random() < 0.5:
        counter.sync()


def _receive(counter: Counter, codes: list[str]) -> None:
    """Receive; a provisional code may leave as well, but counts when it is final."""
    reception = counter.receive(f"Người {len(codes)}")
    if not reception.provisional:
        codes.append(reception.code)


def _own_events(counter: Counter) -> set[tuple[str, int, bytes]]:
    with counter.database.reading() as session:
        return {
            (str(store), event.n, event.hash)
            for store in events.own_stores(session)
            for event in events.of_store(session, store, 0, 2**31)
        }


def _restore_copy(counter: Counter, _: object) -> None:
    """The store is broken; the newest copy and the journal make a new one."""
    counter.close()
    counter.profile.store.write_bytes(b"\0" * 65536)
    counter.restore()


def _dead_disk(counter: Counter, _: object) -> None:
    """Store, copies and pages are gone; settings, keys and the stick are left."""
    counter.close()
    for path in counter.root.glob("store.db*"):
        path.unlink()
    for folder in (counter.profile.backups, counter.profile.blobs, counter.profile.journal):
        shutil.rmtree(folder, ignore_errors=True)
    counter.restore()
    counter.sync()  # a new store has no catalogue and cannot receive before


def _put_back(counter: Counter, yesterday: object) -> None:
    """Somebody copied yesterday's profile over today's, and just goes on."""
    counter.close()
    lay_out(yesterday, counter.root)  # type: ignore[arg-type]
    counter.reopen()


def _journal_too(counter: Counter, yesterday: object) -> None:
    """Yesterday's profile, and the stick is broken as well: only the server knows."""
    counter.close()
    lay_out(yesterday, counter.root)  # type: ignore[arg-type]
    stick = Path(counter.opened.settings.journal_folder)
    for path in (*stick.glob("*.qmcj"), *counter.profile.journal.glob("*.qmcj")):
        path.unlink()
    counter.restore()


LOSSES: dict[str, Callable[[Counter, object], None]] = {
    "restored copy": _restore_copy,
    "dead disk": _dead_disk,
    "put back": _put_back,
    "journal too": _journal_too,
}


def test_no_loss_of_a_store_gives_a_code_out_again_or_keeps_an_own_event_away(
    tmp_path: Path,
) -> None:
    restored = lose_stores(tmp_path, losses=4, seed=4)

    assert set(restored.losses) == set(LOSSES)
    assert restored.verdict.is_clean, restored.verdict
    assert (restored.lost, restored.doubled, restored.reissued) == (0, 0, 0)
