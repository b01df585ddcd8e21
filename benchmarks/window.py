"""The window: how many keys a flow takes, how long it stands still at worst, a million dossiers.

Each is measured in a process of its own, beside a server, a scanner and a
printer in processes of their own, so that the window's process does nothing
but the window's work.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.result import Result, p95, timed

ROOT = Path(__file__).parent.parent
KEYS = {"certified copy, phone and fee": 30, "birth registration, every field": 110,
        "return of a result, fee and satisfaction": 8}  # fmt: skip
EVENTS, PAGES, RECEIPTS = 2000, 30, 20
LONGEST_STALL_MS, SEARCH_MS, LIST_MS, MEMORY_MB = 50, 20, 500, 300
_WAIT_S = 600
_EVERY_MS = 2


def run(folder: Path, *, quick: bool) -> list[Result]:
    """Count keys and probe stalls; `quick` plays less of it."""
    folder.mkdir(parents=True, exist_ok=True)
    return [*_keys(folder / "keys"), *_stalls(folder / "stalls", quick=quick)]


def of_profile(profile: Path, count: int, runs: int) -> list[Result]:
    """Measure list, search and memory of the window on a store that is there already."""
    said = _child("list", {}, profile, runs)
    bare = _child("bare", {})
    what = f"{count:,} dossiers"
    return [
        Result(f"window: list opened and painted, {what}", said["list_ms"], "ms",
               f"to reach: {LIST_MS} ms", said["list_ms"] / LIST_MS, 1),
        Result(f"window: search typed to rows painted, p95, {what}", said["search_p95_ms"], "ms",
               f"to reach: {SEARCH_MS} ms", said["search_p95_ms"] / SEARCH_MS, runs),
        Result(f"window: memory at most, {what}", said["memory_mb"], "MB",
               f"to reach: {MEMORY_MB} MB; bare Qt in turn {bare['memory_mb']:.0f} MB",
               said["memory_mb"] / MEMORY_MB, 1),
    ]  # fmt: skip


def _keys(folder: Path) -> list[Result]:
    said = _child("keys", {}, folder)
    return [
        Result(f"keys: {name}, clicks 0", said[name], "", f"to reach: {most} keys",
               said[name] / most, 1)
        for name, most in KEYS.items()
    ]  # fmt: skip


def _stalls(folder: Path, *, quick: bool) -> list[Result]:
    from scripts import office as sample
    from tests.support.ports import free_port
    from tests.support.print_shop import print_shop
    from tests.support.scan_shop import scan_shop

    folder.mkdir(parents=True)
    os.environ["HOME"] = str(folder)
    events, pages, receipts = (200, 5, 4) if quick else (EVENTS, PAGES, RECEIPTS)
    with ExitStack() as stack:
        office = sample.Office(folder / "server", free_port())
        office.set_up()
        office.start()
        profile = folder / "quay-1"
        try:
            sample.enrol(office, profile)
        finally:
            office.stop()  # the window begins without it
        scanner = stack.enter_context(scan_shop(folder / "scanner", _papers(folder, pages)))
        shop = stack.enter_context(print_shop(folder / "printers"))
        said = _child(
            "stalls", shop.env | scanner.env, profile, office.port, scanner.feeder, events, pages,
            receipts,
        )  # fmt: skip
    what = {
        "idle": "nothing else to do",
        "sync": f"sending {events:,} events",
        "scan": f"scanning {pages} pages at 300 dpi, cleaned",
        "print": f"receiving and printing {receipts} receipts",
    }
    idle = said["idle"]
    return [
        Result(f"window: longest stall, {words}", said[key], "ms",
               f"to reach: {LONGEST_STALL_MS} ms; idle in the same run {idle:.0f} ms",
               said[key] / LONGEST_STALL_MS, 1)
        for key, words in what.items()
    ]  # fmt: skip


def _papers(folder: Path, count: int) -> list[Path]:
    """Draw pages as a feeder gives them: text, a little noise, one at 300 dpi each."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(ROOT / "resources/fonts/LiberationSerif-Regular.ttf"), 46)
    paths = []
    for i in range(count):
        page = Image.new("L", (2480, 3508), 250)
        draw = ImageDraw.Draw(page)
        for line in range(30):
            words = f"{line + 1}. Nội dung mẫu, không phải của người nào có thật. Trang {i + 1}."
            draw.text((260, 400 + line * 92), words, font=font, fill=30)
        paths.append(folder / f"page-{i:02d}.png")
        page.save(paths[-1], dpi=(300, 300))
    return paths


def _child(what: str, env: dict[str, str], *words: object) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.window", what, *map(str, words)], cwd=ROOT,
        env={**os.environ, **env, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"window {what}: {done.stderr[-3000:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


# ---- in the window's own process -----------------------------------------------------------------


def _memory_mb() -> float:
    """Return the most memory this process had, MB."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _count_keys(folder: str) -> dict[str, Any]:
    from app.domain.papers import as_asked
    from app.services import intake, processing
    from app.ui.application import make_application
    from tests.support import flows
    from tests.support import office as offices
    from tests.support.seat import Patience, seated

    app = make_application()
    card = "0000900007{n:02d}||{name}|01021990|{sex}|Số 12, tổ 5|15042021".format
    copy, born, back = KEYS
    with offices.running_office(Path(folder)) as office:
        station = office.station()
        station.sign_in()
        desk = station.desk
        with seated(app, Patience(), station) as seat:
            counted = {
                copy: flows.certified_copy(seat, card(n=1, name="Nguyễn Văn Bản", sex="Nam")),
                born: flows.birth(seat, card(n=2, name="Nguyễn Văn Cha", sex="Nam"),
                                  card(n=3, name="Lê Thị Mẹ", sex="Nữ")),
            }  # fmt: skip
            procedure = intake.find_procedure(desk.catalogue(), "stlh", desk.now().date())
            entry = intake.Intake(
                procedure=procedure.code, submitter=offices.copies_entry("Phạm Văn Kết").submitter,
                papers=tuple(as_asked(one) for one in procedure.papers if one.required),
            )  # fmt: skip
            done = intake.receive(desk, offices.BICH, entry)
            processing.record_result(
                desk, offices.BICH, done.dossier,
                processing.Result(name="Trích lục", number="7/TL", issued_on=desk.now().date()),
            )  # fmt: skip
            counted[back] = flows.give(seat, done.code)
    return {name: hands.pressed for name, hands in counted.items()}


class _Probe:
    """The longest time in which the window answered nothing."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.longest_ms = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(_EVERY_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.longest_ms = max(self.longest_ms, (now - self._last) * 1000 - _EVERY_MS)
        self._last = now

    def begin(self) -> None:
        self._last = time.perf_counter()
        self.longest_ms = 0.0


def _wait(condition: Callable[[], object]) -> None:
    """Let the window work until something is so."""
    from PySide6.QtWidgets import QApplication

    until = time.monotonic() + _WAIT_S
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("the window did not do it in time")
        QApplication.processEvents()
        time.sleep(0.0005)


def _pause(milliseconds: int) -> None:
    until = time.monotonic() + milliseconds / 1000
    _wait(lambda: time.monotonic() > until)


def _probe_stalls(
    profile: str, port: str, feeder: str, events: str, pages: str, receipts: str
) -> dict[str, Any]:
    from dataclasses import replace

    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from app.bootstrap import Joiner
    from app.models import events as store_events
    from app.services import intake, notes, signin
    from app.settings import read_settings, write_settings
    from app.ui.application import Session, make_application
    from benchmarks.station import entry
    from scripts import office as sample

    path = Path(profile) / "station.toml"
    write_settings(path, replace(read_settings(path), scanner=feeder, printer="HCC"))
    app = make_application()
    opened = Joiner().open(Path(profile))
    desk = opened.desk
    clerk = signin.sign_in_offline(desk, sample.USER, sample.PIN)
    dossiers = [intake.receive(desk, clerk, entry(i)).dossier for i in range(20)]
    for i in range(int(events) - len(dossiers)):
        notes.add(desk, clerk, dossiers[i % len(dossiers)], f"Ghi chú thứ {i}")
    session = Session(app, opened)
    found: dict[str, Any] = {}

    def waiting() -> int:
        with desk.store.database.reading() as reading:
            return store_events.waiting_count(reading)

    session.begin(clerk)
    counter = session.counter
    assert counter is not None
    assert session.window is not None
    _wait(lambda: session.jobs.is_idle)
    probe = _Probe()
    _pause(3000)
    probe.begin()
    _pause(3000)
    found["idle"] = probe.longest_ms

    office = sample.Office(Path(profile).parent / "server", int(port))
    office.start()
    probe.begin()
    counter.sync.sync_now()
    _wait(lambda: waiting() == 0)
    _wait(lambda: session.jobs.is_idle)
    found["sync"] = probe.longest_ms

    intake_screen = counter.screen("intake")
    counter.open("intake")
    intake_screen.presenter.begin()
    intake_screen.presenter.pick("1.001193")
    _wait(lambda: session.jobs.is_idle)
    images = Path(profile) / "blobs"

    def kept() -> int:
        return sum(1 for one in images.glob("??/*") if ".new" not in one.name)

    first = kept()
    probe.begin()
    QTest.keyClick(session.window, Qt.Key.Key_F6)
    _wait(lambda: kept() >= first + 2 * int(pages) and session.jobs.is_idle)
    found["scan"] = probe.longest_ms

    intake_screen.presenter.begin()
    probe.begin()
    view = intake_screen.view
    for i in range(int(receipts)):
        counter.route(f"0000900008{i:02d}||Nguyễn Văn Số {i}|01021990|Nam|Số 12|15042021")
        intake_screen.presenter.pick("2.000815")
        for text in ("cccd", "2", "3"):
            QTest.keyClicks(QApplication.focusWidget(), text)
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
        QTest.keyClick(session.window, Qt.Key.Key_F9)
        _wait(lambda: view.shows_result and session.jobs.is_idle)
    found["print"] = probe.longest_ms
    office.stop()
    session.window.close()
    session.close()
    return found


def _probe_list(profile: str, runs: str) -> dict[str, Any]:
    from app.bootstrap import Joiner
    from app.ui.application import Session, make_application
    from benchmarks.search import name
    from benchmarks.station import CLERK

    app = make_application()
    session = Session(app, Joiner().open(Path(profile)))
    session.begin(CLERK)
    counter = session.counter
    assert counter is not None
    assert session.window is not None
    counter.sync.stop()
    _wait(lambda: session.jobs.is_idle)

    def painted() -> None:
        session.window.repaint()  # type: ignore[union-attr]
        app.processEvents()

    def open_list() -> None:
        counter.open("dossiers")
        painted()

    list_ms = timed(open_list)
    screen, random_ = counter.screen("dossiers"), random.Random(11)
    _wait(lambda: session.jobs.is_idle)
    taken = []
    for _ in range(int(runs)):
        words = name(random_)
        screen.view.line.setText(words)

        def search() -> None:
            screen.presenter.refresh()
            screen.view.table.viewport().repaint()

        taken.append(timed(search))
        _wait(lambda: session.jobs.is_idle)
    found = {"list_ms": list_ms, "search_p95_ms": p95(taken), "memory_mb": _memory_mb(),
             "search_ms": statistics.median(taken)}  # fmt: skip
    session.window.close()
    session.close()
    return found


def _bare() -> dict[str, Any]:
    from PySide6.QtWidgets import QApplication, QMainWindow

    app = QApplication([])
    window = QMainWindow()
    window.show()
    app.processEvents()
    return {"memory_mb": _memory_mb()}


if __name__ == "__main__":
    plays: dict[str, Callable[..., dict[str, Any]]] = {
        "keys": _count_keys, "stalls": _probe_stalls, "list": _probe_list, "bare": _bare,
    }  # fmt: skip
    print(json.dumps(plays[sys.argv[1]](*sys.argv[2:])), flush=True)
    os._exit(0)
