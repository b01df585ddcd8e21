"""QApplication, language, fonts; sign-in, then the counter's window."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QLocale, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from app.errors import AppError
from app.logs import hook_exceptions, start_logging
from app.paths import Profile, default_profile
from app.services.desk import Clerk
from app.ui import theme
from app.ui.jobs import JobRunner, Lane
from app.ui.scan_filter import ScanFilter
from app.ui.sign_in.presenter import SignInPresenter
from app.ui.sign_in.view import SignInView
from app.ui.translation import QtInVietnamese
from app.ui.window import Window

if TYPE_CHECKING:
    from app.ui.counter import Counter
    from app.ui.seat import Opened

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
    app.setApplicationName("quay-mot-cua")
    app.setApplicationDisplayName("Quầy Một Cửa")
    QLocale.setDefault(QLocale("vi_VN"))
    translator = QtInVietnamese(app)
    app.installTranslator(translator)
    theme.apply(app)
    app.styleHints().colorSchemeChanged.connect(lambda _: theme.apply(app))
    return app


class Session(QObject):
    """The station while the program runs: one sign-in after another."""

    def __init__(self, app: QApplication, opened: Opened) -> None:
        super().__init__(app)
        self._app, self._opened = app, opened
        self.jobs = JobRunner(self)
        self.engine = opened.engine()
        self.scan_filter = ScanFilter(app, gap_ms=opened.settings.scan_gap_ms)
        self.sign_in_view = SignInView()
        self.sign_in_view.setWindowTitle("Quầy Một Cửa")
        self.sign_in_view.resize(*_SIGN_IN_SIZE)
        self.sign_in = SignInPresenter(self.sign_in_view, opened.desk, opened.connect, self.jobs)
        self.sign_in.signed_in.connect(self._begin)
        self.window: Window | None = None
        self.counter: Counter | None = None
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

    def _begin(self, clerk: Clerk) -> None:
        from app.ui.counter import Counter

        self.window = Window()
        self.window.resize(*_WINDOW_SIZE)
        self.counter = Counter(self.window, self._opened, self.engine, clerk, self.jobs)
        self.counter.locked.connect(self._lock)
        self.window.closing.connect(self.counter.close)
        self.scan_filter.scanned.connect(self.counter.route)
        self.window.show()
        self.sign_in_view.hide()

    def _lock(self) -> None:
        """Cover everything; what was being typed is a draft and comes back."""
        if self.window is None or self.counter is None:
            return
        self.scan_filter.scanned.disconnect(self.counter.route)
        self.start()
        window, self.window, self.counter = self.window, None, None
        window.close()
        window.deleteLater()

    def close(self) -> None:
        """End all work before the widgets die."""
        if self.counter is not None:
            self.counter.close()
        self.jobs.close()
        self.engine.close()
        self._opened.close()


def open_window(root: Path | None, joiner: Joiner) -> int:
    """Run the window of a profile until it is closed; return the exit code."""
    root = root or default_profile()
    app = make_application()
    try:
        opened = joiner.open(root)
    except AppError as problem:
        QMessageBox.critical(None, "Quầy Một Cửa", str(problem))
        return 3
    start_logging(Profile(root).logs)
    hook_exceptions()
    session = Session(app, opened)
    session.start()
    code = app.exec()
    session.close()
    return code
