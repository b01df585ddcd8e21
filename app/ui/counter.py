"""One clerk's session: the frame, and the screens that it builds when they are first needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QApplication, QFileDialog

from app.domain.roles import may
from app.domain.scans import Scan, ScanKind, recognise
from app.domain.status import BusinessState
from app.errors import AppError
from app.scanning.scanners import AllScanners
from app.services import lookup, preferences
from app.services.desk import Clerk
from app.services.first_steps import PracticeOpener
from app.services.paperwork import making
from app.services.paperwork.order import Order
from app.services.preferences import Preferences
from app.services.print_jobs import Printout
from app.sync.engine import SyncEngine
from app.ui import theme
from app.ui.course.desk import CourseDesk
from app.ui.help_sheet import HelpSheet, card_of_keys
from app.ui.jobs import JobRunner, Lane
from app.ui.keys import bind, key_of
from app.ui.lock import Lock
from app.ui.payment import PayDesk
from app.ui.preview import PREVIEW_DPI, Preview
from app.ui.print_room import PrintRoom
from app.ui.scan.reading import TextReader
from app.ui.scanner_desk import ScannerDesk
from app.ui.screens import screens_for
from app.ui.seat import OfDossier, OfPad, Opened, Screen, Seat, Sought, Target, Ways, WithCard
from app.ui.sync_runner import SyncRunner
from app.ui.widgets.strip import Choice
from app.ui.window import Window
from printing.drivers.opening import label_of
from printing.raster import Raster, rasterise

KEY_CARD = "keys"


class Counter(QObject):
    """The screens of a signed-in clerk behind one frame. No rules, and no screen's business.

    Args:
        window: the frame.
        opened, engine: the station.
        clerk: who signed in.
        jobs: for background work.
        touched_at: when a hand last did something, monotonic seconds.
        starts_at: name of the first screen, "" for the clerk's usual one.
        opener: opens the practice profile, None where there is none.

    Signals:
        left: another clerk takes over.
        practice_asked: turn to practice (True), or back (False).
    """

    left = Signal()
    practice_asked = Signal(bool)

    def __init__(
        self,
        window: Window,
        opened: Opened,
        engine: SyncEngine,
        clerk: Clerk,
        jobs: JobRunner,
        touched_at: Callable[[], float] = time.monotonic,
        starts_at: str = "",
        opener: PracticeOpener | None = None,
    ) -> None:
        super().__init__(window)
        self._window, self._desk, self._clerk, self._jobs = window, opened.desk, clerk, jobs
        settings = opened.settings
        self.ways = Ways(self)
        self.sync = SyncRunner(opened.desk, engine, jobs, settings.server, self)
        self.scanners = ScannerDesk(AllScanners(settings.scanners), settings.scanner, jobs, self)
        self.print_room = PrintRoom(
            window.strip, opened.desk, jobs, printer=settings.printer, save_as=self._save_pdf
        )
        self.pay_desk = PayDesk(window, opened.desk, clerk, jobs, self.print_room)
        self.course = CourseDesk(window, opened.desk, clerk, jobs, self.print_room)
        self.seat = Seat(
            parent=window, opened=opened, engine=engine, clerk=clerk, jobs=jobs,
            strip=window.strip, print_room=self.print_room, scanners=self.scanners,
            sync=self.sync, pay_desk=self.pay_desk, course=self.course, ways=self.ways,
            choose_files=self._choose_files, choose_file=self._choose_file,
            choose_folder=self._choose_folder, save_as=self._save_as, opener=opener,
        )  # fmt: skip
        self._kinds = {kind.name: kind for kind in screens_for(clerk)}
        self._screens: dict[str, Screen] = {}
        self._last: UUID | None = None
        self.lock = Lock(window, opened.desk, clerk, jobs, touched_at)
        self._shortcuts: list[QShortcut] = []
        self._sounds = True
        self.reader = TextReader(opened.desk, jobs, lambda: self.scanners.is_busy, self)
        for kind in self._kinds.values():
            if kind.is_shown:
                window.add_place(kind.name, kind.words, key_of(kind.verb).press)
        window.user.setText(clerk.display_name)
        self._join()
        self._bind()
        self._prefer(preferences.read(opened.desk, clerk))
        if settings.read_text:
            self.reader.start()
        self.print_room.start(clerk)
        self.scanners.look()
        self.sync.start()
        self.open(starts_at)

    def _join(self) -> None:
        window, ways = self._window, self.ways
        window.screen_chosen.connect(self.open)
        window.omni_entered.connect(self.seek)
        window.escaped.connect(self._escape)
        ways.asked.connect(self.open)
        ways.changed.connect(self.sync.soon)
        ways.sounded.connect(self._sound)
        ways.paper.connect(self._show_paper)
        ways.received.connect(self._remember)
        ways.preferred.connect(self._prefer)
        ways.practice_asked.connect(self.practice_asked)
        self.lock.turned.connect(self._turn_lock)
        self.lock.switch_asked.connect(self.left)
        for desk in (self.pay_desk, self.course):
            desk.settled.connect(lambda _: ways.changed.emit())
        self.sync.chip_changed.connect(window.show_chip)
        self.sync.news.connect(lambda _: self._news())
        self.scanners.looked.connect(self._show_devices)
        self.print_room.found.connect(lambda _: self._show_devices())
        self.print_room.changed.connect(lambda _: self.sync.soon())
        self.print_room.changed.connect(lambda count: window.show_count("print_queue", count))

    def _bind(self) -> None:
        verbs: dict[str, Callable[[], object]] = {
            "help": self._help,
            "sync_now": self.sync.sync_now,
            "last_dossier": self._open_last,
            "lock": self.lock.lock,
        }
        for kind in self._kinds.values():
            if kind.is_shown:
                verbs[kind.verb] = lambda name=kind.name: self._turn_to(name)  # type: ignore[misc]
        if "intake" in self._kinds:
            verbs["new_intake"] = lambda: self.screen("intake").verbs["new_intake"]()
        self._shortcuts = [bind(verb, self._window, act) for verb, act in verbs.items()]
        bind("switch_user", self._window, self.left.emit)

    def _help(self) -> None:
        """F1: the keys of the screen in front."""
        sheet = HelpSheet(self._window, self._kinds[self._window.current_screen].words)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.card_asked.connect(self._show_key_card)
        sheet.finished.connect(self._window.activateWindow)
        sheet.open()

    def _show_key_card(self) -> None:
        order = Order(form=KEY_CARD, keys=card_of_keys())

        def work() -> tuple[Printout, list[Raster]]:
            printout = making.make(self._desk, self._clerk, order)
            return printout, rasterise(printout.pdf, dpi=PREVIEW_DPI)

        def done(made: tuple[Printout, list[Raster]]) -> None:
            printout, pages = made

            def print_it() -> None:
                self.print_room.print_made(lambda: printout, printout.form, printout.title)

            self._show_paper(printout.title, pages, print_it)

        self._jobs.run(
            Lane.FILES, work, owner=self, done=done, failed=self._window.strip.say_problem
        )

    def _turn_lock(self, locked: bool) -> None:
        """Keys work on nothing that is covered."""
        for shortcut in (*self._shortcuts, self._window.omni_key):
            shortcut.setEnabled(not locked)

    def _prefer(self, chosen: Preferences) -> None:
        """Let the window be as the clerk likes it."""
        self.lock.minutes, self._sounds = chosen.lock_minutes, chosen.sounds
        self.pay_desk.prints_slip = chosen.fee_slip
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.choose(app, theme.of_name(chosen.look), chosen.text_step)

    # ---- moving ------------------------------------------------------------------

    def screen(self, name: str) -> Screen:
        """Return a screen, built now if it was not needed before."""
        if name not in self._screens:
            screen = self._kinds[name].make(self.seat)
            for verb, act in screen.verbs.items():
                if verb != self._kinds[name].verb:  # that one works everywhere
                    bind(verb, screen.view, act)
            self._window.put(name, screen.view)
            self._screens[name] = screen
        return self._screens[name]

    def open(self, name: str, target: Target = None) -> None:
        """Turn to a screen and put the focus where typing begins."""
        name = name or next(iter(self._kinds))
        if name not in self._kinds:
            self._window.strip.say("Tài khoản này không dùng màn hình đó.", tone="wait")
            return
        screen = self.screen(name)
        self._window.show_screen(name)
        screen.turned_to(target)

    def _turn_to(self, name: str) -> None:
        """Turn to a screen by its key, taking along what the present one has in hand."""
        self.open(name, self.current.hand_on(name))

    @property
    def current(self) -> Screen:
        """The screen in front."""
        return self._screens[self._window.current_screen]

    def seek(self, text: str) -> None:
        """Open what was typed into the omni box: a code, a card, or a search."""
        text = text.strip()
        if not text:
            return
        self._window.omni.clear()
        if recognise(text).kind in (ScanKind.UNKNOWN, ScanKind.PAYMENT):
            self.open("dossiers", Sought(text))
        else:
            self.route(text)

    def route(self, text: str) -> None:
        """Take a scanned text to its screen; the raw text is kept nowhere."""
        if self.lock.is_locked:
            return
        found = recognise(text)
        self.scanners.hear(found, f"{self._desk.now():%H:%M}")
        if self.current.scanned(found):
            return
        if found.kind is ScanKind.CARD and found.card is not None:
            at = "intake" if "intake" in self._kinds else "returning"
            self.open(at, WithCard(found.card))
        elif found.kind in (ScanKind.DOSSIER, ScanKind.COVER):
            self._open_code(found.code)
        elif found.kind is ScanKind.PAD:
            self._open_pad(found.code)
        elif found.kind is ScanKind.SLIP:
            self._open_slip(found)
        elif found.kind in (ScanKind.TEST, ScanKind.INPUT_METHOD):
            self.open("devices")
        elif found.kind is ScanKind.PAYMENT:
            self._say_unknown("Đây là mã thanh toán; thu tiền không dùng mã này.", text)
        else:
            self._say_unknown(f"Không nhận ra mã này. {found.words}", text)

    def _open_pad(self, number: str) -> None:
        """A sheet written by hand: its dossier if it was entered, else its entry."""
        try:
            dossier = lookup.by_code(self._desk, number)
        except AppError:
            self.open("intake", OfPad(number))
        else:
            self.open("dossiers", OfDossier(dossier))

    def _open_slip(self, found: Scan) -> None:
        at = "processing" if may(self._clerk.roles, "process") else "hand_over"
        self.open(at, Sought(found.code))

    def _say_unknown(self, words: str, text: str) -> None:
        self._sound(False)
        strip = self._window.strip
        strip.say(
            words,
            Choice("Tìm trong hồ sơ", lambda: self._seek_raw(text)),
            Choice("Bỏ qua", strip.clear),
            tone="bad",
        )

    def _seek_raw(self, text: str) -> None:
        self._window.strip.clear()
        self.open("dossiers", Sought(text[:80]))

    def _open_code(self, code: str) -> None:
        try:
            dossier = lookup.by_code(self._desk, code)
            state = lookup.show(self._desk, dossier).dossier.state
        except AppError as problem:
            self._window.strip.say_problem(problem)
            self._sound(False)
            return
        is_ready = state is BusinessState.FINISHED and "returning" in self._kinds
        self.open("returning" if is_ready else "dossiers", OfDossier(dossier))

    def _remember(self, dossier: UUID) -> None:
        self._last = dossier

    def _open_last(self) -> None:
        if self._last is not None:
            self.open("dossiers", OfDossier(self._last))

    def _escape(self) -> None:
        if self.lock.is_locked or self.current.escape():
            return
        if self._window.strip.isVisible():
            self._window.strip.clear()

    # ---- news --------------------------------------------------------------------

    def _show_paper(
        self, title: str, pages: list[Raster], print_it: Callable[[], None] | None
    ) -> None:
        Preview(title, pages, self._window, print_it).show()

    def _news(self) -> None:
        self.current.news()

    def _sound(self, taken: bool) -> None:
        if not taken and self._sounds:
            QApplication.beep()

    # ---- devices -----------------------------------------------------------------

    def _show_devices(self) -> None:
        store, room = self._desk.store, self.print_room
        printer = f"{label_of(room.printer)} ✓" if room.printer else "chưa có ⚠"
        scanner = f"{self.scanners.label} ✓" if self.scanners.label else "không thấy ⚠"
        parts = [
            f"Máy in: {printer}",
            f"Máy quét: {scanner}",
            "Nhật ký: ổ thứ hai ✓" if store.has_second_volume else "Nhật ký: chưa có ổ thứ hai ⚠",
        ]
        if store.key_place == "file":
            parts.append("Khoá: trong tệp ⚠")
        parts.append("F1 Phím tắt")
        self._window.devices.setText("  ·  ".join(parts))

    def _choose_files(self) -> list[Path]:
        names, _ = QFileDialog.getOpenFileNames(
            self._window,
            "Lấy trang từ tệp",
            "",
            "Ảnh và PDF (*.jpg *.jpeg *.png *.pdf *.heic *.tif *.tiff)",
        )
        return [Path(name) for name in names]

    def _choose_file(self, kinds: str) -> Path | None:
        name, _ = QFileDialog.getOpenFileName(self._window, "Chọn tệp", "", kinds)
        return Path(name) if name else None

    def _choose_folder(self) -> Path | None:
        name = QFileDialog.getExistingDirectory(self._window, "Chọn ổ USB hoặc thư mục")
        return Path(name) if name else None

    def _save_as(self, name: str, kinds: str) -> Path | None:
        target, _ = QFileDialog.getSaveFileName(self._window, "Lưu thành tệp", name, kinds)
        return Path(target) if target else None

    def _save_pdf(self, name: str) -> Path | None:
        return self._save_as(name, "PDF (*.pdf)")

    def close(self) -> None:
        """Stop timers and begin nothing new; what was being typed is kept."""
        self.lock.stop()
        for screen in self._screens.values():
            screen.leave()
            screen.close()
        self.sync.stop()
        self.print_room.stop()
        self.reader.stop()
        self.scanners.close()
