"""Fault 16: one bit flips in the store, a page or the journal: found, never synced as truth."""

from __future__ import annotations

import json
import random
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zstandard

from app.bootstrap import open_workstation, restore_workstation
from app.domain import wire
from app.errors import AppError
from app.models import events
from app.models.journal import open_journal
from app.services import scanning
from app.services.station import examine
from app.sync import pages, push
from app.sync.http import Connection, Reply, ServerUnreachable
from tests.support.crash import image_of, lay_out
from tests.support.laws import look
from tests.support.office import BICH, Counter, picture, running_office

RECEPTIONS = 12


@dataclass
class Flipped:
    """What became of single bits that were flipped.

    Attributes:
        outcomes: flips by where, and how they showed.
        lost: events, codes or pages missing although another place had them.
        untrue: flips after which the server held something that was never made.
        unseen: flips that changed what the station says, and nobody told.
    """

    outcomes: Tally[str] = field(default_factory=Tally)
    lost: int = 0
    untrue: int = 0
    unseen: int = 0


def flip_bits(folder: Path, *, flips: int, seed: int) -> Flipped:
    """Flip one bit at a time, in each kind of file in turn; use the station and hear what it sends.

    A flip in the journal is followed by the loss of the store: it is rebuilt from what is left.
    """
    chance, flipped = random.Random(seed), Flipped()
    stick = folder / "stick"
    stick.mkdir(parents=True)
    with running_office(folder / "office") as office:
        counter = office.station(journal=str(stick))
        truth = _act(counter)
        wal = _with_log(counter)
        profile, journals = image_of(counter.root), image_of(stick)
        places: dict[str, Callable[[], Path]] = {
            "store": lambda: counter.profile.store,
            "log": lambda: wal,
            "page": lambda: counter.desk.store.blobs.path(truth.sha256),
            "journal": lambda: next(stick.glob("*.qmcj")),
            "journal, then the store is lost": lambda: next(stick.glob("*.qmcj")),
        }
        for i in range(flips):
            where = list(places)[i % len(places)]
            lay_out(profile, counter.root)
            lay_out(journals, stick)
            _flip(places[where](), chance)
            use = _rebuild if "lost" in where else _use
            flipped.outcomes[f"{where}: {use(counter, truth, flipped)}"] += 1
        lay_out(profile, counter.root)
        lay_out(journals, stick)
        counter.reopen().sync()
        flipped.lost += len(set(truth.codes) - set(office.codes()))
        counter.close()
    return flipped


def _act(counter: Counter) -> Truth:
    """Receive and scan; the server has the first events, but neither page nor the last ones."""
    codes = [counter.receive(f"Người {i}").code for i in range(RECEPTIONS)]
    reception = counter.receive("Người Có Trang")
    image = picture(1)
    page = scanning.keep_image(counter.desk, image, paper="ban-chinh", position=1, device="file")
    scanning.attach_page(counter.desk, BICH, reception.dossier, page)
    counter.sync(with_pages=False)
    codes += [counter.receive(f"Sau {i}").code for i in range(3)]
    counter.reopen()
    codes.append(counter.receive("Chỉ Trong Nhật Ký Ghi Trước").code)
    with counter.database.reading() as session:
        store = events.incarnation(session)
        own = events.of_store(session, store, 0, 2**31)
    made = frozenset((str(event.store), event.n, event.hash) for event in own)
    return Truth([*codes, reception.code], made, image, page.sha256)


def _with_log(counter: Counter) -> Path:
    """Close, but leave the last act in the write-ahead log, as a process that was killed does."""
    wal = counter.profile.store.with_name("store.db-wal")
    kept = {path: path.read_bytes() for path in (counter.profile.store, wal)}
    counter.close()
    for path, content in kept.items():
        path.write_bytes(content)
    return wal


def _flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


class Ear(Connection):
    """A connection that only listens: what would be sent, and no answer to a push."""

    def __init__(self, counter: Counter) -> None:
        opened = counter.opened
        super().__init__(opened.settings, opened.station.id, opened.desk.store.sign, counter.clock)
        self.pushed: list[bytes] = []
        self.chunks = b""

    def post_packed(self, target: str, data: bytes, kind: object) -> Any:  # noqa: ARG002
        self.pushed.append(data)
        raise ServerUnreachable

    def ask(self, method: str, target: str, body: bytes = b"", *_: Any, **__: Any) -> Reply:  # noqa: ARG002
        if method == "POST":
            return Reply(201, {"location": "/v1/files/x", "upload-offset": "0"}, b"")
        self.chunks += body
        return Reply(204, {"upload-offset": str(len(self.chunks))}, b"")


@dataclass(frozen=True)
class Truth:
    """What the station made, and nothing else may ever be sent."""

    codes: list[str]
    events: frozenset[tuple[str, int, bytes]]
    image: bytes
    sha256: str


def _use(counter: Counter, truth: Truth, flipped: Flipped) -> str:
    """Open, examine and listen to what would be sent; return how the flip showed."""
    try:
        counter.opened = open_workstation(counter.root)
    except AppError as error:
        return f"{type(error).__name__} at opening"
    counter._take_clock()
    try:
        outcome = _examined(counter, truth)
        heard = _listen(counter, truth, flipped)
        if outcome in ("not told", "nothing changed") and heard:
            outcome = heard
        flipped.unseen += outcome == "not told"
    finally:
        counter.close()
    return outcome


def _rebuild(counter: Counter, truth: Truth, flipped: Flipped) -> str:
    """Lose the store too and rebuild it from a journal with a flipped bit; it must tell."""
    counter.close()
    for path in counter.root.glob("store.db*"):
        path.unlink()
    try:
        counter.opened, restored = restore_workstation(counter.root, None, None)
    except AppError as error:
        return f"{type(error).__name__} at restoring"
    counter._take_clock()
    lacking = look(counter.opened, truth.codes).lost
    _listen(counter, truth, flipped)
    counter.close()
    if restored.damaged:
        return "told at restoring"
    flipped.unseen += bool(lacking)
    return "not told" if lacking else "nothing changed"


def _examined(counter: Counter, truth: Truth) -> str:
    try:
        findings = {finding.what: finding for finding in examine(counter.desk)}
        if not findings["Kho hồ sơ"].ok:
            return "examination"
        verdict = look(counter.opened, truth.codes)
        page_is_there = counter.desk.store.blobs.get(truth.sha256) == truth.image
    except AppError as error:
        return f"{type(error).__name__} in use"
    if not verdict.is_clean or not page_is_there:
        return "not told"
    is_new = str(counter.incarnation) not in {store for store, _, _ in truth.events}
    return "mended from the journal" if is_new else "nothing changed"


def _listen(counter: Counter, truth: Truth, flipped: Flipped) -> str:
    """Hear what would be sent; return how that was refused, "" if it was not."""
    ear, store = Ear(counter), counter.desk.store
    refused = ""
    for send in (
        lambda: push.push_all(store, [ear]),
        lambda: pages.send_pages(store, ear, now=counter.clock),
    ):
        try:
            send()
        except ServerUnreachable:
            continue
        except AppError as error:
            refused = f"{type(error).__name__} in sending"
    sent = {
        (str(event.store), event.n, event.hash)
        for data in ear.pushed
        for event in wire.read_push(zstandard.decompress(data, 1 << 24))[1]
    }
    flipped.untrue += len(sent - truth.events) + (ear.chunks not in (b"", truth.image))
    return refused


def test_a_flipped_bit_anywhere_is_found_or_mended_and_never_sent(tmp_path: Path) -> None:
    flipped = flip_bits(tmp_path, flips=25, seed=1)

    assert (flipped.untrue, flipped.unseen, flipped.lost) == (0, 0, 0), flipped
    shown = set(flipped.outcomes)
    assert shown & {"store: examination", "store: DamagedStore at opening"}, flipped
    assert "page: DamagedStore in use" in shown, flipped
    assert "log: mended from the journal" in shown, flipped
    assert "journal, then the store is lost: told at restoring" in shown, flipped
    assert not any("NotWritable" in words for words in shown), flipped


def test_a_flipped_bit_in_a_journals_head_is_noticed_while_the_store_is_there(
    tmp_path: Path,
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    with running_office(tmp_path / "office") as office:
        counter = office.station(journal=str(stick))
        codes = [counter.receive(f"Người {i}").code for i in range(3)]
        counter.close()
        path = next(stick.glob("*.qmcj"))
        whole = path.read_bytes()
        head = whole.index(b"\n", 10)
        for at in range(0, head, 61):
            content = bytearray(whole)
            content[at] ^= 4
            path.write_bytes(content)
            counter.reopen().close()

            # no bit was left that would keep the recovery key from it
            journal = open_journal(path, office.recovery_key)
            assert [json.loads(e.body)["code"] for e in journal.events()] == codes, at
            assert path.with_suffix(".damaged").exists(), at
            path.with_suffix(".damaged").unlink()
