"""QApplication, language, fonts; sign-in, then the counter's window."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QLocale, QObject, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from app.errors import AppError
from app.logs import hook_exceptions, start_logging
from app.paths import Profile, default_profile
from app.services import practice
from app.services.desk import Clerk
from app.ui import theme
from app.ui.garbage import GarbageKeeper
from app.ui.jobs import JobRunner, Lane
from app.ui.keys import OwnKeysFirst
from app.ui.scan_filter import ScanFilter
from app.ui.sign_in.presenter import SignInPresenter
from app.ui.sign_in.view import SignInView
from app.ui.translation import QtInVietnamese
from app.ui.window import Window

if TYPE_CHECKING:
    from app.sync.engine import SyncEngine
    from app.ui.counter import Counter
    from app.ui.seat import Opened

_SWITCH_S = 0.0005  # so long a lane may hold the GUI thread up, each time it wants to go on
_SIGN_IN_SIZE = (760, 560)
_WINDOW_SIZE = (1366, 728)
_PAINTED_MS = 300  # by then the sign-in stands on the screen


class Joiner(Protocol):
    """What `app.bootstrap` does for the window."""

    def open(self, root: Path) -> Opened:
        """Open a profile."""


def make_application() -> QApplication:
    """Return the application with the product's look and language."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    sys.setswitchinterval(_SWITCH_S)
    app.setApplicationName("quay-mot-cua")
    app.setApplicationDisplayName("Quầy Một Cửa")
    QLocale.setDefault(QLocale("vi_VN"))
    translator = QtInVietnamese(app)
    app.installTranslator(translator)
    theme.apply(app)
    if app.findChild(OwnKeysFirst) is None:
        OwnKeysFirst(app)
    app.styleHints().colorSchemeChanged.connect(lambda _: theme.apply(app))
    return app


class Session(QObject):
    """The station while the program runs: one sign-in after another.

    Args:
        app: the application.
        opened: the station.
        joiner: opens the practice profile beside it; without one there is no practice.

    Attributes:
        starts_at: name of the screen that the next window begins with, "" for the usual one.
    """

    def __init__(self, app: QApplication, opened: Opened, joiner: Joiner | None = None) -> None:
        super().__init__(app)
        self._app, self._opened, self._joiner = app, opened, joiner
        self._practice: tuple[Opened, SyncEngine] | None = None
        self.jobs = JobRunner(self)
        self.engine = opened.engine()
        self.scan_filter = ScanFilter(app, gap_ms=opened.settings.scan_gap_ms)
        self.garbage = GarbageKeeper(self, lambda: self.scan_filter.touched_at)
        self.sign_in_view = SignInView()
        self.sign_in_view.setWindowTitle("Quầy Một Cửa")
        self.sign_in_view.resize(*_SIGN_IN_SIZE)
        self.sign_in = SignInPresenter(self.sign_in_view, opened.desk, opened.connect, self.jobs)
        self.sign_in.signed_in.connect(self.begin)
        self.window: Window | None = None
        self.counter: Counter | None = None
        self.starts_at = ""
        app.setQuitOnLastWindowClosed(True)

    def start(self) -> None:
        """Show the sign-in."""
        self.sign_in.show()
        self.sign_in_view.show()
        if self.counter is None:
            QTimer.singleShot(_PAINTED_MS, self, self._read_screens)

    def _read_screens(self) -> None:
        """Read the code of all screens while the clerk types a name."""
        self.jobs.run(
            Lane.PICTURES, lambda: import_module("app.ui.counter"), owner=self,
            done=lambda _: None, failed=lambda _: None,
        )  # fmt: skip

    def begin(self, clerk: Clerk) -> None:
        """Open the window of a clerk who signed in."""
        self._open(clerk, self._opened, self.engine)
        self.sign_in_view.hide()

    def _open(self, clerk: Clerk, opened: Opened, engine: SyncEngine) -> None:
        from app.ui.counter import Counter

        window = self.window = Window()
        window.resize(*_WINDOW_SIZE)
        window.show_practice(on=opened.settings.practice)
        counter = self.counter = Counter(
            window, opened, engine, clerk, self.jobs, lambda: self.scan_filter.touched_at,
            starts_at="" if opened.settings.practice else self.starts_at,
            opener=None if opened.settings.practice else self._joiner,
        )  # fmt: skip
        self.starts_at = ""
        counter.left.connect(self._leave)
        counter.practice_asked.connect(lambda on: self._turn_practice(clerk, on=on))
        window.closing.connect(counter.close)
        self.scan_filter.scanned.connect(counter.route)
        window.show()
        self.garbage.settle()

    def _close_window(self) -> None:
        if self.window is None or self.counter is None:
            return
        self.scan_filter.scanned.disconnect(self.counter.route)
        window, self.window, self.counter = self.window, None, None
        window.close()
        window.deleteLater()

    def _leave(self) -> None:
        """Another clerk takes over; what was being typed is a draft and comes back."""
        if self.window is None:
            return
        self.start()
        self._close_window()
        self._end_practice()

    # ---- practice ----------------------------------------------------------------------

    def _turn_practice(self, clerk: Clerk, *, on: bool) -> None:
        if not on:
            self._swap(clerk, self._opened, self.engine)
            self._end_practice()
            return
        if self._joiner is None or self._practice is not None:
            return
        joiner, desk = self._joiner, self._opened.desk

        def work() -> Opened:
            return joiner.open(practice.prepare(desk))

        def done(opened: Opened) -> None:
            self._practice = (opened, opened.engine())
            self._swap(clerk, *self._practice)

        def failed(problem: AppError) -> None:
            if self.window is not None:
                self.window.strip.say_problem(problem)

        self.jobs.run(Lane.DATABASE, work, owner=self, done=done, failed=failed)

    def _swap(self, clerk: Clerk, opened: Opened, engine: SyncEngine) -> None:
        """Show the same clerk's window on another store."""
        former, counter = self.window, self.counter
        if former is not None and counter is not None:
            self.scan_filter.scanned.disconnect(counter.route)
        self._open(clerk, opened, engine)
        if former is not None:
            former.close()
            former.deleteLater()

    def _end_practice(self) -> None:
        """Close the practice store once its jobs were done."""
        if self._practice is None:
            return
        (opened, engine), self._practice = self._practice, None

        def work() -> None:
            engine.close()
            opened.close()

        self.jobs.run(Lane.DATABASE, work, owner=self, done=lambda _: None, failed=lambda _: None)

    def close(self) -> None:
        """End all work before the widgets die."""
        if self.counter is not None:
            self.counter.close()
        self.jobs.close()
        self.garbage.close()
        if self._practice is not None:
            self._practice[1].close()
            self._practice[0].close()
        self.engine.close()
        self._opened.close()


def open_window(root: Path | None, joiner: Joiner) -> int:
    """Run the window of a profile until it is closed; return the exit code.

    A machine that is no station yet becomes one first.
    """
    root = root or default_profile()
    app = make_application()
    if not Profile(root).settings.exists():
        return _run_first(app, root, joiner)
    try:
        opened = joiner.open(root)
    except AppError as problem:
        QMessageBox.critical(None, "Quầy Một Cửa", str(problem))
        return 3
    _log(root)
    session = Session(app, opened, joiner)
    session.start()
    code = app.exec()
    session.close()
    return code


def _run_first(app: QApplication, root: Path, joiner: Joiner) -> int:
    """Enrol and sign in; then the window, beginning with the first steps."""
    from app.ui.first_run.presenter import FirstRun
    from app.ui.first_run.view import FirstRunView

    view, jobs = FirstRunView(), JobRunner(app)
    view.resize(*_WINDOW_SIZE)
    sessions: list[Session] = []

    def choose_file() -> Path | None:
        name, _ = QFileDialog.getOpenFileName(
            view, "Lấy mã đăng ký từ tệp", "", "Tệp đăng ký, ảnh mã QR (*)"
        )
        return Path(name) if name else None

    def begin(opened: Opened, clerk: Clerk) -> None:
        _log(root)
        session = Session(app, opened, joiner)
        sessions.append(session)
        session.starts_at = "first_steps"
        session.begin(clerk)
        view.hide()

    first_run = FirstRun(view, root, joiner, jobs, choose_file)
    first_run.ready.connect(begin)
    view.show()
    code = app.exec()
    jobs.close()
    if sessions:
        sessions[0].close()
    elif first_run.opened is not None:
        first_run.opened.close()
    return code


def _log(root: Path) -> None:
    start_logging(Profile(root).logs)
    hook_exceptions()
