"""Any course of acts, lines, crashes, restores and clones: nothing is lost, nothing counts twice.

Rows 4, 10, 12 and 14 of the fault matrix. The real client and the real server are driven by a
state machine; its laws are looked at when the course has ended and every line is whole again.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import time
from collections import Counter as Counts
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from app.bootstrap import open_workstation
from app.domain import bodies
from app.domain.fold import Dossier, NotAllowed
from app.models import events, projection
from app.models.restore import back_up
from app.services import settling, station
from app.services.acting import NotNow
from app.services.desk import NoCatalogue
from app.sync.engine import SyncEngine
from app.sync.http import Connection, Reply, ServerRefused, ServerUnreachable
from tests.support.office import BICH, CHIEF, Counter, Office, running_office

FAULTS = ("none", "lose", "drop", "double", "late")


class BadLine(Connection):
    """A line that does one wrong thing, at the call that is chosen."""

    def __init__(self, counter: Counter, fault: str, at: int) -> None:
        opened = counter.opened
        super().__init__(opened.settings, opened.station.id, opened.desk.store.sign, counter.clock)
        self._fault, self._at, self._calls = fault, at, 0

    def ask(self, *arguments: Any, **more: Any) -> Reply:
        """Send, and perhaps lose, double or delay it."""
        self._calls += 1
        if self._calls != self._at or self._fault == "none":
            return super().ask(*arguments, **more)
        if self._fault == "drop":
            raise ServerUnreachable("never arrived")
        if self._fault == "late":
            time.sleep(0.05)  # what was sent after it on the other line overtakes it
        if self._fault == "double":
            super().ask(*arguments, **more)
        reply = super().ask(*arguments, **more)
        if self._fault == "lose":
            raise ServerUnreachable("the answer was lost")
        return reply


def _extended(dossier: Dossier) -> Any:
    return bodies.DueExtended(due_at=dossier.due_at + dt.timedelta(days=3), reason="chờ")


def _corrected(dossier: Dossier) -> Any:
    return bodies.Corrected(receipt_version=dossier.receipt_version + 1, reason="sai", summary="x")


ACTS: tuple[tuple[str, Callable[[Dossier], Any]], ...] = (
    ("dossier.withdrawn", lambda _: bodies.Ended(reason="rút")),
    ("due.extended", _extended),
    ("fee.paid", lambda _: bodies.FeePaid(amount=1000, method="cash", reference=uuid4().hex)),
    ("fee.refunded", lambda _: bodies.FeeRefunded(amount=1000, reason="thừa")),
    ("note.added", lambda _: bodies.NoteAdded(text=uuid4().hex)),
    ("stage.taken", lambda _: bodies.StageTaken()),
    ("stage.handed_over", lambda _: bodies.StageHandedOver(to_agency="H24.901")),
    ("supplement.requested", lambda _: bodies.SupplementRequested(items=("x",), reason="thiếu")),
    ("supplement.received", lambda _: bodies.SupplementReceived()),
    ("result.recorded", lambda _: bodies.ResultRecorded(name="kết quả")),
    ("dossier.voided", lambda _: bodies.Voided(reason="nhầm")),
    ("dossier.corrected", _corrected),
)


@dataclass
class Played:
    """What all courses together came to."""

    courses: int = 0
    steps: Counts[str] = field(default_factory=Counts)
    receptions: int = 0
    conflicts: int = 0
    lost: int = 0
    doubled: int = 0
    reissued: int = 0
    differing: int = 0
    unproven: int = 0
    unknown_fields_lost: int = 0


class Course(RuleBasedStateMachine):
    """An office with three counters, and everything that may happen to them."""

    played = Played()
    max_clones = 1

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="qmc-course-")))
        self.office: Office = self._stack.enter_context(running_office(folder / "o"))
        self.counters = [self.office.station() for _ in range(3)]
        self.received: dict[UUID, str] = {}
        self.clones: set[int] = set()
        self.newer: set[UUID] = set()  # dossiers with an event of a newer version
        self.played.courses += 1
        for counter in self.counters:  # something to act upon
            self._receive(counter, 2)
            counter.sync()

    def teardown(self) -> None:
        """Mend every line, settle everything, and look at the laws."""
        try:
            self._settle()
            self._look()
        finally:
            for counter in self.counters:
                counter.close()
            self._stack.close()

    def _counter(self, index: int) -> Counter:
        return self.counters[index % len(self.counters)]

    # ---- rules --------------------------------------------------------------------------------

    @rule(index=st.integers(0, 3), count=st.integers(1, 3))
    def receive(self, index: int, count: int) -> None:
        """A clerk receives dossiers; what is returned stands on paper."""
        self._receive(self._counter(index), count)
        self.played.steps["receive"] += 1

    def _receive(self, counter: Counter, count: int) -> None:
        for _ in range(count):
            try:
                reception = counter.receive(f"Người Số {len(self.received)}")
            except NoCatalogue:
                return  # restored without a copy: once online it has one again
            self.received[reception.dossier] = reception.code

    @rule(index=st.integers(0, 3), which=st.integers(0, 99), what=st.sampled_from(ACTS))
    def act(self, index: int, which: int, what: tuple[str, Callable[[Dossier], Any]]) -> None:
        """Somebody does something to a dossier that is known at this counter."""
        counter = self._counter(index)
        dossiers = counter.values("SELECT id FROM dossier ORDER BY row")
        if not dossiers:
            return
        folded = counter.fold(UUID(dossiers[which % len(dossiers)]))
        kind, body = what
        try:
            with counter.desk.store.acting() as session:
                made = events.Act(kind, body(folded), BICH.user, counter.desk.now(), folded.id)
                projection.record(session, made)
        except NotAllowed:
            return
        self.played.steps["act"] += 1

    @rule(index=st.integers(0, 3), fault=st.sampled_from(FAULTS), at=st.integers(1, 9))
    def push(self, index: int, fault: str, at: int) -> None:
        """A pass over a line that may do one wrong thing."""
        counter = self._counter(index)
        engine = SyncEngine(counter.desk.store, lambda: BadLine(counter, fault, at), counter.clock)
        try:
            engine.run()
        except ServerUnreachable:
            pass
        except ServerRefused as refused:
            _expect_clone(refused)
        finally:
            engine.close()
        self.played.steps[f"push, {fault}"] += 1

    @rule(index=st.integers(0, 3))
    def crash(self, index: int) -> None:
        """The program ends and is started again."""
        self._counter(index).reopen()
        self.played.steps["crash"] += 1

    @rule(index=st.integers(0, 3))
    def copy(self, index: int) -> None:
        """A full copy is made, for a later restore."""
        counter = self._counter(index)
        self.office.clock.move(seconds=1)
        back_up(counter.desk.store, now=counter.desk.now())
        self.played.steps["copy"] += 1

    @rule(index=st.integers(0, 3))
    def restore(self, index: int) -> None:
        """The store is rebuilt from copy and journal."""
        self.office.clock.move(seconds=1)
        self._counter(index).restore()
        self.played.steps["restore"] += 1

    @precondition(lambda self: len(self.clones) < self.max_clones)
    @rule(index=st.integers(0, 2))
    def clone(self, index: int) -> None:
        """A machine is copied, keys and all, and both go on."""
        index %= len(self.counters)
        counter = self.counters[index]
        counter.close()
        root = counter.root.with_name(f"{counter.root.name}-clone-{len(self.counters)}")
        shutil.copytree(counter.root, root)
        counter.opened = open_workstation(counter.root)
        counter._take_clock()
        copy = Counter(self.office, root, counter.clock, open_workstation(root))
        copy._take_clock()
        self.counters.append(copy)
        self.clones |= {index, len(self.counters) - 1}
        self.played.steps["clone"] += 1

    @rule(index=st.integers(0, 3), which=st.integers(0, 99))
    def newer_version(self, index: int, which: int) -> None:
        """A counter with a newer program writes a field that nobody else knows."""
        counter = self._counter(index)
        dossiers = counter.values("SELECT id FROM dossier ORDER BY row")
        if not dossiers:
            return
        id = UUID(dossiers[which % len(dossiers)])
        with counter.desk.store.acting() as session:
            note = bodies.NoteAdded(text="x")
            made = events.Act("note.added", note, BICH.user, counter.desk.now(), id)
            plain = events.next_event(session, made)
            raw = b'{"text":"x","of_tomorrow":{"a":[1,2]}}'
            events.add_row(session, replace(plain, body=raw))
            projection.refold(session, [id])
        self.newer.add(id)
        self.played.steps["newer version"] += 1

    @rule(index=st.integers(0, 3), keep=st.sampled_from(["first", "second", "new"]))
    def decide(self, index: int, keep: settling.Keep) -> None:
        """Somebody decides a conflict."""
        counter = self._counter(index)
        for dispute in settling.disputes(counter.desk)[:1]:
            try:
                settling.decide(counter.desk, CHIEF, dispute, keep, "x")
            except NotNow:
                continue
            self.played.steps["decide"] += 1

    # ---- laws ---------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Sync all with whole lines until nothing moves; refused receptions are mended."""
        for _ in range(14):
            is_moving = False
            for counter in self.counters:
                is_moving |= self._settle_one(counter)
            if not is_moving:
                return

    def _settle_one(self, counter: Counter) -> bool:
        self.office.clock.move(seconds=1)
        try:
            done = counter.sync()
        except ServerRefused as refused:
            _expect_clone(refused)
            counter.restore()
            return True
        is_moving = bool(done.pushed or done.pulled or done.waiting or not done.proven)
        for refused_event in station.refused_events(counter.desk):
            if refused_event.kind in ("dossier.received", "event.mended"):
                dossier = self._of_code(counter, refused_event.dossier_code)
                try:
                    settling.mend(counter.desk, BICH, dossier, "x", new_code=True)
                except (NotNow, settling.NothingToSettle):
                    continue
                is_moving = True
        return is_moving

    @staticmethod
    def _of_code(counter: Counter, code: str) -> UUID:
        found = counter.value(
            "SELECT e.dossier FROM event e JOIN dossier d ON d.id = e.dossier"
            " WHERE d.code = :code AND e.refusal IS NOT NULL AND NOT e.is_mended",
            code=code,
        )
        return UUID(str(found))

    def _look(self) -> None:
        with self.office.database.reading() as session:
            rows = session.execute(text("SELECT id, code, snapshot FROM dossier")).all()
            accepted = session.execute(
                text(
                    "SELECT dossier, body, kind FROM event WHERE seq IS NOT NULL"
                    " AND kind IN"
                    " ('dossier.received', 'event.mended', 'note.added', 'fee.paid')"
                )
            ).all()
        held = {UUID(row.id): projection.read_snapshot(row.snapshot) for row in rows}
        begun = Counts(
            UUID(row.dossier)
            for row in accepted
            if row.kind == "dossier.received"
            or (row.kind == "event.mended" and b'"kind":"dossier.received"' in row.body)
        )
        played = self.played
        played.receptions += len(self.received)
        played.conflicts += sum(len(d.conflicts) for d in held.values())
        played.lost += len(set(self.received) - set(held))
        played.doubled += sum(n - 1 for n in begun.values())
        deeds = Counts(
            bytes(row.body) for row in accepted
            if row.kind in ("note.added", "fee.paid") and b"of_tomorrow" not in row.body
        )  # fmt: skip
        played.doubled += sum(n - 1 for n in deeds.values())
        codes = [code for d in held.values() for code in (d.code,)]
        played.reissued += len(codes) - len(set(codes))
        kept = {UUID(r.dossier) for r in accepted if b"of_tomorrow" in r.body}
        played.unknown_fields_lost += len(self.newer - kept)
        for counter in self.counters:
            for id, dossier in held.items():
                played.differing += counter.fold(id) != dossier
            played.unproven += not counter.fact("proven_at") or bool(counter.fact("is_proof_due"))


def _expect_clone(refused: ServerRefused) -> None:
    """Only a store that runs twice is ever refused."""
    if refused.type not in ("cloned", "forked"):
        raise refused


def play_courses(courses: int, steps: int, number: int) -> Played:
    """Play so many courses and return what they came to."""

    class Chosen(Course):
        played = Played()

    run_state_machine_as_test(
        seed(number)(Chosen),
        settings=settings(
            max_examples=courses, stateful_step_count=steps, deadline=None, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    return Chosen.played


def test_any_course_ends_with_everything_on_the_server_once() -> None:
    played = play_courses(courses=6, steps=22, number=20261120)

    assert played.receptions > 20
    assert (played.lost, played.doubled, played.reissued) == (0, 0, 0)
    assert (played.differing, played.unproven, played.unknown_fields_lost) == (0, 0, 0)
